/**
 * Server names: which certificate a client is shown that asks for one (RFC 6066 §3). Names are the same in either case,
 * so they are kept in lower case. Field numbers are fixed for ever; new fields take the next free one.
 */
import type { EntityDefinition, Shorthand } from '../definition.ts';
import { sniNameRule } from '../string-rules.ts';

const name: Shorthand = {
  name: 'name',
  type: { kind: 'string' },
  description: 'Kept in lower case.',
  expand: (value) => ({ fields: { name: typeof value === 'string' ? value.toLowerCase() : value } }),
};

export const sniDefinition = {
  kind: 'snis',
  singular: 'sni',
  path: 'snis',
  nestedPath: 'snis',
  topLevel: true,
  endpointKey: 'name',
  description: 'A server name, and the certificate that is shown for it.',
  fields: [
    { name: 'name', tag: 10, type: { kind: 'string', maxLength: 253, rules: [sniNameRule] }, required: true, unique: true, description: 'A hostname, one with `*` as its first or last label, or `*` alone for clients that no other name fits. The narrowest wins.' },
    { name: 'certificate', tag: 11, type: { kind: 'reference', to: 'certificates', onDelete: 'cascade' }, required: true, description: 'What is shown.' },
  ],
  shorthands: [name],
} as const satisfies EntityDefinition;
