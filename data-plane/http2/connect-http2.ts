/** Sockets for HTTP/2 to upstreams: plain TCP with prior knowledge for grpc, TLS that agrees on `h2` for grpcs. */
import { connect, type Socket } from 'node:net';
import type { UpstreamTlsSockets } from '../http1/upstream-tls.ts';
import type { Endpoint } from '../upstreams/endpoint.ts';

/** Gives a socket that connects. It ends with an error where the target speaks no HTTP/2 behind TLS. */
export function connectHttp2({ address, port, tls }: Endpoint, tlsSockets: UpstreamTlsSockets): Socket {
  if (tls === undefined) return connect({ host: address, port, noDelay: true });
  const socket = tlsSockets.connect(tls, ['h2'], { host: address, port }, () => {
    if (socket.alpnProtocol !== 'h2') socket.destroy(new Error('the target did not agree on HTTP/2 (ALPN h2)'));
  });
  return socket;
}
