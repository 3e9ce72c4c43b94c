/** The static half of canary: what the control plane checks and `/schemas/plugins/canary` shows. Config as in Kong 3.9. */
import type { StringRule } from '../../model/definition.ts';
import type { RecordOf } from '../../model/entity-types.ts';
import { atLeastOneOf, entityRule, fieldAt, isFilled, requiredWhen, whenField } from '../../model/entity-checks.ts';
import { headerNameRule, hostRule } from '../../model/string-rules.ts';
import type { PluginSchema } from '../contract.ts';
import { sendablePath } from '../../plugin-parts/sendable-path.ts';

const BY_GROUP = ['allow', 'deny'];

const pathRule: StringRule = {
  name: 'encoded-path',
  check: (text) => {
    if (!text.startsWith('/')) return `invalid path '${text}': it starts with /`;
    const path = sendablePath(text);
    if (path === text) return undefined;
    return path === undefined ? `invalid path '${text}': it is percent-encoded, without ?, # and dot segments` : `non-normalized path, consider use '${path}' instead`;
  },
};

const share = entityRule('Says how many', (plugin) => {
  const hash = fieldAt(plugin, 'config.hash');
  const isSaid = fieldAt(plugin, 'config.percentage') !== null || fieldAt(plugin, 'config.start') !== null || (typeof hash === 'string' && BY_GROUP.includes(hash));
  return isSaid ? [] : [{ field: '@entity', message: "set 'config.percentage' for a share that stays, or 'config.start' and 'config.duration' for one that grows; or 'config.hash' to allow or deny, with 'config.groups'" }];
});

/** Of a host nobody knows how it does. */
const fallback = entityRule('What falls back has an upstream', (plugin) =>
  fieldAt(plugin, 'config.upstream_fallback') === true && fieldAt(plugin, 'config.upstream_host') === null
    ? [{ field: 'config.upstream_host', message: 'required with upstream_fallback: the name of the upstream whose targets are looked at' }]
    : []);

export const canarySchema = {
  name: 'canary',
  version: '1.0.0',
  priority: 20,
  scopes: ['global', 'service', 'route'],
  protocols: ['grpc', 'grpcs', 'http', 'https'],
  description: 'Sends a share of the clients to another release, the same clients each time.',
  config: [
    { name: 'canary_by_header_name', tag: 1, type: { kind: 'string', maxLength: 256, rules: [headerNameRule] }, description: 'Header by which a client chooses for itself: `always` for the canary, `never` for the other.' },
    { name: 'duration', tag: 2, type: { kind: 'number', between: [0, 315_360_000] }, required: true, default: 3600, description: 'Seconds from `start` until all clients get the canary. Without effect with `percentage`.' },
    { name: 'groups', tag: 3, type: { kind: 'array', of: { kind: 'string', maxLength: 512 } }, description: 'ACL groups for `hash: allow` and `hash: deny`.' },
    {
      name: 'hash', tag: 4, type: { kind: 'string', oneOf: ['consumer', 'ip', 'none', 'header', 'allow', 'deny'] }, required: true, default: 'consumer',
      description: 'What makes a client: the consumer, the address, `hash_header`, or nothing (each request by chance). With `allow` only members of `groups` get the canary, with `deny` everybody else.',
    },
    { name: 'hash_header', tag: 5, type: { kind: 'string', maxLength: 256, rules: [headerNameRule] }, description: 'Header for `hash: header`.' },
    { name: 'percentage', tag: 6, type: { kind: 'number', between: [0, 100] }, description: 'Share of the clients that get the canary; `start` and `duration` are then without effect.' },
    { name: 'start', tag: 7, type: { kind: 'number', between: [0, 4_102_444_800] }, description: 'When the share begins to grow, in seconds since 1970 (UTC).' },
    { name: 'steps', tag: 8, type: { kind: 'number', between: [1, 1_000_000] }, required: true, default: 1000, description: 'Steps in which the share grows.' },
    { name: 'upstream_fallback', tag: 9, type: { kind: 'boolean' }, required: true, default: false, description: 'While no target of the upstream named `upstream_host` takes requests, nobody gets the canary.' },
    { name: 'upstream_host', tag: 10, type: { kind: 'string', rules: [hostRule] }, description: 'Where the canary is: a host, or the name of an upstream.' },
    { name: 'upstream_port', tag: 11, type: { kind: 'integer', between: [1, 65_535] }, description: "Its port; without `upstream_host` another port of the service's host." },
    { name: 'upstream_uri', tag: 12, type: { kind: 'string', maxLength: 8_192, rules: [pathRule] }, description: 'Path that all requests of the canary have.' },
  ],
  checks: [
    atLeastOneOf(['config.upstream_host', 'config.upstream_port', 'config.upstream_uri']), share, fallback,
    requiredWhen({ field: 'config.hash', is: ['header'] }, 'config.hash_header'),
    whenField({ field: 'config.hash', is: BY_GROUP }, 'config.groups', isFilled, 'required field missing'),
  ],
} as const satisfies PluginSchema;

export type CanaryConfig = RecordOf<(typeof canarySchema)['config']>;
