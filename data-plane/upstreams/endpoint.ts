/**
 * One address of an upstream and what connections to it share: the name they were opened for, TLS or not, and the idle
 * ones. Made and kept by EndpointChooser; the pool fills and empties `idle`.
 */
import { isIP } from 'node:net';
import type { UpstreamConnection } from './upstream-connection.ts';

export class Endpoint {
  readonly kind = 'endpoint';
  /** Name, port, protocol and address: connections are reused only where all four agree. */
  readonly key: string;
  readonly address: string;
  readonly port: number;
  readonly tls: { readonly serverName: string; readonly isAddress: boolean } | undefined;
  /** Host header for requests that don't bring their own. */
  readonly hostHeader: string;
  /** Last in, first out: the connection used last is the one least likely to be closed by the other side. */
  readonly idle: UpstreamConnection[] = [];
  /** Connections open, idle or not. */
  connections = 0;

  constructor(key: string, protocol: 'http' | 'https', host: string, port: number, address: string) {
    this.key = key;
    this.address = address;
    this.port = port;
    const kind = isIP(host);
    this.tls = protocol === 'https' ? { serverName: host, isAddress: kind !== 0 } : undefined;
    const name = kind === 6 ? `[${host}]` : host;
    this.hostHeader = port === (protocol === 'https' ? 443 : 80) ? name : `${name}:${port}`;
  }
}
