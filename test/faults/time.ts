/** Time in faults: how long one lasts is part of what it is, so here alone something waits by the clock. */
export function lasting(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Whole milliseconds since a `performance.now()`. */
export function since(begun: number): number {
  return Math.round(performance.now() - begun);
}
