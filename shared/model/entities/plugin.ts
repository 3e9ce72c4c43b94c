/**
 * Plugins as configured: one instance of a plugin, where it applies and with which config. What `config` may hold is
 * the plugin's own schema. Field numbers are fixed for ever; new fields take the next free one.
 */
import type { EntityDefinition } from '../definition.ts';
import { nameRule, printableRule } from '../string-rules.ts';
import { pluginEntityChecks } from './plugin-checks.ts';

const NAMES = { kind: 'set', minLength: 1, of: { kind: 'string', maxLength: 256, rules: [printableRule] } } as const;
/** A record, as in Kong, because other phases may come. */
const PHASES = { kind: 'record', fields: [{ name: 'access', tag: 1, type: NAMES, description: 'Names of plugins.' }] } as const;

export const pluginDefinition = {
  kind: 'plugins',
  singular: 'plugin',
  path: 'plugins',
  nestedPath: 'plugins',
  topLevel: true,
  endpointKey: 'instance_name',
  description: 'A plugin at work: for one service, route, consumer or group of consumers, for a combination of them, or for everything.',
  fields: [
    { name: 'name', tag: 10, type: { kind: 'string', maxLength: 256 }, required: true, description: 'Which plugin.' },
    { name: 'instance_name', tag: 11, type: { kind: 'string', maxLength: 512, rules: [nameRule] }, unique: true, description: 'Unique name of this instance.' },
    { name: 'config', tag: 12, type: { kind: 'plugin-config' }, required: true, default: {}, description: "The plugin's settings." },
    { name: 'service', tag: 13, type: { kind: 'reference', to: 'services', onDelete: 'cascade' }, description: 'Applies only to requests for this service.' },
    { name: 'route', tag: 14, type: { kind: 'reference', to: 'routes', onDelete: 'cascade' }, description: 'Applies only to requests that match this route.' },
    { name: 'consumer', tag: 15, type: { kind: 'reference', to: 'consumers', onDelete: 'cascade' }, description: 'Applies only to requests of this consumer.' },
    {
      name: 'protocols', tag: 16, required: true, default: ['grpc', 'grpcs', 'http', 'https'],
      type: { kind: 'set', minLength: 1, of: { kind: 'string', oneOf: ['grpc', 'grpcs', 'http', 'https', 'ws', 'wss', 'tcp', 'tls', 'tls_passthrough'] } },
      description: 'What the plugin is meant for: requests (`ws` and `wss` are WebSockets on routes for `http` and `https`), connections on stream routes (the last three), or both. Within these no filter: as in Kong, it runs on every HTTP route of its scope, whichever of these the request came over.',
    },
    { name: 'enabled', tag: 17, type: { kind: 'boolean' }, required: true, default: true, description: 'A disabled plugin does nothing.' },
    {
      name: 'partials', tag: 18,
      type: { kind: 'array', of: { kind: 'record', fields: [
        { name: 'id', tag: 1, type: { kind: 'reference', to: 'partials', bare: true, onDelete: 'restrict' }, required: true, description: 'Which; its name may be given instead, as `name`.' },
        { name: 'path', tag: 2, type: { kind: 'string', maxLength: 256, rules: [printableRule] }, description: 'The place in the config that it fills, such as `config.redis`; where the plugin has it, unless said.' },
      ] } },
      description: 'Partials whose values stand in the config, in place of whatever else was written there.',
    },
    // Data planes that do not know these must not leave them out (proto/README.md). 1000 stays free: tests write it as a field of the future.
    { name: 'consumer_group', tag: 1001, type: { kind: 'reference', to: 'consumer_groups', onDelete: 'cascade' }, description: 'Applies only to requests of consumers in this group.' },
    {
      name: 'condition', tag: 1002, type: { kind: 'string', maxLength: 16_384 },
      description: 'Not in Kong before 3.15. Applies only to requests for which this holds: an expression as in routes, which may also ask for consumer.id, consumer.username, consumer.custom_id and consumer.groups. What a plugin before authentication asks about the consumer does not hold.',
    },
    {
      name: 'ordering', tag: 1003,
      type: { kind: 'record', fields: [
        { name: 'before', tag: 1, type: PHASES, description: 'It runs before these.' },
        { name: 'after', tag: 2, type: PHASES, description: 'It runs after these.' },
      ] },
      description: "When it sees the request, where that is not to follow from the plugins' priorities.",
    },
    {
      name: 'version', tag: 1005, type: { kind: 'string', maxLength: 100, rules: [printableRule] },
      description: 'Not in Kong. Of a custom plugin: which registered version runs, so that several are in use at once; the newest that a data plane has, unless said.',
    },
  ],
  configSecrets: { name: 'config_secrets', tag: 1004, type: { kind: 'string' }, secret: 'sealed', description: 'The secrets of the config.' },
  // A plugin is for a consumer or for a group.
  uniqueTogether: [['name', 'route', 'service', 'consumer'], ['name', 'route', 'service', 'consumer_group']],
  uniqueSplitBy: 'consumer_group',
  checks: pluginEntityChecks,
} as const satisfies EntityDefinition;
