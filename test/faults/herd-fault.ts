/** A fleet that comes back all at once: 500 simulated data planes (bench/fleet), each with its certificate, beside the two real ones. */
import { enrolFleet } from '../../bench/fleet/fleet-identities.ts';
import { Simulators } from '../../bench/fleet/simulators.ts';
import { loadAuthority } from '../../control-plane/enrolment/load-authority.ts';
import { withEveryEntity } from '../../control-plane/store/scope.ts';
import { openStore } from '../../control-plane/store/store.ts';
import { defined } from '../../shared/assert.ts';
import { systemClock } from '../../shared/clock.ts';
import { createMemoryLogger } from '../../shared/log.ts';
import { THIS_VERSION } from '../../shared/this-version.ts';
import { fingerprintOfRootBundle } from '../../shared/trust/root-set.ts';
import { FIRST, SECOND, type FaultScene } from './fault-scene.ts';
import type { Fault } from './fault.ts';
import { parseShownVersion } from './version-watch.ts';
import { lasting, since } from './time.ts';

const FLEET = 500;
const SHORT_FLEET = 50;
const PROCESSES = 2;
/** As in a design for 10,000 on two cores; 500 have no excuse. */
const BACK_BOUND_MS = 60_000;

export const herd: Fault = {
  name: 'herd',
  mustHold: `kill -9 of the control plane of ${FLEET} data planes and two real ones: all are back within ${BACK_BOUND_MS / 1000} s of its start, with what they missed, and it stays up`,
  scene: { ownDatabase: true },
  smoke: false,
  boundMs: 240_000,
  async run(scene, { random, short }) {
    const fleet = short ? SHORT_FLEET : FLEET;
    const simulators = await startFleet(scene, fleet, random.below(1_000_000));
    try {
      await simulators.connect(fleet, 200);
      await simulators.untilLive(fleet, BACK_BOUND_MS);
      await scene.controlPlane.end('SIGKILL');
      await simulators.untilFewerLive(0, BACK_BOUND_MS);
      await lasting(short ? 500 : 3_000);
      await scene.controlPlane.start();
      const begun = performance.now();
      const path = await scene.change();
      const [release] = ((await scene.controlPlane.demand('GET', '/v1/releases?size=1')) as { readonly data: readonly { readonly version: string }[] }).data;
      await scene.reached(path, [FIRST, SECOND], BACK_BOUND_MS);
      const realMs = since(begun);
      const back = await simulators.untilApplied(parseShownVersion(defined(release, 'a release').version), fleet, BACK_BOUND_MS);
      if (back.refused > 0) throw new Error(`${back.refused} transfers were refused`);
      if (!scene.controlPlane.running) throw new Error('the control plane ended under the herd');
      return { fleet, backMs: since(begun), realMs };
    } finally {
      await simulators.stop();
    }
  },
};

/** Enrolled and not connected. */
async function startFleet(scene: FaultScene, count: number, seed: number): Promise<Simulators> {
  const database = defined(scene.database, 'a database of the scene');
  const { log } = createMemoryLogger('faults');
  const store = await openStore({ connectionString: database.connectionString, keyEncryptionKey: database.keyEncryptionKey, log, clock: systemClock });
  try {
    const authority = await loadAuthority({ signingKeys: store.signingKeys, files: undefined, clock: systemClock, log });
    const [tenant] = await store.tenants.list();
    const [gateway] = await store.gateways.list(defined(tenant, 'the tenant').id);
    const { tenantId, gatewayId } = defined(gateway, 'its gateway');
    const [root] = await store.signingKeys.listStatements('root', undefined);
    const url = `https://127.0.0.1:${scene.controlPlane.options.syncPort}`;
    const identities = await enrolFleet({ scope: withEveryEntity({ tenantId, gatewayId }), authority, trustDomain: 'holdfast', query: (text, values) => database.query(text, values) }, count, () => [url]);
    return await Simulators.start(PROCESSES, identities, { caCertificates: authority.certificatePem, rootFingerprint: fingerprintOfRootBundle(defined(root, 'a root statement').statement), softwareVersion: THIS_VERSION }, seed);
  } finally {
    await store.stop();
  }
}
