/**
 * The fault matrix's essence, for every change of the sources: one installation of real processes goes through the short forms of
 * several faults, one after the other, under load all the time. `npm run faults` does all of them, in full (test/faults).
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CleanUp } from './faults/clean-up.ts';
import { dataPlaneKilled } from './faults/data-plane-faults.ts';
import { postgresKilled } from './faults/database-faults.ts';
import { randomOf } from './faults/fault.ts';
import { FaultScene } from './faults/fault-scene.ts';
import { FAULTS } from './faults/matrix.ts';
import { flappingLink } from './faults/network-faults.ts';

const SEED = 1;

test('S1, S2, S4, C1, T3: control plane, Postgres, network and a data plane fail in turns, and no request does', { timeout: 120_000 }, async (context) => {
  const cleanUp = new CleanUp();
  context.after(async () => assert.deepEqual(await cleanUp.run(), [], 'nothing is left behind'));
  const scene = await FaultScene.start({ link: 'proxy', dataPlaneSettings: { HOLDFAST_CRASH_LOOP_WINDOW: '1s' } }, cleanUp);
  for (const fault of [flappingLink, postgresKilled, dataPlaneKilled]) {
    context.diagnostic(`${fault.name}: ${JSON.stringify(await fault.run(scene, { random: randomOf(SEED, fault.name), short: true }))}`);
  }
  context.diagnostic(JSON.stringify(await scene.settle()));
});

test('every fault has a name of its own and says what must hold', () => {
  assert.equal(new Set(FAULTS.map(({ name }) => name)).size, FAULTS.length);
  assert.deepEqual(FAULTS.filter(({ name, mustHold }) => !/^[a-z-]+$/.test(name) || mustHold === ''), []);
  assert.ok(FAULTS.some(({ smoke }) => smoke));
});
