/**
 * request-size-limiting on a data plane: judges a body by its Content-Length before any of it is read, and has the engine count
 * one that comes in chunks. Framing is the engine's: Content-Length is a number here. Texts as in Kong 3.9; differences are in the README.
 */
import type { PluginFactory, RequestContext, Verdict } from '../contract.ts';
import type { RequestSizeLimitingConfig } from './schema.ts';

const UNITS = { megabytes: 1_048_576, kilobytes: 1_024, bytes: 1 } as const;
const TOO_LARGE: Verdict = { kind: 'respond', status: 413, message: 'Request size limit exceeded' };
/** For a client that asked before it sent: it may try again without the question (RFC 9110 §15.5.18). */
const EXPECTATION_FAILED: Verdict = { kind: 'respond', status: 417, message: 'Request size limit exceeded' };
const LENGTH_REQUIRED: Verdict = { kind: 'respond', status: 411, message: 'A valid Content-Length header is required' };

export const requestSizeLimitingFactory: PluginFactory<RequestSizeLimitingConfig> = {
  name: 'request-size-limiting',
  create: (config) => {
    const maxBytes = config.allowed_payload_size * UNITS[config.size_unit];
    return { requestHead: (context) => judge(maxBytes, config.require_content_length, context) };
  },
};

function judge(maxBytes: number, requiresLength: boolean, context: RequestContext): Verdict | undefined {
  const { request } = context;
  const length = request.header('content-length');
  if (length !== undefined) {
    if (Number(length) <= maxBytes) return undefined;
    return request.header('expect')?.toLowerCase() === '100-continue' ? EXPECTATION_FAILED : TOO_LARGE;
  }
  // Neither: there is no body (RFC 9112 §6.3).
  if (request.header('transfer-encoding') === undefined) return undefined;
  if (requiresLength) return LENGTH_REQUIRED;
  context.limitRequestBody(maxBytes, TOO_LARGE);
  return undefined;
}
