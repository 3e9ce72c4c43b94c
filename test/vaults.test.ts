/**
 * References to vaults end to end: real control plane, Postgres and data plane, and a vault that is there, is away, rotates and comes
 * back. What is in the vault is nowhere in either plane's files, logs and answers.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { dataFolderOf, findPlace } from '../control-plane/embedded-postgres/place.ts';
import { get } from '../deploy/quickstart/admin-client.ts';
import { startDataPlane, waitUntilReady } from '../deploy/quickstart/demo-planes.ts';
import { defined } from '../shared/assert.ts';
import { startInstallation, type TestInstallation } from './support/installation.ts';
import { testCertificate, type TestCertificate } from './support/test-certificates.ts';
import { connectTls } from './support/tls-client.ts';
import { kvAnswer, VaultServer } from './support/vault-server.ts';
import { waitUntil } from './support/wait-until.ts';

const DEADLINE_MS = 20_000;
const REGION = 'eu-west';
const TOKEN = 'canary-token-5f1c';
const USER = 'canary-user-9a7e';
const KEY_REFERENCE = '{vault://prod/site/key}';

let installation: TestInstallation;
let vault: VaultServer;
let certificates: readonly [TestCertificate, TestCertificate];
const held = { token: TOKEN, secrets: {} as Record<string, Record<string, string>> };

before(async () => {
  certificates = await Promise.all([testCertificate({ names: ['first.test', 'vault.test'] }), testCertificate({ names: ['second.test', 'vault.test'] })]);
  vault = await VaultServer.start((call) => kvAnswer(held)(call));
  installation = await startInstallation({
    regions: [REGION],
    dataPlaneSettings: { HOLDFAST_PROXY_THREADS: '1', SECRET_VAULT_TOKEN: TOKEN, HOLDFAST_VAULT_HOSTS: '127.0.0.1', HOLDFAST_VAULT_TIMEOUT: '2s' },
  });
});
after(async () => {
  // An orderly end would wait for the control plane to take the last counts.
  await installation?.processes.kill(REGION);
  await installation?.stop();
  await vault?.stop();
});

const ports = () => installation.ports.euWest;
const proxied = async () => (await get(`http://127.0.0.1:${ports().proxy}/demo`)).status;
const status = async () => (await get(`http://127.0.0.1:${ports().status}/status`)).body;
const metrics = async () => (await get(`http://127.0.0.1:${ports().status}/metrics`)).body;
const quarantine = async () => (await get(`${installation.admin.base}/v1/quarantine`)).body;

/** The certificate shown for the name, by its first name; undefined where there is no handshake. */
async function shown(): Promise<string | undefined> {
  const socket = await connectTls(ports().proxyTls, { servername: 'vault.test' }).catch(() => undefined);
  const name = socket?.getPeerCertificate().subject?.CN;
  socket?.destroy();
  return typeof name === 'string' ? name : undefined;
}

function vaultHas(certificate: TestCertificate): void {
  held.secrets = { site: { cert: certificate.cert, key: certificate.key }, redis: { user: USER } };
}

test('what was never there is closed and told; it opens by itself once the vault has it', async () => {
  const { admin } = installation;
  await admin.send('POST', '/vaults', { name: 'hcv', prefix: 'prod', config: { host: '127.0.0.1', port: vault.port, kv: 'v2', token: '{vault://env/secret-vault-token}', ttl: 1, neg_ttl: 1 } });
  await admin.send('POST', '/certificates', { cert: '{vault://prod/site/cert}', key: KEY_REFERENCE, snis: ['vault.test'] });
  await admin.send('POST', '/routes/demo/plugins', { name: 'rate-limiting', config: { minute: 10_000, redis: { username: '{vault://prod/redis/user}' } } });
  await waitUntil('both to be quarantined', async () => ((await quarantine()).match(/CONFIG_VAULT_UNRESOLVED/g) ?? []).length >= 2, DEADLINE_MS);
  assert.match(await quarantine(), /could not be looked up: VAULT_SECRET_MISSING: HashiCorp Vault has no secret secret\/site/);
  assert.deepEqual([await proxied(), await shown()], [503, undefined]);

  vaultHas(certificates[0]);
  await waitUntil('the plugin to run', async () => (await proxied()) === 200, DEADLINE_MS);
  await waitUntil('the certificate to be shown', async () => (await shown()) === 'first.test', DEADLINE_MS);
  await waitUntil('nothing to be quarantined', async () => !(await quarantine()).includes('CONFIG_VAULT'), DEADLINE_MS);
});

test('a rotated secret serves without a restart and without a failed request', async () => {
  const answers = new Set<number>();
  vaultHas(certificates[1]);
  await waitUntil('the new certificate to be shown', async () => {
    answers.add(await proxied());
    return (await shown()) === 'second.test';
  }, DEADLINE_MS);
  assert.deepEqual([...answers], [200]);
});

test('last good values serve through an outage, also after a restart with neither vault nor control plane', async () => {
  await vault.stop();
  await waitUntil('the outage to be told', async () => /"prefix":"prod".*"outdated":2.*VAULT_UNREACHABLE/.test(await status()), DEADLINE_MS);
  assert.match(await metrics(), /holdfast_vault_secrets\{vault="prod",kind="hcv",state="outdated"\} 2\n/);
  assert.deepEqual([await shown(), await proxied()], ['second.test', 200]);

  await installation.processes.stop('control-plane');
  // As in a crash: what has to be on the disk was written before it was used.
  await installation.processes.kill(REGION);
  await waitUntilReady(installation, REGION, await startDataPlane(installation, REGION));
  assert.deepEqual([await shown(), await proxied()], ['second.test', 200]);
});

test('nothing of what the vault holds is anywhere in files, logs and answers', async () => {
  const canaries = [TOKEN, USER, ...certificates.flatMap(({ key }) => key.split('\n').slice(1, 2))];
  const answers = [await status(), await metrics()].join('\n');
  const place = defined(findPlace(join(installation.stateFolder, 'control-plane')), 'the place of the database');
  const files = [...filesBelow(installation.stateFolder), ...filesBelow(dataFolderOf(place))].map((path) => ({ path, bytes: readFileSync(path) }));
  for (const canary of canaries) {
    assert.ok(canary.length >= 16, 'long enough not to be there by chance');
    assert.deepEqual(files.filter(({ bytes }) => bytes.includes(canary)).map(({ path }) => path), []);
    assert.ok(!answers.includes(canary));
  }
  // The same search finds what may be there: the reference, in releases and change rows.
  assert.ok(files.some(({ path, bytes }) => path.startsWith(dataFolderOf(place)) && bytes.includes(KEY_REFERENCE)));
});

/** The database of the control plane with its write-ahead log, the state of the data plane, and both logs. */
function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true }).filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}
