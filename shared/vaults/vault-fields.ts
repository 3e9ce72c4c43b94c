/**
 * Fields that the configs of several kinds of vaults have.
 */
import type { Field } from '../model/definition.ts';

/** Where a secret is: data planes look it up in `env` and `file` vaults, nowhere else. */
export const LOCAL_SECRET = { kind: 'string', maxLength: 2_048, referenceOnly: true } as const;

const SECONDS = { kind: 'integer', between: [0, 100_000_000] } as const;

/** How long values are kept; `defaultTtl` in seconds. Field numbers 100 to 103. */
export function lifetimeFields(defaultTtl: number): readonly Field[] {
  return [
    { name: 'ttl', tag: 100, type: SECONDS, default: defaultTtl, description: 'Seconds after which a value is looked up again; 0 means never.' },
    { name: 'neg_ttl', tag: 101, type: SECONDS, description: 'Seconds after which a lookup that failed is tried again; without it after one second, then ever later, up to a minute.' },
    { name: 'resurrect_ttl', tag: 102, type: SECONDS, description: 'Seconds that the last good value is used for beyond its ttl while the vault can not be asked; without it for ever.' },
    { name: 'base64_decode', tag: 103, type: { kind: 'boolean' }, default: false, description: 'Whether values are base64 and stand for what they decode to.' },
  ];
}
