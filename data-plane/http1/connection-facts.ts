/**
 * What is known about a client's connection before its first request, the same for all requests on it. Made where it is
 * accepted: by a listener, after the PROXY protocol header, the TLS handshake, or for a stream of an HTTP/2 connection.
 */
import type { ClientCertificate } from '../../shared/plugins/contract.ts';

export interface ConnectionFacts {
  readonly scheme: 'http' | 'https';
  /** True for a stream of an HTTP/2 connection, whose messages reach the engine as the HTTP/1.1 messages they mean. */
  readonly isHttp2: boolean;
  /** The other end of the connection, IPv4 as such; that of the client where a trusted PROXY protocol header names it. */
  readonly peerAddress: string;
  readonly peerPort: number;
  /** Where the connection was accepted, or where a trusted PROXY protocol header says that the client went to. */
  readonly localAddress: string;
  readonly localPort: number;
  /** Undefined without TLS. */
  readonly tls: TlsFacts | undefined;
}

export interface TlsFacts {
  /** The name the client asked for (SNI), lower case; undefined where it sent none. */
  readonly serverName: string | undefined;
  /** `TLSv1.3`. */
  readonly version: string;
  /** OpenSSL's name of the cipher suite. */
  readonly cipher: string;
  readonly clientCertificate: ClientCertificate | undefined;
}
