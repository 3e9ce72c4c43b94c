/** Retention on a real database: whatever is removed, every data plane still gets what it needs, and nothing else can remove. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { zstdDecompressSync } from 'node:zlib';
import { HistoryCompactor, type CompactorOptions } from '../control-plane/publish/history-compactor.ts';
import { startPublisher, type OutgoingTransfer, type Publisher } from '../control-plane/publish/publisher.ts';
import { loadSigningMaterial } from '../control-plane/publish/signing-material.ts';
import type { HistoryStore } from '../control-plane/store/history-store.ts';
import type { EntityScope } from '../control-plane/store/scope.ts';
import { openStore } from '../control-plane/store/store.ts';
import { systemClock } from '../shared/clock.ts';
import { HoldfastError } from '../shared/errors.ts';
import { createMemoryLogger } from '../shared/log.ts';
import { newId } from '../shared/model/ids.ts';
import { compareVersions, formatVersion, NO_VERSION, type ConfigVersion } from '../shared/model/version.ts';
import { ContentTree } from '../shared/trust/content-hash.ts';
import { decodeDeltaContent, decodeSnapshotContent } from '../shared/wire/content-codec.ts';
import type { LeafChange } from '../shared/wire/sync-message.ts';
import { openTestStore } from './support/postgres.ts';
import { onServer } from './support/postgres-server.ts';
import { createGateway, insert, recordOf, TEST_ACTOR } from './support/store-scene.ts';
import { waitUntil } from './support/wait-until.ts';

const { store, database } = await openTestStore();
const folder = mkdtempSync(join(tmpdir(), 'holdfast-history-'));
const publishers: Publisher[] = [];
after(async () => {
  for (const publisher of publishers) await publisher.stop();
  rmSync(folder, { recursive: true });
});

async function newPublisher(): Promise<Publisher> {
  const { log } = createMemoryLogger('control-plane');
  const signing = await loadSigningMaterial({ signingKeys: store.signingKeys, rootKeyPath: join(folder, 'root-key.pem'), clock: systemClock, log });
  const publisher = await startPublisher({ releases: store.releases, changes: store.changes, ahead: store.ahead, alarms: { raise: () => undefined, settle: () => undefined }, signing, clock: systemClock, log, random: Math.random, listenForChanges: (listener) => store.listenForChanges(listener), transferCacheBytes: 1024 * 1024 });
  publishers.push(publisher);
  return publisher;
}

/** Keeps the newest five releases and nothing by age. */
function compactor(over: Partial<CompactorOptions> = {}): HistoryCompactor {
  return new HistoryCompactor({ history: store.history, retentionMs: 0, atLeast: 5, atMost: 1_000, clock: systemClock, log: createMemoryLogger('x').log, random: Math.random, ...over });
}

async function superuser<T extends object>(text: string, values: readonly unknown[] = []): Promise<readonly T[]> {
  return onServer(database.superuserConnectionString, async (client) => (await client.query<T>(text, [...values])).rows);
}

async function addDataPlane(scope: EntityScope, applied: ConfigVersion, seen: string): Promise<void> {
  await superuser(
    `INSERT INTO holdfast.data_planes (tenant_id, gateway_id, id, certificate_serial, certificate_fingerprint, certificate_not_after, last_seen_at, applied_epoch, applied_sequence)
     VALUES ($1, $2, $3, '01', '', now(), ${seen}, $4, $5)`, [scope.tenantId, scope.gatewayId, newId(), applied.epoch, applied.sequence]);
}

function apply(transfer: OutgoingTransfer, base: ReadonlyMap<string, LeafChange>): string {
  const content = zstdDecompressSync(transfer.bytes);
  const leaves = new Map(transfer.kind === 'delta' ? base : []);
  const changes: Iterable<LeafChange> = transfer.kind === 'delta' ? decodeDeltaContent(content) : Array.from(decodeSnapshotContent(content), (leaf): LeafChange => ({ op: 'put', ...leaf }));
  for (const change of changes) leaves.set(`${change.kind}/${change.id}`, change);
  const tree = new ContentTree();
  for (const leaf of leaves.values()) if (leaf.op === 'put') tree.set(leaf.kind, leaf.id, leaf.entity);
  return tree.rootHex();
}

test('after removing at random moments every base within the retention gets a correct delta, others the whole', async () => {
  const scope = await createGateway(store);
  const publisher = await newPublisher();
  const services = [await insert(store, scope, 'services', { host: 'h0' })];
  const known: { readonly version: ConfigVersion; readonly leaves: ReadonlyMap<string, LeafChange> }[] = [];
  let random = 12345;
  const next = (below: number): number => (random = (random * 1_103_515_245 + 12_345) % 2_147_483_648) % below;
  let deltas = 0;
  let wholes = 0;
  for (let round = 0; round < 16; round += 1) {
    for (let write = 0; write <= next(3); write += 1) {
      const chosen = services[next(services.length)];
      const act = next(4);
      if (chosen === undefined || act === 0) services.push(await insert(store, scope, 'services', { host: `h${round}` }));
      else if (act === 1 && services.length > 2) {
        services.splice(services.indexOf(chosen), 1);
        await store.write(scope, TEST_ACTOR, (writer) => writer.delete('services', chosen.id));
      } else await store.write(scope, TEST_ACTOR, async (writer) => writer.update(await recordOf(store, scope, 'services', { id: chosen.id, host: `r${round}-${write}` })));
    }
    const head = (await store.gateways.get(scope))?.head ?? NO_VERSION;
    await waitUntil('the release', async () => compareVersions((await publisher.published(scope))?.version ?? NO_VERSION, head) === 0);
    const whole = await publisher.transferFrom(scope, undefined);
    assert.ok(whole);
    const leaves = Array.from(decodeSnapshotContent(zstdDecompressSync(whole.bytes)), (leaf) => [`${leaf.kind}/${leaf.id}`, { op: 'put', ...leaf }] as const);
    known.push({ version: head, leaves: new Map(leaves) });
    if (next(3) > 0) continue;
    await compactor().compact();
    const floor = (await store.history.floorOf(scope)) ?? NO_VERSION;
    const serving = next(2) === 0 ? publisher : await newPublisher();
    for (const { version, leaves: held } of known.slice(0, -1)) {
      const transfer = await serving.transferFrom(scope, version);
      assert.ok(transfer);
      // What was packed before its rows went may still be handed out.
      if (compareVersions(version, floor) >= 0 || serving !== publisher) assert.equal(transfer.kind, compareVersions(version, floor) >= 0 ? 'delta' : 'snapshot', formatVersion(version));
      if (transfer.kind === 'delta') deltas += 1;
      else wholes += 1;
      assert.equal(apply(transfer, held), whole.contentRoot, `${transfer.kind} from ${formatVersion(version)}`);
    }
  }
  assert.ok(deltas > 10 && wholes > 3, `${deltas} deltas, ${wholes} snapshots`);
  const left = await store.releases.list(scope, { limit: 1000 });
  assert.ok(left.length < known.length);
});

/** A gateway with so many releases of one change each, as a publisher would store them. */
async function withReleases(count: number): Promise<{ readonly scope: EntityScope; readonly versions: readonly ConfigVersion[] }> {
  const scope = await createGateway(store);
  const versions: ConfigVersion[] = [];
  for (let index = 0; index < count; index += 1) {
    const { version } = await insert(store, scope, 'services', { host: `h${index}` });
    await store.releases.insert(scope, { version, base: versions.at(-1), manifestStatement: 'm', contentRoot: Buffer.alloc(32), entityCount: index, author: 'a' });
    versions.push(version);
  }
  return { scope, versions };
}

const sequences = async (scope: EntityScope): Promise<readonly number[]> => (await store.releases.list(scope, { limit: 1000 })).map(({ version }) => version.sequence);

test('what a data plane that is behind still needs stays, and what one that was not seen for long needs does not', async () => {
  const { scope, versions } = await withReleases(12);
  const [, second, third] = versions;
  assert.ok(second && third);
  await addDataPlane(scope, second, "now() - interval '60 days'");
  await addDataPlane(scope, third, 'now()');
  await compactor({ retentionMs: 3_600_000, atMost: 5 }).compact();
  assert.deepEqual(await sequences(scope), [12, 11, 10, 9, 8]);
  assert.deepEqual(await store.history.floorOf(scope), third);
  await assert.rejects(store.changes.readLeavesBetween(scope, second, versions.at(-1) ?? NO_VERSION, 100), { code: 'STORE_HISTORY_REMOVED' });
  const newest = versions.at(-1) ?? NO_VERSION;
  assert.equal((await store.changes.readLeavesBetween(scope, third, newest, 9)).length, 9);
  assert.deepEqual(await store.changes.readLeavesBetween(scope, third, newest, 8), [], 'the rows are too many');
});

test('of an entity that changed often only the last state is read', async () => {
  const scope = await createGateway(store);
  const { id, version: first } = await insert(store, scope, 'services', { host: 'h' });
  let last = first;
  for (const host of ['a', 'b', 'c']) ({ version: last = first } = await store.write(scope, TEST_ACTOR, async (writer) => writer.update(await recordOf(store, scope, 'services', { id, host }))));
  const stored = await store.read(scope, (reader) => reader.get('services', id));
  assert.deepEqual(await store.changes.readLeavesBetween(scope, first, last, 100), [{ kind: 'services', id, after: stored?.bytes }]);
  await store.write(scope, TEST_ACTOR, (writer) => writer.delete('services', id));
  assert.deepEqual(await store.changes.readLeavesBetween(scope, first, { epoch: 1, sequence: 5 }, 100), [{ kind: 'services', id, after: undefined }]);
});

test('a gateway whose history can not be removed keeps nobody else from it', async () => {
  const [{ scope }, { scope: broken }] = [await withReleases(7), await withReleases(7)];
  const failure = new Error('broken');
  const tried: string[] = [];
  const history: HistoryStore = {
    ...store.history,
    listGateways: () => Promise.resolve([broken, scope]),
    removeSome: (of, ...given) => (tried.push(of.gatewayId), of === broken ? Promise.reject(failure) : store.history.removeSome(of, ...given)),
  };
  await assert.rejects(compactor({ history }).compact(), failure);
  assert.deepEqual(await sequences(scope), [7, 6, 5, 4, 3]);
  const away = new HoldfastError({ code: 'STORE_UNAVAILABLE', source: 'control-plane', publicMessage: 'away' });
  tried.length = 0;
  await assert.rejects(compactor({ history: { ...history, removeSome: (of) => (tried.push(of.gatewayId), Promise.reject(away)) } }).compact(), away);
  assert.equal(tried.length, 1, 'nobody else is tried where nobody answers');
});

test('releases within their age or among the newest so many stay; comparing with and rolling back to one that is gone says so', async () => {
  const { scope, versions } = await withReleases(12);
  const [first, second] = versions;
  assert.ok(first && second);
  await compactor({ retentionMs: 3_600_000 }).compact();
  assert.equal((await sequences(scope)).length, 12);
  const audited = (await superuser<{ readonly n: string }>('SELECT count(*) AS n FROM holdfast.audit'))[0]?.n;
  await compactor().compact();
  assert.deepEqual(await sequences(scope), [12, 11, 10, 9, 8]);
  assert.equal((await superuser<{ readonly n: string }>('SELECT count(*) AS n FROM holdfast.audit'))[0]?.n, audited, 'the audit stays');
  const gone = { code: 'STORE_HISTORY_REMOVED' };
  await assert.rejects(store.releases.find(scope, second), gone);
  await assert.rejects(store.releases.differences(scope, first, second, { limit: 10 }), gone);
  await assert.rejects(store.rollBack(scope, TEST_ACTOR, { to: second, includeCredentials: false, dryRun: false, whileFrozen: false, reason: '' }), gone);
  const kept = versions.at(-5);
  assert.ok(kept);
  const result = await store.rollBack(scope, TEST_ACTOR, { to: kept, includeCredentials: false, dryRun: false, whileFrozen: false, reason: '' });
  assert.equal(result.kind === 'done' ? result.report.entities.length : -1, 4);
  assert.equal((await store.releases.find(scope, kept))?.base?.sequence, 7, 'it still says what it followed');
});

test('an instance that stood still until the release it lost against was gone publishes nothing', async () => {
  const { scope, versions } = await withReleases(12);
  await compactor().compact();
  const stale = { version: { epoch: 1, sequence: 3 }, base: versions[1], manifestStatement: 'stale', contentRoot: Buffer.alloc(32), entityCount: 1, author: 'stale' };
  const { kind, release } = await store.releases.insert(scope, stale);
  assert.deepEqual([kind, release.version.sequence], ['lost', 12]);
  assert.deepEqual(await sequences(scope), [12, 11, 10, 9, 8]);
});

test('one instance at a time, batch by batch, and nobody else removes history', async () => {
  const { scope } = await withReleases(12);
  const rule = { olderThan: new Date(Date.now() + 1000), atLeast: 2, atMost: 1000, deltaRows: 5000 };
  assert.deepEqual(await store.history.removeSome(scope, rule, 4), { changes: 4, releases: 4, more: true });
  await onServer(database.connectionString, async (client) => {
    await client.query('BEGIN; SELECT pg_advisory_xact_lock(4815162343)');
    assert.equal(await store.history.removeSome(scope, rule, 4), undefined);
    await client.query('ROLLBACK');
  });
  await Promise.all([compactor({ atLeast: 2 }).compact(), compactor({ atLeast: 2 }).compact()]);
  const as = (role: string, sql: string): Promise<unknown> => onServer(database.connectionString, (client) => client.query(`BEGIN; SET LOCAL ROLE ${role}; SET LOCAL search_path = holdfast; SET LOCAL holdfast.tenant = '${scope.tenantId}'; ${sql}`));
  for (const table of ['changes', 'releases', 'history_floors']) {
    await assert.rejects(as('holdfast_app', `DELETE FROM ${table}`), /permission denied/);
    await assert.rejects(as('holdfast_publisher', `DELETE FROM ${table}`), /permission denied/);
  }
  for (const table of ['changes', 'releases']) await assert.rejects(as('holdfast_migration', `DELETE FROM ${table}`), /append-only/);
  await assert.rejects(as('holdfast_app', `SELECT remove_history('${scope.tenantId}', '${scope.gatewayId}', 0, 0, 0, 0, 1)`), /permission denied/);
  for (const asked of ['1, 12, 1, 12', '1, 3, 2, 1']) {
    await assert.rejects(as('holdfast_publisher', `SELECT remove_history('${scope.tenantId}', '${scope.gatewayId}', ${asked}, 100)`), /the newest release and what it follows are kept/);
  }
});

// Last, because what it leaves would be removed by the tests after it.
test('a batch of a long history is removed within the time of a statement, also before the planner knows the table', async () => {
  const impatient = await openStore({ ...database, log: createMemoryLogger('x').log, clock: systemClock, statementTimeoutMs: 2_000 });
  const { scope } = await withReleases(1);
  const place = [scope.tenantId, scope.gatewayId];
  await superuser("INSERT INTO holdfast.releases (tenant_id, gateway_id, epoch, sequence, base_epoch, base_sequence, manifest_statement, content_root, entity_count, author) SELECT $1, $2, 1, n, 1, n - 1, 'm', sha256(''), 1, 'a' FROM generate_series(2, 40000) n", place);
  const rule = { olderThan: new Date(Date.now() + 60_000), atLeast: 5, atMost: 1_000, deltaRows: 5_000 };
  try {
    assert.deepEqual(await impatient.history.removeSome(scope, rule, 500), { changes: 1, releases: 500, more: true });
    assert.deepEqual(await impatient.history.removeSome(scope, rule, 500), { changes: 0, releases: 500, more: true });
  } finally {
    await impatient.stop();
  }
});
