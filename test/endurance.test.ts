/** R3 with real processes: swaps, rolling restarts and dying targets under load. `npm run bench -- endurance` runs the same with 1,000,000 requests. */
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { ENDURANCE_SETTINGS, runEndurance } from './support/endurance-run.ts';
import { startInstallation } from './support/installation.ts';

test('configuration swaps, rolling restarts and target failures fail no request', { timeout: 180_000 }, async (t) => {
  const installation = await startInstallation({ dataPlaneSettings: ENDURANCE_SETTINGS });
  t.after(() => installation.stop());
  const report = await runEndurance(installation, { requests: 5_000, connections: 8, swaps: 10, restarts: 2, targetFailures: 2 });
  t.diagnostic(JSON.stringify(report));
  assert.deepEqual(report.reasons, {});
  assert.equal(report.ok, report.sent);
  assert.ok(report.sent >= 5_000);
});
