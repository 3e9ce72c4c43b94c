/**
 * Groups of consumers, for the acl plugin: one entity per consumer and group. Field numbers are fixed for ever; new
 * fields take the next free one.
 */
import type { EntityDefinition } from '../definition.ts';
import { printableRule } from '../string-rules.ts';

export const aclDefinition = {
  kind: 'acls',
  singular: 'acl',
  path: 'acls',
  nestedPath: 'acls',
  topLevel: true,
  endpointKey: 'group',
  endpointKeyScope: 'parent',
  description: 'Membership of a consumer in a group that the acl plugin allows or denies.',
  fields: [
    { name: 'consumer', tag: 10, type: { kind: 'reference', to: 'consumers', onDelete: 'cascade' }, required: true, description: 'The member.' },
    { name: 'group', tag: 11, type: { kind: 'string', maxLength: 512, rules: [printableRule] }, required: true, description: 'Name of the group.' },
  ],
  uniqueTogether: [['consumer', 'group']],
} as const satisfies EntityDefinition;
