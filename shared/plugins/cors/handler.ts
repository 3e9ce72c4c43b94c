/**
 * cors on a data plane: answers preflight requests, and marks responses with who may read them. It guards nothing by itself:
 * browsers do, by these headers (Fetch standard, CORS protocol). Headers as in Kong 3.9; differences are in the README.
 */
import type { PluginFactory, RequestContext, RequestView, ResponseContext, Verdict } from '../contract.ts';
import { isOrigin, Origins } from './origins.ts';
import type { CorsConfig } from './schema.ts';

type Header = readonly [name: string, value: string];

const NO_BODY = { contentType: undefined, bytes: new Uint8Array(0) };
const ALLOW_ORIGIN = 'Access-Control-Allow-Origin';
const ALLOW_CREDENTIALS = 'Access-Control-Allow-Credentials';
const EXPOSE_HEADERS = 'Access-Control-Expose-Headers';
/** What a preflight may ask for is sent back; longer lists, or what is no list of names, are not. */
const ASKED_HEADERS = /^[!#$%&'*+\-.^_`|~A-Za-z0-9, \t]{0,4096}$/;

export const corsFactory: PluginFactory<CorsConfig> = {
  name: 'cors',
  create: (config) => {
    const cors = new Cors(config);
    return {
      requestHead: (context) => cors.answerPreflight(context),
      responseHead: (context) => cors.mark(context),
    };
  },
};

/** Who may read responses. */
type Readers =
  | { readonly kind: 'everybody' }
  /** The same answer for every request; browsers compare it themselves. */
  | { readonly kind: 'one'; readonly origin: string }
  | { readonly kind: 'listed'; readonly origins: Origins };

class Cors {
  readonly #config: CorsConfig;
  readonly #readers: Readers;
  readonly #methods: string;
  readonly #headers: string;
  readonly #exposed: string;
  /** The answer is another one for another Origin, so caches must keep them apart. */
  readonly #dependsOnOrigin: boolean;

  constructor(config: CorsConfig) {
    this.#config = config;
    this.#readers = readersOf(config.origins ?? []);
    this.#methods = config.methods.join(',');
    this.#headers = (config.headers ?? []).join(',');
    this.#exposed = (config.exposed_headers ?? []).join(',');
    this.#dependsOnOrigin = this.#readers.kind === 'listed' || !config.allow_origin_absent || (this.#readers.kind === 'everybody' && config.credentials);
  }

  answerPreflight(context: RequestContext): Verdict | undefined {
    const { request } = context;
    if (this.#config.preflight_continue || !isPreflight(request)) return undefined;
    const headers: Header[] = this.#dependsOnOrigin ? [['Vary', 'Origin']] : [];
    const origin = this.#allowedOrigin(request);
    if (origin !== undefined) {
      headers.push([ALLOW_ORIGIN, origin]);
      if (this.#config.credentials && origin !== '*') headers.push([ALLOW_CREDENTIALS, 'true']);
    }
    const asked = this.#headers === '' ? request.header('access-control-request-headers') : this.#headers;
    if (asked !== undefined && ASKED_HEADERS.test(asked)) headers.push(['Access-Control-Allow-Headers', asked]);
    headers.push(['Access-Control-Allow-Methods', this.#methods]);
    if (this.#config.max_age !== null) headers.push(['Access-Control-Max-Age', String(this.#config.max_age)]);
    if (this.#config.private_network && request.header('access-control-request-private-network') === 'true') headers.push(['Access-Control-Allow-Private-Network', 'true']);
    return { kind: 'respond', status: 200, headers, body: NO_BODY };
  }

  mark(context: ResponseContext): void {
    const { request } = context;
    // Answered above, or the backend's to answer.
    if (request.method === 'OPTIONS' && isPreflight(request)) return;
    if (this.#dependsOnOrigin) varyByOrigin(context);
    const origin = this.#allowedOrigin(request);
    if (origin === undefined) context.removeResponseHeader(ALLOW_ORIGIN);
    else context.setResponseHeader(ALLOW_ORIGIN, origin);
    // One of the backend's would go with an origin that it did not mean.
    if (this.#config.credentials && origin !== undefined && origin !== '*') context.setResponseHeader(ALLOW_CREDENTIALS, 'true');
    else if (context.responseHeader('access-control-allow-credentials') !== undefined) context.removeResponseHeader(ALLOW_CREDENTIALS);
    if (this.#exposed !== '') context.setResponseHeader(EXPOSE_HEADERS, this.#exposed);
  }

  /** What Access-Control-Allow-Origin says; undefined where it is left out. Never `*` where credentials are allowed, for a request that has an origin. */
  #allowedOrigin(request: RequestView): string | undefined {
    const sent = request.header('origin');
    if (sent === undefined && !this.#config.allow_origin_absent) return undefined;
    switch (this.#readers.kind) {
      case 'everybody':
        if (!this.#config.credentials || sent === undefined) return '*';
        // Any sandboxed page is `null`, also one that hides where it comes from: never with credentials.
        return isOrigin(sent) ? sent : undefined;
      case 'one':
        return this.#readers.origin;
      case 'listed':
        return sent !== undefined && request.headerValues('origin').length === 1 && this.#readers.origins.has(sent) ? sent : undefined;
    }
  }
}

function readersOf(list: readonly string[]): Readers {
  const [first] = list;
  if (first === undefined || list.includes('*')) return { kind: 'everybody' };
  return list.length === 1 && /^[a-z][a-z0-9+.-]*:\/\/[a-z0-9.:-]+$/.test(first) ? { kind: 'one', origin: first } : { kind: 'listed', origins: new Origins(list) };
}

function isPreflight(request: RequestView): boolean {
  return request.method === 'OPTIONS' && request.header('origin') !== undefined && request.header('access-control-request-method') !== undefined;
}

/** Adds to what the backend says, if it does not say so already. */
function varyByOrigin(context: ResponseContext): void {
  const values = context.responseHeaderValues('vary');
  if (values.length === 0) {
    context.setResponseHeader('Vary', 'Origin');
    return;
  }
  const names = values.flatMap((value) => value.split(',')).map((name) => name.trim().toLowerCase());
  if (!names.includes('origin') && !names.includes('*')) context.setResponseHeader('Vary', [...values, 'Origin']);
}
