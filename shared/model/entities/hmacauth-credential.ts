/**
 * Names and shared secrets of consumers that sign their requests, for the hmac-auth plugin. Data planes need the secret
 * itself, so it reaches them sealed (T2). Field numbers are fixed for ever; new fields take the next free one.
 */
import type { EntityDefinition } from '../definition.ts';
import { printableRule } from '../string-rules.ts';

export const hmacauthCredentialDefinition = {
  kind: 'hmacauth_credentials',
  singular: 'hmac-auth credential',
  path: 'hmac-auths',
  nestedPath: 'hmac-auth',
  topLevel: true,
  endpointKey: 'username',
  credential: true,
  description: 'A name and a secret with which a consumer signs its requests, for the hmac-auth plugin.',
  fields: [
    { name: 'consumer', tag: 10, type: { kind: 'reference', to: 'consumers', onDelete: 'cascade' }, required: true, description: 'Who it is.' },
    { name: 'username', tag: 11, type: { kind: 'string', maxLength: 512, rules: [printableRule] }, required: true, unique: true, description: 'Unique name.' },
    { name: 'secret', tag: 12, type: { kind: 'string', maxLength: 4096, rules: [printableRule] }, required: true, auto: 'random-key', secret: 'sealed', referenceable: true, description: 'The secret; 32 random characters where none is given. Null for who may not see it.' },
  ],
} as const satisfies EntityDefinition;
