/**
 * Names and passwords of consumers, for the basic-auth plugin. A password is never shown again, not even to who may see
 * secrets: nothing but argon2id of it is kept, and published sealed. Field numbers are fixed for ever; new fields take the next
 * free one. Number 12 held a keyed HMAC.
 */
import { SHA1_FIRST } from '../../plugin-parts/password-form.ts';
import type { EntityCheck, EntityDefinition } from '../definition.ts';
import { entityRule, fieldAt } from '../entity-checks.ts';
import { basicUsernameRule, printableRule } from '../string-rules.ts';

/** The consumer's id is in what Kong hashed: with another consumer the password would never be right again. */
const staysWithConsumer: EntityCheck = entityRule('A password that came from Kong stays with its consumer.', (credential, previous) => {
  const { password } = credential;
  const isKept = typeof password === 'string' && password.startsWith(SHA1_FIRST) && password === previous?.['password'];
  if (!isKept || fieldAt(credential, 'consumer.id') === fieldAt(previous, 'consumer.id')) return [];
  return [{ field: 'password', message: "came from Kong, which hashed it with the consumer's id: to move it to another consumer, give the password, too" }];
});

export const basicauthCredentialDefinition = {
  kind: 'basicauth_credentials',
  singular: 'basic-auth credential',
  path: 'basic-auths',
  nestedPath: 'basic-auth',
  topLevel: true,
  endpointKey: 'username',
  credential: true,
  description: 'A name and a password by which the basic-auth plugin recognises a consumer.',
  fields: [
    { name: 'consumer', tag: 10, type: { kind: 'reference', to: 'consumers', onDelete: 'cascade' }, required: true, description: 'Who it is.' },
    { name: 'username', tag: 11, type: { kind: 'string', maxLength: 512, rules: [basicUsernameRule] }, required: true, unique: true, description: 'Unique name, without colon.' },
    { name: 'password', tag: 13, replaces: 12, type: { kind: 'string', maxLength: 4096, rules: [printableRule] }, required: true, secret: 'sealed', hashed: true, writeOnly: true, description: 'The password; argon2id of it is what is kept. Null in every answer.' },
  ],
  checks: [staysWithConsumer],
} as const satisfies EntityDefinition;
