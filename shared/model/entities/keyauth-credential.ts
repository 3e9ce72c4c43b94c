/**
 * API keys of consumers, for the key-auth plugin. The key itself stays in the control plane (T2): data planes get its
 * digest. Field numbers are fixed for ever; new fields take the next free one.
 */
import type { EntityDefinition, Shorthand } from '../definition.ts';
import { printableRule } from '../string-rules.ts';

/** An instant instead of a span, so that later writes to other fields do not move the end. */
const ttl: Shorthand = {
  name: 'ttl',
  type: { kind: 'integer', between: [0, 100_000_000] },
  description: 'Seconds until the key expires, counted from this write; 0 or null means never. Sets `expires_at`. Write-only.',
  expand: (value, { nowSeconds }) => ({ fields: { expires_at: typeof value === 'number' && value > 0 ? nowSeconds + value : null } }),
};

export const keyauthCredentialDefinition = {
  kind: 'keyauth_credentials',
  singular: 'key-auth credential',
  path: 'key-auths',
  nestedPath: 'key-auth',
  topLevel: true,
  endpointKey: 'key',
  credential: true,
  description: 'A key by which the key-auth plugin recognises a consumer.',
  fields: [
    { name: 'consumer', tag: 10, type: { kind: 'reference', to: 'consumers', onDelete: 'cascade' }, required: true, description: 'Whose key it is.' },
    { name: 'key', tag: 11, type: { kind: 'string', maxLength: 4096, rules: [printableRule] }, auto: 'random-key', unique: true, secret: 'digest', description: 'The key; 32 random characters where none is given.' },
    { name: 'expires_at', tag: 12, type: { kind: 'integer', between: [0, 253_402_300_799] }, description: 'When the key stops working, in seconds since the epoch; null means never.' },
  ],
  shorthands: [ttl],
} as const satisfies EntityDefinition;
