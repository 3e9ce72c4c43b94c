/** Sustained changes: one entity at a time, 20 a second, for as long as asked, at a fleet of one size. How far behind is each data plane? */
import { at, beginCost, rounded, type FleetCost } from './fleet-cost.ts';
import { changeSteadily, headOf } from './fleet-changes.ts';
import { connectUpTo, pause, startSimulators, type FleetScene } from './fleet-scene.ts';

export interface SustainedRow {
  readonly entities: number;
  readonly sessions: number;
  readonly changesPerSecond: number;
  readonly changes: number;
  /** Over all changes and data planes, from the admin API's answer; milliseconds. */
  readonly lagP50: number;
  readonly lagP99: number;
  readonly lagMax: number;
  readonly releases: number;
  /** What a data plane applied, on average: releases are merged for those that are behind. */
  readonly applicationsPerDataPlane: number;
  readonly bytesPerDataPlane: number;
  readonly cost: FleetCost;
}

const PER_SECOND = 20;
const SECONDS = 30;
const CATCH_UP_BOUND_MS = 60_000;

export async function runSustained(scene: FleetScene, sessions: number): Promise<SustainedRow> {
  const { installation, smoke } = scene;
  const simulators = await startSimulators(scene, sessions);
  try {
    await connectUpTo(simulators, sessions);
    await pause(smoke ? 500 : 5_000);
    await simulators.begin(true);
    const releasesBefore = await countReleases(scene);
    const cost = await beginCost(installation, simulators);
    const changes = await changeSteadily(installation, PER_SECOND, smoke ? 2 : SECONDS);
    const { transferBytes, applications } = await simulators.untilApplied(await headOf(installation), sessions, CATCH_UP_BOUND_MS);
    const lags = await simulators.lags(changes);
    const row: SustainedRow = {
      entities: scene.entities, sessions, changesPerSecond: PER_SECOND, changes: changes.length, lagP50: rounded(at(lags, 0.5)), lagP99: rounded(at(lags, 0.99)), lagMax: rounded(at(lags, 1)),
      releases: (await countReleases(scene)) - releasesBefore, applicationsPerDataPlane: rounded(applications / sessions), bytesPerDataPlane: rounded(transferBytes / sessions, 0), cost: await cost(),
    };
    scene.say(JSON.stringify(row));
    return row;
  } finally {
    await simulators.stop();
  }
}

async function countReleases({ installation }: FleetScene): Promise<number> {
  const [row] = await installation.query<{ readonly count: number }>('SELECT count(*)::int AS count FROM holdfast.releases');
  return row?.count ?? 0;
}
