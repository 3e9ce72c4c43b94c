/** Files in decK's format: where everything stands in them, variables of the environment, and several as one. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ContentFile, showFileProblem } from './content-file.ts';
import { mergeFiles } from './merge-files.ts';

const YAML = `_format_version: "3.0"
services:
- name: books   # the shop's
  host: \${{ env "DECK_HOST" }}
  routes:
  - name: r
    paths:
    - /a
    - no-slash
`;

function placeIn(text: string, path: readonly (string | number)[]): string {
  const place = new ContentFile({ name: 'f', text }, { DECK_HOST: 'h' }).placeOf(path);
  return `${place?.line}:${place?.column}`;
}

test('every place has its line and column, in YAML and in JSON; what is not there is where it should be', () => {
  assert.equal(placeIn(YAML, ['services', 0]), '3:3');
  assert.equal(placeIn(YAML, ['services', 0, 'host']), '4:3');
  assert.equal(placeIn(YAML, ['services', 0, 'routes', 0, 'paths', 1]), '9:7');
  assert.equal(placeIn(YAML, ['services', 0, 'retries']), '3:3');
  assert.equal(placeIn('{\n  "services": [\n    {"name": "a", "hots": 1}\n  ]\n}', ['services', 0, 'hots']), '3:19');
  assert.equal(placeIn('a: &x {b: 1}\nservices: [*x]\n', ['services', 0, 'b']), '1:8');
});

test('a problem is shown with its line and a mark below the column', () => {
  const merged = mergeFiles([{ name: 'kong.yaml', text: YAML }], { DECK_HOST: 'h' });
  assert.deepEqual(showFileProblem(merged.locate(['services', 0, 'routes', 0, 'paths', 1], 'must begin with /')), [
    'kong.yaml:9:7: must begin with /',
    '  9 |     - no-slash',
    '    |       ^',
  ]);
  const long = `{"services": [${'{"name": "x"},'.repeat(100)}{"nmae": "y"}]}`;
  const [head, line = '', mark = ''] = showFileProblem(mergeFiles([{ name: 'f', text: long }], {}).locate(['services', 100, 'nmae'], 'unknown'));
  assert.equal(head, 'f:1:1416: unknown');
  assert.equal(line.slice(mark.length - 1, mark.length + 5), '"nmae"');
});

test('YAML that is none is told with its place, and so is what no entity could hold', () => {
  const broken = mergeFiles([{ name: 'f.yaml', text: 'services:\n- name: [a\n  host: b\n' }], {});
  assert.equal(broken.problems[0]?.line, 3);
  const twice = mergeFiles([{ name: 'f.yaml', text: 'a: 1\nb: 2\na: 3\n' }], {});
  assert.match(twice.problems[0]?.message ?? '', /unique/);
  assert.equal(twice.problems[0]?.line, 3);
  const special = mergeFiles([{ name: 'f.yaml', text: 'services:\n- __proto__: {a: 1}\n' }], {});
  assert.deepEqual([special.problems[0]?.line, special.problems[0]?.message], [2, 'unknown field']);
  assert.match(mergeFiles([{ name: 'f.yaml', text: '- a\n' }], {}).problems[0]?.message ?? '', /must hold names/);
});

test('a YAML bomb is refused and not inflated', () => {
  const lines = ['a0: &a0 [x,x,x,x,x,x,x,x,x,x]', ...Array.from({ length: 9 }, (_, i) => `a${i + 1}: &a${i + 1} [${Array(10).fill(`*a${i}`).join(',')}]`)];
  const merged = mergeFiles([{ name: 'f.yaml', text: lines.join('\n') }], {});
  assert.equal(merged.problems.length, 1);
});

function substituted(text: string, environment: Record<string, string>) {
  const { content, problems } = mergeFiles([{ name: 'f.yaml', text }], environment);
  return problems.length > 0 ? problems.map(({ line, column, message }) => `${line}:${column} ${message}`) : content;
}

test('variables are put in as values: a number without quotes is one, and nothing in them is read as YAML', () => {
  const environment = { DECK_PORT: '8080', DECK_FLAG: 'true', DECK_TEXT: 'a: "b" # c\n- d', DECK_PEM: '-----BEGIN\nX\n', DECK_EMPTY: '' };
  assert.deepEqual(substituted('a: ${{ env "DECK_PORT" }}\nb: "${{ env "DECK_PORT" }}"\nc: ${{ env "DECK_TEXT" }}\nd: \'${{ env "DECK_FLAG" }}\'\ne: ${{env "DECK_FLAG" | toBool}}\nf: x-${{ env \'DECK_PORT\' }}-${{ env "DECK_FLAG" }}\ng: ${{ env "DECK_EMPTY" }}\n', environment), {
    a: 8080, b: '8080', c: 'a: "b" # c\n- d', d: 'true', e: true, f: 'x-8080-true', g: null,
  });
  assert.deepEqual(substituted('{"a": ${{ env "DECK_PORT" }}, "b": "${{ env "DECK_PEM" }}"}', environment), { a: 8080, b: '-----BEGIN\nX\n' });
});

test('a variable that is not set, or not one of decK\'s, is told at its place', () => {
  assert.deepEqual(substituted('a: 1\nb: ${{ env "DECK_MISSING" }}\nc: ${{ env "HOME" }}\n', { HOME: 'secret' }), [
    '2:4 the environment variable DECK_MISSING is not set',
    '3:4 ${{ env "HOME" }} is not understood: write ${{ env "DECK_NAME" }}; names of variables begin with DECK_',
  ]);
});

test('several files are one: lists one after the other, each place in its own file', () => {
  const merged = mergeFiles([
    { name: 'a.yaml', text: '_format_version: "3.0"\n_info: {select_tags: [x], defaults: {service: {retries: 1}}}\nservices:\n- name: a\n- name: b\n' },
    { name: 'b.json', text: '{"_format_version": "3.0", "_info": {"select_tags": ["x", "y"], "defaults": {"route": {"strip_path": false}}},\n "services": [\n  {"name": "c"}], "_plugin_configs": {"p": {"minute": 1}}}' },
  ], {});
  assert.deepEqual(merged.problems, []);
  assert.deepEqual(merged.content, {
    _format_version: '3.0', _info: { select_tags: ['x', 'y'], defaults: { service: { retries: 1 }, route: { strip_path: false } } },
    services: [{ name: 'a' }, { name: 'b' }, { name: 'c' }], _plugin_configs: { p: { minute: 1 } },
  });
  const at = (...path: (string | number)[]) => {
    const { file, line } = merged.locate(path, '');
    return `${file.name}:${line}`;
  };
  assert.deepEqual([at('services', 1, 'name'), at('services', 2, 'name'), at('_plugin_configs', 'p'), at('_info', 'defaults', 'route', 'strip_path')], ['a.yaml:5', 'b.json:3', 'b.json:3', 'b.json:1']);
});

test('what two files say differently is refused where the second says it', () => {
  const merged = mergeFiles([
    { name: 'a.yaml', text: '_format_version: "3.0"\n_workspace: one\n_plugin_configs:\n  p: {minute: 1}\n' },
    { name: 'b.yaml', text: '_format_version: "1.1"\n_workspace: one\n_plugin_configs:\n  p: {minute: 2}\n' },
  ], {});
  assert.deepEqual(merged.problems.map(({ file, line, message }) => [file.name, line, message]), [
    ['b.yaml', 1, '_format_version is "3.0" in a.yaml: files that are merged must say the same'],
    ['b.yaml', 4, '_plugin_configs.p is {"minute":1} in a.yaml: files that are merged must say the same'],
  ]);
});

test('aliases that one after the other make far more than the file holds are refused before they do', () => {
  const list = `_comment:\n  a: &a [${'1,'.repeat(20_000)}1]\n  b: [${Array(900).fill('*a').join(',')}]\n`;
  assert.match(mergeFiles([{ name: 'f.yaml', text: list }], {}).problems[0]?.message ?? '', /too large with all that its aliases stand for/);
  const text = `_comment:\n  a: &a ${'x'.repeat(100_000)}\n  b: [${Array(900).fill('*a').join(',')}]\n`;
  assert.match(mergeFiles([{ name: 'f.yaml', text }], {}).problems[0]?.message ?? '', /too large with all that its aliases stand for/);
});

test('merge keys lay an anchor below; a second document is told where it begins', () => {
  const merged = mergeFiles([{ name: 'f.yaml', text: 'services:\n- &a {name: a, host: h}\n- <<: *a\n  name: b\n' }], {});
  assert.deepEqual([merged.problems, merged.content], [[], { services: [{ name: 'a', host: 'h' }, { name: 'b', host: 'h' }] }]);
  const two = mergeFiles([{ name: 'f.yaml', text: 'a: 1\n---\nb: 2\n' }], {});
  assert.deepEqual([two.problems[0]?.line, two.problems[0]?.message], [2, 'a second document begins here: a file holds one']);
});
