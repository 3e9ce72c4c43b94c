/**
 * Fields that the configs of several kinds of vaults have, and the rule for those that are secrets themselves: a vault's config
 * stands in every release, so it may refer to a secret and not hold one (T2).
 */
import type { Field, StringRule } from '../model/definition.ts';
import { REFERENCE_START } from './vault-reference.ts';

/** References skip a field's rules, so this one refuses everything else. */
const referenceOnlyRule: StringRule = {
  name: 'vault-reference',
  check: () => `must be a reference to the data plane's own environment or files, such as ${REFERENCE_START}env/vault-token}: written here it would stand in every release`,
};

/** The text of a field that holds no secret, only where one is. Data planes look it up in `env` and `file` vaults, nowhere else. */
export const LOCAL_SECRET = { kind: 'string', maxLength: 2_048, rules: [referenceOnlyRule] } as const;

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
