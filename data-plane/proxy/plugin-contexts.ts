/**
 * What plugins see and may do before the response, and what they see in the log (contract v2); those of a response are in
 * response-contexts.ts. Thin views of the exchange; run-plugins.ts hands them out. After the request ended they show what was
 * known then and change nothing.
 */
import type { ConfigLookup, ConsumerRef, CredentialRef } from '../../shared/plugins/config-lookup.ts';
import type { LogContext, NamedRef, PhaseTime, RequestContext, RequestView, UpstreamTry, Verdict } from '../../shared/plugins/contract.ts';
import { groupList } from '../../shared/plugin-parts/group-list.ts';
import { defined } from '../../shared/assert.ts';
import { HoldfastError } from '../../shared/errors.ts';
import { formatVersion } from '../../shared/model/version.ts';
import type { ChainEntry } from '../config/active-config.ts';
import { withoutArguments } from '../http1/query.ts';
import { gatewayMsOf, triesOf, upstreamMsOf } from './attempt.ts';
import type { Exchange } from './exchange.ts';
import { type HeaderEdits, utf8Text } from './header-edits.ts';
import { PhaseTimes } from './phase-times.ts';
import { checkHost, checkTarget, invalid } from './request-edits.ts';
import { pathFor, queryFor, targetFor } from './send-request.ts';
import { upstreamNames, upstreamValues } from './upstream-headers.ts';

const NO_NAMES: readonly string[] = [];

/** What all phases have in common. */
export class SharedContext {
  protected readonly exchange: Exchange;
  readonly request: RequestView;
  readonly requestId: string;

  constructor(exchange: Exchange) {
    this.exchange = exchange;
    this.request = exchange.request;
    this.requestId = exchange.requestId;
  }

  get config(): ConfigLookup {
    return defined(this.exchange.pinned, 'pinned configuration').config;
  }

  get configVersion(): string {
    return formatVersion(defined(this.exchange.pinned, 'pinned configuration').config.version);
  }

  get route(): NamedRef {
    return defined(this.exchange.route, 'matched route');
  }

  get service(): NamedRef | undefined {
    return this.exchange.service;
  }

  get uriCaptures(): ReadonlyMap<string, string> | undefined {
    return this.exchange.match?.captures;
  }

  get consumer(): ConsumerRef | undefined {
    return this.exchange.consumer;
  }

  get credential(): CredentialRef | undefined {
    return this.exchange.credential;
  }

  get traceId(): string | undefined {
    return this.exchange.traceId;
  }

  get authenticatedGroups(): readonly string[] | undefined {
    return this.exchange.authenticatedGroups;
  }
}

export class RequestPluginContext extends SharedContext implements RequestContext {
  /** Whose turn it is: decides what `body` shows. */
  current: ChainEntry | undefined;

  get body(): Uint8Array | undefined {
    const body = this.exchange.replacedBody ?? this.exchange.collectedBody;
    const wanted = this.current?.instance.requestBody;
    return wanted !== undefined && body !== undefined && body.length <= wanted.maxBytes ? body : undefined;
  }

  authenticate(consumer: ConsumerRef | undefined, credential: CredentialRef | undefined): void {
    const { exchange } = this;
    exchange.consumer = consumer;
    exchange.credential = credential;
    const edits = exchange.editUpstream();
    setOrRemove(edits, 'X-Consumer-ID', consumer?.id ?? null);
    setOrRemove(edits, 'X-Consumer-Custom-ID', consumer?.customId ?? null);
    setOrRemove(edits, 'X-Consumer-Username', consumer?.username ?? null);
    setOrRemove(edits, 'X-Credential-Identifier', credential?.identifier ?? credential?.id ?? null);
    setOrRemove(edits, 'X-Anonymous-Consumer', consumer !== undefined && credential === undefined ? 'true' : null);
    // Same inputs, same object: the chain only changes where the consumer has plugins of its own.
    exchange.chain = defined(exchange.route, 'matched route').chainFor(consumer?.id);
  }

  setAuthenticatedGroups(groups: readonly string[]): void {
    const { exchange } = this;
    setOrRemove(exchange.editUpstream(), 'X-Authenticated-Groups', groupList(groups) || null);
    exchange.authenticatedGroups = Object.freeze([...groups]);
  }

  upstreamHeaderValues(lowerCaseName: string): readonly string[] {
    return upstreamValues(this.exchange, lowerCaseName);
  }

  upstreamHeaderNames(): readonly string[] {
    return upstreamNames(this.exchange);
  }

  setUpstreamHeader(name: string, value: string | readonly string[]): void {
    if (name.toLowerCase() === 'host') for (const host of typeof value === 'string' ? [value] : value) checkHost(host);
    this.exchange.editUpstream().set(name, value);
  }

  removeUpstreamHeader(name: string): void {
    this.exchange.editUpstream().remove(name);
  }

  get upstreamMethod(): string {
    return this.exchange.upstreamMethod;
  }

  setUpstreamMethod(method: string): void {
    this.exchange.editRequest().setMethod(method);
  }

  get upstreamPath(): string {
    return pathFor(this.exchange);
  }

  setUpstreamPath(path: string): void {
    this.exchange.editRequest().setPath(path);
  }

  get upstreamQuery(): string {
    return queryFor(this.exchange);
  }

  setUpstreamQuery(query: string): void {
    this.exchange.editRequest().setQuery(query);
  }

  removeQueryArgument(name: string): void {
    this.exchange.editRequest().query = withoutArguments(queryFor(this.exchange), new Set([name]));
  }

  useTarget(target: Parameters<RequestContext['useTarget']>[0]): void {
    const { exchange } = this;
    const { service } = exchange;
    if (service === undefined) throw invalid('a request without a service can go nowhere else; give its route a service');
    checkTarget(target);
    exchange.editRequest().service = defined(exchange.pinned, 'pinned configuration').config.serviceAt(service, target);
  }

  get upstreamTarget(): string | undefined {
    const { edits, upstreamEdits } = this.exchange;
    const host = upstreamEdits?.value('host');
    const place = edits?.service;
    if (place === undefined) return host;
    return `${place.protocol}://${place.upstream?.name ?? place.host}:${place.port} ${host ?? ''}`;
  }

  isUpstreamAvailable(name: string): boolean {
    const { core, pinned } = this.exchange;
    const upstream = defined(pinned, 'pinned configuration').config.upstreamNamed(name);
    return upstream !== undefined && core.chooser.groups.isAvailable(upstream);
  }

  setTimeouts(timeouts: Parameters<RequestContext['setTimeouts']>[0]): void {
    const { exchange } = this;
    if (exchange.service !== undefined) exchange.editRequest().setTimeouts(timeouts, exchange.service);
  }

  limitRequestBody(maxBytes: number, verdict: Verdict): void {
    this.exchange.editRequest().limitBody(maxBytes, verdict, this.current);
  }

  replaceBody(bytes: Uint8Array): void {
    if (this.body === undefined) {
      throw new HoldfastError({
        code: 'PLUGIN_BODY_NOT_COLLECTED',
        source: 'gateway',
        publicMessage: 'a plugin replaced a body that it does not have',
        message: 'replaceBody needs a body in context.body: declare requestBody, and leave requests alone whose body was larger',
      });
    }
    this.exchange.replacedBody = Buffer.from(bytes);
  }

  setResponseHeader(name: string, value: string): void {
    this.exchange.editResponse().set(name, value);
  }

  timePhases(): void {
    const { exchange } = this;
    if (exchange.phases !== undefined) return;
    exchange.phases = new PhaseTimes(exchange.core.clock);
    // Of what went before nothing is known later than its beginning.
    if (exchange.nextPlugin === 0 && exchange.phase === 'requestHead') exchange.phases.ended('routing', exchange.startedAtMs);
  }

  setTraceId(traceId: string): void {
    this.exchange.traceId = traceId;
  }
}

export class LogPluginContext extends SharedContext implements LogContext {
  readonly status: number;
  readonly generated: boolean;
  readonly errorCode: string | undefined;
  readonly startedAtMs: number;
  readonly #totalMs: number | undefined;

  /** `totalMs` undefined: the request still goes on. */
  constructor(exchange: Exchange, totalMs?: number) {
    super(exchange);
    this.status = exchange.status;
    this.generated = exchange.generated;
    this.errorCode = exchange.errorCode;
    this.startedAtMs = exchange.core.clock.nowMs() - (totalMs ?? exchange.latencyMs(exchange.core.clock.monotonicMs()));
    this.#totalMs = totalMs;
  }

  get bytesIn(): number {
    return this.exchange.bytesIn;
  }

  get bytesOut(): number {
    return this.exchange.bytesOut;
  }

  get totalMs(): number {
    return this.#totalMs ?? this.exchange.core.clock.monotonicMs() - this.exchange.startedAtMs;
  }

  responseHeader(lowerCaseName: string): string | undefined {
    return this.exchange.sentHeaders?.get(lowerCaseName);
  }

  get upstreamStatus(): number | undefined {
    return this.exchange.attempt?.status || undefined;
  }

  requestHeaders(): readonly (readonly [name: string, value: string])[] {
    const { head } = this.exchange;
    const { fields } = head;
    return Array.from({ length: fields.count }, (_, line) => [head.text(fields.lineStart(line), fields.nameEnd(line)), head.text(fields.valueStart(line), fields.valueEnd(line))] as const);
  }

  responseHeaders(): readonly (readonly [name: string, value: string])[] {
    return this.exchange.sentHeaders?.lines() ?? [];
  }

  get credentialNames(): readonly string[] {
    let names = NO_NAMES;
    for (const { instance } of this.exchange.chain.entries) if (instance.credentialNames !== undefined) names = names.length === 0 ? instance.credentialNames : [...names, ...instance.credentialNames];
    return names;
  }

  get upstreamUri(): string | undefined {
    return this.exchange.sentAtMs === 0 ? undefined : targetFor(this.exchange);
  }

  get upstreamMs(): number {
    return upstreamMsOf(this.exchange, this.totalMs);
  }

  get gatewayMs(): number {
    return gatewayMsOf(this.exchange, this.totalMs, this.upstreamMs);
  }

  get tries(): readonly UpstreamTry[] {
    return triesOf(this.exchange.attempt, this.#epochOffsetMs, this.exchange.startedAtMs + this.totalMs);
  }

  get tls(): { readonly version: string; readonly cipher: string } | undefined {
    return this.exchange.client.facts.tls;
  }

  get phases(): readonly PhaseTime[] | undefined {
    return this.exchange.phases?.list(this.#epochOffsetMs);
  }

  /** What makes monotonic times wall times. */
  get #epochOffsetMs(): number {
    return this.startedAtMs - this.exchange.startedAtMs;
  }
}

function setOrRemove(edits: HeaderEdits, name: string, value: string | null): void {
  if (value === null) edits.remove(name);
  else edits.set(name, utf8Text(value));
}
