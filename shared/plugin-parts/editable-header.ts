/**
 * Which headers a plugin's config may name: not those that say where a message ends or what the connection does (the wire engine
 * refuses them when a request is there, which is too late), nor, to be written, those that the gateway writes itself. Used by schemas.
 */

const TOKEN = /^[!#$%&'*+\-.^_`|~A-Za-z0-9]+$/;

const ENGINE_ONLY: ReadonlySet<string> = new Set([
  'connection', 'content-length', 'transfer-encoding', 'expect', 'upgrade', 'keep-alive', 'proxy-connection', 'proxy-authenticate',
  'proxy-authorization', 'http2-settings', 'te', 'trailer',
]);
/** Those of the client's way and identity: plugins may edit them under their own names. */
const OF_THE_CLIENT = [
  'x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-host', 'x-forwarded-port', 'x-forwarded-path', 'x-forwarded-prefix', 'x-real-ip',
  'x-credential-identifier', 'x-anonymous-consumer', 'x-authenticated-groups',
];
const WRITTEN_BY_GATEWAY: ReadonlySet<string> = new Set(['x-kong-request-id', 'x-kong-upstream-latency', 'x-kong-proxy-latency', 'x-kong-upstream-status']);
/** With `_` for a `-` many applications take one for the other, so the engine lets no edit make such a name. */
const LOOKED_LIKE: ReadonlySet<string> = new Set([...OF_THE_CLIENT, ...WRITTEN_BY_GATEWAY]);

/** A sentence where the header of that name can't be taken out, or written. */
export function headerProblem(name: string, edit: 'remove' | 'write'): string | undefined {
  if (!TOKEN.test(name) || name.length > 256) return `'${name}' is not a valid header`;
  const key = name.toLowerCase();
  if (ENGINE_ONLY.has(key.replaceAll('_', '-'))) return `header '${name}' is written by the gateway alone, because messages end where it says; leave it out`;
  const hyphenated = key.replaceAll('_', '-');
  if (hyphenated !== key && LOOKED_LIKE.has(hyphenated)) return `applications take header '${name}' for '${hyphenated}', which the gateway writes; choose another name`;
  return edit === 'write' && WRITTEN_BY_GATEWAY.has(key) ? `header '${name}' is written by the gateway itself; choose another name` : undefined;
}
