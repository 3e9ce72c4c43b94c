/**
 * Keep-alive connections to upstreams, last in first out per endpoint. A connection gets in only after a complete, orderly
 * exchange; anything odd and it is discarded for good (R2). Bounded per endpoint, in all and in time (R5).
 */
import type { Deadlines } from '../http1/deadlines.ts';
import type { ProxyLimits } from '../http1/limits.ts';
import type { OutgoingBytes } from '../http1/outgoing-bytes.ts';
import type { SocketIo } from '../http1/socket-io.ts';
import type { Http2Upstream } from '../http2/http2-upstream.ts';
import type { Endpoint } from './endpoint.ts';
import { UpstreamConnection } from './upstream-connection.ts';

export interface PoolSurroundings {
  readonly io: SocketIo;
  /** For endpoints that speak HTTP/2. */
  readonly http2: Http2Upstream;
  readonly out: OutgoingBytes;
  readonly deadlines: Deadlines;
  readonly limits: ProxyLimits;
}

export class ConnectionPool {
  readonly #surroundings: PoolSurroundings;
  readonly #open = new Set<UpstreamConnection>();
  #idle = 0;
  #opened = 0;

  constructor(surroundings: PoolSurroundings) {
    this.#surroundings = surroundings;
  }

  get idle(): number {
    return this.#idle;
  }

  get busy(): number {
    return this.#open.size - this.#idle;
  }

  get opened(): number {
    return this.#opened;
  }

  /** An idle connection that was still good a moment ago and was idle no longer than so; undefined where there is none. */
  take(endpoint: Endpoint, maxIdleMs = Number.POSITIVE_INFINITY): UpstreamConnection | undefined {
    // The last one is the one used last.
    const last = endpoint.idle.at(-1);
    if (last !== undefined && last.idleMs > maxIdleMs) {
      // The new one takes its place where there may be no more.
      if (endpoint.isAtBound) this.discard(last);
      return undefined;
    }
    for (let connection = endpoint.idle.pop(); connection !== undefined; connection = endpoint.idle.pop()) {
      this.#idle -= 1;
      if (connection.usable) return connection;
      this.discard(connection);
    }
    return undefined;
  }

  /** A new connection, not connected yet: see UpstreamConnection.connect. `firstBytes` go out before anything else. */
  open(endpoint: Endpoint, firstBytes?: Buffer): UpstreamConnection {
    const connection = new UpstreamConnection(endpoint, this.#surroundings, this, firstBytes);
    endpoint.connections += 1;
    this.#open.add(connection);
    this.#opened += 1;
    return connection;
  }

  /** Takes back a connection after an orderly exchange. */
  release(connection: UpstreamConnection): void {
    const { idle } = connection.endpoint;
    const { limits } = this.#surroundings;
    // One that began with a client's name is for that client alone.
    const isPersonal = connection.endpoint.proxyProtocol !== null;
    const isWorn = connection.endpoint.retired || connection.served + 1 >= limits.maxRequestsPerUpstream;
    if (!connection.usable || isPersonal || isWorn || idle.length >= limits.maxIdlePerEndpoint || this.#idle >= limits.maxIdleUpstream) return this.discard(connection);
    idle.push(connection);
    this.#idle += 1;
    connection.rest();
    connection.endpoint.line?.freed();
  }

  /** Closes a connection, idle or not. Idempotent. */
  discard(connection: UpstreamConnection): void {
    if (!this.#open.delete(connection)) return;
    const { endpoint } = connection;
    const place = endpoint.idle.indexOf(connection);
    if (place !== -1) {
      endpoint.idle.splice(place, 1);
      this.#idle -= 1;
    }
    connection.destroy();
    endpoint.connections -= 1;
    endpoint.line?.freed();
  }

  /** For an address that is no longer one of its name's; requests under way go on. */
  closeIdle(endpoint: Endpoint): void {
    for (let connection = endpoint.idle.at(-1); connection !== undefined; connection = endpoint.idle.at(-1)) this.discard(connection);
    this.#surroundings.http2.leave(endpoint);
  }

  closeAll(): void {
    for (const connection of this.#open) this.discard(connection);
    this.#surroundings.http2.closeAll();
  }
}
