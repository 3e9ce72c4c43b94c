/**
 * `npm run bench -- fleet`: a control plane under thousands of data planes, simulated as far as it can tell (fleet/simulated-data-plane.ts). Which
 * scenario measures what is at the head of its file; method and limits in bench/README.md.
 */
import { writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { didYouMean } from '../shared/nearest.ts';
import { loadEntities } from './fleet/fleet-content.ts';
import { enrolFleet } from './fleet/fleet-identities.ts';
import { FleetInstallation } from './fleet/fleet-installation.ts';
import type { FleetScene } from './fleet/fleet-scene.ts';
import { runFailover } from './fleet/failover-scenario.ts';
import { runGrowth } from './fleet/growth-scenario.ts';
import { runHerd } from './fleet/herd-scenario.ts';
import { runJoin } from './fleet/join-scenario.ts';
import { runSustained } from './fleet/sustained-scenario.ts';
import type { BenchOptions } from './main.ts';
import { machine } from './turns.ts';

const SESSIONS = 10_000;
const SIZES = [100, 1_000, 5_000, 10_000];
const ENTITIES = [1_000, 10_000, 100_000];
const SUSTAINED_SESSIONS = 1_000;
const SIMULATOR_PROCESSES = 2;
/** Of a process, besides its sessions. */
const OTHER_FILES = 500;

/** What each is called with: the scene, and the size of the fleet. */
const SCENARIOS: Readonly<Record<string, (scene: FleetScene, sessions: number) => Promise<unknown>>> = {
  growth: (scene, sessions) => runGrowth(scene, [...SIZES.filter((size) => size < sessions), sessions]),
  sustained: (scene, sessions) => runSustained(scene, Math.min(sessions, SUSTAINED_SESSIONS)),
  herd: runHerd,
  failover: runFailover,
  join: (scene) => runJoin(scene),
};

export async function runFleetBench(options: BenchOptions): Promise<void> {
  const { smoke } = options;
  const sessions = options.sessions ?? (smoke ? 60 : SESSIONS);
  const sizes = (options.entities.length > 0 ? options.entities : smoke ? [200] : ENTITIES).toSorted((a, b) => a - b);
  const wanted = options.scenarios.length > 0 ? options.scenarios : Object.keys(SCENARIOS);
  for (const name of wanted) if (SCENARIOS[name] === undefined) throw new Error(`there is no scenario "${name}"${didYouMean(name, Object.keys(SCENARIOS))}; there are ${Object.keys(SCENARIOS).join(', ')}`);
  const seed = options.seed ?? randomInt(1_000_000_000);
  checkOpenFiles(sessions);
  const say = (line: string): void => console.log(line);
  const installation = await FleetInstallation.start({ instances: 2, careless: smoke });
  // Whoever stops the bench is left without its processes and its database.
  const interrupted = (): void => void installation.stop().finally(() => process.exit(1));
  process.once('SIGTERM', interrupted).once('SIGINT', interrupted);
  try {
    // It is there for the scenario of two.
    for (const other of installation.instances.slice(1)) await installation.stopInstance(other);
    const identities = await enrolFleet(installation, sessions, () => []);
    say(`${sessions} data planes enrolled; seed ${seed}`);
    const results: Record<string, unknown[]> = {};
    let loaded = 0;
    for (const entities of sizes) {
      await loadEntities(installation.store, installation.scope, loaded, entities);
      loaded = entities;
      const scene: FleetScene = { installation, identities, simulatorProcesses: SIMULATOR_PROCESSES, seed, entities, smoke, say };
      for (const name of wanted) {
        if (!isDue(name, entities, sizes)) continue;
        say(`\n### ${name}, ${entities} entities`);
        (results[name] ??= []).push(await SCENARIOS[name]?.(scene, sessions));
      }
    }
    if (!smoke) writeFileSync(new URL('./results/fleet.json', import.meta.url), `${JSON.stringify({ command: 'npm run bench -- fleet', machine: machine(), sessions, seed, results }, null, 1)}\n`);
  } finally {
    process.off('SIGTERM', interrupted).off('SIGINT', interrupted);
    await installation.stop();
  }
}

/** Growth is measured at every size of configuration, a join at the largest, the others at the smallest: nothing in them depends on it. */
function isDue(scenario: string, entities: number, sizes: readonly number[]): boolean {
  if (scenario === 'growth') return true;
  return entities === (scenario === 'join' ? sizes.at(-1) : sizes[0]);
}

function checkOpenFiles(sessions: number): void {
  const limit = execFileSync('/bin/sh', ['-c', 'ulimit -n'], { encoding: 'utf8' }).trim();
  if (limit !== 'unlimited' && Number(limit) < sessions + OTHER_FILES) {
    throw new Error(`a control plane with ${sessions} sessions has as many open files, and "ulimit -n" is ${limit}: raise it (ulimit -n ${sessions + OTHER_FILES}), or give --sessions ${Math.max(1, Number(limit) - OTHER_FILES)}`);
  }
}
