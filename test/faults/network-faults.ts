/** Networks that are cut, deaf one way, lossy, slow, or all of it in turns. The second data plane is well wherever one alone is hurt. */
import { NetworkNamespace, type PacketDirection } from '../support/network-namespace.ts';
import type { Weather } from '../support/fault-proxy.ts';
import { FIRST, SECOND, type FaultScene } from './fault-scene.ts';
import type { Fault } from './fault.ts';
import { lasting, meanwhile, since } from './time.ts';

/** Longer than it takes either side to notice a silence (30 s). */
const PARTITION_MS = 35_000;

const dropsOf = (scene: FaultScene, index: number, directions: readonly PacketDirection[], percent?: number) => ({
  address: scene.namespace?.addresses[index] ?? '',
  port: scene.controlPlane.options.syncPort,
  directions,
  ...(percent === undefined ? {} : { percent }),
});

function partition(name: string, directions: readonly PacketDirection[], what: string, smoke: boolean): Fault {
  return {
    name,
    mustHold: `${what}: a change made meanwhile reaches the other data plane at once, and this one after the partition`,
    scene: { link: 'namespace' },
    smoke,
    whyNot: () => NetworkNamespace.whyNot(),
    boundMs: 120_000,
    async run(scene, { random, short }) {
      scene.namespace?.drop(dropsOf(scene, FIRST, directions));
      const path = await scene.change();
      const elsewhereMs = await scene.reached(path, [SECOND]);
      const partitionMs = short ? 1_000 : PARTITION_MS + random.below(5_000);
      await lasting(partitionMs);
      const { connected } = (await scene.dataPlane(FIRST).status()).holdfast.control_plane;
      scene.namespace?.restore();
      return { partitionMs, elsewhereMs, noticed: connected ? 'by the control plane alone' : 'yes', afterwardsMs: await scene.reached(path, [FIRST]) };
    },
  };
}

export const partitionBothWays = partition('partition-both-ways', ['in', 'out'], 'no packet gets through between a data plane and its control plane', true);
export const partitionToControlPlane = partition('partition-to-control-plane', ['in'], 'a data plane hears its control plane, which does not hear it', false);
export const partitionToDataPlane = partition('partition-to-data-plane', ['out'], 'a control plane hears a data plane, which does not hear it', false);

export const packetLoss: Fault = {
  name: 'packet-loss',
  mustHold: '20 % of the packets are lost each way: every change arrives all the same, while it lasts',
  scene: { link: 'namespace' },
  smoke: false,
  whyNot: () => NetworkNamespace.whyNot(),
  boundMs: 120_000,
  async run(scene, { short }) {
    scene.namespace?.drop(dropsOf(scene, FIRST, ['in', 'out'], 20), dropsOf(scene, SECOND, ['in', 'out'], 20));
    const begun = performance.now();
    const tookMs: number[] = [];
    while (since(begun) < (short ? 2_000 : 20_000)) tookMs.push(await scene.reached(await scene.change()));
    scene.namespace?.restore();
    return { changes: tookMs.length, ...spread(tookMs) };
  },
};

export const slowLink: Fault = {
  name: 'slow-link',
  mustHold: '16 KiB/s and 150 ms each way: many changes at once arrive, the newest first of all, while it lasts',
  scene: { link: 'proxy' },
  smoke: true,
  boundMs: 120_000,
  async run(scene, { short }) {
    for (const link of scene.links) link.set({ latencyMs: 150, bytesPerSecond: 16 * 1024 });
    const before = scene.links.reduce((sum, { carriedBytes }) => sum + carriedBytes, 0);
    let path = '';
    const changes = short ? 10 : 100;
    for (let change = 0; change < changes; change++) path = await scene.change();
    const newestMs = await scene.reached(path);
    const carried = scene.links.reduce((sum, { carriedBytes }) => sum + carriedBytes, 0) - before;
    for (const link of scene.links) link.set({});
    return { changes, newestMs, kibPerDataPlane: Math.round(carried / 1024 / scene.links.length) };
  },
};

const BAD_WEATHER: readonly Partial<Weather>[] = [
  { loss: 0.2 }, { latencyMs: 300 }, { bytesPerSecond: 4_096 }, { silent: ['to-client'] }, { silent: ['to-server'] }, { silent: ['to-client', 'to-server'] }, {},
];

export const flappingLink: Fault = {
  name: 'flapping-link',
  mustHold: 'resets, cuts, stalls, silence one way and loss in a random order while changes stream in: they arrive when it is over',
  scene: { link: 'proxy' },
  smoke: false,
  boundMs: 150_000,
  async run(scene, { random, short }) {
    const begun = performance.now();
    let over = false;
    const writing = meanwhile(async () => {
      for (; !over; await lasting(100)) await scene.change();
    });
    let events = 0;
    for (; since(begun) < (short ? 2_000 : 25_000); events++) {
      const link = scene.link(random.below(scene.links.length));
      const kind = random.below(4);
      if (kind === 0) link.reset();
      else if (kind === 1) await link.cut();
      else link.set(random.pick([BAD_WEATHER[0] ?? {}, ...BAD_WEATHER]));
      await lasting(100 + random.below(1_500));
      await link.mend();
    }
    for (const link of scene.links) link.set({});
    over = true;
    await writing;
    const path = await scene.change();
    return { events, connections: scene.links.reduce((sum, { connections }) => sum + connections, 0), afterwardsMs: await scene.reached(path) };
  },
};

/** Median and largest. */
function spread(values: readonly number[]): { readonly medianMs: number; readonly largestMs: number } {
  const sorted = values.toSorted((a, b) => a - b);
  return { medianMs: sorted[sorted.length >> 1] ?? 0, largestMs: sorted.at(-1) ?? 0 };
}
