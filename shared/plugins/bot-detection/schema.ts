/** The static half of bot-detection: what the control plane checks and `/schemas/plugins/bot-detection` shows. Config as in Kong 3.9. */
import type { RecordOf } from '../../model/entity-types.ts';
import type { PluginSchema } from '../contract.ts';
import { boundedPatterns, linearPatternRule } from '../../plugin-parts/linear-patterns.ts';

const PATTERNS = { kind: 'array', of: { kind: 'string', maxLength: 1024, rules: [linearPatternRule] } } as const;

export const botDetectionSchema = {
  name: 'bot-detection',
  version: '1.0.0',
  priority: 2500,
  scopes: ['global', 'service', 'route'],
  protocols: ['grpc', 'grpcs', 'http', 'https'],
  description: 'Refuses programs that say in User-Agent that they are bots.',
  config: [
    { name: 'allow', tag: 1, type: PATTERNS, required: true, default: [], description: 'Regular expressions (RE2) on User-Agent that let a request pass, whatever else matches.' },
    { name: 'deny', tag: 2, type: PATTERNS, required: true, default: [], description: 'Regular expressions (RE2) on User-Agent that refuse a request, besides the list of well-known bots.' },
  ],
  checks: [boundedPatterns(['config.allow', 'config.deny'])],
} as const satisfies PluginSchema;

export type BotDetectionConfig = RecordOf<(typeof botDetectionSchema)['config']>;
