/**
 * The proxy as a whole: a listener, its client connections, the upstream pool, and their end. Called by each proxy thread, by
 * tests and by the bench.
 */
import { randomFillSync } from 'node:crypto';
import type { Server } from 'node:net';
import { describeThrown } from '../../shared/errors.ts';
import type { ConnectionFacts } from '../http1/connection-facts.ts';
import { Deadlines } from '../http1/deadlines.ts';
import { DEFAULT_PROXY_LIMITS } from '../http1/limits.ts';
import { OutgoingBytes } from '../http1/outgoing-bytes.ts';
import { SocketIo } from '../http1/socket-io.ts';
import { Http2Downstream } from '../http2/http2-downstream.ts';
import type { AcceptedSocket } from '../http1/wire-socket.ts';
import { EndpointChooser } from '../upstreams/choose-endpoint.ts';
import { ConnectionPool } from '../upstreams/connection-pool.ts';
import { AddressBook, lookupAll } from '../upstreams/resolve-address.ts';
import { plainAddress, TrustedAddresses } from './client-address.ts';
import { DownstreamConnection } from './downstream-connection.ts';
import { FailureLog } from './failure-log.ts';
import { refusalResponse } from './generated-response.ts';
import { PinnedConfigs } from './pinned-configs.ts';
import type { Proxy, ProxyOptions, ProxyStats } from './proxy-contract.ts';
import { FreeHeads, HttpDate, ProxyCounters, type ProxyCore } from './proxy-core.ts';
import { REFUSALS } from './refusals.ts';
import { RequestIds } from './request-ids.ts';
import { connectionLine, writeGenerated } from './write-response.ts';

export type { Proxy, ProxyOptions, ProxyStats } from './proxy-contract.ts';

/** Throws PROXY_TRUSTED_ADDRESS_INVALID. Nothing is opened before `listen`. */
export function createProxy(options: ProxyOptions): Proxy {
  return new ListeningProxy(options);
}

class ListeningProxy implements Proxy {
  readonly #options: ProxyOptions;
  readonly #io: SocketIo;
  readonly #core: ProxyCore;
  readonly #connections = new Set<DownstreamConnection>();
  readonly #http2: Http2Downstream;
  readonly #server: Server;
  #port = 0;
  #accepted = 0;
  #draining: Promise<void> | undefined;
  #closed: Promise<void> | undefined;
  #stopped: Promise<void> | undefined;
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
    this.#http2 = new Http2Downstream(this.#core, () => this.#onConnectionGone(), defect);
    this.#core.http2 = this.#http2;
    this.#server = this.#io.createPlainListener((socket) => this.#accept(socket));
  }

  async listen(): Promise<{ readonly ports: readonly number[] }> {
    const { listeners: [{ host, port } = { host: '127.0.0.1', port: 0 }], reusePort, log } = this.#options;
    this.#port = await this.#io.listen(this.#server, { host, port, reusePort });
    this.#server.on('error', (err) => log.error({ event: 'listener-failed', code: 'PROXY_LISTENER_FAILED', err }, 'the listener reported an error'));
    this.#core.deadlines.start();
    return { ports: [this.#port] };
  }

  setTicketKeys(): void {
    // No listener ends TLS yet.
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
      connections: this.#connections.size + this.#http2.size,
      acceptedConnections: this.#accepted,
      activeRequests: counters.activeRequests,
      endedRequests: counters.endedRequests,
      idleUpstream: pool.idle,
      busyUpstream: pool.busy,
      openedUpstream: pool.opened,
      pluginErrors: Object.fromEntries(counters.pluginErrors),
      refusals: Object.fromEntries(counters.refusals),
    };
  }

  #accept(socket: AcceptedSocket): void {
    this.#accepted += 1;
    if (this.#connections.size + this.#http2.size >= this.#core.limits.maxConnections) return this.#turnAway(socket);
    const facts: ConnectionFacts = {
      scheme: 'http', isHttp2: false, tls: undefined, peerAddress: plainAddress(socket.peerAddress), peerPort: socket.peerPort,
      localAddress: plainAddress(socket.localAddress), localPort: this.#port,
    };
    const connection = new DownstreamConnection(this.#core, facts, (owner) => socket.adopt(owner), (gone) => {
      this.#connections.delete(gone);
      this.#onConnectionGone();
    });
    this.#connections.add(connection);
  }

  /** Over the bound: says so and closes, without waiting for a request. */
  #turnAway(socket: AcceptedSocket): void {
    const { out, counters, requestIds, product, date, recorder } = this.#core;
    const refusal = REFUSALS.tooManyConnections;
    const requestId = requestIds.next();
    counters.countRefusal(refusal.code);
    out.clear();
    writeGenerated(out, refusalResponse(refusal, undefined, requestId), {
      product, date: date.now(), requestId, latencyMs: 0, isHead: false, connection: connectionLine(1, true), edits: undefined,
    });
    const answer = out.take();
    recorder.record('', '', refusal.status, 0, answer.length, 0);
    counters.endedRequests += 1;
    socket.dismiss(answer);
  }

  async #drain(acceptForMs: number, boundMs: number): Promise<void> {
    this.#core.draining = true;
    this.#http2.drain();
    await this.#within(acceptForMs, new Promise(() => undefined));
    if (this.#closed !== undefined) return this.#closed;
    this.#core.closing = true;
    void this.#stopAccepting();
    for (const connection of this.#connections) connection.listenerClosed();
    this.#http2.shut();
    await this.#within(boundMs, this.#untilNoConnections());
    return this.close();
  }

  async #close(): Promise<void> {
    this.#core.draining = true;
    this.#core.closing = true;
    const stopped = this.#stopAccepting();
    for (const connection of this.#connections) connection.destroy();
    this.#http2.close();
    this.#core.pool.closeAll();
    this.#core.deadlines.stop();
    await stopped;
  }

  /** Resolves when the listener and all its sockets are closed. */
  #stopAccepting(): Promise<void> {
    this.#stopped ??= new Promise((resolve) => {
      this.#server.close(() => resolve());
    });
    return this.#stopped;
  }

  #untilNoConnections(): Promise<void> {
    return new Promise((resolve) => {
      this.#onConnectionGone = () => {
        if (this.#connections.size + this.#http2.size === 0) resolve();
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

function makeCore(options: ProxyOptions, io: SocketIo, defect: (thrown: unknown) => void): ProxyCore {
  const limits = { ...DEFAULT_PROXY_LIMITS, ...options.limits };
  const { clock, log } = options;
  const deadlines = new Deadlines(clock, limits.timeoutResolutionMs, defect);
  const out = new OutgoingBytes();
  const addresses = new AddressBook(limits, clock, options.lookup ?? lookupAll);
  return {
    limits, clock, log, deadlines, out, addresses,
    recorder: options.recorder,
    failures: new FailureLog(log, clock),
    heads: new FreeHeads(limits.maxHeaderCount),
    configs: new PinnedConfigs(options.getConfig, options.configReleased ?? (() => undefined)),
    chooser: new EndpointChooser(addresses),
    pool: new ConnectionPool({ io, out, deadlines, limits }),
    trusted: new TrustedAddresses(options.trustedAddresses),
    requestIds: new RequestIds((block) => randomFillSync(block)),
    counters: new ProxyCounters(),
    date: new HttpDate(clock),
    http2: undefined,
    product: `${options.serverName}/${options.version}`,
    draining: false,
    closing: false,
  };
}
