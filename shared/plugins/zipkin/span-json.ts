/**
 * The spans of one request in Zipkin's JSON of version 2 (https://zipkin.io/zipkin-api/), with Kong's names of spans, tags and
 * annotations: the request as the client sees it, the proxying below it, and each attempt at a target. Called once for each sampled
 * request, when it is over.
 */
import { isIPv4, isIPv6 } from 'node:net';
import type { LogContext, PhaseTime, UpstreamTry } from '../contract.ts';
import { newSpanId } from '../../plugin-parts/trace-ids.ts';
import type { TracedRequest } from '../../plugin-parts/traced-request.ts';
import { OWN_TAGS, type ZipkinConfig } from './schema.ts';

const MOST_TAGS = 32;
const MOST_CHARACTERS = 1_024;
const MOST_HEADER_CHARACTERS = 4_096;
const MOST_TRIES = 32;

type Tags = Record<string, string>;

interface ZipkinSpan {
  readonly traceId: string;
  readonly id: string;
  readonly parentId?: string;
  readonly name: string;
  readonly kind: 'SERVER' | 'CLIENT';
  /** Microseconds since the epoch. */
  readonly timestamp: number;
  readonly duration: number;
  readonly localEndpoint: Readonly<Record<string, string | number>>;
  readonly remoteEndpoint?: Readonly<Record<string, string | number>>;
  readonly annotations?: readonly { readonly timestamp: number; readonly value: string }[];
  readonly tags: Readonly<Tags>;
}

/** Kong's phases, what of ours belongs to each, and the letter of its annotations. */
const PHASES = [
  { name: 'rewrite', letter: 'r', has: ({ name }: PhaseTime) => name === 'routing' || name === 'begin' },
  { name: 'access', letter: 'a', has: ({ name }: PhaseTime) => name === 'requestHead' || name === 'upstreamRequest' },
  { name: 'header_filter', letter: 'h', has: ({ name }: PhaseTime) => name === 'responseHead' },
  { name: 'body_filter', letter: 'b', has: ({ name }: PhaseTime) => name === 'responseBody' },
] as const;

export class SpanJson {
  readonly #config: ZipkinConfig;
  readonly #nodeId: string;
  readonly #tagsHeader: string;

  constructor(config: ZipkinConfig, nodeId: string) {
    this.#config = config;
    this.#nodeId = nodeId;
    this.#tagsHeader = config.tags_header.toLowerCase();
  }

  /** Members of a list, without its brackets. */
  encode(context: LogContext, traced: TracedRequest): string {
    const { tries } = context;
    const spans = [this.#request(context, traced), ...(traced.sentSpanId === '' ? [] : [this.#proxy(context, traced)]), ...tries.slice(-MOST_TRIES).map((one, index) => this.#try(context, traced, one, Math.max(0, tries.length - MOST_TRIES) + index + 1))];
    return JSON.stringify(spans).slice(1, -1);
  }

  #request(context: LogContext, { traceId, spanId, parentSpanId }: TracedRequest): ZipkinSpan {
    const { request, status, consumer, credential } = context;
    const tags: Tags = { ...this.#sentTags(request.header(this.#tagsHeader)) };
    for (const { name, value } of this.#config.static_tags ?? []) tags[name] = value;
    tags['lc'] = this.#config.local_service_name;
    tags['http.method'] = cut(request.method);
    tags['http.host'] = cut(request.host);
    tags['http.path'] = cut(request.path);
    tags['http.protocol'] = `HTTP/${request.httpVersion}`;
    if (status !== 0) tags['http.status_code'] = String(status);
    if (status === 0 || status >= 500) tags['error'] = context.errorCode ?? 'true';
    if (consumer !== undefined) tags['kong.consumer'] = consumer.id;
    if (credential !== undefined && this.#config.include_credential) tags['kong.credential'] = credential.id;
    tags['kong.node.id'] = this.#nodeId;
    tags['kong.request_id'] = context.requestId;
    tags['kong.config_version'] = context.configVersion;
    return {
      traceId, id: spanId, ...(parentSpanId === undefined ? {} : { parentId: parentSpanId }), name: this.#nameOf(context), kind: 'SERVER', ...times(context.startedAtMs, context.totalMs),
      localEndpoint: this.#local, remoteEndpoint: endpoint(request.clientAddress, request.clientPort, undefined), tags,
    };
  }

  #proxy(context: LogContext, { traceId, spanId, sentSpanId }: TracedRequest): ZipkinSpan {
    const { route, service, tries, phases, status } = context;
    const last = tries.at(-1);
    const tags: Tags = { lc: this.#config.local_service_name, 'kong.route': route.id };
    if (route.name !== null) tags['kong.route_name'] = route.name;
    if (service !== undefined) tags['kong.service'] = service.id;
    if (service !== undefined && service.name !== null) tags['kong.service_name'] = service.name;
    if (last !== undefined) tags['peer.hostname'] = last.upstream;
    if (status === 0 || status >= 500) tags['error'] = 'true';
    const annotations = phases === undefined ? [] : this.#phases(phases, tags);
    const startMs = phases?.find(({ name }) => name === 'requestHead')?.startMs ?? context.startedAtMs;
    return {
      traceId, id: sentSpanId, parentId: spanId, name: `${this.#nameOf(context)} (proxy)`, kind: 'CLIENT', ...times(startMs, context.startedAtMs + context.totalMs - startMs),
      localEndpoint: this.#local, ...(last === undefined ? {} : { remoteEndpoint: endpoint(last.address, last.port, this.#remoteName(context)) }), annotations, tags,
    };
  }

  #try(context: LogContext, { traceId, spanId }: TracedRequest, one: UpstreamTry, number: number): ZipkinSpan {
    const tags: Tags = { lc: this.#config.local_service_name, 'kong.balancer.try': String(number), 'peer.hostname': one.upstream };
    if (one.status !== undefined) tags['http.status_code'] = String(one.status);
    if (one.status === undefined || one.status >= 500) tags['error'] = 'true';
    if (one.failure !== undefined) tags['kong.balancer.state'] = one.failure;
    return {
      traceId, id: newSpanId(), parentId: spanId, name: `${this.#nameOf(context)} (balancer try ${number})`, kind: 'CLIENT', ...times(one.startedAtMs, one.totalMs),
      localEndpoint: this.#local, remoteEndpoint: endpoint(one.address, one.port, this.#remoteName(context)), tags,
    };
  }

  #phases(phases: readonly PhaseTime[], tags: Tags): readonly { readonly timestamp: number; readonly value: string }[] {
    const annotations: { readonly timestamp: number; readonly value: string }[] = [];
    for (const { name, letter, has } of PHASES) {
      const own = phases.filter(has);
      const [first] = own;
      const last = own.at(-1);
      if (first === undefined || last === undefined) continue;
      if (this.#config.phase_duration_flavor === 'tags') tags[`kong.${name}.duration_ms`] = String(Math.round((last.endMs - first.startMs) * 1_000) / 1_000);
      else annotations.push({ timestamp: micros(first.startMs), value: `k${letter}s` }, { timestamp: micros(last.endMs), value: `k${letter}f` });
    }
    return annotations;
  }

  #nameOf({ request }: LogContext): string {
    return cut(this.#config.http_span_name === 'method' ? request.method : `${request.method} ${request.path}`);
  }

  #remoteName({ service }: LogContext): string | undefined {
    return service?.name ?? this.#config.default_service_name ?? undefined;
  }

  get #local(): Readonly<Record<string, string>> {
    return { serviceName: this.#config.local_service_name };
  }

  /** `name=value; name=value`. What is no such pair is passed over. */
  #sentTags(text: string | undefined): Tags {
    // Names are a client's.
    const tags: Tags = Object.create(null);
    if (text === undefined || text.length > MOST_HEADER_CHARACTERS) return tags;
    for (const pair of text.split(';', MOST_TAGS)) {
      const equals = pair.indexOf('=');
      const name = pair.slice(0, Math.max(0, equals)).trim();
      if (name !== '' && !OWN_TAGS.has(name)) tags[name] = cut(pair.slice(equals + 1).trim());
    }
    return tags;
  }
}

function times(startMs: number, durationMs: number): { readonly timestamp: number; readonly duration: number } {
  // A span of no duration is shown as one that is not over.
  return { timestamp: micros(startMs), duration: Math.max(1, micros(durationMs)) };
}

function micros(milliseconds: number): number {
  return Math.round(milliseconds * 1_000);
}

function endpoint(address: string, port: number, serviceName: string | undefined): Readonly<Record<string, string | number>> {
  return { ...(serviceName === undefined ? {} : { serviceName }), ...(isIPv4(address) ? { ipv4: address } : isIPv6(address) ? { ipv6: address } : {}), ...(port === 0 ? {} : { port }) };
}

function cut(text: string): string {
  return text.length > MOST_CHARACTERS ? text.slice(0, MOST_CHARACTERS) : text;
}
