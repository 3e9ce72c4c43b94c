/**
 * Every bound of the wire engine and the proxy in one place (R5). Passed to createProxy; what is left out takes the
 * default. Over a bound a client gets a clear status and `stats().refusals` counts it under the refusal's code.
 */
export interface ProxyLimits {
  /** Request line and header fields together, with their line ends; more is 431. */
  readonly maxHeadBytes: number;
  /** Header lines of a request (431) or of an upstream's response (502). */
  readonly maxHeaderCount: number;
  /** The request target as received; more is 414. */
  readonly maxTargetBytes: number;
  /** A request's body after chunked decoding; more is 413. Undefined: no bound, bodies stream through in bounded memory. */
  readonly maxBodyBytes: number | undefined;
  /** Chunk extensions of one message, dropped unread; and as much again of trailer fields. Trailers of a response that are passed on: maxResponseHeadBytes. */
  readonly maxChunkExtraBytes: number;
  /** Status line and header fields of an upstream's response; more is 502. */
  readonly maxResponseHeadBytes: number;
  /** Interim (1xx) responses of an upstream to one request; more is 502. */
  readonly maxInterimResponses: number;
  /** Client connections of this proxy; the next one gets 503 and is closed. */
  readonly maxConnections: number;
  /** Client connections from one address, unless it is a trusted one; more are closed. Undefined: no bound but the one before. */
  readonly maxConnectionsPerAddress: number | undefined;
  /** Pipelined requests answered in a row before other connections get their turn. */
  readonly maxPipelinedPerTurn: number;
  /** Request body bytes held while no upstream connection takes them; then the client is no longer read. */
  readonly maxHeldBodyBytes: number;
  /** Bytes that a route with request_buffering collects of a body before an upstream connection is taken; what is larger streams from there on. */
  readonly maxBufferedRequestBytes: number;
  /** Bytes that a route with response_buffering holds for a slow client before its upstream must wait. */
  readonly maxBufferedResponseBytes: number;
  /** Both together, of all connections of this proxy; above it nothing is buffered. */
  readonly maxBufferedBytes: number;
  /** Bytes a second that a request body must bring on average while it is waited for, after a grace period; less is 408. 0: no bound. */
  readonly minBodyBytesPerSecond: number;
  /** The grace period: what a body may take in any case. */
  readonly bodyGraceMs: number;
  /** A request that can't be sent twice takes no upstream connection that was idle for longer: its end may be on its way. */
  readonly maxIdleForUnsafeMs: number;
  /** How long both sides of a tunnel have to end when the proxy goes away. */
  readonly tunnelGoodbyeMs: number;
  /** How long a client connection may stay without a request. */
  readonly idleTimeoutMs: number;
  /** From the first to the last byte of a request head; more is 408. */
  readonly headTimeoutMs: number;
  /** Between two pieces of a request body; more is 408. */
  readonly bodyTimeoutMs: number;
  /** How long a client may take none of what waits to be sent to it before it is cut off. */
  readonly sendTimeoutMs: number;
  /** How long bytes of a client that was answered early are read and dropped, so that the answer reaches it. */
  readonly lingerTimeoutMs: number;
  /** How long an answer may make no progress whose client has ended its side: long enough for one that only half closed, short for one that is gone. */
  readonly abandonedAfterMs: number;
  /** While draining and after the accept period: a connection idle for this long is closed. */
  readonly drainIdleTimeoutMs: number;
  /** Idle upstream connections kept per address and port. */
  readonly maxIdlePerEndpoint: number;
  /** Idle upstream connections kept in all. */
  readonly maxIdleUpstream: number;
  /** How long an upstream connection is kept idle; a shorter `Keep-Alive: timeout` of the upstream wins. */
  readonly upstreamIdleTimeoutMs: number;
  /** Requests sent over one upstream connection before it is closed. */
  readonly maxRequestsPerUpstream: number;
  /** Longest that an answer of the resolver is used before it is asked again, whatever its TTL says. */
  readonly resolveTtlMs: number;
  /** How long after that they are still used where the resolver fails. */
  readonly resolveStaleMs: number;
  /** How long a request waits for a name that is not known yet; more is 503. */
  readonly resolveTimeoutMs: number;
  /** Names whose addresses are kept. */
  readonly maxResolvedNames: number;
  /** Streams that a client's HTTP/2 connection may have open at a time; told to it, and refused beyond. */
  readonly maxHttp2Streams: number;
  /** Streams that a client may give up in a second; more ends the connection. */
  readonly maxHttp2ResetsPerSecond: number;
  readonly maxHttp2PingsPerSecond: number;
  readonly maxHttp2SettingsPerSecond: number;
  /** What a client may send in a second that is neither head nor body, beyond what it moves in bytes; more ends the connection. */
  readonly maxHttp2IdleTalkBytesPerSecond: number;
  /** Bytes of one stream, and of all streams of a connection, that a peer may send ahead of what was taken. */
  readonly http2StreamWindowBytes: number;
  readonly http2ConnectionWindowBytes: number;
  /** Memory that Node's HTTP/2 may hold for one connection; rounded up to MiB. */
  readonly maxHttp2SessionBytes: number;
  /** Streams on one HTTP/2 connection to an upstream, where the upstream allows more. */
  readonly maxHttp2UpstreamStreams: number;
  /** The first message of a TLS connection, before anything is decrypted; a larger one is refused. */
  readonly maxClientHelloBytes: number;
  /** Connections whose PROXY protocol header or TLS handshake is not complete; the next one is closed. */
  readonly maxHandshakes: number;
  /** From accepting a connection to the end of its TLS handshake, its PROXY protocol header included. */
  readonly handshakeTimeoutMs: number;
  /** Timeouts are checked this often: a timeout fires up to twice this late, never early. */
  readonly timeoutResolutionMs: number;
}

export const DEFAULT_PROXY_LIMITS: ProxyLimits = {
  maxHeadBytes: 32_768,
  maxHeaderCount: 100,
  maxTargetBytes: 8_192,
  maxBodyBytes: undefined,
  maxChunkExtraBytes: 4_096,
  maxResponseHeadBytes: 65_536,
  maxInterimResponses: 16,
  maxConnections: 16_384,
  maxConnectionsPerAddress: undefined,
  maxPipelinedPerTurn: 32,
  maxHeldBodyBytes: 65_536,
  maxBufferedRequestBytes: 1_048_576,
  maxBufferedResponseBytes: 1_048_576,
  maxBufferedBytes: 67_108_864,
  minBodyBytesPerSecond: 100,
  bodyGraceMs: 30_000,
  maxIdleForUnsafeMs: 2_000,
  tunnelGoodbyeMs: 5_000,
  idleTimeoutMs: 75_000,
  headTimeoutMs: 30_000,
  bodyTimeoutMs: 60_000,
  sendTimeoutMs: 60_000,
  lingerTimeoutMs: 2_000,
  abandonedAfterMs: 1_000,
  drainIdleTimeoutMs: 5_000,
  maxIdlePerEndpoint: 256,
  maxIdleUpstream: 1_024,
  upstreamIdleTimeoutMs: 60_000,
  maxRequestsPerUpstream: 10_000,
  resolveTtlMs: 3_600_000,
  resolveStaleMs: 3_600_000,
  resolveTimeoutMs: 10_000,
  maxResolvedNames: 4_096,
  maxHttp2Streams: 128,
  maxHttp2ResetsPerSecond: 200,
  maxHttp2PingsPerSecond: 100,
  maxHttp2SettingsPerSecond: 20,
  maxHttp2IdleTalkBytesPerSecond: 65_536,
  http2StreamWindowBytes: 262_144,
  http2ConnectionWindowBytes: 1_048_576,
  maxHttp2SessionBytes: 16_777_216,
  maxHttp2UpstreamStreams: 128,
  maxClientHelloBytes: 16_384,
  maxHandshakes: 2_048,
  handshakeTimeoutMs: 10_000,
  timeoutResolutionMs: 100,
};
