/**
 * `npm run quickstart`: a whole installation on one machine. Demo origin, control plane with embedded Postgres, and two
 * data planes in two regions as separate processes, enrolled by join token. Ctrl-C stops everything it started; the state
 * stays in .holdfast/quickstart and the next run goes on from there.
 */
import { existsSync, rmSync } from 'node:fs';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { removeEmbeddedPostgres } from '../../control-plane/embedded-postgres/embedded-postgres.ts';
import { systemClock } from '../../shared/clock.ts';
import { describeThrown } from '../../shared/errors.ts';
import { AdminClient } from './admin-client.ts';
import { startDemoOrigin } from './demo-origin.ts';
import { applyDemoConfiguration, postgresPid, REGIONS, startControlPlane, startDataPlane, waitUntilReady, type Installation } from './demo-planes.ts';
import { parseQuickstartOptions, USAGE, type QuickstartOptions } from './options.ts';
import { planPorts, takenPorts } from './ports.ts';
import { Processes } from './processes.ts';
import { checkInstallation } from './self-check.ts';

const STATE_FOLDER = fileURLToPath(new URL('../../.holdfast/quickstart', import.meta.url));

async function main(): Promise<void> {
  const options = parseQuickstartOptions(process.argv.slice(2));
  if (options === 'help') {
    console.log(USAGE);
    return;
  }
  const stateFolder = options.stateFolder ?? STATE_FOLDER;
  // Others may pass through, not look: as root, Postgres runs as another user and must get to its folder in here.
  mkdirSync(stateFolder, { recursive: true, mode: 0o711 });
  const processes = new Processes(stateFolder);
  const ended = await processes.endLeftovers();
  if (ended.length > 0) console.log(`ended what an earlier run left behind: ${ended.join(', ')}`);
  if (options.fresh) await startOver(stateFolder);

  const ports = planPorts(options.portOffset);
  const taken = await takenPorts(ports);
  if (taken.length > 0) {
    const lines = taken.map(({ port, purpose, holder }) => `  ${port} (${purpose}) is used by ${holder ?? 'another process'}`);
    throw new Error(`these ports are not free:\n${lines.join('\n')}\nstop what uses them, or move all of ours: npm run quickstart -- --port-offset 1000`);
  }

  const installation: Installation = { stateFolder, ports, processes: new Processes(stateFolder), admin: new AdminClient(ports.admin) };
  const stop = stopOnce(installation);
  process.on('SIGINT', () => void stop().then(() => process.exit(0)));
  process.on('SIGTERM', () => void stop().then(() => process.exit(0)));
  try {
    await bringUp(installation);
    if (options.check) {
      await checkInstallation(installation, (line) => console.log(`  ✓ ${line}`));
      console.log('quickstart check passed');
      await stop();
      process.exit(0);
    }
    console.log(summary(installation, options));
  } catch (thrown) {
    await stop();
    throw thrown;
  }
}

async function bringUp(installation: Installation): Promise<void> {
  const { ports } = installation;
  const begun = performance.now();
  const step = (line: string): void => console.log(`${((performance.now() - begun) / 1000).toFixed(1).padStart(6)} s  ${line}`);
  await startDemoOrigin(ports.origin);
  step(`demo origin on ${ports.origin}`);
  await startControlPlane(installation);
  step(`control plane with embedded Postgres: admin API on ${ports.admin}, sync on ${ports.sync}`);
  await applyDemoConfiguration(installation);
  step('demo configuration: service demo, route /demo');
  const started = await Promise.all(REGIONS.map(async (region) => ({ region, process: await startDataPlane(installation, region) })));
  for (const { region, process } of started) {
    await waitUntilReady(installation, region, process);
    step(`data plane ${region} enrolled, connected, serving`);
  }
}

/** Deletes the state of earlier runs, the database included. */
async function startOver(stateFolder: string): Promise<void> {
  const controlPlane = join(stateFolder, 'control-plane');
  if (existsSync(controlPlane)) await removeEmbeddedPostgres({ stateFolder: controlPlane, clock: systemClock });
  rmSync(stateFolder, { recursive: true, force: true });
  mkdirSync(stateFolder, { recursive: true, mode: 0o711 });
}

function stopOnce({ processes }: Installation): () => Promise<void> {
  let stopping: Promise<void> | undefined;
  return () => {
    if (stopping === undefined) console.log('\nstopping…');
    stopping ??= processes.stopAll();
    return stopping;
  };
}

function summary(installation: Installation, options: QuickstartOptions): string {
  const { ports, stateFolder } = installation;
  const postgres = postgresPid(installation);
  const controlPlane = installation.processes.pidOf('control-plane');
  const rows = [
    ['control plane', `admin API http://localhost:${ports.admin}   sync ${ports.sync}   (pid ${controlPlane}, Postgres ${postgres ?? 'external'})`],
    ['data plane eu-west', `proxy http://localhost:${ports.euWest.proxy}   https://localhost:${ports.euWest.proxyTls}   status http://localhost:${ports.euWest.status}/status   (pid ${installation.processes.pidOf('eu-west')})`],
    ['data plane us-east', `proxy http://localhost:${ports.usEast.proxy}   https://localhost:${ports.usEast.proxyTls}   status http://localhost:${ports.usEast.status}/status   (pid ${installation.processes.pidOf('us-east')})`],
    ['demo origin', `http://localhost:${ports.origin}   answers 200 to any path`],
    ['logs and state', stateFolder],
  ];
  const kill = [controlPlane, postgres].filter((pid) => pid !== undefined).join(' ');
  return `
${rows.map(([what, where]) => `  ${String(what).padEnd(20)} ${where}`).join('\n')}

The admin API runs in development mode: no token, loopback only. Try:

  curl -i http://localhost:${ports.euWest.proxy}/demo/hello
  curl -X POST http://localhost:${ports.admin}/services/demo/routes --data "paths[]=/new"
  curl -i http://localhost:${ports.usEast.proxy}/new
  curl http://localhost:${ports.admin}/v1/data-planes
  kill -9 ${kill}; curl -i http://localhost:${ports.euWest.proxy}/demo/still-here

Ctrl-C stops everything. A second run goes on from here${options.fresh ? '' : '; -- --fresh starts over'}.
`;
}

try {
  await main();
} catch (thrown) {
  console.error(describeThrown(thrown));
  process.exit(1);
}
