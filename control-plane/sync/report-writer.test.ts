import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HoldfastError } from '../../shared/errors.ts';
import { createMemoryLogger } from '../../shared/log.ts';
import { newId, type DataPlaneId, type EntityId, type GatewayId, type TenantId } from '../../shared/model/ids.ts';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { waitUntil } from '../../test/support/wait-until.ts';
import type { DataPlaneReport, SessionReport, StoredReport } from '../store/data-plane-reports.ts';
import { mergeReports, ReportWriter, type ReportingSession } from './report-writer.ts';

const at = new Date(0);
const scope = { tenantId: newId<TenantId>(), gatewayId: newId<GatewayId>() };
const versionOf = (sequence: number) => ({ version: { epoch: 1, sequence }, root: Buffer.alloc(32, sequence), at });
const appliedAt = (sequence: number): DataPlaneReport => ({ applied: { ...versionOf(sequence), tookMs: 1, quarantined: [] } });
const rejectedAt = (sequence: number): DataPlaneReport => ({ rejection: { code: 'X', reasons: [], epoch: 1, sequence } });

/** A session that keeps what it was told. */
function session(dataPlaneId = newId<DataPlaneId>(), beganAtMs = 0): ReportingSession & { readonly told: string[] } {
  const told: string[] = [];
  return {
    identity: { ...scope, dataPlaneId }, id: newId(), beganAtMs, told,
    onOutlived: () => told.push('outlived'), onBootReturned: (times) => told.push(`returned ${times}`), onAhead: ({ version }) => told.push(`ahead ${version.sequence}`),
  };
}

function scene(store: (reports: readonly SessionReport[]) => Promise<readonly Partial<StoredReport>[]> | undefined = () => undefined) {
  const clock = new ManualClock();
  const writes: (readonly SessionReport[])[] = [];
  const { log, lines } = createMemoryLogger('t');
  const report = async (reports: readonly SessionReport[]): Promise<readonly StoredReport[]> => {
    writes.push(reports);
    const stored = (await store(reports)) ?? reports;
    return stored.map((one) => ({ dataPlaneId: newId<DataPlaneId>(), bootReturns: 0, isAhead: false, ...one }));
  };
  const writer = new ReportWriter({ dataPlanes: { report }, clock, log });
  /** Time goes on until there were so many writes. */
  const written = (count: number) =>
    waitUntil(`${count} writes`, () => {
      if (writes.length < count) clock.advance(10);
      return writes.length >= count ? writes : undefined;
    });
  return { writer, clock, writes, written, lines };
}

test('C2: the reports of a thousand sessions are two statements, however often each reports', async () => {
  const { writer, written } = scene();
  const sessions = Array.from({ length: 1_000 }, () => session());
  for (const sequence of [1, 2, 3]) for (const one of sessions) writer.add(one, appliedAt(sequence));
  const writes = await written(2);
  assert.deepEqual(writes.map((write) => write.length), [500, 500]);
  assert.ok(writes.flat().every(({ report }) => report.applied?.version.sequence === 3));
  await writer.stop();
  assert.equal(writes.length, 2);
});

test('what comes while a write runs is merged into the next, which waits a while', async () => {
  const first = Promise.withResolvers<undefined>();
  const { writer, clock, writes, written } = scene(() => (writes.length === 1 ? first.promise.then(() => []) : undefined));
  const one = session();
  writer.add(one, { connected: true });
  await written(1);
  for (let sequence = 1; sequence <= 50; sequence += 1) writer.add(one, appliedAt(sequence));
  first.resolve(undefined);
  await waitUntil('the answer', () => one.told.length > 0);
  clock.advance(200);
  assert.equal(writes.length, 1);
  assert.deepEqual((await written(2))[1]?.map(({ report }) => report), [appliedAt(50)]);
});

test('a failed write is kept, tried again, and what came since wins over it', async () => {
  let failing = true;
  const { writer, clock, writes, written, lines } = scene(() => (failing ? Promise.reject(new HoldfastError({ code: 'STORE_UNAVAILABLE', source: 'control-plane', retryable: true, publicMessage: 'away' })) : undefined));
  const one = session();
  writer.add(one, { hostname: 'a', ...appliedAt(1) });
  await written(1);
  await waitUntil('the log line', () => lines().some((line) => line.includes('data-plane-reports-failed')));
  failing = false;
  writer.add(one, appliedAt(2));
  assert.deepEqual((await written(2))[1]?.map(({ report }) => report), [{ hostname: 'a', ...appliedAt(2) }]);
  clock.advance(10_000);
  assert.equal(writes.length, 2);
});

test('R5: one report that can never be stored does not keep the others out, nor makes them wait', async () => {
  const poison = session();
  const { writer, writes, written, lines } = scene((reports) => (reports.some(({ sessionId }) => sessionId === poison.id) ? Promise.reject(new Error('odd')) : Promise.resolve([])));
  const others = Array.from({ length: 400 }, () => session());
  for (const one of [...others.slice(0, 20), poison, ...others.slice(20)]) writer.add(one, { connected: true });
  await written(1);
  await waitUntil('all others to be stored at once', () => others.every(({ told }) => told.length === 1));
  await waitUntil('the log line', () => lines().some((line) => line.includes('data-plane-report-lost')));
  assert.deepEqual(poison.told, []);
  assert.ok(writes.length < 25, `${writes.length} statements`);
});

test('a database that refuses us loses no report', async () => {
  let refused = true;
  const { writer, written, lines } = scene(() => (refused ? Promise.reject(new HoldfastError({ code: 'STORE_LOGIN_REFUSED', source: 'control-plane', publicMessage: 'no' })) : undefined));
  for (let count = 0; count < 3; count += 1) writer.add(session(), { connected: true });
  await written(1);
  await waitUntil('the log line', () => lines().some((line) => line.includes('data-plane-reports-failed')));
  refused = false;
  assert.deepEqual((await written(2)).map((write) => write.length), [3, 3]);
});

test('a session hears that a later one counts, that its process came back, that it is ahead of all', async () => {
  const [gone, cloned, ahead] = [session(), session(), session()];
  const { writer, written } = scene(() => Promise.resolve([{ dataPlaneId: cloned.identity.dataPlaneId, bootReturns: 3 }, { dataPlaneId: ahead.identity.dataPlaneId, isAhead: true }]));
  writer.add(gone, { connected: true });
  writer.add(cloned, { bootId: newId() });
  writer.add(ahead, { ahead: { version: { epoch: 1, sequence: 9 }, isProved: true } });
  await written(1);
  await waitUntil('all to be told', () => [gone, cloned, ahead].every(({ told }) => told.length === 1));
  assert.deepEqual([gone.told, cloned.told, ahead.told], [['outlived'], ['returned 3'], ['ahead 9']]);
});

test('a later session of the same data plane takes its report over', async () => {
  const { writer, written } = scene();
  const dataPlaneId = newId<DataPlaneId>();
  const [earlier, later] = [session(dataPlaneId), session(dataPlaneId)];
  writer.add(earlier, { connected: true, ...appliedAt(1) });
  writer.add(later, { connected: true });
  const [write] = await written(1);
  assert.deepEqual(write?.map(({ sessionId, report }) => [sessionId, report]), [[later.id, { connected: true, ...appliedAt(1) }]]);
});

test('the late word of a session that was followed by another takes nothing from that', async () => {
  const { writer, written } = scene();
  const dataPlaneId = newId<DataPlaneId>();
  const [earlier, later] = [session(dataPlaneId, 1), session(dataPlaneId, 2)];
  writer.add(later, { connected: true, ...appliedAt(2) });
  writer.add(earlier, { ...appliedAt(1), ...rejectedAt(3) });
  const [write] = await written(1);
  assert.deepEqual(write?.map(({ sessionId, report }) => [sessionId, report]), [[later.id, { connected: true, ...appliedAt(2), ...rejectedAt(3) }]]);
});

test('stopping writes what waits', async () => {
  const { writer, writes } = scene();
  writer.add(session(), { connected: false });
  await writer.stop();
  assert.equal(writes.length, 1);
});

test('what was applied clears an unwritten rejection of it and of older ones, not of newer ones', () => {
  assert.deepEqual(mergeReports(rejectedAt(5), appliedAt(5)), appliedAt(5));
  assert.deepEqual(mergeReports(rejectedAt(5), appliedAt(4)), { ...rejectedAt(5), ...appliedAt(4) });
  assert.deepEqual(mergeReports(appliedAt(5), rejectedAt(6)), { ...appliedAt(5), ...rejectedAt(6) });
});

test('what Hello says to be active does not undo what was said of it when it was applied', () => {
  const quarantined = [{ kind: 'routes', id: newId<EntityId>(), code: 'X', reason: 'odd' }];
  const applied: DataPlaneReport = { applied: { ...versionOf(5), tookMs: 1, quarantined } };
  assert.deepEqual(mergeReports(applied, { active: versionOf(5) }), applied);
  assert.deepEqual(mergeReports(applied, { active: versionOf(4) }), { applied: { ...versionOf(4), tookMs: undefined, quarantined: [] } });
  assert.deepEqual(mergeReports({ active: versionOf(4) }, appliedAt(5)), appliedAt(5));
  const again = (sequence: number) => ({ applied: { ...versionOf(sequence), tookMs: undefined, quarantined: [], already: true } });
  assert.deepEqual(mergeReports(applied, again(5)), { applied: { ...versionOf(5), tookMs: 1, quarantined: [] } });
  assert.deepEqual(mergeReports(applied, again(4)), again(4));
});
