/**
 * What can be wrong with a message on the wire. A fault is a value: the parsers return it, the proxy answers a client
 * with its status, and turns one in an upstream's response into 502. Each code is explained in ERRORS.md.
 */
export interface Fault {
  readonly code: string;
  /** For the client whose request it is. */
  readonly status: number;
  /** The public text, as Kong words it. */
  readonly message: string;
}

export const FAULTS = {
  requestLine: { code: 'HTTP1_REQUEST_LINE_INVALID', status: 400, message: 'Bad request' },
  method: { code: 'HTTP1_METHOD_UNSUPPORTED', status: 501, message: 'Method not supported' },
  target: { code: 'HTTP1_TARGET_INVALID', status: 400, message: 'Bad request' },
  targetTooLong: { code: 'HTTP1_TARGET_TOO_LONG', status: 414, message: 'URI too long' },
  version: { code: 'HTTP1_VERSION_UNSUPPORTED', status: 505, message: 'HTTP version not supported' },
  statusLine: { code: 'HTTP1_STATUS_LINE_INVALID', status: 502, message: 'An invalid response was received from the upstream server' },
  field: { code: 'HTTP1_HEADER_INVALID', status: 400, message: 'Bad request' },
  headTooLarge: { code: 'HTTP1_HEAD_TOO_LARGE', status: 431, message: 'Request header or cookie too large' },
  host: { code: 'HTTP1_HOST_INVALID', status: 400, message: 'Bad request' },
  framing: { code: 'HTTP1_FRAMING_INVALID', status: 400, message: 'Bad request' },
  transferCoding: { code: 'HTTP1_TRANSFER_CODING_UNSUPPORTED', status: 501, message: 'Transfer coding not supported' },
  connection: { code: 'HTTP1_CONNECTION_INVALID', status: 400, message: 'Bad request' },
  expectation: { code: 'HTTP1_EXPECTATION_UNSUPPORTED', status: 417, message: 'Expectation failed' },
  chunk: { code: 'HTTP1_CHUNK_INVALID', status: 400, message: 'Bad request' },
  bodyTooLarge: { code: 'HTTP1_BODY_TOO_LARGE', status: 413, message: 'Payload too large' },
  headTimeout: { code: 'HTTP1_HEAD_TIMEOUT', status: 408, message: 'Request timeout' },
  bodyTimeout: { code: 'HTTP1_BODY_TIMEOUT', status: 408, message: 'Request timeout' },
  http2Request: { code: 'HTTP2_REQUEST_MALFORMED', status: 400, message: 'Bad request' },
  http2Connection: { code: 'HTTP2_CONNECTION_INVALID', status: 400, message: 'Bad request' },
  grpcDeadline: { code: 'GRPC_DEADLINE_EXCEEDED', status: 504, message: 'Deadline Exceeded' },
} as const satisfies Readonly<Record<string, Fault>>;
