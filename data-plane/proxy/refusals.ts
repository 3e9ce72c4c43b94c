/**
 * Why the gateway answers a request itself: one table from code to status and public text (Kong's words where Kong has
 * any). Faults of the request on the wire are in http1/faults.ts; both kinds are answered by generated-response.ts.
 */
import type { Fault } from '../http1/faults.ts';
import { tlsFailureOf, type TlsFailure } from '../http1/upstream-tls.ts';
import type { UpstreamFailure } from '../upstreams/upstream-connection.ts';

/** Same shape as a Fault: code, status, public text. */
export type Refusal = Fault;

const UNAVAILABLE = 'The upstream server is currently unavailable';
const INVALID_RESPONSE = 'An invalid response was received from the upstream server';
const TIMED_OUT = 'The upstream server is timing out';

export const REFUSALS = {
  noConfiguration: { code: 'PROXY_CONFIGURATION_MISSING', status: 503, message: 'no configuration has been received yet' },
  tooManyConnections: { code: 'PROXY_CONNECTIONS_EXHAUSTED', status: 503, message: 'too many connections' },
  plainHttpOnTls: { code: 'PROXY_PLAIN_HTTP_ON_TLS', status: 400, message: 'The plain HTTP request was sent to HTTPS port' },
  overloaded: { code: 'PROXY_OVERLOADED', status: 503, message: 'The gateway is overloaded, please try again' },
  tooManyFromAddress: { code: 'PROXY_ADDRESS_CONNECTIONS_EXHAUSTED', status: 503, message: 'too many connections from this address' },
  noRoute: { code: 'PROXY_ROUTE_MISSING', status: 404, message: 'no Route matched with those values' },
  httpsRequired: { code: 'PROXY_HTTPS_REQUIRED', status: 426, message: 'Please use HTTPS protocol' },
  http2Required: { code: 'PROXY_HTTP2_REQUIRED', status: 426, message: 'Please use HTTP2 protocol' },
  grpcRequired: { code: 'PROXY_GRPC_REQUIRED', status: 415, message: 'Non-gRPC request matched gRPC route' },
  grpcsRequired: { code: 'PROXY_GRPCS_REQUIRED', status: 200, message: 'gRPC request matched gRPCs route' },
  noService: { code: 'PROXY_SERVICE_MISSING', status: 503, message: 'no Service found with those values' },
  serviceDisabled: { code: 'PROXY_SERVICE_DISABLED', status: 503, message: UNAVAILABLE },
  streamRefused: { code: 'PROXY_STREAM_REFUSED', status: 403, message: 'a plugin refused the connection' },
  pluginFailed: { code: 'PROXY_PLUGIN_FAILED', status: 500, message: 'An unexpected error occurred' },
  pluginTimedOut: { code: 'PLUGIN_TIMED_OUT', status: 500, message: 'An unexpected error occurred' },
  unexpected: { code: 'PROXY_UNEXPECTED', status: 500, message: 'An unexpected error occurred' },
  nameUnresolved: { code: 'UPSTREAM_NAME_UNRESOLVED', status: 503, message: 'name resolution failed' },
  noTarget: { code: 'UPSTREAM_TARGET_MISSING', status: 503, message: 'failure to get a peer from the ring-balancer' },
  pendingOverflow: { code: 'UPSTREAM_PENDING_OVERFLOW', status: 503, message: UNAVAILABLE },
  pendingTimeout: { code: 'UPSTREAM_PENDING_TIMEOUT', status: 503, message: UNAVAILABLE },
  connectFailed: { code: 'UPSTREAM_CONNECT_FAILED', status: 502, message: INVALID_RESPONSE },
  connectTimeout: { code: 'UPSTREAM_CONNECT_TIMEOUT', status: 504, message: TIMED_OUT },
  certificateExpired: { code: 'UPSTREAM_CERTIFICATE_EXPIRED', status: 502, message: INVALID_RESPONSE },
  certificateName: { code: 'UPSTREAM_CERTIFICATE_NAME', status: 502, message: INVALID_RESPONSE },
  certificateUntrusted: { code: 'UPSTREAM_CERTIFICATE_UNTRUSTED', status: 502, message: INVALID_RESPONSE },
  certificateDepth: { code: 'UPSTREAM_CERTIFICATE_DEPTH', status: 502, message: INVALID_RESPONSE },
  clientCertificate: { code: 'UPSTREAM_CLIENT_CERTIFICATE_REFUSED', status: 502, message: INVALID_RESPONSE },
  tlsFailed: { code: 'UPSTREAM_TLS_FAILED', status: 502, message: INVALID_RESPONSE },
  upstreamClosed: { code: 'UPSTREAM_CLOSED', status: 502, message: INVALID_RESPONSE },
  writeTimeout: { code: 'UPSTREAM_WRITE_TIMEOUT', status: 504, message: TIMED_OUT },
  readTimeout: { code: 'UPSTREAM_READ_TIMEOUT', status: 504, message: TIMED_OUT },
  invalidResponse: { code: 'UPSTREAM_RESPONSE_INVALID', status: 502, message: INVALID_RESPONSE },
} as const satisfies Readonly<Record<string, Refusal>>;

const BY_FAILURE: Readonly<Record<UpstreamFailure['kind'], Refusal>> = {
  'connect-failed': REFUSALS.connectFailed,
  'connect-timeout': REFUSALS.connectTimeout,
  closed: REFUSALS.upstreamClosed,
  'write-timeout': REFUSALS.writeTimeout,
  'read-timeout': REFUSALS.readTimeout,
  invalid: REFUSALS.invalidResponse,
};

const BY_TLS_FAILURE: Readonly<Record<TlsFailure, Refusal>> = {
  expired: REFUSALS.certificateExpired,
  name: REFUSALS.certificateName,
  untrusted: REFUSALS.certificateUntrusted,
  depth: REFUSALS.certificateDepth,
  'client-certificate': REFUSALS.clientCertificate,
  handshake: REFUSALS.tlsFailed,
};

export function refusalOf(failure: UpstreamFailure): Refusal {
  const tlsFailure = failure.kind === 'connect-failed' || failure.kind === 'closed' ? tlsFailureOf(failure.cause) : undefined;
  return tlsFailure === undefined ? BY_FAILURE[failure.kind] : BY_TLS_FAILURE[tlsFailure];
}

/** A quarantined route names its own code (`CONFIG_…`). */
export function quarantineRefusal(code: string): Refusal {
  return { code, status: 503, message: UNAVAILABLE };
}

