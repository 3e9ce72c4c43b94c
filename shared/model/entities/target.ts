/**
 * Targets: the addresses of an upstream. Stored as `host:port`, so that one address is one text and unique per
 * upstream. Field numbers are fixed for ever; new fields take the next free one.
 */
import { isIP, isIPv6 } from 'node:net';
import type { EntityDefinition, Shorthand } from '../definition.ts';
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
  uniqueTogether: [['upstream', 'target']],
  shorthands: [target],
} as const satisfies EntityDefinition;
