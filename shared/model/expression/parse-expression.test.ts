import { describe, test } from 'node:test';
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseExpression } from './parse-expression.ts';
import type { Expression, Subsystem } from './syntax.ts';

function parsed(text: string, subsystem: Subsystem = 'http'): Expression {
  const result = parseExpression(text, subsystem);
  assert.equal(result.kind, 'parsed', result.kind === 'wrong' ? `${text}: ${result.problem}` : text);
  return result.kind === 'parsed' ? result.expression : { kind: 'all', of: [] };
}

function problem(text: string, subsystem: Subsystem = 'http'): string {
  const result = parseExpression(text, subsystem);
  return result.kind === 'wrong' ? result.problem : 'accepted';
}

/** The tree in words: `(a && b)`. */
function shape(expression: Expression): string {
  switch (expression.kind) {
    case 'all':
      return `(${expression.of.map(shape).join(' && ')})`;
    case 'any':
      return `(${expression.of.map(shape).join(' || ')})`;
    case 'not':
      return `!${shape(expression.of)}`;
    case 'address':
      return `${expression.field} ${expression.operator} ${expression.value.address}/${expression.value.bits}`;
    default:
      return String(expression.value);
  }
}

const named = (text: string): string => text.replace(/\b[a-z]\b/g, (letter) => `http.path == "${letter}"`);

describe('what an expression says', () => {
  const shapes: readonly (readonly [text: string, expected: string])[] = [
    ['a', 'a'],
    ['a && b || c', '(a && (b || c))'],
    ['a || b && c || d', '((a || b) && (c || d))'],
    ['(a && b) || c', '((a && b) || c)'],
    ['a && (b && c)', '(a && b && c)'],
    ['!(a || b) && !(c)', '(!(a || b) && !c)'],
    ['((((a))))', 'a'],
    [' a\n\t&&\r\nb ', '(a && b)'],
  ];
  for (const [text, expected] of shapes) test(`${text} means ${expected}`, () => assert.equal(shape(parsed(named(text))), expected));

  test('texts with escapes, raw texts', () => {
    assert.equal(shape(parsed(String.raw`http.path == "a\"\\\n\r\tb"`)), 'a"\\\n\r\tb');
    assert.equal(shape(parsed('http.path ~ r#"^/a"b\\d+$"#')), '^/a"b\\d+$');
    assert.equal(shape(parsed('http.path == ""')), '');
  });

  test('numbers: decimal, hexadecimal, octal, negative', () => {
    for (const [text, number] of [['0', 0], ['80', 80], ['0x1F', 31], ['017', 15], ['-5', -5], ['-0x10', -16]] as const) assert.equal(shape(parsed(`net.dst.port == ${text}`)), String(number), text);
  });

  test('addresses and blocks', () => {
    assert.equal(shape(parsed('net.src.ip == 10.0.0.1')), 'source == 10.0.0.1/32');
    assert.equal(shape(parsed('net.src.ip in 10.0.0.0/8 && net.dst.ip not  in fe80::/10')), '(source in 10.0.0.0/8 && destination not in fe80::/10)');
    assert.equal(shape(parsed('net.dst.ip == ::1', 'stream')), 'destination == ::1/128');
  });

  test('fields: headers with dashes, segments, queries, functions in either order', () => {
    assert.deepEqual(parsed('any(lower(http.headers.X_Foo_bar)) == "a"'), { kind: 'text', field: { kind: 'header', name: 'x-foo-bar' }, lower: true, any: true, operator: '==', value: 'a' });
    assert.deepEqual(parsed('lower( any ( http.queries.Q ) ) contains "a"'), { kind: 'text', field: { kind: 'query', name: 'Q' }, lower: true, any: true, operator: 'contains', value: 'a' });
    assert.deepEqual(parsed('http.path.segments.1_3 == "a/b/c"'), { kind: 'text', field: { kind: 'segments', first: 1, last: 3 }, lower: false, any: false, operator: '==', value: 'a/b/c' });
    assert.deepEqual(parsed('http.path.segments.len > 2'), { kind: 'number', field: 'segment-count', operator: '>', value: 2 });
    assert.deepEqual(parsed('net.port == 80'), parsed('net.dst.port == 80'));
  });
});

describe('what is wrong, where, and what to write instead', () => {
  const cases: readonly (readonly [text: string, problem: string])[] = [
    ['', 'col 1: expected a field, lower(…), any(…) or (, got the end'],
    ['http.pth == "a"', 'col 1: unknown field http.pth (did you mean "http.path"?)'],
    ['http.path == "a" &&', 'col 20: expected a field, lower(…), any(…) or (, got the end'],
    ['http.path == "a" http', 'col 18: expected && or || or the end, got "http"'],
    ['http.path == "a" & http.path == "b"', 'col 18: expected && or || or the end, got "& http.path == \\"b\\""'],
    ['(http.path == "a"', 'col 18: expected ), got the end'],
    ['!http.path == "a"', 'col 2: expected ( after !, got "http.path == \\"a\\""'],
    ['http.path', 'col 10: expected an operator after http.path (== != ~ ^= =^ contains), got the end'],
    ['http.path = "a"', 'col 11: expected an operator after http.path (== != ~ ^= =^ contains), got "= \\"a\\""'],
    ['http.headers.x-y == "a"', 'col 15: expected an operator after http.headers.x (== != ~ ^= =^ contains); write - in a name as _, got "-y == \\"a\\""'],
    ['http.headers == "a"', 'col 1: http.headers: write http.headers.<name> (with _ for -) or http.queries.<name>'],
    ['http.path == 5', 'col 14: http.path is a text: expected a text in quotes'],
    ['http.path > "a"', 'col 11: > does not go with http.path, which is a text: expected one of == != ~ ^= =^ contains'],
    ['net.dst.port == "80"', 'col 17: net.dst.port is a number: expected a number'],
    ['net.dst.port in 10.0.0.0/8', 'col 14: in does not go with net.dst.port, which is a number: expected one of == != >= > <= <'],
    ['net.src.ip == 10.0.0.0/8', 'col 15: == compares with one address; with a block use in or not in'],
    ['net.src.ip in 10.0.0.1', 'col 15: in needs a block such as 10.0.0.1/32'],
    ['net.src.ip == 10.0.0', 'col 15: "10.0.0" is neither a whole number nor an IP address nor a block of them'],
    ['net.dst.port == 99999999999999999999', 'col 17: "99999999999999999999" is too large'],
    ['net.dst.port == 089', 'col 17: "089" is neither a whole number nor an IP address nor a block of them'],
    ['net.dst.port == ', 'col 17: expected a value: "text", r#"text"#, a number, an IP address or a block of them, got the end'],
    ['lower(net.dst.port) == 80', 'col 7: lower() is for texts, and net.dst.port is a number'],
    ['upper(http.path) == "A"', 'col 1: unknown function upper: expected lower or any'],
    ['any(any(http.path)) == "A"', 'col 5: any() stands twice'],
    ['http.path ~ "("', "col 13: invalid regex: '(' (RE2: error parsing regexp: missing closing ): `(`)"],
    ['http.path == "a\\d"', 'col 14: the text that begins here does not end, or has a \\ before something else than " \\ n r t (r#"…"# needs no \\)'],
    ['http.path == "a', 'col 14: the text that begins here does not end, or has a \\ before something else than " \\ n r t (r#"…"# needs no \\)'],
    ['http.path.segments.3_1 == "a"', 'col 1: http.path.segments.3_1 ends before it begins'],
  ];
  for (const [text, expected] of cases) test(text === '' ? '(nothing)' : text, () => assert.equal(problem(text), expected));

  test('fields of requests are none of connections', () => {
    assert.equal(problem('http.path == "/"', 'stream'), "col 1: http.path exists for http routes only; this route's protocols have net.* and tls.sni");
    assert.equal(problem('tls.sn == "a"', 'stream'), 'col 1: unknown field tls.sn (did you mean "tls.sni"?)');
  });
});

describe('the conditions of plugins', () => {
  test('may ask about the consumer, and about all that an http route may', () => {
    assert.deepEqual(parsed('any(consumer.groups) == "gold"', 'plugin'), { kind: 'text', field: { kind: 'consumer', of: 'groups' }, lower: false, any: true, operator: '==', value: 'gold' });
    for (const field of ['consumer.id', 'consumer.username', 'consumer.custom_id', 'http.path', 'http.headers.x', 'tls.sni']) assert.equal(problem(`${field} == "a"`, 'plugin'), 'accepted', field);
  });

  test('routes may not: nobody knows yet', () => {
    for (const subsystem of ['http', 'stream'] as const) assert.equal(problem('consumer.id == "a"', subsystem), 'col 1: consumer.id exists in the conditions of plugins only: a route is chosen before it is known who sends the request');
    assert.equal(problem('consumer.group == "a"', 'plugin'), 'col 1: unknown field consumer.group (did you mean "consumer.groups"?)');
  });
});

describe('hostile texts', () => {
  test('any text is parsed or refused, never thrown at', () => {
    const word = fc.constantFrom('http.path', '==', '"a"', '&&', '||', '!', '(', ')', 'lower(', 'any(', 'r#"', '"#', '"', '\\', '10.0.0.0/8', '::', '0x', '-', 'not', 'in', ' ', '~', 'http.headers.', '\u{1F600}');
    fc.assert(fc.property(fc.array(fc.oneof(word, fc.string({ maxLength: 3 })), { maxLength: 30 }), (words) => assert.match(problem(words.join('')), /^(accepted|col \d+: .+)$/s)), { numRuns: 3_000 });
  });

  test('nesting and length are bounded', () => {
    assert.match(problem('('.repeat(16_000)), /^col 102: more than 100 parentheses/);
    assert.match(problem('any('.repeat(4_000)), /^col 5: any\(\) stands twice/);
    assert.equal(problem(Array.from({ length: 400 }, (_, index) => `http.path ^= "/${index}"`).join(' || ')), 'accepted');
  });

  test('a regular expression that would take seconds to compile is refused before', () => {
    assert.match(problem('http.path ~ "((a{100}){100}){100}"'), /^col 13: the regular expressions take more than 50000 steps/);
    const many = Array.from({ length: 60 }, () => 'http.path ~ "a{1000}"').join(' || ');
    assert.match(problem(many), /more than 50000 steps/);
  });
});
