/**
 * Random expressions for property tests: their text together with what they mean, said in the plainest way and without any of
 * the code that is under test. For tests alone.
 */
import fc from 'fast-check';
import type { RequestView } from '../../shared/plugins/contract.ts';

export interface NaiveExpression {
  readonly text: string;
  holds(request: RequestView): boolean;
  /** What the last comparison of the path that held matched; undefined where none says. For a request that it holds for. */
  pathLength(request: RequestView): number | undefined;
}

type Texts = (request: RequestView) => readonly string[];

const segmentsOf = (request: RequestView): readonly string[] => request.path.replace(/\/$/, '').split('/').slice(1);
const FIELDS: Readonly<Record<string, Texts>> = {
  'http.method': (request) => [request.method],
  'http.host': (request) => [request.host],
  'http.path': (request) => [request.path],
  'net.protocol': (request) => [request.scheme],
  'tls.sni': (request) => (request.serverName === undefined ? [] : [request.serverName]),
  'http.path.segments.0': (request) => segmentsOf(request).slice(0, 1),
  'http.path.segments.1': (request) => segmentsOf(request).slice(1, 2),
  'http.path.segments.0_1': (request) => (segmentsOf(request).length < 2 ? [] : [segmentsOf(request).slice(0, 2).join('/')]),
  'http.headers.x_a': (request) => request.headerValues('x-a'),
  'http.headers.x_b': (request) => request.headerValues('x-b'),
  'http.queries.q': (request) => request.queryValues('q'),
};

const OPERATORS: Readonly<Record<string, (text: string, value: string) => boolean>> = {
  '==': (text, value) => text === value,
  '!=': (text, value) => text !== value,
  '^=': (text, value) => text.startsWith(value),
  '=^': (text, value) => text.endsWith(value),
  contains: (text, value) => text.includes(value),
  '~': (text, value) => new RegExp(value).test(text),
};

const VALUES: Readonly<Record<string, readonly string[]>> = {
  'http.method': ['GET', 'get', 'POST'],
  'http.host': ['a.test', '.test', '.a.test', 'a.', 'x.', 'A.TEST', 'z'],
  'net.protocol': ['http', 'https'],
  'tls.sni': ['a.test', '.test', 'b'],
  'http.path': ['/a', '/a/', '/ab', '/', '/a/b', 'b'],
};
const PATH_PATTERNS = ['^/a', '^/a/\\w+', '^/[ab]+/1', 'b$', '^/[^/]+/b', 'a|b', '^/a|/b'];

const field = fc.constantFrom(...Object.keys(FIELDS));
const comparison: fc.Arbitrary<NaiveExpression> = fc
  .tuple(field, fc.constantFrom(...Object.keys(OPERATORS)), fc.boolean(), fc.boolean(), fc.nat(20))
  .map(([name, operator, lower, any, pick]) => {
    const values = operator === '~' ? PATH_PATTERNS : (VALUES[name] ?? ['1', 'One', 'one', 'a', 'ab', 'a/b']);
    return textComparison(name, operator, lower, any, values[pick % values.length] ?? '');
  });

function textComparison(name: string, operator: string, lower: boolean, any: boolean, value: string): NaiveExpression {
  const inner = any ? `any(${name})` : name;
  const texts: Texts = (request) => (FIELDS[name]?.(request) ?? []).map((text) => (lower ? text.toLowerCase() : text));
  const fits = (text: string): boolean => OPERATORS[operator]?.(text, value) ?? false;
  return {
    text: `${lower ? `lower(${inner})` : inner} ${operator} ${operator === '~' ? `r#"${value}"#` : JSON.stringify(value)}`,
    holds: (request) => texts(request).length > 0 && (any ? texts(request).some(fits) : texts(request).every(fits)),
    pathLength: (request) => {
      if (name !== 'http.path' || !['==', '^=', '~'].includes(operator)) return undefined;
      if (operator !== '~') return value.length;
      const match = new RegExp(value).exec(texts(request)[0] ?? '');
      return match?.index === 0 ? match[0].length : 0;
    },
  };
}

const numbers: fc.Arbitrary<NaiveExpression> = fc.constantFrom<NaiveExpression>(
  { text: 'net.dst.port == 80', holds: (request) => request.localPort === 80, pathLength: () => undefined },
  { text: 'net.port > 0x50', holds: (request) => request.localPort > 80, pathLength: () => undefined },
  { text: 'http.path.segments.len >= 2', holds: (request) => segmentsOf(request).length >= 2, pathLength: () => undefined },
  { text: 'net.src.ip in 10.0.0.0/16', holds: (request) => request.clientAddress.startsWith('10.0.'), pathLength: () => undefined },
  { text: 'net.src.ip not in 10.0.0.0/8', holds: (request) => !request.clientAddress.startsWith('10.'), pathLength: () => undefined },
  { text: 'net.src.ip == 2001:db8:0:0::1', holds: (request) => request.clientAddress === '2001:db8::1', pathLength: () => undefined },
);

/** The tighter binding of `||` shows in the text: what stands in no parentheses is a conjunction of disjunctions. */
export const anyExpression: fc.Arbitrary<NaiveExpression> = fc.letrec<{ readonly all: NaiveExpression; readonly any: NaiveExpression; readonly term: NaiveExpression }>((tie) => ({
  all: fc.array(tie('any'), { minLength: 1, maxLength: 3 }).map((parts) => ({
    text: parts.map(({ text }) => text).join(' && '),
    holds: (request) => parts.every((part) => part.holds(request)),
    pathLength: (request) => parts.map((part) => part.pathLength(request)).findLast((length) => length !== undefined),
  })),
  any: fc.array(tie('term'), { minLength: 1, maxLength: 2 }).map((parts) => ({
    text: parts.map(({ text }) => text).join(' || '),
    holds: (request) => parts.some((part) => part.holds(request)),
    pathLength: (request) => parts.find((part) => part.holds(request))?.pathLength(request),
  })),
  term: fc.oneof(
    { maxDepth: 2 },
    { weight: 6, arbitrary: fc.oneof({ weight: 4, arbitrary: comparison }, { weight: 1, arbitrary: numbers }) },
    { weight: 1, arbitrary: tie('all').map((inner) => ({ ...inner, text: `(${inner.text})` })) },
    { weight: 1, arbitrary: tie('all').map((inner) => ({ text: `!(${inner.text})`, holds: (request: RequestView) => !inner.holds(request), pathLength: () => undefined })) },
  ),
})).all;
