/** Two control planes share a fleet, half of it at each; one is killed (-9). When are all of its sessions at the other? */
import { defined } from '../../shared/assert.ts';
import { at, beginCost, rounded, type FleetCost } from './fleet-cost.ts';
import { connectUpTo, pause, startSimulators, type FleetScene } from './fleet-scene.ts';
import { sharedNowMs } from './simulator-messages.ts';

export interface FailoverRow {
  readonly sessions: number;
  /** On the instance that was killed. */
  readonly moved: number;
  /** From the kill, seconds; of those that moved. */
  readonly halfMoved: number;
  readonly allMoved: number;
  readonly cost: FleetCost;
}

const NOTICE_BOUND_MS = 10_000;
const MOVE_BOUND_MS = 120_000;

export async function runFailover(scene: FleetScene, sessions: number): Promise<FailoverRow> {
  const { installation, smoke } = scene;
  const [first, second] = installation.instances;
  const urls = [defined(first, 'the first control plane').url, defined(second, 'the second control plane').url];
  await installation.startInstance(defined(second, 'the second control plane'));
  const simulators = await startSimulators(scene, sessions, (index) => (index % 4 < 2 ? urls : urls.toReversed()));
  try {
    await connectUpTo(simulators, sessions);
    await pause(smoke ? 500 : 5_000);
    const cost = await beginCost(installation, simulators);
    const killedAtMs = sharedNowMs();
    await installation.kill(defined(second, 'the second control plane'));
    // Before they have noticed, all are live.
    await simulators.untilFewerLive(sessions * 0.75, NOTICE_BOUND_MS);
    await simulators.untilLive(sessions, MOVE_BOUND_MS);
    const moved = (await simulators.liveTimes()).filter((atMs) => atMs > killedAtMs);
    const row: FailoverRow = {
      sessions, moved: moved.length, halfMoved: rounded((at(moved, 0.5) - killedAtMs) / 1_000, 2), allMoved: rounded((at(moved, 1) - killedAtMs) / 1_000, 2), cost: await cost(),
    };
    scene.say(JSON.stringify(row));
    return row;
  } finally {
    await simulators.stop();
  }
}
