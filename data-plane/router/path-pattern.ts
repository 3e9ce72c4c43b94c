/**
 * A route's regular expression over paths, in linear time whatever it says (R5). Patterns that are plain enough to be
 * provably linear under backtracking run on the JavaScript engine (0.05 µs a match), all others on RE2 (0.3 µs a miss,
 * 2 µs a hit, 0.1 ms to compile). Both anchor at the start of the path and not at its end.
 */
import { RE2JS } from 're2js';
import { readPlainPattern } from './plain-pattern.ts';

export interface PathPattern {
  /** Text that every matching path starts with: where the pattern stands in the path tree. */
  readonly literalPrefix: string;
  /** How many characters of the path matched, from its start; -1 where it does not match. */
  matchLength(path: string): number;
}

/** Throws where the pattern is no RE2 expression. */
export function compilePathPattern(pattern: string): PathPattern {
  const plain = readPlainPattern(pattern);
  if (plain === undefined) return compileWithRe2(pattern);
  const expression = new RegExp(plain.source, 'y');
  return {
    literalPrefix: plain.literalPrefix,
    matchLength: (path) => {
      expression.lastIndex = 0;
      return expression.test(path) ? expression.lastIndex : -1;
    },
  };
}

function compileWithRe2(pattern: string): PathPattern {
  const expression = RE2JS.compile(`^(?:${pattern})`);
  return {
    literalPrefix: literalPrefixOf(pattern),
    matchLength: (path) => {
      if (!expression.test(path)) return -1;
      const matcher = expression.matcher(path);
      return matcher.find() ? matcher.end() : -1;
    },
  };
}

/**
 * A prefix that is certain without understanding the pattern; also for patterns that do not compile. An outermost `|`
 * makes none certain, so alternatives are trusted only where they all stand in one plain group.
 */
export function literalPrefixOf(pattern: string): string {
  const alternativesInOneGroup = /^[^|]*\([^()\\[\]]*\)[^|]*$/;
  return !pattern.includes('|') || alternativesInOneGroup.test(pattern) ? leadingLiteral(pattern) : '';
}

function leadingLiteral(pattern: string): string {
  const [literal = ''] = /^(?:[A-Za-z0-9/_~%@!&=:;,-]|\\[./-])*/.exec(pattern) ?? [];
  const isRepeated = /^[*+?{]/.test(pattern.slice(literal.length));
  const certain = isRepeated ? literal.replace(/\\?.$/, '') : literal;
  return certain.replaceAll('\\', '');
}
