/**
 * The fields that an expression may name, with their types. Names are Kong's. `-` in a header's name is written `_`, because
 * a field name has no `-`; no header is ever matched by a name with `_`, so two spellings can't reach different routes (R1).
 */
import { didYouMean } from '../../nearest.ts';
import type { AddressField, NumberField, Subsystem, TextField } from './syntax.ts';

export type Field =
  | { readonly type: 'text'; readonly field: TextField }
  | { readonly type: 'number'; readonly field: NumberField }
  | { readonly type: 'address'; readonly field: AddressField };

const CONNECTION_FIELDS: Readonly<Record<string, Field>> = {
  'net.protocol': { type: 'text', field: { kind: 'protocol' } },
  'tls.sni': { type: 'text', field: { kind: 'server-name' } },
  'net.src.ip': { type: 'address', field: 'source' },
  'net.src.port': { type: 'number', field: 'source-port' },
  'net.dst.ip': { type: 'address', field: 'destination' },
  'net.dst.port': { type: 'number', field: 'destination-port' },
  // Kong's name before 3.5.
  'net.port': { type: 'number', field: 'destination-port' },
};

const HTTP_FIELDS: Readonly<Record<string, Field>> = {
  'http.method': { type: 'text', field: { kind: 'method' } },
  'http.host': { type: 'text', field: { kind: 'host' } },
  'http.path': { type: 'text', field: { kind: 'path' } },
  'http.path.segments.len': { type: 'number', field: 'segment-count' },
};

const CONSUMER_FIELDS: Readonly<Record<string, Field>> = {
  'consumer.id': { type: 'text', field: { kind: 'consumer', of: 'id' } },
  'consumer.username': { type: 'text', field: { kind: 'consumer', of: 'username' } },
  'consumer.custom_id': { type: 'text', field: { kind: 'consumer', of: 'custom-id' } },
  'consumer.groups': { type: 'text', field: { kind: 'consumer', of: 'groups' } },
};

const BY_NAME: Readonly<Record<Subsystem, ReadonlyMap<string, Field>>> = {
  http: new Map(Object.entries({ ...HTTP_FIELDS, ...CONNECTION_FIELDS })),
  stream: new Map(Object.entries(CONNECTION_FIELDS)),
  plugin: new Map(Object.entries({ ...HTTP_FIELDS, ...CONNECTION_FIELDS, ...CONSUMER_FIELDS })),
};

const SEGMENTS = /^http\.path\.segments\.(\d{1,4})(?:_(\d{1,4}))?$/;
const HEADER = /^http\.headers\.([a-z0-9_]+)$/i;
const QUERY = /^http\.queries\.(.+)$/;

/** The field of that name, or what is wrong with it. */
export function fieldNamed(name: string, subsystem: Subsystem): Field | string {
  const fixed = BY_NAME[subsystem].get(name);
  if (fixed !== undefined) return fixed;
  if (subsystem !== 'plugin' && Object.hasOwn(CONSUMER_FIELDS, name)) return `${name} exists in the conditions of plugins only: a route is chosen before it is known who sends the request`;
  if (subsystem === 'stream' && name.startsWith('http.')) return `${name} exists for http routes only; this route's protocols have net.* and tls.sni`;
  const [, first, last = first] = SEGMENTS.exec(name) ?? [];
  if (first !== undefined) {
    if (Number(last) < Number(first)) return `${name} ends before it begins`;
    return { type: 'text', field: { kind: 'segments', first: Number(first), last: Number(last) } };
  }
  const header = HEADER.exec(name)?.[1];
  if (header !== undefined) return { type: 'text', field: { kind: 'header', name: header.toLowerCase().replaceAll('_', '-') } };
  const query = QUERY.exec(name)?.[1];
  if (query !== undefined) return { type: 'text', field: { kind: 'query', name: query } };
  if (name.startsWith('http.headers') || name.startsWith('http.queries')) return `${name}: write http.headers.<name> (with _ for -) or http.queries.<name>`;
  return `unknown field ${name}${didYouMean(name, BY_NAME[subsystem].keys())}`;
}
