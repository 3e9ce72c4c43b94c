/**
 * Parts of configs that several plugins share, such as the settings of one Redis. What `config` may hold is decided by the
 * type (plugins/partial-types.ts). The plugins that take it have its values in their own config, put there by the control
 * plane (apply-partials.ts): data planes need to know nothing of partials. Field numbers are fixed for ever; new fields take the next free one.
 */
import { partialTypeNames } from '../../plugins/partial-types.ts';
import type { EntityDefinition } from '../definition.ts';
import { nameRule } from '../string-rules.ts';

export const partialDefinition = {
  kind: 'partials',
  singular: 'partial',
  path: 'partials',
  nestedPath: 'partials',
  topLevel: true,
  endpointKey: 'name',
  description: 'A part of the configs of several plugins. A change of it changes them all; where one of them could not work with it, it is refused.',
  fields: [
    { name: 'name', tag: 10, type: { kind: 'string', maxLength: 512, rules: [nameRule] }, unique: true, description: 'Unique name.' },
    { name: 'type', tag: 11, type: { kind: 'string', oneOf: partialTypeNames }, required: true, description: 'What it is a part for. Each plugin says which types it takes.' },
    { name: 'config', tag: 12, type: { kind: 'plugin-config' }, required: true, default: {}, description: 'The settings.' },
  ],
  // Data planes need nothing of a partial, so one that does not know this field may leave it out.
  configSecrets: { name: 'config_secrets', tag: 13, type: { kind: 'string' }, secret: 'sealed', description: 'The secrets of the config.' },
} as const satisfies EntityDefinition;
