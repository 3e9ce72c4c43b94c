import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MAXIMUM_RECORD_BATCH_BYTES } from '../../shared/wire/access-record-codec.ts';
import { MAXIMUM_BATCH_BYTES } from '../../shared/wire/telemetry-codec.ts';
import { creditsAmong } from './telemetry-credit.ts';

test('a few sessions get all the credit there is; ten thousand that come at once hold a few gigabytes at the very worst, and none is left without', () => {
  assert.deepEqual(creditsAmong(1), { telemetry: 8, records: 2 });
  assert.deepEqual(creditsAmong(100), { telemetry: 8, records: 2 });
  assert.deepEqual(creditsAmong(10_000), { telemetry: 1, records: 1 });
  let [telemetry, records] = [0, 0];
  for (let sessions = 1; sessions <= 10_000; sessions += 1) {
    const credits = creditsAmong(sessions);
    telemetry += credits.telemetry * MAXIMUM_BATCH_BYTES;
    records += credits.records * MAXIMUM_RECORD_BATCH_BYTES;
  }
  assert.ok(telemetry < 2.2e9 && records < 2.8e9, `${telemetry} bytes of counts, ${records} of access records`);
});
