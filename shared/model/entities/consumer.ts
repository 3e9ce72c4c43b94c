/**
 * Consumers: who sends requests. Both names end up in headers to the backend, so neither may hold control characters.
 * Field numbers are fixed for ever; new fields take the next free one.
 */
import { atLeastOneOf } from '../entity-checks.ts';
import type { EntityDefinition } from '../definition.ts';
import { printableRule } from '../string-rules.ts';

export const consumerDefinition = {
  kind: 'consumers',
  singular: 'consumer',
  path: 'consumers',
  nestedPath: 'consumers',
  topLevel: true,
  endpointKey: 'username',
  description: 'A user of the gateway: a person, an application, a device.',
  fields: [
    { name: 'username', tag: 10, type: { kind: 'string', maxLength: 512, rules: [printableRule] }, unique: true, description: 'Unique name; this or `custom_id` must be given.' },
    { name: 'custom_id', tag: 11, type: { kind: 'string', maxLength: 512, rules: [printableRule] }, unique: true, description: 'Unique id of the same user in another system.' },
  ],
  checks: [atLeastOneOf(['custom_id', 'username'])],
} as const satisfies EntityDefinition;
