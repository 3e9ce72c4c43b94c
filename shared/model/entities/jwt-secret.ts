/**
 * What consumers' tokens are verified with, for the jwt plugin: a shared secret, or the public key of who signs them. Data
 * planes need the secret itself, so it reaches them sealed (T2). Field numbers are fixed for ever; new fields take the next
 * free one.
 */
import type { EntityDefinition } from '../definition.ts';
import { JWT_ALGORITHMS, publicKeyOfAlgorithm, publicPemRule } from '../key-rules.ts';
import { printableRule } from '../string-rules.ts';

export const jwtSecretDefinition = {
  kind: 'jwt_secrets',
  singular: 'jwt secret',
  path: 'jwts',
  nestedPath: 'jwt',
  topLevel: true,
  endpointKey: 'key',
  credential: true,
  description: 'An issuer of tokens that stand for a consumer, and what they are verified with, for the jwt plugin.',
  fields: [
    { name: 'consumer', tag: 10, type: { kind: 'reference', to: 'consumers', onDelete: 'cascade' }, required: true, description: 'Whom the tokens stand for.' },
    { name: 'key', tag: 11, type: { kind: 'string', maxLength: 512, rules: [printableRule] }, required: true, auto: 'random-key', unique: true, description: 'What names this credential in a token (its `iss`, or another claim); 32 random characters where none is given.' },
    { name: 'secret', tag: 12, type: { kind: 'string', maxLength: 4096, rules: [printableRule] }, required: true, auto: 'random-key', secret: 'sealed', referenceable: true, description: 'The secret of HS256, HS384 and HS512; 32 random characters where none is given. Null for who may not see it.' },
    { name: 'rsa_public_key', tag: 13, type: { kind: 'string', maxLength: 16_384, rules: [publicPemRule] }, referenceable: true, description: 'The public key in PEM for all other algorithms, whatever its type.' },
    { name: 'algorithm', tag: 14, type: { kind: 'string', oneOf: JWT_ALGORITHMS }, required: true, default: 'HS256', description: 'How the tokens are signed.' },
  ],
  checks: [publicKeyOfAlgorithm],
} as const satisfies EntityDefinition;
