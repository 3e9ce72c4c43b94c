/** Two control planes on one Postgres: one stands still while the other publishes, one dies. */
import { FIRST, SECOND, type FaultScene } from './fault-scene.ts';
import type { Fault } from './fault.ts';
import { compare } from './version-watch.ts';
import { lasting, meanwhile, since } from './time.ts';

/** Data planes of a dead control plane are on another one within this. */
const MOVED_BOUND_MS = 30_000;

export const instanceStalled: Fault = {
  name: 'instance-stalled',
  mustHold: 'SIGSTOP of one of two control planes at random instants of publishing, resumed after the other has published newer: nothing older goes out, both end with one release',
  scene: { controlPlanes: 2 },
  smoke: true,
  boundMs: 150_000,
  async run(scene, { random, short }) {
    const [stalled, other] = [scene.controlPlaneAt(0), scene.controlPlaneAt(1)];
    const rounds = short ? 1 : 8;
    for (let round = 0; round < rounds; round++) {
      let over = false;
      const writing = meanwhile(() => Promise.all([stalled, other].map(async (controlPlane) => {
        while (!over) await scene.change(controlPlane);
      })));
      await lasting(random.below(400));
      stalled.signal('SIGSTOP');
      try {
        // Newer ones go out while it stands still.
        for (let change = 0; change < 3; change++) await scene.reached(await scene.change(other), [SECOND]);
        await lasting(random.below(1_000));
      } finally {
        stalled.signal('SIGCONT');
      }
      await lasting(random.below(300));
      over = true;
      await writing;
    }
    const begun = performance.now();
    await scene.reached(await scene.change(stalled));
    await scene.reached(await scene.change(other));
    const togetherMs = since(begun);
    const releases = await oneHistory(scene);
    const faults = scene.controlPlanes.flatMap(({ log }) => log.filter(({ event }) => event === 'publish-failed' || event === 'data-plane-ahead' || event === 'data-plane-diverged'));
    if (faults.length > 0) throw new Error(`fencing: ${JSON.stringify(faults[0])}`);
    return { rounds, releases, togetherMs };
  },
};

export const instanceKilled: Fault = {
  name: 'instance-killed',
  mustHold: `kill -9 of one of two control planes: its data planes are on the other within ${MOVED_BOUND_MS / 1000} s`,
  scene: { controlPlanes: 2 },
  smoke: false,
  boundMs: 120_000,
  async run(scene) {
    const [killed, other] = [scene.controlPlaneAt(0), scene.controlPlaneAt(1)];
    await scene.connected(FIRST);
    await killed.end('SIGKILL');
    const begun = performance.now();
    await scene.connected(FIRST, false);
    const path = await scene.change(other);
    const othersMs = await scene.reached(path, [SECOND]);
    await scene.connected(FIRST, true, MOVED_BOUND_MS);
    const movedMs = since(begun);
    await scene.reached(path, [FIRST]);
    await killed.start();
    await scene.reached(await scene.change(killed));
    return { movedMs, othersMs };
  },
};

/** Each release follows the one before it, in time as in sequence. Returns how many there are. */
async function oneHistory(scene: FaultScene): Promise<number> {
  const lists = await Promise.all(scene.controlPlanes.map(async (controlPlane) => (await controlPlane.demand('GET', '/v1/releases?size=1000')) as { readonly data: readonly Release[] }));
  const [one, two] = lists.map(({ data }) => data);
  if (one === undefined || JSON.stringify(one) !== JSON.stringify(two)) throw new Error('fencing: the two control planes tell of different releases');
  for (const [index, release] of one.entries()) {
    const before = one[index + 1];
    if (before === undefined) break;
    if (release.base_version !== before.version) throw new Error(`fencing: release ${release.version} follows ${release.base_version}, and the one before it is ${before.version}`);
    if (compare(release.version, before.version) <= 0 || release.created_at < before.created_at) throw new Error(`fencing: release ${release.version} of ${release.created_at} came after ${before.version} of ${before.created_at}`);
  }
  return one.length;
}

interface Release {
  readonly version: string;
  readonly base_version: string | null;
  readonly created_at: string;
}
