/** Data planes that are killed while they take configurations, have no room on their disk, or die of what they serve. */
import { availableParallelism, loadavg } from 'node:os';
import { defined } from '../../shared/assert.ts';
import { SmallDisk } from '../support/small-disk.ts';
import { waitUntil } from '../support/wait-until.ts';
import { FIRST, READY_BOUND_MS, SECOND } from './fault-scene.ts';
import type { Fault } from './fault.ts';
import { lasting, meanwhile, since } from './time.ts';
import { compare } from './version-watch.ts';

/** S2, times the share of the machine that others take while this runs. */
const READY_WITHIN_MS = 2_000;
const readyLimitMs = (): number => READY_WITHIN_MS * Math.max(1, (loadavg()[0] ?? 0) / availableParallelism());

export const dataPlaneKilled: Fault = {
  name: 'data-plane-killed',
  mustHold: 'kill -9 at random instants while changes stream in: it starts with what it served or newer, and without a control plane within 2 s',
  scene: { dataPlaneSettings: { HOLDFAST_CRASH_LOOP_WINDOW: '1s' } },
  smoke: false,
  boundMs: 300_000,
  async run(scene, { random, short }) {
    let over = false;
    const writing = meanwhile(async () => {
      for (; !over; await lasting(60)) await scene.change();
    });
    const kills = short ? 1 : 30;
    let started = '0.0';
    const readyMs: number[] = [];
    const restart = async (): Promise<string> => {
      const begun = performance.now();
      const again = await scene.restartDataPlane(FIRST);
      await again.ready(READY_BOUND_MS);
      readyMs.push(since(begun));
      scene.load(FIRST).resume();
      return String((await again.logged('serving-from-cache'))['version']);
    };
    for (let kill = 0; kill < kills; kill++) {
      // One that dies again and again of the same version falls back, as it should: each life takes a newer one.
      await scene.dataPlane(FIRST).statusWhere('a newer version', ({ holdfast }) => compare(holdfast.highest_accepted ?? '0.0', started) > 0);
      await lasting(random.below(500));
      // What serves is on disk; the highest accepted version may be noted a moment before its content is.
      const before = defined((await scene.dataPlane(FIRST).status()).holdfast.config, 'what it serves').version;
      await lasting(random.below(50));
      await scene.killDataPlane(FIRST);
      started = await restart();
      if (compare(started, before) < 0) throw new Error(`S5: it served ${before} and starts with ${started}`);
    }
    over = true;
    await writing;
    const path = await scene.change();
    await scene.reached(path);
    await scene.controlPlane.end('SIGKILL');
    await scene.killDataPlane(FIRST);
    await restart();
    if (!(await scene.serves(FIRST, path))) throw new Error(`S2: started without a control plane, it does not serve ${path}`);
    await scene.controlPlane.start();
    const sorted = readyMs.toSorted((a, b) => a - b);
    const alone = readyMs.at(-1) ?? 0;
    if (alone > readyLimitMs()) throw new Error(`S2: ready after ${alone} ms without a control plane, the limit is ${Math.round(readyLimitMs())} ms at this load`);
    return { kills: kills + 1, readyMedianMs: sorted[sorted.length >> 1] ?? 0, readyLargestMs: sorted.at(-1) ?? 0, readyAloneMs: alone };
  },
};

export const diskFull: Fault = {
  name: 'disk-full',
  mustHold: 'no byte left on a data plane\'s disk: it serves on, a change shows as not applied with the reason, and is applied when there is room',
  scene: { smallDiskMiB: 48 },
  smoke: false,
  whyNot: () => SmallDisk.whyNot(),
  boundMs: 150_000,
  async run(scene) {
    const disk = defined(scene.smallDisk, 'the small disk');
    const filledKib = Math.round(disk.fill() / 1024);
    const path = await scene.change();
    await scene.reached(path, [SECOND]);
    const reason = await waitUntil('the reason in the admin API', async () => {
      const { data } = (await scene.controlPlane.demand('GET', '/v1/data-planes')) as { readonly data: readonly { readonly rejection: { readonly code: string } | null }[] };
      return data.find(({ rejection }) => rejection !== null)?.rejection?.code;
    }, 20_000);
    if (reason !== 'CONFIG_NOT_PERSISTED') throw new Error(`C1: the reason is ${reason}`);
    if (await scene.serves(FIRST, path)) throw new Error('S5: it serves what it could not keep');
    await lasting(3_000);
    disk.empty();
    const afterwards = await scene.change();
    return { filledKib, reason, afterwardsMs: await scene.reached(afterwards, [FIRST]) };
  },
};

const POISON_PATH = '/poison';
const POISON = new URL('./poison.ts', import.meta.url).href;
const POISON_AFTER_MS = 60_000;

export const poisonedConfig: Fault = {
  name: 'poisoned-config',
  mustHold: 'a configuration of which a data plane dies after a minute, with the default settings: it falls back within 3 restarts, says so, and takes a newer good one',
  scene: { firstDataPlane: () => ({ NODE_OPTIONS: `--import=${POISON}`, FAULTS_POISON_PATH: POISON_PATH, FAULTS_POISON_AFTER_MS: String(POISON_AFTER_MS) }) },
  smoke: false,
  boundMs: 400_000,
  async run(scene) {
    const path = await scene.change();
    await scene.reached(path);
    const { version: good } = defined((await scene.dataPlane(FIRST).status()).holdfast.config, 'what it serves');
    scene.watch.mayServeOlder = true;
    await scene.controlPlane.demand('PUT', '/services/origin/routes/poison', { paths: [POISON_PATH] });
    let restarts = 0;
    for (;;) {
      await scene.load(FIRST).pause();
      const ended = await Promise.race([scene.dataPlane(FIRST).exited, lasting(POISON_AFTER_MS + 15_000)]);
      if (ended === undefined) throw new Error('it did not die of the poison');
      if (restarts === 3) throw new Error('S5: it died a fourth time');
      restarts += 1;
      const again = await scene.restartDataPlane(FIRST);
      await again.ready(READY_BOUND_MS);
      if (again.log.some(({ event }) => event === 'fell-back')) break;
    }
    scene.load(FIRST).resume();
    const fell = await scene.dataPlane(FIRST).logged('fell-back');
    const { config } = (await scene.dataPlane(FIRST).status()).holdfast;
    if (compare(defined(config, 'what it serves').version, good) < 0) throw new Error(`S5: it fell back to ${config?.version}, and ${good} was good`);
    await waitUntil('the control plane to know', () => scene.controlPlane.log.some(({ event }) => event === 'fell-back'), 45_000);
    // What killed it is not served again.
    const survived = await Promise.race([scene.dataPlane(FIRST).exited, lasting(3_000)]);
    if (survived !== undefined) throw new Error('S5: it died after it had fallen back');
    await scene.controlPlane.demand('DELETE', '/services/origin/routes/poison');
    const cured = await scene.change();
    const curedMs = await scene.reached(cured);
    scene.watch.mayServeOlder = false;
    return { poisonMs: POISON_AFTER_MS, restarts, fellBackTo: String(fell['to']), curedMs };
  },
};

