/**
 * What of a request no log may hold: values of headers and query arguments that carry credentials, by their usual names and by those that
 * the plugins of the route take credentials under (`credentialNames`); also in URLs within headers. Used by log-entry.ts and by whatever
 * else writes requests down.
 */

/** In the place of a value; Kong's word. */
export const MASK = 'REDACTED';

const NONE: readonly string[] = [];
/** With `-` for `_`. */
const HEADERS: ReadonlySet<string> = new Set(['authorization', 'proxy-authorization', 'cookie', 'set-cookie', 'x-forwarded-client-cert', 'ocp-apim-subscription-key']);
const ARGUMENTS: ReadonlySet<string> = new Set([
  'key', 'jwt', 'id-token-hint', 'auth', 'authorization', 'pwd', 'pass', 'client-assertion', 'code', 'code-verifier', 'sig', 'x-amz-credential', 'x-goog-credential', 'sessionid', 'session', 'sid',
]);
/** What names of both end with: `X-Auth-Token`, `accessToken`, `client_secret`. */
const ENDINGS: readonly string[] = ['token', 'apikey', 'api-key', 'secret', 'password', 'passwd', 'signature', 'session-id'];
const ESCAPED = /[%+]/;
/** `name=value` behind what parts the pieces of a URL. */
const IN_URL = /([?&#;])([^=?&#;\s]*)=([^?&#;\s]*)/g;
/** User and password in front of a host. */
const USER_INFO = /(\/\/[^/?#@:\s]*):[^/?#@\s]*@/g;

/** `more`: names besides, in lower case. */
export function isSecretHeader(lowerCaseName: string, more = NONE): boolean {
  const name = lowerCaseName.replaceAll('_', '-');
  return HEADERS.has(name) || hasEnding(name) || more.includes(lowerCaseName);
}

/** Name as decoded, in any case; of `user[password]` and `token[]` what tells. */
export function isSecretArgument(name: string, more = NONE): boolean {
  const lower = name.toLowerCase();
  return lower.split('[').some((part) => namesSecret(part.endsWith(']') ? part.slice(0, -1) : part, more)) || more.includes(lower);
}

function namesSecret(lowerCaseName: string, more: readonly string[]): boolean {
  const name = lowerCaseName.replaceAll('_', '-');
  return ARGUMENTS.has(name) || hasEnding(name) || more.includes(lowerCaseName);
}

function hasEnding(name: string): boolean {
  return ENDINGS.some((ending) => name.endsWith(ending));
}

/** A query as received, without `?`: the values of arguments with such names masked, all else byte for byte. */
export function maskedQuery(query: string, more = NONE): string {
  return query === '' ? '' : query.split('&').map((argument) => maskedArgument(argument, more)).join('&');
}

/** Some servers take `;` for `&`: what comes behind it has a name, too. */
function maskedArgument(argument: string, more: readonly string[]): string {
  for (let start = 0; start !== -1;) {
    const end = argument.indexOf(';', start);
    const equals = argument.indexOf('=', start);
    if (equals === -1) return argument;
    if ((end === -1 || equals < end) && isSecretArgument(decodedName(argument.slice(start, equals)), more)) return `${argument.slice(0, equals + 1)}${MASK}`;
    start = end === -1 ? -1 : end + 1;
  }
  return argument;
}

/** The same of a path with a query, or a URL. */
export function maskedTarget(target: string, more = NONE): string {
  const mark = target.indexOf('?');
  return mark === -1 ? target : `${target.slice(0, mark + 1)}${maskedQuery(target.slice(mark + 1), more)}`;
}

/** The value of a header, which may be a URL or have one in it: `Referer`, `Location`, `Link`, `X-Original-URL`. */
export function maskedHeader(value: string, more = NONE): string {
  const hasUser = value.includes('@') && value.includes('//');
  const hasArguments = value.includes('=') && (value.includes('?') || value.includes('#'));
  if (!hasUser && !hasArguments) return value;
  const withoutUser = hasUser ? value.replace(USER_INFO, `$1:${MASK}@`) : value;
  return hasArguments ? withoutUser.replace(IN_URL, (all: string, mark: string, name: string) => (isSecretArgument(decodedName(name), more) ? `${mark}${name}=${MASK}` : all)) : withoutUser;
}

/** As applications read it; one that can't be decoded is compared as it stands. */
function decodedName(name: string): string {
  if (!ESCAPED.test(name)) return name;
  try {
    return decodeURIComponent(name.replaceAll('+', ' ')).trim();
  } catch {
    return name;
  }
}
