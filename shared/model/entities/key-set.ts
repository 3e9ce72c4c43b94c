/**
 * Sets of keys (see key.ts), by which plugins name several at once. Field numbers are fixed for ever; new fields take the next
 * free one.
 */
import type { EntityDefinition } from '../definition.ts';
import { nameRule } from '../string-rules.ts';

export const keySetDefinition = {
  kind: 'key_sets',
  singular: 'key set',
  path: 'key-sets',
  nestedPath: 'key-sets',
  topLevel: true,
  endpointKey: 'name',
  description: 'Keys that belong together, like those of one issuer of tokens.',
  fields: [{ name: 'name', tag: 10, type: { kind: 'string', maxLength: 512, rules: [nameRule] }, unique: true, description: 'Unique name.' }],
} as const satisfies EntityDefinition;
