/**
 * The life of one request, from its head to its record, in the order in which the steps stand here; README.md beside this
 * file tells the same story. Made by a client's connection for each request. Each step either leads to the next, or answers
 * (`#refuse`, `#answer`), or breaks off; every path ends in `#end`, once (R4).
 */
import { describeThrown } from '../../shared/errors.ts';
import type { Verdict } from '../../shared/plugins/contract.ts';
import type { ChainEntry } from '../config/active-config.ts';
import type { BodyReader } from '../http1/body-reader.ts';
import { FAULTS, type Fault } from '../http1/faults.ts';
import type { ResponseHead } from '../http1/message-head.ts';
import type { SocketOwner } from '../http1/wire-socket.ts';
import type { RequestFailure } from '../telemetry/request-recorder.ts';
import type { Endpoint } from '../upstreams/endpoint.ts';
import type { ResponseReceiver, UpstreamConnection, UpstreamFailure } from '../upstreams/upstream-connection.ts';
import { accountFor } from './account-request.ts';
import { awaitPlugin, type AwaitedPlugin } from './await-plugin.ts';
import type { RequestEvents } from './client-side.ts';
import type { Exchange } from './exchange.ts';
import { configOf } from './pinned-configs.ts';
import { grpcStatusResponse, refusalResponse, verdictResponse, type GeneratedResponse } from './generated-response.ts';
import { protocolRefusal } from './refuse-protocol.ts';
import { quarantineRefusal, REFUSALS, refusalOf, type Refusal } from './refusals.ts';
import type { BodyLimit } from './request-edits.ts';
import { RequestRelay, type RequestRelayEvents } from './relay-request.ts';
import { refreshOf } from './refresh-request.ts';
import { ResponseRelay, type Passage, type RelayEvents } from './relay-response.ts';
import { Tries } from './retry-policy.ts';
import { frameJudge } from './run-frame-plugins.ts';
import { type HeadOutcome, reportPluginError, runBegin, runRequestPhases } from './run-plugins.ts';
import { isIdempotent, isReplayable, sendRequest } from './send-request.ts';
import type { Tunnel, TunnelEnding } from './tunnel.ts';
import { isAgreement, upgradeOf } from './upgrade.ts';

export class RequestLife implements ResponseReceiver, RequestEvents, RequestRelayEvents, RelayEvents {
  readonly #exchange: Exchange;
  readonly #request: RequestRelay;
  readonly #response: ResponseRelay;
  #invited = false;
  #upstream: UpstreamConnection | undefined;
  readonly #tries: Tries;
  #tunnel: Tunnel | undefined;
  /** A plugin whose answer is waited for. */
  #awaited: AwaitedPlugin | undefined;
  #ended = false;

  constructor(exchange: Exchange) {
    this.#exchange = exchange;
    this.#request = new RequestRelay(exchange, this);
    this.#response = new ResponseRelay(exchange, this);
    this.#tries = new Tries(exchange);
    if (exchange.isRefresh) exchange.core.refreshes.add(this);
    else exchange.core.counters.activeRequests += 1;
  }

  /** Pin, route, gate; then plugins. */
  begin(): void {
    if (this.#ended) return;
    const exchange = this.#exchange;
    try {
      if (exchange.head.contentLength > (exchange.core.limits.maxBodyBytes ?? Number.POSITIVE_INFINITY)) return this.#refuse(FAULTS.bodyTooLarge);
      if (exchange.core.overload.sheds) return this.#refuse(REFUSALS.overloaded, 'Retry-After: 1\r\n');
      exchange.pinned = exchange.core.configs.pin();
      if (exchange.pinned === undefined) return this.#refuse(REFUSALS.noConfiguration);
      exchange.match = exchange.pinned.config.match(exchange.request);
      const { route } = exchange;
      if (route === undefined) return this.#refuse(REFUSALS.noRoute);
      if (route.quarantined !== undefined) return this.#refuse(quarantineRefusal(route.quarantined));
      exchange.chain = route.chainFor(undefined);
      const mismatch = route.protocols.has('http') ? undefined : protocolRefusal(exchange, route);
      if (mismatch !== undefined) return this.#refuse(mismatch.refusal, mismatch.lines, mismatch.grpcStatus);
      if (exchange.chain.begin.length > 0 && !runBegin(exchange)) return this.#refuse(REFUSALS.pluginFailed);
      this.#runPlugins();
    } catch (thrown) {
      this.#failUnexpectedly(thrown);
    }
  }

  #failUnexpectedly(thrown: unknown): void {
    const { core, requestId, pinned } = this.#exchange;
    core.log.error({ event: 'request-failed', code: REFUSALS.unexpected.code, requestId, ...configOf(pinned), err: thrown }, `a request failed: ${describeThrown(thrown)}`);
    if (!this.#ended) this.#refuse(REFUSALS.unexpected);
  }

  #runPlugins(): void {
    this.#afterPlugins(runRequestPhases(this.#exchange));
  }

  #afterPlugins(outcome: HeadOutcome): void {
    switch (outcome.kind) {
      case 'passed':
        return this.#forward();
      case 'needs-body':
        return this.bodyCollected();
      case 'failed':
        return this.#refuse(REFUSALS.pluginFailed);
      case 'too-late':
        return this.#refuse(REFUSALS.pluginTimedOut);
      case 'waiting':
        this.#awaited = awaitPlugin(this.#exchange, outcome, (next) => this.#stillThere(() => this.#afterPlugins(next())));
        return;
      case 'answered':
        return this.#answerVerdict(outcome.verdict, outcome.entry);
    }
  }

  /** `entry` is the plugin whose it is. */
  #answerVerdict(verdict: Verdict, entry: ChainEntry | undefined): void {
    const exchange = this.#exchange;
    let response: GeneratedResponse;
    try {
      response = verdictResponse(verdict, exchange.request.header('accept'), exchange.requestId);
    } catch (thrown) {
      if (entry !== undefined) reportPluginError(exchange, entry, exchange.phase, thrown);
      return this.#refuse(REFUSALS.pluginFailed);
    }
    const refresh = verdict.refresh === true ? refreshOf(exchange) : undefined;
    this.#answer(response);
    if (refresh !== undefined) new RequestLife(refresh).refresh();
  }

  /** Goes on where another life has answered: nobody waits for what comes of it (refresh-request.ts). */
  refresh(): void {
    this.#stillThere(() => this.#runPlugins());
  }

  /** A body that is longer than a plugin allows. */
  bodyTooLong({ verdict, entry }: BodyLimit): void {
    if (this.#exchange.status === 0) this.#answerVerdict(verdict, entry);
    else this.#breakOff('none');
  }

  /** Holds the body until it is complete or larger than any plugin wants, then goes on with the plugins. */
  bodyCollected(): void {
    const exchange = this.#exchange;
    const { body, head, core, chain: { requestBodyMaxBytes: maxBytes } } = exchange;
    const limit = this.#request.brokenLimit;
    if (limit !== undefined) return this.bodyTooLong(limit);
    const isTooLong = head.contentLength > maxBytes || body.exceeds(maxBytes);
    if (!isTooLong && !body.complete) {
      if (core.overload.state.reason === 'memory') return this.#refuse(REFUSALS.overloaded, 'Retry-After: 1\r\n');
      this.#request.collect();
      return this.#inviteBody();
    }
    if (!isTooLong) exchange.collectedBody = body.collect(core.limits.maxChunkExtraBytes);
    exchange.collectedUpTo = isTooLong ? maxBytes : Number.POSITIVE_INFINITY;
    this.#request.hold();
    this.#runPlugins();
  }

  /** `Expect: 100-continue` is answered once the request goes on, and not at all where the body is already coming. */
  #inviteBody(): void {
    const isUninvited = this.#isUninvited;
    this.#invited = true;
    if (!isUninvited) return;
    this.#response.invite();
  }

  /** The client waits to hear whether its body is wanted. */
  get #isUninvited(): boolean {
    const { head, body } = this.#exchange;
    return head.expectsContinue && !this.#invited && !body.complete && body.wireBytes === 0;
  }

  #forward(): void {
    const { service } = this.#exchange;
    const limit = this.#request.brokenLimit;
    if (limit !== undefined) return this.bodyTooLong(limit);
    if (service === undefined) return this.#refuse(REFUSALS.noService);
    if (!service.enabled) return this.#refuse(REFUSALS.serviceDisabled);
    this.#exchange.upgrade = upgradeOf(this.#exchange);
    this.#inviteBody();
    if (!this.#request.buffer()) this.#chooseTarget();
  }

  /** Now that the body is here, or as much of it as is waited for, an upstream connection is worth having. */
  bodyBuffered(): void {
    this.#chooseTarget();
  }

  /** Also called again for each further try, with what was tried before. */
  #chooseTarget(): void {
    const { core, service } = this.#exchange;
    if (service === undefined || this.#ended) return;
    const choice = core.chooser.choose(service, this.#exchange, this.#tries.tried);
    switch (choice.kind) {
      case 'endpoint':
        return this.#goTo(choice);
      case 'none':
        return this.#noneLeft(choice.nameFailed);
      case 'unresolved':
        if (!this.#tries.mayResolve()) return this.#refuse(REFUSALS.nameUnresolved);
        core.addresses.resolveInTime(choice.host).then((isAnswered) => this.#nameResolved(isAnswered)).catch((thrown: unknown) => this.#failUnexpectedly(thrown));
    }
  }

  #noneLeft(nameFailed: boolean): void {
    const delayMs = this.#tries.onceMore();
    if (delayMs !== undefined) return this.#later(delayMs, () => this.#chooseTarget());
    return this.#refuse(this.#tries.lastRefusal ?? (nameFailed ? REFUSALS.nameUnresolved : REFUSALS.noTarget));
  }

  /** A step that this request takes after a while, unless it has ended by then. */
  #later(delayMs: number, step: () => void): void {
    if (delayMs === 0) return step();
    this.#exchange.core.clock.after(delayMs, () => this.#stillThere(step));
  }

  #stillThere(step: () => void): void {
    if (this.#ended) return;
    try {
      step();
    } catch (thrown) {
      this.#failUnexpectedly(thrown);
    }
  }

  /** Counts the request at the target. */
  #goTo(endpoint: Endpoint): void {
    this.#tries.begin(endpoint);
    this.#enter(endpoint);
  }

  /** Waits there where it has all the connections that it may have. */
  #enter(endpoint: Endpoint): void {
    // Nobody goes past those who wait already.
    if (!endpoint.isFull && (endpoint.line?.length ?? 0) === 0) return this.#reachAtBest(endpoint);
    const isWaiting = this.#tries.wait(endpoint, this.#exchange.timeouts?.connectTimeoutMs ?? 0, {
      admitted: () => this.#stillThere(() => (endpoint.isFull ? this.#waitAgain(endpoint) : this.#reachAtBest(endpoint))),
      waitedTooLong: () => this.#stillThere(() => this.#refuse(REFUSALS.pendingTimeout)),
    });
    if (isWaiting) return;
    this.#tries.passOver(REFUSALS.pendingOverflow);
    this.#chooseTarget();
  }

  /** Somebody was quicker. */
  #waitAgain(endpoint: Endpoint): void {
    this.#tries.leave();
    this.#goTo(endpoint);
  }

  #reachAtBest(endpoint: Endpoint): void {
    if (endpoint.idle.length > 0 && !isIdempotent(this.#exchange)) return this.#reachNextTurn(endpoint);
    return this.#reach(endpoint, this.#exchange.core.pool.take(endpoint));
  }

  #nameResolved(isAnswered: boolean): void {
    if (isAnswered) this.#chooseTarget();
    else if (!this.#ended) this.#refuse(REFUSALS.nameUnresolved);
  }

  /**
   * What can't be sent twice should not meet a connection whose end has come, but stands behind it in this turn of the event
   * loop, nor one that was idle for so long that its end may be on its way.
   */
  #reachNextTurn(endpoint: Endpoint): void {
    setImmediate(() => this.#stillThere(() => this.#reach(endpoint, this.#exchange.core.pool.take(endpoint, this.#exchange.core.limits.maxIdleForUnsafeMs))));
  }

  /** Over an idle connection at once, else over a new one as soon as it stands. */
  #reach(endpoint: Endpoint, idle: UpstreamConnection | undefined): void {
    const { timeouts, upstreamMethod } = this.#exchange;
    if (timeouts === undefined) return;
    if (idle === undefined && endpoint.isAtBound) return this.#waitAgain(endpoint);
    this.#upstream = idle ?? this.#tries.connect(endpoint);
    this.#upstream.serve(this, timeouts, upstreamMethod === 'HEAD');
    if (idle !== undefined) this.connected();
  }

  /** The request goes out, head and what is there of the body in one write; the rest of the body follows as it comes. */
  connected(): void {
    const exchange = this.#exchange;
    if (this.#upstream === undefined) return;
    this.#tries.sent();
    sendRequest(exchange, this.#upstream);
    this.#request.sendTo(this.#upstream);
    if (!exchange.body.complete) return exchange.client.bodyDemandChanged();
    this.#upstream.requestEnded();
  }

  get wantsBody(): boolean {
    return this.#request.wantsBody;
  }

  get isAwaitingBody(): boolean {
    return this.#request.isAwaitingBody && !this.#isUninvited;
  }

  get bodyWireBytes(): number {
    return this.#request.bodyWireBytes;
  }

  get bodyComplete(): boolean {
    return this.#exchange.body.complete;
  }

  bodyArrived(buffer: Buffer, start: number, end: number): number {
    return this.#request.bodyArrived(buffer, start, end);
  }

  upstreamFlushed(): void {
    if (!this.#exchange.body.complete) this.#exchange.client.bodyDemandChanged();
  }

  interimHead(head: ResponseHead): void {
    this.#response.interimHead(head);
  }

  /** 101: a tunnel, if it is the answer to what the client asked for (R2). */
  switchedProtocols(head: ResponseHead): SocketOwner | undefined {
    const { upgrade, timeouts, client } = this.#exchange;
    const wire = this.#upstream?.wire;
    if (upgrade === undefined || timeouts === undefined || wire === undefined || !isAgreement(upgrade, head)) return undefined;
    this.#tries.answered(head.status);
    if (!this.#passes(this.#response.switchingHead(head, upgrade))) return undefined;
    this.#tunnel = client.beginTunnel(wire, { idleTimeoutMs: timeouts.readTimeoutMs, isWebSocket: upgrade.protocol === 'websocket', judge: frameJudge(this.#exchange, upgrade.inspectors), ended: (ending) => this.#tunnelEnded(ending) });
    return this.#tunnel.upstream;
  }

  #tunnelEnded(ending: TunnelEnding): void {
    const exchange = this.#exchange;
    if (this.#ended || this.#tunnel === undefined) return;
    exchange.core.log.debug({ event: 'tunnel-ended', ending, requestId: exchange.requestId }, 'a tunnel has ended');
    exchange.bytesIn += this.#tunnel.bytesFromClient;
    exchange.bytesOut += this.#tunnel.bytesToClient;
    this.#breakOff(ending === 'upstream-lost' ? 'upstream' : 'none');
  }

  /** Passed on, unless it is of a status after which the request is tried elsewhere: its connection is not used again then (R2). */
  responseHead(head: ResponseHead): void {
    this.#tries.answered(head.status);
    const elsewhere = this.#tries.afterStatus(head.status);
    if (elsewhere !== undefined) return this.#retryAt(elsewhere);
    if (this.#passes(this.#response.responseHead(head, this.#keepsAlive()))) this.#exchange.body.dropHeld();
  }

  /** False where the client gets another answer than the upstream's. */
  #passes(passage: Passage): boolean {
    if (passage === 'goes-on') return true;
    if (passage === 'failed') this.#refuse(REFUSALS.pluginFailed);
    else this.#answerBy(() => this.#response.replacement(this.#keepsAlive()));
    return false;
  }

  get keepsChunks(): boolean {
    return this.#response.keepsChunks;
  }

  get keepsTrailers(): boolean {
    return this.#response.keepsTrailers;
  }

  responseBytes(buffer: Buffer, body: BodyReader): void {
    if (this.#upstream !== undefined) this.#passes(this.#response.responseBytes(this.#upstream, buffer, body));
  }

  clientFlushed(): void {
    this.#response.clientFlushed();
  }

  /** An upstream connection is only reused after an orderly exchange: all of the request sent, nothing odd in the response (R2). */
  responseEnded(): void {
    const { core, body } = this.#exchange;
    const upstream = this.#upstream;
    this.#upstream = undefined;
    if (upstream !== undefined) {
      if (upstream.reusable && body.complete) core.pool.release(upstream);
      else core.pool.discard(upstream);
    }
    if (this.#response.isDelivered) this.delivered();
  }

  delivered(): void {
    this.#end(this.#response.closes || !this.#exchange.body.complete);
  }

  deliveryFailed(thrown: unknown): void {
    const { core, requestId, pinned } = this.#exchange;
    core.log.error({ event: 'delivery-failed', code: REFUSALS.unexpected.code, requestId, ...configOf(pinned), err: thrown }, `a response could not be delivered: ${describeThrown(thrown)}`);
    this.#breakOff('here');
  }

  /**
   * Tries again where that can't do anything twice: elsewhere if nothing was sent, on a fresh connection if an idle one turned out
   * to be closed. Otherwise the client learns of it, as far as it still can.
   */
  upstreamFailed(failure: UpstreamFailure): void {
    const exchange = this.#exchange;
    const upstream = this.#upstream;
    if (upstream === undefined) return;
    this.#upstream = undefined;
    const wasCollecting = this.#response.isCollecting;
    this.#response.takeBackHead();
    const wasIdle = upstream.served > 0;
    if (exchange.status === 0 && failure.kind === 'closed' && failure.silent && wasIdle && isReplayable(exchange)) {
      exchange.core.counters.retries += 1;
      this.#request.hold();
      return this.#reach(upstream.endpoint, undefined);
    }
    const refusal = refusalOf(failure);
    exchange.core.failures.upstreamFailed(refusal.code, upstream.endpoint.key, failure, exchange.pinned);
    if (exchange.status !== 0) {
      exchange.errorCode = refusal.code;
      return this.#breakOff('upstream');
    }
    // Plugins have seen the head of a response that was held back: they get no other upstream's in its place.
    const delayMs = wasCollecting ? undefined : this.#tries.afterFailure(failure);
    if (delayMs === undefined) return this.#refuse(refusal);
    this.#tries.lastRefusal = refusal;
    this.#tries.leave();
    this.#request.hold();
    this.#later(delayMs, () => this.#chooseTarget());
  }

  #retryAt(endpoint: Endpoint): void {
    this.#dropUpstream();
    this.#tries.leave();
    // At once: the choice may have taken the right to send the one request that an open circuit lets through.
    this.#tries.begin(endpoint);
    this.#request.hold();
    this.#later(this.#tries.retryStatus(), () => this.#enter(endpoint));
  }

  bodyFailed(fault: Fault): void {
    if (this.#exchange.status === 0) this.#refuse(fault);
    else this.#breakOff('none');
  }

  clientGone(): void {
    if (this.#ended) return;
    if (this.#tunnel !== undefined) return this.#tunnel.destroy();
    this.#dropUpstream();
    this.#account();
  }

  #refuse(refusal: Refusal, extraLines = '', grpcStatus?: number): void {
    const { request, requestId, core, pinned } = this.#exchange;
    core.counters.countRefusal(refusal.code);
    core.log.debug({ event: 'request-refused', code: refusal.code, status: refusal.status, requestId, ...configOf(pinned) }, refusal.message);
    this.#answer(grpcStatus === undefined ? refusalResponse(refusal, request.header('accept'), requestId, extraLines) : grpcStatusResponse(refusal, grpcStatus));
  }

  /** An answer of our own, whole. A body that is still to come is not waited for. */
  #answer(response: GeneratedResponse): void {
    this.#answerBy(() => this.#response.generated(response, this.#keepsAlive()));
  }

  #answerBy(send: () => void): void {
    this.#dropUpstream();
    this.#request.drop();
    send();
    this.#end(this.#response.closes);
  }

  /** The response can't be completed, for what reason. */
  #breakOff(failure: RequestFailure): void {
    if (this.#ended) return;
    this.#dropUpstream();
    this.#account(failure);
    this.#exchange.client.cut(this.#response.endsWithConnection);
  }

  #end(close: boolean): void {
    if (this.#ended) return;
    try {
      this.#account();
    } finally {
      this.#exchange.client.requestEnded(close);
    }
  }

  /** Logs and counts the request, and lets go of what it held (R4). */
  #account(brokenOff: RequestFailure = 'none'): void {
    this.#ended = true;
    this.#awaited?.giveUp();
    this.#request.release();
    this.#response.release();
    this.#tries.leave();
    if (this.#exchange.isRefresh) this.#exchange.core.refreshes.delete(this);
    accountFor(this.#exchange, brokenOff);
  }

  #dropUpstream(): void {
    const upstream = this.#upstream;
    this.#upstream = undefined;
    if (upstream !== undefined) this.#exchange.core.pool.discard(upstream);
  }

  #keepsAlive(): boolean {
    const { head, core, body } = this.#exchange;
    if (core.draining || (head.expectsContinue && !this.#invited && !body.complete)) return false;
    return head.minor === 1 ? !head.saysClose : head.saysKeepAlive && !head.saysClose;
  }
}
