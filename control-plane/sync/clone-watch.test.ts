import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newId, type DataPlaneId } from '../../shared/model/ids.ts';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { CloneWatch } from './clone-watch.ts';

test('one return may be an accident, two are a clone, and who loses stays away for longer each time', () => {
  const watch = new CloneWatch(new ManualClock());
  const id = newId<DataPlaneId>();
  assert.equal(watch.awayMs(id), 5_000);
  assert.equal(watch.noteReturns(id, 1), false);
  assert.equal(watch.isCloned(id), false);
  assert.equal(watch.noteReturns(id, 2), true);
  assert.equal(watch.isCloned(id), true);
  const away = Array.from({ length: 8 }, () => watch.noteRefusal(id));
  assert.deepEqual(away, [40_000, 80_000, 160_000, 320_000, 600_000, 600_000, 600_000, 600_000]);
  assert.equal(watch.isCloned(newId<DataPlaneId>()), false);
});

test('who was quiet for long is no suspect any more', () => {
  const clock = new ManualClock();
  const watch = new CloneWatch(clock);
  const id = newId<DataPlaneId>();
  watch.noteReturns(id, 5);
  clock.advance(19 * 60_000);
  assert.equal(watch.isCloned(id), true);
  clock.advance(60_000);
  assert.equal(watch.isCloned(id), false);
  assert.equal(watch.awayMs(id), 5_000);
});

test('R5: only so many are remembered', () => {
  const watch = new CloneWatch(new ManualClock());
  const ids = Array.from({ length: 10_001 }, () => newId<DataPlaneId>());
  for (const id of ids) watch.noteReturns(id, 2);
  assert.deepEqual([ids[0], ids[1], ids[10_000]].map((id) => id !== undefined && watch.isCloned(id)), [false, true, true]);
});
