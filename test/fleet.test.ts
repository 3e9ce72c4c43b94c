/**
 * A small fleet on a real control plane process: 100 simulated data planes (bench/fleet), each with its own certificate, over real TLS. What the
 * bench measures with thousands is shown here to be right: a change reaches all of them (C1), and after a kill -9 all are back and current, with
 * every transfer verified and none refused (S3).
 */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { changeOneRoute } from '../bench/fleet/fleet-changes.ts';
import { loadEntities } from '../bench/fleet/fleet-content.ts';
import { FleetInstallation } from '../bench/fleet/fleet-installation.ts';
import { enrolFleet } from '../bench/fleet/fleet-identities.ts';
import { Simulators } from '../bench/fleet/simulators.ts';

const FLEET = 100;
const PROCESSES = 1;
const SEED = 1;
const BOUND_MS = 60_000;
const stops: (() => Promise<void>)[] = [];
after(async () => {
  for (const stop of stops.toReversed()) await stop();
});

test('a change reaches 100 data planes, and after a kill -9 all are back and get what they missed', async () => {
  const installation = await FleetInstallation.start({ careless: true });
  stops.push(() => installation.stop());
  await loadEntities(installation.store, installation.scope, 0, 200);
  const identities = await enrolFleet(installation, FLEET, () => [installation.first.url]);
  const simulators = await Simulators.start(PROCESSES, identities, installation.trust, SEED);
  stops.push(() => simulators.stop());
  await simulators.connect(FLEET, 1_000);
  await simulators.untilLive(FLEET, BOUND_MS);

  await simulators.begin();
  const changed = await changeOneRoute(installation);
  const reached = await simulators.untilApplied(changed.version, FLEET, BOUND_MS);
  assert.equal(reached.applications, FLEET, 'each applies it once');
  assert.ok(reached.transferBytes / FLEET <= 2_048, `${reached.transferBytes / FLEET} bytes for one entity`);
  // The joiner's snapshot and the change.
  assert.equal(reached.verified, 2 * PROCESSES);

  await installation.kill(installation.first);
  await simulators.untilFewerLive(0, BOUND_MS);
  await installation.startInstance(installation.first);
  const missed = await changeOneRoute(installation);
  const back = await simulators.untilApplied(missed.version, FLEET, BOUND_MS);
  assert.equal(back.live, FLEET);
  assert.equal(back.applications, 2 * FLEET);
  assert.equal(back.refused, 0);
});
