/** A counter table in one thread's memory, for plugin tests; the real one is data-plane/counters/shared-counter-table.ts. */
import type { CounterKey, CounterTable, CounterWindow, TakeResult } from '../../shared/plugins/contract.ts';

export interface MapCounterTable extends CounterTable {
  /** The keys that were counted, each once. */
  readonly keys: () => readonly string[];
}

export function mapCounterTable(): MapCounterTable {
  const counts = new Map<string, number>();
  const keys = new Set<string>();
  return {
    keys: () => [...keys],
    take(given: string | CounterKey, windows: readonly CounterWindow[]): TakeResult {
      const key = typeof given === 'string' ? given : given.text;
      keys.add(key);
      const names = windows.map(({ windowMs, startMs }) => `${key} ${windowMs} ${startMs}`);
      const used = names.map((name) => counts.get(name) ?? 0);
      const left = windows.map(({ limit }, index) => limit - (used[index] ?? 0));
      const exceeded = left.flatMap((rest, index) => (rest <= 0 ? [index] : []));
      if (exceeded.length > 0) return { kind: 'over', exceeded, remaining: left.map((rest) => Math.max(0, rest)) };
      for (const [index, name] of names.entries()) counts.set(name, (used[index] ?? 0) + 1);
      return { kind: 'taken', remaining: left.map((rest) => rest - 1) };
    },
  };
}
