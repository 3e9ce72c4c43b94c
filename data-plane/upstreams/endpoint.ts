/**
 * One address of an upstream and what connections to it share: the name they were opened for, TLS or not, and the idle
 * ones. Made and kept by EndpointChooser; the pool fills and empties `idle`.
 */
import { isIP } from 'node:net';
import type { ServiceProtocol, UpstreamTls } from '../config/active-config.ts';
import type { UpstreamConnection } from './upstream-connection.ts';

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

export class Endpoint {
  readonly kind = 'endpoint';
  /** Name, port, protocol, TLS settings and address: connections are reused only where all agree. */
  readonly key: string;
  readonly address: string;
  readonly port: number;
  readonly protocol: ServiceProtocol;
  /** Undefined without TLS. */
  readonly tls: EndpointTls | undefined;
  /** Host header for requests that don't bring their own. */
  readonly hostHeader: string;
  /** Last in, first out: the connection used last is the one least likely to be closed by the other side. */
  readonly idle: UpstreamConnection[] = [];
  /** Connections open, idle or not. */
  connections = 0;

  constructor(key: string, protocol: ServiceProtocol, settings: UpstreamTls, host: string, port: number, address: string) {
    this.key = key;
    this.address = address;
    this.port = port;
    const kind = isIP(host);
    this.protocol = protocol;
    this.tls = isTls(protocol) ? { serverName: host, isAddress: kind !== 0, settings } : undefined;
    const name = kind === 6 ? `[${host}]` : host;
    this.hostHeader = port === (isTls(protocol) ? 443 : 80) ? name : `${name}:${port}`;
  }
}
