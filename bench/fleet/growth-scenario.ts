/**
 * A fleet that grows: at every size, what a session costs its control plane in memory and idle CPU, and how long a change of one entity takes
 * to all of it. One table row per size.
 */
import { at, beginCost, residentKiB, rounded } from './fleet-cost.ts';
import { changeOneRoute } from './fleet-changes.ts';
import { connectUpTo, pause, startSimulators, type FleetScene } from './fleet-scene.ts';
import { median } from '../turns.ts';
import type { Simulators } from './simulators.ts';

export interface GrowthRow {
  readonly entities: number;
  readonly sessions: number;
  readonly changes: number;
  /** From the admin API's answer, milliseconds; medians over the changes. */
  readonly half: number;
  readonly p99: number;
  readonly all: number;
  /** Of the slowest change. */
  readonly worst: number;
  /** Announcement and chunk with manifest, transfer statement, content and WebSocket headers; without TLS (22 bytes a record) and TCP. */
  readonly bytesPerDataPlane: number;
  /** Of one change, microseconds per data plane. */
  readonly controlPlaneCpuUs: number;
  readonly simulatorCpuUs: number;
  readonly postgresCpuUs: number;
  /** Resident memory above that without sessions, KiB per session. */
  readonly residentKiBPerSession: number;
  readonly residentMiB: number;
  /** Of a session that only pings, milliseconds per minute. */
  readonly idleCpuMsPerMinute: number;
}

type ChangeFigures = Readonly<Record<'half' | 'p99' | 'all' | 'bytes' | 'controlPlaneCpuUs' | 'simulatorCpuUs' | 'postgresCpuUs', number>>;

const CHANGES = 7;
const APPLY_BOUND_MS = 60_000;
const SETTLE_MS = 15_000;
/** Whole ping intervals. */
const IDLE_MS = 20_000;

export async function runGrowth(scene: FleetScene, sizes: readonly number[]): Promise<readonly GrowthRow[]> {
  const { installation, smoke } = scene;
  await changeOneRoute(installation);
  await pause(smoke ? 500 : 5_000);
  const emptyKiB = residentKiB(installation.first);
  const simulators = await startSimulators(scene, Math.max(...sizes));
  const rows: GrowthRow[] = [];
  try {
    for (const sessions of sizes) {
      await connectUpTo(simulators, sessions);
      await pause(smoke ? 500 : SETTLE_MS);
      const row = await measure(scene, simulators, sessions, emptyKiB);
      rows.push(row);
      scene.say(JSON.stringify(row));
    }
  } finally {
    await simulators.stop();
  }
  return rows;
}

async function measure(scene: FleetScene, simulators: Simulators, sessions: number, emptyKiB: number): Promise<GrowthRow> {
  const { installation, smoke } = scene;
  const idle = await beginCost(installation, simulators);
  await pause(smoke ? 1_000 : IDLE_MS);
  const { controlPlaneCpuMs: idleCpuMs, seconds } = await idle();
  const resident = residentKiB(installation.first);
  const runs: ChangeFigures[] = [];
  for (let change = 0; change < (smoke ? 2 : CHANGES); change += 1) runs.push(await measureChange(scene, simulators, sessions));
  const of = (figure: keyof ChangeFigures, digits = 1): number => rounded(median(runs.map((run) => run[figure])), digits);
  return {
    entities: scene.entities, sessions, changes: runs.length, half: of('half'), p99: of('p99'), all: of('all'), worst: rounded(Math.max(...runs.map(({ all }) => all))),
    bytesPerDataPlane: of('bytes', 0), controlPlaneCpuUs: of('controlPlaneCpuUs', 0), simulatorCpuUs: of('simulatorCpuUs', 0), postgresCpuUs: of('postgresCpuUs', 0),
    residentKiBPerSession: rounded((resident - emptyKiB) / sessions), residentMiB: rounded(resident / 1_024, 0), idleCpuMsPerMinute: rounded((idleCpuMs / sessions / seconds) * 60, 2),
  };
}

async function measureChange({ installation }: FleetScene, simulators: Simulators, sessions: number): Promise<ChangeFigures> {
  await simulators.begin();
  const cost = await beginCost(installation, simulators);
  const { version, atMs } = await changeOneRoute(installation);
  const { transferBytes, applications, refused } = await simulators.untilApplied(version, sessions, APPLY_BOUND_MS);
  if (applications !== sessions || refused > 0) throw new Error(`${applications} of ${sessions} applied the change, ${refused} refused it`);
  const times = await simulators.appliedTimes();
  // Until the control plane has dealt with all the answers.
  await pause(500);
  const { controlPlaneCpuMs, simulatorCpuMs, postgresCpuMs } = await cost();
  return {
    half: at(times, 0.5) - atMs, p99: at(times, 0.99) - atMs, all: at(times, 1) - atMs, bytes: transferBytes / sessions,
    controlPlaneCpuUs: (controlPlaneCpuMs / sessions) * 1_000, simulatorCpuUs: (simulatorCpuMs / sessions) * 1_000, postgresCpuUs: (postgresCpuMs / sessions) * 1_000,
  };
}
