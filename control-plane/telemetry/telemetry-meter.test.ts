import { test } from 'node:test';
import assert from 'node:assert/strict';
import { counterSamples } from '../../shared/histogram.ts';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { TelemetryMeter } from './telemetry-meter.ts';

test('batches are counted by outcome, rows where they were stored, and what waits from when it came', async () => {
  const clock = new ManualClock();
  const meter = new TelemetryMeter(clock);
  const ends: ((outcome: 'stored' | 'duplicate' | Error) => void)[] = [];
  const begin = (rows: number) => meter.count('counts', rows, new Promise((resolve, reject) => ends.push((outcome) => (outcome instanceof Error ? reject(outcome) : resolve(outcome)))));
  const first = begin(5);
  clock.advance(700);
  const others = [begin(7), begin(11)];
  clock.advance(300);
  assert.deepEqual(meter.waiting('counts'), { batches: 3, oldestMs: 1_000 });
  assert.deepEqual(meter.waiting('records'), { batches: 0, oldestMs: 0 });
  ends[0]?.('stored');
  await first;
  assert.deepEqual(meter.waiting('counts'), { batches: 2, oldestMs: 300 });
  ends[1]?.('duplicate');
  ends[2]?.(new Error('no'));
  await Promise.allSettled(others);
  assert.deepEqual(counterSamples(meter.batches).map(({ labels, value }) => [labels?.['outcome'], value]), [['stored', 1], ['duplicate', 1], ['failed', 1]]);
  assert.deepEqual(counterSamples(meter.rows).map(({ value }) => value), [5]);
});

test('it says why when rows wait for minutes, and what to look for', () => {
  const clock = new ManualClock();
  const meter = new TelemetryMeter(clock);
  assert.equal(meter.whyBehind(), undefined);
  meter.backlogs.set('usage', { rows: 9, oldest: new Date(clock.nowMs()) });
  meter.backlogs.set('targets', { rows: 0, oldest: undefined });
  clock.advance(299_000);
  assert.equal(meter.whyBehind(), undefined);
  clock.advance(301_000);
  assert.match(meter.whyBehind() ?? '', /last 10 minutes .* pg_prepared_xacts/);
});
