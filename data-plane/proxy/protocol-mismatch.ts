/**
 * What to say to a request that matched a route in everything but the protocol. The router leaves protocols out on purpose: a
 * client that comes by the wrong one is told so, instead of reaching another route. Pure; asked by request-life.ts.
 */
import { REFUSALS, type Refusal } from './refusals.ts';

export interface ProtocolFacts {
  /** How the client reached us, or, behind a trusted peer, how it says that the client reached it. */
  readonly scheme: string;
  readonly httpVersion: '1.0' | '1.1' | '2';
  readonly contentType: string | undefined;
}

export type ProtocolMismatch =
  /** To be sent to HTTPS, or told of it. */
  | { readonly kind: 'https' }
  | { readonly kind: 'refusal'; readonly refusal: Refusal; /** Engine-written header lines. */ readonly lines: string }
  /** In gRPC's own words: status 200, and what is wrong in `grpc-status`. */
  | { readonly kind: 'grpc-status'; readonly refusal: Refusal; readonly status: number };

const HTTPS: ProtocolMismatch = { kind: 'https' };
const NOT_GRPC: ProtocolMismatch = { kind: 'refusal', refusal: REFUSALS.grpcRequired, lines: '' };
const NOT_HTTP2: ProtocolMismatch = { kind: 'refusal', refusal: REFUSALS.http2Required, lines: 'Upgrade: HTTP/2\r\nConnection: Upgrade\r\n' };
/** Status 1 is CANCELLED: Kong's choice. */
const NOT_GRPCS: ProtocolMismatch = { kind: 'grpc-status', refusal: REFUSALS.grpcsRequired, status: 1 };

/**
 * Undefined where the route serves the request. As in Kong, a route for `http` alone serves https too; one for `https` alone
 * serves nothing else; one for gRPC wants gRPC's content type, then HTTP/2, then TLS where it is for `grpcs` alone.
 */
export function protocolMismatch(protocols: ReadonlySet<string>, facts: ProtocolFacts): ProtocolMismatch | undefined {
  if (protocols.has('http')) return undefined;
  if (protocols.has('https')) return facts.scheme === 'https' ? undefined : HTTPS;
  if (facts.contentType?.toLowerCase().startsWith('application/grpc') !== true) return NOT_GRPC;
  if (facts.httpVersion !== '2') return NOT_HTTP2;
  return protocols.has('grpc') || facts.scheme === 'https' ? undefined : NOT_GRPCS;
}
