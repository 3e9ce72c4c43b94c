/**
 * The proxy as a whole: its listeners, its client connections whatever they speak, the upstream pool, and their end. Called by
 * each proxy thread, by tests and by the bench.
 */
import { randomFillSync } from 'node:crypto';
import type { Socket } from 'node:net';
import { describeThrown } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log.ts';
import type { ConnectionFacts } from '../http1/connection-facts.ts';
import { Deadlines } from '../http1/deadlines.ts';
import { DEFAULT_PROXY_LIMITS } from '../http1/limits.ts';
import { OutgoingBytes } from '../http1/outgoing-bytes.ts';
import { PieceMemory } from '../http1/piece-memory.ts';
import { SocketIo } from '../http1/socket-io.ts';
import { connectHttp2 } from '../http2/connect-http2.ts';
import { Http2Downstream } from '../http2/http2-downstream.ts';
import { Http2Upstream } from '../http2/http2-upstream.ts';
import type { AcceptedSocket, SocketOwner, WireSocket } from '../http1/wire-socket.ts';
import { Intake, type IntakeSurroundings } from '../listeners/intake.ts';
import { INTAKE_FAULTS, type IntakeFault } from '../listeners/intake-faults.ts';
import type { ListenerOptions } from '../listeners/listener-options.ts';
import { Listeners } from '../listeners/listeners.ts';
import { TlsServers, type TlsTroubles } from '../listeners/tls-servers.ts';
import { StreamDoor } from '../streams/stream-door.ts';
import { failureOf, NOT_UPSTREAM } from '../telemetry/request-recorder.ts';
import { EndpointChooser } from '../upstreams/choose-endpoint.ts';
import { ConnectionPool } from '../upstreams/connection-pool.ts';
import { AddressBook } from '../upstreams/resolve-address.ts';
import { systemLookUp } from '../upstreams/system-look-up.ts';
import { ALONE } from '../upstreams/peer-health.ts';
import { ActiveChecks } from '../upstreams/active-checks.ts';
import { probe } from '../upstreams/health-probe.ts';
import { UpstreamControl } from '../upstreams/upstream-control.ts';
import { plainAddress, TrustedAddresses } from './client-address.ts';
import { DownstreamConnection } from './downstream-connection.ts';
import { FailureLog } from './failure-log.ts';
import { refusalResponse } from './generated-response.ts';
import { DEFAULT_MESSAGE_OPTIONS } from './message-options.ts';
import { PinnedConfigs } from './pinned-configs.ts';
import { ConnectionsPerAddress } from './connections-per-address.ts';
import { NO_OVERLOAD_LIMITS, OverloadGuard, type OverloadState } from './overload.ts';
import type { Proxy, ProxyOptions, ProxyStats } from './proxy-contract.ts';
import { FreeHeads, HttpDate, ProxyCounters, type ProxyCore } from './proxy-core.ts';
import { REFUSALS, type Refusal } from './refusals.ts';
import { RequestIds } from './request-ids.ts';
import { connectionLine, writeGenerated } from './write-response.ts';

export type { Proxy, ProxyOptions, ProxyStats } from './proxy-contract.ts';

/** Throws PROXY_TRUSTED_ADDRESS_INVALID. Nothing is opened before `listen`. */
export function createProxy(options: ProxyOptions): Proxy {
  return new ListeningProxy(options);
}

/** A client's connection, whatever it carries. */
interface OpenConnection {
  /** Cuts it. */
  destroy(): void;
  /** The listeners have closed: one that idles may go soon. */
  listenerClosed(): void;
}

class ListeningProxy implements Proxy {
  readonly #options: ProxyOptions;
  readonly #io: SocketIo;
  readonly #core: ProxyCore;
  readonly #perAddress: ConnectionsPerAddress;
  readonly upstreams: UpstreamControl;
  readonly #connections = new Set<OpenConnection>();
  /** Of which it is not known yet what they carry. */
  readonly #intakes = new Set<Intake>();
  readonly #http2: Http2Downstream;
  readonly #streams: StreamDoor;
  readonly #tls: TlsServers | undefined;
  readonly #listeners: Listeners;
  readonly #aroundIntakes: IntakeSurroundings;
  #accepted = 0;
  #draining: Promise<void> | undefined;
  #closed: Promise<void> | undefined;
  /** Called whenever a client connection is gone. */
  #onConnectionGone: () => void = () => undefined;

  constructor(options: ProxyOptions) {
    this.#options = options;
    const defect = (thrown: unknown): void => {
      this.#core.out.clear();
      options.log.error({ event: 'connection-failed', code: REFUSALS.unexpected.code, err: thrown }, `a connection failed: ${describeThrown(thrown)}`);
    };
    this.#io = new SocketIo(defect, options.socketIo ?? 'documented');
    this.#core = makeCore(options, this.#io, defect);
    this.upstreams = watchUpstreams(this.#core);
    this.#perAddress = new ConnectionsPerAddress(this.#core.limits.maxConnectionsPerAddress, this.#core.trusted);
    this.#http2 = new Http2Downstream(this.#core, () => this.#onConnectionGone(), defect);
    this.#core.http2 = this.#http2;
    this.#streams = new StreamDoor({ core: this.#core, io: this.#io });
    const { limits, deadlines, clock, trusted, configs } = this.#core;
    const refused = (fault: IntakeFault, peer: string, detail: string): void => this.#intakeRefused(fault, peer, detail);
    this.#tls = options.tls === undefined ? undefined : new TlsServers(options.tls, limits.handshakeTimeoutMs, tellTlsTroubles(options.log));
    this.#aroundIntakes = {
      deadlines, limits, clock, trusted, tls: this.#tls, refused, defect,
      certificates: () => configs.current()?.certificates,
      certificateRequest: (serverName) => configs.current()?.certificateRequest(serverName),
      admits: (socket, address) => this.#admits(socket, address),
      handover: {
        http: (socket, facts) => this.#serveHttp(facts, (owner) => this.#adoptPaused(socket, owner)),
        http2: (socket, facts) => this.#http2.serve(socket, facts),
        plainHttpOnTls: (socket) => this.#sayLast(REFUSALS.plainHttpOnTls, (answer) => this.#dismiss(socket, answer)),
        passesThrough: (facts, serverName) => this.#streams.passesThrough(facts, serverName),
        stream: (socket, facts, protocol, serverName) => {
          const stream = this.#streams.serve(socket, facts, protocol, serverName, (gone) => this.#gone(gone));
          this.#connections.add(stream);
          stream.begin();
        },
      },
    };
    this.#listeners = new Listeners({
      listeners: options.listeners, reusePort: options.reusePort, io: this.#io, log: options.log,
      accepted: (socket, port) => this.#accept(socket, port),
      acceptedWithIntake: (socket, listener, port) => this.#takeIn(socket, listener, port),
    });
  }

  async listen(): Promise<{ readonly ports: readonly number[] }> {
    const ports = await this.#listeners.open();
    this.#core.deadlines.start();
    this.upstreams.start();
    this.#core.overload.start();
    return { ports };
  }

  setTicketKeys(keys: Uint8Array): void {
    this.#tls?.setTicketKeys(keys);
  }

  drain(times: { readonly acceptForMs: number; readonly boundMs: number }): Promise<void> {
    this.#draining ??= this.#drain(times.acceptForMs, times.boundMs);
    return this.#draining;
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  stats(): ProxyStats {
    const { counters, pool, configs } = this.#core;
    configs.refresh();
    return {
      connections: this.#connectionCount,
      acceptedConnections: this.#accepted,
      activeRequests: counters.activeRequests,
      endedRequests: counters.endedRequests,
      idleUpstream: pool.idle,
      busyUpstream: pool.busy,
      openedUpstream: pool.opened,
      shedding: this.#core.overload.state.share,
      socketIo: this.#options.socketIo ?? 'documented',
      pluginErrors: Object.fromEntries(counters.pluginErrors),
      refusals: Object.fromEntries(counters.refusals),
      retries: counters.retries,
      retriesOverBudget: counters.retriesOverBudget,
      refreshes: counters.refreshes,
      refreshesSkipped: counters.refreshesSkipped,
      circuitsOpened: this.#core.chooser.groups.health.counts.opened,
      circuitsClosed: this.#core.chooser.groups.health.counts.closed,
    };
  }

  get #connectionCount(): number {
    return this.#connections.size + this.#intakes.size + this.#http2.size;
  }

  #accept(socket: AcceptedSocket, port: number): void {
    this.#accepted += 1;
    const refusal = this.#whyNot();
    if (refusal !== undefined) return this.#sayLast(refusal, (answer) => socket.dismiss(answer));
    const { peerAddress } = socket;
    if (!this.#perAddress.admit(peerAddress)) return this.#sayLast(REFUSALS.tooManyFromAddress, (answer) => socket.dismiss(answer));
    const facts: ConnectionFacts = {
      scheme: 'http', isHttp2: false, tls: undefined, peerAddress: plainAddress(socket.peerAddress), peerPort: socket.peerPort,
      localAddress: plainAddress(socket.localAddress), localPort: port,
    };
    this.#serveHttp(facts, (owner) => socket.adopt(owner), () => this.#perAddress.release(peerAddress));
  }

  /** Why a connection is not taken now. A handshake costs what ten requests do, and a stream asks for nothing later: both are shed here, like requests. */
  #whyNot(listener?: ListenerOptions): Refusal | undefined {
    const { limits, overload } = this.#core;
    if (this.#connectionCount >= limits.maxConnections) return REFUSALS.tooManyConnections;
    const isShed = overload.state.reason === 'memory' || (listener !== undefined && listener.kind !== 'http' && overload.sheds);
    return isShed ? REFUSALS.overloaded : undefined;
  }

  #serveHttp(facts: ConnectionFacts, adopt: (owner: SocketOwner) => WireSocket, ended: () => void = () => undefined): void {
    this.#connections.add(new DownstreamConnection(this.#core, facts, adopt, (gone) => {
      ended();
      this.#gone(gone);
    }));
  }

  /** One that begins with a PROXY protocol header or with TLS, or that may not speak HTTP at all: over a bound there is nothing to say to it. */
  #takeIn(socket: Socket, listener: ListenerOptions, port: number): void {
    this.#accepted += 1;
    const { limits, counters } = this.#core;
    const peer = socket.remoteAddress ?? '';
    const refusal = this.#whyNot(listener) ?? (this.#intakes.size >= limits.maxHandshakes ? INTAKE_FAULTS.tooMany : this.#admits(socket, peer) ? undefined : REFUSALS.tooManyFromAddress);
    if (refusal !== undefined) {
      counters.countRefusal(refusal.code);
      return void socket.destroy();
    }
    const intake = new Intake(socket, listener, port, this.#aroundIntakes, (gone) => {
      this.#intakes.delete(gone);
      // Whoever takes it over has it by the next turn.
      setImmediate(() => this.#onConnectionGone());
    });
    this.#intakes.add(intake);
    intake.begin();
  }

  /** Counts the connection with its address until it closes; false where that has as many as it may. */
  #admits(socket: Socket, address: string): boolean {
    if (!this.#perAddress.admit(address)) return false;
    socket.once('close', () => this.#perAddress.release(address));
    return true;
  }

  #intakeRefused({ code, reason }: IntakeFault, peer: string, detail: string): void {
    this.#core.counters.countRefusal(code);
    this.#options.log.debug({ event: 'connection-refused', code, peer, detail }, `a connection of ${peer} was closed: ${reason}`);
  }

  #adoptPaused(socket: Socket, owner: SocketOwner): WireSocket {
    const wire = this.#io.adopt(socket, owner);
    socket.resume();
    return wire;
  }

  #gone(connection: OpenConnection): void {
    this.#connections.delete(connection);
    this.#onConnectionGone();
  }

  /** Answers without waiting for a request, then closes. */
  #sayLast(refusal: Refusal, dismissWith: (answer: Buffer) => void): void {
    const { out, counters, requestIds, product, date, recorder } = this.#core;
    const requestId = requestIds.next();
    counters.countRefusal(refusal.code);
    out.clear();
    writeGenerated(out, refusalResponse(refusal, undefined, requestId), {
      product, date: date.now(), requestId, latencyMs: 0, isHead: false, connection: connectionLine(1, true), edits: undefined,
    });
    const answer = out.take();
    recorder.record('', '', refusal.status, 0, answer.length, 0, NOT_UPSTREAM, 0, undefined, failureOf(refusal.status));
    counters.endedRequests += 1;
    dismissWith(answer);
  }

  /** What it still sends is dropped for a moment, so that it gets to read the answer. */
  #dismiss(socket: Socket, answer: Buffer): void {
    socket.end(answer);
    socket.resume();
    const timer = this.#core.clock.after(this.#core.limits.lingerTimeoutMs, () => socket.destroy());
    socket.once('close', () => timer.cancel());
  }

  async #drain(acceptForMs: number, boundMs: number): Promise<void> {
    this.#core.draining = true;
    this.#http2.drain();
    await this.#within(acceptForMs, new Promise(() => undefined));
    if (this.#closed !== undefined) return this.#closed;
    this.#core.closing = true;
    void this.#listeners.stopAccepting();
    for (const connection of this.#connections) connection.listenerClosed();
    this.#http2.shut();
    await this.#within(boundMs, this.#untilNoConnections());
    return this.close();
  }

  async #close(): Promise<void> {
    this.#core.draining = true;
    this.#core.closing = true;
    const stopped = this.#listeners.stopAccepting();
    for (const connection of [...this.#intakes, ...this.#connections]) connection.destroy();
    for (const refresh of [...this.#core.refreshes]) refresh.clientGone();
    this.#http2.close();
    this.#core.pool.closeAll();
    this.#core.deadlines.stop();
    this.upstreams.stop();
    this.#core.overload.stop();
    await stopped;
  }

  #untilNoConnections(): Promise<void> {
    return new Promise((resolve) => {
      this.#onConnectionGone = () => {
        if (this.#connectionCount === 0) resolve();
      };
      this.#onConnectionGone();
    });
  }

  /** Waits for `event`, at most so long. */
  #within(ms: number, event: Promise<void>): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#options.clock.after(ms, resolve, { keepAlive: true });
      void event.then(() => {
        timer.cancel();
        resolve();
      });
    });
  }
}

function tellTlsTroubles(log: Logger): TlsTroubles {
  return {
    failed: (reason) => log.debug({ event: 'handshake-failed', reason }, `a TLS handshake failed: ${reason}`),
    unusable: (certificateId, reason) => log.error({ event: 'certificate-unusable', code: INTAKE_FAULTS.certificateUnusable.code, certificateId, reason }, `certificate ${certificateId} can not be used, handshakes for its names fail: ${reason}`),
  };
}

function tellOverload(log: Logger, { share, reason }: OverloadState): void {
  if (reason === undefined) log.info({ event: 'overload-ended' }, 'overload is over: every request is taken again');
  else log.warn({ event: 'overloaded', code: REFUSALS.overloaded.code, reason, share }, `overloaded (${reason === 'memory' ? 'memory is full' : 'the event loop is late'}): new requests are turned away until it is better`);
}

function watchUpstreams({ chooser: { groups }, clock, random, configs }: ProxyCore): UpstreamControl {
  return new UpstreamControl(groups, new ActiveChecks(groups, clock, random, probe), clock, () => configs.current());
}

function makeCore(options: ProxyOptions, io: SocketIo, defect: (thrown: unknown) => void): ProxyCore {
  const limits = { ...DEFAULT_PROXY_LIMITS, ...options.limits };
  const { clock, log } = options;
  const deadlines = new Deadlines(clock, limits.timeoutResolutionMs, defect);
  const out = new OutgoingBytes();
  const random = options.random ?? Math.random;
  const addresses = new AddressBook(limits, clock, options.lookup ?? systemLookUp(clock, []));
  const chooser = new EndpointChooser(addresses, { clock, random, log, sharing: options.healthSharing ?? ALONE });
  const http2 = new Http2Upstream({ limits, deadlines, defect, connect: (endpoint) => connectHttp2(endpoint, io.tls) });
  const pool = new ConnectionPool({ io, out, deadlines, limits, http2 });
  chooser.onGone = (endpoint) => pool.closeIdle(endpoint);
  return {
    limits, clock, random, log, deadlines, out, addresses, chooser, pool,
    recorder: options.recorder,
    records: options.records,
    pieces: new PieceMemory(),
    failures: new FailureLog(log, clock),
    heads: new FreeHeads(limits.maxHeaderCount),
    configs: new PinnedConfigs(options.getConfig, options.configReleased ?? (() => undefined)),
    trusted: new TrustedAddresses(options.trustedAddresses),
    requestIds: new RequestIds((block) => randomFillSync(block)),
    counters: new ProxyCounters(),
    refreshes: new Set(),
    date: new HttpDate(clock),
    http2: undefined,
    memory: { bufferedBytes: 0 },
    overload: new OverloadGuard(options.overload?.limits ?? NO_OVERLOAD_LIMITS, clock, options.overload?.memory ?? (() => 0), random, (state) => tellOverload(log, state)),
    messages: { ...DEFAULT_MESSAGE_OPTIONS, ...options.messages },
    product: `${options.serverName}/${options.version}`,
    draining: false,
    closing: false,
  };
}
