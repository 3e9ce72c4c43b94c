import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMemoryLogger } from '../../shared/log.ts';
import type { DataPlaneReport } from '../store/data-plane-store.ts';
import { DataPlaneReporter, mergeReports } from './data-plane-reporter.ts';

const at = new Date(0);
const root = Buffer.alloc(32);
const appliedAt = (sequence: number): DataPlaneReport => ({ applied: { version: { epoch: 1, sequence }, root, at, quarantined: [] } });
const rejectedAt = (sequence: number): DataPlaneReport => ({ rejection: { code: 'X', reasons: [], epoch: 1, sequence } });

test('what comes while a write runs is merged into one next write', async () => {
  const written: DataPlaneReport[] = [];
  const first = Promise.withResolvers<void>();
  const reporter = new DataPlaneReporter(async (report) => {
    written.push(report);
    if (written.length === 1) await first.promise;
  }, createMemoryLogger('t').log);
  reporter.add({ connected: true });
  for (let sequence = 1; sequence <= 50; sequence += 1) reporter.add(appliedAt(sequence));
  first.resolve();
  await reporter.settled();
  assert.deepEqual(written, [{ connected: true }, appliedAt(50)]);
});

test('a failed write is kept, and what came since wins over it', async () => {
  const written: DataPlaneReport[] = [];
  let failing = true;
  const { log, lines } = createMemoryLogger('t');
  const reporter = new DataPlaneReporter((report) => {
    if (failing) return Promise.reject(new Error('away'));
    written.push(report);
    return Promise.resolve();
  }, log);
  reporter.add({ hostname: 'a', desired: { epoch: 1, sequence: 1 } });
  await reporter.settled();
  failing = false;
  reporter.add({ desired: { epoch: 1, sequence: 2 } });
  await reporter.settled();
  assert.deepEqual(written, [{ hostname: 'a', desired: { epoch: 1, sequence: 2 } }]);
  assert.ok(lines().some((line) => line.includes('data-plane-report-failed')));
});

test('what was applied clears an unwritten rejection of it and of older ones, not of newer ones', () => {
  assert.deepEqual(mergeReports(rejectedAt(5), appliedAt(5)), appliedAt(5));
  assert.deepEqual(mergeReports(rejectedAt(5), appliedAt(4)), { ...rejectedAt(5), ...appliedAt(4) });
  assert.deepEqual(mergeReports(appliedAt(5), rejectedAt(6)), { ...appliedAt(5), ...rejectedAt(6) });
});
