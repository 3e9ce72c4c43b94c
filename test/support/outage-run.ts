/**
 * The outage the project exists for, with real processes: under load on both regions, control plane and Postgres are
 * killed (-9), later one data plane is killed and restarted, then the control plane comes back. Used by the test (short)
 * and by `npm run bench -- outage` (30 s).
 */
import { get } from '../../deploy/quickstart/admin-client.ts';
import { portsOf, postgresPid, startControlPlane, startDataPlane, waitUntil, waitUntilReady, type Region } from '../../deploy/quickstart/demo-planes.ts';
import type { TestInstallation } from './installation.ts';
import { failuresIn, startSteadyLoad } from './steady-load.ts';

export interface OutageReport {
  /** `byVersion`: the same counted by the configuration that requests ran on. */
  readonly survivor: { readonly sent: number; readonly failed: number; readonly usage: number; readonly byVersion: number };
  readonly killed: { readonly answered: number; readonly broken: number; readonly usage: number; readonly crashGaps: number; readonly crashGapAtMostMs: number };
  readonly readyMs: number;
  readonly contentRootBefore: string;
  readonly contentRootAfter: string;
  /** From the start of the control plane until both data planes are connected. */
  readonly reconnectedMs: number;
}

export interface OutageOptions {
  readonly perSecond: number;
  /** How long control plane and database are gone before the data plane is killed. */
  readonly outageMs: number;
}

const SURVIVOR: Region = 'eu-west';
const KILLED: Region = 'us-east';

export async function runOutage(installation: TestInstallation, options: OutageOptions): Promise<OutageReport> {
  const { ports, processes } = installation;
  const before = await usageByRegion(installation);
  const survivorProduced = await produced(installation, SURVIVOR);
  const survivorLoad = startSteadyLoad(portsOf(ports, SURVIVOR).proxy, '/demo/load', options.perSecond);
  const firstLoad = startSteadyLoad(portsOf(ports, KILLED).proxy, '/demo/load', options.perSecond);
  await untilOk(firstLoad.counts, options.perSecond / 2);
  const contentRootBefore = await contentRoot(installation, KILLED);

  const postgres = postgresPid(installation);
  await processes.kill('control-plane');
  if (postgres !== undefined) process.kill(postgres, 'SIGKILL');
  const outageBegun = performance.now();
  await waitUntil(undefined, 'the outage has lasted long enough', async () => performance.now() - outageBegun >= options.outageMs, options.outageMs + 10_000);

  await processes.kill(KILLED);
  const first = await firstLoad.stop();
  const restarted = await startDataPlane(installation, KILLED);
  const readyMs = await waitUntilReady(installation, KILLED, restarted);
  const contentRootAfter = await contentRoot(installation, KILLED);
  const restartedProduced = await produced(installation, KILLED);
  const secondLoad = startSteadyLoad(portsOf(ports, KILLED).proxy, '/demo/load', options.perSecond);
  await untilOk(secondLoad.counts, options.perSecond);

  const begun = performance.now();
  await startControlPlane(installation);
  await waitUntil(undefined, 'both data planes are connected', async () => (await connected(installation)) === 2);
  const reconnectedMs = performance.now() - begun;
  const second = await secondLoad.stop();
  const survivor = await survivorLoad.stop();

  const survivorSent = survivor.ok + failuresIn(survivor);
  const killedAnswered = first.ok + second.ok;
  // An empty spool alone says nothing of what was counted since the last fold.
  await waitUntil(undefined, 'all is folded that was sent', async () => (await produced(installation, SURVIVOR)) >= survivorProduced + survivorSent && (await produced(installation, KILLED)) >= restartedProduced + second.ok);
  await waitUntil(undefined, 'the spools are empty', async () => (await buffered(installation, SURVIVOR)) === 0 && (await buffered(installation, KILLED)) === 0);
  const after = await usageByRegion(installation);
  return {
    survivor: { sent: survivorSent, failed: failuresIn(survivor), usage: after.requests[SURVIVOR] - before.requests[SURVIVOR], byVersion: after.byVersion[SURVIVOR] - before.byVersion[SURVIVOR] },
    killed: {
      answered: killedAnswered,
      broken: failuresIn(first) + failuresIn(second),
      usage: after.requests[KILLED] - before.requests[KILLED],
      crashGaps: after.crashGaps.length,
      crashGapAtMostMs: Math.max(0, ...after.crashGaps),
    },
    readyMs, contentRootBefore, contentRootAfter, reconnectedMs,
  };
}

async function untilOk(counts: { readonly ok: number }, atLeast: number): Promise<void> {
  const from = counts.ok;
  await waitUntil(undefined, `${atLeast} requests are answered`, async () => counts.ok - from >= atLeast);
}

interface DataPlaneStatus {
  readonly config: { readonly content_root: string };
  readonly telemetry: { readonly produced: number; readonly buffered: number };
}

async function statusOf({ ports }: TestInstallation, region: Region): Promise<DataPlaneStatus> {
  const { body } = await get(`http://127.0.0.1:${portsOf(ports, region).status}/status`);
  return (JSON.parse(body) as { readonly holdfast: DataPlaneStatus }).holdfast;
}

async function contentRoot(installation: TestInstallation, region: Region): Promise<string> {
  return (await statusOf(installation, region)).config.content_root;
}

async function produced(installation: TestInstallation, region: Region): Promise<number> {
  return (await statusOf(installation, region)).telemetry.produced;
}

async function buffered(installation: TestInstallation, region: Region): Promise<number> {
  return (await statusOf(installation, region)).telemetry.buffered;
}

async function connected({ admin }: TestInstallation): Promise<number> {
  const { data } = (await admin.read('/v1/data-planes')) as { readonly data: readonly { readonly connected: boolean }[] };
  return data.filter((dataPlane) => dataPlane.connected).length;
}

interface RegionUsage {
  readonly requests: Readonly<Record<Region, number>>;
  readonly byVersion: Readonly<Record<Region, number>>;
  /** Upper bound of each, milliseconds. */
  readonly crashGaps: readonly number[];
}

async function usageByRegion({ admin }: TestInstallation): Promise<RegionUsage> {
  const planes = (await admin.read('/v1/data-planes')) as { readonly data: readonly { readonly id: string; readonly labels: { readonly region?: string } }[] };
  const usage = (await admin.read('/v1/usage?group_by=data-plane')) as {
    readonly data: readonly { readonly data_plane_id: string; readonly requests: number }[];
    readonly lost_at_crash: readonly { readonly at_most_ms: number }[];
  };
  const of = (region: Region): number => {
    const ids = planes.data.filter((plane) => plane.labels.region === region).map((plane) => plane.id);
    return usage.data.filter((row) => ids.includes(row.data_plane_id)).reduce((sum, row) => sum + row.requests, 0);
  };
  const byVersion = { 'eu-west': 0, 'us-east': 0 };
  for (const { id, labels: { region } } of planes.data) {
    if (region !== 'eu-west' && region !== 'us-east') continue;
    const plane = (await admin.read(`/v1/data-planes/${id}`)) as { readonly requests_by_version: readonly { readonly requests: number }[] };
    byVersion[region] += plane.requests_by_version.reduce((sum, { requests }) => sum + requests, 0);
  }
  return { requests: { 'eu-west': of('eu-west'), 'us-east': of('us-east') }, byVersion, crashGaps: usage.lost_at_crash.map((gap) => gap.at_most_ms) };
}
