/** Time in faults: how long one lasts is part of what it is, so here alone something waits by the clock; and what goes on beside it. */
export function lasting(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Whole milliseconds since a `performance.now()`. */
export function since(begun: number): number {
  return Math.round(performance.now() - begun);
}

/** What goes on beside a fault and is awaited at its end: where the fault ends early, nobody awaits it, and its failure is no news. */
export function meanwhile<T>(work: () => Promise<T>): Promise<T> {
  const result = work();
  result.catch(() => undefined);
  return result;
}
