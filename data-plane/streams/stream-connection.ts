/**
 * The life of one stream (L4): a connection whose bytes are not looked at. Route → target → connect, trying others where that
 * fails → bytes both ways until both sides have ended → account once (R4). README.md beside this file tells what counts as
 * which status. Made by stream-door.ts.
 */
import type { Socket } from 'node:net';
import { describeThrown } from '../../shared/errors.ts';
import type { RuntimeRoute, RuntimeService, StreamView } from '../config/active-config.ts';
import type { ConnectionFacts } from '../http1/connection-facts.ts';
import { NEVER, type Timed } from '../http1/deadlines.ts';
import type { SocketIo } from '../http1/socket-io.ts';
import type { SocketOwner, WireSocket } from '../http1/wire-socket.ts';
import { proxyHeaderFor } from '../listeners/proxy-protocol.ts';
import { configOf, type PinnedConfig } from '../proxy/pinned-configs.ts';
import type { ProxyCore } from '../proxy/proxy-core.ts';
import { quarantineRefusal, REFUSALS, refusalOf, type Refusal } from '../proxy/refusals.ts';
import { Tunnel } from '../proxy/tunnel.ts';
import { failureOf, NOT_UPSTREAM } from '../telemetry/request-recorder.ts';
import type { Endpoint } from '../upstreams/endpoint.ts';
import { streamFacts } from '../upstreams/hash-input.ts';
import type { UpstreamFailure } from '../upstreams/upstream-connection.ts';
import { runStreamPlugins } from './run-stream-plugins.ts';

/** A connection whose two sides stood; whatever ended it. */
const SERVED = 200;
/** Names to resolve for one stream; more are a loop. */
const MAX_RESOLUTIONS = 16;

/** An error is followed by `close`, which is listened to. */
function ignore(): void {}

export interface StreamSurroundings {
  readonly core: ProxyCore;
  readonly io: SocketIo;
}

export class StreamConnection implements Timed {
  deadlineMs = NEVER;
  readonly #around: StreamSurroundings;
  readonly #socket: Socket;
  readonly #facts: ConnectionFacts;
  readonly #view: StreamView;
  readonly #closed: (stream: StreamConnection) => void;
  readonly #startedAtMs: number;
  /** What the gateway added: from its beginning until it stood on both sides. */
  #connectedAfterMicros = Number.POSITIVE_INFINITY;
  #pinned: PinnedConfig | undefined;
  #route: RuntimeRoute | undefined;
  /** That failed, or had as many connections as they may. */
  readonly #passedOver: Endpoint[] = [];
  #failures = 0;
  #resolutions = 0;
  #lastRefusal: Refusal | undefined;
  #endpoint: Endpoint | undefined;
  #upstream: WireSocket | undefined;
  #tunnel: Tunnel | undefined;
  /** The balancer knows how the endpoint does. */
  #isTold = false;
  #ended = false;

  /** Takes over the socket, paused or TLS, with all that it sent and nobody used. `closed` is called once. */
  constructor(around: StreamSurroundings, socket: Socket, facts: ConnectionFacts, view: StreamView, closed: (stream: StreamConnection) => void) {
    this.#around = around;
    this.#socket = socket;
    this.#facts = facts;
    this.#view = view;
    this.#closed = closed;
    this.#startedAtMs = around.core.clock.monotonicMs();
  }

  /** Pin, route, gate. */
  begin(): void {
    const { core } = this.#around;
    core.counters.activeRequests += 1;
    core.deadlines.watch(this);
    this.#socket.on('error', ignore);
    this.#socket.once('close', this.#clientGone);
    try {
      this.#findRoute();
    } catch (thrown) {
      this.#failUnexpectedly(thrown);
    }
  }

  #findRoute(): void {
    this.#pinned = this.#around.core.configs.pin();
    if (this.#pinned === undefined) return this.#refuse(REFUSALS.noConfiguration);
    this.#route = this.#pinned.config.matchStream(this.#view);
    if (this.#route === undefined) return this.#refuse(REFUSALS.noRoute);
    if (this.#route.quarantined !== undefined) return this.#refuse(quarantineRefusal(this.#route.quarantined));
    const refusal = this.#askPlugins(this.#pinned, this.#route);
    if (refusal !== undefined) return this.#refuse(refusal);
    const { service } = this.#route;
    if (service === undefined) return this.#refuse(REFUSALS.noService);
    if (!service.enabled) return this.#refuse(REFUSALS.serviceDisabled);
    this.#chooseTarget(service);
  }

  #askPlugins(pinned: PinnedConfig, route: RuntimeRoute): Refusal | undefined {
    const { peerAddress, peerPort, localAddress, localPort } = this.#facts;
    const { protocol, serverName } = this.#view;
    return runStreamPlugins(this.#around.core, pinned, route, { protocol, serverName, clientAddress: peerAddress, clientPort: peerPort, localAddress, localPort });
  }

  /** Cuts it. */
  destroy(): void {
    if (this.#tunnel !== undefined) return this.#tunnel.destroy();
    this.#end(0);
  }

  /** The client may go on: a stream has no point at which it could be asked to go. */
  listenerClosed(): void {}

  deadlinePassed(): void {
    this.#connectFailed({ kind: 'connect-timeout' });
  }

  readonly #clientGone = (): void => this.#end(0);

  #chooseTarget(service: RuntimeService): void {
    const { core } = this.#around;
    const facts = streamFacts(this.#facts.peerAddress);
    let choice = core.chooser.choose(service, facts, this.#passedOver);
    // A stream does not wait in line: who knows how long the others last.
    for (; choice.kind === 'endpoint' && choice.isAtBound; choice = core.chooser.choose(service, facts, this.#passedOver)) this.#passedOver.push(choice);
    switch (choice.kind) {
      case 'endpoint':
        return this.#connect(service, choice);
      case 'none':
        return this.#refuse(this.#lastRefusal ?? (choice.nameFailed ? REFUSALS.nameUnresolved : REFUSALS.noTarget));
      case 'unresolved':
        this.#resolutions += 1;
        if (this.#resolutions > MAX_RESOLUTIONS) return this.#refuse(REFUSALS.nameUnresolved);
        core.addresses.resolveInTime(choice.host).then((isAnswered) => this.#nameResolved(service, isAnswered)).catch((thrown: unknown) => this.#failUnexpectedly(thrown));
    }
  }

  #nameResolved(service: RuntimeService, isAnswered: boolean): void {
    if (this.#ended) return;
    if (isAnswered) this.#chooseTarget(service);
    else this.#refuse(REFUSALS.nameUnresolved);
  }

  #failUnexpectedly(thrown: unknown): void {
    this.#around.core.log.error({ event: 'stream-failed', code: REFUSALS.unexpected.code, ...configOf(this.#pinned), err: thrown }, `a stream failed: ${describeThrown(thrown)}`);
    this.#refuse(REFUSALS.unexpected);
  }

  #connect(service: RuntimeService, endpoint: Endpoint): void {
    const { core, io } = this.#around;
    this.#endpoint = endpoint;
    endpoint.connections += 1;
    endpoint.begin();
    this.#isTold = false;
    this.deadlineMs = core.deadlines.in(service.connectTimeoutMs);
    const relay = new Relay((cause) => this.#connectFailed({ kind: 'connect-failed', cause }));
    const { address, port, tls } = endpoint;
    const { peerAddress, peerPort, localAddress, localPort } = this.#facts;
    const firstBytes = proxyHeaderFor(endpoint.proxyProtocol, { clientAddress: peerAddress, clientPort: peerPort, localAddress, localPort });
    const upstream = io.connect({ address, port, tls, protocols: [], ...(firstBytes === undefined ? {} : { firstBytes }) }, relay, () => this.#connected(service, upstream, relay));
    this.#upstream = upstream;
  }

  #connectFailed(failure: UpstreamFailure): void {
    const { core } = this.#around;
    const endpoint = this.#endpoint;
    const service = this.#route?.service;
    if (this.#ended || endpoint === undefined || service === undefined) return;
    const refusal = refusalOf(failure);
    this.#isTold = true;
    core.recorder.recordAttempt(endpoint, service.upstream?.name ?? endpoint.host, 0, true, NOT_UPSTREAM);
    core.chooser.groups.failed(endpoint, failure.kind === 'connect-timeout' ? 'timeout' : 'tcp');
    core.failures.upstreamFailed(refusal.code, endpoint.key, failure, this.#pinned);
    this.#dropUpstream();
    this.#passedOver.push(endpoint);
    this.#lastRefusal = refusal;
    this.#failures += 1;
    if (this.#failures > service.retries) return this.#refuse(refusal);
    this.#chooseTarget(service);
  }

  #connected(service: RuntimeService, upstream: WireSocket, upstreamEvents: Relay): void {
    const { core, io } = this.#around;
    this.deadlineMs = NEVER;
    core.deadlines.forget(this);
    this.#isTold = true;
    this.#connectedAfterMicros = Math.round((core.clock.monotonicMs() - this.#startedAtMs) * 1_000);
    if (this.#endpoint !== undefined) {
      core.recorder.recordAttempt(this.#endpoint, service.upstream?.name ?? this.#endpoint.host, 0, false, NOT_UPSTREAM);
      core.chooser.groups.connected(this.#endpoint);
    }
    this.#socket.off('close', this.#clientGone);
    const clientEvents = new Relay(() => this.#end(0));
    const client = io.adopt(this.#socket, clientEvents);
    this.#tunnel = new Tunnel(client, upstream, {
      out: core.out, deadlines: core.deadlines, isWebSocket: false,
      idleTimeoutMs: Math.max(service.readTimeoutMs, service.writeTimeoutMs), goodbyeTimeoutMs: core.limits.drainIdleTimeoutMs,
      ended: () => this.#end(SERVED),
    });
    clientEvents.to = this.#tunnel.client;
    upstreamEvents.to = this.#tunnel.upstream;
    // Reading begins here: what came meanwhile waits in the socket.
    this.#socket.resume();
  }

  #refuse(refusal: Refusal): void {
    if (this.#ended) return;
    const { core } = this.#around;
    core.counters.countRefusal(refusal.code);
    core.log.debug({ event: 'stream-refused', code: refusal.code, ...configOf(this.#pinned), peer: this.#facts.peerAddress, serverName: this.#view.serverName }, refusal.message);
    this.#end(refusal.status);
  }

  /** Lets go of everything and counts, once. */
  #end(status: number): void {
    if (this.#ended) return;
    this.#ended = true;
    const { core } = this.#around;
    this.deadlineMs = NEVER;
    core.deadlines.forget(this);
    this.#socket.off('close', this.#clientGone);
    // A tunnel closes its sockets itself.
    if (this.#tunnel === undefined) this.#socket.destroy();
    this.#dropUpstream();
    core.counters.activeRequests -= 1;
    core.counters.endedRequests += 1;
    if (this.#pinned !== undefined) core.configs.unpin(this.#pinned);
    const micros = Math.round((core.clock.monotonicMs() - this.#startedAtMs) * 1_000);
    core.recorder.record(this.#route?.id ?? '', '', status, this.#tunnel?.bytesFromClient ?? 0, this.#tunnel?.bytesToClient ?? 0, micros, NOT_UPSTREAM, Math.min(micros, this.#connectedAfterMicros), this.#pinned?.config.version, failureOf(status));
    this.#closed(this);
  }

  #dropUpstream(): void {
    const endpoint = this.#endpoint;
    if (endpoint === undefined) return;
    this.#endpoint = undefined;
    endpoint.connections -= 1;
    endpoint.end();
    if (!this.#isTold) this.#around.core.chooser.groups.toldNothing(endpoint);
    if (this.#tunnel === undefined) this.#upstream?.destroy();
    this.#upstream = undefined;
  }
}

/** Stands in for the owner until there is a tunnel. */
class Relay implements SocketOwner {
  to: SocketOwner | undefined;
  readonly #lost: (cause: Error | undefined) => void;

  constructor(lost: (cause: Error | undefined) => void) {
    this.#lost = lost;
  }

  received(buffer: Buffer, start: number, end: number): void {
    this.to?.received(buffer, start, end);
  }

  flushed(): void {
    this.to?.flushed();
  }

  ended(): void {
    if (this.to === undefined) this.#lost(undefined);
    else this.to.ended();
  }

  lost(cause: Error | undefined): void {
    if (this.to === undefined) this.#lost(cause);
    else this.to.lost(cause);
  }
}
