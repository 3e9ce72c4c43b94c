/**
 * The life of one request, from its head to its record, in the order in which the steps stand here; README.md beside this
 * file tells the same story. Made by a client's connection for each request. Each step either leads to the next, or answers
 * (`#refuse`, `#answer`), or breaks off; every path ends in `#end`, once (R4).
 */
import { describeThrown } from '../../shared/errors.ts';
import type { BodyReader } from '../http1/body-reader.ts';
import { FAULTS, type Fault } from '../http1/faults.ts';
import type { ResponseHead } from '../http1/message-head.ts';
import { MAX_UNSENT_BYTES } from '../http1/wire-socket.ts';
import type { Endpoint } from '../upstreams/endpoint.ts';
import type { ResponseReceiver, UpstreamConnection, UpstreamFailure } from '../upstreams/upstream-connection.ts';
import type { RequestEvents } from './client-side.ts';
import type { Exchange } from './exchange.ts';
import { grpcStatusResponse, refusalResponse, verdictResponse, type GeneratedResponse } from './generated-response.ts';
import { protocolMismatch, type ProtocolFacts, type ProtocolMismatch } from './protocol-mismatch.ts';
import { quarantineRefusal, REFUSALS, refusalOf, type Refusal } from './refusals.ts';
import { ResponseRelay } from './relay-response.ts';
import { reportPluginError, runLog, runRequestHead } from './run-plugins.ts';
import { isIdempotent, isReplayable, sendRequest } from './send-request.ts';

/** What happens to body bytes as they come. */
type BodyUse = 'hold' | 'collect' | 'send' | 'drop';

/** Names to resolve for one request; more are a loop. */
const MAX_RESOLUTIONS = 16;

export class RequestLife implements ResponseReceiver, RequestEvents {
  readonly #exchange: Exchange;
  readonly #relay: ResponseRelay;
  #bodyUse: BodyUse = 'hold';
  #invited = false;
  #upstream: UpstreamConnection | undefined;
  readonly #tried: string[] = [];
  #resolutions = 0;
  #lastRefusal: Refusal | undefined;
  #ended = false;

  constructor(exchange: Exchange) {
    this.#exchange = exchange;
    this.#relay = new ResponseRelay(exchange);
    exchange.core.counters.activeRequests += 1;
  }

  /** Pin, route, gate; then plugins. */
  begin(): void {
    if (this.#ended) return;
    const exchange = this.#exchange;
    try {
      if (isTooLarge(exchange, exchange.head.contentLength)) return this.#refuse(FAULTS.bodyTooLarge);
      exchange.pinned = exchange.core.configs.pin();
      if (exchange.pinned === undefined) return this.#refuse(REFUSALS.noConfiguration);
      exchange.match = exchange.pinned.config.match(exchange.request);
      const { route } = exchange;
      if (route === undefined) return this.#refuse(REFUSALS.noRoute);
      if (route.quarantined !== undefined) return this.#refuse(quarantineRefusal(route.quarantined));
      exchange.chain = route.chainFor(undefined);
      const mismatch = route.protocols.has('http') ? undefined : protocolMismatch(route.protocols, protocolFacts(exchange));
      if (mismatch !== undefined) return this.#refuseProtocol(mismatch, route.httpsRedirectStatusCode);
      this.#runPlugins();
    } catch (thrown) {
      this.#failUnexpectedly(thrown);
    }
  }

  #failUnexpectedly(thrown: unknown): void {
    const { core, requestId } = this.#exchange;
    core.log.error({ event: 'request-failed', code: REFUSALS.unexpected.code, requestId, err: thrown }, `a request failed: ${describeThrown(thrown)}`);
    if (!this.#ended) this.#refuse(REFUSALS.unexpected);
  }

  /** A route for HTTPS alone says so, or sends the client there. */
  #demandHttps(status: number): void {
    const { request } = this.#exchange;
    const refusal = { ...REFUSALS.httpsRequired, status };
    const lines = status === 426 ? 'Upgrade: TLS/1.2, HTTP/1.1\r\nConnection: Upgrade\r\n' : `Location: https://${request.host}${pathAndQuery(this.#exchange)}\r\n`;
    this.#refuse(refusal, lines);
  }

  #refuseProtocol(mismatch: ProtocolMismatch, httpsStatus: number): void {
    switch (mismatch.kind) {
      case 'https':
        return this.#demandHttps(httpsStatus);
      case 'refusal':
        return this.#refuse(mismatch.refusal, mismatch.lines);
      case 'grpc-status':
        this.#exchange.core.counters.countRefusal(mismatch.refusal.code);
        return this.#answer(grpcStatusResponse(mismatch.refusal, mismatch.status));
    }
  }

  #runPlugins(): void {
    const exchange = this.#exchange;
    const outcome = runRequestHead(exchange);
    switch (outcome.kind) {
      case 'passed':
        return this.#forward();
      case 'needs-body':
        return this.#collectBody();
      case 'failed':
        return this.#refuse(REFUSALS.pluginFailed);
      case 'answered':
        try {
          return this.#answer(verdictResponse(outcome.verdict, exchange.request.header('accept'), exchange.requestId));
        } catch (thrown) {
          reportPluginError(exchange, outcome.entry, 'requestHead', thrown);
          return this.#refuse(REFUSALS.pluginFailed);
        }
    }
  }

  /** Holds the body until it is complete or larger than any plugin wants, then goes on with the plugins. */
  #collectBody(): void {
    const exchange = this.#exchange;
    const { body, chain, core } = exchange;
    if (body.complete) exchange.collectedBody = body.exceeds(chain.requestBodyMaxBytes) ? undefined : body.collect(core.limits.maxChunkExtraBytes);
    else if (!body.exceeds(chain.requestBodyMaxBytes)) {
      this.#bodyUse = 'collect';
      return this.#inviteBody();
    }
    this.#bodyUse = 'hold';
    exchange.bodyCollected = true;
    this.#runPlugins();
  }

  /** `Expect: 100-continue` is answered once the request goes on, and not at all where the body is already coming. */
  #inviteBody(): void {
    const { head, body } = this.#exchange;
    if (head.expectsContinue && !this.#invited && !body.complete && body.wireBytes === 0) this.#relay.invite();
    this.#invited = true;
  }

  #forward(): void {
    const { service } = this.#exchange;
    if (service === undefined) return this.#refuse(REFUSALS.noService);
    if (!service.enabled) return this.#refuse(REFUSALS.serviceDisabled);
    this.#inviteBody();
    this.#chooseTarget();
  }

  /** Also called again for each further try, with what was tried before. */
  #chooseTarget(): void {
    const { core, service } = this.#exchange;
    if (service === undefined || this.#ended) return;
    const choice = core.chooser.choose(service, this.#tried);
    switch (choice.kind) {
      case 'endpoint':
        if (choice.idle.length > 0 && !isIdempotent(this.#exchange)) return this.#reachNextTurn(choice);
        return this.#reach(choice, core.pool.take(choice));
      case 'none':
        return this.#refuse(this.#lastRefusal ?? (choice.nameFailed ? REFUSALS.nameUnresolved : REFUSALS.noTarget));
      case 'unresolved':
        this.#resolutions += 1;
        if (this.#resolutions > MAX_RESOLUTIONS) return this.#refuse(REFUSALS.nameUnresolved);
        core.addresses.resolveInTime(choice.host).then((isAnswered) => this.#nameResolved(isAnswered)).catch((thrown: unknown) => this.#failUnexpectedly(thrown));
    }
  }

  #nameResolved(isAnswered: boolean): void {
    if (isAnswered) this.#chooseTarget();
    else if (!this.#ended) this.#refuse(REFUSALS.nameUnresolved);
  }

  /** What can't be sent twice should not meet a connection whose end has come, but stands behind it in this turn of the event loop. */
  #reachNextTurn(endpoint: Endpoint): void {
    setImmediate(() => {
      if (this.#ended) return;
      try {
        this.#reach(endpoint, this.#exchange.core.pool.take(endpoint));
      } catch (thrown) {
        this.#failUnexpectedly(thrown);
      }
    });
  }

  /** Over an idle connection at once, else over a new one as soon as it stands. */
  #reach(endpoint: Endpoint, idle: UpstreamConnection | undefined): void {
    const { core, service, head, isHead } = this.#exchange;
    if (service === undefined) return;
    this.#upstream = idle ?? core.pool.open(endpoint);
    this.#upstream.serve(this, service, isHead, head.minor === 1);
    if (idle !== undefined) this.connected();
  }

  /** The request goes out, head and what is there of the body in one write; the rest of the body follows as it comes. */
  connected(): void {
    const exchange = this.#exchange;
    if (this.#upstream === undefined) return;
    exchange.sentAtMs = exchange.core.clock.monotonicMs();
    sendRequest(exchange, this.#upstream);
    this.#bodyUse = 'send';
    if (!exchange.body.complete) return exchange.client.bodyDemandChanged();
    this.#upstream.requestEnded();
  }

  get wantsBody(): boolean {
    switch (this.#bodyUse) {
      case 'hold':
        return this.#exchange.body.heldBytes < this.#exchange.core.limits.maxHeldBodyBytes;
      case 'send':
        return (this.#upstream?.unsentBytes ?? 0) <= MAX_UNSENT_BYTES;
      default:
        return true;
    }
  }

  get bodyComplete(): boolean {
    return this.#exchange.body.complete;
  }

  bodyArrived(buffer: Buffer, start: number, end: number): number {
    const exchange = this.#exchange;
    const { body } = exchange;
    const behind = body.read(buffer, start, end);
    if (behind === -1) {
      this.bodyFailed(FAULTS.chunk);
      return end;
    }
    if (isTooLarge(exchange, body.reader.dataBytes)) {
      this.bodyFailed(FAULTS.bodyTooLarge);
      return end;
    }
    if (this.#bodyUse === 'send') this.#sendBody(buffer);
    else if (this.#bodyUse !== 'drop') body.hold(buffer);
    if (this.#bodyUse === 'collect') this.#collectBody();
    return behind;
  }

  #sendBody(buffer: Buffer): void {
    const { ranges, complete } = this.#exchange.body.reader;
    const { out } = this.#exchange.core;
    out.clear();
    for (let index = 0; index < ranges.count; index++) out.bytes(buffer, ranges.start(index), ranges.end(index));
    this.#upstream?.sendOutgoing();
    if (complete) this.#upstream?.requestEnded();
  }

  upstreamFlushed(): void {
    if (!this.#exchange.body.complete) this.#exchange.client.bodyDemandChanged();
  }

  interimHead(head: ResponseHead): void {
    this.#relay.interimHead(head);
  }

  responseHead(head: ResponseHead): void {
    if (!this.#relay.responseHead(head, this.#keepsAlive())) return this.#refuse(REFUSALS.pluginFailed);
    this.#exchange.body.dropHeld();
  }

  responseBytes(buffer: Buffer, body: BodyReader): void {
    if (this.#upstream !== undefined) this.#relay.responseBytes(this.#upstream, buffer, body);
  }

  clientFlushed(): void {
    this.#relay.clientFlushed();
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
    this.#end(this.#relay.closes || !body.complete);
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
    this.#relay.takeBackHead();
    const wasIdle = upstream.served > 0;
    if (exchange.status === 0 && failure.kind === 'closed' && failure.silent && wasIdle && isReplayable(exchange)) {
      this.#bodyUse = 'hold';
      return this.#reach(upstream.endpoint, undefined);
    }
    const refusal = refusalOf(failure);
    exchange.core.failures.upstreamFailed(refusal.code, upstream.endpoint.key, failure);
    if (exchange.status !== 0) return this.#breakOff();
    const neverSent = failure.kind === 'connect-failed' || failure.kind === 'connect-timeout';
    if (!neverSent || this.#tried.length >= (exchange.service?.retries ?? 0)) return this.#refuse(refusal);
    this.#tried.push(upstream.endpoint.key);
    this.#lastRefusal = refusal;
    this.#chooseTarget();
  }

  bodyFailed(fault: Fault): void {
    if (this.#exchange.status === 0) this.#refuse(fault);
    else this.#breakOff();
  }

  clientGone(): void {
    if (this.#ended) return;
    this.#dropUpstream();
    this.#account();
  }

  #refuse(refusal: Refusal, extraLines = ''): void {
    const { request, requestId, core } = this.#exchange;
    core.counters.countRefusal(refusal.code);
    core.log.debug({ event: 'request-refused', code: refusal.code, status: refusal.status, requestId }, refusal.message);
    this.#answer(refusalResponse(refusal, request.header('accept'), requestId, extraLines));
  }

  /** An answer of our own, whole. A body that is still to come is not waited for. */
  #answer(response: GeneratedResponse): void {
    this.#dropUpstream();
    this.#bodyUse = 'drop';
    this.#relay.generated(response, this.#keepsAlive());
    this.#end(this.#relay.closes);
  }

  /** The response can't be completed. */
  #breakOff(): void {
    if (this.#ended) return;
    this.#dropUpstream();
    this.#account();
    this.#exchange.client.cut(this.#relay.endsWithConnection);
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
  #account(): void {
    this.#ended = true;
    const exchange = this.#exchange;
    const { core, body, head } = exchange;
    const totalMs = core.clock.monotonicMs() - exchange.startedAtMs;
    exchange.bytesIn += body.wireBytes;
    core.counters.activeRequests -= 1;
    core.counters.endedRequests += 1;
    runLog(exchange, totalMs);
    if (exchange.pinned !== undefined) core.configs.unpin(exchange.pinned);
    exchange.request.release();
    core.heads.giveBack(head);
    core.recorder.record(exchange.route?.id ?? '', exchange.consumer?.id ?? '', exchange.status, exchange.bytesIn, exchange.bytesOut, Math.round(totalMs * 1_000));
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

function isTooLarge({ core }: Exchange, bytes: number): boolean {
  return core.limits.maxBodyBytes !== undefined && bytes > core.limits.maxBodyBytes;
}

function protocolFacts({ request, client }: Exchange): ProtocolFacts {
  const scheme = client.peerIsTrusted ? (request.header('x-forwarded-proto') ?? request.scheme) : request.scheme;
  return { scheme, httpVersion: request.httpVersion, contentType: request.header('content-type') };
}

/** As the client wrote them. */
function pathAndQuery({ head }: Exchange): string {
  return head.pathStart === head.queryStart ? `/${head.text(head.queryStart, head.targetEnd)}` : head.text(head.pathStart, head.targetEnd);
}
