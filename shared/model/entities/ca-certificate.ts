/**
 * Certificates of authorities that clients' or backends' certificates must lead up to. Public, so nothing is secret here.
 * Field numbers are fixed for ever; new fields take the next free one.
 */
import { certificateAuthority, certificateDigest, oneCertificateRule } from '../certificate-rules.ts';
import type { EntityDefinition, Shorthand } from '../definition.ts';

/** The digest follows from the certificate, whatever a client sends along. */
const cert: Shorthand = {
  name: 'cert',
  type: { kind: 'string' },
  description: 'Sets `cert_digest`.',
  expand: (value) => ({ fields: { cert: value, cert_digest: typeof value === 'string' ? (certificateDigest(value) ?? null) : null } }),
};

export const caCertificateDefinition = {
  kind: 'ca_certificates',
  singular: 'ca certificate',
  path: 'ca_certificates',
  nestedPath: 'ca_certificates',
  topLevel: true,
  description: 'The certificate of an authority that others are verified against.',
  fields: [
    { name: 'cert', tag: 10, type: { kind: 'string', maxLength: 65_536, rules: [oneCertificateRule] }, required: true, description: 'One certificate in PEM.' },
    { name: 'cert_digest', tag: 11, type: { kind: 'string', maxLength: 64 }, unique: true, description: 'SHA-256 of the certificate (DER), in hexadecimal. Always made from `cert`.' },
  ],
  checks: [certificateAuthority],
  shorthands: [cert],
} as const satisfies EntityDefinition;
