/**
 * One address of an upstream and what connections to it share: the name they were opened for, TLS or not, and the idle
 * ones. Made and kept by EndpointChooser; the pool fills and empties `idle`. Endpoints of an upstream entity belong to it
 * alone, so neither health nor connections are shared with another.
 */
import { isIP } from 'node:net';
import type { ServiceProtocol, UpstreamTls } from '../config/active-config.ts';
import type { Peer } from './peer.ts';
import type { RetryBudget } from './retry-budget.ts';
import type { UpstreamConnection } from './upstream-connection.ts';
import type { WaitingLine } from './waiting-line.ts';

/** The name to verify, and to send where it is no address; and how. */
export interface EndpointTls {
  readonly serverName: string;
  readonly isAddress: boolean;
  readonly settings: UpstreamTls;
}

/** `tls_passthrough` carries the client's TLS, not ours. */
function isTls(protocol: ServiceProtocol): boolean {
  return protocol === 'https' || protocol === 'grpcs' || protocol === 'tls';
}

/** The Host header for requests to there that don't bring their own. */
export function hostHeaderOf(protocol: ServiceProtocol, host: string, port: number): string {
  const name = isIP(host) === 6 ? `[${host}]` : host;
  return port === (isTls(protocol) ? 443 : 80) ? name : `${name}:${port}`;
}

export interface EndpointPlace {
  /** Name, port, protocol, TLS settings and address: connections are reused only where all agree. */
  readonly key: string;
  readonly protocol: ServiceProtocol;
  readonly tls: UpstreamTls;
  readonly host: string;
  readonly port: number;
  readonly address: string;
  /** Of its upstream, or of its host where there is none. */
  readonly retryBudget: RetryBudget;
  /** The target of an upstream entity that it belongs to. */
  readonly peer: Peer | undefined;
  readonly proxyProtocol: 'v1' | 'v2' | null;
}

export class Endpoint {
  readonly kind = 'endpoint';
  readonly key: string;
  /** As configured, without brackets. */
  readonly host: string;
  readonly address: string;
  readonly port: number;
  readonly protocol: ServiceProtocol;
  /** Undefined without TLS. */
  readonly tls: EndpointTls | undefined;
  readonly tlsKey: string;
  /** Host header for requests that don't bring their own. */
  readonly hostHeader: string;
  /** What it is an address of, as configured: `host:port`. */
  readonly target: string;
  readonly retryBudget: RetryBudget;
  readonly peer: Peer | undefined;
  /** Connections begin with a header that names one client: they can't serve another. */
  readonly proxyProtocol: 'v1' | 'v2' | null;
  /** Last in, first out: the connection used last is the one least likely to be closed by the other side. */
  readonly idle: UpstreamConnection[] = [];
  /** Connections open, idle or not. */
  connections = 0;
  /** The address is no longer one of its name: connections are not kept. */
  retired = false;
  /** Requests that wait for a connection; made when the first does. */
  line: WaitingLine | undefined;

  constructor({ key, protocol, tls, host, port, address, retryBudget, peer, proxyProtocol }: EndpointPlace) {
    this.key = key;
    this.host = host;
    this.address = address;
    this.port = port;
    this.protocol = protocol;
    this.retryBudget = retryBudget;
    this.peer = peer;
    this.proxyProtocol = proxyProtocol;
    this.tlsKey = tls.key;
    this.tls = isTls(protocol) ? { serverName: host, isAddress: isIP(host) !== 0, settings: tls } : undefined;
    this.hostHeader = hostHeaderOf(protocol, host, port);
    this.target = peer === undefined ? `${host}:${port}` : `${peer.host}:${peer.port}`;
  }

  /** A request or stream is under way there, or waits to be. One `end` for each. */
  begin(): void {
    if (this.peer !== undefined) this.peer.active += 1;
  }

  end(): void {
    if (this.peer !== undefined) this.peer.active -= 1;
  }

  /** True where a request must wait for a connection. */
  get isFull(): boolean {
    return this.idle.length === 0 && this.isAtBound;
  }

  /** True where it has as many connections as `max_connections` allows. */
  get isAtBound(): boolean {
    return this.peer !== undefined && this.connections >= this.peer.maxConnections;
  }
}
