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
/** That are looked at, of one query; and letters of a name. */
const MOST_ARGUMENTS = 500;
const MOST_LETTERS = 256;
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
  if (lower.length > MOST_LETTERS || !lower.includes('[')) return namesSecret(lower, more);
  return lower.split('[').some((part) => namesSecret(part.endsWith(']') ? part.slice(0, -1) : part, more)) || more.includes(lower);
}

function namesSecret(lowerCaseName: string, more: readonly string[]): boolean {
  const name = lowerCaseName.replaceAll('_', '-');
  return ARGUMENTS.has(name) || hasEnding(name) || more.includes(lowerCaseName);
}

function hasEnding(name: string): boolean {
  return ENDINGS.some((ending) => name.endsWith(ending));
}

/** A query as received, without `?`: the values of arguments with such names masked, all else byte for byte; what comes behind the first so many is masked as a whole. */
export function maskedQuery(query: string, more = NONE): string {
  if (query === '') return '';
  const masked = query.split('&', MOST_ARGUMENTS + 1).map((argument) => maskedArgument(argument, more));
  if (masked.length > MOST_ARGUMENTS) masked[MOST_ARGUMENTS] = MASK;
  return masked.join('&');
}

/** Some servers take `;` for `&`: what comes behind it has a name, too. */
function maskedArgument(argument: string, more: readonly string[]): string {
  let start = 0;
  for (let names = 0; names < MOST_ARGUMENTS; names += 1) {
    const equals = argument.indexOf('=', start);
    if (equals === -1) return argument;
    const name = argument.slice(argument.lastIndexOf(';', equals) + 1, equals);
    if (isSecretArgument(decodedName(name), more)) return `${argument.slice(0, equals + 1)}${MASK}`;
    const end = argument.indexOf(';', equals);
    if (end === -1) return argument;
    start = end + 1;
  }
  return `${argument.slice(0, start)}${MASK}`;
}

/** The same of a path with a query, or a URL. */
export function maskedTarget(target: string, more = NONE): string {
  const mark = target.indexOf('?');
  return mark === -1 ? target : `${target.slice(0, mark + 1)}${maskedQuery(target.slice(mark + 1), more)}`;
}

/** Whether the value of a header looks like a URL that may hold a secret: `Referer`, `Location`, `Link`, `X-Original-URL`. */
export function mayHoldSecrets(value: string): boolean {
  return (value.includes('=') && (value.includes('?') || value.includes('#'))) || (value.includes('@') && value.includes('//'));
}

/** Such a value without them: 0.1 µs a letter at worst. */
export function maskedUrls(value: string, more = NONE): string {
  return value.replace(USER_INFO, `$1:${MASK}@`).replace(IN_URL, (all: string, mark: string, name: string) => (isSecretArgument(decodedName(name), more) ? `${mark}${name}=${MASK}` : all));
}

/** As applications read it; one that can't be decoded is compared as it stands. */
function decodedName(name: string): string {
  if (name.length > MOST_LETTERS || !ESCAPED.test(name)) return name;
  try {
    return decodeURIComponent(name.replaceAll('+', ' ')).trim();
  } catch {
    return name;
  }
}
