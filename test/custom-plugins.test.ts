/**
 * A custom plugin from an empty folder to requests, by the commands that people type: new, test, bench, register; two versions side by
 * side on one data plane; an alarm where what runs is not what was registered. Loading by itself: what can't be a plugin is refused by name.
 */
import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { request } from 'undici';
import { findPluginPackage, loadPlugin } from '../shared/plugin-kit/plugin-package.ts';
import { startDataPlane, waitUntilReady } from '../deploy/quickstart/demo-planes.ts';
import { toSchemaDocument } from '../shared/plugins/schema-document.ts';
import { startInstallation } from './support/installation.ts';
import { waitUntil } from './support/wait-until.ts';

const HOLDFAST = fileURLToPath(new URL('../control-plane/cli/main.ts', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'holdfast-plugins-'));
after(() => rmSync(folder, { recursive: true, force: true }));

interface Ran {
  readonly code: number | null;
  readonly out: string;
}

function holdfast(words: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Ran> {
  const { NODE_TEST_CONTEXT: _, ...inherited } = process.env;
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [HOLDFAST, 'plugin', ...words], { cwd: folder, env: { ...inherited, ...environment } });
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

test('new, test, bench, register, configure, run: and a second version beside the first', { timeout: 120_000 }, async (t) => {
  for (const words of [['new', 'hello'], ['new', 'hallo', '--language', 'javascript']]) assert.equal((await holdfast(words)).code, 0);
  const checked = await holdfast(['test', 'hello']);
  assert.equal(checked.code, 0, checked.out);
  assert.match(checked.out, /ok {4}its phases take a preflight\n/);
  assert.match(checked.out, /pass 2/);
  assert.match((await holdfast(['bench', 'hello', '--requests', '1000'])).out, /^PHASE +CPU µs\/REQUEST +SPREAD\nrequestHead +\d+\.\d{3}/);

  cpSync(join(folder, 'hello'), join(folder, 'hello-2'), { recursive: true });
  edit('hello-2/index.ts', "version: '0.1.0'", "version: '0.2.0'");
  edit('hello-2/index.ts', "('X-Greeting', config.greeting)", "('X-Greeting', `${config.greeting}!`)");
  cpSync(join(folder, 'hallo'), join(folder, 'node_modules', '@acme', 'hallo'), { recursive: true });

  const places = [join(folder, 'hello'), join(folder, 'hello-2'), join(folder, 'node_modules/@acme/hallo')];
  const installation = await startInstallation({ regions: ['eu-west'], dataPlaneSettings: { HOLDFAST_PLUGINS: places.join(',') } });
  t.after(() => installation.stop());
  const { admin, ports } = installation;
  const environment = { HOLDFAST_ADMIN_URL: `http://127.0.0.1:${ports.admin}` };
  for (const place of ['hello', 'hello-2', 'node_modules/@acme/hallo']) {
    const { code, out } = await holdfast(['register', place], environment);
    assert.equal(code, 0, out);
  }
  assert.match((await holdfast(['list'], environment)).out, /^hello +0\.2\.0 +custom/m);

  const greetingOf = async (path: string): Promise<string> => {
    const { statusCode, headers, body } = await request(`http://127.0.0.1:${ports.euWest.proxy}${path}`);
    await body.dump();
    return `${statusCode} ${String(headers['x-greeting'] ?? 'none')}`;
  };
  await admin.send('POST', '/plugins', { name: 'hello', instance_name: 'everywhere', version: '0.1.0', config: { greeting: 'moin' } });
  await admin.send('POST', '/services/demo/routes', { name: 'newer', paths: ['/newer'] });
  await admin.send('POST', '/routes/newer/plugins', { name: 'hello', version: '0.2.0', config: { greeting: 'moin' } });
  await waitUntil('each version runs where it is configured', async () => (await greetingOf('/demo/a')) === '200 moin' && (await greetingOf('/newer')) === '200 moin!', 10_000);
  await admin.send('PATCH', '/plugins/everywhere', { version: null });
  await waitUntil('without a version the newest runs', async () => (await greetingOf('/demo/a')) === '200 moin!', 10_000);
  await admin.send('POST', '/services/demo/plugins', { name: 'hallo', config: { greeting: 'servus', refuse: ['get'] } });
  await waitUntil('that of a package too', async () => (await greetingOf('/demo/a')).startsWith('405'), 10_000);

  // A version that nobody here has is closed, not open; other files under a registered version are an alarm.
  const { plugin, hash } = await loadPlugin(findPluginPackage(join(folder, 'hello'), folder));
  await admin.send('POST', '/v1/plugins', { schema: { ...toSchemaDocument(plugin.schema).document, version: '9.0.0' }, hash });
  await admin.send('PATCH', '/plugins/everywhere', { version: '9.0.0' });
  await waitUntil('closed', async () => (await greetingOf('/demo/a')).startsWith('503'), 10_000);
  await waitUntil('and told', async () => /hello 9\.0\.0 is not known/.test(JSON.stringify(await admin.read('/v1/quarantine'))), 10_000);
  await installation.processes.kill('eu-west');
  edit('hello/index.ts', 'Method not allowed', 'Not allowed');
  await waitUntilReady(installation, 'eu-west', await startDataPlane(installation, 'eu-west'));
  await waitUntil('the alarm', async () => /SYNC_PLUGIN_DIFFERS.*hello 0\.1\.0/.test(JSON.stringify(await admin.read('/v1/alarms'))), 10_000);
});

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
    [write('node_modules/types', { 'index.ts': schema }), /no TypeScript below node_modules/],
  ];
  symlinkSync('/etc/hostname', join(write('linked', { 'index.js': schema }), 'secret'));
  for (const [place, message] of [...wrong, [join(folder, 'linked'), /is a link/] as const]) {
    await assert.rejects((async () => loadPlugin(findPluginPackage(place, folder)))(), (thrown: Error) => message.test(thrown.message) || assert.fail(`${place}: ${thrown.message}`));
  }
  const once = findPluginPackage(join(folder, 'hello'), folder).hash;
  mkdirSync(join(folder, 'hello', 'node_modules'), { recursive: true });
  writeFileSync(join(folder, 'hello', 'node_modules', 'x'), 'x');
  assert.equal(findPluginPackage(join(folder, 'hello'), folder).hash, once, 'dependencies are not part of it');
  writeFileSync(join(folder, 'hello', 'more.ts'), '');
  assert.notEqual(findPluginPackage(join(folder, 'hello'), folder).hash, once);
});
