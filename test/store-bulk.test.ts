/**
 * Many writes at once (EntityWriter.writeMany) against a real Postgres: whatever the list, tables, change rows and problems are
 * those of the same writes done one by one.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { buildEntityRecord, type EntityRecord } from '../control-plane/store/entity-record.ts';
import type { EntityWrite, EntityWriter, WriteProblem } from '../control-plane/store/entity-writer.ts';
import type { GatewayScope } from '../control-plane/store/scope.ts';
import type { StoreProblem } from '../control-plane/store/store-problem.ts';
import type { EntityKind, JsonObject } from '../shared/model/definition.ts';
import type { EntityId } from '../shared/model/ids.ts';
import { definitionOf } from '../shared/model/registry.ts';
import { NO_VERSION } from '../shared/model/version.ts';
import { openTestStore } from './support/postgres.ts';
import { onServer } from './support/postgres-server.ts';
import { createGateway, entityOf, idOf, insert, newName, recordOf, TEST_ACTOR } from './support/store-scene.ts';
import { testAuthority } from './support/test-certificates.ts';
import { waitUntil } from './support/wait-until.ts';

const { store, database } = await openTestStore({ poolSize: 12 });
const authorities = [await testAuthority(), await testAuthority()];
const scopeOfRecords = await createGateway(store);
const secrets = await store.secretsOf(scopeOfRecords);

/** Few ids and few names, so that writes meet each other. */
const IDS = 3;
const KINDS = ['ca_certificates', 'services', 'routes', 'consumers', 'upstreams', 'targets', 'plugins', 'acls'] as const satisfies readonly EntityKind[];
type Kind = (typeof KINDS)[number];

function id(kind: Kind, index: number): EntityId {
  return idOf(`01a1fe71-b79b-7dc5-8e3f-0000000${KINDS.indexOf(kind)}000${index}`);
}

interface Choice {
  readonly op: EntityWrite['op'];
  readonly kind: Kind;
  readonly index: number;
  /** Which of two names or other unique values. */
  readonly name: number;
  /** What it refers to; -1 for nothing where that may be. */
  readonly to: number;
  readonly stream: boolean;
  readonly spoilt: boolean;
}

const choices: fc.Arbitrary<readonly Choice[]> = fc.array(
  fc.record({
    op: fc.oneof({ weight: 5, arbitrary: fc.constant('insert' as const) }, { weight: 3, arbitrary: fc.constant('update' as const) }, { weight: 2, arbitrary: fc.constant('delete' as const) }),
    kind: fc.constantFrom(...KINDS), index: fc.nat(IDS - 1), name: fc.nat(IDS), to: fc.integer({ min: -1, max: IDS - 1 }),
    stream: fc.oneof({ weight: 5, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
    spoilt: fc.oneof({ weight: 30, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
  }),
  { minLength: 1, maxLength: 25 },
);

function toWrite({ op, kind, index, name, to, stream, spoilt }: Choice): EntityWrite {
  if (op === 'delete') return { op, kind, id: id(kind, index) };
  const reference = (target: Kind): JsonObject | null => (to === -1 ? null : { id: id(target, to) });
  const always = (target: Kind): JsonObject => ({ id: id(target, Math.max(to, 0)) });
  const inputs: Readonly<Record<Kind, () => JsonObject>> = {
    ca_certificates: () => ({ cert: authorities[name % 2]?.cert ?? '' }),
    services: () => ({ name: `s${name}`, host: 'a', ca_certificates: to === -1 ? null : [id('ca_certificates', to)], protocol: 'https' }),
    routes: () => ({ name: `r${name}`, service: reference('services'), ...(stream ? { protocols: ['tcp'], sources: [{ port: 9000 + name }] } : { paths: [`/${name}`] }) }),
    consumers: () => ({ username: `c${name}`, custom_id: name === 0 ? null : `x${name}` }),
    upstreams: () => ({ name: `u${name}` }),
    targets: () => ({ upstream: always('upstreams'), target: `10.0.0.${name}:80` }),
    plugins: () => ({ ...(name === 1 ? { name: 'ip-restriction', config: { allow: ['10.0.0.0/8'] } } : { name: 'key-auth' }), route: stream ? null : reference('routes'), service: stream ? reference('services') : null, consumer: null, protocols: name === 0 ? ['grpc'] : name === 1 ? ['https', 'tcp'] : ['http', 'ws'], instance_name: null }),
    acls: () => ({ consumer: always('consumers'), group: `g${name}` }),
  };
  const entity = entityOf(kind, { id: id(kind, index), created_at: 1, tags: [`t${name}`], ...inputs[kind]() });
  const record = buildEntityRecord(definitionOf(kind), entity, secrets);
  return { op, record: spoilt ? { ...record, published: { ...record.published, tags: ['\0'] } } : record };
}

async function oneByOne(writer: EntityWriter, writes: readonly EntityWrite[]): Promise<readonly WriteProblem[]> {
  const problems: WriteProblem[] = [];
  for (const [position, write] of writes.entries()) {
    const problem = await (write.op === 'insert' ? writer.insert(write.record) : write.op === 'update' ? writer.update(write.record) : writer.delete(write.kind, write.id));
    if (problem !== undefined) problems.push({ position, problem });
  }
  return problems;
}

/** Who of several holders or plugins is named first is open. */
function comparable({ position, problem }: WriteProblem): unknown {
  const { kind } = problem;
  return { position, problem: kind === 'referenced-by' || kind === 'protocols-apart' ? { kind } : problem };
}

async function tablesOf(scope: GatewayScope): Promise<unknown> {
  return onServer(database.superuserConnectionString, async (client) => {
    const rows = async (text: string): Promise<unknown> => (await client.query(text, [scope.gatewayId])).rows;
    await client.query('SET search_path = holdfast');
    return {
      entities: await rows('SELECT kind, id, published, control_plane_only, bytes, tags FROM entities WHERE gateway_id = $1 ORDER BY kind, id'),
      unique: await rows('SELECT kind, key_name, value, entity_id FROM entity_unique WHERE gateway_id = $1 ORDER BY kind, key_name, value'),
      references: await rows('SELECT from_kind, from_id, field, to_kind, to_id, on_delete FROM entity_references WHERE gateway_id = $1 ORDER BY from_kind, from_id, field, to_id'),
      changes: await rows('SELECT epoch, sequence, ordinal, kind, id, op, bytes_before, bytes_after, private_before FROM changes WHERE gateway_id = $1 ORDER BY epoch, sequence, ordinal'),
      audit: await rows('SELECT action, subject_kind, subject_id, epoch, sequence FROM audit WHERE gateway_id = $1 AND request_id = \'request-1\' ORDER BY id OFFSET 1'),
    };
  });
}

/** Two of each kind, bound to each other, so that later writes find something. */
const BASE: readonly Choice[] = [0, 1].flatMap((index) => KINDS.map((kind) => ({ op: 'insert' as const, kind, index, name: index === 0 ? 1 : 2, to: index, stream: false, spoilt: false })));

const write = (op: Choice['op'], kind: Kind, index: number, name = 3, to = 1): Choice => ({ op, kind, index, name, to, stream: false, spoilt: false });

/** What was moved away or let go of its name meanwhile neither goes with what it belonged to, nor holds it, nor is in the way. */
const MOVED: readonly (readonly Choice[])[] = [
  [write('update', 'routes', 0), write('delete', 'services', 0)],
  [write('update', 'acls', 0), write('delete', 'consumers', 0), write('update', 'acls', 0, 0)],
  [write('update', 'services', 0), write('insert', 'services', 2, 1), write('delete', 'services', 2), write('insert', 'services', 2, 1)],
  [write('delete', 'upstreams', 0), write('insert', 'upstreams', 0, 1), write('insert', 'targets', 0, 1, 0), write('delete', 'upstreams', 0)],
];

test('whatever the list: tables, change rows, audit rows and problems are those of the same writes one by one', async () => {
  const seen = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(choices, choices, async (first, second) => {
      const [single, many] = [await createGateway(store), await createGateway(store)];
      for (const writes of [BASE, first, second].map((list) => list.map(toWrite))) {
        const { value: expected } = await store.write(single, TEST_ACTOR, (writer) => oneByOne(writer, writes));
        const before = expected.length === 0 ? undefined : await tablesOf(many);
        const { value: found } = await store.write(many, TEST_ACTOR, (writer) => writer.writeMany(writes));
        assert.deepEqual(found.map(comparable), expected.map(comparable));
        for (const { problem, because } of found) seen.set(because === undefined ? problem.kind : 'because', 1);
        if (expected.length > 0) {
          assert.deepEqual(await tablesOf(many), before, 'where there are problems nothing was changed');
          const refused = new Set(expected.map(({ position }) => position));
          const rest = await store.write(many, TEST_ACTOR, (writer) => writer.writeMany(writes.filter((_, position) => !refused.has(position))));
          assert.deepEqual(rest.value, []);
        }
        assert.deepEqual(await tablesOf(many), await tablesOf(single));
      }
    }),
    { numRuns: 40, examples: MOVED.map((list) => [[], list]) },
  );
  const expected: readonly (StoreProblem['kind'] | 'because')[] = ['unique', 'exists', 'reference-missing', 'referenced-by', 'not-found', 'protocols-apart', 'unstorable-text', 'because'];
  for (const kind of expected) assert.ok((seen.get(kind) ?? 0) > 0, `no list had the problem ${kind}: ${JSON.stringify([...seen])}`);
});

test('what a newer control plane wrote is not overwritten, and nothing else of the list is written then', async () => {
  const scope = await createGateway(store);
  const { record } = await insert(store, scope, 'services', { url: 'http://a' });
  await onServer(database.superuserConnectionString, (client) => client.query('UPDATE holdfast.entities SET bytes = bytes || $1::bytea WHERE gateway_id = $2', [Buffer.from([0xf8, 0x2a, 0x01]), scope.gatewayId]));
  const other = await recordOf(store, scope, 'services', { url: 'http://b' });
  const { value, version } = await store.write(scope, TEST_ACTOR, (writer) => writer.writeMany([{ op: 'insert', record: other }, { op: 'update', record }]));
  assert.deepEqual(value, [{ position: 1, problem: { kind: 'written-by-newer', field: 687 } }]);
  assert.equal(version, undefined);
  assert.equal(await store.read(scope, (reader) => reader.count('services')), 1);
});

test('3,000 entities go in, change and go with what they hang on', async () => {
  const scope = await createGateway(store);
  const upstream = await recordOf(store, scope, 'upstreams', { name: 'big' });
  const targets: EntityRecord[] = [];
  for (let n = 0; n < 3_000; n += 1) targets.push(await recordOf(store, scope, 'targets', { target: `10.0.${n >> 8}.${n & 255}:80`, upstream: { id: upstream.id } }));
  const write = (writes: readonly EntityWrite[]) => store.write(scope, TEST_ACTOR, (writer) => writer.writeMany(writes));
  assert.deepEqual(await write([upstream, ...targets].map((record) => ({ op: 'insert', record }))), { value: [], version: { epoch: 1, sequence: 1 } });
  assert.deepEqual(await write(targets.map((record) => ({ op: 'update', record: { ...record, published: { ...record.published, tags: ['x'] } } }))), { value: [], version: undefined });
  assert.equal((await store.read(scope, (reader) => reader.list('targets', { size: 10_000, tags: { mode: 'and', values: ['x'] } }))).entities.length, 3_000);
  assert.deepEqual(await write([{ op: 'delete', kind: 'upstreams', id: upstream.id }]), { value: [], version: { epoch: 1, sequence: 2 } });
  assert.equal(await store.read(scope, (reader) => reader.count('targets')), 0);
  const changes = await store.changes.readChangesSince(scope, NO_VERSION, 20_000);
  assert.deepEqual([changes.length, changes.filter(({ op }) => op === 'delete').length, changes.at(-1)?.kind], [6_002, 3_001, 'upstreams']);
});

test('lists that race for the same names: one takes them, the other is told so; none ends in an error', async () => {
  const scope = await createGateway(store);
  for (let round = 0; round < 5; round += 1) {
    const names = [newName(), newName(), newName()];
    const listOf = async (order: readonly string[]): Promise<readonly EntityWrite[]> => Promise.all(order.map(async (name) => ({ op: 'insert' as const, record: await recordOf(store, scope, 'services', { name, url: 'http://a' }) })));
    const lists = [await listOf(names), await listOf(names.toReversed()), await listOf(names.slice(1))];
    const [single] = await listOf([names[1] ?? '']);
    assert.ok(single?.op === 'insert');
    const results = await Promise.all([
      ...lists.map(async (list) => (await store.write(scope, TEST_ACTOR, (writer) => writer.writeMany(list))).value.map(({ problem }) => problem.kind)),
      store.write(scope, TEST_ACTOR, async (writer) => [await writer.insert(single.record)].flatMap((problem) => problem?.kind ?? [])).then(({ value }) => value),
    ]);
    assert.equal(results.filter((problems) => problems.length === 0).length, 1, JSON.stringify(results));
    assert.ok(results.flat().every((kind) => kind === 'unique'), JSON.stringify(results));
  }
});

test('a name that somebody takes between the look and the write is found taken when the list runs again', async () => {
  const scope = await createGateway(store);
  const [mine, theirs] = [await recordOf(store, scope, 'services', { name: 'wanted', url: 'http://a' }), await recordOf(store, scope, 'services', { name: 'wanted', url: 'http://b' })];
  let looked = 0;
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  const first = store.write(scope, TEST_ACTOR, async (writer) => {
    assert.equal(await writer.insert(theirs), undefined);
    looked = 1;
    await held;
  });
  await waitUntil('theirs to be inserted and not committed', () => looked === 1);
  const second = store.write(scope, TEST_ACTOR, (writer) => writer.writeMany([{ op: 'insert', record: mine }]));
  await waitUntil('mine to wait for theirs', () => onServer(database.superuserConnectionString, async (client) => (await client.query("SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()")).rows.length > 0));
  release();
  await first;
  assert.deepEqual((await second).value, [{ position: 0, problem: { kind: 'unique', fields: ['name'], values: ['wanted'], ownerId: theirs.id } }]);
});

test('holdHead tells the version, and nobody moves it before the transaction ends', async () => {
  const scope = await createGateway(store);
  const { version } = await insert(store, scope, 'services', { url: 'http://a' });
  const record = await recordOf(store, scope, 'services', { url: 'http://b' });
  let other: Promise<unknown> | undefined;
  const { version: mine } = await store.write(scope, TEST_ACTOR, async (writer) => {
    assert.deepEqual(await writer.writeMany([{ op: 'insert', record }]), []);
    assert.deepEqual(await writer.holdHead(), version);
    other = insert(store, scope, 'services', { url: 'http://c' });
    await waitUntil('the other write to wait for the head', () => onServer(database.superuserConnectionString, async (client) => (await client.query("SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()")).rows.length > 0));
  });
  await other;
  assert.deepEqual(mine, { epoch: 1, sequence: version.sequence + 1 });
});
