import assert from 'node:assert/strict';
import { test } from 'node:test';
import { entityOf } from '../../test/support/store-scene.ts';
import { newId, parseId, type EntityId } from '../../shared/model/ids.ts';
import type { Entity, EntityKind } from '../../shared/model/definition.ts';
import { definitionOf } from '../../shared/model/registry.ts';
import { encodeEntity } from '../../shared/wire/entity-codec.ts';
import type { LeafChange } from '../../shared/wire/sync-message.ts';
import { checkChanges } from './check-changes.ts';

function put(kind: EntityKind, entity: Entity, as: string = entity.id): LeafChange {
  const id = parseId<EntityId>(as);
  assert.ok(id !== undefined);
  return { op: 'put', kind, id, entity: encodeEntity(definitionOf(kind), entity) };
}

const service = entityOf('services', { name: 'orders', host: 'orders.internal' });
const route = entityOf('routes', { name: 'orders', paths: ['/orders'], service: { id: service.id } });

test('entities that decode and refer to what exists pass', () => {
  assert.deepEqual(checkChanges([put('services', service), put('routes', route)], (kind, id) => kind === 'services' && id === service.id), []);
});

test('a reference into the void, damaged bytes and another entity’s bytes are found, each with its reason', () => {
  const damaged: LeafChange = { ...put('services', service), op: 'put', entity: Buffer.from('not an entity') };
  const found = checkChanges([put('routes', route), damaged, put('services', service, newId())], () => false);
  assert.deepEqual(found.map(({ kind }) => kind), ['routes', 'services', 'services']);
  assert.match(found[0]?.reason ?? '', /its service .* does not exist/);
  assert.match(found[2]?.reason ?? '', /another entity/);
});

test('deletions and kinds of a newer version are passed over', () => {
  const id = newId<EntityId>();
  assert.deepEqual(checkChanges([{ op: 'delete', kind: 'routes', id }, { op: 'put', kind: 'robots', id, entity: Buffer.from('?') }], () => false), []);
});
