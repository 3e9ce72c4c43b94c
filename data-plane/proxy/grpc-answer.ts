/**
 * Answers of our own to gRPC calls, in gRPC's words: HTTP status 200 without a body, what went wrong in `grpc-status` and
 * `grpc-message` of the head ("Trailers-Only"). A gRPC client makes nothing but UNKNOWN of a JSON text. Pure; called by
 * relay-response.ts.
 */
import type { GeneratedResponse } from './generated-response.ts';

const NO_BODY = Buffer.alloc(0);
const UNKNOWN = 2;

/** gRPC status codes by HTTP status. 404 is a method that nobody serves, as gRPC's own mapping has it. */
const GRPC_STATUS: ReadonlyMap<number, number> = new Map([
  [400, 3], [401, 16], [403, 7], [404, 12], [408, 4], [409, 10], [413, 8], [417, 3], [426, 9], [429, 8], [431, 8], [499, 1], [500, 13], [501, 12], [502, 14], [503, 14], [504, 4],
]);

/** The same answer for a gRPC client; counted under its own status still. What is no error stays as it is. */
export function asGrpcAnswer(response: GeneratedResponse): GeneratedResponse {
  const { status, message = '', headers, extraLines } = response;
  if (status < 300) return response;
  const lines = `grpc-status: ${GRPC_STATUS.get(status) ?? UNKNOWN}\r\ngrpc-message: ${percentEncoded(message)}\r\n`;
  return { status: 200, countsAs: status, contentType: 'application/grpc', body: NO_BODY, headers, extraLines: `${lines}${extraLines}` };
}

/** gRPC over HTTP/2, "Responses": printable ASCII but `%`; the rest as escaped UTF-8. */
function percentEncoded(message: string): string {
  return message.replace(/[^ -$&-~]+/g, (part) => Buffer.from(part, 'utf8').reduce((text, byte) => `${text}%${byte.toString(16).toUpperCase().padStart(2, '0')}`, ''));
}
