/**
 * What plugins want different in the request that goes upstream, besides its headers: method, path, query, where to, how long, how
 * large. Made for a request when a plugin first wants something of it (plugin-contexts.ts); checked when it is set, so that the
 * request line that is written is well-formed whatever a plugin passes on (R2). The exchange reads it.
 */
import { isIPv6 } from 'node:net';
import { HoldfastError } from '../../shared/errors.ts';
import type { RequestContext, RequestTarget, Verdict } from '../../shared/plugins/contract.ts';
import type { ChainEntry, RuntimeService } from '../config/active-config.ts';
import { isToken } from '../http1/byte-classes.ts';
import type { RequestTimeouts } from '../upstreams/upstream-connection.ts';

const HOST = /^(?:\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._~-]+)(?::\d{1,5})?$/;
const TARGET_NAME = /^[A-Za-z0-9._-]{1,255}$/;
const LONGEST_TIMEOUT_MS = 2_147_483_646;

/** The smallest of several limits. */
export interface BodyLimit {
  readonly maxBytes: number;
  readonly verdict: Verdict;
  /** The plugin whose it is. */
  readonly entry: ChainEntry | undefined;
}

export class RequestEdits {
  method: string | undefined;
  /** Encoded, with the service's path in front. */
  path: string | undefined;
  /** Encoded, without `?`. */
  query: string | undefined;
  /** The service at another place. */
  service: RuntimeService | undefined;
  timeouts: RequestTimeouts | undefined;
  bodyLimit: BodyLimit | undefined;

  /** A CONNECT would ask for a tunnel that nobody guards, a TRACE show the client what we add for the upstream: no client may send them either. */
  setMethod(method: string): void {
    if (!isToken(method) || /^(?:connect|trace)$/i.test(method)) throw invalid(`${JSON.stringify(method)} can't be the method; use a token such as GET (not CONNECT, not TRACE)`);
    this.method = method;
  }

  setPath(path: string): void {
    if (!path.startsWith('/') || !isEncoded(path, '?#')) throw invalid(`${JSON.stringify(path)} can't be the path; it begins with / and is percent-encoded, without ? and #`);
    this.path = path;
  }

  setQuery(query: string): void {
    if (!isEncoded(query, '#')) throw invalid(`${JSON.stringify(query)} can't be the query; percent-encode it, without #`);
    this.query = query;
  }

  setTimeouts(timeouts: Parameters<RequestContext['setTimeouts']>[0], own: RequestTimeouts): void {
    const before = this.timeouts ?? own;
    this.timeouts = {
      connectTimeoutMs: checkedTimeout(timeouts.connectMs) ?? before.connectTimeoutMs,
      writeTimeoutMs: checkedTimeout(timeouts.writeMs) ?? before.writeTimeoutMs,
      readTimeoutMs: checkedTimeout(timeouts.readMs) ?? before.readTimeoutMs,
    };
  }

  limitBody(maxBytes: number, verdict: Verdict, entry: ChainEntry | undefined): void {
    if (Number.isNaN(maxBytes) || maxBytes < 0) throw invalid(`${maxBytes} is no limit for a body; use a number of bytes from 0`);
    if (this.bodyLimit === undefined || maxBytes < this.bodyLimit.maxBytes) this.bodyLimit = { maxBytes, verdict, entry };
  }
}

/** Throws where that can't be the Host of a request. */
export function checkHost(value: string): void {
  if (HOST.test(value)) return;
  throw new HoldfastError({
    code: 'PLUGIN_HOST_INVALID',
    source: 'gateway',
    publicMessage: 'a plugin set a Host that is not valid',
    message: `${JSON.stringify(value)} can't be the Host of a request; use a host name or address, with :port if needed`,
  });
}

/** Throws where that is no place to send a request to. */
export function checkTarget({ host, port }: RequestTarget): void {
  if (host !== undefined && !TARGET_NAME.test(host) && !isIPv6(host.replace(/^\[(.*)\]$/, '$1'))) throw invalid(`${JSON.stringify(host)} is no host to send a request to; use a name or an address, without port`);
  if (port !== undefined && (!Number.isInteger(port) || port < 1 || port > 65_535)) throw invalid(`${port} is no port; use 1 to 65535`);
}

export function invalid(message: string): HoldfastError {
  return new HoldfastError({ code: 'PLUGIN_EDIT_INVALID', source: 'gateway', publicMessage: 'a plugin changed a message in a way that is not valid', message });
}

function checkedTimeout(ms: number | undefined): number | undefined {
  if (ms === undefined || (Number.isInteger(ms) && ms >= 1 && ms <= LONGEST_TIMEOUT_MS)) return ms;
  throw invalid(`${ms} is no timeout; use whole milliseconds from 1 to ${LONGEST_TIMEOUT_MS}`);
}

/** No blanks, control characters or any of those in `refused`. Bytes above ASCII pass, as a client's do. */
function isEncoded(text: string, refused: string): boolean {
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code <= 0x20 || code === 0x7f || code > 0xff || refused.includes(text.charAt(at))) return false;
  }
  return true;
}
