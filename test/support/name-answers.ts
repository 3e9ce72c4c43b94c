/** Answers of a resolver by hand, for tests of what uses names. */
import type { NameAnswer, Resolved } from '../../data-plane/upstreams/resolve-address.ts';

/** A and AAAA records. */
export function plainAnswer(addresses: readonly string[], ttlMs = 5_000): NameAnswer {
  return { records: addresses.map((address) => plainRecord(address)), ttlMs };
}

export function plainRecord(address: string): Resolved {
  return { address, port: undefined, name: undefined, weight: 1, priority: 0 };
}
