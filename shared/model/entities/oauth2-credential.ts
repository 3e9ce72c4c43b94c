/**
 * Applications that act for users, for the oauth2 plugin. Data planes compare client secrets, so they get their digests.
 * Field numbers are fixed for ever; new fields take the next free one.
 */
import type { EntityDefinition } from '../definition.ts';
import { printableRule, redirectUriRule } from '../string-rules.ts';

export const oauth2CredentialDefinition = {
  kind: 'oauth2_credentials',
  singular: 'oauth2 credential',
  path: 'oauth2',
  nestedPath: 'oauth2',
  topLevel: true,
  endpointKey: 'client_id',
  credential: true,
  description: 'An application of a consumer that is given tokens, for the oauth2 plugin.',
  fields: [
    { name: 'consumer', tag: 10, type: { kind: 'reference', to: 'consumers', onDelete: 'cascade' }, required: true, description: 'Whose application it is.' },
    { name: 'name', tag: 11, type: { kind: 'string', maxLength: 512, rules: [printableRule] }, required: true, description: 'Name of the application, for people.' },
    { name: 'client_id', tag: 12, type: { kind: 'string', maxLength: 512, rules: [printableRule] }, required: true, auto: 'random-key', unique: true, description: 'Names the application; 32 random characters where none is given.' },
    { name: 'client_secret', tag: 13, type: { kind: 'string', maxLength: 4096, rules: [printableRule] }, required: true, auto: 'random-key', secret: 'digest', description: 'How the application proves who it is; 32 random characters where none is given. Null for who may not see it.' },
    { name: 'hash_secret', tag: 14, type: { kind: 'boolean' }, required: true, default: false, description: 'As in Kong; here it changes nothing: data planes have a digest of the secret in any case.' },
    { name: 'redirect_uris', tag: 15, type: { kind: 'array', of: { kind: 'string', maxLength: 8192, rules: [redirectUriRule] } }, description: 'Where users may be sent back to.' },
    { name: 'client_type', tag: 16, type: { kind: 'string', oneOf: ['confidential', 'public'] }, required: true, default: 'confidential', description: 'Whether the application can keep a secret (RFC 6749 §2.1); one that can not has to use PKCE.' },
  ],
} as const satisfies EntityDefinition;
