/**
 * Names in clients' certificates that stand for consumers, for the mtls-auth plugin. Nothing here is secret. Field numbers
 * are fixed for ever; new fields take the next free one.
 */
import type { EntityDefinition } from '../definition.ts';
import { printableRule } from '../string-rules.ts';

export const mtlsAuthCredentialDefinition = {
  kind: 'mtls_auth_credentials',
  singular: 'mtls-auth credential',
  path: 'mtls-auths',
  nestedPath: 'mtls-auth',
  topLevel: true,
  credential: true,
  description: 'A name in a client certificate by which the mtls-auth plugin recognises a consumer.',
  fields: [
    { name: 'consumer', tag: 10, type: { kind: 'reference', to: 'consumers', onDelete: 'cascade' }, required: true, description: 'Who it is.' },
    { name: 'subject_name', tag: 11, type: { kind: 'string', maxLength: 512, rules: [printableRule] }, required: true, description: "A subject alternative name of the certificate, or its subject's common name." },
    { name: 'ca_certificate', tag: 12, type: { kind: 'reference', to: 'ca_certificates', onDelete: 'cascade' }, description: 'Only certificates that lead up to this authority; null takes any that the plugin trusts.' },
  ],
  uniqueTogether: [['subject_name', 'ca_certificate']],
} as const satisfies EntityDefinition;
