/**
 * Certificates with their private keys, as the gateway shows them to clients (by server name, see sni.ts) or to backends.
 * The keys are sealed wherever they rest or travel (T2). Field numbers are fixed for ever; new fields take the next free one.
 */
import { certificateChainRule, differentKeyTypes, matchingPair, privateKeyRule } from '../certificate-rules.ts';
import type { EntityDefinition } from '../definition.ts';
import { sniNameRule } from '../string-rules.ts';

const CHAIN = { kind: 'string', maxLength: 65_536, rules: [certificateChainRule] } as const;
const KEY = { kind: 'string', maxLength: 16_384, rules: [privateKeyRule] } as const;

export const certificateDefinition = {
  kind: 'certificates',
  singular: 'certificate',
  path: 'certificates',
  nestedPath: 'certificates',
  topLevel: true,
  description: 'A TLS certificate with its private key, and the server names it is shown for.',
  fields: [
    { name: 'cert', tag: 10, type: CHAIN, required: true, referenceable: true, description: 'The certificate in PEM, followed by the chain up to the root that clients trust.' },
    { name: 'key', tag: 11, type: KEY, required: true, secret: 'sealed', referenceable: true, description: 'Its private key in PEM, without passphrase. Null for who may not see it.' },
    { name: 'cert_alt', tag: 12, type: CHAIN, referenceable: true, description: 'A second certificate for the same names whose key has another type (RSA and ECDSA), with its chain.' },
    { name: 'key_alt', tag: 13, type: KEY, secret: 'sealed', referenceable: true, description: 'The private key of `cert_alt`.' },
  ],
  checks: [matchingPair('cert', 'key'), matchingPair('cert_alt', 'key_alt'), differentKeyTypes],
  nameList: {
    name: 'snis', of: 'snis', by: 'certificate',
    type: { kind: 'set', of: { kind: 'string', maxLength: 253, rules: [sniNameRule] } },
    description: 'Server names that the certificate is shown for. Writing the list makes and deletes `snis`; without it they stay as they are.',
  },
} as const satisfies EntityDefinition;
