/**
 * Keys for signing and verifying, each as a JSON Web Key or as PEM. What is private in them is sealed wherever it rests or
 * travels (T2). Field numbers are fixed for ever; new fields take the next free one.
 */
import type { EntityDefinition, Field } from '../definition.ts';
import { jwkRule, pemKeysMatch, privatePemRule, publicPemRule, sameKeyId, oneFormOfKey } from '../key-rules.ts';
import { nameRule, printableRule } from '../string-rules.ts';

const PEM_FIELDS = [
  { name: 'private_key', tag: 1, type: { kind: 'string', maxLength: 16_384, rules: [privatePemRule] }, secret: 'sealed', referenceable: true, description: 'The private key in PEM, without passphrase. Null for who may not see it.' },
  { name: 'public_key', tag: 2, type: { kind: 'string', maxLength: 16_384, rules: [publicPemRule] }, referenceable: true, description: 'The public key in PEM.' },
] as const satisfies readonly Field[];

export const keyDefinition = {
  kind: 'keys',
  singular: 'key',
  path: 'keys',
  nestedPath: 'keys',
  topLevel: true,
  endpointKey: 'name',
  description: 'A key by which plugins sign or verify.',
  fields: [
    { name: 'set', tag: 10, type: { kind: 'reference', to: 'key_sets', onDelete: 'cascade' }, description: 'The set it belongs to.' },
    { name: 'name', tag: 11, type: { kind: 'string', maxLength: 512, rules: [nameRule] }, unique: true, description: 'Unique name.' },
    { name: 'kid', tag: 12, type: { kind: 'string', maxLength: 512, rules: [printableRule] }, required: true, description: 'Names the key in tokens (`kid`); unique in its set.' },
    { name: 'jwk', tag: 13, type: { kind: 'string', maxLength: 16_384, rules: [jwkRule] }, secret: 'sealed', referenceable: true, description: 'The key as a JSON Web Key (RFC 7517), in text. Null for who may not see it.' },
    { name: 'pem', tag: 14, type: { kind: 'record', fields: PEM_FIELDS }, description: 'The key in PEM: one half of it or both.' },
  ],
  uniqueTogether: [['kid', 'set']],
  checks: [oneFormOfKey, sameKeyId, pemKeysMatch],
} as const satisfies EntityDefinition;
