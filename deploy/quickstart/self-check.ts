/**
 * `quickstart -- --check`: proves with real requests that the installation does what it is for, including the loss of
 * its control plane and database. Each step throws with what was expected and what came instead.
 */
import { get } from './admin-client.ts';
import { portsOf, postgresPid, REGIONS, startControlPlane, startDataPlane, waitUntil, waitUntilReady, type Installation, type Region } from './demo-planes.ts';

const OUTAGE_REQUESTS = 300;

export async function checkInstallation(installation: Installation, say: (line: string) => void): Promise<void> {
  const counted: Record<Region, number> = { 'eu-west': 0, 'us-east': 0 };
  const usageBefore = await totalUsage(installation);

  for (const region of REGIONS) await expectEcho(installation, region, '/demo/hello', counted);
  say('both regions proxy to the demo origin');

  const took = await checkPropagation(installation, counted);
  say(`a new route answered in both regions ${took} ms after the admin API had accepted it`);

  const before = await contentRoot(installation, 'us-east');
  const postgres = postgresPid(installation);
  await installation.processes.kill('control-plane');
  if (postgres !== undefined) process.kill(postgres, 'SIGKILL');
  for (let n = 0; n < OUTAGE_REQUESTS; n++) for (const region of REGIONS) await expectEcho(installation, region, `/demo/${n}`, counted);
  say(`control plane and database killed (-9): ${OUTAGE_REQUESTS * REGIONS.length} requests, none failed`);

  await waitUntil(undefined, 'us-east has folded its counts', async () => foldedRequests(installation, 'us-east', counted));
  await installation.processes.kill('us-east');
  const restarted = await startDataPlane(installation, 'us-east');
  const readyMs = await waitUntilReady(installation, 'us-east', restarted);
  const after = await contentRoot(installation, 'us-east');
  if (after !== before) throw new Error(`us-east serves content ${after} after its restart, before it was ${before}`);
  await expectEcho(installation, 'us-east', '/demo/after-restart', counted);
  say(`us-east killed (-9) and restarted without a control plane: ready in ${Math.round(readyMs)} ms with the same content`);

  await startControlPlane(installation);
  await waitUntil(undefined, 'both data planes are connected again', () => allConnected(installation));
  const expected = counted['eu-west'] + counted['us-east'];
  let usage = 0;
  await waitUntil(undefined, `the usage totals reach ${expected}`, async () => {
    usage = (await totalUsage(installation)) - usageBefore;
    return usage >= expected;
  }, 20_000).catch((thrown: unknown) => {
    throw new Error(`the usage totals say ${usage} requests, ${expected} were sent`, { cause: thrown });
  });
  if (usage !== expected) throw new Error(`the usage totals say ${usage} requests, ${expected} were sent`);
  say(`control plane back, both data planes connected, usage totals exact: ${usage} requests`);
}

async function expectEcho(installation: Installation, region: Region, path: string, counted: Record<Region, number>): Promise<void> {
  const answer = await get(`http://127.0.0.1:${portsOf(installation.ports, region).proxy}${path}`);
  if (answer.status !== 200 || !answer.body.includes('holdfast demo origin')) throw new Error(`${region} answered ${answer.status} to ${path}, expected the demo origin's 200: ${answer.body}`);
  counted[region] += 1;
}

async function checkPropagation(installation: Installation, counted: Record<Region, number>): Promise<number> {
  const path = `/check-${Date.now().toString(36)}`;
  const route = (await installation.admin.send('POST', '/services/demo/routes', { paths: [path] })) as { readonly id: string };
  const accepted = performance.now();
  for (const region of REGIONS) {
    await waitUntil(undefined, `${region} serves the new route`, async () => {
      counted[region] += 1;
      return (await get(`http://127.0.0.1:${portsOf(installation.ports, region).proxy}${path}`)).status === 200;
    }, 5000);
  }
  const took = Math.round(performance.now() - accepted);
  await installation.admin.send('DELETE', `/routes/${route.id}`);
  return took;
}

interface DataPlaneStatus {
  readonly config: { readonly content_root: string } | null;
  readonly telemetry: { readonly produced: number };
}

async function statusOf(installation: Installation, region: Region): Promise<DataPlaneStatus> {
  const answer = await get(`http://127.0.0.1:${portsOf(installation.ports, region).status}/status`);
  if (answer.status !== 200) throw new Error(`the status of ${region} answered ${answer.status}: ${answer.body}`);
  return (JSON.parse(answer.body) as { readonly holdfast: DataPlaneStatus }).holdfast;
}

async function contentRoot(installation: Installation, region: Region): Promise<string> {
  return (await statusOf(installation, region)).config?.content_root ?? 'none';
}

async function foldedRequests(installation: Installation, region: Region, counted: Readonly<Record<Region, number>>): Promise<boolean> {
  return (await statusOf(installation, region)).telemetry.produced >= counted[region];
}

async function allConnected({ admin }: Installation): Promise<boolean> {
  const { data } = (await admin.read('/v1/data-planes')) as { readonly data: readonly { readonly connected: boolean }[] };
  return data.filter((dataPlane) => dataPlane.connected).length >= REGIONS.length;
}

async function totalUsage({ admin }: Installation): Promise<number> {
  const { data } = (await admin.read('/v1/usage')) as { readonly data: readonly { readonly requests: number }[] };
  return data.reduce((sum, row) => sum + row.requests, 0);
}
