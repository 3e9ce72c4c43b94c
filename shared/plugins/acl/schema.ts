/** The static half of acl: what the control plane checks and `/schemas/plugins/acl` shows. Config as in Kong 3.9. */
import type { RecordOf } from '../../model/entity-types.ts';
import { atLeastOneOf, entityRule, fieldAt, isFilled } from '../../model/entity-checks.ts';
import { printableRule } from '../../model/string-rules.ts';
import type { PluginSchema } from '../contract.ts';

const GROUPS = { kind: 'array', of: { kind: 'string', maxLength: 512, rules: [printableRule] } } as const;
const LISTS = ['config.allow', 'config.deny'];

const notBoth = entityRule("Only one of 'config.allow', 'config.deny' may be set", (plugin) =>
  LISTS.every((list) => isFilled(fieldAt(plugin, list)))
    ? [{ field: '@entity', message: "only one of these fields must be non-empty: 'config.allow', 'config.deny'" }]
    : [],
);

export const aclSchema = {
  name: 'acl',
  version: '1.0.0',
  priority: 950,
  scopes: ['global', 'service', 'route'],
  protocols: ['grpc', 'grpcs', 'http', 'https'],
  description: 'Lets consumers through by the groups they belong to.',
  config: [
    { name: 'allow', tag: 1, type: GROUPS, description: 'Groups that may pass; everybody else is refused.' },
    { name: 'deny', tag: 2, type: GROUPS, description: 'Groups that are refused; everybody else who is known passes.' },
    { name: 'hide_groups_header', tag: 3, type: { kind: 'boolean' }, required: true, default: false, description: "Keeps the client's groups from the backend." },
    { name: 'always_use_authenticated_groups', tag: 4, type: { kind: 'boolean' }, required: true, default: false, description: "Groups that an authentication plugin found win over the consumer's own; otherwise only where there is no credential." },
    { name: 'include_consumer_groups', tag: 5, type: { kind: 'boolean' }, required: true, default: false, description: 'The consumer groups of the client count like its groups.' },
  ],
  checks: [notBoth, atLeastOneOf(LISTS)],
} as const satisfies PluginSchema;

export type AclConfig = RecordOf<(typeof aclSchema)['config']>;
