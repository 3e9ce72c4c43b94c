/** The audit: what it says, that nobody may alter it, and that whoever alters the database behind its back is found. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { Client } from 'pg';
import { AuditKeeper } from '../control-plane/audit/audit-keeper.ts';
import { exportAudit, verifyLines, type VerifiedAudit } from '../control-plane/audit/audit-lines.ts';
import { runCommand } from '../control-plane/cli/main.ts';
import type { AuditChainStore } from '../control-plane/store/audit-chain-store.ts';
import { withEveryEntity } from '../control-plane/store/scope.ts';
import { withClient } from '../control-plane/store/prepare-database.ts';
import { systemClock } from '../shared/clock.ts';
import { createMemoryLogger } from '../shared/log.ts';
import type { TenantId } from '../shared/model/ids.ts';
import { generateSigningKey } from '../shared/trust/statement-keys.ts';
import { startTestAdminApi } from './support/admin-api.ts';
import { ManualClock } from './support/manual-clock.ts';
import { onServer } from './support/postgres-server.ts';
import { createGateway, insert, TEST_ACTOR } from './support/store-scene.ts';
import { waitUntil } from './support/wait-until.ts';

const api = await startTestAdminApi();
const { store, database } = api;
const key = generateSigningKey();
const { log } = createMemoryLogger('test');
const keeper = newKeeper();
const folder = mkdtempSync(join(tmpdir(), 'holdfast-audit-'));
after(() => rmSync(folder, { recursive: true, force: true }));

function newKeeper(retentionMs?: number): AuditKeeper {
  return new AuditKeeper({ chain: store.auditChain, publishKey: () => key, checkpointEveryMs: 3_600_000, retentionMs, clock: systemClock, log });
}

/** A tenant whose audit has rows in several seals, the last of which is signed. */
async function sealedTenant(seals = 3): Promise<TenantId> {
  const scope = await createGateway(store);
  for (let seal = 0; seal < seals; seal += 1) {
    for (let row = 0; row < 3; row += 1) await insert(store, scope, 'services', { host: 'a.test' });
    await keeper.sealNow(scope.tenantId);
  }
  await keeper.checkpoint(scope.tenantId, await store.auditChain.endOf(scope.tenantId));
  return scope.tenantId;
}

async function linesOf(tenantId: TenantId, chain: AuditChainStore = store.auditChain): Promise<readonly string[]> {
  const lines: string[] = [];
  for await (const line of exportAudit(chain, tenantId, [key.publicKey])) lines.push(line);
  return lines;
}

async function verify(tenantId: TenantId, checkpoints: readonly string[] = []): Promise<VerifiedAudit['verdict']> {
  return verifyThese(await linesOf(tenantId), checkpoints);
}

async function verifyThese(lines: readonly string[], checkpoints: readonly string[] = []): Promise<VerifiedAudit['verdict']> {
  return (await verifyLines(each(lines), { checkpoints, keyIds: [key.keyId] })).verdict;
}

async function* each(lines: readonly string[]): AsyncGenerator<string> {
  yield* lines;
}

async function idsOf(tenantId: TenantId): Promise<readonly number[]> {
  return (await store.auditChain.rows(tenantId, 0, undefined, 1_000)).map(({ id }) => id);
}

/** As a superuser who takes away what stands in the way. */
function tamper(work: (client: Client) => Promise<unknown>): Promise<unknown> {
  return onServer(database.superuserConnectionString, async (client) => {
    await client.query("SET search_path = holdfast; SET session_replication_role = 'replica'");
    return work(client);
  });
}

test('a row says who did what, from where, with what, and the fields before and after, without secrets', async () => {
  const consumer = (await api.send('POST', '/consumers', { json: { username: 'ada' } })).expect(201);
  const credential = (await api.send('POST', `/consumers/ada/key-auth`, { json: { key: 'canary-key' } })).expect(201);
  await api.send('PATCH', `/consumers/ada`, { json: { username: 'ada', custom_id: 'c-1' } });
  await api.send('PATCH', `/consumers/ada/key-auth/${credential.word('id')}`, { json: { key: 'canary-other' } });
  const patched = (await api.send('GET', `/v1/audit?id=${consumer.word('id')}&action=update`)).expect(200);
  assert.equal(patched.word('data.0.subject.kind'), 'consumers');
  assert.deepEqual([patched.at('data.0.before'), patched.at('data.0.after')], [{ custom_id: null }, { custom_id: 'c-1' }]);
  assert.equal(patched.at('data.0.actor_kind'), 'operator');
  assert.match(patched.word('data.0.credential'), /^token:[0-9a-f-]{36}$/);
  assert.equal(patched.word('data.0.actor'), 'admin');
  assert.match(patched.word('data.0.at'), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
  assert.match(patched.word('data.0.config_version'), /^1\.\d+$/);
  const changed = (await api.send('GET', '/v1/audit?kind=keyauth_credentials')).expect(200);
  assert.deepEqual([changed.at('data.0.before'), changed.at('data.0.after')], [{ key: '(secret)' }, { key: '(secret)' }]);
  assert.equal(changed.text.includes('canary'), false);
  const dump = await onServer(database.superuserConnectionString, (client) => client.query<{ readonly row: string }>('SELECT a::text AS row FROM holdfast.audit a'));
  assert.equal(dump.rows.some(({ row }) => row.includes('canary')), false);
});

test('who is shown a secret is in the audit before it is shown; who is not shown it is not', async () => {
  (await api.send('POST', '/consumers', { json: { username: 'eve' } })).expect(201);
  const made = (await api.send('POST', '/consumers/eve/key-auth', { json: { key: 'canary-eve' } })).expect(201);
  const one = (await api.send('GET', `/consumers/eve/key-auth/${made.word('id')}`)).expect(200);
  assert.equal(one.word('key'), 'canary-eve');
  const list = (await api.send('GET', '/key-auths')).expect(200);
  await api.send('GET', '/key-auths', { token: api.viewerToken });
  await api.send('GET', '/consumers');
  const rows = (await api.send('GET', '/v1/audit?action=reveal')).expect(200);
  assert.deepEqual([rows.word('data.1.subject.id'), rows.word('data.1.request_id'), rows.word('data.1.actor')], [made.word('id'), String(one.headers['x-kong-admin-request-id']), 'admin']);
  assert.equal(rows.word('data.0.request_id'), String(list.headers['x-kong-admin-request-id']));
  assert.equal(rows.at('data.0.details.count'), 2);
  assert.equal(rows.at('data.2'), undefined);
});

test('filters: by actor, action, kind, id, request, time; pages go on where they ended', async () => {
  const made = await api.send('POST', '/services', { json: { name: 'filtered', host: 'a.test' } });
  const requestId = String(made.headers['x-kong-admin-request-id']);
  const only = (await api.send('GET', `/v1/audit?request_id=${requestId}`)).expect(200);
  assert.equal(only.word('data.0.subject.id'), made.word('id'));
  assert.equal(only.at('data.1'), undefined);
  assert.equal((await api.send('GET', '/v1/audit?actor=nobody')).at('data.0'), undefined);
  const at = only.word('data.0.at');
  assert.equal((await api.send('GET', `/v1/audit?since=${at.slice(0, -4)}Z&until=2100-01-01&id=${made.word('id')}`)).at('data.0.id'), only.at('data.0.id'));
  assert.equal((await api.send('GET', `/v1/audit?until=${at.slice(0, -4)}Z&id=${made.word('id')}`)).at('data.0'), undefined);
  (await api.send('GET', '/v1/audit?since=yesterday')).expect(400);
  const first = (await api.send('GET', '/v1/audit?size=1')).expect(200);
  const second = (await api.send('GET', `/v1/audit?size=1&offset=${first.word('offset')}`)).expect(200);
  assert.ok(Number(second.at('data.0.id')) < Number(first.at('data.0.id')));
});

test('the app role may neither change nor delete nor truncate rows, seals or checkpoints, nor seal', async () => {
  const tenantId = await sealedTenant(1);
  await withClient(database.connectionString, async (client) => {
    for (const role of [undefined, 'holdfast_app', 'holdfast_publisher']) {
      for (const table of ['audit', 'audit_seals', 'audit_checkpoints']) {
        for (const statement of [`UPDATE ${table} SET tenant_id = tenant_id`, `DELETE FROM ${table}`, `TRUNCATE ${table}`]) {
          await client.query(`BEGIN; ${role === undefined ? '' : `SET LOCAL ROLE ${role};`} SET LOCAL search_path = holdfast; SET LOCAL holdfast.tenant = '${tenantId}'`);
          await assert.rejects(client.query(statement), /permission denied|does not exist/, `${role ?? 'the login'}: ${statement}`);
          await client.query('ROLLBACK');
        }
      }
    }
    await client.query(`BEGIN; SET LOCAL ROLE holdfast_app; SET LOCAL search_path = holdfast; SET LOCAL holdfast.tenant = '${tenantId}'`);
    await assert.rejects(client.query("INSERT INTO audit_seals (tenant_id, number, last_id, rows, entries, hash) SELECT tenant_id, 99, 1, rows, entries, hash FROM audit_seals"), /permission denied/);
    await client.query('ROLLBACK');
  });
  // Nor choose where in the chain a row comes, or when it was.
  await withClient(database.connectionString, async (client) => {
    for (const role of ['holdfast_app', 'holdfast_publisher']) {
      for (const [column, value] of [['id', '1'], ['at', "'2020-01-01'"]] as const) {
        await client.query(`BEGIN; SET LOCAL ROLE ${role}; SET LOCAL search_path = holdfast; SET LOCAL holdfast.tenant = '${tenantId}'`);
        await assert.rejects(
          client.query(`INSERT INTO audit (${column}, tenant_id, actor, address, request_id, action, subject_kind, subject_id) OVERRIDING SYSTEM VALUE VALUES (${value}, '${tenantId}', 'x', '', '', 'create', 'x', 'x')`), /permission denied/, `${role}: ${column}`);
        await client.query('ROLLBACK');
      }
    }
  });
  // The owner of the tables, who may do anything by its rights, is stopped by the triggers.
  await onServer(database.superuserConnectionString, async (client) => {
    await client.query('SET search_path = holdfast');
    for (const statement of ["UPDATE audit SET actor = 'x'", 'DELETE FROM audit', 'TRUNCATE audit', 'UPDATE audit_seals SET rows = 1', 'DELETE FROM audit_checkpoints']) await assert.rejects(client.query(statement), /append-only/);
  });
});

test('an untouched audit is intact, with rows that are not sealed yet too', async () => {
  const tenantId = await sealedTenant();
  await store.tenants.rename(tenantId, `renamed-${tenantId.slice(0, 8)}`, TEST_ACTOR);
  const verdict = await verify(tenantId);
  assert.equal(verdict.kind, 'intact', JSON.stringify(verdict));
  assert.deepEqual([verdict.seals, verdict.rows, verdict.unsealed, verdict.checkpoints], [3, 12, 1, 1]);
});

const TAMPERINGS: readonly (readonly [name: string, what: string, index: number, work: (client: Client, ids: readonly number[], tenantId: TenantId) => Promise<unknown>])[] = [
  ['edits a row', 'edited', 4, (client, ids) => client.query('UPDATE audit SET actor = $2 WHERE id = $1', [ids[4], 'somebody else'])],
  ['edits what a row says of before and after', 'edited', 5, (client, ids) => client.query('UPDATE audit SET changed = jsonb_set(changed, $2, $3) WHERE id = $1', [ids[5], '{after,host}', '"b.test"'])],
  ['moves a row in time by a microsecond', 'edited', 6, (client, ids) => client.query("UPDATE audit SET at = at + interval '1 microsecond' WHERE id = $1", [ids[6]])],
  ['deletes a row', 'deleted', 5, (client, ids) => client.query('DELETE FROM audit WHERE id = $1', [ids[5]])],
  ['deletes the last row of a seal', 'deleted', 4, (client, ids) => client.query('DELETE FROM audit WHERE id = $1', [ids[4]])],
  ['exchanges the ids of two rows', 'reordered', 2, async (client, ids) => {
    await client.query('ALTER TABLE audit ALTER id SET GENERATED BY DEFAULT; UPDATE audit SET id = -1 WHERE id = ' + String(ids[2]));
    await client.query('UPDATE audit SET id = $1 WHERE id = $2', [ids[2], ids[3]]);
    await client.query('UPDATE audit SET id = $1 WHERE id = -1', [ids[3]]);
    await client.query('ALTER TABLE audit ALTER id SET GENERATED ALWAYS');
  }],
  ['cuts off the end', 'truncated', 7, (client, ids, tenantId) => client.query('DELETE FROM audit WHERE tenant_id = $1 AND id >= $2', [tenantId, ids[7]])],
];

for (const [name, what, index, work] of TAMPERINGS) {
  test(`a superuser who ${name} is found, and the row is named`, async () => {
    const tenantId = await sealedTenant();
    const ids = await idsOf(tenantId);
    await tamper((client) => work(client, ids, tenantId));
    const verdict = await verify(tenantId);
    assert.deepEqual(verdict.kind === 'altered' ? [verdict.what, verdict.rowId] : verdict, [what, ids[index]]);
  });
}

test('a superuser who inserts a row between others is found', async () => {
  const tenantId = await sealedTenant(1);
  // Another tenant's rows leave a gap in the ids.
  await sealedTenant(1);
  await insert(store, await gatewayOf(tenantId), 'services', { host: 'a.test' });
  await keeper.sealNow(tenantId);
  const ids = await idsOf(tenantId);
  const free = (ids.at(-1) ?? 0) - 1;
  await tamper(async (client) => {
    await client.query('DELETE FROM audit WHERE id = $1', [free]);
    return client.query("INSERT INTO audit (id, tenant_id, actor, address, request_id, action, subject_kind, subject_id) OVERRIDING SYSTEM VALUE VALUES ($1, $2, 'x', '', '', 'create', 'services', 'x')", [free, tenantId]);
  });
  const verdict = await verify(tenantId);
  assert.deepEqual(verdict.kind === 'altered' ? [verdict.what, verdict.rowId] : verdict, ['inserted', free]);
});

async function gatewayOf(tenantId: TenantId) {
  const [gateway] = await store.gateways.list(tenantId);
  assert.ok(gateway);
  return withEveryEntity(gateway);
}

test('a superuser who cuts off rows, their seals and checkpoints, and has all sealed again, is found by a checkpoint that was kept elsewhere', async () => {
  const tenantId = await sealedTenant();
  const statement = await keeper.checkpoint(tenantId, await store.auditChain.endOf(tenantId));
  assert.ok(statement);
  const kept = JSON.stringify({ format: 'holdfast-audit-checkpoint-1', statement, public_key: key.publicKey });
  const ids = await idsOf(tenantId);
  await tamper(async (client) => {
    await client.query('DELETE FROM audit WHERE tenant_id = $1 AND id >= $2', [tenantId, ids[9]]);
    await client.query('DELETE FROM audit_seals WHERE tenant_id = $1 AND number = 3', [tenantId]);
    await client.query('DELETE FROM audit_checkpoints WHERE tenant_id = $1', [tenantId]);
  });
  assert.equal((await verify(tenantId)).kind, 'intact');
  const cut = await verify(tenantId, [kept]);
  assert.equal(cut.kind === 'altered' ? cut.what : cut.kind, 'truncated');
  // Written on and sealed as number 3 again: another chain.
  for (let row = 0; row < 3; row += 1) await insert(store, await gatewayOf(tenantId), 'services', { host: 'b.test' });
  await keeper.sealNow(tenantId);
  const forked = await verify(tenantId, [kept]);
  assert.equal(forked.kind === 'altered' ? forked.what : forked.kind, 'resealed');
  const forged = JSON.stringify({ format: 'holdfast-audit-checkpoint-1', statement, public_key: generateSigningKey().publicKey });
  await assert.rejects(verify(tenantId, [forged]).then((verdict) => assert.equal(verdict.kind, 'altered')).then(() => verifyLines(each([]), { checkpoints: [], keyIds: [] })), { code: 'AUDIT_FILE_MALFORMED' });
});

test('an exported file is verified alone: one that was altered or cut off is told', async () => {
  const tenantId = await sealedTenant();
  const lines = await linesOf(tenantId);
  assert.equal((await verifyThese(lines)).kind, 'intact');
  const edited = lines.map((line) => line.replace('"action":"create","subject_kind":"services"', '"action":"update","subject_kind":"services"'));
  const verdict = await verifyThese(edited);
  assert.equal(verdict.kind === 'altered' ? verdict.what : verdict.kind, 'edited');
  const rows = lines.flatMap((line, index) => (line.startsWith('{"type":"row"') ? [index] : []));
  const [, second = 0, third = 0] = rows;
  const swapped = lines.with(second, lines[third] ?? '').with(third, lines[second] ?? '');
  const moved = await verifyThese(swapped);
  assert.equal(moved.kind, 'altered');
  await assert.rejects(verifyThese(lines.slice(0, -1)), { code: 'AUDIT_FILE_MALFORMED' });
  await assert.rejects(verifyLines(each(lines), { checkpoints: [], keyIds: [generateSigningKey().keyId] }).then(({ verdict: { kind } }) => Promise.reject(new Error(kind))), /intact/);
});

test('instances that seal at once make one chain, and rows of transactions that were under way come in their place', async () => {
  const scope = await createGateway(store);
  const keepers = [newKeeper(), newKeeper(), newKeeper()];
  const writing = Array.from({ length: 6 }, async () => {
    for (let row = 0; row < 10; row += 1) {
      await insert(store, scope, 'consumers', { username: `${Math.random()}` });
      await Promise.all(keepers.map((one) => one.seal()));
    }
  });
  // Holds an id that is lower than those of rows written meanwhile.
  await withClient(database.connectionString, async (client) => {
    await client.query(`BEGIN; SET LOCAL ROLE holdfast_app; SET LOCAL search_path = holdfast; SET LOCAL holdfast.tenant = '${scope.tenantId}'`);
    await client.query('SELECT pg_current_xact_id()');
    await client.query("INSERT INTO audit (tenant_id, actor, address, request_id, action, subject_kind, subject_id) VALUES ($1, 'slow', '', '', 'create', 'x', 'x')", [scope.tenantId]);
    await Promise.all(writing);
    await client.query('COMMIT');
  });
  await keeper.sealNow(scope.tenantId);
  const verdict = await verify(scope.tenantId);
  assert.equal(verdict.kind, 'intact', JSON.stringify(verdict));
  assert.deepEqual([verdict.unsealed, verdict.rows], [0, 63]);
});

test('retention removes from the front, up to a signed seal, and what is left is intact; without the signature it is found', async () => {
  const tenantId = await sealedTenant();
  const removed = await newKeeper(0).removeOld([tenantId]);
  assert.ok(removed >= 6, String(removed));
  const verdict = await verify(tenantId);
  assert.equal(verdict.kind, 'intact', JSON.stringify(verdict));
  assert.deepEqual([verdict.seals, verdict.rows], [1, 3]);
  await assert.rejects(store.auditChain.remove(tenantId, 3, 10), /removal is signed|never the newest|restrict/);
  await tamper((client) => client.query('DELETE FROM audit_checkpoints WHERE tenant_id = $1 AND removal', [tenantId]));
  const unsigned = await verify(tenantId);
  assert.equal(unsigned.kind === 'altered' ? unsigned.what : unsigned.kind, 'removed');
});

test('a removal that was signed before the newest checkpoints is exported with them', async () => {
  const tenantId = await sealedTenant();
  await newKeeper(0).removeOld([tenantId]);
  const chain: AuditChainStore = { ...store.auditChain, checkpoints: async (id) => (await store.auditChain.checkpoints(id, 1_000)).slice(0, 1) };
  assert.equal((await verifyThese(await linesOf(tenantId, chain))).kind, 'intact');
});

test('an export during which retention removes rows is broken off, and not one that looks altered', async () => {
  const tenantId = await sealedTenant();
  const chain: AuditChainStore = {
    ...store.auditChain,
    async rows(...asked) {
      await newKeeper(0).removeOld([tenantId]);
      return store.auditChain.rows(...asked);
    },
  };
  await assert.rejects(linesOf(tenantId, chain), /retention removed rows/);
});

test('rows that wait for five minutes to be sealed are told of, once', async () => {
  const scope = await createGateway(store);
  const clock = new ManualClock();
  const { log: kept, lines } = createMemoryLogger('test');
  const held = new AuditKeeper({ chain: store.auditChain, publishKey: () => key, checkpointEveryMs: 3_600_000, retentionMs: undefined, clock, log: kept });
  await withClient(database.connectionString, async (client) => {
    await client.query('BEGIN; SELECT pg_current_xact_id()');
    await insert(store, scope, 'services', { host: 'a.test' });
    held.start();
    for (const told of [0, 1, 1]) {
      clock.advance(200_000);
      await waitUntil('it has looked', () => clock.pendingTimers > 0);
      assert.equal(lines().filter((line) => line.includes('audit-seal-held-back')).length, told);
    }
    await client.query('ROLLBACK');
  });
  await held.stop();
});

test('the command line lists, exports, signs and verifies, online and on files', async () => {
  const environment = { HOLDFAST_ADMIN_URL: api.base, HOLDFAST_ADMIN_TOKEN: api.adminToken };
  const run = async (...words: string[]): Promise<{ readonly code: number; readonly out: string; readonly err: string }> => {
    const [out, err]: [string[], string[]] = [[], []];
    const code = await runCommand(words, (flags) => ({ environment, arguments: flags, workingFolder: folder, readFile: (path) => readFileSync(path, 'utf8') }), { out: (line) => void out.push(line), err: (line) => void err.push(line) });
    return { code, out: out.join('\n'), err: err.join('\n') };
  };
  const [checkpoint, exported] = [join(folder, 'checkpoint.json'), join(folder, 'audit.jsonl')];
  assert.match((await run('audit', 'checkpoint', '--out', checkpoint)).out, /Written to/);
  assert.match((await run('audit', 'export', '--out', exported)).out, /Written to/);
  const keyId = String(JSON.parse(readFileSync(checkpoint, 'utf8'))['key_id']);
  const online = await run('audit', 'verify', '--checkpoints', checkpoint, '--keys', keyId);
  assert.equal(online.code, 0, online.err + online.out);
  assert.match(online.out, /Intact: \d+ rows/);
  const offline = await run('audit', 'verify', '--export', exported, '--checkpoints', checkpoint, '--keys', keyId, '--json');
  assert.deepEqual([offline.code, JSON.parse(offline.out)['intact']], [0, true], offline.err);
  writeFileSync(exported, readFileSync(exported, 'utf8').replace('"actor":"admin"', '"actor":"nobody"'));
  const altered = await run('audit', 'verify', '--export', exported);
  assert.equal(altered.code, 2);
  assert.match(altered.out, /ALTERED: row \d+ was edited/);
  const listed = await run('audit', 'list', '--kind', 'consumers', '--count', '5');
  assert.match(listed.out, /consumers/);
});
