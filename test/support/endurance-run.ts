/**
 * What a fleet goes through in a year, in minutes, with real processes: while clients behind a load balancer send requests without
 * a break, the configuration is swapped, data planes are restarted one after the other, and targets are killed (-9) and come
 * back. Nothing of it may fail a request (R3, S1). Used by the test (short) and by `npm run bench -- endurance` and `soak`.
 */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { get } from '../../deploy/quickstart/admin-client.ts';
import { portsOf, REGIONS, startDataPlane, waitUntil, type Region } from '../../deploy/quickstart/demo-planes.ts';
import { pause } from '../../deploy/quickstart/processes.ts';
import { ClosedLoopLoad, type ClosedLoopReport, type LoadTarget } from './closed-loop-load.ts';
import type { TestInstallation } from './installation.ts';

const ORIGIN = fileURLToPath(new URL('./endurance-origin.ts', import.meta.url));
const TARGETS = 3;
const PROBE_MS = 50;
const SAMPLE_MS = 5_000;

/** For the data planes of the installation: long enough for the load balancer's next probe. */
export const ENDURANCE_SETTINGS = { HOLDFAST_DRAIN_DELAY: '1s', HOLDFAST_PROXY_THREADS: '1' } as const;

export interface EnduranceOptions {
  readonly requests: number;
  readonly connections: number;
  readonly swaps: number;
  readonly restarts: number;
  readonly targetFailures: number;
  /** Goes on at least so long, however many requests that makes. */
  readonly atLeastMs?: number;
  /** Of each client between two requests, milliseconds. */
  readonly thinkMs?: number;
  readonly progress?: (line: string) => void;
}

export interface EnduranceReport extends Omit<ClosedLoopReport, 'reasons'> {
  readonly reasons: Readonly<Record<string, number>>;
  readonly swaps: number;
  readonly restarts: number;
  readonly targetFailures: number;
  readonly seconds: number;
  /** Resident memory of the data planes, MiB, a sample every 5 s; one list for each process, begun anew at a restart. */
  readonly residentMiB: Readonly<Record<string, readonly number[]>>;
}

export async function runEndurance(installation: TestInstallation, options: EnduranceOptions): Promise<EnduranceReport> {
  const begun = performance.now();
  const ports = await freePorts(TARGETS);
  for (const [index, port] of ports.entries()) startOrigin(installation, index, port);
  await configure(installation, ports);
  const targets = REGIONS.map((region): LoadTarget & { readonly region: Region } => ({ region, port: portsOf(installation.ports, region).proxy, ready: false }));
  await waitUntil(undefined, 'both data planes serve the endurance route', async () => {
    const answers = await Promise.all(targets.map(({ port }) => get(`http://127.0.0.1:${port}/endurance/1`)));
    return answers.every(({ status, body }) => status === 200 && body === '1');
  });

  const enough = (sent: number): boolean => sent >= options.requests && performance.now() - begun >= (options.atLeastMs ?? 0);
  const upheaval = { over: false };
  const load = new ClosedLoopLoad({ targets, connections: options.connections, path: '/endurance/', thinkMs: options.thinkMs ?? 0, goOn: (sent) => !upheaval.over || !enough(sent) });
  const watching = { stop: false };
  const residentMiB: Record<string, number[]> = {};
  const watches = [probeReadiness(installation, targets, watching), sampleMemory(installation, residentMiB, watching)];
  const running = load.run();
  const say = (what: string): void => options.progress?.(`${what}: ${load.report().ok} answered, ${load.report().failed} failed`);
  try {
    await Promise.all([
      spread(options, load, options.swaps, (turn) => swap(installation, turn)),
      spread(options, load, options.targetFailures, async (turn) => {
        await failTarget(installation, turn % TARGETS, ports[turn % TARGETS] ?? 0);
        say(`target ${turn % TARGETS} was killed and came back`);
      }),
      spread(options, load, options.restarts, async (turn) => {
        const region = REGIONS[turn % REGIONS.length] ?? REGIONS[0];
        await restart(installation, targets, region);
        say(`${region} was restarted`);
      }),
    ]);
  } finally {
    upheaval.over = true;
  }
  const { reasons, ...report } = await running;
  watching.stop = true;
  await Promise.all(watches);
  return { ...report, reasons: Object.fromEntries(reasons), swaps: options.swaps, restarts: options.restarts, targetFailures: options.targetFailures, seconds: Math.round((performance.now() - begun) / 1_000), residentMiB };
}

/** Does `step` so many times, spread evenly over the requests (and the time) of the run. */
async function spread(options: EnduranceOptions, load: ClosedLoopLoad, times: number, step: (turn: number) => Promise<void>): Promise<void> {
  const begun = performance.now();
  for (let turn = 0; turn < times; turn++) {
    const share = (turn + 0.5) / times;
    while (load.report().sent < options.requests * share || performance.now() - begun < (options.atLeastMs ?? 0) * share) await pause(PROBE_MS);
    await step(turn);
  }
}

async function configure({ admin }: TestInstallation, ports: readonly number[]): Promise<void> {
  await admin.send('PUT', '/upstreams/endurance', { healthchecks: { passive: { unhealthy: { tcp_failures: 1 } }, active: { http_path: '/health', healthy: { interval: 1, successes: 1 }, unhealthy: { interval: 1, tcp_failures: 1 } } } });
  for (const port of ports) await admin.send('POST', '/upstreams/endurance/targets', { target: `127.0.0.1:${port}` });
  await admin.send('PUT', '/services/endurance', { host: 'endurance', retries: 5 });
  await admin.send('PUT', '/services/endurance/routes/endurance', { paths: ['/endurance'], strip_path: false });
}

/** Another route comes or goes and the service is written anew, so that routes, services and their plugins are compiled again. */
async function swap({ admin }: TestInstallation, turn: number): Promise<void> {
  await admin.send('PATCH', '/services/endurance', { read_timeout: 60_000 + turn });
  if (turn % 2 === 0) await admin.send('PUT', '/services/endurance/routes/other', { paths: [`/other/${turn}`] });
  else await admin.send('DELETE', '/services/endurance/routes/other');
}

function startOrigin({ processes }: TestInstallation, index: number, port: number): void {
  processes.start(`target-${index}`, ORIGIN, [String(port)]);
}

/** Back only when it takes requests again: two targets gone at once would be another test. */
async function failTarget(installation: TestInstallation, index: number, port: number): Promise<void> {
  await installation.processes.kill(`target-${index}`);
  await pause(500);
  startOrigin(installation, index, port);
  await waitUntil(undefined, 'the target answers again', async () => (await get(`http://127.0.0.1:${port}/health`)).status === 200);
  await pause(1_500);
}

async function restart(installation: TestInstallation, targets: readonly (LoadTarget & { readonly region: Region })[], region: Region): Promise<void> {
  await installation.processes.stop(region);
  await startDataPlane(installation, region);
  await waitUntil(undefined, `${region} is ready again`, async () => targets.find((target) => target.region === region)?.ready === true);
}

/** What a load balancer does: asks each data plane, all the time. */
async function probeReadiness(installation: TestInstallation, targets: readonly (LoadTarget & { readonly region: Region })[], watching: { readonly stop: boolean }): Promise<void> {
  while (!watching.stop) {
    await Promise.all(targets.map(async (target) => {
      target.ready = (await get(`http://127.0.0.1:${portsOf(installation.ports, target.region).status}/status/ready`)).status === 200;
    }));
    await pause(PROBE_MS);
  }
}

async function sampleMemory({ processes }: TestInstallation, samples: Record<string, number[]>, watching: { readonly stop: boolean }): Promise<void> {
  for (let elapsed = 0; !watching.stop; elapsed += PROBE_MS) {
    if (elapsed % SAMPLE_MS === 0) {
      for (const region of REGIONS) {
        const pid = processes.pidOf(region);
        const resident = pid === undefined ? undefined : residentMiB(pid);
        if (resident !== undefined) (samples[`${region} ${pid}`] ??= []).push(resident);
      }
    }
    await pause(PROBE_MS);
  }
}

function residentMiB(pid: number): number | undefined {
  try {
    return Math.round(Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024);
  } catch {
    // It has just been stopped.
    return undefined;
  }
}

/** Ports that are free now; all are held until the last is known, so they differ. */
async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(Array.from({ length: count }, () => new Promise<ReturnType<typeof createServer>>((resolve) => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => resolve(server));
  })));
  const ports = servers.map((server) => {
    const address = server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  });
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
