/**
 * A custom plugin from an empty folder to requests, by the commands that people type, as docs/custom-plugins.md has them; two versions side by
 * side on one data plane; an alarm where what runs is not what was registered. Loading by itself: what can't be a plugin is refused by name.
 */
import { spawn } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { request } from 'undici';
import { runCommand } from '../control-plane/cli/main.ts';
import type { SettingSources } from '../shared/settings.ts';
import { findPluginPackage, loadPlugin } from '../shared/plugin-kit/plugin-package.ts';
import { AdminClient } from '../deploy/quickstart/admin-client.ts';
import { toSchemaDocument } from '../shared/plugins/schema-document.ts';
import { ready, startControlPlane } from './support/control-plane-process.ts';
import { DataPlaneProcess } from './support/data-plane-process.ts';
import { ManualClock } from './support/manual-clock.ts';
import { createTestDatabase } from './support/postgres.ts';
import { startRecordingOrigin } from './support/recording-origin.ts';
import { waitUntil } from './support/wait-until.ts';

const HOLDFAST = fileURLToPath(new URL('../control-plane/cli/main.ts', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'holdfast-plugins-'));
after(() => rmSync(folder, { recursive: true, force: true }));

interface Ran {
  readonly code: number | null;
  readonly out: string;
}

/** In this process: a start costs more than all that these do. */
async function holdfast(words: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Ran> {
  let out = '';
  const take = (line: string): void => void (out += `${line}\n`);
  const sources = (given: readonly string[]): SettingSources => ({ environment, arguments: given, workingFolder: folder, readFile: (path) => readFileSync(path, 'utf8') });
  return { code: await runCommand(['plugin', ...words], sources, { out: take, err: take }), out };
}

/** The program as people start it. */
function holdfastProgram(words: readonly string[]): Promise<Ran> {
  const { NODE_TEST_CONTEXT: _, ...inherited } = process.env;
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [HOLDFAST, 'plugin', ...words], { cwd: folder, env: inherited });
    let out = '';
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (piece: string) => (out += piece));
    child.once('error', reject).once('close', (code) => resolve({ code, out }));
  });
}

function edit(file: string, from: string, to: string): void {
  const text = readFileSync(join(folder, file), 'utf8');
  assert.ok(text.includes(from), `${file} has ${from}`);
  writeFileSync(join(folder, file), text.replace(from, to));
}

/** What shell blocks of the page say, in order. */
const LINES = [...readFileSync(new URL('../docs/custom-plugins.md', import.meta.url), 'utf8').matchAll(/```sh\n(.*?)```/gs)].flatMap(([, block = '']) => block.trim().split('\n'));

test('docs/custom-plugins.md as it stands, from an empty folder to two versions side by side', { timeout: 120_000 }, async (t) => {
  const ran = new Map<string, string>();
  const places = [join(folder, 'hello'), join(folder, 'hello-2'), join(folder, 'node_modules/@acme/hallo')];
  const environment: Record<string, string> = {};
  /** The next lines of the page, up to one that begins so. */
  const runUntil = async (last: string): Promise<void> => {
    for (let line = LINES.shift(); line !== undefined; line = LINES.shift()) {
      const [program = '', ...words] = line.split(' ');
      if (program === 'curl') await curl(environment['HOLDFAST_ADMIN_URL'] ?? '', words);
      else if (words[1] === 'test') checks = holdfastProgram(words.slice(1));
      else {
        const { code, out } = await holdfast(words.slice(1).map((word) => (word.startsWith('hello') ? join(folder, word) : word)), environment);
        assert.equal(code, 0, `${line}: ${out}`);
        ran.set(line, out);
      }
      if (line.startsWith(last)) return;
    }
    assert.fail(`the page has no line "${last}"`);
  };
  let checks: Promise<Ran> | undefined;
  await runUntil('holdfast plugin bench');
  assert.match(ran.get('holdfast plugin bench hello --requests 10000') ?? '', /^PHASE +CPU µs\/REQUEST +SPREAD\nrequestHead +\d+\.\d{3}/);
  cpSync(join(folder, 'hello'), join(folder, 'hello-2'), { recursive: true });
  edit('hello-2/index.ts', "version: '0.1.0'", "version: '0.2.0'");
  edit('hello-2/index.ts', "('X-Greeting', config.greeting)", "('X-Greeting', `${config.greeting}!`)");
  assert.equal((await holdfast(['new', join(folder, 'hallo'), '--language', 'javascript'])).code, 0);
  cpSync(join(folder, 'hallo'), join(folder, 'node_modules', '@acme', 'hallo'), { recursive: true });

  const { connectionString } = await createTestDatabase();
  const url = await ready(startControlPlane({ HOLDFAST_STATE_FOLDER: join(folder, 'control-plane'), HOLDFAST_DATABASE_URL: connectionString, HOLDFAST_KEY_ENCRYPTION_KEY: Buffer.alloc(32, 7).toString('base64'), HOLDFAST_DEVELOPMENT_MODE: 'true' }));
  environment['HOLDFAST_ADMIN_URL'] = url;
  const admin = new AdminClient(Number(new URL(url).port));
  const origin = await startRecordingOrigin();
  t.after(() => origin.close());
  const { token } = await admin.send('POST', '/v1/join-tokens', {}) as { readonly token: string };
  const settings = { HOLDFAST_PLUGINS: places.join(','), HOLDFAST_PROXY_THREADS: '1' };
  const dataPlane = await DataPlaneProcess.start({ ...settings, HOLDFAST_JOIN_TOKEN: token });
  t.after(() => dataPlane.destroy());
  await admin.send('POST', '/services', { name: 'demo', url: `http://127.0.0.1:${origin.port}` });
  for (const name of ['demo', 'newer']) await admin.send('POST', '/services/demo/routes', { name, paths: [`/${name}`] });
  await runUntil('holdfast plugin list');
  assert.match(ran.get('holdfast plugin list') ?? '', /^hello +0\.1\.0 +custom/m);
  const checked = await checks;
  assert.equal(checked?.code, 0, checked?.out);
  assert.match(checked?.out ?? '', /ok {4}its phases take a preflight\n/);
  assert.match(checked?.out ?? '', /pass 2/);

  const greetingOf = async (path: string): Promise<string> => {
    const { statusCode, headers, body } = await request(`http://127.0.0.1:${dataPlane.proxyPort}${path}`);
    await body.dump();
    return `${statusCode} ${String(headers['x-greeting'] ?? 'none')}`;
  };
  const greeted = (what: string, path: string, expected: string): Promise<unknown> => waitUntil(what, async () => (await greetingOf(path)) === expected, 10_000);
  await dataPlane.ready();
  await runUntil('curl localhost:8001/plugins');
  await greeted('the first version', '/demo', '200 moin');
  await runUntil('curl localhost:8001/routes/newer');
  await greeted('the second one on its route', '/newer', '200 moin!');
  assert.equal(await greetingOf('/demo'), '200 moin');
  await runUntil('curl -X PATCH');
  await greeted('and everywhere', '/demo', '200 moin!');
  await admin.send('PATCH', '/plugins/everywhere', { version: '0.1.0' });
  await greeted('and back', '/demo', '200 moin');
  await admin.send('PATCH', '/plugins/everywhere', { version: null });
  await greeted('without a version the newest', '/demo', '200 moin!');
  assert.equal((await holdfast(['register', join(folder, 'node_modules/@acme/hallo')], environment)).code, 0);
  await admin.send('POST', '/services/demo/plugins', { name: 'hallo', config: { greeting: 'servus', refuse: ['get'] } });
  await waitUntil('that of a package too', async () => (await greetingOf('/demo')).startsWith('405'), 10_000);
  assert.deepEqual(LINES, [], 'all lines were run');

  // A version that nobody here has is closed, not open; other files under a registered version are an alarm.
  const { plugin, hash } = await loadPlugin(findPluginPackage(join(folder, 'hello'), folder));
  const { holdfast: told } = JSON.parse((await dataPlane.get('/status', dataPlane.statusPort)).body) as { readonly holdfast: { readonly plugins: readonly object[] } };
  assert.deepEqual(told.plugins[0], { name: 'hello', version: '0.1.0', hash });
  await admin.send('POST', '/v1/plugins', { schema: { ...toSchemaDocument(plugin.schema).document, version: '9.0.0' }, hash });
  await admin.send('PATCH', '/plugins/everywhere', { version: '9.0.0' });
  await waitUntil('closed', async () => (await greetingOf('/demo')).startsWith('503'), 10_000);
  await waitUntil('and told', async () => /hello 9\.0\.0 is not known/.test(JSON.stringify(await admin.read('/v1/quarantine'))), 10_000);
  await dataPlane.kill();
  edit('hello/index.ts', 'Method not allowed', 'Not allowed');
  const again = await DataPlaneProcess.start(settings, dataPlane);
  t.after(() => again.kill());
  await waitUntil('the alarm', async () => /SYNC_PLUGIN_DIFFERS.*hello 0\.1\.0/.test(JSON.stringify(await admin.read('/v1/alarms'))), 10_000);
});

/** Of curl what the page uses. */
async function curl(admin: string, words: readonly string[]): Promise<void> {
  const fields = words.flatMap((word, index) => (words[index - 1] === '-d' ? [word] : []));
  const method = words[0] === '-X' && words[1] === 'PATCH' ? 'PATCH' : 'POST';
  const path = words.find((word) => word.startsWith('localhost:8001'))?.replace('localhost:8001', '') ?? '';
  const { statusCode, body } = await request(`${admin}${path}`, { method, headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: fields.map((field) => field.split('=').map(encodeURIComponent).join('=')).join('&') });
  assert.ok(statusCode < 300, `${words.join(' ')}: ${await body.text()}`);
}

test('what can not be a plugin is refused by its place, with the way out', async () => {
  const write = (name: string, files: Readonly<Record<string, string>>): string => {
    for (const [file, content] of Object.entries(files)) {
      mkdirSync(join(folder, name, file, '..'), { recursive: true });
      writeFileSync(join(folder, name, file), content);
    }
    return join(folder, name);
  };
  const schema = "export const schema = { name: 'odd', version: '1.0.0', priority: 1, scopes: ['global'], protocols: ['http'], description: 'D.', config: [] };";
  const wrong: readonly (readonly [string, RegExp])[] = [
    [join(folder, 'not-there'), /is no folder/],
    ['not-installed', /no package of that name is installed .*\.\/not-installed/],
    [write('empty', { 'readme.txt': '' }), /it has no index\.js; name the main file/],
    [write('outside', { 'package.json': '{"main":"../hello/index.ts"}' }), /lies outside/],
    [write('no-json', { 'package.json': '{' }), /is no JSON/],
    [write('throws', { 'index.js': "throw new Error('at once');" }), /could not be loaded: .*at once/],
    [write('no-schema', { 'index.js': 'export const create = () => ({});' }), /exports no `schema`/],
    [write('no-create', { 'index.js': schema }), /exports no function `create`/],
    [write('odd-schema', { 'index.js': `${schema.replace("'1.0.0'", "'one'")} export const create = () => ({});` }), /schema\.version: a semantic version/],
    [write('dependency', { 'package.json': '{"main":"node_modules/x/index.js"}', 'node_modules/x/index.js': schema }), /is no file of its own/],
    [write('folder', { 'package.json': '{"main":"lib"}', 'lib/index.js': schema }), /is no file of its own/],
    [write('changes', { 'index.js': `import { writeFileSync } from 'node:fs'; writeFileSync(new URL('now.txt', import.meta.url), 'x'); ${schema} export const create = () => ({});` }), /its files changed while it was loaded/],
    [write('node_modules/types', { 'index.ts': schema }), /no TypeScript below node_modules/],
  ];
  symlinkSync('/etc/hostname', join(write('linked', { 'index.js': schema }), 'secret'));
  for (const [place, message] of [...wrong, [join(folder, 'linked'), /is a link/] as const]) {
    await assert.rejects((async () => loadPlugin(findPluginPackage(place, folder)))(), (thrown: Error) => message.test(thrown.message) || assert.fail(`${place}: ${thrown.message}`));
  }
  const unreadable = join(write('unreadable', { 'index.js': schema, 'own.txt': 'x' }), 'own.txt');
  chmodSync(unreadable, 0o000);
  // Root reads everything.
  if (process.getuid?.() !== 0) assert.throws(() => findPluginPackage(join(folder, 'unreadable'), folder), { code: 'PLUGIN_LOAD_FAILED', message: /own\.txt/ });
  const clock = new ManualClock();
  const waits = loadPlugin(findPluginPackage(write('waits', { 'index.js': 'await new Promise(() => {});' }), folder), clock);
  clock.advance(10_000);
  await assert.rejects(waits, /was not loaded within 10 s/);
  const leaves = await holdfastProgram(['bench', write('leaves', { 'index.js': 'process.exit(3);' })]);
  assert.deepEqual([leaves.code, /leaves ended the process while it was loaded/.test(leaves.out)], [3, true], leaves.out);
  const once = findPluginPackage(join(folder, 'hello'), folder).hash;
  mkdirSync(join(folder, 'hello', 'node_modules'), { recursive: true });
  writeFileSync(join(folder, 'hello', 'node_modules', 'x'), 'x');
  assert.equal(findPluginPackage(join(folder, 'hello'), folder).hash, once, 'dependencies are not part of it');
  writeFileSync(join(folder, 'hello', 'more.ts'), '');
  assert.notEqual(findPluginPackage(join(folder, 'hello'), folder).hash, once);
});
