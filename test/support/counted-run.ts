/**
 * What is billed must be what happened: two data planes under load by hundreds of consumers, while the control plane is killed twice (once with
 * its database, until the spool of one data plane is full), and one data plane three times. At the end the totals of the control plane are
 * compared with what the clients counted, for each (route, consumer, status). Used by `npm run bench -- counts` and, short, by a test.
 */
import { request } from 'undici';
import { portsOf, postgresPid, startControlPlane, startDataPlane, waitUntil, waitUntilReady, type Region } from '../../deploy/quickstart/demo-planes.ts';
import { get } from '../../deploy/quickstart/admin-client.ts';
import { startCountedLoad, type ClientTruth, type CountedCase } from './counted-load.ts';
import { startInstallation, type TestInstallation } from './installation.ts';

export interface CountedRunOptions {
  readonly requests: number;
  readonly consumers: number;
  readonly connections: number;
  readonly spoolBytes: number;
}

export interface CountedReport {
  readonly requests: number;
  readonly seconds: number;
  /** The data plane that was never killed: rows are (route, consumer, status). */
  readonly survivor: { readonly answered: number; readonly stored: number; readonly rows: number; readonly rowsThatDiffer: number };
  /** The one that was killed: what is missing is what it counted after its last fold. */
  readonly killed: { readonly answered: number; readonly broken: number; readonly stored: number; readonly missing: number; readonly rowsAboveTruth: number; readonly lostAtCrash: readonly { readonly atMostMs: number; readonly estimated: number }[] };
  readonly spoolMerges: number;
  readonly controlPlaneKills: number;
  readonly dataPlaneKills: number;
}

const SURVIVOR = 'eu-west' satisfies Region;
const KILLED = 'us-east' satisfies Region;
const BOTH: readonly Region[] = [SURVIVOR, KILLED];
const ROUTES = ['orders', 'items', 'broken'] as const;

export async function runCounted(options: CountedRunOptions): Promise<CountedReport> {
  const installation = await startInstallation({ dataPlaneSettings: { HOLDFAST_TELEMETRY_SPOOL_BYTES: String(options.spoolBytes), HOLDFAST_OVERLOAD_DELAY: '60s', HOLDFAST_PROXY_THREADS: '1' } });
  try {
    const cases = await configure(installation, options.consumers);
    return await run(installation, cases, options);
  } finally {
    await installation.stop();
  }
}

async function run(installation: TestInstallation, cases: readonly CountedCase[], options: CountedRunOptions): Promise<CountedReport> {
  const { ports, processes } = installation;
  // What asked for the keys is folded within a second, and no part of the run.
  const prepared = performance.now();
  await waitUntil(undefined, 'the last fold is done', async () => performance.now() - prepared > 2_500);
  const before = await storedOf(installation);
  let left = options.requests;
  const take = (): boolean => (left -= 1) >= 0;
  const begun = performance.now();
  const loadOf = (region: Region) => startCountedLoad(portsOf(ports, region).proxy, cases, options.connections, take);
  const loads = { [SURVIVOR]: loadOf(SURVIVOR), [KILLED]: loadOf(KILLED) };
  const sentShare = async (share: number): Promise<void> => waitUntil(undefined, `${share * 100} % of the requests are sent`, async () => left <= options.requests * (1 - share), 1_200_000);

  await sentShare(0.05);
  const postgres = postgresPid(installation);
  await processes.kill('control-plane');
  if (postgres !== undefined) process.kill(postgres, 'SIGKILL');
  const restartKilled = async (): Promise<void> => {
    await processes.kill(KILLED);
    await waitUntilReady(installation, KILLED, await startDataPlane(installation, KILLED));
  };
  await sentShare(0.2);
  await restartKilled();
  await sentShare(0.45);
  const { merges } = await statusOf(installation, SURVIVOR);
  await startControlPlane(installation);
  await sentShare(0.55);
  await restartKilled();
  await processes.kill('control-plane');
  await startControlPlane(installation);
  await sentShare(0.8);
  await restartKilled();
  await sentShare(1);
  const [survivor, killed] = await Promise.all([loads[SURVIVOR].stop(), loads[KILLED].stop()]);
  const seconds = (performance.now() - begun) / 1000;
  // A fold that is on its way has its second.
  await waitUntil(undefined, 'the last fold is done', async () => performance.now() - begun - seconds * 1000 > 2_500);
  return { ...compare(before, await storedOf(installation), survivor, killed), requests: options.requests, seconds: Math.round(seconds), spoolMerges: merges, controlPlaneKills: 2, dataPlaneKills: 3 };
}

/** Three services: two that answer, one whose upstream is not there; keys for all consumers, and requests without one. */
async function configure({ admin, ports }: TestInstallation, consumers: number): Promise<readonly CountedCase[]> {
  await admin.send('PUT', '/services/answers', { url: `http://127.0.0.1:${ports.origin}` });
  await admin.send('PUT', '/services/absent', { url: 'http://127.0.0.1:9', retries: 0 });
  for (const route of ROUTES) await admin.send('PUT', `/services/${route === 'broken' ? 'absent' : 'answers'}/routes/${route}`, { paths: [`/${route}`] });
  for (const route of ['orders', 'broken']) await admin.send('POST', `/routes/${route}/plugins`, { name: 'key-auth' });
  const names = Array.from({ length: consumers }, (_, index) => `consumer-${index}`);
  await Promise.all(Array.from({ length: 4 }, async (_, lane) => {
    for (let index = lane; index < names.length; index += 4) {
      await admin.send('PUT', `/consumers/${names[index]}`, {});
      await admin.send('POST', `/consumers/${names[index]}/key-auth`, { key: `key-of-${names[index]}` });
    }
  }));
  const cases: CountedCase[] = [
    ...names.map((consumer) => ({ route: 'orders', consumer, path: '/orders', key: `key-of-${consumer}` })),
    ...names.slice(0, Math.ceil(names.length / 8)).map((consumer) => ({ route: 'broken', consumer, path: '/broken', key: `key-of-${consumer}` })),
    ...names.slice(0, Math.ceil(names.length / 4)).flatMap(() => [{ route: 'items', consumer: '', path: '/items', key: undefined }, { route: 'orders', consumer: '', path: '/orders', key: 'wrong' }, { route: '', consumer: '', path: '/nowhere', key: undefined }]),
  ];
  const last = names.at(-1) ?? '';
  for (const region of BOTH) {
    await waitUntil(undefined, 'the last key is known', async () => (await request(`http://127.0.0.1:${portsOf(ports, region).proxy}/orders`, { headers: { apikey: `key-of-${last}` } })).statusCode === 200);
  }
  return cases;
}

/** `route|consumer|status` → requests, of one data plane. */
type Rows = ReadonlyMap<string, number>;

interface Stored {
  readonly rows: { readonly [SURVIVOR]: Rows; readonly [KILLED]: Rows };
  readonly crashGaps: readonly { readonly atMostMs: number; readonly estimated: number }[];
}

/** What the control plane has, once all that the data planes counted is there. */
async function storedOf(installation: TestInstallation): Promise<Stored> {
  const { admin } = installation;
  for (const region of BOTH) {
    await waitUntil(undefined, `all counts of ${region} are delivered`, async () => {
      const { produced, buffered, active } = await statusOf(installation, region);
      return active === 0 && buffered === 0 && produced >= 0;
    }, 120_000);
  }
  const names = async (kind: string, name: string): Promise<ReadonlyMap<string, string>> => {
    const found = new Map<string, string>();
    for (let next: string | null = `/${kind}?size=1000`; next !== null; ) {
      const page = (await admin.read(next)) as { readonly data: readonly Readonly<Record<string, string>>[]; readonly next: string | null };
      for (const entity of page.data) found.set(entity['id'] ?? '', entity[name] ?? '');
      next = page.next;
    }
    return found;
  };
  const [routes, consumers] = [await names('routes', 'name'), await names('consumers', 'username')];
  const planes = (await admin.read('/v1/data-planes')) as { readonly data: readonly { readonly id: string; readonly labels: { readonly region?: string } }[] };
  const usage = (await admin.read('/v1/usage?group_by=data-plane,route,consumer,status')) as {
    readonly data: readonly { readonly data_plane_id: string; readonly route_id: string | null; readonly consumer_id: string | null; readonly status: number | null; readonly requests: number }[];
    readonly lost_at_crash: readonly { readonly at_most_ms: number; readonly last_rate_per_second: number }[];
  };
  const rowsOf = (region: Region): Rows => {
    const id = planes.data.find((plane) => plane.labels.region === region)?.id;
    const rows = usage.data.filter((row) => row.data_plane_id === id);
    return new Map(rows.map((row) => [`${routes.get(row.route_id ?? '') ?? ''}|${consumers.get(row.consumer_id ?? '') ?? ''}|${row.status ?? 0}`, row.requests]));
  };
  return {
    rows: { [SURVIVOR]: rowsOf(SURVIVOR), [KILLED]: rowsOf(KILLED) },
    crashGaps: usage.lost_at_crash.map((gap) => ({ atMostMs: gap.at_most_ms, estimated: Math.round((gap.at_most_ms / 1000) * gap.last_rate_per_second) })),
  };
}

function compare(before: Stored, after: Stored, survivor: ClientTruth, killed: ClientTruth): Pick<CountedReport, 'survivor' | 'killed'> {
  const moved = (region: Region): Rows => new Map([...after.rows[region]].map(([key, count]): [string, number] => [key, count - (before.rows[region].get(key) ?? 0)]).filter(([, count]) => count !== 0));
  const [exact, cut] = [moved(SURVIVOR), moved(KILLED)];
  const differ = [...new Set([...exact.keys(), ...survivor.answered.keys()])].filter((key) => exact.get(key) !== survivor.answered.get(key));
  // A request that broke off may have been counted, by its status or as one that the client left.
  const above = [...cut].filter(([key, count]) => {
    const [route = '', consumer = ''] = key.split('|');
    return count > (killed.answered.get(key) ?? 0) + (killed.broken.get(`${route}|${consumer}`) ?? 0);
  });
  const [answered, stored] = [sum(killed.answered), sum(cut)];
  return {
    survivor: { answered: sum(survivor.answered), stored: sum(exact), rows: exact.size, rowsThatDiffer: differ.length },
    killed: { answered, broken: sum(killed.broken), stored, missing: answered - stored, rowsAboveTruth: above.length, lostAtCrash: after.crashGaps.slice(before.crashGaps.length) },
  };
}

function sum(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((total, count) => total + count, 0);
}

interface Status {
  readonly produced: number;
  readonly buffered: number;
  readonly active: number;
  readonly merges: number;
}

async function statusOf({ ports }: TestInstallation, region: Region): Promise<Status> {
  const { body } = await get(`http://127.0.0.1:${portsOf(ports, region).status}/metrics`);
  const metric = (name: string): number => Number(new RegExp(`^${name}(?:\\{\\})? (\\d+)`, 'm').exec(body)?.[1] ?? Number.NaN);
  return {
    produced: metric('holdfast_telemetry_produced_requests_total'),
    buffered: metric('holdfast_telemetry_buffered_requests'),
    active: metric('holdfast_requests_active'),
    merges: metric('holdfast_telemetry_merges_total'),
  };
}
