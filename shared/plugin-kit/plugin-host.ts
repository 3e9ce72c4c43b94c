/**
 * What a plugin's handler meets on a data plane, for its tests, with everything that it did written down. The real ones are
 * data-plane/proxy/plugin-contexts.ts and data-plane/plugin-services. Also what `holdfast plugin test` runs a plugin in.
 */
import { hash } from 'node:crypto';
import { assert } from '../assert.ts';
import type { ConfigLookup, ConsumerRef, CredentialRef } from '../plugins/config-lookup.ts';
import type { Answer, ExchangeContext, LogContext, PluginInstance, RequestContext, ResponseBodyContext, Verdict } from '../plugins/contract.ts';
import type { PluginServices, PluginQueue, PluginStore, QueueOptions } from '../plugins/plugin-services.ts';
import { requestView, type RequestParts } from './request-view.ts';

export interface HostParts extends RequestParts {
  readonly body?: Uint8Array | undefined;
  readonly config?: Partial<ConfigLookup>;
  readonly consumer?: ConsumerRef;
  readonly credential?: CredentialRef;
  readonly authenticatedGroups?: readonly string[];
  readonly service?: string;
  /** Names of upstreams with a target that takes requests. */
  readonly availableUpstreams?: readonly string[];
  readonly uriCaptures?: ReadonlyMap<string, string>;
  readonly traceId?: string;
  /** 32 hex digits. */
  readonly requestId?: string;
}

/** The effects of a plugin on one request, in call order: `set-upstream X: 1`, `remove-upstream x`, … */
export interface RecordedContext extends RequestContext {
  readonly effects: readonly string[];
  readonly responseHeaders: ReadonlyMap<string, string>;
  readonly sentBody: Uint8Array | undefined;
}

const NOTHING_KNOWN: ConfigLookup = {
  consumerById: () => undefined, consumerByUsername: () => undefined, consumerByCustomId: () => undefined, credentialBySecret: () => undefined,
  basicCredential: () => undefined, hmacCredential: () => undefined, jwtCredential: () => undefined, mtlsCredentials: () => [], caCertificate: () => undefined,
  groupsOf: () => [], consumerGroupsOf: () => [],
};

function exchangeContext(parts: HostParts): ExchangeContext {
  return {
    request: requestView(parts),
    config: { ...NOTHING_KNOWN, ...parts.config },
    route: { id: 'route-1', name: 'route' },
    service: parts.service === undefined ? undefined : { id: parts.service, name: null },
    uriCaptures: parts.uriCaptures,
    requestId: parts.requestId ?? '0'.repeat(32),
    configVersion: '1.1',
    consumer: parts.consumer,
    credential: parts.credential,
    authenticatedGroups: parts.authenticatedGroups,
    traceId: parts.traceId,
  };
}

const linesOf = (value: string | readonly string[]): readonly string[] => (typeof value === 'string' ? [value] : value);

/** A request whose edits take effect, as on a data plane: what is read back is what would go upstream. */
export function pluginContext(parts: HostParts = {}): RecordedContext {
  const effects: string[] = [];
  const responseHeaders = new Map<string, string>();
  const upstream = Map.groupBy(parts.headers ?? [], ([name]) => name.toLowerCase());
  const headers = new Map([...upstream].map(([name, lines]) => [name, lines.map(([, value]) => value) as readonly string[]]));
  let { consumer, credential, traceId, method = 'GET', path = '/', query = '' } = parts;
  let sentBody: Uint8Array | undefined;
  let target: string | undefined;
  return {
    ...exchangeContext(parts),
    effects, responseHeaders,
    get body() { return sentBody ?? parts.body; },
    get consumer() { return consumer; },
    get traceId() { return traceId; },
    get credential() { return credential; },
    get sentBody() { return sentBody; },
    get upstreamMethod() { return method; },
    get upstreamPath() { return path; },
    get upstreamQuery() { return query; },
    authenticate(newConsumer, newCredential) {
      [consumer, credential] = [newConsumer, newCredential];
      effects.push(`authenticate ${newConsumer?.id ?? 'nobody'} by ${newCredential?.id ?? 'nothing'}`);
    },
    setAuthenticatedGroups: (groups) => void effects.push(`set-groups ${groups.join(', ')}`),
    upstreamHeaderValues: (name) => headers.get(name) ?? [],
    upstreamHeaderNames: () => [...headers.keys()],
    setUpstreamHeader(name, value) {
      headers.set(name.toLowerCase(), linesOf(value));
      for (const line of linesOf(value)) effects.push(`set-upstream ${name}: ${line}`);
    },
    removeUpstreamHeader(name) {
      headers.delete(name.toLowerCase());
      effects.push(`remove-upstream ${name}`);
    },
    setUpstreamMethod(given) {
      method = given;
      effects.push(`set-method ${given}`);
    },
    setUpstreamPath(given) {
      path = given;
      effects.push(`set-path ${given}`);
    },
    setUpstreamQuery(given) {
      query = given;
      effects.push(`set-query ${given}`);
    },
    removeQueryArgument(name) {
      const left = new URLSearchParams(query);
      left.delete(name);
      query = left.toString();
      effects.push(`remove-argument ${name}`);
    },
    useTarget({ host, port, protocol, isUpstream }) {
      target = `${protocol ?? ''}//${host ?? ''}:${port ?? ''}`;
      effects.push(`use-${isUpstream === true ? 'upstream' : 'target'} ${target}`);
    },
    get upstreamTarget() { return target; },
    isUpstreamAvailable: (name) => parts.availableUpstreams?.includes(name) ?? false,
    setTimeouts: ({ connectMs, writeMs, readMs }) => void effects.push(`set-timeouts ${connectMs ?? '-'} ${writeMs ?? '-'} ${readMs ?? '-'}`),
    limitRequestBody: (maxBytes, { status }) => void effects.push(`limit-body ${maxBytes} → ${status}`),
    replaceBody(bytes) {
      sentBody = bytes;
      effects.push('replace-body');
    },
    setResponseHeader(name, value) {
      responseHeaders.set(name, value);
      effects.push(`set-response ${name}: ${value}`);
    },
    timePhases: () => void effects.push('time-phases'),
    setTraceId(given) {
      traceId = given;
      effects.push(`set-trace ${given}`);
    },
  };
}

export interface ResponseParts extends HostParts {
  readonly status?: number;
  readonly generated?: boolean;
  readonly message?: string;
  readonly errorCode?: string;
  /** One entry per header line. */
  readonly responseHeaders?: readonly (readonly [name: string, value: string])[];
  /** What is in the log besides; `startedAtMs` is 0 and `totalMs` 1 where nothing is said. */
  readonly log?: Partial<Pick<LogContext, 'upstreamStatus' | 'upstreamUri' | 'bytesIn' | 'bytesOut' | 'startedAtMs' | 'totalMs' | 'upstreamMs' | 'gatewayMs' | 'tries' | 'tls' | 'phases' | 'credentialNames'>>;
  /** What `responseBody` gets, where it fits what is asked for. */
  readonly responseBody?: Uint8Array;
}

/** A response whose edits take effect. */
export interface RecordedResponse extends ResponseBodyContext, LogContext {
  readonly effects: readonly string[];
  readonly sentHeaders: readonly (readonly [name: string, value: string])[];
  readonly sentBody: Uint8Array | undefined;
  readonly instead: Verdict | undefined;
  readonly isObserved: boolean;
}

export function responseContext(parts: ResponseParts = {}): RecordedResponse {
  const effects: string[] = [];
  let headers = [...(parts.responseHeaders ?? [])];
  let { status = 200, responseBody } = parts;
  let instead: Verdict | undefined;
  let collected = -1;
  let isObserved = false;
  const valuesOf = (name: string): readonly string[] => headers.filter(([given]) => given.toLowerCase() === name).map(([, value]) => value);
  const without = (name: string): typeof headers => headers.filter(([given]) => given.toLowerCase() !== name.toLowerCase());
  return {
    ...exchangeContext(parts),
    effects,
    generated: parts.generated ?? false,
    message: parts.message,
    errorCode: parts.errorCode,
    bytesIn: 0, bytesOut: 0, startedAtMs: 0, totalMs: 1, upstreamMs: 0, gatewayMs: 1,
    upstreamStatus: undefined, upstreamUri: undefined, tries: [], tls: undefined, phases: undefined, credentialNames: [],
    ...parts.log,
    requestHeaders: () => parts.headers ?? [],
    get status() { return status; },
    get body() { return responseBody !== undefined && responseBody.length <= collected ? responseBody : undefined; },
    get sentHeaders() { return headers; },
    get sentBody() { return responseBody; },
    get instead() { return instead; },
    get isObserved() { return isObserved; },
    responseHeader: (name) => valuesOf(name)[0],
    responseHeaderValues: valuesOf,
    responseHeaders: () => headers,
    receivedHeaders: () => parts.responseHeaders ?? [],
    receivedStatus: parts.status ?? 200,
    setResponseHeader(name, value) {
      headers = [...without(name), ...linesOf(value).map((line) => [name, line] as const)];
      for (const line of linesOf(value)) effects.push(`set-response ${name}: ${line}`);
    },
    removeResponseHeader(name) {
      headers = without(name);
      effects.push(`remove-response ${name}`);
    },
    setStatus(given) {
      status = given;
      effects.push(`set-status ${given}`);
    },
    respondInstead(verdict) {
      instead = verdict;
      status = verdict.status;
      effects.push(`respond-instead ${verdict.status}`);
    },
    collectBody(maxBytes) {
      collected = Math.max(collected, maxBytes);
      effects.push(`collect-body ${maxBytes}`);
    },
    observeBody() {
      isObserved = true;
      effects.push('observe-body');
    },
    replaceBody(bytes) {
      assert(responseBody !== undefined && responseBody.length <= collected, 'a body is only replaced where it is there');
      responseBody = bytes;
      effects.push('replace-response-body');
    },
  };
}

/** The phases of one request in an instance, with one state. */
export interface PluginRun {
  begin(context: RequestContext): void;
  /** Throws where the answer is a promise. */
  head(context: RequestContext): Verdict | undefined;
  headAsync(context: RequestContext): Promise<Verdict | undefined>;
  upstream(context: RequestContext): Answer;
  /** The head, then the body where the head asked for it. */
  response(context: RecordedResponse): void;
  log(context: LogContext): void;
}

export function pluginRun(instance: PluginInstance): PluginRun {
  let state: unknown;
  let isBegun = false;
  const stateOf = (): unknown => {
    if (!isBegun) state = instance.newState?.();
    isBegun = true;
    return state;
  };
  const head = (context: RequestContext): Answer => instance.requestHead?.(context, stateOf());
  return {
    begin: (context) => instance.begin?.(context, stateOf()),
    head(context) {
      const answer = head(context);
      assert(!(answer instanceof Promise), 'this plugin has its answer at once');
      return answer;
    },
    async headAsync(context) {
      const answer = head(context);
      assert(!(answer instanceof Promise) || instance.isAsync === true, 'a plugin that waits says isAsync');
      return answer;
    },
    upstream: (context) => instance.upstreamRequest?.(context, stateOf()),
    response(context) {
      instance.responseHead?.(context, stateOf());
      if (context.effects.some((effect) => effect.startsWith('collect-body'))) instance.responseBody?.(context, stateOf());
      if (!context.isObserved) return;
      if (context.sentBody !== undefined) instance.responseBytes?.(context, context.sentBody, stateOf());
      instance.responseBytes?.(context, undefined, stateOf());
    },
    log: (context) => instance.log?.(context, stateOf()),
  };
}

/** A store without bounds. */
export function mapStore<Value>(): PluginStore<Value> {
  const entries = new Map<string, Value>();
  return {
    get: (key) => entries.get(key),
    set: (key, value) => void entries.set(key, value),
    delete: (key) => void entries.delete(key),
    clear: () => entries.clear(),
    get size() { return entries.size; },
    values: () => entries.values(),
  };
}

export interface RecordedServices extends PluginServices {
  /** The events that were logged. */
  readonly warnings: readonly string[];
  /** Delivers what waits in the queues, in batches as large as they may be. Rejects with what `deliver` rejects with: nothing is tried again. */
  flush(): Promise<void>;
  /** Datagrams that were sent, and to where. */
  readonly datagramsSent: readonly { readonly host: string; readonly port: number; readonly text: string }[];
  /** What was appended to files. */
  readonly linesWritten: readonly { readonly path: string; readonly text: string }[];
}

/** Services of a plugin instance. What a test does not give counts nothing, reaches nothing and knows nobody. */
export function pluginServices(overrides: Partial<PluginServices> = {}): RecordedServices {
  const warnings: string[] = [];
  const waiting: (() => Promise<void>)[] = [];
  const datagramsSent: { host: string; port: number; text: string }[] = [];
  const linesWritten: { path: string; text: string }[] = [];
  return {
    pluginId: '00000000-0000-7000-8000-000000000001',
    clock: { nowMs: () => 0, monotonicMs: () => 0 },
    counters: { take: () => ({ kind: 'full' }), add: () => [] },
    cluster: { take: () => ({ kind: 'full' }), add: () => [] },
    store: mapStore,
    fetch: () => Promise.reject(new Error('nothing is reached from here')),
    connect: () => Promise.reject(new Error('nothing is reached from here')),
    redis: () => ({ command: () => Promise.reject(new Error('there is no Redis here')), script: () => Promise.reject(new Error('there is no Redis here')) }),
    queue: <Entry>(options: QueueOptions, deliver: (entries: readonly Entry[]) => Promise<void>): PluginQueue<Entry> => {
      const entries: Entry[] = [];
      waiting.push(async () => {
        while (entries.length > 0) await deliver(entries.splice(0, options.maxBatchEntries));
      });
      return { push: (entry: Entry) => void entries.push(entry), get waiting() { return entries.length; } };
    },
    datagrams: (host, port) => ({ send: (bytes) => void datagramsSent.push({ host, port, text: Buffer.from(bytes).toString('utf8') }), close: () => undefined }),
    lineFile: (path) => ({ append: async (lines) => void linesWritten.push({ path, text: Buffer.from(lines).toString('utf8') }), close: () => undefined }),
    node: { dataPlaneId: '00000000-0000-7000-8000-0000000000d1', gatewayId: '00000000-0000-7000-8000-0000000000a1', hostname: 'gateway-1', softwareVersion: '0.0.0', labels: {} },
    passwords: { verify: () => 'wrong', isRemembered: () => false },
    secrets: { keyedHash: (text) => hash('sha256', text, 'base64url').slice(0, 22) },
    every: () => ({ cancel: () => undefined }),
    onPurge: () => ({ cancel: () => undefined }),
    log: { warn: (event) => void warnings.push(event) },
    warnings, datagramsSent, linesWritten,
    flush: async () => {
      for (const deliver of waiting) await deliver();
    },
    ...overrides,
  };
}
