/**
 * Which origins (RFC 6454) a cors plugin knows. Plain ones are compared in normal form by a look-up, regular expressions match a
 * whole origin in linear time. `null`, which any sandboxed page may send, is nobody's origin unless the list says `null`.
 */
import { RE2JS } from 're2js';

const PLAIN = /^[A-Za-z0-9.:/_~-]+$/;
/** Scheme, host, port; nothing behind them. */
const ORIGIN = /^[a-z][a-z0-9+.-]*:\/\/([a-z0-9._~-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?$/;
/** A scheme, a host of at most 253 characters, a port. */
const MAX_ORIGIN = 512;
const MAX_REMEMBERED = 1_000;

/** Everything else in a list is a regular expression. */
export function isPlainOrigin(text: string): boolean {
  return PLAIN.test(text);
}

/** What a browser may send as Origin, apart from `null`. */
export function isOrigin(text: string): boolean {
  return text.length <= MAX_ORIGIN && ORIGIN.test(text.toLowerCase());
}

export class Origins {
  readonly #plain: ReadonlySet<string>;
  /** Each compared with a whole origin. */
  readonly #patterns: readonly RE2JS[];
  /** Each compared with a whole host. */
  readonly #hostPatterns: readonly RE2JS[];
  /** What was asked lately; forgotten together when they are too many. */
  readonly #remembered = new Map<string, boolean>();

  constructor(list: readonly string[]) {
    const patterns = list.filter((text) => !isPlainOrigin(text));
    this.#plain = new Set(list.filter(isPlainOrigin).map(normalOrigin));
    this.#patterns = patterns.filter(namesScheme).map(compile);
    this.#hostPatterns = patterns.filter((pattern) => !namesScheme(pattern)).map(compile);
  }

  has(origin: string): boolean {
    if (origin.length > MAX_ORIGIN) return false;
    const known = this.#remembered.get(origin);
    if (known !== undefined) return known;
    if (this.#remembered.size >= MAX_REMEMBERED) this.#remembered.clear();
    const isListed = this.#lists(normalOrigin(origin));
    this.#remembered.set(origin, isListed);
    return isListed;
  }

  #lists(origin: string): boolean {
    if (this.#plain.has(origin)) return true;
    // What is no origin is not shown to patterns: they are written for origins, and often loosely.
    const host = ORIGIN.exec(origin)?.[1];
    if (host === undefined) return false;
    return this.#patterns.some((pattern) => pattern.matches(origin)) || this.#hostPatterns.some((pattern) => pattern.matches(host));
  }
}

/** A colon that does not belong to a group stands between scheme and host. */
function namesScheme(pattern: string): boolean {
  return pattern.replaceAll(/\(\?[a-zA-Z-]*:/g, '(').includes(':');
}

/** As it was checked when it was written, without anything around it: `\Q` would swallow that. */
function compile(pattern: string): RE2JS {
  return RE2JS.compile(pattern);
}

/** Lower case, without the port that the scheme has anyway and without a slash behind it. */
function normalOrigin(origin: string): string {
  const whole = withoutSlash(origin.toLowerCase());
  if (whole.startsWith('https:') && whole.endsWith(':443')) return whole.slice(0, -4);
  return whole.startsWith('http:') && whole.endsWith(':80') ? whole.slice(0, -3) : whole;
}

export function withoutSlash(origin: string): string {
  return origin.endsWith('/') ? origin.slice(0, -1) : origin;
}
