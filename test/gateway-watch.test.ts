/**
 * `holdfast gateway watch` as a process, over a real folder and a real git checkout, against a real admin API: what changes in the files
 * is applied, what is changed by hand is told and undone, a broken file changes nothing, and a signal ends it.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { startTestAdminApi } from './support/admin-api.ts';
import { startProgram, type Started } from './support/control-plane-process.ts';
import { waitUntil } from './support/wait-until.ts';

const { base, send, adminToken } = await startTestAdminApi();

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-watch-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function watch(gateway: string, ...words: string[]): Started {
  return startProgram('control-plane/cli/main.ts', ['gateway', 'watch', '--gateway', gateway, ...words], { HOLDFAST_ADMIN_URL: base, HOLDFAST_ADMIN_TOKEN: adminToken });
}

function says(watcher: Started, pattern: RegExp): Promise<unknown> {
  return waitUntil(`the watcher says ${String(pattern)}`, () => {
    if (watcher.child.exitCode !== null) throw new Error(`it ended: ${watcher.output()}`);
    return pattern.test(watcher.output()) || undefined;
  }, 30_000);
}

function content(...hosts: string[]): string {
  return `_format_version: "3.0"\nservices:\n${hosts.map((host, index) => `- {name: s${index}, host: ${host}}\n`).join('')}`;
}

test('a folder: changes are applied, a broken file changes nothing and says where, changes by hand are told and undone, SIGTERM ends it', async () => {
  (await send('POST', '/v1/gateways', { json: { name: 'folder' } })).expect(201);
  const folder = newFolder();
  writeFileSync(join(folder, 'a.yaml'), content('one', 'two'));
  const watcher = watch('folder', folder, '--prune', '--interval', '1s', '--source', 'folder');
  await says(watcher, /applied: 2 created, 0 updated, 0 deleted, 0 unchanged; version 1\.1/);
  writeFileSync(join(folder, 'a.yaml'), content('changed'));
  await says(watcher, /1 file and gateway folder differ:\n~ updating services s0/);
  await says(watcher, /applied: 0 created, 1 updated, 1 deleted, 0 unchanged; version 1\.2/);
  writeFileSync(join(folder, 'a.yaml'), 'services:\n- name: [\n');
  await says(watcher, /a\.yaml:\d+:\d+: /);
  assert.equal((await send('GET', '/folder/services/s0')).expect(200).at('host'), 'changed');
  writeFileSync(join(folder, 'a.yaml'), content('changed'));
  await says(watcher, /is as 1 file says, at version 1\.2/);
  (await send('PATCH', '/folder/services/s0', { json: { host: 'by-hand' } })).expect(200);
  await says(watcher, /was changed by hand .*\n~ updating services s0\n {4}host: "by-hand" → "changed"/);
  await says(watcher, /applied: 0 created, 1 updated, 0 deleted, 0 unchanged; version 1\.4/);
  watcher.child.kill('SIGTERM');
  assert.equal(await watcher.ended, 0);
});

test('a git checkout: only what is committed counts; without --prune nothing is deleted, and what is not in the files is told; --once', async () => {
  (await send('POST', '/v1/gateways', { json: { name: 'git' } })).expect(201);
  (await send('POST', '/git/services', { json: { name: 'by-hand', host: 'x' } })).expect(201);
  const folder = newFolder();
  const git = (...words: string[]): void => {
    const { status, stderr } = spawnSync('git', ['-C', folder, '-c', 'user.name=t', '-c', 'user.email=t@example.com', ...words], { encoding: 'utf8' });
    assert.equal(status, 0, stderr);
  };
  git('init', '-q');
  writeFileSync(join(folder, 'kong.yaml'), content('one'));
  git('add', '.');
  git('commit', '-q', '-m', 'one');
  writeFileSync(join(folder, 'kong.yaml'), 'not committed: [');
  const once = watch('git', folder, '--once', '--report-only');
  assert.equal(await once.ended, 1, once.output());
  assert.match(once.output(), /commit [0-9a-f]{12} and gateway git differ:\n\+ creating services s0/);
  const watcher = watch('git', folder, '--interval', '1s', '--json-output');
  await says(watcher, /"event":"applied"/);
  await says(watcher, /"event":"in-place".*"not_in_files":\[\{"kind":"services","id":"[^"]+","name":"by-hand"\}\]/);
  writeFileSync(join(folder, 'kong.yaml'), content('two'));
  git('commit', '-q', '-a', '-m', 'two');
  await waitUntil('the commit is applied', async () => ((await send('GET', '/git/services/s0')).at('host') === 'two' ? true : undefined), 30_000);
  assert.equal((await send('GET', '/git/services/by-hand')).status, 200);
  watcher.child.kill('SIGINT');
  assert.equal(await watcher.ended, 0);
});

test('a checkout that names programs of its own runs none of them, also where an object is missing', async () => {
  const folder = newFolder();
  const ran = join(folder, 'ran');
  const git = (...words: string[]): string => {
    const { status, stdout, stderr } = spawnSync('git', ['-C', folder, '-c', 'user.name=t', '-c', 'user.email=t@example.com', ...words], { encoding: 'utf8' });
    assert.equal(status, 0, stderr);
    return stdout.trim();
  };
  git('init', '-q');
  writeFileSync(join(folder, 'kong.yaml'), content('one'));
  git('add', '.');
  git('commit', '-q', '-m', 'one');
  const object = git('rev-parse', 'HEAD:kong.yaml');
  rmSync(join(folder, '.git', 'objects', object.slice(0, 2), object.slice(2)));
  const program = `touch ${ran};`;
  for (const [name, value] of [['core.repositoryformatversion', '1'], ['extensions.partialclone', 'origin'], ['remote.origin.url', 'ssh://x/y'], ['remote.origin.promisor', 'true'], ['protocol.ssh.allow', 'always'], ['core.sshCommand', program], ['core.fsmonitor', program]] as const) git('config', name, value);
  const watcher = watch('default', folder, '--once', '--report-only');
  assert.equal(await watcher.ended, 1, watcher.output());
  assert.match(watcher.output(), /kong\.yaml could not be read from the commit|git cat-file failed/);
  assert.equal(existsSync(ran), false, 'a program of the checkout ran');
});
