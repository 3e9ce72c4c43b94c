/**
 * What of a request no log may hold: values of headers and query arguments that carry credentials, by their usual names. A key that a
 * plugin takes under another name can't be known here: whoever logs names that header or argument too. Used by log-entry.ts and by
 * whatever else writes requests down.
 */

/** In the place of a value; Kong's word. */
export const MASK = 'REDACTED';

const HEADERS: ReadonlySet<string> = new Set([
  'authorization', 'proxy-authorization', 'cookie', 'set-cookie', 'apikey', 'api-key', 'x-api-key', 'x-apikey', 'x-auth-token', 'x-access-token',
  'x-amz-security-token', 'x-csrf-token', 'x-xsrf-token', 'x-forwarded-client-cert', 'x-vault-token', 'x-goog-api-key', 'ocp-apim-subscription-key',
]);
const ARGUMENTS: ReadonlySet<string> = new Set([
  'apikey', 'api_key', 'api-key', 'x-api-key', 'key', 'jwt', 'token', 'access_token', 'refresh_token', 'id_token', 'id_token_hint', 'auth', 'authorization',
  'password', 'passwd', 'pwd', 'secret', 'client_secret', 'client_assertion', 'code', 'code_verifier', 'sig', 'signature', 'x-amz-signature', 'x-amz-credential',
  'x-amz-security-token', 'x-goog-signature', 'x-goog-credential', 'sessionid', 'session', 'sid',
]);
const ESCAPED = /[%+]/;

export function isSecretHeader(lowerCaseName: string): boolean {
  return HEADERS.has(lowerCaseName) || HEADERS.has(lowerCaseName.replaceAll('_', '-'));
}

/** Name as decoded, in any case. */
export function isSecretArgument(name: string): boolean {
  return ARGUMENTS.has(name.toLowerCase());
}

/** A query as received, without `?`: the values of arguments with such names masked, all else byte for byte. */
export function maskedQuery(query: string): string {
  if (query === '') return '';
  return query.split('&').map((argument) => {
    const equals = argument.indexOf('=');
    return equals > 0 && isSecretArgument(decodedName(argument.slice(0, equals))) ? `${argument.slice(0, equals + 1)}${MASK}` : argument;
  }).join('&');
}

/** The same of a path with a query, or a URL. */
export function maskedTarget(target: string): string {
  const mark = target.indexOf('?');
  return mark === -1 ? target : `${target.slice(0, mark + 1)}${maskedQuery(target.slice(mark + 1))}`;
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
