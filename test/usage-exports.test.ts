/**
 * Usage exports in a real Postgres, of two control planes: each count is in exactly one file, whatever comes late or twice, and whichever step
 * is cut off; files are numbered without gaps, and what their checksum says. And what the admin API and `holdfast usage export` make of them.
 */
// What is added up waits for transactions of the whole server: none of other tests may be among them.
import './support/own-server.ts';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { runCommand } from '../control-plane/cli/main.ts';
import type { GatewayScope } from '../control-plane/store/scope.ts';
import { openStore, type Store } from '../control-plane/store/store.ts';
import { DEFAULT_EXPORT_SETTINGS, type ExportFile, type ExportSettings } from '../control-plane/store/usage-export-store.ts';
import { RollUp } from '../control-plane/telemetry/roll-up.ts';
import { UsageExporter } from '../control-plane/telemetry/usage-exporter.ts';
import { defined } from '../shared/assert.ts';
import { createMemoryLogger } from '../shared/log.ts';
import { newId, type DataPlaneId } from '../shared/model/ids.ts';
import { startTestAdminApi } from './support/admin-api.ts';
import { ManualClock } from './support/manual-clock.ts';
import { openTestStore } from './support/postgres.ts';
import { onServer, whenDone } from './support/postgres-server.ts';
import { createGateway, insert, TEST_ACTOR } from './support/store-scene.ts';
import { telemetryBatch, usageRow } from './support/telemetry-rows.ts';

const [MINUTE_MS, HOUR_MS, DAY_MS] = [60_000, 3_600_000, 86_400_000];
const NOW_MS = Math.floor(Date.now() / DAY_MS) * DAY_MS + 9 * HOUR_MS;
const clock = new ManualClock(NOW_MS);
const api = await startTestAdminApi({ clock }, await openTestStore({ clock }));
const { store, database, send } = api;
const { log, lines } = createMemoryLogger('test');

async function enrol(scope: GatewayScope): Promise<DataPlaneId> {
  const { token, secret } = await store.joinTokens.create(scope, { uses: 1, expiresAt: new Date(clock.nowMs() + HOUR_MS), labels: {} }, TEST_ACTOR);
  const certificate = { serial: 'ab01', fingerprint: Buffer.alloc(32, 7), notAfter: new Date(Date.UTC(2037, 0, 1)) };
  return defined(await store.dataPlanes.enrol(token.id, secret, async () => ({ id: newId<DataPlaneId>(), hostname: 'host', certificate })), 'the enrolled data plane').id;
}

/** Done where a test is about it. */
const nothingExpires = { prepare: async () => undefined, remove: async () => ({ partitions: 0, rows: 0 }) };

/** What a control plane does of itself. */
function workOf(of: Store): () => Promise<void> {
  const roller = new RollUp({ store: of.rollUp, expiry: nothingExpires, clock, log });
  const exporter = new UsageExporter({ making: of.usageExportMaking, clock, log });
  // Rows of a transaction that ended before are passed by the second look.
  return async () => {
    for (let turn = 0; turn < 2; turn += 1) {
      await roller.tick();
      await exporter.tick();
    }
  };
}

const work = workOf(store);
const settingsWith = (fields: Partial<ExportSettings>): ExportSettings => ({ ...DEFAULT_EXPORT_SETTINGS, enabled: true, ...fields });

/** A gateway with a data plane that counts when it is told to. */
async function countingGateway(): Promise<{ readonly scope: GatewayScope; readonly count: (atMs: number, ...rows: readonly Parameters<typeof usageRow>[0][]) => Promise<void> }> {
  const scope = await createGateway(store);
  const source = { ...scope, dataPlaneId: await enrol(scope), bootId: newId() };
  let sequence = 0;
  return {
    scope,
    count: async (atMs, ...rows) => {
      sequence += 1;
      await store.telemetry.storeBatch(source, sequence, telemetryBatch({ fromMs: atMs, toMs: atMs + 10_000, usage: rows.map(usageRow) }));
    },
  };
}

interface Line {
  readonly file: number;
  readonly interval_start: string;
  readonly consumer_id: string | null;
  readonly consumer_username: string | null;
  readonly consumer_custom_id: string | null;
  readonly route_id: string | null;
  readonly route_name: string | null;
  readonly service_id: string | null;
  readonly service_name: string | null;
  readonly status: string | null;
  readonly requests: number;
  readonly bytes_in: number;
  readonly bytes_out: number;
  readonly late: boolean;
}

/** All files, each checked against what is told of it; their lines are JSON. */
async function allFiles(scope: GatewayScope): Promise<{ readonly files: readonly ExportFile[]; readonly lines: readonly Line[] }> {
  const files = await store.usageExports.list(scope, 0, 1_000);
  assert.deepEqual(files.map(({ number }) => number), files.map((_file, index) => index + 1), 'numbered without gaps');
  const all: Line[] = [];
  for (const [index, file] of files.entries()) {
    const { content } = defined(await store.usageExports.read(scope, file.number), 'the file');
    assert.ok(content !== undefined);
    assert.deepEqual([content.length, createHash('sha256').update(content).digest(), file.previousSha256], [file.bytes, file.sha256, files[index - 1]?.sha256]);
    const text = (file.gzip ? gunzipSync(content) : content).toString();
    const lines: readonly Line[] = text.trimEnd().split('\n').map((line) => JSON.parse(line));
    assert.deepEqual([lines.length, sum(lines, 'requests'), sum(lines.filter(({ late }) => late), 'requests')], [file.rows, file.requests, file.lateRequests]);
    assert.ok(lines.every((line) => line.file === file.number));
    all.push(...lines);
  }
  return { files, lines: all };
}

function sum(lines: readonly Line[], of: 'requests' | 'bytes_in' | 'bytes_out'): number {
  return lines.reduce((total, line) => total + line[of], 0);
}

test('an hour becomes a file after it is over, with names as they are; what comes afterwards is late in the next', async () => {
  const { scope, count } = await countingGateway();
  const service = await insert(store, scope, 'services', { url: 'http://a.test', name: 'books' });
  const route = await insert(store, scope, 'routes', { paths: ['/'], name: 'all', service: { id: service.id } });
  const ada = await insert(store, scope, 'consumers', { username: 'ada "the first"', custom_id: 'c-1' });
  const hour = clock.nowMs();
  await count(hour, { consumerId: ada.id, routeId: route.id, requests: 40 });
  await work();
  await store.usageExports.set(scope, settingsWith({ format: 'jsonl', gzip: true, dimensions: ['route', 'service', 'status'] }), TEST_ACTOR);
  await count(hour + 10_000, { consumerId: ada.id, routeId: route.id, requests: 3, bytesIn: 30 }, { status: 0 });
  await count(hour + HOUR_MS - 10_000, { consumerId: ada.id, routeId: route.id, requests: 4, bytesIn: 5 }, { consumerId: ada.id, routeId: route.id, status: 404 });
  await count(hour + HOUR_MS, { consumerId: ada.id, requests: 100 });
  clock.advance(HOUR_MS + 4 * MINUTE_MS);
  await work();
  assert.deepEqual((await allFiles(scope)).files, [], 'five minutes are not over');
  clock.advance(MINUTE_MS);
  await work();
  const { files, lines: told } = await allFiles(scope);
  const at = (ms: number): string => new Date(ms).toISOString().replace('.000', '');
  const row = { file: 1, gateway_id: scope.gatewayId, interval_start: at(hour), interval_end: at(hour + HOUR_MS), late: false };
  const known = { consumer_id: ada.id, consumer_username: 'ada "the first"', consumer_custom_id: 'c-1', route_id: route.id, route_name: 'all', service_id: service.id, service_name: 'books' };
  const unknown = { consumer_id: null, consumer_username: null, consumer_custom_id: null, route_id: null, route_name: null, service_id: null, service_name: null };
  const byStatus = (lines: readonly Line[]) => lines.toSorted((a, b) => (String(a.status) < String(b.status) ? -1 : 1));
  assert.deepEqual(byStatus(told), [
    { ...row, ...known, status: '200', requests: 7, bytes_in: 35, bytes_out: 2 },
    { ...row, ...known, status: '404', requests: 1, bytes_in: 1, bytes_out: 1 },
    { ...row, ...unknown, status: 'none', requests: 1, bytes_in: 1, bytes_out: 1 },
  ]);
  assert.deepEqual(files.map(({ requests, intervalsFrom, intervalsTo }) => [requests, intervalsFrom.getTime(), intervalsTo.getTime()]), [[9, hour, hour + HOUR_MS]]);
  await count(hour, { requests: 5 });
  await work();
  assert.equal((await allFiles(scope)).files.length, 1, 'what is late waits for the next');
  await store.usageExports.set(scope, settingsWith({ format: 'jsonl' }), TEST_ACTOR);
  clock.advance(HOUR_MS);
  await work();
  const second = (await allFiles(scope)).lines.slice(3);
  assert.deepEqual(second.map(({ requests, late, route_id, status, consumer_username: name }) => [requests, late, route_id, status, name]), [[5, true, null, null, null], [100, false, null, null, 'ada "the first"']]);
});

test('each count is in exactly one file: late and double batches, two control planes at once, steps cut off, switched off and on', async () => {
  const seed = Number(process.env['TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
  let state = seed;
  const below = (count: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return (state >>> 8) % count;
  };
  const other = await openStore({ ...database, log, clock });
  whenDone(() => other.stop());
  const works = [work, workOf(other)];
  const scope = await createGateway(store);
  const consumers = [newId(), newId(), ''];
  const sources = [await enrol(scope), await enrol(scope)].map((dataPlaneId) => ({ ...scope, dataPlaneId, bootId: newId() }));
  const set = (fields: Partial<ExportSettings>) => store.usageExports.set(scope, settingsWith({ format: 'jsonl', ...fields }), TEST_ACTOR);
  await work();
  await set({});
  let counted = 0;
  let left = 0;
  let isOn = true;
  const usage = async (): Promise<number> => defined((await store.telemetry.usage(scope, { groupBy: [] })).totals[0], 'the total').requests;
  for (let sequence = 1; sequence <= 15; sequence += 1) {
    const rows = Array.from({ length: 1 + below(3) }, () => usageRow({ consumerId: consumers[below(3)] ?? '', requests: 1 + below(50), bytesIn: below(1_000), status: [200, 404, 500][below(3)] ?? 200 }));
    const batch = telemetryBatch({ fromMs: clock.nowMs() - (below(3) === 0 ? below(30 * HOUR_MS) : below(20_000)), toMs: clock.nowMs(), usage: rows });
    const times = 1 + below(2);
    await Promise.all([...Array.from({ length: times }, () => store.telemetry.storeBatch(defined(sources[sequence % 2], 'a data plane'), sequence, batch)), ...(below(2) === 0 ? works.map((one) => one()) : [])]);
    counted += rows.reduce((total, { requests }) => total + requests, 0);
    if (!isOn) left += rows.reduce((total, { requests }) => total + requests, 0);
    if (sequence % 7 === 0) {
      // A step ends in its middle: before its commit its connection is gone.
      const cutOff = () => onServer(database.superuserConnectionString, (client) => client.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'"));
      await Promise.all([...works.map((one) => one()), cutOff(), cutOff()].map((one) => one.catch(() => undefined)));
    }
    if (sequence % 6 === 0) {
      const { lines: told } = await allFiles(scope);
      assert.ok(sum(told, 'requests') <= counted - left, `seed ${seed}`);
    }
    if (sequence % 5 === 0) {
      await work();
      isOn = !isOn;
      await set({ enabled: isOn, ...(below(2) === 0 ? { width: 'day' } : { dimensions: ['status'], gzip: true }) });
      await work();
      if (!isOn) assert.deepEqual([sum((await allFiles(scope)).lines, 'requests'), (await store.usageExports.state(scope)).state], [counted - left, 'off'], `all that came before it was switched off is told, seed ${seed}`);
    }
    clock.advance(below(3 * HOUR_MS));
  }
  await work();
  await set({ enabled: false });
  await work();
  const { lines: told } = await allFiles(scope);
  assert.deepEqual([sum(told, 'requests'), await usage()], [counted - left, counted], `seed ${seed}`);
  assert.equal(lines().filter((line) => line.includes('usage-export-failed') && line.includes('duplicate key')).length, 0);
});

test('sums over all files are /v1/usage; a large one is told in parts; numbers beyond 2^53 keep their digits', async () => {
  const { scope, count } = await countingGateway();
  await work();
  await store.usageExports.set(scope, settingsWith({ format: 'jsonl' }), TEST_ACTOR);
  const consumers = Array.from({ length: 25 }, () => newId());
  const hour = Math.floor(clock.nowMs() / HOUR_MS) * HOUR_MS;
  await count(hour, ...consumers.map((consumerId, index) => ({ consumerId, requests: index + 1, bytesOut: 2 ** 50 - 1 })));
  await count(hour, { consumerId: consumers[0] ?? '', bytesOut: 2 ** 50 }, ...Array.from({ length: 9 }, () => ({ consumerId: consumers[0] ?? '', bytesOut: 2 ** 50, requests: 0 })));
  clock.advance(2 * HOUR_MS);
  for (let turn = 0; turn < 2; turn += 1) {
    await new RollUp({ store: store.rollUp, expiry: nothingExpires, clock, log }).tick();
    while ((await store.usageExportMaking.take(7)).more);
  }
  const made: number[] = [];
  for (let more = true; more; ) {
    const step = await store.usageExportMaking.make(scope, new Date(clock.nowMs()), 10, async () => undefined);
    if (step.file !== undefined) made.push(step.file.rows);
    more = step.more;
  }
  assert.deepEqual(made, [10, 10, 5]);
  const { files, lines: told } = await allFiles(scope);
  const [total] = (await store.telemetry.usage(scope, { groupBy: [] })).totals;
  assert.deepEqual([sum(told, 'requests'), sum(told, 'bytes_in'), told.some(({ late }) => late)], [total?.requests, total?.bytesIn, false]);
  const texts = await Promise.all(files.map(async ({ number }) => String((await store.usageExports.read(scope, number))?.content)));
  assert.ok(texts.join('').includes(`"bytes_out":${11n * 2n ** 50n - 1n},`));
});

test('exports that are off hold no raw row back; those that are on do until they have it; bytes of files go, what is known of them stays', async () => {
  const { scope, count } = await countingGateway();
  const mark = async () => Number((await onServer(database.superuserConnectionString, (client) => client.query<{ readonly behind: string }>(
    "SELECT (SELECT raw_id FROM holdfast.roll_up_watermarks WHERE family = 'usage') - (SELECT raw_id FROM holdfast.roll_up_watermarks WHERE family = 'usage/exports') AS behind"))).rows[0]?.behind);
  const rawRows = async () => (await onServer(database.superuserConnectionString, (client) => client.query('SELECT FROM holdfast.usage_raw WHERE gateway_id = $1', [scope.gatewayId]))).rowCount;
  const longAgo = Date.now() - 40 * DAY_MS;
  await count(longAgo, {});
  await work();
  assert.equal(await mark(), 0);
  const roller = new RollUp({ store: store.rollUp, expiry: nothingExpires, clock, log });
  // Before they are switched on, though nobody has looked at it for exports.
  await count(longAgo, { requests: 50 });
  for (let turn = 0; turn < 2; turn += 1) await roller.tick();
  await store.usageExports.set(scope, settingsWith({ keepDays: 2, format: 'jsonl' }), TEST_ACTOR);
  await count(longAgo, { requests: 6 });
  for (let turn = 0; turn < 2; turn += 1) await roller.tick();
  assert.ok((await mark()) > 0);
  await store.telemetryExpiry.remove(clock.nowMs(), () => false);
  assert.equal(await rawRows(), 2, 'those that exports have not taken');
  await work();
  const file = defined((await allFiles(scope)).files[0], 'the file');
  assert.deepEqual([file.requests, file.isKept, Math.round((file.expiresAt.getTime() - Date.now()) / DAY_MS)], [6, true, 2]);
  await store.telemetryExpiry.remove(clock.nowMs(), () => false);
  assert.equal(await rawRows(), 0);
  await endFiles(scope);
  await work();
  const after = defined(await store.usageExports.read(scope, 1), 'the file');
  assert.deepEqual([after.content, { ...after.file, expiresAt: file.expiresAt }], [undefined, { ...file, isKept: false }]);
});

/** As if it were later: files are kept by the database's clock. */
async function endFiles(scope: GatewayScope): Promise<void> {
  await onServer(database.superuserConnectionString, (client) => client.query("UPDATE holdfast.usage_export_files SET expires_at = now() - interval '1 second' WHERE gateway_id = $1", [scope.gatewayId]));
}

async function cli(folder: string, ...words: readonly string[]): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  const [out, err]: [string[], string[]] = [[], []];
  const sources = (flags: readonly string[]) => ({ environment: { HOLDFAST_ADMIN_URL: api.base, HOLDFAST_ADMIN_TOKEN: api.adminToken }, arguments: flags, workingFolder: folder, readFile: () => '' });
  const code = await runCommand(['usage', 'export', ...words], sources, { out: (line) => void out.push(line), err: (line) => void err.push(line) });
  return { code, out: out.join('\n'), err: err.join('\n') };
}

test('over the admin API and with holdfast usage export: settings, list, files with their checksums; a folder that has each once', async () => {
  const gateway = defined(await store.gateways.findByName(api.tenantId, 'default'), 'the default gateway');
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-usage-'));
  after(() => rmSync(folder, { recursive: true }));
  const source = { ...gateway, dataPlaneId: await enrol(gateway), bootId: newId() };
  const ada = (await send('POST', '/consumers', { json: { username: 'a,"da' } })).expect(201).word('id');
  let sequence = 0;
  const anHour = async (requests: number): Promise<void> => {
    sequence += 1;
    await store.telemetry.storeBatch(source, sequence, telemetryBatch({ fromMs: clock.nowMs(), toMs: clock.nowMs(), usage: [usageRow({ consumerId: ada, requests })] }));
    clock.advance(HOUR_MS + 5 * MINUTE_MS);
    await work();
  };
  assert.equal((await send('GET', '/v1/usage-exports/settings')).expect(200).at('state'), 'never');
  assert.match((await cli(folder, '--to', 'files')).err, /no file yet/);
  await work();
  (await send('PATCH', '/v1/usage-exports/settings', { json: { interval: 'minute' } })).expect(400);
  assert.partialDeepStrictEqual((await send('PATCH', '/v1/usage-exports/settings', { json: { enabled: true, gzip: true } })).expect(200).body, { state: 'on', interval: 'hour', file_format: 'csv', gzip: true, dimensions: [], settle_seconds: 300, last_number: 0 });
  assert.partialDeepStrictEqual((await send('PATCH', '/v1/usage-exports/settings', { json: { gzip: false } })).expect(200).body, { enabled: true, gzip: false });
  await anHour(3);
  await anHour(4);
  const list = (await send('GET', '/v1/usage-exports?size=1')).expect(200);
  assert.partialDeepStrictEqual(list.body, { data: [{ number: 1, rows: 1, requests: 3, late_requests: 0, previous_sha256: null, kept: true }], next: '/v1/usage-exports?since=1&size=1' });
  const file = (await send('GET', '/v1/usage-exports/files/1')).expect(200);
  const sha256 = createHash('sha256').update(file.text).digest();
  assert.deepEqual(
    [list.at('data.0.sha256'), file.headers['repr-digest'], file.headers['content-disposition'], file.headers['content-type']],
    [sha256.toString('hex'), `sha-256=:${sha256.toString('base64')}:`, `attachment; filename="usage-${gateway.gatewayId}-000000001.csv"`, 'text/csv; charset=utf-8; header=present']);
  assert.match(file.text, /^file,gateway_id,interval_start,.*,late\r\n1,[0-9a-f-]{36},\d{4}-\d\d-\d\dT\d\d:00:00Z,[^,]+,[0-9a-f-]{36},"a,""da",,,,,,,3,1,1,false\r\n$/);
  for (const number of ['3', '0', 'x', '1.0', '99999999999']) (await send('GET', `/v1/usage-exports/files/${number}`)).expect(404);
  (await send('GET', '/v1/usage-exports?since=-1')).expect(400);
  const reader = await api.tokenFor('counts', [{ resources: ['usage'], verbs: ['read'] }]);
  (await send('GET', '/v1/usage-exports', { token: reader })).expect(200);
  (await send('GET', '/v1/usage-exports/files/1', { token: reader })).expect(403);
  (await send('PATCH', '/v1/usage-exports/settings', { token: reader, json: { enabled: false } })).expect(403);

  const into = join(folder, 'files');
  assert.deepEqual(await cli(folder, '--to', 'files', '--since', '1'), { code: 0, out: '1 file fetched, of 4 requests; 0 were there', err: '' });
  assert.deepEqual(await cli(folder, '--to', 'files'), { code: 0, out: '1 file fetched, of 3 requests; 1 were there', err: '' });
  assert.deepEqual(await cli(folder, '--to', 'files'), { code: 0, out: '0 files fetched, of 0 requests; 2 were there', err: '' });
  const name = (number: number): string => `usage-${gateway.gatewayId}-00000000${number}.csv`;
  assert.deepEqual(readdirSync(into).toSorted(), ['SHA256SUMS', name(1), name(2)]);
  assert.match(execFileSync('sha256sum', ['-c', 'SHA256SUMS'], { cwd: into }).toString(), /1\.csv: OK\n.*2\.csv: OK\n$/);
  // Its list is lost: files tell themselves what they are.
  rmSync(join(into, 'SHA256SUMS'));
  rmSync(join(into, name(2)));
  assert.partialDeepStrictEqual(JSON.parse((await cli(folder, '--to', 'files', '--json')).out), { fetched: [{ name: name(2), requests: 4 }], present: 1, gone: [] });
  assert.equal(readFileSync(join(into, 'SHA256SUMS'), 'utf8').split('\n').length, 3);
  // Another file of that name is never taken for it, and never replaced.
  rmSync(join(into, 'SHA256SUMS'));
  writeFileSync(join(into, name(1)), 'mine');
  const other = await cli(folder, '--to', 'files');
  assert.deepEqual([other.code, readFileSync(join(into, name(1)), 'utf8')], [1, 'mine']);
  assert.match(other.err, /is another file than the control plane has/);
  await endFiles(gateway);
  await work();
  (await send('GET', '/v1/usage-exports/files/1')).expect(404);
  const late = await cli(folder, '--to', 'empty');
  assert.deepEqual([late.code, late.err], [1, `no longer kept by the control plane, and not in ${join(folder, 'empty')}: files 1, 2; with --since 2 they are left out`]);
});

test('what an answer says of a file is not believed: its bytes, its name, its place among the others', async () => {
  const gatewayId = newId();
  const content = Buffer.from('file\r\n');
  const sha256 = createHash('sha256').update(content).digest('hex');
  const file = (number: number, fields: object = {}) => ({ number, name: `usage-${gatewayId}-00000000${number}.csv`, sha256, previous_sha256: number === 1 ? null : sha256, bytes: content.length, requests: 1, kept: true, ...fields });
  let listed: readonly object[] = [];
  let sent = content;
  const server = createServer((request, response) => void (request.url?.includes('/files/') === true ? response.end(sent) : response.end(JSON.stringify({ data: listed })))).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-usage-'));
  after(() => {
    rmSync(folder, { recursive: true });
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  const fetchAll = () => cli(folder, '--to', '.', '--admin-url', `http://127.0.0.1:${address.port}`);
  for (const [wrong, bytes] of [
    [[file(1, { name: '../../outside.csv' })], content], [[file(2)], content], [[file(1), file(3)], content], [[file(1), file(2, { previous_sha256: 'ab'.repeat(32) })], content], [[file(1)], Buffer.from('other\r')], [[file(1, { sha256: 'x' })], content],
  ] as const) {
    [listed, sent] = [wrong, bytes];
    const { code, err } = await fetchAll();
    assert.deepEqual([code, /CLI_USAGE_EXPORT_CHANGED|nothing was replaced/.test(err)], [1, true], JSON.stringify(wrong));
    for (const name of readdirSync(folder)) rmSync(join(folder, name));
  }
  [listed, sent] = [[file(1), file(2)], content];
  assert.equal((await fetchAll()).code, 0);
});
