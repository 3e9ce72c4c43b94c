/**
 * redirect on a data plane: answers with a Location. Scheme, host and port are always the configured ones: what a client sends stands
 * behind them as a path that begins with one slash, and as a query. Behaviour as in Kong 3.9; differences are in the README.
 */
import type { PluginFactory, RequestView } from '../contract.ts';
import type { RedirectConfig } from './schema.ts';

const BODY = { contentType: 'text/plain; charset=utf-8', bytes: Buffer.from('redirecting') };
/** Everything that may not stand in a URI as it is (RFC 3986 §2), and what ends a path or a query. */
const UNSAFE = /[^A-Za-z0-9\-._~!$&'()*+,;=:@/%?[\]]/g;

export const redirectFactory: PluginFactory<RedirectConfig> = {
  name: 'redirect',
  create: ({ status_code: status, location, keep_incoming_path: keepsPath }) => {
    if (!keepsPath) {
      const verdict = { kind: 'respond', status, headers: [['Location', location]], body: BODY } as const;
      return { requestHead: () => verdict };
    }
    const { href, pathname, search, hash } = new URL(location);
    const origin = href.slice(0, href.length - pathname.length - search.length - hash.length);
    return { requestHead: ({ request }) => ({ kind: 'respond', status, headers: [['Location', origin + incomingOf(request) + hash]], body: BODY }) };
  },
};

/** Path in normal form and query as received; characters that are not for URIs are percent-encoded. */
function incomingOf(request: RequestView): string {
  const text = request.query === '' ? request.path : `${request.path}?${request.query}`;
  const safe = text.replace(UNSAFE, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`);
  return safe.startsWith('/') ? safe : `/${safe}`;
}
