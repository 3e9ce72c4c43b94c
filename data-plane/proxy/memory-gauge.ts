/** How full memory is, for the overload guard: the process against what it may have, and this thread's heap against its limit. */
import { totalmem } from 'node:os';
import { getHeapStatistics } from 'node:v8';
import type { MemoryGauge } from './overload.ts';

/** What the process may have: the setting, else the container's limit, else the machine's memory. Bytes. */
export function memoryLimitBytes(configured: number | undefined): number {
  if (configured !== undefined) return configured;
  const constrained = process.constrainedMemory();
  // Without a limit some systems report a number beyond all memory.
  return constrained > 0 && constrained < totalmem() ? constrained : totalmem();
}

export function systemMemoryGauge(limitBytes: number): MemoryGauge {
  return () => {
    const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics();
    return Math.max(process.memoryUsage.rss() / limitBytes, used / limit);
  };
}
