/**
 * Secrets in configs of plugins end to end: real control plane, Postgres and data plane, each with the plugin of the tests among its
 * own. The plugin has them, also from a vault, through a change and a restart; nothing else has.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { dataFolderOf, findPlace } from '../control-plane/embedded-postgres/place.ts';
import { get } from '../deploy/quickstart/admin-client.ts';
import { startDataPlane, waitUntilReady } from '../deploy/quickstart/demo-planes.ts';
import { defined } from '../shared/assert.ts';
import { startInstallation, type TestInstallation } from './support/installation.ts';
import { digestOfSecrets } from './support/secret-plugin.ts';
import { waitUntil } from './support/wait-until.ts';

const DEADLINE_MS = 20_000;
const REGION = 'eu-west';
const CANARY = 'canary-live-7d20-';
const WITH_PLUGIN = { NODE_OPTIONS: `--import=${fileURLToPath(new URL('support/secret-plugin.ts', import.meta.url))}` };
const REFERENCE = '{vault://env/secret-of-redis}';

let installation: TestInstallation;
before(async () => {
  installation = await startInstallation({
    regions: [REGION],
    controlPlaneSettings: WITH_PLUGIN,
    dataPlaneSettings: { ...WITH_PLUGIN, HOLDFAST_PROXY_THREADS: '1', SECRET_OF_REDIS: `${CANARY}environment` },
  });
});
after(async () => {
  // An orderly end would wait for the control plane to take the last counts.
  await installation?.processes.kill(REGION);
  await installation?.stop();
});

/** What the plugin says of its secrets. */
async function told(): Promise<string | null> {
  return (await fetch(`http://127.0.0.1:${installation.ports.euWest.proxy}/demo`)).headers.get('x-secrets');
}

async function becomes(password: string): Promise<void> {
  await waitUntil(`the plugin to have ${password}`, async () => (await told()) === digestOfSecrets(password), DEADLINE_MS);
}

test('the plugin has what was written, what replaced it, and what a vault has', async () => {
  const { admin } = installation;
  await admin.send('PUT', '/routes/demo/plugins/one', { name: 'secretive', config: { redis: { host: 'r.test', password: `${CANARY}first` } } });
  await becomes(`${CANARY}first`);
  await admin.send('PATCH', '/plugins/one', { config: { redis: { password: REFERENCE } } });
  await becomes(`${CANARY}environment`);
  await admin.send('PATCH', '/plugins/one', { config: { redis: { password: `${CANARY}second` } } });
  await becomes(`${CANARY}second`);
});

test('a restart without the control plane has it too', async () => {
  await installation.processes.stop('control-plane');
  await installation.processes.kill(REGION);
  await waitUntilReady(installation, REGION, await startDataPlane(installation, REGION));
  assert.equal(await told(), digestOfSecrets(`${CANARY}second`));
});

test('nothing of it is in files, logs and answers', async () => {
  const { status } = installation.ports.euWest;
  const answers = await Promise.all(['/status', '/metrics'].map(async (path) => (await get(`http://127.0.0.1:${status}${path}`)).body));
  const place = defined(findPlace(join(installation.stateFolder, 'control-plane')), 'the place of the database');
  const files = [...filesBelow(installation.stateFolder), ...filesBelow(dataFolderOf(place))].map((path) => ({ path, bytes: readFileSync(path) }));
  assert.deepEqual(files.filter(({ bytes }) => bytes.includes(CANARY)).map(({ path }) => path), []);
  assert.ok(!answers.join().includes(CANARY));
  // The same search finds what may be there, in releases and change rows.
  assert.ok(files.some(({ path, bytes }) => path.startsWith(dataFolderOf(place)) && bytes.includes(REFERENCE)));
});

/** The database of the control plane with its write-ahead log, the state of the data plane, and both logs. */
function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true }).filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}
