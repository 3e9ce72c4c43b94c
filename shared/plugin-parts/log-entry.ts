/**
 * A request in the form in which Kong's log plugins serialise it, with what we know besides, and the fields that an operator adds by
 * templates. Secrets are masked (masked-secrets.ts). Used by http-log, file-log and their like in their `log` phase. Kong's
 * `custom_fields_by_lua` is code in Lua, which does not run here: `custom_fields` says the same by templates.
 */
import type { EntityCheck, Field } from '../model/definition.ts';
import { entityRule, fieldAt, isJsonObject } from '../model/entity-checks.ts';
import { printableRule } from '../model/string-rules.ts';
import type { LogContext } from '../plugins/contract.ts';
import type { NodeFacts } from '../plugins/plugin-services.ts';
import { textOf } from './byte-text.ts';
import { isSecretHeader, MASK, maskedQuery, maskedTarget, maskedUrls, mayHoldSecrets } from './masked-secrets.ts';
import { parseTemplate, requestTemplate, type RequestTemplate, type TemplateSource } from './request-template.ts';

type Named = { readonly id: string; readonly name?: string };
type Values = Readonly<Record<string, string | readonly string[]>>;

export interface LogEntry {
  readonly request: {
    readonly id: string;
    readonly method: string;
    readonly uri: string;
    readonly url: string;
    /** Bytes, head and body. */
    readonly size: number;
    readonly querystring: Readonly<Record<string, string | boolean | readonly (string | boolean)[]>>;
    readonly headers: Values;
    readonly tls?: { readonly version: string; readonly cipher: string; readonly client_verify: string };
  };
  readonly upstream_uri?: string;
  readonly upstream_status?: string;
  readonly response: { readonly status: number; readonly size: number; readonly headers: Values };
  /** Milliseconds. */
  readonly latencies: { readonly request: number; readonly kong: number; readonly proxy: number; readonly receive: number };
  readonly tries: readonly LogTry[];
  readonly route: Named;
  readonly service?: Named;
  readonly consumer?: { readonly id: string; readonly username?: string; readonly custom_id?: string };
  readonly authenticated_entity?: { readonly id: string };
  readonly client_ip: string;
  /** Milliseconds since the epoch. */
  readonly started_at: number;
  /** `upstream`: the upstream's response; `exit`: a plugin's answer; `kong`: an error of the gateway's own. */
  readonly source: 'upstream' | 'exit' | 'kong';
  readonly error_code?: string;
  readonly trace_id?: string;
  readonly config_version: string;
  readonly data_plane: { readonly id: string; readonly hostname: string; readonly version: string };
}

export interface LogTry {
  readonly upstream: string;
  readonly target: string;
  readonly ip: string;
  readonly port: number;
  readonly balancer_start: number;
  /** Until there was a connection; milliseconds. */
  readonly balancer_latency: number;
  /** Until the head of the response, or the failure. */
  readonly latency: number;
  readonly code?: number;
  readonly state?: 'failed';
  readonly failure?: string;
}

export function logEntryOf(context: LogContext, node: NodeFacts): LogEntry {
  const { request, consumer, credential, tls, upstreamStatus, upstreamUri, errorCode, traceId, totalMs, upstreamMs, gatewayMs, credentialNames } = context;
  const query = maskedQuery(request.query, credentialNames);
  const uri = shown(withQuery(request.target, context, query));
  const service = context.service;
  return {
    request: {
      id: context.requestId,
      method: request.method,
      uri,
      url: urlOf(context, uri),
      size: context.bytesIn,
      querystring: argumentsOf(query),
      headers: headersOf(context.requestHeaders(), credentialNames),
      ...(tls === undefined ? {} : { tls: { version: tls.version, cipher: tls.cipher, client_verify: verifyOf(context) } }),
    },
    ...(upstreamUri === undefined ? {} : { upstream_uri: shown(withQuery(upstreamUri, context, query)) }),
    ...(upstreamStatus === undefined ? {} : { upstream_status: String(upstreamStatus) }),
    response: { status: context.status, size: context.bytesOut, headers: headersOf(context.responseHeaders(), credentialNames) },
    latencies: { request: Math.round(totalMs), kong: Math.round(gatewayMs), proxy: context.tries.length === 0 ? -1 : Math.round(upstreamMs), receive: Math.max(0, Math.round(totalMs - gatewayMs - upstreamMs)) },
    tries: context.tries.map(tryOf),
    route: named(context.route),
    ...(service === undefined ? {} : { service: named(service) }),
    ...(consumer === undefined ? {} : { consumer: { id: consumer.id, ...(consumer.username === null ? {} : { username: consumer.username }), ...(consumer.customId === null ? {} : { custom_id: consumer.customId }) } }),
    ...(credential === undefined ? {} : { authenticated_entity: { id: credential.id } }),
    client_ip: request.clientAddress,
    started_at: Math.round(context.startedAtMs),
    source: !context.generated ? 'upstream' : errorCode === undefined ? 'exit' : 'kong',
    ...(errorCode === undefined ? {} : { error_code: errorCode }),
    ...(traceId === undefined ? {} : { trace_id: traceId }),
    config_version: context.configVersion,
    data_plane: { id: node.dataPlaneId, hostname: node.hostname, version: node.softwareVersion },
  };
}

/** A target with its secrets masked; `masked` is the query that most have. */
function withQuery(target: string, { request, credentialNames }: LogContext, masked: string): string {
  return request.query !== '' && target.endsWith(`?${request.query}`) ? `${target.slice(0, target.length - request.query.length)}${masked}` : maskedTarget(target, credentialNames);
}

function tryOf({ upstream, target, address, port, startedAtMs, connectMs, totalMs, status, failure }: LogContext['tries'][number]): LogTry {
  return {
    upstream, target, port,
    ip: address,
    balancer_start: Math.round(startedAtMs),
    balancer_latency: Math.round(connectMs),
    latency: Math.round(totalMs),
    ...(status === undefined ? {} : { code: status }),
    ...(failure === undefined ? {} : { state: 'failed', failure }),
  };
}

function named({ id, name }: LogContext['route']): Named {
  return name === null ? { id } : { id, name };
}

function urlOf({ request }: LogContext, uri: string): string {
  // In absolute form, as proxies are asked, the target is a URL already.
  return uri.startsWith('/') ? `${request.scheme}://${request.host}:${request.port}${uri}` : uri;
}

function verifyOf({ request: { clientCertificate } }: LogContext): string {
  if (clientCertificate === undefined) return 'NONE';
  return clientCertificate.verifiedBy.length > 0 ? 'SUCCESS' : 'FAILED:no configured authority';
}

/** Letters of URLs in headers that are looked through, of one request or response; what is longer in all is masked as a whole. */
const MOST_URL_LETTERS = 8_192;
/** What ends lines for some readers, steers terminals, or turns text around. JSON escapes those of ASCII. */
const UNSEEN = /[\u0080-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/** Bytes as text that harms nobody who looks at it. */
function shown(bytes: string): string {
  const text = textOf(bytes);
  return text === bytes ? text : text.replace(UNSEEN, '\ufffd');
}

/** Names are the client's: no prototype, so that none of them can stand for something else. */
function headersOf(lines: readonly (readonly [name: string, value: string])[], credentialNames: readonly string[]): Values {
  const headers: Record<string, string | string[]> = Object.create(null);
  let urlLetters = 0;
  const valueOf = (key: string, given: string): string => {
    if (isSecretHeader(key, credentialNames)) return MASK;
    if (!mayHoldSecrets(given)) return shown(given);
    urlLetters += given.length;
    return urlLetters > MOST_URL_LETTERS ? MASK : shown(maskedUrls(given, credentialNames));
  };
  for (const [name, given] of lines) {
    const key = name.toLowerCase();
    const value = valueOf(key, given);
    const before = headers[key];
    if (before === undefined) headers[key] = value;
    else if (typeof before === 'string') headers[key] = [before, value];
    else before.push(value);
  }
  return headers;
}

/** Arguments beyond these are in `uri` alone, as in Kong. */
const MOST_ARGUMENTS = 100;

function argumentsOf(query: string): LogEntry['request']['querystring'] {
  const found: Record<string, string | boolean | (string | boolean)[]> = Object.create(null);
  if (query === '') return found;
  for (const argument of query.split('&', MOST_ARGUMENTS)) {
    const equals = argument.indexOf('=');
    const name = decoded(equals === -1 ? argument : argument.slice(0, equals));
    if (name === '') continue;
    const value = equals === -1 ? true : decoded(argument.slice(equals + 1));
    const before = found[name];
    if (before === undefined) found[name] = value;
    else if (Array.isArray(before)) before.push(value);
    else found[name] = [before, value];
  }
  return found;
}

function decoded(text: string): string {
  if (!text.includes('%') && !text.includes('+')) return shown(text);
  try {
    return decodeURIComponent(text.replaceAll('+', ' ')).replace(UNSEEN, '\ufffd');
  } catch {
    return shown(text);
  }
}

// ---- fields of an operator's own ----

const MOST_CUSTOM_FIELDS = 64;
/** What an entry is made of by us: a field within can be set, the whole not. */
const OWN = new Set(['request', 'response', 'latencies', 'tries', 'route', 'service', 'consumer', 'data_plane']);
const FIELD_PATH = /^[^.\p{Cc}]{1,64}(?:\.[^.\p{Cc}]{1,64}){0,7}$/u;
const UNSAFE = new Set(['__proto__', 'constructor', 'prototype']);

/** Two fields of every log plugin's config. The rule `soundCustomFields` belongs to them. */
export function customFields(ownTag: number, luaTag: number) {
  return [
    {
      name: 'custom_fields_by_lua', tag: luaTag,
      type: { kind: 'unavailable', shownAs: 'map', message: 'expressions in Lua do not run here: say in `custom_fields` what they return, e.g. {"tenant": "$(headers[\\"x-tenant\\"] or \\"none\\")"}' },
      description: 'Only null is accepted: code in Lua does not run here.',
    },
    {
      name: 'custom_fields', tag: ownTag, required: true, default: {},
      type: { kind: 'map', keys: { kind: 'string', maxLength: 256 }, values: { kind: 'string', minLength: 0, maxLength: 4_096, rules: [printableRule] } },
      description: 'Fields to add to each entry, dots in names go down into it: texts, with `$(headers.name)`, `$(query_params.name)`, `$(uri_captures.name)` in them. An empty text takes the field out. Not in Kong.',
    },
  ] as const satisfies readonly Field[];
}

/** For `checks`. */
export const soundCustomFields: EntityCheck = entityRule('Custom fields can be carried out', (plugin) => {
  const fields = fieldAt(plugin, 'config.custom_fields');
  if (!isJsonObject(fields)) return [];
  const entries = Object.entries(fields);
  if (entries.length > MOST_CUSTOM_FIELDS) return [{ field: 'config.custom_fields', message: `has ${entries.length} fields; at most ${MOST_CUSTOM_FIELDS}` }];
  return entries.flatMap(([path, text]) => {
    const field = `config.custom_fields.${path}`;
    if (!FIELD_PATH.test(path) || path.split('.').some((part) => UNSAFE.has(part))) return [{ field, message: `'${path}' is no field: use up to 8 names of at most 64 characters with dots between them` }];
    if (typeof text !== 'string') return [];
    if (text !== '' && OWN.has(path)) return [{ field, message: `'${path}' is a record; set a field within it, or leave the text empty to take it out` }];
    const result = parseTemplate(text, 'text');
    return result.kind === 'problem' ? [{ field, message: result.problem }] : [];
  });
});

interface CustomField {
  readonly path: readonly string[];
  /** Undefined takes the field out. */
  readonly template: RequestTemplate | undefined;
}

type Tree = { [name: string]: unknown };

/** Puts an operator's fields into entries. Made once, in `create`. */
export class CustomFields {
  readonly #fields: readonly CustomField[];

  constructor(fields: Readonly<Record<string, string>> | ReadonlyMap<string, string>) {
    const entries = fields instanceof Map ? [...fields] : Object.entries(fields);
    this.#fields = entries.map(([path, text]) => ({ path: path.split('.'), template: text === '' ? undefined : requestTemplate(text, 'text') }));
  }

  /** Changes the entry, which is nobody else's. A text that is absent from the request leaves its field out. */
  addTo(entry: LogEntry, context: LogContext): void {
    if (this.#fields.length === 0) return;
    const source: TemplateSource = {
      request: context.request, uriCaptures: context.uriCaptures, upstreamQuery: context.request.query,
      upstreamHeaderValues: (name) => context.request.headerValues(name),
    };
    for (const { path, template } of this.#fields) setIn(entry, path, template === undefined ? undefined : shown(template.render(source) ?? ''));
  }
}

/** `value` undefined or '' takes the field out. */
function setIn(entry: object, path: readonly string[], value: string | undefined): void {
  let place: object = entry;
  for (const name of path.slice(0, -1)) {
    const next: unknown = Reflect.get(place, name);
    if (typeof next === 'object' && next !== null && !Array.isArray(next)) place = next;
    else if (value === undefined || value === '') return;
    else {
      const made: Tree = Object.create(null);
      Reflect.set(place, name, made);
      place = made;
    }
  }
  const last = path.at(-1) ?? '';
  if (value === undefined || value === '') Reflect.deleteProperty(place, last);
  else Reflect.set(place, last, value);
}
