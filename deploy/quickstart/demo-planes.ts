/** How the quickstart starts the parts of a small installation, and the configuration it shows. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findPlace } from '../../control-plane/embedded-postgres/place.ts';
import { findPostmaster } from '../../control-plane/embedded-postgres/postmaster.ts';
import { get, type AdminClient } from './admin-client.ts';
import type { DataPlanePorts, PortPlan } from './ports.ts';
import { pause, type Processes, type StartedProcess } from './processes.ts';

export const REGIONS = ['eu-west', 'us-east'] as const;
export type Region = (typeof REGIONS)[number];

const CONTROL_PLANE = fileURLToPath(new URL('../../control-plane/main.ts', import.meta.url));
const DATA_PLANE = fileURLToPath(new URL('../../data-plane/main.ts', import.meta.url));
const START_BOUND_MS = 60_000;

export interface Installation {
  readonly stateFolder: string;
  readonly ports: PortPlan;
  readonly processes: Processes;
  readonly admin: AdminClient;
  /** Further settings for the control plane. */
  readonly controlPlaneSettings?: Readonly<Record<string, string>>;
  /** Further settings for the data planes. */
  readonly dataPlaneSettings?: Readonly<Record<string, string>>;
}

export function portsOf(plan: PortPlan, region: Region): DataPlanePorts {
  return region === 'eu-west' ? plan.euWest : plan.usEast;
}

/** Starts the control plane (and with it the embedded Postgres) and waits until its admin API answers. */
export async function startControlPlane({ stateFolder, ports, processes, controlPlaneSettings }: Installation): Promise<StartedProcess> {
  const started = processes.start('control-plane', CONTROL_PLANE, [], {
    HOLDFAST_STATE_FOLDER: join(stateFolder, 'control-plane'),
    HOLDFAST_ADMIN_LISTEN: `127.0.0.1:${ports.admin}`,
    HOLDFAST_SYNC_LISTEN: `127.0.0.1:${ports.sync}`,
    HOLDFAST_STATUS_LISTEN: `127.0.0.1:${ports.status}`,
    HOLDFAST_DEVELOPMENT_MODE: 'true',
    ...controlPlaneSettings,
  });
  await waitUntil(started, 'the admin API answers', async () => (await get(`http://127.0.0.1:${ports.admin}/status`)).status === 200);
  return started;
}

/** Starts a region's data plane; at the first start it enrols with a join token made for it. Does not wait. */
export async function startDataPlane(installation: Installation, region: Region): Promise<StartedProcess> {
  const { stateFolder, processes, ports, admin, dataPlaneSettings } = installation;
  const folder = join(stateFolder, region);
  const { proxy, proxyTls, status } = portsOf(ports, region);
  const enrolled = existsSync(join(folder, 'identity'));
  const token = enrolled ? {} : { HOLDFAST_JOIN_TOKEN: await createJoinToken(admin, region) };
  return processes.start(region, DATA_PLANE, [], {
    HOLDFAST_STATE_FOLDER: folder,
    HOLDFAST_PROXY_LISTEN: `127.0.0.1:${proxy}`,
    HOLDFAST_PROXY_TLS_LISTEN: `127.0.0.1:${proxyTls}`,
    HOLDFAST_STATUS_LISTEN: `127.0.0.1:${status}`,
    HOLDFAST_DRAIN_DELAY: '0s',
    ...token,
    ...dataPlaneSettings,
  });
}

/** Waits until the data plane serves a configuration. Returns how long that took, milliseconds. */
export async function waitUntilReady(installation: Installation, region: Region, started: StartedProcess): Promise<number> {
  const begun = performance.now();
  const url = `http://127.0.0.1:${portsOf(installation.ports, region).status}/status/ready`;
  await waitUntil(started, `data plane ${region} is ready`, async () => (await get(url)).status === 200);
  return performance.now() - begun;
}

async function createJoinToken(admin: AdminClient, region: Region): Promise<string> {
  const answer = await admin.send('POST', '/v1/join-tokens', { gateway: 'default', labels: { region } });
  return (answer as { readonly token: string }).token;
}

/** One service to the demo origin and one route; the same however often it is called. */
export async function applyDemoConfiguration({ admin, ports }: Installation): Promise<void> {
  await admin.send('PUT', '/services/demo', { url: `http://127.0.0.1:${ports.origin}/` });
  await admin.send('PUT', '/services/demo/routes/demo', { paths: ['/demo'] });
}

/** Process id of the embedded Postgres; undefined where none runs. */
export function postgresPid({ stateFolder }: Installation): number | undefined {
  const place = findPlace(join(stateFolder, 'control-plane'));
  return place === undefined ? undefined : findPostmaster(place)?.pid;
}

/** Looks at a condition until it holds; throws with the end of the log where the process dies or the bound passes. */
export async function waitUntil(process: StartedProcess | undefined, what: string, holds: () => Promise<boolean>, boundMs = START_BOUND_MS): Promise<void> {
  const deadline = performance.now() + boundMs;
  while (!(await holds())) {
    if (process !== undefined && !process.running()) throw new Error(`waited until ${what}, but ${process.name} ended (${await process.ended})${endOfLog(process)}`);
    if (performance.now() > deadline) throw new Error(`${what}: not within ${boundMs / 1000} s${process === undefined ? '' : endOfLog(process)}`);
    await pause(20);
  }
}

function endOfLog({ logFile }: StartedProcess): string {
  const lines = readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-5);
  return `; the end of ${logFile}:\n${lines.map((line) => `  ${line}`).join('\n')}`;
}
