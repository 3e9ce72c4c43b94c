import { test } from 'node:test';
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { RE2JS } from 're2js';
import { estimateRegexSize } from './regex-size.ts';

/** Beginning, match and an empty step. */
const FRAME = 3;

const atom = fc.constantFrom('a', '/', '\\d', '\\.', '\\pL', '\\p{Greek}', '\\x{1F600}', '[a-z]', '[^/]', '[]a]', '[)(]', '[[:alpha:]{9}]', '[\\]{9}]', '\\Q(){9}\\E', '.', '^', '$', '{', '{x}', '{9');
const repeat = fc.constantFrom('', '', '*', '+?', '?', '{3}', '{0,4}', '{2,}', '{5}?');
const { pattern } = fc.letrec<{ readonly pattern: string; readonly piece: string }>((tie) => ({
  pattern: fc.array(tie('piece'), { maxLength: 5 }).map((pieces) => pieces.join('')),
  piece: fc.oneof(
    { maxDepth: 3 },
    fc.tuple(atom, repeat).map((parts) => parts.join('')),
    fc.tuple(fc.constantFrom('(', '(?:', '(?P<n>', '(?i:'), tie('pattern'), tie('pattern'), repeat).map(([open, one, other, times]) => `${open}${one}|${other})${times}`),
  ),
}));

test('no program is larger than twice the estimate', () => {
  let compiled = 0;
  fc.assert(
    fc.property(pattern, (text) => {
      const program = tryCompile(text);
      if (program === undefined) return;
      compiled += 1;
      assert.ok(program.programSize() <= 2 * estimateRegexSize(text) + FRAME, `${text}: ${program.programSize()} > ${estimateRegexSize(text)}`);
    }),
    { numRuns: 3000 },
  );
  assert.ok(compiled > 500, `only ${compiled} of 3000 compiled: the property says nothing`);
});

test('what people write is estimated near to what it is', () => {
  for (const text of ['/users/(?<id>\\d+)$', '/v[0-9]+/(items|orders)/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}', '^(eu|us)-[a-z]+-\\d{1,3}$']) {
    assert.ok(estimateRegexSize(text) < 3 * RE2JS.compile(text).programSize(), text);
  }
});

test('repeats multiply, and a hostile text takes no longer than it is long', () => {
  assert.ok(estimateRegexSize('(a{1000})'.repeat(800)) > 800_000);
  assert.ok(estimateRegexSize('((abcdefghij){100}){10}') > 10_000);
  const begunMs = performance.now();
  for (const text of ['[', '(', '[[:', '\\Q', '{', '\\', '[a', '(?:']) estimateRegexSize(text.repeat(300_000));
  assert.ok(performance.now() - begunMs < 5_000, 'the square of the length would take minutes');
});

function tryCompile(text: string): RE2JS | undefined {
  try {
    return RE2JS.compile(text);
  } catch {
    return undefined;
  }
}
