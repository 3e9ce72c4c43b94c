import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMemoryLogger } from '../../shared/log.ts';
import type { GatewayId } from '../../shared/model/ids.ts';
import type { CachePurges } from '../../shared/wire/sync-message.ts';
import { ManualClock } from '../../test/support/manual-clock.ts';
import type { CachePurgeStore } from '../store/cache-purge-store.ts';
import { LOOK_EVERY_MS, PurgeDesk } from './purge-desk.ts';

test('orders of another instance are found after any time that the database was away', async () => {
  const clock = new ManualClock();
  const gatewayId = '00000000-0000-7000-8000-000000000001' as GatewayId;
  const empty: CachePurges = { kind: 'cache-purges', forgottenMs: 0, purges: [] };
  let written = empty;
  let isAway = false;
  const store: CachePurgeStore = {
    add: () => Promise.reject(new Error('not here')),
    of: () => Promise.resolve(empty),
    since: (ms) => (isAway ? Promise.reject(new Error('away')) : Promise.resolve((written.purges.at(-1)?.atMs ?? -1) > ms ? [{ gatewayId, purges: written }] : [])),
  };
  const desk = new PurgeDesk({ store, clock, log: createMemoryLogger('purges').log });
  const told: CachePurges[] = [];
  desk.join({ identity: { gatewayId }, sendPurges: (purges) => void told.push(purges) });
  const pass = async (ms: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += LOOK_EVERY_MS) {
      clock.advance(LOOK_EVERY_MS);
      for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
    }
  };
  await pass(LOOK_EVERY_MS);
  isAway = true;
  written = { ...empty, purges: [{ atMs: clock.nowMs(), pluginId: undefined, cacheKey: undefined }] };
  await pass(600_000);
  isAway = false;
  await pass(LOOK_EVERY_MS);
  assert.deepEqual(told, [written]);
  desk.stop();
});
