/**
 * The refusal of a request that is for a route of another protocol (protocol-mismatch.ts): a route for HTTPS alone says so or sends
 * the client there. Called by request-life.ts.
 */
import type { RuntimeRoute } from '../config/active-config.ts';
import type { Exchange } from './exchange.ts';
import { protocolMismatch } from './protocol-mismatch.ts';
import { REFUSALS, type Refusal } from './refusals.ts';

export interface ProtocolRefusal {
  readonly refusal: Refusal;
  /** Engine-written header lines. */
  readonly lines: string;
  /** Set where it is said in gRPC's own words. */
  readonly grpcStatus: number | undefined;
}

/** Undefined where the route serves the request. */
export function protocolRefusal(exchange: Exchange, { protocols, httpsRedirectStatusCode: status }: RuntimeRoute): ProtocolRefusal | undefined {
  const { request, client } = exchange;
  const scheme = client.peerIsTrusted ? (request.header('x-forwarded-proto') ?? request.scheme) : request.scheme;
  const mismatch = protocolMismatch(protocols, { scheme, httpVersion: request.httpVersion, contentType: request.header('content-type') });
  switch (mismatch?.kind) {
    case undefined:
      return undefined;
    case 'https': {
      const lines = status === 426 ? 'Upgrade: TLS/1.2, HTTP/1.1\r\nConnection: Upgrade\r\n' : `Location: https://${request.host}${pathAndQuery(exchange)}\r\n`;
      return { refusal: { ...REFUSALS.httpsRequired, status }, lines, grpcStatus: undefined };
    }
    case 'refusal':
      return { refusal: mismatch.refusal, lines: mismatch.lines, grpcStatus: undefined };
    case 'grpc-status':
      return { refusal: mismatch.refusal, lines: '', grpcStatus: mismatch.status };
  }
}

/** As the client wrote them. */
function pathAndQuery({ head }: Exchange): string {
  return head.pathStart === head.queryStart ? `/${head.text(head.queryStart, head.targetEnd)}` : head.text(head.pathStart, head.targetEnd);
}
