/**
 * Services: what requests are forwarded to. Read by everything that is driven by definitions (see registry.ts).
 * Field numbers are fixed for ever; new fields take the next free one.
 */
import { entityRule, nullWhen } from '../entity-checks.ts';
import type { EntityDefinition, JsonObject, JsonValue, Shorthand } from '../definition.ts';
import { hostRule, nameRule, pathRule } from '../string-rules.ts';
import { retryFields } from './retry-fields.ts';

const TIMEOUT_MS = { kind: 'integer', between: [1, 2_147_483_646] } as const;
/** Kong has these for https and tls only; a gRPC backend's certificate is worth as much. */
const notTls = (protocol: JsonValue): boolean => protocol !== 'https' && protocol !== 'tls' && protocol !== 'grpcs';

const url: Shorthand = {
  name: 'url',
  type: { kind: 'string' },
  description: 'Sets `protocol`, `host`, `port` and `path` at once. Write-only.',
  supplies: ['host'],
  expand: (value) => (typeof value === 'string' ? expandUrl(value) : { fields: {} }),
};

export const serviceDefinition = {
  kind: 'services',
  singular: 'service',
  path: 'services',
  nestedPath: 'services',
  topLevel: true,
  endpointKey: 'name',
  description: 'A backend: where requests go that one of its routes matches.',
  fields: [
    { name: 'name', tag: 10, type: { kind: 'string', maxLength: 512, rules: [nameRule] }, unique: true, description: 'Unique name.' },
    { name: 'protocol', tag: 11, type: { kind: 'string', oneOf: ['grpc', 'grpcs', 'http', 'https', 'tcp', 'tls', 'tls_passthrough', 'udp'] }, required: true, default: 'http', description: 'How to speak to the backend.' },
    { name: 'host', tag: 12, type: { kind: 'string', maxLength: 253, rules: [hostRule] }, required: true, description: 'Hostname or IP address of the backend, or the name of an upstream.' },
    { name: 'port', tag: 13, type: { kind: 'integer', between: [0, 65_535] }, required: true, default: 80, description: 'Port of the backend; ignored where `host` names an upstream.' },
    { name: 'path', tag: 14, type: { kind: 'string', maxLength: 8192, rules: [pathRule] }, description: 'Put in front of the path of each request.' },
    { name: 'retries', tag: 15, type: { kind: 'integer', between: [0, 32_767] }, required: true, default: 5, description: 'How often a request is tried again after a failed connection.' },
    { name: 'connect_timeout', tag: 16, type: TIMEOUT_MS, required: true, default: 60_000, description: 'Milliseconds to establish a connection.' },
    { name: 'write_timeout', tag: 17, type: TIMEOUT_MS, required: true, default: 60_000, description: 'Milliseconds between two writes of a request.' },
    { name: 'read_timeout', tag: 18, type: TIMEOUT_MS, required: true, default: 60_000, description: 'Milliseconds between two reads of a response.' },
    { name: 'enabled', tag: 19, type: { kind: 'boolean' }, required: true, default: true, description: 'A disabled service takes no traffic: its routes match nothing.' },
    { name: 'tls_verify', tag: 20, type: { kind: 'boolean' }, description: "Whether the backend's certificate is verified; null means yes. Only false accepts any certificate." },
    { name: 'tls_verify_depth', tag: 21, type: { kind: 'integer', between: [0, 64] }, description: "Most certificates between the backend's own and the trusted one." },
    { name: 'client_certificate', tag: 22, type: { kind: 'reference', to: 'certificates', onDelete: 'restrict' }, description: "Certificate shown to the backend; without one, that of the upstream which `host` names." },
    { name: 'ca_certificates', tag: 23, type: { kind: 'set', of: { kind: 'reference', to: 'ca_certificates', onDelete: 'restrict', bare: true } }, description: "Ids of the `ca_certificates` that the backend's certificate must lead up to, instead of the authorities that the system trusts." },
    { name: 'proxy_protocol', tag: 24, type: { kind: 'string', oneOf: ['v1', 'v2'] }, description: "Not in Kong. Each connection to the backend begins with a PROXY protocol header of this version that names the client; null sends none." },
    ...retryFields,
  ],
  checks: [
    entityRule('udp is not served.', ({ protocol }) => (protocol === 'udp' ? [{ field: 'protocol', message: 'udp is not served by this gateway: use tcp, tls or tls_passthrough, or leave the service out' }] : [])),
    nullWhen({ field: 'protocol', is: (protocol) => protocol !== 'http' && protocol !== 'https' }, 'path'),
    nullWhen({ field: 'protocol', is: notTls }, 'client_certificate'),
    nullWhen({ field: 'protocol', is: notTls }, 'ca_certificates'),
    nullWhen({ field: 'protocol', is: notTls }, 'tls_verify'),
    nullWhen({ field: 'protocol', is: notTls }, 'tls_verify_depth'),
    // HTTP/2 connections are shared: they can't name one client.
    nullWhen({ field: 'protocol', is: ['udp', 'grpc', 'grpcs'] }, 'proxy_protocol'),
  ],
  shorthands: [url],
} as const satisfies EntityDefinition;

const URL_PARTS = /^([A-Za-z][A-Za-z0-9+.-]*):\/\/([^/?#]*)([^?#]*)([?#].*)?$/;
const DEFAULT_PORTS: ReadonlyMap<string, number> = new Map([['http', 80], ['https', 443]]);

/** Taken apart by hand (RFC 3986 §3): the WHATWG parser would rewrite paths and hosts. */
function expandUrl(text: string): { readonly fields: JsonObject } | { readonly problem: string } {
  const [, scheme, authority, path, rest] = URL_PARTS.exec(text) ?? [];
  if (scheme === undefined || authority === undefined) return { problem: 'missing host in url: expected <protocol>://<host>[:<port>][/<path>]' };
  if (authority.includes('@')) return { problem: 'must not contain user or password: use a plugin that sets the Authorization header' };
  if (rest !== undefined) return { problem: 'must not have a query or fragment' };
  const [, bracketed, plain, portText] = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d{0,5}))?$/.exec(authority) ?? [];
  const host = bracketed ?? plain;
  if (host === undefined) return { problem: 'missing host in url: expected <protocol>://<host>[:<port>][/<path>]' };
  const protocol = scheme.toLowerCase();
  const port = portText === undefined || portText === '' ? DEFAULT_PORTS.get(protocol) : Number(portText);
  return { fields: { protocol, host, ...(port === undefined ? {} : { port }), ...(path === undefined || path === '' ? {} : { path }) } };
}
