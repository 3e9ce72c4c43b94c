/**
 * The runbook deploy/keys.md, line by line: each `holdfast` line in a code block is run as it stands, by the command line's own
 * code, against a control plane on a real database. A section that is added there without a scene here fails.
 */
import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { runCommand } from '../control-plane/cli/main.ts';
import { KeyDesk } from '../control-plane/keys/key-desk.ts';
import { bundleOf, parseStatementFile } from '../control-plane/keys/statement-file.ts';
import { loadSigningMaterial } from '../control-plane/publish/signing-material.ts';
import type { GatewayScope } from '../control-plane/store/scope.ts';
import { systemClock } from '../shared/clock.ts';
import { createMemoryLogger } from '../shared/log.ts';
import { formatSigningKey } from '../shared/trust/statement-keys.ts';
import { signStatement } from '../shared/trust/statements.ts';
import { startTestAdminApi } from './support/admin-api.ts';
import { startControlPlaneParts } from './support/control-plane-parts.ts';
import { MemoryStore } from './support/memory-store.ts';
import { openTestStore } from './support/postgres.ts';
import { connectSync } from './support/sync-client.ts';
import { insert, newName, TEST_ACTOR } from './support/store-scene.ts';
import { waitUntil } from './support/wait-until.ts';

const folder = mkdtempSync(join(tmpdir(), 'holdfast-runbook-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const opened = await openTestStore();
const { store } = opened;
const parts = await startControlPlaneParts(store);
after(() => parts.stop());
const api = await startTestAdminApi({
  keys: new KeyDesk({ store, signing: parts.signing, authority: parts.authority, clock: systemClock }),
  createJoinToken: async (given, options, actor) => ({ token: (await store.joinTokens.create(given, { uses: options.uses, expiresAt: new Date(Date.now() + options.ttlMs), labels: options.labels }, actor)).token, text: 'hfjoin1_made-up' }),
}, opened);
const gateway = await store.gateways.findByName(api.tenantId, 'default');
assert.ok(gateway);
const scope: GatewayScope = { tenantId: gateway.tenantId, gatewayId: gateway.gatewayId };

/** Of the shell that the runbook is written for. */
const variables = new Map<string, string>();
let transcript = '';

async function run(line: string): Promise<string> {
  const [, variable, captured] = /^([A-Z_]+)=\$\((holdfast .*)\)$/.exec(line) ?? [];
  const words = (captured ?? line).split(' ').slice(1).map((word) => word.replaceAll(/\$([A-Z_]+)/g, (_, name: string) => variables.get(name) ?? assert.fail(`$${name} is not set`)));
  let out = '';
  let err = '';
  const environment = { HOLDFAST_ADMIN_URL: api.base, HOLDFAST_ADMIN_TOKEN: api.adminToken };
  const sources = (commandArguments: readonly string[]) => ({ environment, arguments: commandArguments, workingFolder: folder, readFile: (path: string) => readFileSync(path, 'utf8') });
  const code = await runCommand(words, sources, { out: (text) => void (out += `${text}\n`), err: (text) => void (err += `${text}\n`) });
  transcript += out + err;
  assert.equal(code, 0, `${line}\n${out}${err}`);
  if (variable !== undefined) variables.set(variable, out.trim());
  return out;
}

/** The `holdfast` lines of each section, by its heading. */
function sections(): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  let heading = '';
  let isCode = false;
  for (const line of readFileSync(new URL('../deploy/keys.md', import.meta.url), 'utf8').split('\n')) {
    if (line.startsWith('```')) isCode = !isCode;
    else if (!isCode && line.startsWith('#')) heading = line.replace(/^#+ /, '');
    else if (isCode && /(^|\()holdfast /.test(line)) found.set(heading, [...(found.get(heading) ?? []), line]);
  }
  return found;
}

const lines = sections();
const done = new Set<string>();

/** Runs a section; its last line's output. */
async function runSection(heading: string, from = 0, to?: number): Promise<string> {
  done.add(heading);
  let last = '';
  for (const line of (lines.get(heading) ?? assert.fail(`deploy/keys.md has no section "${heading}" with commands`)).slice(from, to)) last = await run(line);
  return last;
}

test('first ceremony, before the first start: the root set is taken, and no root key is made', async () => {
  await runSection('First ceremony');
  for (const name of ['alice.pem', 'bob.pem', 'carol.pem']) assert.equal(statSync(join(folder, name)).mode & 0o777, 0o600);
  assert.match(await runSection('Before the first start'), /complete {2}root set 1/);
  const [root] = parseStatementFile(readFileSync(join(folder, 'root-1.json'), 'utf8')).statements;
  assert.ok(root);
  const { log, lines: logged } = createMemoryLogger('control-plane');
  const rootKeyPath = join(folder, 'never-made.pem');
  const options = { signingKeys: new MemoryStore().signingKeys, rootKeyPath, firstRootSet: bundleOf(root), clock: systemClock, log };
  const signing = await loadSigningMaterial(options);
  assert.deepEqual([signing.rootSet.threshold, signing.rootSet.keys.size, signing.rootKey, existsSync(rootKeyPath)], [2, 3, undefined, false]);
  assert.ok(logged().some((line) => line.includes('root-set-taken')));
  await assert.rejects(loadSigningMaterial({ ...options, signingKeys: new MemoryStore().signingKeys, firstRootSet: root.signatures[0] ?? '' }), { code: 'PUBLISH_FIRST_ROOT_SET_REFUSED' });
});

test('an installation that runs moves to offline root keys', async () => {
  assert.match(await runSection('See what there is'), /root key here yes[^]*Nothing waits for root keys\./);
  await insert(store, scope, 'services', { name: newName(), host: 'a.test' });
  writeFileSync(join(folder, 'root-key.pem'), formatSigningKey(parts.signing.rootKey ?? assert.fail()), { mode: 0o600 });
  const status = await runSection('An installation that runs already');
  assert.match(status, /root set {6}2, 2 of 3 keys[^]*root key here no[^]*Nothing waits for root keys\./);
  assert.equal((await parts.signing.trustFor(scope)).rootSet.version, 2);
});

test('a new gateway waits, alone, until its delegation is signed', async () => {
  const made = await store.gateways.create(api.tenantId, 'newcomer', TEST_ACTOR);
  assert.ok(made.kind === 'stored');
  await insert(store, made.value, 'services', { name: newName(), host: 'b.test' });
  const because = async (): Promise<unknown> => (await api.send('GET', '/v1/gateways/newcomer')).expect(200).at('publishes_nothing_because');
  assert.equal(await because(), 'PUBLISH_DELEGATION_PENDING');
  assert.equal((await api.send('GET', '/v1/gateways/default')).expect(200).at('publishes_nothing_because'), null);
  await waitUntil('the alarm', async () => (await store.alarms.list(made.value, { cleared: false, limit: 9 })).some(({ code }) => code === 'PUBLISH_DELEGATION_PENDING'));
  await runSection('A new gateway waits for root keys');
  assert.equal(await because(), null);
  await waitUntil('its first release', () => parts.publisher.published(made.value), 15_000);
  await waitUntil('the alarm to be over', async () => (await store.alarms.list(made.value, { cleared: false, limit: 9 })).length === 0);
});

test('a stolen publish key is replaced and retired', async () => {
  const old = parts.signing.publishKey.keyId;
  variables.set('OLD_PUBLISH_KEY', old);
  await runSection('A publish key is stolen');
  assert.notEqual((await parts.signing.trustFor(scope)).publishKey.keyId, old);
});

test('data keys are rotated, and everything is wrapped again', async () => {
  assert.match(await runSection('Rotate a data key'), /data key {6}2 of tenant default since .*: closing/);
  assert.match(await runSection('Replace the key-encryption key'), /encrypting {4}\d+, in use, \d+ keys stand under it/);
});

test('content key and certificate authority are rotated and the old ones retired', async () => {
  await runSection('Rotate a content key');
  assert.deepEqual((await store.signingKeys.listContentKeys(scope)).map(({ keyId }) => keyId), [2]);
  variables.set('OLD_AUTHORITY', parts.authority.fingerprint);
  await runSection('Rotate the certificate authority');
  assert.notEqual(parts.authority.fingerprint, variables.get('OLD_AUTHORITY'));
});

test('a lost root key is replaced', async () => {
  await runSection('A root key is lost or stolen, fewer than the threshold');
  const { rootSet } = await parts.signing.trustFor(scope);
  assert.deepEqual([rootSet.version, parts.signing.rootSet.version], [3, 3]);
});

test('after an old backup the epoch is bumped', async () => {
  const credentials = await parts.enrol(scope);
  const session = await connectSync(parts.port, credentials);
  const [version, contentRoot] = [{ epoch: 4, sequence: 9 }, 'd'.repeat(64)];
  const manifest = { format: 1, tenant: scope.tenantId, gateway: scope.gatewayId, ...version, contentRoot, entityCount: 1, allowEmpty: false, issuedAt: 0, minimumDataPlaneVersion: '0.1.0' } as const;
  await session.greet({ protocolVersion: 3, active: { version, contentRoot }, highestAccepted: version, highestManifest: await signStatement('manifest', manifest, parts.signing.publishKey) });
  await waitUntil('the claim', () => store.ahead.find(scope));
  const shown = (await api.send('GET', `/v1/data-planes/${credentials.answer.dataPlaneId}`)).expect(200);
  assert.equal(shown.at('ahead_version'), '4.9');
  await runSection('The control plane was restored from an old backup');
  assert.equal((await session.nextTransfer()).target.epoch, 5);
  session.cut();
});

test('a cloned data plane: two tokens', async () => {
  await runSection('A data plane was cloned');
});

test('every section with commands was run; no private key was printed, logged, or left readable for others (T2)', async () => {
  assert.deepEqual([...lines.keys()].filter((heading) => !done.has(heading)), []);
  const pems = readdirSync(folder).filter((name) => name.endsWith('.pem'));
  assert.ok(pems.length >= 5);
  const answers = (await api.send('GET', '/v1/keys')).expect(200).text + (await api.send('GET', '/v1/keys/pending')).expect(200).text;
  const said = transcript + answers + parts.lines().join('\n') + api.logLines().join('\n');
  assert.equal(said.includes('PRIVATE KEY'), false);
  for (const name of pems) {
    assert.equal(statSync(join(folder, name)).mode & 0o077, 0, name);
    const body = readFileSync(join(folder, name), 'utf8').split('\n')[1] ?? '';
    assert.equal(said.includes(body.slice(-40)), false);
  }
  (await api.send('GET', '/v1/keys', { token: api.viewerToken })).expect(403);
  chmodSync(join(folder, 'alice.pem'), 0o644);
  await assert.rejects(run('holdfast keys sign epoch.json --key alice.pem'), /other accounts may use it/);
});

test('what can go wrong offline is said before anything is written', async () => {
  await assert.rejects(run('holdfast keys root new-key --out bob.pem'), /exists and is not overwritten/);
  await assert.rejects(run('holdfast keys sign epoch.json --key bob.pem'), /in none of the root sets/);
  await assert.rejects(run('holdfast keys sign root-key.pem --key bob.pem'), /not usable: it is not JSON/);
  await assert.rejects(run('holdfast keys root propose --keys x --out x.json'), /is no public key/);
  await assert.rejects(run(`holdfast keys root propose --keys ${variables.get('ALICE') ?? ''} --threshold 2 --out x.json`), /more than the 1 keys/);
  await assert.rejects(run('holdfast keys retire publish nothing'), /there is no publish key nothing/);
  // One key id in 64 begins like a flag.
  await assert.rejects(run('holdfast keys retire publish -nothing'), /there is no publish key -nothing/);
  await assert.rejects(run('holdfast keys retire publish -- --nothing'), /there is no publish key --nothing/);
  await assert.rejects(run('holdfast keys rotat publish'), /did you mean "rotate"/);
  await assert.rejects(run('holdfast keys import root-3.json'), /409: nothing was imported/);
});
