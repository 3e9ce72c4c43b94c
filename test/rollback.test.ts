/** Rolling back, on a real database: tables are what they were, in one write, with the exceptions that are told. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { EntityReader, StoredEntity } from '../control-plane/store/entity-reader.ts';
import { readEntity, type EntityRecord } from '../control-plane/store/entity-record.ts';
import type { RollbackOptions, RollbackReport } from '../control-plane/store/rollback.ts';
import type { EntityScope } from '../control-plane/store/scope.ts';
import { openStore } from '../control-plane/store/store.ts';
import { systemClock } from '../shared/clock.ts';
import { createMemoryLogger } from '../shared/log.ts';
import type { EntityKind, JsonObject } from '../shared/model/definition.ts';
import { newId, type EntityId } from '../shared/model/ids.ts';
import { definitionOf, entityKinds, isEntityKind } from '../shared/model/registry.ts';
import { holdsSecret } from '../shared/model/secret-kinds.ts';
import { decodeEntity } from '../shared/wire/entity-codec.ts';
import { ContentTree } from '../shared/trust/content-hash.ts';
import { openTestStore } from './support/postgres.ts';
import { onServer } from './support/postgres-server.ts';
import { createGateway, insert, newName, recordOf, TEST_ACTOR } from './support/store-scene.ts';
import { testCertificate } from './support/test-certificates.ts';

const { store, database } = await openTestStore({ statementTimeoutMs: 10_000 });
const pairs = [await testCertificate(), await testCertificate()];

interface Row {
  readonly stored: StoredEntity;
  /** Rows of entity_unique and entity_references, as text. */
  readonly links: readonly string[];
}
type State = ReadonlyMap<string, Row>;

/** Everything that is stored of a gateway's configuration. */
async function stateOf(scope: EntityScope): Promise<State> {
  const links = await onServer(database.superuserConnectionString, async (client) => {
    const { rows } = await client.query<{ readonly owner: string; readonly link: string }>(
      `SELECT kind || '/' || entity_id AS owner, concat_ws(' ', key_name, value) AS link FROM holdfast.entity_unique WHERE gateway_id = $1
       UNION ALL SELECT from_kind || '/' || from_id, concat_ws(' ', field, to_kind, to_id, on_delete) FROM holdfast.entity_references WHERE gateway_id = $1 ORDER BY 1, 2`, [scope.gatewayId]);
    return rows;
  });
  const entities = await store.read(scope, async (reader) => (await Promise.all(entityKinds.map((kind) => allOf(reader, kind)))).flat());
  return new Map(entities.map((stored) => [`${stored.kind}/${stored.id}`, { stored, links: links.filter(({ owner }) => owner === `${stored.kind}/${stored.id}`).map(({ link }) => link) }]));
}

async function allOf(reader: EntityReader, kind: EntityKind): Promise<readonly StoredEntity[]> {
  return (await reader.list(kind, { size: 10_000 })).entities;
}

function rootOf(state: State): string {
  const tree = new ContentTree();
  for (const { stored } of state.values()) tree.set(stored.kind, stored.id, stored.bytes);
  return tree.rootHex();
}

/** As a publisher would, without statements. */
async function release(scope: EntityScope): Promise<{ readonly epoch: number; readonly sequence: number }> {
  const head = (await store.gateways.get(scope))?.head;
  assert.ok(head);
  const base = (await store.releases.newest(scope))?.version;
  if (base?.sequence === head.sequence) return head;
  const { kind } = await store.releases.insert(scope, { version: head, base, manifestStatement: 'm', contentRoot: Buffer.alloc(32), entityCount: 0, author: 'test' });
  assert.equal(kind, 'inserted');
  return head;
}

async function rollBack(scope: EntityScope, options: Partial<RollbackOptions> & Pick<RollbackOptions, 'to'>): Promise<RollbackReport> {
  const result = await store.rollBack(scope, TEST_ACTOR, { includeCredentials: false, dryRun: false, whileFrozen: false, reason: 'a test', ...options });
  assert.equal(result.kind, 'done');
  return result.kind === 'done' ? result.report : assert.fail();
}

/** What the table holds of an entity, its secrets opened; the envelopes themselves have random nonces. */
async function shown(scope: EntityScope, { stored, links }: Row) {
  const entity: JsonObject = readEntity(definitionOf(stored.kind), stored, await store.secretsOf(scope));
  return { links, bytes: Buffer.from(stored.bytes).toString('hex'), published: stored.published, tags: stored.tags, entity };
}

// ---- random histories ----

interface Step {
  readonly act: 'create' | 'update' | 'delete' | 'rename';
  readonly kind: EntityKind;
  readonly pick: number;
  readonly value: number;
}

const KINDS: readonly EntityKind[] = ['services', 'routes', 'consumers', 'keyauth_credentials', 'acls', 'plugins', 'upstreams', 'targets', 'certificates', 'snis', 'services', 'routes', 'consumers', 'keyauth_credentials'];
const step: fc.Arbitrary<Step> = fc.record({
  act: fc.constantFrom<Step['act'][]>('create', 'create', 'update', 'delete', 'rename'),
  kind: fc.constantFrom(...KINDS),
  pick: fc.nat(1000),
  value: fc.nat(5),
});

/** Few names, so that they are taken again and again by others. */
function inputFor({ kind, pick, value }: Step, existing: (kind: EntityKind) => readonly StoredEntity[]): JsonObject | undefined {
  const refer = (to: EntityKind): JsonObject | undefined => {
    const all = existing(to);
    const entity = all[pick % Math.max(all.length, 1)];
    return entity === undefined ? undefined : { id: entity.id };
  };
  const needs = (to: EntityKind, rest: (reference: JsonObject) => JsonObject): JsonObject | undefined => {
    const reference = refer(to);
    return reference === undefined ? undefined : rest(reference);
  };
  switch (kind) {
    case 'services': return { name: `s${value}`, host: `h${pick % 7}`, protocol: 'https', tags: [`t${value}`], client_certificate: pick % 3 === 0 ? (refer('certificates') ?? null) : null };
    case 'routes': return { name: `r${value}`, paths: [`/${pick % 9}`], service: pick % 4 === 0 ? null : (refer('services') ?? null) };
    case 'consumers': return { username: `c${value}` };
    case 'keyauth_credentials': return needs('consumers', (consumer) => ({ consumer, key: `key-${value}` }));
    case 'acls': return needs('consumers', (consumer) => ({ consumer, group: `g${value % 2}` }));
    case 'plugins': return pick % 2 === 0 ? needs('services', (service) => ({ name: 'key-auth', service })) : needs('consumers', (consumer) => ({ name: 'rate-limiting', consumer, config: { minute: value + 1 } }));
    case 'upstreams': return { name: `u${value}` };
    case 'targets': return needs('upstreams', (upstream) => ({ upstream, target: `10.0.0.${value}:80` }));
    case 'certificates': { const pair = pairs[value % 2]; return pair === undefined ? undefined : { cert: pair.cert, key: pair.key, tags: [`t${pick % 3}`] }; }
    case 'snis': return needs('certificates', (certificate) => ({ certificate, name: `n${value}.test` }));
    default: return undefined;
  }
}

async function take(scope: EntityScope, step: Step): Promise<void> {
  const state = await store.read(scope, async (reader) => new Map(await Promise.all([...new Set(KINDS)].map(async (kind) => [kind, await allOf(reader, kind)] as const))));
  const existing = (kind: EntityKind): readonly StoredEntity[] => state.get(kind) ?? [];
  const chosen = existing(step.kind)[step.pick % Math.max(existing(step.kind).length, 1)];
  if (step.act === 'delete') {
    if (chosen !== undefined) await store.write(scope, TEST_ACTOR, (writer) => writer.delete(chosen.kind, chosen.id));
    return;
  }
  const input = inputFor(step, existing);
  if (input === undefined || (step.act !== 'create' && chosen === undefined)) return;
  const record = await recordOf(store, scope, step.kind, step.act === 'create' ? input : { ...input, id: chosen?.id ?? '' });
  // Refused where a name is taken: then nothing happens.
  await store.write(scope, TEST_ACTOR, (writer) => (step.act === 'create' ? writer.insert(record) : writer.update(record)));
}

function isSecretKind(kind: string): boolean {
  return isEntityKind(kind) && holdsSecret(kind);
}

async function checkRollback(steps: readonly Step[], cut: number, includeCredentials: boolean): Promise<void> {
  const scope = await createGateway(store);
  await insert(store, scope, 'services', { host: 'first' });
  for (const each of steps.slice(0, cut)) await take(scope, each);
  const to = await release(scope);
  const then = await stateOf(scope);
  for (const each of steps.slice(cut)) await take(scope, each);
  const before = await stateOf(scope);
  const told = await rollBack(scope, { to, includeCredentials, dryRun: true });
  assert.deepEqual(await stateOf(scope), before, 'a dry run changes nothing');
  const report = await rollBack(scope, { to, includeCredentials });
  assert.deepEqual(report.entities, told.entities);
  const after = await stateOf(scope);
  const byKey = new Map(report.entities.map((entity) => [`${entity.kind}/${entity.id}`, entity]));
  assert.equal(byKey.size, report.entities.length, 'each entity once');
  for (const key of new Set([...then.keys(), ...before.keys(), ...after.keys()])) {
    const entity = byKey.get(key);
    const source = entity?.outcome === 'skip' ? before : then;
    const expected = entity?.outcome === 'delete-with' ? undefined : source.get(key);
    const found = after.get(key);
    assert.deepEqual(found && (await shown(scope, found)), expected && (await shown(scope, expected)), `${key} ${JSON.stringify(entity)}`);
  }
  if (includeCredentials) {
    assert.deepEqual(report.entities.filter(({ outcome }) => outcome === 'skip' || outcome === 'delete-with'), []);
    assert.equal(rootOf(after), rootOf(then));
  } else {
    const reasons = report.entities.flatMap(({ kind, reason }) => (reason === undefined ? [] : [{ kind, reason }]));
    for (const { kind, reason } of reasons) assert.equal(isSecretKind(kind), reason.kind === 'holds-secret', JSON.stringify(reason));
    for (const { kind } of report.entities.filter(({ outcome }) => outcome === 'delete-with')) assert.ok(isSecretKind(kind));
    if (reasons.length === 0 && report.entities.every(({ outcome }) => outcome !== 'delete-with')) assert.equal(rootOf(after), rootOf(then));
  }
  assert.deepEqual((await rollBack(scope, { to, includeCredentials })).version, undefined, 'nothing is left to do');
}

test('after a roll back over a random history the tables are what they were, with the told exceptions', async () => {
  await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 28 }), fc.nat(14), fc.boolean(), checkRollback), { numRuns: 6, endOnFailure: true });
});

test('names that wandered between entities are restored in one write, whatever the order', async () => {
  const scope = await createGateway(store);
  const [a, b, c] = [await insert(store, scope, 'consumers', { username: 'a' }), await insert(store, scope, 'consumers', { username: 'b' }), await insert(store, scope, 'consumers', { username: 'c' })];
  const to = await release(scope);
  const rename = async (id: EntityId, username: string): Promise<void> => {
    const record = await recordOf(store, scope, 'consumers', { id, username });
    assert.equal((await store.write(scope, TEST_ACTOR, (writer) => writer.update(record))).value, undefined);
  };
  await rename(a.id, 'x');
  await rename(b.id, 'a');
  await rename(c.id, 'b');
  await rename(a.id, 'c');
  const before = await store.gateways.get(scope);
  const report = await rollBack(scope, { to });
  assert.equal(report.version?.sequence, (before?.head.sequence ?? 0) + 1, 'one sequence');
  const names = [...(await stateOf(scope)).values()].map(({ stored }) => [stored.id, stored.published['username']]);
  assert.deepEqual(new Map(names as [string, string][]), new Map([[a.id, 'a'], [b.id, 'b'], [c.id, 'c']]));
});

test('a revoked key does not come back with its consumer unless it is asked for, and goes with one that was not there yet', async () => {
  const scope = await createGateway(store);
  const ada = await insert(store, scope, 'consumers', { username: 'ada' });
  const key = await insert(store, scope, 'keyauth_credentials', { consumer: { id: ada.id }, key: 'stolen' });
  const to = await release(scope);
  await store.write(scope, TEST_ACTOR, (writer) => writer.delete('consumers', ada.id));
  const eve = await insert(store, scope, 'consumers', { username: 'eve' });
  const eves = await insert(store, scope, 'keyauth_credentials', { consumer: { id: eve.id }, key: 'new' });
  const outcome = (report: RollbackReport, id: EntityId): string | undefined => report.entities.find((entity) => entity.id === id)?.outcome;
  const report = await rollBack(scope, { to });
  assert.deepEqual([ada.id, key.id, eve.id, eves.id].map((id) => outcome(report, id)), ['create', 'skip', 'delete', 'delete-with']);
  assert.deepEqual([...(await stateOf(scope)).keys()], [`consumers/${ada.id}`]);
  const again = await rollBack(scope, { to, includeCredentials: true });
  assert.deepEqual(again.entities.map(({ id, outcome: done }) => [id, done]), [[key.id, 'create']]);
  const [credential] = await store.read(scope, (reader) => allOf(reader, 'keyauth_credentials'));
  assert.deepEqual(credential?.bytes, key.record.bytes, 'data planes know the key again');
  const { rows } = await store.audit.list(scope.tenantId, { action: 'rollback' }, { size: 10 });
  assert.deepEqual(rows.map(({ subject_id: subjectId, details }) => [subjectId, details['reason'], details['include_credentials']]), [['1.2', 'a test', true], ['1.2', 'a test', false]]);
});

test('what hangs on a certificate that does not come back stays as it is, and so does what hangs on that', async () => {
  const scope = await createGateway(store);
  const pair = pairs[0];
  const certificate = await insert(store, scope, 'certificates', { cert: pair?.cert ?? '', key: pair?.key ?? '' });
  const sni = await insert(store, scope, 'snis', { name: 'a.test', certificate: { id: certificate.id } });
  const guarded = await insert(store, scope, 'services', { name: 'guarded', host: 'h', protocol: 'https', client_certificate: { id: certificate.id } });
  const route = await insert(store, scope, 'routes', { name: 'r', paths: ['/'], service: { id: guarded.id } });
  const heir = await insert(store, scope, 'services', { name: 'heir', host: 'h' });
  const to = await release(scope);
  const change = async (kind: EntityKind, input: JsonObject): Promise<void> => {
    const record = await recordOf(store, scope, kind, input);
    assert.equal((await store.write(scope, TEST_ACTOR, (writer) => writer.update(record))).value, undefined);
  };
  await change('services', { id: heir.id, name: 'other', host: 'h' });
  const newcomer = await insert(store, scope, 'services', { name: 'newcomer', host: 'h' });
  await change('services', { id: guarded.id, name: 'heir', host: 'h' });
  await change('routes', { id: route.id, name: 'r', paths: ['/'], service: { id: newcomer.id } });
  await store.write(scope, TEST_ACTOR, (writer) => writer.delete('certificates', certificate.id));
  const report = await rollBack(scope, { to });
  const told = new Map(report.entities.map(({ id, outcome, wanted, reason }) => [id, [outcome, wanted, reason?.kind]]));
  assert.deepEqual(told.get(certificate.id), ['skip', 'create', 'holds-secret']);
  assert.deepEqual(told.get(sni.id), ['skip', 'create', 'reference-missing']);
  assert.deepEqual(told.get(guarded.id), ['skip', 'update', 'reference-missing']);
  assert.deepEqual(told.get(heir.id), ['skip', 'update', 'unique'], 'its name belongs to the one that stays');
  assert.deepEqual(told.get(route.id), ['update', 'update', undefined]);
  assert.deepEqual(told.get(newcomer.id), ['delete', 'delete', undefined]);
  const whole = await rollBack(scope, { to, includeCredentials: true });
  assert.deepEqual(whole.entities.map(({ outcome }) => outcome).sort(), ['create', 'create', 'update', 'update']);
  assert.deepEqual((await store.read(scope, (reader) => reader.get('services', guarded.id)))?.bytes, guarded.record.bytes);
});

test('a key that comes back after the content key was replaced stands under the new one, and can be shown', async () => {
  const scope = await createGateway(store);
  const ada = await insert(store, scope, 'consumers', { username: 'ada' });
  const key = await insert(store, scope, 'keyauth_credentials', { consumer: { id: ada.id }, key: 'kept' });
  const pair = pairs[0];
  const certificate = await insert(store, scope, 'certificates', { cert: pair?.cert ?? '', key: pair?.key ?? '' });
  await insert(store, scope, 'keyauth_credentials', { consumer: { id: ada.id }, key: 'nobody touches it' });
  const to = await release(scope);
  await store.write(scope, TEST_ACTOR, async (writer) => [await writer.delete('keyauth_credentials', key.id), await writer.delete('certificates', certificate.id)]);
  // By another instance, of which this one did not hear yet.
  const other = await openStore({ ...database, log: createMemoryLogger('other').log, clock: systemClock });
  await other.contentKeys.rotate(scope, TEST_ACTOR);
  await other.stop();
  await assert.rejects(rollBack(scope, { to }), { code: 'STORE_CONTENT_KEY_CHANGED', retryable: true });
  assert.deepEqual((await rollBack(scope, { to })).entities.map(({ outcome }) => outcome), ['skip', 'skip'], 'what stands under another key is as it was');
  const report = await rollBack(scope, { to, includeCredentials: true });
  assert.deepEqual(report.entities.map(({ outcome }) => outcome), ['create', 'create']);
  const secrets = await store.secretsOf(scope);
  const credential = await store.read(scope, (reader) => reader.get('keyauth_credentials', key.id));
  const [restored] = await store.read(scope, (reader) => allOf(reader, 'certificates'));
  assert.ok(credential && restored);
  assert.equal(readEntity(definitionOf('keyauth_credentials'), credential, secrets)['key'], 'kept');
  assert.equal(readEntity(definitionOf('certificates'), restored, secrets)['key'], pair?.key);
  assert.notDeepEqual(credential.bytes, key.record.bytes);
  assert.equal(decodeEntity('keyauth_credentials', credential.bytes).key_digest, secrets.digest('kept'));
});

test('a key whose secret was not kept, as before 0.3, is told and stays away', async () => {
  const scope = await createGateway(store);
  const ada = await insert(store, scope, 'consumers', { username: 'ada' });
  const key = await insert(store, scope, 'keyauth_credentials', { consumer: { id: ada.id }, key: 'forgotten' });
  const to = await release(scope);
  await store.write(scope, TEST_ACTOR, (writer) => writer.delete('keyauth_credentials', key.id));
  await onServer(database.superuserConnectionString, async (client) => {
    await client.query('ALTER TABLE holdfast.changes DISABLE TRIGGER append_only');
    await client.query('UPDATE holdfast.changes SET private_before = NULL WHERE gateway_id = $1', [scope.gatewayId]);
    await client.query('ALTER TABLE holdfast.changes ENABLE TRIGGER append_only');
  });
  const report = await rollBack(scope, { to, includeCredentials: true });
  assert.deepEqual([report.version, report.entities.map(({ id, outcome, reason }) => [id, outcome, reason?.kind])], [undefined, [[key.id, 'skip', 'secret-not-kept']]]);
});

test('what a newer version wrote stays as it is and is told, and holds what it belongs to', async () => {
  const scope = await createGateway(store);
  const service = await recordOf(store, scope, 'services', { name: 's', host: 'h' });
  const put = async (record: EntityRecord): Promise<void> => {
    const { value } = await store.write(scope, TEST_ACTOR, async (writer) => ((await writer.get(record.kind, record.id)) === undefined ? writer.insert(record) : writer.update(record)));
    assert.equal(value, undefined);
  };
  // Field 1000, the integer 1.
  await put({ ...service, bytes: Buffer.concat([service.bytes, Buffer.from([0xc0, 0x3e, 1])]) });
  const to = await release(scope);
  await store.write(scope, TEST_ACTOR, (writer) => writer.delete('services', service.id));
  const owner = await insert(store, scope, 'services', { name: 'owner', host: 'h' });
  const robots: EntityKind = JSON.parse('"robots"');
  const robot = { ...service, kind: robots, id: newId<EntityId>(), bytes: Buffer.from('opaque'), uniqueKeys: [], references: [{ field: 'service', to: 'services', id: owner.id, onDelete: 'cascade' } as const] };
  await put(robot);
  const report = await rollBack(scope, { to });
  assert.deepEqual(new Map(report.entities.map(({ id, outcome, wanted, reason }) => [id, [outcome, wanted, reason?.kind]])), new Map([
    [service.id, ['skip', 'create', 'unreadable']], [owner.id, ['skip', 'delete', 'referenced-by']], [robot.id, ['skip', 'delete', 'unreadable']],
  ]));
  assert.equal(report.version, undefined);
});

test('writes that race with a roll back come before or after it, whole, and none is lost', async () => {
  const scope = await createGateway(store);
  const services = await Promise.all(Array.from({ length: 8 }, () => insert(store, scope, 'services', { host: 'old', name: newName() })));
  const to = await release(scope);
  for (const { record } of services) await store.write(scope, TEST_ACTOR, async (writer) => writer.update(await recordOf(store, scope, 'services', { id: record.id, host: 'new' })));
  const writes = services.map(async ({ id }, index) => {
    const record = await recordOf(store, scope, 'services', { id, host: `racer-${index}` });
    return store.write(scope, TEST_ACTOR, (writer) => writer.update(record));
  });
  const [report, ...written] = await Promise.all([rollBack(scope, { to }), ...writes]);
  const state = await stateOf(scope);
  for (const [index, { version, value }] of written.entries()) {
    const id = services[index]?.id;
    assert.equal(value, undefined);
    assert.ok(version && report.version);
    const host = state.get(`services/${id}`)?.stored.published['host'];
    assert.equal(host, version.sequence > report.version.sequence ? `racer-${index}` : 'old');
  }
});

test('a frozen gateway is rolled back by whoever says so, and a version that was never released or is gone is refused', async () => {
  const scope = await createGateway(store);
  await insert(store, scope, 'services', { host: 'a' });
  const to = await release(scope);
  await insert(store, scope, 'services', { host: 'b' });
  await store.gateways.freeze(scope, 'incident', TEST_ACTOR);
  await assert.rejects(rollBack(scope, { to }), { code: 'STORE_GATEWAY_FROZEN' });
  assert.equal((await rollBack(scope, { to, dryRun: true, whileFrozen: true })).entities.length, 1);
  assert.equal((await rollBack(scope, { to, whileFrozen: true })).version?.sequence, 3);
  const unknown = await store.rollBack(scope, TEST_ACTOR, { to: { epoch: 1, sequence: 77 }, includeCredentials: false, dryRun: false, whileFrozen: true, reason: '' });
  assert.equal(unknown.kind, 'no-such-release');
});

test('400 changed entities are rolled back in one write', async () => {
  const scope = await createGateway(store);
  await insert(store, scope, 'services', { host: 'first' });
  const records = await Promise.all(Array.from({ length: 200 }, (_, index) => recordOf(store, scope, 'consumers', { username: `consumer-${index}`, tags: ['a'] })));
  await store.write(scope, TEST_ACTOR, (writer) => Promise.all(records.map((record) => writer.insert(record))));
  const to = await release(scope);
  const then = await stateOf(scope);
  const others = await Promise.all(Array.from({ length: 200 }, (_, index) => recordOf(store, scope, 'consumers', { username: `other-${index}` })));
  await store.write(scope, TEST_ACTOR, async (writer) => {
    await Promise.all(records.map((record) => writer.delete('consumers', record.id)));
    await Promise.all(others.map((record) => writer.insert(record)));
  });
  const report = await rollBack(scope, { to });
  assert.equal(report.entities.length, 400);
  assert.equal(rootOf(await stateOf(scope)), rootOf(then));
});
