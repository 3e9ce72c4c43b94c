/** Where the tokens of a request may stand: query, cookies, headers. Equal ones are one. Used by handler.ts. */
import type { RequestView } from '../contract.ts';

export interface TokenPlaces {
  readonly queryNames: readonly string[];
  readonly cookieNames: readonly string[];
  /** Lower case. */
  readonly headerNames: readonly string[];
}

const BEARER = /^bearer +([^ ]+)$/i;

/** Different ones, at most two: which of several counts is not ours to choose. */
export function findTokens(request: RequestView, { queryNames, cookieNames, headerNames }: TokenPlaces): readonly string[] {
  const found: string[] = [];
  if (request.query !== '') for (const name of queryNames) for (const value of request.queryValues(name)) add(found, value);
  if (cookieNames.length > 0) for (const line of request.headerValues('cookie')) addCookies(found, line, cookieNames);
  for (const name of headerNames) for (const value of request.headerValues(name)) add(found, BEARER.exec(value)?.[1] ?? '');
  return found;
}

function add(found: string[], token: string): void {
  if (token !== '' && found.length < 2 && !found.includes(token)) found.push(token);
}

/** RFC 6265 §4.2.1. */
function addCookies(found: string[], line: string, names: readonly string[]): void {
  for (let start = 0; start < line.length; ) {
    const semicolon = line.indexOf(';', start);
    const end = semicolon === -1 ? line.length : semicolon;
    const equals = line.indexOf('=', start);
    if (equals !== -1 && equals < end && names.includes(line.slice(start, equals).trim())) add(found, unquoted(line.slice(equals + 1, end).trim()));
    start = end + 1;
  }
}

function unquoted(value: string): string {
  return value.length > 1 && value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value;
}
