/**
 * Groups of consumers that plugins can be bound to, and which consumer is in which: an entity of its own for each, so that a
 * change costs one membership however many there are. Not the groups of the acl plugin. Field numbers are fixed for ever; new fields take the next free one.
 */
import type { EntityDefinition } from '../definition.ts';
import { printableRule } from '../string-rules.ts';

export const consumerGroupDefinition = {
  kind: 'consumer_groups',
  singular: 'consumer group',
  path: 'consumer_groups',
  nestedPath: 'consumer_groups',
  topLevel: true,
  endpointKey: 'name',
  description: 'A group of consumers, such as those of one plan. Plugins bound to it apply to the requests of its members.',
  fields: [
    { name: 'name', tag: 10, type: { kind: 'string', maxLength: 512, rules: [printableRule] }, required: true, unique: true, description: 'Unique name. Where a consumer is in several groups that have the same plugin, the first name in the order of the alphabet decides.' },
  ],
} as const satisfies EntityDefinition;

export const consumerGroupMemberDefinition = {
  kind: 'consumer_group_consumers',
  singular: 'consumer group member',
  path: 'consumer_group_consumers',
  nestedPath: 'consumer_group_consumers',
  topLevel: false,
  link: [{ field: 'consumer_group', word: 'group' }, { field: 'consumer', word: 'consumer' }],
  description: 'That a consumer is in a group.',
  fields: [
    { name: 'consumer', tag: 10, type: { kind: 'reference', to: 'consumers', onDelete: 'cascade' }, required: true, description: 'The member.' },
    { name: 'consumer_group', tag: 11, type: { kind: 'reference', to: 'consumer_groups', onDelete: 'cascade' }, required: true, description: 'The group.' },
  ],
  uniqueTogether: [['consumer', 'consumer_group']],
} as const satisfies EntityDefinition;
