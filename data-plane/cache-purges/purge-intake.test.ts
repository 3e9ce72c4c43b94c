import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EntityId } from '../../shared/model/ids.ts';
import { PurgeIntake } from './purge-intake.ts';

const HOUR = 3_600_000;
const plugin = (number: number): EntityId => `00000000-0000-7000-8000-00000000000${number}` as EntityId;

function intake(startedAtMs: number) {
  const done: string[] = [];
  const taken = new PurgeIntake(startedAtMs, (pluginId, cacheKey) => void done.push(`${pluginId?.at(-1) ?? 'all'} ${cacheKey ?? 'all'}`));
  const hear = (purges: readonly (readonly [atMs: number, pluginId?: EntityId, cacheKey?: string])[], forgottenMs = 0): readonly string[] => {
    done.length = 0;
    taken.heard({ kind: 'cache-purges', forgottenMs, purges: purges.map(([atMs, pluginId, cacheKey]) => ({ atMs, pluginId, cacheKey })) });
    return [...done];
  };
  return hear;
}

test('each order is carried out once, also where it is told again', () => {
  const hear = intake(0);
  assert.deepEqual(hear([[HOUR], [HOUR + 1, plugin(1)], [HOUR + 2, plugin(2), 'k']]), ['all all', '1 all', '2 k']);
  assert.deepEqual(hear([[HOUR], [HOUR + 1, plugin(1)], [HOUR + 2, plugin(2), 'k'], [HOUR + 3, plugin(3)]]), ['3 all']);
  assert.deepEqual(hear([[HOUR + 3, plugin(3)]]), []);
});

test('what was emptied before the process began is none of it', () => {
  const hear = intake(10 * HOUR);
  assert.deepEqual(hear([[9 * HOUR], [10 * HOUR + 1]]), ['all all']);
  assert.deepEqual(intake(10 * HOUR)([[10 * HOUR - 30_000, plugin(1)]]), ['1 all'], 'clocks may differ a little');
});

test('where orders were forgotten that may be news, everything goes, once', () => {
  const hear = intake(0);
  assert.deepEqual(hear([[HOUR, plugin(1)]], HOUR - 1), ['all all']);
  assert.deepEqual(hear([[HOUR, plugin(1)]], HOUR - 1), []);
  assert.deepEqual(hear([[3 * HOUR, plugin(2)]], 2 * HOUR), ['all all'], 'it was away for longer than they are remembered');
  assert.deepEqual(hear([[4 * HOUR, plugin(3)]], 3 * HOUR), ['3 all'], 'all that was forgotten is known');
});

test('a clock that is ahead hides no order once the control plane was heard', () => {
  const hear = intake(10 * HOUR);
  assert.deepEqual(hear([[HOUR]]), []);
  assert.deepEqual(hear([[HOUR], [HOUR + 1, plugin(1)]]), ['1 all']);
  assert.deepEqual(hear([[HOUR]]), [], 'of an instance that is behind');
  assert.deepEqual(hear([[HOUR], [HOUR + 1, plugin(1)]]), []);
});
