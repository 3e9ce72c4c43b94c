/**
 * Targets: the addresses of an upstream. Stored as `host:port`, so that one address is one text and unique per
 * upstream. Field numbers are fixed for ever; new fields take the next free one.
 */
import { isIP, isIPv6 } from 'node:net';
import type { EntityDefinition, Field, Shorthand } from '../definition.ts';
import { isHostname, splitPort } from '../string-rules.ts';

const DEFAULT_PORT = 8000;

const target: Shorthand = {
  name: 'target',
  type: { kind: 'string', maxLength: 260 },
  description: `The port is ${DEFAULT_PORT} where none is given.`,
  expand: (value) => {
    if (typeof value !== 'string') return { fields: { target: value } };
    const parts = splitPort(value);
    if (parts === undefined || parts.port === 0 || (isIP(parts.host) === 0 && !isHostname(parts.host))) {
      return { problem: `Invalid target ('${value}'); not a valid hostname or ip address` };
    }
    const host = isIPv6(parts.host) ? `[${parts.host}]` : parts.host;
    return { fields: { target: `${host.toLowerCase()}:${parts.port ?? DEFAULT_PORT}` } };
  },
};

/** An operator said that it is up or down: the state that data planes put it into, once; health checks may move it on. */
const switchFields = [
  { name: 'address', tag: 1, type: { kind: 'string' }, description: 'One IP address of the target; null for all of them.' },
  { name: 'health', tag: 2, type: { kind: 'string', oneOf: ['healthy', 'unhealthy'] }, required: true, description: 'What it was said to be.' },
  { name: 'at', tag: 3, type: { kind: 'integer' }, required: true, description: 'When, in milliseconds since the epoch.' },
] as const satisfies readonly Field[];

export const targetDefinition = {
  kind: 'targets',
  singular: 'target',
  path: 'targets',
  nestedPath: 'targets',
  topLevel: false,
  endpointKey: 'target',
  endpointKeyScope: 'parent',
  description: 'One address of an upstream, with its share of the requests.',
  fields: [
    { name: 'upstream', tag: 10, type: { kind: 'reference', to: 'upstreams', onDelete: 'cascade' }, required: true, description: 'The upstream it belongs to.' },
    { name: 'target', tag: 11, type: { kind: 'string', maxLength: 260 }, required: true, description: `Hostname or IP address, and port (${DEFAULT_PORT} where none is given).` },
    { name: 'weight', tag: 12, type: { kind: 'integer', between: [0, 65_535] }, required: true, default: 100, description: "Share of the upstream's requests, relative to the other targets; 0 takes none." },
    { name: 'failover', tag: 13, type: { kind: 'boolean' }, required: true, default: false, description: 'Takes requests only while no target without this mark can.' },
  ],
  operational: [
    { name: 'switches', tag: 14, type: { kind: 'array', of: { kind: 'record', fields: switchFields } }, description: 'What operators switched it to: once for all addresses, and after that for single ones.' },
  ],
  uniqueTogether: [['upstream', 'target']],
  shorthands: [target],
} as const satisfies EntityDefinition;
