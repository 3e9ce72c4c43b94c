/** S1, S2, T3 with real processes that get killed. `npm run bench -- outage` runs the same for 30 s. */
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { startInstallation } from './support/installation.ts';
import { runOutage } from './support/outage-run.ts';

const PER_SECOND = 200;

test('losing control plane, database and a data plane fails no request elsewhere, and the counts come out exact', { timeout: 180_000 }, async (t) => {
  const installation = await startInstallation();
  t.after(() => installation.stop());
  const report = await runOutage(installation, { perSecond: PER_SECOND, outageMs: 3000 });
  t.diagnostic(JSON.stringify(report));

  assert.equal(report.survivor.failed, 0, 'S1: no request of the surviving data plane failed');
  assert.equal(report.survivor.usage, report.survivor.sent, 'T3: its usage totals are exactly what the client sent');
  assert.equal(report.survivor.byVersion, report.survivor.sent, 'and so are those by configuration version');
  assert.equal(report.contentRootAfter, report.contentRootBefore, 'S2: the restarted data plane serves the same content');
  const missing = report.killed.answered - report.killed.usage;
  assert.ok(missing <= PER_SECOND * 1.5, `T3: kill -9 loses at most one fold interval, but ${missing} requests are missing`);
  // A request that was cut may have been counted; an answered one is never counted twice.
  assert.ok(-missing <= report.killed.broken, `T3: nothing is counted twice, but ${-missing} requests more were counted than answered`);
  assert.equal(report.killed.crashGaps, 1, 'T3: the loss is reported as lost at a crash');
});
