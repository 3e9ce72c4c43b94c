/**
 * Rules on text that entity and plugin definitions share. Each says in Kong's words what is wrong, so that scripts
 * which read those messages keep working. Pure; called by parse-entity through `StringType.rules`.
 */
import { isIP, isIPv4, isIPv6 } from 'node:net';
import { RE2JS } from 're2js';
import type { StringRule } from './definition.ts';
import { isUuid } from './ids.ts';
import { normalisePath } from './normal-path.ts';

const CONTROL = /\p{Cc}/u;
const LABEL = /^[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?$/;
const NUMERIC_HOST = /^[0-9.]+$/;
const HEADER_NAME = /^[!#$%&'*+\-.^_`|~A-Za-z0-9]+$/;

export const uuidRule: StringRule = {
  name: 'uuid',
  check: (text) => (isUuid(text.toLowerCase()) ? undefined : 'expected a valid UUID'),
};

/** No control characters: for text that ends up in a header or a log line. */
export const printableRule: StringRule = {
  name: 'printable',
  check: (text) => (CONTROL.test(text) ? 'must not contain control characters' : undefined),
};

/** In HTTP's Basic scheme a colon ends the name (RFC 7617 §2). */
export const basicUsernameRule: StringRule = {
  name: 'basic-auth-username',
  check: (text) => (text.includes(':') ? 'must not contain a colon: clients could not send it (RFC 7617)' : printableRule.check(text)),
};

/** An absolute URI without fragment (RFC 6749 §3.1.2). */
export const redirectUriRule: StringRule = {
  name: 'redirect-uri',
  check: (text) => {
    if (!URL.canParse(text)) return `cannot parse '${text}': expected an absolute URI, such as https://app.example/callback`;
    return text.includes('#') ? `fragment not allowed in '${text}'` : undefined;
  },
};

export const nameRule: StringRule = {
  name: 'name',
  check: (text) =>
    /^[A-Za-z0-9.\-_~\u{A0}-\u{10FFFF}]+$/u.test(text)
      ? undefined
      : `invalid value '${text}': the only accepted ascii characters are alphanumerics or ., -, _, and ~`,
};

export const tagRule: StringRule = {
  name: 'tag',
  check: (text) =>
    CONTROL.test(text) || /[,/]/.test(text)
      ? `invalid tag '${text}': expected printable ascii (except \`,\` and \`/\`) or valid utf-8 sequences`
      : undefined,
};

/** True for a DNS name: labels of letters, digits, `-` and `_`, at most 253 characters; never for an address. */
export function isHostname(text: string): boolean {
  return text.length <= 253 && !NUMERIC_HOST.test(text) && text.split('.').every((label) => LABEL.test(label));
}

/** A hostname or an IP address (IPv6 without brackets), no port. */
export const hostRule: StringRule = {
  name: 'hostname',
  check: (text) => {
    if (isIP(text) !== 0 || isHostname(text)) return undefined;
    if (text.startsWith('[') && isIPv6(text.slice(1, -1))) return `invalid value: ${text}; an IPv6 address stands here without brackets`;
    return splitPort(text)?.port === undefined ? `invalid value: ${text}` : 'must not have a port';
  },
};

/** The name of an upstream: what a service's `host` refers to. */
export const upstreamNameRule: StringRule = {
  name: 'hostname',
  check: (text) => {
    if (isHostname(text)) return undefined;
    const parts = splitPort(text);
    if (parts !== undefined && isIP(parts.host) !== 0) return 'Invalid name; no ip addresses allowed';
    if (parts?.port !== undefined && isHostname(parts.host)) return 'Invalid name; no port allowed';
    return 'Invalid name; must be a valid hostname';
  },
};

export const hostWithOptionalPortRule: StringRule = {
  name: 'host-with-optional-port',
  check: (text) => (isHostWithOptionalPort(text) ? undefined : `invalid value: ${text}`),
};

/** A host to match: one `*` as the leftmost or rightmost label, an optional port. */
export const wildcardHostRule: StringRule = {
  name: 'wildcard-host',
  check: (text) => wildcardProblem(text) ?? (isHostWithOptionalPort(text.replace('*', 'any')) ? undefined : `invalid hostname: ${text}`),
};

export const wildcardSniRule: StringRule = {
  name: 'wildcard-sni',
  check: (text) => wildcardProblem(text) ?? (isHostname(text.replace('*', 'any')) ? undefined : `invalid value: ${text}`),
};

/** The name of a certificate's SNI: a hostname, one with a wildcard label, or `*` for every other name. */
export const sniNameRule: StringRule = {
  name: 'wildcard-sni',
  check: (text) => (text === '*' ? undefined : wildcardSniRule.check(text)),
};

export const sniRule: StringRule = {
  name: 'sni',
  check: (text) => (isHostname(text) ? undefined : `invalid value: ${text}`),
};

export const ipOrCidrRule: StringRule = {
  name: 'ip-or-cidr',
  check: (text) => {
    const [address = '', bits, ...more] = text.split('/');
    const widest = isIPv4(address) ? 32 : isIPv6(address) ? 128 : -1;
    const fits = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= widest);
    return widest >= 0 && fits && more.length === 0 ? undefined : `invalid ip or cidr range: '${text}'`;
  },
};

/** A path that stands as it is: starts with `/`, no empty segments, only what RFC 3986 allows in a path. */
export const pathRule: StringRule = {
  name: 'path',
  check: (text) => (text.startsWith('/') ? pathProblem(text) : 'should start with: /'),
};

/** A route's path: a normalised prefix, or `~` and a regular expression that starts with `/`. */
export const routePathRule: StringRule = {
  name: 'route-path',
  check: (text) => {
    if (text.startsWith('~/')) return text.includes('//') ? 'must not have empty segments' : regexProblem(text.slice(1));
    if (!text.startsWith('/')) return 'should start with: / (fixed path) or ~/ (regex path)';
    const problem = pathProblem(text);
    if (problem !== undefined) return problem;
    const normal = normalisePath(text);
    return normal === text ? undefined : `non-normalized path, consider use '${normal}' instead`;
  },
};

export const methodRule: StringRule = {
  name: 'http-method',
  check: (text) => (/^[A-Z]+$/.test(text) ? undefined : `invalid value: ${text}`),
};

export const headerNameRule: StringRule = {
  name: 'header-name',
  check: (text) => (HEADER_NAME.test(text) ? undefined : `bad header name '${text}', allowed characters are A-Z, a-z, 0-9, '_', and '-'`),
};

/** A header that a route matches on; the host has its own field. */
export const matchedHeaderNameRule: StringRule = {
  name: 'header-name',
  check: (text) =>
    text.toLowerCase() === 'host' ? "cannot contain 'host' header, which must be specified in the 'hosts' attribute" : headerNameRule.check(text),
};

/** A header value to match; with `~*` in front, a regular expression. */
export const matchedHeaderValueRule: StringRule = {
  name: 'header-value',
  check: (text) => (text.startsWith('~*') ? regexProblem(text.slice(2)) : printableRule.check(text)),
};

export const cookieNameRule: StringRule = {
  name: 'cookie-name',
  check: (text) => (HEADER_NAME.test(text) ? undefined : `bad cookie name '${text}', allowed characters are A-Z, a-z, 0-9, '_', and '-'`),
};

/** What a regular expression may be on a data plane: RE2 syntax, which runs in linear time. Undefined where it compiles. */
export function regexProblem(pattern: string): string | undefined {
  try {
    RE2JS.compile(pattern);
    return undefined;
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message : 'does not compile';
    return `invalid regex: '${pattern}' (RE2: ${reason})`;
  }
}

/** `host`, `host:port`, `[v6]:port` or a bare IPv6 address into its parts; undefined where a port is no port. */
export function splitPort(text: string): { readonly host: string; readonly port?: number } | undefined {
  if (isIPv6(text)) return { host: text };
  const match = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d{1,5}))?$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  if (host === undefined || (match?.[1] !== undefined && !isIPv6(host))) return undefined;
  if (match?.[3] === undefined) return { host };
  const port = Number(match[3]);
  return port <= 65_535 ? { host, port } : undefined;
}

function isHostWithOptionalPort(text: string): boolean {
  const parts = splitPort(text);
  return parts !== undefined && (isIP(parts.host) !== 0 || isHostname(parts.host)) && parts.port !== 0;
}

function wildcardProblem(text: string): string | undefined {
  const first = text.indexOf('*');
  if (first < 0) return undefined;
  if (text.indexOf('*', first + 1) >= 0) return 'invalid wildcard: must have at most one wildcard';
  const host = text.replace(/:\d+$/, '');
  return host.startsWith('*.') || host.endsWith('.*') ? undefined : 'invalid wildcard: must be placed at leftmost or rightmost label';
}

function pathProblem(text: string): string | undefined {
  if (text.includes('//')) return 'must not have empty segments';
  if (!/^[A-Za-z0-9\-._~!$&'()*+,;=:@%/]*$/.test(text)) return `invalid path: '${text}' (characters outside of the reserved list of RFC 3986 found)`;
  const broken = /%(?![0-9a-fA-F]{2}).{0,2}/.exec(text);
  return broken === null ? undefined : `invalid url-encoded value: '${broken[0]}'`;
}
