/**
 * Everything that is known about one request and its response, from head to record: the state that the life of a request
 * (request-life.ts) moves along, that plugins see through their contexts, and that writers read. Made anew for each request,
 * so nothing of one client's can be left in another's.
 */
import type { ConsumerRef, CredentialRef } from '../../shared/plugins/config-lookup.ts';
import type { ChainEntry, PluginChain, RouteMatch, RuntimeRoute, RuntimeService } from '../config/active-config.ts';
import { phasesOf } from '../config/chain-phases.ts';
import type { RequestHead } from '../http1/message-head.ts';
import type { Http1RequestView } from '../http1/request-view.ts';
import type { Attempt } from './attempt.ts';
import type { ClientSide } from './client-side.ts';
import { HeaderEdits } from './header-edits.ts';
import type { PhaseTimes } from './phase-times.ts';
import type { PinnedConfig } from './pinned-configs.ts';
import type { PluginConditions } from './plugin-conditions.ts';
import type { RequestPluginContext } from './plugin-contexts.ts';
import type { ProxyCore } from './proxy-core.ts';
import { RequestBody } from './request-body.ts';
import { RequestEdits } from './request-edits.ts';
import type { ResponsePluginContext } from './response-contexts.ts';
import type { SentHeaders } from './sent-headers.ts';
import { trailersPass } from './trailers.ts';
import type { RequestTimeouts } from '../upstreams/upstream-connection.ts';
import type { UpgradeRequest } from './upgrade.ts';

export const NO_PLUGINS: PluginChain = phasesOf([], []);

interface PluginState {
  readonly pluginId: string;
  readonly state: unknown;
}

export class Exchange {
  readonly core: ProxyCore;
  readonly client: ClientSide;
  /** Until the request is over. */
  head: RequestHead;
  readonly request: Http1RequestView;
  readonly requestId: string;
  /** Monotonic milliseconds at which the head was complete. */
  readonly startedAtMs: number;
  readonly body: RequestBody;

  pinned: PinnedConfig | undefined;
  match: RouteMatch | undefined;

  chain: PluginChain = NO_PLUGINS;
  /** Whose turn it is for `requestHead`, where that is not `chain.requestHead`: the chain was changed on the way, and one of the two is reordered. */
  turns: readonly ChainEntry[] | undefined;
  /** Which of the two phases before the request goes upstream is under way. */
  phase: 'requestHead' | 'upstreamRequest' = 'requestHead';
  /** The entry of `turns` or of the chain's phase that runs next. */
  nextPlugin = 0;
  /** What plugins keep of this request; undefined while none does. A list, because they are few: a map costs more to fill than the list to walk. */
  states: PluginState[] | undefined;
  /** Undefined while no plugin with a condition was met. */
  conditions: PluginConditions | undefined;
  pluginContext: RequestPluginContext | undefined;
  /** What a body that plugins want may have been so far: it is there, or known to be larger. -1 while nobody has waited for it. */
  collectedUpTo = -1;
  collectedBody: Buffer | undefined;
  consumer: ConsumerRef | undefined;
  credential: CredentialRef | undefined;
  /** What plugins want changed upstream; undefined while nothing. */
  upstreamEdits: HeaderEdits | undefined;
  edits: RequestEdits | undefined;
  replacedBody: Buffer | undefined;
  /** A Set-Cookie line, with its line end, by which the balancer knows the client again. */
  balancerCookie: string | undefined;
  /** What plugins want changed in the response, whoever makes it. */
  responseEdits: HeaderEdits | undefined;
  /** What plugins want of the response besides; undefined where none looked at it. */
  responseWishes: ResponsePluginContext | undefined;

  /** Of the trace that the request belongs to, as a plugin said: 32 hex digits. */
  traceId: string | undefined;
  /** The groups that a plugin found the client to be in. */
  authenticatedGroups: readonly string[] | undefined;
  /** What the client wants its connection to become; undefined for an ordinary request. */
  upgrade: UpgradeRequest | undefined;

  /** When the request was sent upstream, and when the response head came, or was made here; 0 while not. */
  sentAtMs = 0;
  respondedAtMs = 0;
  /** The last at a target; it knows those before it. */
  attempt: Attempt | undefined;
  /** Undefined where no plugin asked for times. */
  phases: PhaseTimes | undefined;
  /** 0 until the head of a response was sent. */
  status = 0;
  /** The gateway made the response itself. */
  generated = false;
  /** Of an error of the gateway's (ERRORS.md), where that is what the client got. */
  errorCode: string | undefined;
  /** Nobody waits for it: it goes upstream once more for the plugins that look at the response (refresh-request.ts). */
  isRefresh = false;
  bytesIn: number;
  bytesOut = 0;
  /** The response's headers as sent, by lower-case name; only kept where a plugin will ask. */
  sentHeaders: SentHeaders | undefined;

  constructor(core: ProxyCore, client: ClientSide, head: RequestHead, request: Http1RequestView) {
    this.core = core;
    this.client = client;
    this.head = head;
    this.request = request;
    this.requestId = core.requestIds.next();
    this.startedAtMs = core.clock.monotonicMs();
    this.bytesIn = head.end - head.start;
    this.body = new RequestBody(core.pieces);
    this.body.begin(head, core.limits.maxChunkExtraBytes, head.chunked && trailersPass(this));
  }

  get route(): RuntimeRoute | undefined {
    return this.match?.route;
  }

  /** Where the request goes: the route's service, or that at another place. */
  get service(): RuntimeService | undefined {
    return this.edits?.service ?? this.match?.route.service;
  }

  get timeouts(): RequestTimeouts | undefined {
    return this.edits?.timeouts ?? this.service;
  }

  get upstreamMethod(): string {
    return this.edits?.method ?? this.request.method;
  }

  /** The client gets no body. */
  get isHead(): boolean {
    return this.request.method === 'HEAD';
  }

  /** A plugin will ask for the response's headers after they were sent. */
  get keepsSentHeaders(): boolean {
    return this.chain.log.length > 0 || this.chain.recorder?.instance.accessRecorder?.readsResponseHeaders === true || this.responseWishes?.observers !== undefined || this.responseWishes?.receivers !== undefined;
  }

  /** A gRPC call: both directions may be silent for long and go on at the same time, so nothing of it is collected. */
  get isGrpc(): boolean {
    const protocol = this.service?.protocol;
    return protocol === 'grpc' || protocol === 'grpcs' || /^application\/grpc/i.test(this.request.header('content-type') ?? '');
  }

  /** Whole milliseconds from the head's arrival to `untilMs`. */
  latencyMs(untilMs: number): number {
    return Math.floor(untilMs - this.startedAtMs);
  }

  editUpstream(): HeaderEdits {
    return (this.upstreamEdits ??= new HeaderEdits());
  }

  editRequest(): RequestEdits {
    return (this.edits ??= new RequestEdits());
  }

  editResponse(): HeaderEdits {
    return (this.responseEdits ??= new HeaderEdits());
  }
}
