import { test } from 'node:test';
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { RE2JS } from 're2js';
import { cpuMsOf } from '../../test/support/cpu-time.ts';
import { compilePathPattern, literalPrefixOf } from './path-pattern.ts';
import { readPattern } from './plain-pattern.ts';

function re2MatchLength(pattern: string, path: string): number {
  const matcher = RE2JS.compile(`^(?:${pattern})`).matcher(path);
  return matcher.find() ? matcher.end() : -1;
}

function re2Captures(pattern: string, path: string): ReadonlyMap<string, string> | undefined {
  const matcher = RE2JS.compile(`^(?:${pattern})`).matcher(path);
  if (matcher.groupCount() === 0 || !matcher.find()) return undefined;
  const numbers = Array.from({ length: matcher.groupCount() }, (_, index) => [String(index + 1), matcher.group(index + 1)] as const);
  return new Map([...numbers, ...Object.entries(matcher.getNamedGroups())].filter((entry): entry is [string, string] => entry[1] !== null));
}

/** Each part at the next slash after the one before it. */
function hasSkeleton(path: string, [first = '', ...others]: readonly string[]): boolean {
  if (!path.startsWith(first)) return false;
  let at = first.length;
  for (const part of others) {
    at = path.indexOf('/', at);
    if (at < 0 || !path.startsWith(part, at)) return false;
    at += part.length;
  }
  return true;
}

test('what routes mostly have is plain', () => {
  const plain = ['/users/\\d+', '/users/(?<id>[^/]+)/orders$', '/(?P<a>\\w+)/x', '/files/.*\\.jpg', '/v\\d\\.\\d{1,2}/', '/a-b_c~d%20', '^/x', '/[a-z0-9-]+/?$', '/a.*'];
  for (const pattern of plain) assert.notEqual(readPattern(pattern).source, undefined, pattern);
});

test('what could backtrack, or is unusual, is not plain', () => {
  const other = [
    '/(a+)+', '/(?:a|b)', '/a|b', '/.*/.*', '/\\w+\\d+', '/\\w+-?\\w', '/a*a*', '/(?=a)', '/(?i)a', '/(a)\\1', '/a++', '/a{2}{3}', '/x{1001}', '/[[:alpha:]]',
    '/\\pL', '/\\bx', '/\\Qx\\E', '/[z-a]', '/(', '/)', '/[', '/a$b', '/a^', '/(?<n>a)(?<n>b)', '/é', '/.*a{65}', '/[\\s]', '/[]a]',
  ];
  for (const pattern of other) assert.equal(readPattern(pattern).source, undefined, pattern);
});

/** Random patterns of few characters, so that matches and overlaps happen often. */
const atom = fc.constantFrom('a', 'b', '/', '.', '\\d', '\\w', '\\W', '[ab]', '[^/]', '[^a/]', '[a-c]', '[/-]', '\\.', '\\/', '1', '-');
const quantifier = fc.constantFrom('', '', '', '', '*', '+', '?', '*?', '+?', '{2}', '{1,2}', '{0,3}?', '{1,}');
const piece = fc.tuple(atom, quantifier).map((parts) => parts.join(''));
const sequence = fc.array(piece, { minLength: 1, maxLength: 4 }).map((pieces) => pieces.join(''));
const group = fc.oneof(sequence, sequence.map((inner) => `(${inner})`), fc.tuple(sequence, sequence).map(([one, two]) => `(?:${one}|${two})`), sequence.map((inner) => `(${inner})*`), fc.constantFrom('(a|b)', '(?:a|b1)?', '\\(a|b\\)', '(a|b)*'));
const named = fc.constantFrom('', '', '(?<n>b|)', '(?P<id>a+)');
const pattern = fc.tuple(named, fc.array(group, { minLength: 1, maxLength: 3 }), fc.constantFrom('', '', '$'), fc.constantFrom('', '', '|/b')).map(([first, groups, end, alternative]) => `/${first}${groups.join('')}${end}${alternative}`);
const path = fc.array(fc.constantFrom('a', 'b', 'c', '/', '1', '-', '.', '\n', '\xe9'), { maxLength: 12 }).map((characters) => `/${characters.join('')}`);

test('every pattern matches as much as RE2 says, on whichever engine it runs', () => {
  let [plain, matches] = [0, 0];
  fc.assert(
    fc.property(pattern, fc.array(path, { minLength: 5, maxLength: 5 }), (text, paths) => {
      const compiled = compilePathPattern(text);
      if (readPattern(text).source !== undefined) plain += 1;
      for (const one of paths) {
        const expected = re2MatchLength(text, one);
        if (expected >= 0) matches += 1;
        assert.equal(compiled.matchLength(one), expected, `${text} on ${JSON.stringify(one)}`);
        if (expected >= 0) assert.ok(hasSkeleton(one, compiled.skeleton), `${text}: ${compiled.skeleton.join()} in ${JSON.stringify(one)}`);
        if (expected >= 0) assert.deepEqual(compiled.captures(one), re2Captures(text, one), `${text} on ${JSON.stringify(one)}`);
        if (expected >= 0) assert.ok(one.startsWith(literalPrefixOf(text)), `${text}: ${literalPrefixOf(text)}`);
      }
    }),
    { numRuns: 2_000 },
  );
  assert.ok(plain > 60 && matches > 300, `the property must see both engines and matches: ${plain}, ${matches}`);
});

test('plain patterns take linear time in the path', () => {
  for (const text of ['/[^/]+/[^/]+/[^/]+$', '/\\w+-\\d+-\\w+-\\d+$', '/.*abcdefgh$', '/a*b*c*d*e*f*g*$', '/a?b?c?d?e?/[^x]*x']) {
    const compiled = compilePathPattern(text);
    assert.notEqual(readPattern(text).source, undefined, text);
    const spentMs = cpuMsOf(() => {
      for (const filler of ['a', 'a-1', 'abcdefg', 'ab/', 'abcdefgh', '1-']) compiled.matchLength(`/${filler.repeat(60_000 / filler.length)}!`);
    });
    assert.ok(spentMs < 500, `${text} took ${spentMs} ms`);
  }
});

test('literal starts are certain or empty', () => {
  const cases = { '/api/v1/(a|b)': '/api/v1/', '/a|/b': '', '/a(b|(c|d))': '', '/ab*': '/a', '/a\\.b': '/a.b', '/a\\.?': '/a', '(?i)/a': '', '/x{2}': '/', '/admin/(': '/admin/' };
  for (const [text, expected] of Object.entries(cases)) assert.equal(literalPrefixOf(text), expected, text);
});

test('patterns are told apart by text and the segments between', () => {
  const cases: Readonly<Record<string, readonly string[]>> = {
    '/users/\\d+/orders$': ['/users/', '/orders'],
    '/(v1|v2)/items-3/(?<id>[^/]+)/x.*': ['/', '/items-3/', '/x'],
    '/v\\d\\.\\d+/a': ['/v', '/a'],
    '/a.*/b': ['/a'],
    '/a/?b': ['/a'],
    '/a|/b': [''],
    '(?i)/a/b': [''],
    '/[^/]*/[^/]*/c': ['/', '/', '/c'],
    '/\\w+\\d+/far': ['/', '/far'],
  };
  for (const [text, expected] of Object.entries(cases)) assert.deepEqual(compilePathPattern(text).skeleton, expected, text);
});

test('captures have numbers and names, and leave out what took no part', () => {
  assert.deepEqual(compilePathPattern('/a/(?<id>\\d+)(/x)?/(\\w+)').captures('/a/12/bc'), new Map([['1', '12'], ['3', 'bc'], ['id', '12']]));
  assert.equal(compilePathPattern('/a/\\d+').captures('/a/12'), undefined);
});
