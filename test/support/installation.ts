/**
 * A whole installation of real processes for one test or bench: control plane with embedded Postgres, demo origin and
 * two data planes, in a folder and on ports of its own. Uses the quickstart's own parts.
 */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeEmbeddedPostgres } from '../../control-plane/embedded-postgres/embedded-postgres.ts';
import { AdminClient } from '../../deploy/quickstart/admin-client.ts';
import { startDemoOrigin } from '../../deploy/quickstart/demo-origin.ts';
import { applyDemoConfiguration, REGIONS, startControlPlane, startDataPlane, waitUntilReady, type Installation, type Region } from '../../deploy/quickstart/demo-planes.ts';
import { planPorts, takenPorts, type PortPlan } from '../../deploy/quickstart/ports.ts';
import { Processes } from '../../deploy/quickstart/processes.ts';
import { systemClock } from '../../shared/clock.ts';

export interface TestInstallation extends Installation {
  /** Stops all processes and deletes the folder. Idempotent. */
  stop(): Promise<void>;
}

/** Starts everything and waits until both data planes serve the demo configuration. */
export async function startInstallation(options: Pick<Installation, 'controlPlaneSettings' | 'dataPlaneSettings'> & { readonly regions?: readonly Region[] } = {}): Promise<TestInstallation> {
  const { ports, origin } = await claimPorts();
  const stateFolder = mkdtempSync(join(tmpdir(), 'holdfast-installation-'));
  // As root, Postgres runs as another user and must get to its folder in here.
  chmodSync(stateFolder, 0o711);
  const { regions = REGIONS, ...settings } = options;
  const installation: Installation = { stateFolder, ports, processes: new Processes(stateFolder), admin: new AdminClient(ports.admin), ...settings };
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => (stopped ??= tearDown(installation, origin));
  try {
    await startControlPlane(installation);
    await applyDemoConfiguration(installation);
    const started = await Promise.all(regions.map(async (region) => [region, await startDataPlane(installation, region)] as const));
    for (const [region, process] of started) await waitUntilReady(installation, region, process);
  } catch (thrown) {
    await stop();
    throw thrown;
  }
  return { ...installation, stop };
}

/** Ports that are free now. The origin's is taken at once; the others may still be lost to another run, then the start fails loudly. */
async function claimPorts(): Promise<{ readonly ports: PortPlan; readonly origin: Server }> {
  for (let attempt = 0; attempt < 50; attempt++) {
    const ports = planPorts(2000 + Math.floor(Math.random() * 1000) * 20);
    if ((await takenPorts(ports)).length > 0) continue;
    try {
      // Its port tells other runs that this block is taken.
      return { ports, origin: await startDemoOrigin(ports.origin) };
    } catch {
      // Lost the race for this block.
    }
  }
  throw new Error('no free block of ports found in 50 attempts');
}

async function tearDown(installation: Installation, origin: Server): Promise<void> {
  await installation.processes.stopAll();
  await removeEmbeddedPostgres({ stateFolder: join(installation.stateFolder, 'control-plane'), clock: systemClock });
  origin.closeAllConnections();
  await new Promise((resolve) => origin.close(resolve));
  rmSync(installation.stateFolder, { recursive: true, force: true });
}
