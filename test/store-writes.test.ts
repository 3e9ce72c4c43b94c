/** Writes against a real Postgres: order of versions, change rows, conflicts as values, cascades. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readEntity, buildEntityRecord } from '../control-plane/store/entity-record.ts';
import type { Change } from '../control-plane/store/change-reader.ts';
import type { GatewayScope } from '../control-plane/store/scope.ts';
import type { JsonObject } from '../shared/model/definition.ts';
import type { EntityId } from '../shared/model/ids.ts';
import { definitionOf } from '../shared/model/registry.ts';
import { NO_VERSION, type ConfigVersion } from '../shared/model/version.ts';
import { decodeEntity } from '../shared/wire/entity-codec.ts';
import { openTestStore } from './support/postgres.ts';
import { onServer } from './support/postgres-server.ts';
import { createGateway, entityOf, insert, newName, recordOf, TEST_ACTOR, tryInsert } from './support/store-scene.ts';
import { waitUntil } from './support/wait-until.ts';

const { store, database } = await openTestStore({ poolSize: 20 });

async function changesOf(scope: GatewayScope, after: ConfigVersion = NO_VERSION): Promise<readonly Change[]> {
  return store.changes.readChangesSince(scope, after, 10_000);
}

async function headOf(scope: GatewayScope): Promise<ConfigVersion> {
  const gateway = await store.gateways.get(scope);
  assert.ok(gateway);
  return gateway.head;
}

test('what is stored is what comes back, and its bytes are the published form', async () => {
  const scope = await createGateway(store);
  const entity = entityOf('services', { name: 'orders', url: 'http://orders.internal:8080/v1', tags: ['b', 'a'] });
  const record = buildEntityRecord(definitionOf('services'), entity, await store.secretsOf(scope));
  const { version } = await store.write(scope, TEST_ACTOR, (writer) => writer.insert(record));
  assert.deepEqual(version, { epoch: 1, sequence: 1 });
  const stored = await store.read(scope, (reader) => reader.get('services', record.id));
  assert.ok(stored);
  assert.deepEqual(readEntity(definitionOf('services'), stored, undefined), entity);
  assert.deepEqual(decodeEntity('services', stored.bytes), entity);
  const [change, ...more] = await changesOf(scope);
  assert.deepEqual(more, []);
  assert.deepEqual(
    { ...change, at: undefined, after: Buffer.from(change?.after ?? []).toString('hex') },
    { version, ordinal: 1, kind: 'services', id: record.id, op: 'put', before: undefined, after: Buffer.from(record.bytes).toString('hex'), actor: 'tester', requestId: 'request-1', at: undefined },
  );
});

test('an entity is found by name, by a key that is unique under its parent, and by unique fields; not by another kind’s', async () => {
  const scope = await createGateway(store);
  const upstream = await insert(store, scope, 'upstreams', { name: 'backend' });
  const target = await insert(store, scope, 'targets', { upstream: { id: upstream.id }, target: '10.0.0.1:80' });
  const other = await insert(store, scope, 'upstreams', { name: 'other' });
  await store.read(scope, async (reader) => {
    assert.equal((await reader.getByEndpointKey(definitionOf('upstreams'), 'backend'))?.id, upstream.id);
    assert.equal(await reader.getByEndpointKey(definitionOf('services'), 'backend'), undefined);
    assert.equal((await reader.getByEndpointKey(definitionOf('targets'), '10.0.0.1:80', upstream.id))?.id, target.id);
    assert.equal(await reader.getByEndpointKey(definitionOf('targets'), '10.0.0.1:80', other.id), undefined);
    assert.equal((await reader.findByUnique('targets', ['upstream', 'target'], [upstream.id, '10.0.0.1:80']))?.id, target.id);
    assert.equal(await reader.findByUnique('upstreams', ['name'], ['nul\0']), undefined);
  });
});

test('a list is paged by id and filtered by reference and tags', async () => {
  const scope = await createGateway(store);
  const service = await insert(store, scope, 'services', { url: 'http://a' });
  const ids: EntityId[] = [];
  for (let i = 0; i < 7; i += 1) {
    const tags = [i % 2 === 0 ? 'even' : 'odd', ...(i < 4 ? ['low'] : [])];
    ids.push((await insert(store, scope, 'routes', { paths: [`/${i}`], tags, ...(i < 5 ? { service: { id: service.id } } : {}) })).id);
  }
  await store.read(scope, async (reader) => {
    const seen: EntityId[] = [];
    let page = await reader.list('routes', { size: 3 });
    for (;;) {
      assert.ok(page.entities.length <= 3);
      seen.push(...page.entities.map((entity) => entity.id));
      if (page.next === undefined) break;
      page = await reader.list('routes', { size: 3, after: page.next });
    }
    assert.deepEqual(seen, ids);
    const listed = async (options: Omit<Parameters<typeof reader.list>[1], 'size'>): Promise<readonly number[]> => (await reader.list('routes', { size: 100, ...options })).entities.map((entity) => ids.indexOf(entity.id));
    assert.deepEqual(await listed({ reference: { field: 'service', id: service.id } }), [0, 1, 2, 3, 4]);
    assert.deepEqual(await listed({ tags: { mode: 'and', values: ['even', 'low'] } }), [0, 2]);
    assert.deepEqual(await listed({ tags: { mode: 'or', values: ['odd', 'low'] } }), [0, 1, 2, 3, 5]);
    assert.deepEqual(await listed({ tags: { mode: 'and', values: ['even\0'] } }), []);
    assert.deepEqual(await listed({ tags: { mode: 'or', values: ['odd'] }, reference: { field: 'service', id: service.id } }), [1, 3]);
    // Seven in pages of seven: no empty page at the end.
    assert.equal((await reader.list('routes', { size: 7 })).next, undefined);
    assert.equal(await reader.count('routes'), 7);
  });
});

test('20 concurrent writers: every sequence once, in commit order, without gaps, each with all its change rows', async () => {
  const scope = await createGateway(store);
  const perWriter = 10;
  const seenHeads: number[] = [];
  let writing = true;
  const watcher = (async () => {
    // A reader that follows the head: whatever sequence is visible, all before it are, with their rows.
    while (writing) {
      const changes = await changesOf(scope);
      const sequences = [...new Set(changes.map((change) => change.version.sequence))];
      assert.deepEqual(sequences, Array.from({ length: sequences.length }, (_, index) => index + 1));
      seenHeads.push(sequences.length);
    }
  })();
  const versions = await Promise.all(
    Array.from({ length: 20 }, async (_, writer) => {
      const mine: number[] = [];
      for (let i = 0; i < perWriter; i += 1) {
        const services = await Promise.all([0, 1, 2].map(() => recordOf(store, scope, 'services', { name: newName(), url: `http://w${writer}` })));
        const { version } = await store.write(scope, TEST_ACTOR, async (tx) => {
          for (const record of services) assert.equal(await tx.insert(record), undefined);
        });
        mine.push(version?.sequence ?? 0);
      }
      // Whoever commits later has the higher version.
      assert.deepEqual(mine, [...mine].sort((a, b) => a - b));
      return mine;
    }),
  );
  writing = false;
  await watcher;
  const all = versions.flat().sort((a, b) => a - b);
  assert.deepEqual(all, Array.from({ length: 200 }, (_, index) => index + 1));
  const changes = await changesOf(scope);
  assert.equal(changes.length, 600);
  for (const sequence of all) assert.deepEqual(changes.filter((change) => change.version.sequence === sequence).map((change) => change.ordinal), [1, 2, 3]);
  assert.deepEqual(await headOf(scope), { epoch: 1, sequence: 200 });
  assert.ok(new Set(seenHeads).size > 1, 'the reader saw the sequences grow');
});

test('a write that changes nothing takes no sequence, and a work that throws leaves nothing', async () => {
  const scope = await createGateway(store);
  const service = await insert(store, scope, 'services', { name: 'a', url: 'http://a' });
  assert.deepEqual(await store.write(scope, TEST_ACTOR, async () => 'nothing'), { value: 'nothing', version: undefined });
  const same = await store.write(scope, TEST_ACTOR, (writer) => writer.update(service.record));
  assert.deepEqual(same, { value: undefined, version: undefined });
  const record = await recordOf(store, scope, 'services', { name: 'b', url: 'http://b' });
  await assert.rejects(
    store.write(scope, TEST_ACTOR, async (writer) => {
      await writer.insert(record);
      throw new Error('changed my mind');
    }),
    /changed my mind/,
  );
  const abandoned = await store.write(scope, TEST_ACTOR, async (writer) => {
    await writer.insert(record);
    writer.abandon();
  });
  assert.equal(abandoned.version, undefined);
  assert.deepEqual(await headOf(scope), service.version);
  assert.equal(await store.read(scope, (reader) => reader.count('services')), 1);
});

test('a unique value that another entity has is refused as a value, and the transaction goes on', async () => {
  const scope = await createGateway(store);
  const first = await insert(store, scope, 'consumers', { username: 'ada', custom_id: '1' });
  const second = await insert(store, scope, 'consumers', { username: 'bob', custom_id: '2' });
  const duplicate = await recordOf(store, scope, 'consumers', { username: 'carol', custom_id: '1' });
  const fine = await recordOf(store, scope, 'consumers', { username: 'carol' });
  const { value } = await store.write(scope, TEST_ACTOR, async (writer) => ({ refused: await writer.insert(duplicate), done: await writer.insert(fine) }));
  assert.deepEqual(value, { refused: { kind: 'unique', fields: ['custom_id'], values: ['1'], ownerId: first.id }, done: undefined });
  assert.equal(await store.read(scope, (reader) => reader.get('consumers', duplicate.id)), undefined);

  // An update that takes one free key and one that is taken keeps neither.
  const greedy = { ...second.record, uniqueKeys: [{ fields: ['username'], values: ['dora'] }, { fields: ['custom_id'], values: ['1'] }] };
  const update = await store.write(scope, TEST_ACTOR, (writer) => writer.update(greedy));
  assert.deepEqual(update, { value: { kind: 'unique', fields: ['custom_id'], values: ['1'], ownerId: first.id }, version: undefined });
  assert.equal((await store.read(scope, (reader) => reader.findByUnique('consumers', ['username'], ['bob'])))?.id, second.id);
  assert.equal(await tryInsert(store, scope, 'consumers', { username: 'dora' }), undefined);
});

test('a renamed entity gives its old name back', async () => {
  const scope = await createGateway(store);
  const entity = entityOf('services', { name: 'old', url: 'http://a' });
  const secrets = await store.secretsOf(scope);
  const record = buildEntityRecord(definitionOf('services'), entity, secrets);
  await store.write(scope, TEST_ACTOR, (writer) => writer.insert(record));
  const renamed = buildEntityRecord(definitionOf('services'), entityOf('services', { name: 'new' }, entity), secrets);
  await store.write(scope, TEST_ACTOR, (writer) => writer.update(renamed));
  assert.equal((await store.read(scope, (reader) => reader.getByEndpointKey(definitionOf('services'), 'new')))?.id, record.id);
  assert.equal(await tryInsert(store, scope, 'services', { name: 'old', url: 'http://b' }), undefined);
});

test('of 10 who insert the same name at once, one gets it and the others learn of a conflict', async () => {
  const scope = await createGateway(store);
  const problems = await Promise.all(Array.from({ length: 10 }, () => tryInsert(store, scope, 'services', { name: 'wanted', url: 'http://a' })));
  assert.equal(problems.filter((problem) => problem === undefined).length, 1);
  assert.equal(problems.filter((problem) => problem?.kind === 'unique').length, 9);
});

test('a second plugin of the same name for the same service is refused; null counts as a value', async () => {
  const scope = await createGateway(store);
  const service = await insert(store, scope, 'services', { url: 'http://a' });
  assert.equal(await tryInsert(store, scope, 'plugins', { name: 'key-auth' }), undefined);
  assert.equal(await tryInsert(store, scope, 'plugins', { name: 'key-auth', service: { id: service.id } }), undefined);
  assert.equal((await tryInsert(store, scope, 'plugins', { name: 'key-auth' }))?.kind, 'unique');
  assert.equal((await tryInsert(store, scope, 'plugins', { name: 'key-auth', service: { id: service.id } }))?.kind, 'unique');
});

test('a plugin is not bound to a route that it would not run on, whichever of the two is written last', async () => {
  const scope = await createGateway(store);
  const service = await insert(store, scope, 'services', { url: 'http://a' });
  const stream = await insert(store, scope, 'routes', { protocols: ['tcp'], destinations: [{ port: 9000 }] });
  const http = await insert(store, scope, 'routes', { paths: ['/'], service: { id: service.id } });
  const problemOf = async (kind: 'plugins' | 'routes', entity: JsonObject): Promise<string | undefined> => {
    const problem = await tryInsert(store, scope, kind, entity);
    return problem?.kind === 'protocols-apart' ? problem.message : problem?.kind;
  };
  assert.match((await problemOf('plugins', { name: 'key-auth', route: { id: stream.id } })) ?? '', /the route of the plugin speaks none of these protocols/);
  assert.match((await problemOf('plugins', { name: 'key-auth', route: { id: http.id }, protocols: ['grpc'] })) ?? '', /none of these protocols/);
  const bound = await insert(store, scope, 'plugins', { name: 'key-auth', route: { id: http.id } });
  const turned = await recordOf(store, scope, 'routes', { id: http.id, protocols: ['tcp'], destinations: [{ port: 9001 }] });
  const { value } = await store.write(scope, TEST_ACTOR, (writer) => writer.update(turned));
  assert.equal(value?.kind, 'protocols-apart');
  assert.match(value?.kind === 'protocols-apart' ? value.message : '', new RegExp(`the plugin key-auth \\(${bound.id}\\) is bound to this route`));
  // Of the service: while it has no stream route the plugin may come, and then no stream route may.
  const tcp: JsonObject = { protocols: ['tcp'], destinations: [{ port: 9002 }], service: { id: service.id } };
  const ofService = await insert(store, scope, 'plugins', { name: 'acl', config: { allow: ['g'] }, service: { id: service.id } });
  assert.match((await problemOf('routes', tcp)) ?? '', /the plugin acl .* is bound to this route or its service/);
  await store.write(scope, TEST_ACTOR, (writer) => writer.delete('plugins', ofService.id));
  // One of a route beside it is none of its business.
  await store.write(scope, TEST_ACTOR, (writer) => writer.delete('plugins', bound.id));
  await insert(store, scope, 'plugins', { name: 'key-auth', route: { id: http.id }, service: { id: service.id } });
  assert.equal(await problemOf('routes', tcp), undefined);
  assert.match((await problemOf('plugins', { name: 'acl', config: { allow: ['g'] }, service: { id: service.id } })) ?? '', /has a route for streams/);
  assert.equal(await problemOf('plugins', { name: 'acl', config: { allow: ['g'] } }), undefined, 'one for everything is for requests');
  // One that runs on streams, as far as it says so.
  const guard: JsonObject = { name: 'ip-restriction', config: { allow: ['10.0.0.0/8'] } };
  assert.match((await problemOf('plugins', { ...guard, service: { id: service.id }, protocols: ['http', 'tls'] })) ?? '', /has a route for streams/);
  assert.match((await problemOf('plugins', { ...guard, route: { id: stream.id }, protocols: ['http'] })) ?? '', /none of these protocols/);
  assert.equal(await problemOf('plugins', { ...guard, service: { id: service.id }, protocols: ['http', 'tcp'] }), undefined);
  assert.equal(await problemOf('plugins', { ...guard, route: { id: stream.id } }), undefined);
  assert.equal(await problemOf('routes', { ...tcp, destinations: [{ port: 9003 }] }), undefined);
  assert.match((await problemOf('routes', { ...tcp, protocols: ['tls_passthrough'], snis: ['a.test'], destinations: null })) ?? '', /the plugin ip-restriction .* would not run on these protocols/);
  // WebSockets come in over routes for http and https.
  assert.match((await problemOf('plugins', { name: 'basic-auth', route: { id: http.id }, protocols: ['grpc'] })) ?? '', /none of these protocols/);
  assert.equal(await problemOf('plugins', { name: 'basic-auth', route: { id: http.id }, protocols: ['ws'] }), undefined);
});

test('ids that exist, references that do not, updates of nothing and text that can not be stored are refused as values', async () => {
  const scope = await createGateway(store);
  const service = await insert(store, scope, 'services', { name: 'a', url: 'http://a' });
  const nowhere = '01a1fe71-b79b-7dc5-8e3f-92ee2e561a39';
  assert.deepEqual(await tryInsert(store, scope, 'services', { id: service.id, url: 'http://b' }), { kind: 'exists', id: service.id });
  assert.deepEqual(await tryInsert(store, scope, 'routes', { paths: ['/'], service: { id: nowhere } }), { kind: 'reference-missing', field: 'service', to: 'services', id: nowhere });
  // A service is no consumer.
  assert.equal((await tryInsert(store, scope, 'acls', { group: 'g', consumer: { id: service.id } }))?.kind, 'reference-missing');
  const absent = await recordOf(store, scope, 'services', { url: 'http://c' });
  const { value } = await store.write(scope, TEST_ACTOR, async (writer) => [await writer.update(absent), await writer.delete('services', absent.id)]);
  assert.deepEqual(value, [{ kind: 'not-found' }, { kind: 'not-found' }]);
  for (const text of ['nul\0', 'half \ud800']) {
    const unstorable = { ...absent, published: { ...absent.published, tags: ['fine', text] } };
    assert.deepEqual((await store.write(scope, TEST_ACTOR, (writer) => writer.insert(unstorable))).value, { kind: 'unstorable-text', field: 'tags.1' });
  }
  assert.deepEqual(await headOf(scope), service.version);
});

test('a delete takes along what cascades, dependants first, and is refused where something holds on', async () => {
  const scope = await createGateway(store);
  const service = await insert(store, scope, 'services', { name: 's', url: 'http://a' });
  const route = await insert(store, scope, 'routes', { name: 'r', paths: ['/'], service: { id: service.id } });
  const consumer = await insert(store, scope, 'consumers', { username: 'ada' });
  const key = await insert(store, scope, 'keyauth_credentials', { consumer: { id: consumer.id }, key: 'k' });
  const plugin = await insert(store, scope, 'plugins', { name: 'rate-limiting', config: { minute: 5 }, consumer: { id: consumer.id }, route: { id: route.id } });
  const remove = (kind: 'services' | 'consumers' | 'routes', id: EntityId) => store.write(scope, TEST_ACTOR, (writer) => writer.delete(kind, id));

  assert.deepEqual((await remove('services', service.id)).value, { kind: 'referenced-by', by: 'routes', id: route.id, field: 'service' });
  const before = await headOf(scope);
  const { value, version } = await remove('consumers', consumer.id);
  assert.equal(value, undefined);
  const changes = await changesOf(scope, before);
  assert.deepEqual(changes.map((change) => [change.kind, change.id, change.op, change.version, change.after]), [
    ['keyauth_credentials', key.id, 'delete', version, undefined],
    ['plugins', plugin.id, 'delete', version, undefined],
    ['consumers', consumer.id, 'delete', version, undefined],
  ]);
  assert.deepEqual(changes.map((change) => Buffer.from(change.before ?? [])), [key, plugin, consumer].map((entity) => Buffer.from(entity.record.bytes)));
  await remove('routes', route.id);
  assert.equal((await remove('services', service.id)).value, undefined);
  // Names and keys are free again.
  assert.equal(await tryInsert(store, scope, 'services', { name: 's', url: 'http://a' }), undefined);
  const left = await onServer(database.superuserConnectionString, (client) => client.query('SELECT (SELECT count(*) FROM holdfast.entity_references WHERE gateway_id = $1)::int AS r, (SELECT count(*) FROM holdfast.entity_unique WHERE gateway_id = $1)::int AS u', [scope.gatewayId]));
  assert.deepEqual(left.rows, [{ r: 0, u: 1 }]);
});

test('what is attached while its parent is being deleted is either refused or deleted with it', async () => {
  const scope = await createGateway(store);
  for (let round = 0; round < 15; round += 1) {
    const consumer = await insert(store, scope, 'consumers', { username: newName() });
    const [deleted, ...attached] = await Promise.all([
      store.write(scope, TEST_ACTOR, (writer) => writer.delete('consumers', consumer.id)),
      ...[1, 2, 3].map((n) => tryInsert(store, scope, 'acls', { group: `g${n}`, consumer: { id: consumer.id } })),
    ]);
    assert.equal(deleted.value, undefined);
    for (const problem of attached) assert.ok(problem === undefined || problem.kind === 'reference-missing', JSON.stringify(problem));
    assert.equal(await store.read(scope, (reader) => reader.count('acls')), 0);
  }
});

test('a plugin moved to another consumer while its old one is deleted survives', async () => {
  const scope = await createGateway(store);
  const secrets = await store.secretsOf(scope);
  for (let round = 0; round < 15; round += 1) {
    const [from, to] = [await insert(store, scope, 'consumers', { username: newName() }), await insert(store, scope, 'consumers', { username: newName() })];
    const plugin = entityOf('plugins', { name: 'rate-limiting', config: { minute: 1 }, instance_name: newName(), consumer: { id: from.id } });
    const record = buildEntityRecord(definitionOf('plugins'), plugin, secrets);
    await store.write(scope, TEST_ACTOR, (writer) => writer.insert(record));
    const moved = buildEntityRecord(definitionOf('plugins'), entityOf('plugins', { consumer: { id: to.id } }, plugin), secrets);
    const [update] = await Promise.all([
      store.write(scope, TEST_ACTOR, (writer) => writer.update(moved)),
      store.write(scope, TEST_ACTOR, (writer) => writer.delete('consumers', from.id)),
    ]);
    const survived = (await store.read(scope, (reader) => reader.get('plugins', record.id))) !== undefined;
    // Either the move came first and the plugin lives, or the delete did and the move found nothing.
    assert.equal(survived, update.value === undefined, JSON.stringify(update));
  }
});

test('two transactions that lock each other out both get through', async () => {
  const scope = await createGateway(store);
  const [a, b] = [await insert(store, scope, 'services', { name: newName(), url: 'http://a' }), await insert(store, scope, 'services', { name: newName(), url: 'http://b' })];
  let waiting = 0;
  let attempts = 0;
  const both = async (order: readonly EntityId[]) =>
    store.write(scope, TEST_ACTOR, async (writer) => {
      attempts += 1;
      const [first, second] = order;
      assert.ok(first !== undefined && second !== undefined);
      await writer.getForUpdate('services', first);
      waiting += 1;
      await waitUntil('the other transaction to hold its lock', () => waiting >= 2);
      await writer.getForUpdate('services', second);
      return 'through';
    });
  const results = await Promise.all([both([a.id, b.id]), both([b.id, a.id])]);
  assert.deepEqual(results.map((result) => result.value), ['through', 'through']);
  assert.ok(attempts >= 3, 'one of them ran again');
});

test('a read sees one moment, whatever is written meanwhile', async () => {
  const scope = await createGateway(store);
  const counts = await store.read(scope, async (reader) => {
    const before = await reader.count('services');
    await insert(store, scope, 'services', { url: 'http://a' });
    return [before, await reader.count('services')];
  });
  assert.deepEqual(counts, [0, 0]);
});

test('every leaf is read as of one version while writers go on', async () => {
  const scope = await createGateway(store);
  for (let i = 0; i < 3; i += 1) {
    await store.write(scope, TEST_ACTOR, async (writer) => {
      for (let n = 0; n < 500; n += 1) assert.equal(await writer.insert(await recordOf(store, scope, 'services', { url: 'http://a' })), undefined);
    });
  }
  let batches = 0;
  const leaves = new Map<EntityId, Uint8Array>();
  const version = await store.changes.readAllLeaves(scope, async (batch) => {
    batches += 1;
    for (const leaf of batch) leaves.set(leaf.id, leaf.bytes);
    await insert(store, scope, 'services', { url: 'http://later' });
  });
  assert.deepEqual(version, { epoch: 1, sequence: 3 });
  assert.equal(leaves.size, 1_500);
  assert.equal(batches, 2);
  for (const change of await changesOf(scope)) {
    if (change.version.sequence <= 3) assert.deepEqual(leaves.get(change.id), change.after);
  }
});

test('an audit row tells who did what, with the version', async () => {
  const scope = await createGateway(store);
  const service = await insert(store, scope, 'services', { url: 'http://a' });
  const { rows } = await store.audit.list(scope.tenantId, { gatewayId: scope.gatewayId }, { size: 10 });
  assert.deepEqual(rows.map((row) => [row.action, row.subject_kind, row.subject_id, row.epoch, row.sequence, row.actor, row.address, row.request_id]), [
    ['create', 'services', service.id, service.version.epoch, service.version.sequence, 'tester', '127.0.0.1', 'request-1'],
    ['create', 'gateways', scope.gatewayId, null, null, 'tester', '127.0.0.1', 'request-1'],
  ]);
  const [newest] = rows;
  assert.deepEqual((await store.audit.list(scope.tenantId, {}, { size: 1, before: newest?.id ?? 0 })).rows.map((row) => row.action), ['create']);
});
