/**
 * What one route may cost (R5): it is compiled in every proxy thread between requests, and one that takes seconds would
 * hold up everything else of its gateway. Used by route.ts only.
 */
import type { EntityCheck, JsonObject, JsonValue } from '../definition.ts';
import { entityRule, isJsonObject } from '../entity-checks.ts';
import { estimateRegexSize, MAX_REGEX_STEPS } from '../regex-size.ts';

/** Characters. */
export const MAX_EXPRESSION = 16_384;
/** Compiled within about a second, in slices: the router has an entry for each path under each host. */
const MAX_COMBINATIONS = 100_000;

const boundedRegexes = entityRule(`All regular expressions of a route take at most ${MAX_REGEX_STEPS} steps with their repeats written out.`, (route) => {
  const steps = regexesOf(route).reduce((sum, regex) => sum + estimateRegexSize(regex), 0);
  if (steps <= MAX_REGEX_STEPS) return [];
  return [{ field: '@entity', message: `the regular expressions of a route may take ${MAX_REGEX_STEPS} steps with their repeats written out, these take up to ${steps}: make them smaller, or make several routes` }];
});

const boundedCombinations = entityRule(`Hosts times paths times values of a header are at most ${MAX_COMBINATIONS}.`, (route) => {
  const headerValues = Math.max(0, ...headerLists(route).map((values) => values.length));
  const combinations = [listOf(route['hosts']).length, listOf(route['paths']).length, headerValues].reduce((product, length) => product * Math.max(1, length), 1);
  if (combinations <= MAX_COMBINATIONS) return [];
  return [{ field: '@entity', message: `hosts times paths times values of a header may be ${MAX_COMBINATIONS} in one route, got ${combinations}: make several routes` }];
});

export const routeBounds: readonly EntityCheck[] = [boundedRegexes, boundedCombinations];

function regexesOf(route: JsonObject): readonly string[] {
  const behind = (mark: string, values: readonly JsonValue[]): readonly string[] => values.flatMap((value) => (typeof value === 'string' && value.startsWith(mark) ? [value.slice(mark.length)] : []));
  return [...behind('~', listOf(route['paths'])), ...headerLists(route).flatMap((values) => behind('~*', values)), ...textsIn(route['expression'])];
}

/** The texts in an expression, some of which are regular expressions. What is no expression is for the parser to say. */
function textsIn(expression: JsonValue | undefined): readonly string[] {
  if (typeof expression !== 'string' || expression.length > MAX_EXPRESSION) return [];
  const texts: string[] = [];
  for (let at = expression.indexOf('"'); at >= 0; ) {
    const isRaw = expression.slice(at - 2, at) === 'r#';
    const end = isRaw ? expression.indexOf('"#', at + 1) : endOfText(expression, at + 1);
    if (end < 0) break;
    const text = expression.slice(at + 1, end);
    texts.push(isRaw ? text : text.replaceAll(/\\([^])/g, '$1'));
    at = expression.indexOf('"', end + 1);
  }
  return texts;
}

function endOfText(expression: string, from: number): number {
  let at = from;
  while (at < expression.length && expression[at] !== '"') at += expression[at] === '\\' ? 2 : 1;
  return at < expression.length ? at : -1;
}

function headerLists(route: JsonObject): readonly (readonly JsonValue[])[] {
  const headers = route['headers'];
  return isJsonObject(headers) ? Object.values(headers).map(listOf) : [];
}

function listOf(value: JsonValue | undefined): readonly JsonValue[] {
  return Array.isArray(value) ? value : [];
}
