/**
 * What can be read of an expression that cannot be read whole: those of the parts joined by `&&` that say something this
 * version understands. All of them must hold, so they take every request that the whole would take, and more: enough for a
 * quarantined route to answer what it was to match, lest that falls to a more general route (S6).
 */
import { parseExpression } from '../../shared/model/expression/parse-expression.ts';
import type { Expression, Subsystem } from '../../shared/model/expression/syntax.ts';

/** A text, a raw text, or one character of anything else. */
const PIECE = /"(?:[^"\\]|\\.)*"|r#"[^]*?"#|&&|[^]/g;

/** Undefined where nothing of it can be read. */
export function readableConjuncts(text: string, subsystem: Subsystem): Expression | undefined {
  const read = conjunctsOf(text).flatMap((part) => {
    const parsed = parseExpression(part, subsystem);
    if (parsed.kind === 'wrong') return [];
    return parsed.expression.kind === 'all' ? parsed.expression.of : [parsed.expression];
  });
  const [first, ...others] = read;
  return first === undefined ? undefined : others.length === 0 ? first : { kind: 'all', of: [first, ...others] };
}

/** Split at each `&&` outside of parentheses and texts: nothing binds weaker. */
function conjunctsOf(text: string): readonly string[] {
  const parts: string[] = [];
  let [part, depth] = ['', 0];
  for (const [piece] of text.matchAll(PIECE)) {
    if (piece === '&&' && depth === 0) {
      parts.push(part);
      part = '';
      continue;
    }
    if (piece === '(') depth += 1;
    if (piece === ')') depth -= 1;
    part += piece;
  }
  return [...parts, part];
}
