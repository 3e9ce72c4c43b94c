/**
 * Plugins as configured: one instance of a plugin, where it applies and with which config. What `config` may hold is
 * the plugin's own schema. Field numbers are fixed for ever; new fields take the next free one.
 */
import type { EntityDefinition } from '../definition.ts';
import { nameRule } from '../string-rules.ts';

export const pluginDefinition = {
  kind: 'plugins',
  singular: 'plugin',
  path: 'plugins',
  nestedPath: 'plugins',
  topLevel: true,
  endpointKey: 'instance_name',
  description: 'A plugin at work: for one service, route or consumer, for a combination of them, or for everything.',
  fields: [
    { name: 'name', tag: 10, type: { kind: 'string', maxLength: 256 }, required: true, description: 'Which plugin.' },
    { name: 'instance_name', tag: 11, type: { kind: 'string', maxLength: 512, rules: [nameRule] }, unique: true, description: 'Unique name of this instance.' },
    { name: 'config', tag: 12, type: { kind: 'plugin-config' }, required: true, default: {}, description: "The plugin's settings." },
    { name: 'service', tag: 13, type: { kind: 'reference', to: 'services', onDelete: 'cascade' }, description: 'Applies only to requests for this service.' },
    { name: 'route', tag: 14, type: { kind: 'reference', to: 'routes', onDelete: 'cascade' }, description: 'Applies only to requests that match this route.' },
    { name: 'consumer', tag: 15, type: { kind: 'reference', to: 'consumers', onDelete: 'cascade' }, description: 'Applies only to requests of this consumer.' },
    {
      name: 'protocols', tag: 16, required: true, default: ['grpc', 'grpcs', 'http', 'https'],
      type: { kind: 'set', minLength: 1, of: { kind: 'string', oneOf: ['grpc', 'grpcs', 'http', 'https'] } },
      description: 'What the plugin is meant for. No filter: as in Kong, it runs on every HTTP route of its scope, whichever of these the request came over.',
    },
    { name: 'enabled', tag: 17, type: { kind: 'boolean' }, required: true, default: true, description: 'A disabled plugin does nothing.' },
  ],
  uniqueTogether: [['name', 'route', 'service', 'consumer']],
} as const satisfies EntityDefinition;
