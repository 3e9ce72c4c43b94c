/**
 * `holdfast gateway dump | diff | sync | apply | validate | reset | ping` against a real admin API: what is told and written, exit codes,
 * and errors at their line. Some as processes, as people run them; the others by the same entry in this process.
 */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { carryOut } from '../control-plane/cli/declarative.ts';
import { runCommand } from '../control-plane/cli/main.ts';
import { mergeFiles } from '../control-plane/declarative/merge-files.ts';
import { startTestAdminApi } from './support/admin-api.ts';
import { startProgram } from './support/control-plane-process.ts';

const { base, send, adminToken, viewerToken } = await startTestAdminApi();
const folder = mkdtempSync(join(tmpdir(), 'holdfast-files-'));
after(() => rmSync(folder, { recursive: true, force: true }));

interface Ran {
  readonly code: number | string;
  readonly out: string;
  readonly err: string;
}

async function holdfast(words: readonly string[], token = adminToken): Promise<Ran> {
  const [out, err]: [string[], string[]] = [[], []];
  const environment = { HOLDFAST_ADMIN_URL: base, HOLDFAST_ADMIN_TOKEN: token };
  const code = await runCommand(words, (own) => ({ environment, arguments: own, readFile: (path) => readFileSync(path, 'utf8'), workingFolder: folder }), { out: (line) => out.push(line), err: (line) => err.push(line) });
  return { code, out: out.join('\n'), err: err.join('\n') };
}

function file(name: string, text: string): string {
  const path = join(folder, name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, text);
  return path;
}

async function newGateway(name: string): Promise<void> {
  (await send('POST', '/v1/gateways', { json: { name } })).expect(201);
}

const SHOP = `_format_version: "3.0"
_workspace: shop
services:
- name: books
  url: http://books.internal
  routes:
  - name: books
    paths: [/books]
consumers:
- username: ada
  keyauth_credentials:
  - key: ada-key
`;

test('a process syncs a folder in one release, again with no changes, and exits with 2 where a diff finds some', async () => {
  await newGateway('shop');
  file('shop/shop.yaml', SHOP);
  file('shop/more/films.json', '{"_format_version": "3.0", "services": [{"name": "films", "host": "${{ env \\"DECK_FILMS\\" }}"}]}'.replaceAll('\\"', '"'));
  const environment = { HOLDFAST_ADMIN_URL: base, HOLDFAST_ADMIN_TOKEN: adminToken, DECK_FILMS: 'films.internal' };
  const run = async (...words: string[]): Promise<Ran> => {
    const started = startProgram('control-plane/cli/main.ts', ['gateway', ...words], environment);
    const code = await started.ended;
    return { code, out: started.stdout(), err: started.output() };
  };
  const first = await run('sync', join(folder, 'shop'));
  assert.equal(first.code, 0, first.err);
  assert.match(first.out, /^\+ creating services books$/m);
  assert.match(first.out, /^5 created, 0 updated, 0 deleted, 0 unchanged; version 1\.1$/m);
  assert.equal(first.out.includes('ada-key'), false);
  assert.match(first.out, /^\+ creating services films\n    name: "films"\n    host: "\[masked\]"$/m);
  assert.equal((await send('GET', '/shop/services/films')).expect(200).at('host'), 'films.internal');
  process.env['DECK_FILMS'] = 'films.internal';
  const again = await holdfast(['gateway', 'sync', '--yes', join(folder, 'shop')]);
  assert.deepEqual([again.code, again.out], [0, 'no changes'], again.err);
  (await send('PATCH', '/shop/services/books', { json: { retries: 1 } })).expect(200);
  const diff = await run('diff', '--non-zero-exit-code', join(folder, 'shop'));
  assert.deepEqual([diff.code, diff.out], [2, '~ updating services books\n    retries: 1 → 5\n0 created, 1 updated, 0 deleted, 4 unchanged\n'], diff.err);
});

test('dump, sync into an empty gateway, dump: the same file, readable for its owner alone', async () => {
  await newGateway('original');
  await newGateway('copy');
  const source = file('original.yaml', `${SHOP.replace('_workspace: shop\n', '')}upstreams:
- name: shelf
  targets: [{target: 10.0.0.1}, {target: '[::1]:81', weight: 3}]
plugins:
- name: rate-limiting
  service: books
  consumer: ada
  config: {minute: 5}
consumer_groups:
- name: gold
  consumers: [{username: ada}]
  plugins:
  - name: rate-limiting
    config: {hour: 9}
`);
  assert.equal((await holdfast(['gateway', 'sync', '--gateway', 'original', source])).code, 0);
  const [one, two] = [join(folder, 'one.yaml'), join(folder, 'two.yaml')];
  const dumped = await holdfast(['gateway', 'dump', '--gateway', 'original', '-o', one]);
  assert.equal(dumped.code, 0, dumped.err);
  assert.equal(statSync(one).mode & 0o777, 0o600);
  assert.equal((await holdfast(['gateway', 'sync', '--gateway=copy', one])).code, 0);
  await holdfast(['gateway', 'dump', '--gateway', 'copy', '--output-file', two]);
  assert.equal(readFileSync(two, 'utf8'), readFileSync(one, 'utf8'));
  assert.match(readFileSync(one, 'utf8'), /key: ada-key/);
  assert.match((await holdfast(['gateway', 'diff', '--gateway', 'original', one])).out, /^no changes$/);
  const refused = await holdfast(['gateway', 'dump', '-o', one]);
  assert.deepEqual([refused.code, /is there already/.test(refused.err)], [1, true]);
  assert.equal((await holdfast(['gateway', 'dump', '--gateway', 'original', '-o', '/dev/null', '--yes'])).code, 0);
  assert.equal(statSync('/dev/null').isCharacterDevice(), true);
  const unwritable = await holdfast(['gateway', 'dump', '--gateway', 'original', '-o', join(folder, 'nowhere', 'x.yaml')]);
  assert.deepEqual([unwritable.code, /x\.yaml can not be written: ENOENT/.test(unwritable.err)], [1, true], unwritable.err);
  const sanitized = await holdfast(['gateway', 'dump', '--gateway', 'original', '--sanitize', '--format', 'json']);
  assert.equal(sanitized.out.includes('ada-key'), false);
  assert.match(sanitized.out, /"key": "sanitized-[0-9a-f]{16}"/);
  const poor = await holdfast(['gateway', 'dump', '--gateway', 'original', '--with-id'], viewerToken);
  assert.equal(poor.out.includes('ada-key'), false);
  assert.match(poor.err, /^1 entities are without their secrets/);
});

test('what is wrong is shown with file, line and column, and nothing is changed; offline too', async () => {
  await newGateway('wrong');
  const good = file('wrong/a.yaml', '_format_version: "3.0"\n_workspace: wrong\nservices:\n- name: good\n  host: good.internal\n');
  file('wrong/b.yaml', '_format_version: "3.0"\nservices:\n- name: bad\n  hots: bad.internal\n  routes:\n  - name: r\n    paths:\n    - no-slash\n');
  for (const words of [['sync'], ['validate'], ['validate', '--offline'], ['diff']]) {
    const ran = await holdfast(['gateway', ...words, join(folder, 'wrong')]);
    assert.equal(ran.code, 1);
    assert.ok(ran.err.includes('b.yaml:4:3: services "bad": hots: unknown field (did you mean "host"?)\n  4 |   hots: bad.internal\n    |   ^'), ran.err);
    assert.ok(ran.err.includes('b.yaml:8:7: routes "r": paths.1: should start with'), ran.err);
  }
  assert.deepEqual((await send('GET', '/wrong/services')).at('data'), []);
  assert.deepEqual(await holdfast(['gateway', 'validate', '--offline', good]).then(({ code, out }) => [code, out]), [0, 'valid: 1 entities']);
  assert.match((await holdfast(['gateway', 'sync', join(folder, 'nowhere')])).err, /nowhere can not be read/);
  mkdirSync(join(folder, 'empty'));
  assert.match((await holdfast(['gateway', 'sync', join(folder, 'empty')])).err, /holds no \.yaml/);
});

test('what two files describe is told with the place of the other', async () => {
  const one = file('both/one.yaml', '_format_version: "3.0"\nservices:\n- name: s\n  host: a\n');
  file('both/two.yaml', '_format_version: "3.0"\nservices:\n- name: t\n  host: a\n- name: s\n  host: b\n');
  for (const words of [['diff'], ['validate', '--offline']]) {
    const ran = await holdfast(['gateway', ...words, join(folder, 'both')]);
    assert.match(ran.err, /two\.yaml:5:3: services "s": is described twice: .* \(the other: [^ ]*one\.yaml:3:3\)/);
    assert.ok(ran.err.includes(`${one.slice(1)}:3:3)`), ran.err);
  }
});

test('on a terminal the plan is shown and asked about; what is agreed to is what is applied, also where somebody writes meanwhile', async () => {
  await newGateway('asked');
  const merged = mergeFiles([{ name: 'f', text: '_format_version: "3.0"\nservices:\n- {name: s, host: wanted}\n' }], {});
  const settings = { adminUrl: base, adminToken, gateway: 'asked', selectTags: [], skipConsumers: false, json: false, yes: false, wait: false, selector: undefined, quorum: '100%', timeout: 1_000 };
  const [out, shown]: [string[], string[]] = [[], []];
  const output = { out: (line: string) => out.push(line), err: (line: string) => shown.push(line) };
  const run = (ask: () => Promise<boolean>): Promise<number> => carryOut('sync', settings, output, merged, { colours: true, ask });
  await assert.rejects(run(async () => false), /nothing was changed/);
  assert.deepEqual((await send('GET', '/asked/services')).at('data'), []);
  assert.ok(shown.includes('\u001b[32m+ creating services s\u001b[0m'), shown.join('\n'));
  let asked = 0;
  const code = await run(async () => {
    asked += 1;
    if (asked === 1) (await send('POST', '/asked/services', { json: { name: 'other', host: 'x' } })).expect(201);
    return true;
  });
  assert.deepEqual([code, asked], [0, 2]);
  assert.ok(shown.includes('\u001b[31m- deleting services other\u001b[0m'), shown.join('\n'));
  assert.match(out.at(-1) ?? '', /^1 created, 0 updated, 1 deleted, 0 unchanged; version/);
});

test('files that are larger than the control plane takes are refused with what to set', async () => {
  const large = file('large.yaml', `_format_version: "3.0"\n_comment: "${'x'.repeat(1_100_000)}"\n`);
  const ran = await holdfast(['gateway', 'sync', large]);
  assert.equal(ran.code, 1);
  assert.match(ran.err, /the files make 11\d{5} bytes, .* HOLDFAST_MAX_ADMIN_BODY_BYTES there to 2 MiB or more/);
});

test('apply deletes nothing, reset deletes everything and needs a yes, --json-output has the names of decK', async () => {
  await newGateway('verbs');
  const a = file('a.yaml', '_format_version: "3.0"\nservices:\n- {name: a, host: a}\n');
  const b = file('b.yaml', '_format_version: "3.0"\nservices:\n- {name: b, host: b}\n');
  const target = ['--gateway', 'verbs'];
  await holdfast(['gateway', 'sync', a, ...target]);
  const plan: Readonly<Record<string, unknown>> = JSON.parse((await holdfast(['gateway', 'diff', '--json-output', b, ...target])).out);
  assert.deepEqual(Object.keys(plan), ['changes', 'summary', 'version', 'warnings', 'errors']);
  assert.deepEqual(plan['summary'], { creating: 1, updating: 0, deleting: 1, total: 2 });
  await holdfast(['gateway', 'apply', b, ...target]);
  const refused = await holdfast(['gateway', 'reset', ...target]);
  assert.deepEqual([refused.code, refused.err], [1, 'holdfast: this deletes entities: say --yes']);
  const reset = await holdfast(['gateway', 'reset', '--force', ...target]);
  assert.match(reset.out, /^0 created, 0 updated, 2 deleted, 0 unchanged; version 1\.3$/m);
});

test('select tags by flag; --wait has the exit codes of publish; a ping tells who answers', async () => {
  await newGateway('flags');
  const path = file('flags.yaml', '_format_version: "3.0"\nservices:\n- {name: s, host: a}\n');
  const ran = await holdfast(['gateway', 'sync', '--gateway', 'flags', '--select-tag', 'team-a', '--select-tag', 'eu', '--wait', '--timeout', '100ms', path]);
  assert.equal(ran.code, 4, ran.err);
  assert.deepEqual((await send('GET', '/flags/services/s')).at('tags'), ['team-a', 'eu']);
  assert.match((await holdfast(['gateway', 'dump', '--gateway', 'flags', '--select-tag', 'eu'])).out, /select_tags:\n {4}- eu\nservices:\n {2}- name: s\n {4}host: a\n {4}tags:\n {6}- team-a$/);
  assert.match((await holdfast(['gateway', 'ping'])).out, /^Successfully connected to http/);
  assert.equal((await holdfast(['gateway', 'ping'], 'hfa_wrong')).code, 1);
});
