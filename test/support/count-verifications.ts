/**
 * How many signatures are verified while something runs, by what node:crypto is asked for: time would not prove it on a busy machine.
 * Used by the tests of plugins that must not show by their cost whom they know.
 */
import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import { mock } from 'node:test';

/** What node:crypto was asked for: the digest, with the type of a public key behind it. `run` must not wait: the functions are exchanged for the whole thread. */
export function countVerifications(run: () => void): readonly string[] {
  const [hmac, verify] = [mock.method(crypto, 'createHmac'), mock.method(crypto, 'verify')];
  syncBuiltinESMExports();
  try {
    run();
    return [...hmac.mock.calls.map((call) => call.arguments[0]), ...verify.mock.calls.map((call) => `${call.arguments[0]} ${keyTypeOf(call.arguments[2])}`)];
  } finally {
    for (const { mock: exchanged } of [hmac, verify]) exchanged.restore();
    syncBuiltinESMExports();
  }
}

function keyTypeOf(given: unknown): string {
  const key = typeof given === 'object' && given !== null && 'key' in given ? given.key : given;
  return key instanceof crypto.KeyObject ? String(key.asymmetricKeyType) : 'of no key';
}
