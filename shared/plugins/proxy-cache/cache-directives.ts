/**
 * Cache-Control as a table of directives (RFC 9111 §5.2), of requests and responses alike. Names count without regard to case; of a
 * directive that stands there twice the value that allows less counts; a value that is no number of seconds allows nothing.
 */

/** Values by lower-case name; '' where there is none. */
export type CacheDirectives = ReadonlyMap<string, string>;

const NONE: CacheDirectives = new Map();
/** RFC 9111 §1.2.2: what is larger counts as this. */
const MAX_SECONDS = 2_147_483_648;
const DIRECTIVE = /([^\s,=;"]+)(?:[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^\s,;"]*)))?/g;

/** Of all lines of the header. */
export function parseDirectives(lines: readonly string[]): CacheDirectives {
  if (lines.length === 0) return NONE;
  const directives = new Map<string, string>();
  for (const line of lines) {
    for (const [, name = '', quoted, plain] of line.matchAll(DIRECTIVE)) {
      const key = name.toLowerCase();
      const value = quoted ?? plain ?? '';
      const known = directives.get(key);
      directives.set(key, known === undefined ? value : stricter(known, value));
    }
  }
  return directives;
}

function stricter(one: string, other: string): string {
  return numberOf(other) < numberOf(one) ? other : one;
}

function numberOf(value: string): number {
  return /^\d+$/.test(value) ? Math.min(Number(value), MAX_SECONDS) : 0;
}

/** Undefined where the directive is not there. */
export function secondsOf(directives: CacheDirectives, name: string): number | undefined {
  const value = directives.get(name);
  return value === undefined ? undefined : numberOf(value);
}
