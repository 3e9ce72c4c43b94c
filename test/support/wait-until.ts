/** Waiting in tests: for a condition, with a deadline, never for a time. */

/** Resolves when `condition` gives something truthy and returns it; throws after `deadlineMs` naming what was waited for. */
export async function waitUntil<T>(what: string, condition: () => T | Promise<T>, deadlineMs = 5000): Promise<NonNullable<T>> {
  const until = performance.now() + deadlineMs;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (performance.now() > until) throw new Error(`waited ${deadlineMs} ms for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Resolves when `value` has given the same for so long; the last resort where nothing tells that something has come to rest. */
export async function waitUntilStill(what: string, value: () => number, stillMs = 300): Promise<void> {
  let last = value();
  let since = performance.now();
  await waitUntil(`${what} to come to rest`, () => {
    const now = value();
    if (now !== last) since = performance.now();
    last = now;
    return performance.now() - since >= stillMs;
  }, 10_000);
}
