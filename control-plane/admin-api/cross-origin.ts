/**
 * Which web pages of other origins may use the admin API from a browser (CORS, WHATWG Fetch §3.2): those whose origins are
 * named in the settings, and no other. A page still needs a token of its own; it never gets a browser's cookies along. Used by
 * http-server.ts for every request.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { HoldfastError } from '../../shared/errors.ts';
import { NO_CONTENT, type Answer } from './answer.ts';
import { METHODS } from './route.ts';

/** How long a browser need not ask again. */
const PREFLIGHT_SECONDS = '600';
const ALLOWED_HEADERS = 'Authorization, Content-Type, If-Match, If-None-Match, Kong-Admin-Token';
/** What a page may read beside the body. */
const EXPOSED_HEADERS = 'ETag, Retry-After, X-Holdfast-Config-Version, X-Kong-Admin-Latency, X-Kong-Admin-Request-Id';

export class CrossOrigin {
  readonly #origins: ReadonlySet<string>;

  /** As browsers write them: `https://console.example`. Throws ADMIN_ORIGIN_INVALID for one that no browser would. */
  constructor(origins: readonly string[]) {
    for (const origin of origins) if (!isOrigin(origin)) throw originInvalid(origin);
    this.#origins = new Set(origins);
  }

  /** To be added to every answer. */
  headersFor({ origin }: IncomingHttpHeaders): Readonly<Record<string, string>> {
    if (this.#origins.size === 0) return {};
    if (origin === undefined || !this.#origins.has(origin)) return { vary: 'Origin' };
    return { vary: 'Origin', 'access-control-allow-origin': origin, 'access-control-expose-headers': EXPOSED_HEADERS };
  }

  /** What a browser asks before it sends the request itself, without a credential; undefined where this is no such question. */
  answerPreflight(method: string, headers: IncomingHttpHeaders): Answer | undefined {
    const { origin } = headers;
    if (method !== 'OPTIONS' || headers['access-control-request-method'] === undefined || origin === undefined || !this.#origins.has(origin)) return undefined;
    const allowed = { 'access-control-allow-methods': [...METHODS, 'HEAD'].join(', '), 'access-control-allow-headers': ALLOWED_HEADERS, 'access-control-max-age': PREFLIGHT_SECONDS };
    return { ...NO_CONTENT, headers: allowed };
  }
}

function isOrigin(text: string): boolean {
  return /^https?:/.test(text) && URL.canParse(text) && new URL(text).origin === text;
}

function originInvalid(origin: string): HoldfastError {
  return new HoldfastError({
    code: 'ADMIN_ORIGIN_INVALID',
    source: 'control-plane',
    publicMessage: 'an allowed origin is none',
    message: `'${origin}' is no origin: HOLDFAST_ADMIN_ALLOWED_ORIGINS takes scheme, host and port as browsers send them, without path and in lower case, such as https://console.example`,
  });
}
