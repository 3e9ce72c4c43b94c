/**
 * Vaults: where `{vault://prefix/…}` references lead. What `config` may hold is the schema of the kind of vault
 * (shared/vaults/catalog.ts). Field numbers are fixed for ever; new fields take the next free one.
 */
import { VAULT_NAMES } from '../../vaults/catalog.ts';
import type { EntityDefinition, StringRule } from '../definition.ts';

/** A reference may also name a kind of vault, for which the data plane's own settings hold: no prefix may hide that. */
const prefixRule: StringRule = {
  name: 'vault-prefix',
  check: (text) => {
    if (VAULT_NAMES.some((name) => name === text)) return `'${text}' is the name of a kind of vault: references to it use that one's defaults, choose another prefix`;
    return /^[a-z](?:[a-z0-9-]*[a-z0-9])?$/.test(text) ? undefined : 'expected lower-case letters, digits and hyphens: a letter first, no hyphen last';
  },
};

export const vaultDefinition = {
  kind: 'vaults',
  singular: 'vault',
  path: 'vaults',
  nestedPath: 'vaults',
  topLevel: true,
  endpointKey: 'prefix',
  description: 'A store of secrets outside, from which data planes read what `{vault://prefix/…}` stands for.',
  fields: [
    { name: 'name', tag: 10, type: { kind: 'string', oneOf: VAULT_NAMES }, required: true, description: 'Which kind of vault.' },
    { name: 'prefix', tag: 11, type: { kind: 'string', maxLength: 256, rules: [prefixRule] }, required: true, unique: true, description: 'The name by which references name this vault.' },
    { name: 'description', tag: 12, type: { kind: 'string', maxLength: 4096 }, description: 'For people.' },
    { name: 'config', tag: 13, type: { kind: 'plugin-config' }, required: true, default: {}, description: 'Where the vault is and how it is asked.' },
  ],
} as const satisfies EntityDefinition;
