/**
 * The bootstrap in a checkout of its own: a copy of bin/ and test/run.js with an npm and a bundled Node that say what they
 * are asked. What it proves holds on any machine, whatever Node and npm it has.
 */
import assert from 'node:assert/strict';
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const bundledPackage = `node-${process.platform}-${process.arch}`;
const linux = existsSync('/lib64/ld-linux-x86-64.so.2') || existsSync('/lib/ld-linux-aarch64.so.1') ? {} : { skip: 'no Node is bundled for this platform' };

/** What npm does here: it notes its arguments, and installs the bundled Node and its own record of the lock file. */
const NPM = `
const { appendFileSync, copyFileSync, mkdirSync, symlinkSync, writeFileSync, rmSync } = require('node:fs');
appendFileSync('npm-calls', process.argv.slice(2).join(' ') + '\\n');
if (process.env.NPM_FAILS) process.exit(9);
rmSync('node_modules', { recursive: true, force: true });
mkdirSync('node_modules/${bundledPackage}/bin', { recursive: true });
writeFileSync('node_modules/${bundledPackage}/bin/node', '#!/bin/sh\\nexec "$REAL_NODE" "$@"\\n', { mode: 0o755 });
copyFileSync('package-lock.json', 'node_modules/.package-lock.json');
`;

interface Checkout {
  readonly folder: string;
  readonly environment: NodeJS.ProcessEnv;
  npmCalls(): readonly string[];
  writeLock(version: string, more?: object): void;
}

function checkout(t: TestContext): Checkout {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'holdfast-bootstrap-')));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  cpSync(join(root, 'bin'), join(folder, 'bin'), { recursive: true });
  mkdirSync(join(folder, 'test'));
  cpSync(join(root, 'test/run.js'), join(folder, 'test/run.js'));
  for (const file of ['end-stuck-files.js', 'test-database.js']) cpSync(join(root, 'test/support', file), join(folder, 'test/support', file));
  writeFileSync(join(folder, 'test/support/serve-test-database.ts'), `console.log('{"TESTS_SERVER_URL":"of the run"}'); process.stdin.resume();`);
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  mkdirSync(join(folder, 'npm'));
  writeFileSync(join(folder, 'npm/package.json'), '{ "type": "commonjs" }');
  writeFileSync(join(folder, 'npm/npm-cli.js'), NPM);
  for (const [file, name] of [['deploy/quickstart/main.ts', 'quickstart'], ['data-plane/main.ts', 'data-plane'], ['control-plane/cli/main.ts', 'cli']] as const) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), `console.log(JSON.stringify(['${name}', process.pid, ...process.argv.slice(2)]));`);
  }
  const { NODE_TEST_CONTEXT: _, npm_node_execpath: __, ...inherited } = process.env;
  const writeLock = (version: string, more: object = {}): void => {
    writeFileSync(join(folder, 'package-lock.json'), JSON.stringify({ packages: { '': {}, 'node_modules/a': { version, integrity: `sha-${version}` }, ...more } }));
  };
  writeLock('1.0.0');
  return {
    folder,
    environment: { ...inherited, npm_execpath: join(folder, 'npm/npm-cli.js'), REAL_NODE: process.execPath },
    npmCalls: () => (existsSync(join(folder, 'npm-calls')) ? readFileSync(join(folder, 'npm-calls'), 'utf8').trim().split('\n') : []),
    writeLock,
  };
}

function run(at: Checkout, words: readonly string[], file = join(at.folder, 'bin/holdfast.js'), environment: NodeJS.ProcessEnv = {}): { readonly status: number | null; readonly out: string; readonly error: string } {
  const ran = spawnSync(process.execPath, [file, ...words], { cwd: '/', env: { ...at.environment, ...environment }, encoding: 'utf8', timeout: 60_000 });
  return { status: ran.status, out: ran.stdout.trim(), error: ran.stderr.trim() };
}

/** The words that the command's main file saw. */
function wordsOf(out: string): readonly unknown[] {
  const [name, , ...words] = JSON.parse(out.split('\n').at(-1) ?? '');
  return [name, ...words];
}

test('quickstart installs in a fresh checkout, not again, and again after the lock file has changed', linux, (t) => {
  const at = checkout(t);
  const first = run(at, ['quickstart', '--check']);
  assert.deepEqual(wordsOf(first.out), ['quickstart', '--check']);
  assert.match(first.error, /installing packages \(npm ci\)/);
  assert.deepEqual(at.npmCalls(), ['ci --loglevel=error']);
  const second = run(at, ['quickstart']);
  assert.equal(second.error, '');
  assert.deepEqual(at.npmCalls(), ['ci --loglevel=error']);
  at.writeLock('1.0.1');
  run(at, ['quickstart']);
  assert.deepEqual(at.npmCalls(), ['ci --loglevel=error', 'ci --loglevel=error']);
});

test('a package that is optional or for development may be missing; a wrong version of one may not', linux, (t) => {
  const at = checkout(t);
  run(at, ['quickstart']);
  at.writeLock('1.0.0', { 'node_modules/o': { version: '1.0.0', integrity: 'x', optional: true }, 'node_modules/d': { version: '1.0.0', integrity: 'x', dev: true } });
  run(at, ['quickstart']);
  assert.deepEqual(at.npmCalls(), ['ci --loglevel=error']);
  run(at, [], join(at.folder, 'test/run.js'));
  assert.deepEqual(at.npmCalls(), ['ci --loglevel=error', 'ci --loglevel=error --include=dev']);
  at.writeLock('1.0.0', { 'node_modules/o': { version: '1.0.1', integrity: 'x', optional: true } });
  run(at, ['quickstart']);
  assert.deepEqual(at.npmCalls(), ['ci --loglevel=error', 'ci --loglevel=error --include=dev', 'ci --loglevel=error']);
});

test('when npm fails, nothing is started and the message says how to go on', linux, (t) => {
  const at = checkout(t);
  const ran = run(at, ['quickstart'], undefined, { NPM_FAILS: '1' });
  assert.equal(ran.status, 1);
  assert.equal(ran.out, '');
  assert.match(ran.error, /npm ci failed; correct what it says above, or run "npm ci" in/);
});

test('other commands never install, and work through a link from anywhere', linux, (t) => {
  const at = checkout(t);
  run(at, ['quickstart']);
  at.writeLock('2.0.0');
  const link = join(at.folder, 'holdfast');
  symlinkSync(join(at.folder, 'bin/holdfast.js'), link);
  assert.deepEqual(wordsOf(run(at, ['data-plane', '--help'], link).out), ['data-plane', '--help']);
  assert.deepEqual(wordsOf(run(at, ['join-token', 'create'], link).out), ['cli', 'join-token', 'create']);
  assert.deepEqual(wordsOf(run(at, [], link).out), ['cli', 'help']);
  assert.deepEqual(wordsOf(run(at, ['--version'], link).out), ['cli', 'version']);
  assert.deepEqual(at.npmCalls(), ['ci --loglevel=error']);
});

test('a mistyped command is refused with the nearest one', (t) => {
  const at = checkout(t);
  const ran = run(at, ['data-plan']);
  assert.equal(ran.status, 1);
  assert.match(ran.error, /^holdfast: "data-plan" is not a command \(did you mean "data-plane"\?\); the commands are control-plane, data-plane,/);
  assert.match(run(at, ['constructor']).error, /"constructor" is not a command; the commands are/);
});

test('the command\'s exit code and end by signal become ours, and our signals reach it', linux, async (t) => {
  const at = checkout(t);
  run(at, ['quickstart']);
  writeFileSync(join(at.folder, 'data-plane/main.ts'), "process.on('SIGTERM', () => process.exit(7)); setInterval(() => undefined, 1000); console.log(process.pid);");
  const start = async (): Promise<{ readonly child: ChildProcess; readonly inner: number }> => {
    const child = spawn(process.execPath, [join(at.folder, 'bin/holdfast.js'), 'data-plane'], { env: at.environment, stdio: ['ignore', 'pipe', 'inherit'] });
    t.after(() => child.kill('SIGKILL'));
    const [line] = await once(createInterface(child.stdout), 'line');
    return { child, inner: Number(line) };
  };
  const told = await start();
  assert.notEqual(told.inner, told.child.pid);
  told.child.kill('SIGTERM');
  assert.deepEqual(await once(told.child, 'exit'), [7, null]);
  const killed = await start();
  process.kill(killed.inner, 'SIGKILL');
  assert.deepEqual(await once(killed.child, 'exit'), [null, 'SIGKILL']);
});

test('on the right Node already, the command runs in the same process', linux, async (t) => {
  const at = checkout(t);
  run(at, ['quickstart']);
  const bundled = join(at.folder, 'node_modules', bundledPackage, 'bin/node');
  rmSync(bundled);
  symlinkSync(process.execPath, bundled);
  const child = spawn(process.execPath, [join(at.folder, 'bin/holdfast.js'), 'data-plane', 'x'], { env: at.environment, stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(createInterface(child.stdout), 'line');
  assert.deepEqual(JSON.parse(String(line)), ['data-plane', child.pid, 'x']);
});

test('where no bundled Node can run and the own one is too old, the message says what to do', linux, (t) => {
  const at = checkout(t);
  const bootstrap = join(at.folder, 'bin/bootstrap.js');
  const patched = readFileSync(bootstrap, 'utf8').replace('const OLDEST_NODE = 24;', 'const OLDEST_NODE = 99;');
  writeFileSync(bootstrap, patched);
  assert.match(run(at, ['version']).error, /Node 99 or newer is needed and this is \d.*; the bundled one is not installed: run "npm ci" in/);
  writeFileSync(bootstrap, patched.replaceAll(/loader: '[^']+'/g, "loader: '/nowhere'"));
  assert.match(run(at, ['version']).error, /on Alpine and other systems without glibc, install Node 99, run "npm ci --omit=optional" and set DATABASE_URL/);
});

test('npm test runs what is asked, without the settings of the person, and passes the runner\'s exit code on', linux, (t) => {
  const at = checkout(t);
  mkdirSync(join(at.folder, 'shared'));
  const assertion = "import { test } from 'node:test'; test('environment', () => { if (process.env.HOLDFAST_X || process.env.DATABASE_URL) throw new Error('leaked'); if (process.env.TESTS_SERVER_URL !== 'of the run' && !process.env.ALONE) throw new Error('no database'); });";
  writeFileSync(join(at.folder, 'shared/good.test.ts'), assertion);
  const runner = join(at.folder, 'test/run.js');
  const good = run(at, [], runner, { HOLDFAST_X: '1', DATABASE_URL: 'postgres://x' });
  assert.match(good.out, /ℹ pass 1\nℹ fail 0\n/);
  assert.equal(good.status, 0);
  writeFileSync(join(at.folder, 'shared/bad.test.ts'), "import { test } from 'node:test'; test('bad', () => { throw new Error('no'); });");
  assert.equal(run(at, [], runner).status, 1);
  assert.equal(run(at, ['shared/good.test.ts'], runner, { ALONE: '1' }).status, 0, 'a file alone makes its own database');
});
