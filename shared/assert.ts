/** Internal invariants: what fails here is a defect of ours, never bad input. */
export function assert(condition: boolean, whatMustHold: string): asserts condition {
  if (!condition) throw new Error(`internal invariant broken: ${whatMustHold}`);
}

/** Narrows away `undefined` and `null` where the caller knows the value is there. */
export function defined<T>(value: T | undefined | null, what: string): T {
  if (value === undefined || value === null) throw new Error(`internal invariant broken: ${what} is missing`);
  return value;
}

/** Makes the compiler demand every case of a discriminated union. */
export function unreachable(value: never): never {
  throw new Error(`internal invariant broken: unexpected ${JSON.stringify(value)}`);
}
