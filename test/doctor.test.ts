/** `holdfast doctor`: what is fine is said to be fine, before a start and beside a running plane; what is wrong comes with the way out. */
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { request } from 'undici';
import { examineControlPlane } from '../control-plane/doctor/main.ts';
import { examineDataPlane } from '../data-plane/doctor/main.ts';
import { systemClock, type Clock } from '../shared/clock.ts';
import { runDoctor, type Finding } from '../shared/doctor/run-doctor.ts';
import { checkValidity, compareClocks } from '../shared/doctor/machine-checks.ts';
import type { SettingSources } from '../shared/settings.ts';
import { ready, startControlPlane, startProgram } from './support/control-plane-process.ts';
import { DataPlaneProcess } from './support/data-plane-process.ts';
import { ManualClock } from './support/manual-clock.ts';
import { createTestDatabase } from './support/postgres.ts';
import { waitUntil } from './support/wait-until.ts';

const folder = mkdtempSync(join(tmpdir(), 'holdfast-doctor-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const KEY = Buffer.alloc(32, 7).toString('base64');
const FREE = { HOLDFAST_ADMIN_LISTEN: '127.0.0.1:0', HOLDFAST_SYNC_LISTEN: '127.0.0.1:0', HOLDFAST_STATUS_LISTEN: '127.0.0.1:0' };
const FREE_PROXY = { HOLDFAST_PROXY_LISTEN: '127.0.0.1:0', HOLDFAST_PROXY_TLS_LISTEN: '127.0.0.1:0', HOLDFAST_STATUS_LISTEN: '127.0.0.1:0' };

interface Report {
  readonly healthy: boolean;
  readonly findings: readonly (Finding & { readonly check: string })[];
}

async function examine(examiner: typeof examineControlPlane, environment: Readonly<Record<string, string>>, clock: Clock = systemClock): Promise<Report & { readonly code: number; readonly of: (check: string, level: Finding['level']) => string }> {
  let text = '';
  const sources = (words: readonly string[]): SettingSources => ({ environment, arguments: words, workingFolder: folder, readFile: () => '' });
  const code = await examiner(['--json'], sources, { out: (line) => void (text += line) }, clock);
  const report = JSON.parse(text) as Report;
  for (const { level, advice } of report.findings) assert.equal(advice === undefined, level === 'ok', text);
  assert.equal(report.healthy, code === 0);
  return { ...report, code, of: (check, level) => report.findings.filter((one) => one.check === check && one.level === level).map(({ found, advice }) => `${found} → ${advice ?? ''}`).join('\n') };
}

test('before the first start of a control plane: nothing is wrong with an empty folder, free ports and a database that it may use', async () => {
  const embedded = await examine(examineControlPlane, { HOLDFAST_STATE_FOLDER: join(folder, 'new'), ...FREE });
  assert.equal(embedded.code, 0, JSON.stringify(embedded.findings));
  assert.match(embedded.of('state folder', 'ok'), /will be made at the first start/);
  const { connectionString } = await createTestDatabase();
  const external = await examine(examineControlPlane, { HOLDFAST_STATE_FOLDER: join(folder, 'new'), HOLDFAST_DATABASE_URL: connectionString, HOLDFAST_KEY_ENCRYPTION_KEY: KEY, ...FREE });
  assert.equal(external.code, 0, JSON.stringify(external.findings));
  assert.match(external.of('database', 'ok'), /lets us in as .*\n.*schema is this release's.*\n.*connections.*\n.*clock of the database agrees/);
});

test('what is wrong is named with the way out', async () => {
  const holder = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => holder.once('listening', resolve));
  const stateFolder = join(folder, 'open');
  mkdirSync(stateFolder);
  chmodSync(stateFolder, 0o777);
  writeFileSync(join(stateFolder, 'key-encryption-key'), KEY);
  chmodSync(join(stateFolder, 'key-encryption-key'), 0o644);
  writeFileSync(join(stateFolder, 'admin-token'), 'x', { mode: 0o600 });
  const { superuserConnectionString } = await createTestDatabase();
  const taken = `127.0.0.1:${(holder.address() as AddressInfo).port}`;
  const report = await examine(examineControlPlane, { ...FREE, HOLDFAST_STATE_FOLDER: stateFolder, HOLDFAST_DATABASE_URL: superuserConnectionString, HOLDFAST_SYNC_LISTEN: taken });
  holder.close();
  assert.equal(report.code, 1);
  assert.match(report.of('state folder', 'fail'), /others may write to .* → chmod 700/);
  assert.match(report.of('keys', 'fail'), /HOLDFAST_KEY_ENCRYPTION_KEY[^]*others may read the key-encryption key .* → chmod 600/);
  assert.match(report.of('keys', 'warn'), /admin token is still in/);
  assert.match(report.of('database', 'fail'), /is a superuser/);
  assert.match(report.of('ports', 'fail'), new RegExp(`sync ${taken.replaceAll('.', '\\.')} can not be used: .* → .*HOLDFAST_SYNC_LISTEN`));

  assert.match((await examine(examineControlPlane, { HOLDFAST_POOL: '1' })).of('settings', 'fail'), /HOLDFAST_POOL/);
  const away = await examine(examineControlPlane, { ...FREE, HOLDFAST_STATE_FOLDER: join(folder, 'new'), HOLDFAST_KEY_ENCRYPTION_KEY: KEY, HOLDFAST_DATABASE_URL: 'postgresql://a:hunter2@127.0.0.1:1/b' });
  assert.match(away.of('database', 'fail'), /not reachable/);
  assert.ok(!JSON.stringify(away.findings).includes('hunter2'));
  const { connectionString } = await createTestDatabase();
  const late = await examine(examineControlPlane, { ...FREE, HOLDFAST_STATE_FOLDER: join(folder, 'new'), HOLDFAST_KEY_ENCRYPTION_KEY: KEY, HOLDFAST_DATABASE_URL: connectionString }, { ...systemClock, nowMs: () => Date.now() - 60_000 });
  assert.match(late.of('database', 'fail'), /the clock of the database is (59|60)\.\d s ahead of ours/);

  const lone = await examine(examineDataPlane, { ...FREE_PROXY, HOLDFAST_STATE_FOLDER: join(folder, 'lone') });
  assert.match(lone.of('identity', 'fail'), /has no join token/);
  assert.match(lone.of('control plane', 'fail'), /none is named/);
  assert.match((await examine(examineDataPlane, { ...FREE_PROXY, HOLDFAST_STATE_FOLDER: join(folder, 'lone'), HOLDFAST_JOIN_TOKEN: 'hfjoin1_x' })).of('identity', 'fail'), /join token/);

  const plugin = join(folder, 'teapot');
  mkdirSync(plugin);
  writeFileSync(join(plugin, 'index.js'), "export const schema = { name: 'teapot', version: '1.2.0', priority: 1, scopes: ['global'], protocols: ['http'], description: 'D.', config: [] }; export const create = () => ({});");
  const plugins = async (places: string, level: Finding['level']): Promise<string> => (await examine(examineDataPlane, { ...FREE_PROXY, HOLDFAST_STATE_FOLDER: join(folder, 'lone'), HOLDFAST_PLUGINS: places })).of('plugins', level);
  assert.match(await plugins(plugin, 'ok'), /teapot 1\.2\.0 of .*teapot can be loaded \([0-9a-f]{12}…\)/);
  assert.match(await plugins(`${plugin},${plugin}-2`, 'fail'), /teapot-2 could not be loaded: .* is no folder → .*HOLDFAST_PLUGINS/);
});

test('what can not be looked at is said so, and who never stops answering holds nothing up', { timeout: 30_000 }, async (t) => {
  const file = join(folder, 'file');
  writeFileSync(file, 'no certificate');
  const under = await examine(examineControlPlane, { ...FREE, HOLDFAST_STATE_FOLDER: join(file, 'state'), HOLDFAST_AUTHORITY_CERTIFICATE_FILE: file, HOLDFAST_AUTHORITY_KEY_FILE: file });
  assert.match(under.of('state folder', 'fail'), /file is no folder/);
  assert.match(under.of('certificates', 'fail'), /can not be read from .*file .* → give it as PEM/);
  const closed = join(folder, 'closed');
  mkdirSync(join(closed, 'state'), { recursive: true });
  chmodSync(closed, 0o000);
  t.after(() => chmodSync(closed, 0o700));
  const hidden = await examine(examineControlPlane, { ...FREE, HOLDFAST_STATE_FOLDER: join(closed, 'state') });
  // Root sees everything.
  if (process.getuid?.() !== 0) assert.match(hidden.of('state folder', 'fail') + hidden.of('keys', 'fail'), /may not see .*state → correct owner[^]*may not see the key-encryption key/);
  const endless = createHttpServer((_request, response) => {
    response.write('{');
    const timer = setInterval(() => response.write(' '.repeat(300_000)), 10);
    response.once('close', () => clearInterval(timer));
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => endless.once('listening', resolve));
  t.after(() => endless.close());
  const held = await examine(examineControlPlane, { ...FREE, HOLDFAST_STATE_FOLDER: join(folder, 'new'), HOLDFAST_STATUS_LISTEN: `127.0.0.1:${(endless.address() as AddressInfo).port}` });
  assert.match(held.of('ports', 'fail'), /status .* can not be used/);
});

test('beside running planes: ports are open, certificates valid, clocks agree; and by the command', { timeout: 60_000 }, async (t) => {
  const { connectionString } = await createTestDatabase();
  const settings = { HOLDFAST_STATE_FOLDER: join(folder, 'running'), HOLDFAST_DATABASE_URL: connectionString, HOLDFAST_KEY_ENCRYPTION_KEY: KEY };
  const controlPlane = startControlPlane({ ...settings, HOLDFAST_DEVELOPMENT_MODE: 'true' });
  const admin = await ready(controlPlane);
  const at = (name: string): string => new RegExp(`"event":"ready".*"${name}":"([^"]+)"`).exec(controlPlane.output())?.[1] ?? '';
  const report = await examine(examineControlPlane, { ...settings, HOLDFAST_ADMIN_LISTEN: at('admin'), HOLDFAST_SYNC_LISTEN: at('sync'), HOLDFAST_STATUS_LISTEN: at('status') });
  assert.equal(report.code, 0, JSON.stringify(report.findings));
  assert.match(report.of('ports', 'ok'), /admin API .* is open.*\nsync .* is open.*\nstatus .* is open/);
  assert.match(report.of('certificates', 'ok'), /certificate of the sync port is valid until/);

  const made = await request(`${admin}/v1/join-tokens`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' });
  const { token: joinToken } = (await made.body.json()) as { readonly token: string };
  const before = await examine(examineDataPlane, { ...FREE_PROXY, HOLDFAST_STATE_FOLDER: join(folder, 'joining'), HOLDFAST_JOIN_TOKEN: joinToken });
  assert.equal(before.code, 0, JSON.stringify(before.findings));
  assert.match(before.of('control plane', 'ok'), /answers.*\n.*clock of https:.* agrees/);
  const dataPlane = await DataPlaneProcess.start({ HOLDFAST_JOIN_TOKEN: joinToken });
  t.after(() => dataPlane.destroy());
  assert.equal((await request(`${admin}/services`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"name":"a","host":"a.test"}' })).statusCode, 201);
  await waitUntil('it is ready', async () => (await dataPlane.get('/status/ready', dataPlane.statusPort)).status === 200, 30_000);
  const words = ['--json', '--state-folder', dataPlane.stateFolder, '--proxy-listen', `127.0.0.1:${dataPlane.proxyPort}`, '--proxy-tls-listen', `127.0.0.1:${dataPlane.proxyTlsPort}`, '--status-listen', `127.0.0.1:${dataPlane.statusPort}`];
  const ran = startProgram('bin/holdfast.js', ['doctor', 'data-plane', ...words]);
  assert.equal(await ran.ended, 0, ran.output());
  const beside = JSON.parse(ran.stdout()) as Report;
  const told = beside.findings.map(({ level, check, found }) => `${level} ${check}: ${found}`).join('\n');
  assert.match(told, /ok identity: it has joined as [^]*ok identity: the key of this data plane is for its owner alone[^]*ok certificates: its certificate is valid until [^]*by an authority that it trusts[^]*ok ports: proxy .* is open/);
});

test('times: what expires soon is warned of, renewed by itself or not; clocks are compared as finely as they tell', () => {
  const day = 86_400_000;
  const at = (nowMs: number, renewsItself: boolean): string => checkValidity('it', { fromMs: 0, toMs: 100 * day, nowMs, renewsItself }).level;
  assert.deepEqual([at(-1, true), at(50 * day, true), at(80 * day, true), at(60 * day, false), at(80 * day, false), at(101 * day, false)], ['fail', 'ok', 'warn', 'ok', 'warn', 'fail']);
  const skew = (theirMs: number): string => compareClocks('x', theirMs, { beforeMs: 100_000, afterMs: 100_200, precisionMs: 1_000 }).level;
  assert.deepEqual([skew(99_000), skew(100_200), skew(96_000), skew(103_000), skew(60_000), skew(140_000)], ['ok', 'ok', 'warn', 'warn', 'fail', 'fail']);
});

test('a check that breaks or hangs is a finding, and the others are made', async () => {
  const clock = new ManualClock();
  const lines: string[] = [];
  const done = runDoctor([{ name: 'broken', look: () => Promise.reject(new Error('it broke')) }, { name: 'hanging', look: () => new Promise(() => undefined) }, { name: 'fine', look: () => [{ level: 'ok', found: 'fine' }] }], { json: false, clock, output: { out: (line) => void lines.push(line) } });
  await waitUntil('the second check is under way', () => lines.length === 1);
  await waitUntil('its time is over', () => {
    clock.advance(15_000);
    return lines.length > 1;
  });
  assert.equal(await done, 1);
  assert.deepEqual(lines.map((line) => line.slice(0, 4)), ['fail', 'fail', 'ok  ', '2 th']);
});
