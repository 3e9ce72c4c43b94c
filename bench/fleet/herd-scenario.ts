/**
 * A herd: the control plane is killed (-9) with all sessions on it, and started again. Twice: nothing changed meanwhile, and a change was
 * committed by nobody but found at the return ("one behind"). The control plane may not be started a second time.
 */
import { at, beginCost, rounded, type FleetCost } from './fleet-cost.ts';
import { changeOneRoute } from './fleet-changes.ts';
import { connectUpTo, pause, startSimulators, type FleetScene } from './fleet-scene.ts';
import { sharedNowMs } from './simulator-messages.ts';

export interface HerdRow {
  readonly entities: number;
  readonly sessions: number;
  readonly changedMeanwhile: boolean;
  /** From the kill, seconds. */
  readonly controlPlaneReady: number;
  readonly halfBack: number;
  readonly p99Back: number;
  readonly allBack: number;
  /** All have what is newest. */
  readonly allCurrent: number;
  /** Connections tried for each data plane. */
  readonly attempts: number;
  readonly cost: FleetCost;
  readonly transactionsPerSession: number;
  readonly endings: readonly { readonly reason: string; readonly count: number }[];
}

const BACK_BOUND_MS = 300_000;
/** As long as it takes to notice and restart a container that crashed. */
const DOWN_MS = 3_000;

export async function runHerd(scene: FleetScene, sessions: number): Promise<readonly HerdRow[]> {
  const simulators = await startSimulators(scene, sessions);
  const { installation, smoke, say } = scene;
  const rows: HerdRow[] = [];
  try {
    await connectUpTo(simulators, sessions);
    for (const changedMeanwhile of [false, true]) {
      await pause(smoke ? 500 : 5_000);
      const before = await simulators.status();
      const cost = await beginCost(installation, simulators);
      const killedAtMs = sharedNowMs();
      await installation.kill(installation.first);
      await pause(smoke ? 100 : DOWN_MS);
      await installation.startInstance(installation.first);
      const readyAtMs = sharedNowMs();
      const { version } = changedMeanwhile ? await changeOneRoute(installation) : { version: { epoch: 0, sequence: 0 } };
      await simulators.untilLive(sessions, BACK_BOUND_MS);
      const times = await simulators.liveTimes();
      const after = await simulators.untilApplied(version, sessions, BACK_BOUND_MS);
      const currentAtMs = changedMeanwhile ? at(await simulators.appliedTimes(), 1) : at(times, 1);
      const spent = await cost();
      const secondsTo = (ms: number): number => rounded((ms - killedAtMs) / 1_000, 2);
      const row: HerdRow = {
        entities: scene.entities, sessions, changedMeanwhile, controlPlaneReady: secondsTo(readyAtMs), halfBack: secondsTo(at(times, 0.5)), p99Back: secondsTo(at(times, 0.99)),
        allBack: secondsTo(at(times, 1)), allCurrent: secondsTo(Math.max(currentAtMs, at(times, 1))), attempts: rounded((after.connections - before.connections) / sessions, 2),
        cost: spent, transactionsPerSession: rounded(spent.transactions / sessions, 2), endings: after.endings,
      };
      rows.push(row);
      say(JSON.stringify(row));
    }
  } finally {
    await simulators.stop();
  }
  return rows;
}
