/** A counter table in one thread's memory, for plugin tests; the real one is data-plane/counters/shared-counter-table.ts. */
import type { CounterKey, CounterTable, CounterWindow, TakeResult } from '../plugins/plugin-services.ts';

export interface MapCounterTable extends CounterTable {
  /** The keys that were counted, each once. */
  readonly keys: () => readonly string[];
}

/** `nowMs` is asked for sliding windows only. */
export function mapCounterTable(nowMs: () => number = () => 0): MapCounterTable {
  const counts = new Map<string, number>();
  const keys = new Set<string>();
  const nameOf = (key: string, windowMs: number, startMs: number): string => `${key} ${windowMs} ${startMs}`;
  const usedIn = (key: string, { windowMs, startMs, isSliding }: CounterWindow): number => {
    const current = counts.get(nameOf(key, windowMs, startMs)) ?? 0;
    if (isSliding !== true) return current;
    const stillThere = Math.max(0, 1 - (nowMs() - startMs) / windowMs);
    return current + Math.floor((counts.get(nameOf(key, windowMs, startMs - windowMs)) ?? 0) * stillThere);
  };
  const addTo = (key: string, windows: readonly CounterWindow[], amount: number): void => {
    for (const { windowMs, startMs } of windows) {
      const name = nameOf(key, windowMs, startMs);
      counts.set(name, Math.max(0, (counts.get(name) ?? 0) + amount));
    }
  };
  return {
    keys: () => [...keys],
    take(given: string | CounterKey, windows: readonly CounterWindow[], amount = 1): TakeResult {
      const key = typeof given === 'string' ? given : given.text;
      keys.add(key);
      const left = windows.map((window) => window.limit - usedIn(key, window));
      const exceeded = left.flatMap((rest, index) => (rest < amount ? [index] : []));
      if (exceeded.length > 0) return { kind: 'over', exceeded, remaining: left.map((rest) => Math.max(0, rest)) };
      addTo(key, windows, amount);
      return { kind: 'taken', remaining: left.map((rest) => rest - amount) };
    },
    add(given: string | CounterKey, windows: readonly CounterWindow[], amount: number): readonly number[] {
      const key = typeof given === 'string' ? given : given.text;
      keys.add(key);
      addTo(key, windows, amount);
      return windows.map((window) => usedIn(key, window));
    },
  };
}
