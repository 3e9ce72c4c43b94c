/**
 * What tests of the store begin with: a tenant, a gateway, and entities as the admin API would write them.
 */
import assert from 'node:assert/strict';
import { buildEntityRecord, type EntityRecord } from '../../control-plane/store/entity-record.ts';
import type { DataPlaneReport } from '../../control-plane/store/data-plane-reports.ts';
import { withEveryEntity, type Actor, type EntityScope, type GatewayScope } from '../../control-plane/store/scope.ts';
import type { Store } from '../../control-plane/store/store.ts';
import type { StoreProblem } from '../../control-plane/store/store-problem.ts';
import type { Entity, EntityKind, JsonObject } from '../../shared/model/definition.ts';
import { newId, parseId, type DataPlaneId, type EntityId, type TenantId } from '../../shared/model/ids.ts';
import { parseEntity } from '../../shared/model/parse-entity.ts';
import { randomKey } from '../../shared/model/random-key.ts';
import { definitionOf } from '../../shared/model/registry.ts';
import type { ConfigVersion } from '../../shared/model/version.ts';
import { pluginCatalog } from '../../shared/plugins/catalog.ts';

export const TEST_ACTOR: Actor = { operatorId: null, name: 'tester', requestId: 'request-1', address: '127.0.0.1' };

let names = 0;

/** A name that no other test of the process uses. */
export function newName(): string {
  names += 1;
  return `name-${names}`;
}

/** A new tenant with one gateway. */
export async function createGateway(store: Store): Promise<EntityScope> {
  const tenant = await store.tenants.create(newName(), TEST_ACTOR);
  assert.equal(tenant.kind, 'stored');
  const gateway = await store.gateways.create(tenant.value.id, newName(), TEST_ACTOR);
  assert.equal(gateway.kind, 'stored');
  return withEveryEntity(gateway.value);
}

/** An entity as parseEntity returns it for this input. */
export function entityOf(kind: EntityKind, input: JsonObject, previous?: Entity): Entity {
  const result = parseEntity(definitionOf(kind), input, {
    mode: previous === undefined ? 'create' : 'merge',
    ...(previous === undefined ? {} : { previous }),
    newId: () => newId(),
    newKey: () => randomKey(),
    nowSeconds: 1_790_000_000 + names,
    pluginSchemaOf: (name) => pluginCatalog.get(name),
  });
  assert.equal(result.kind, 'entity', JSON.stringify(result));
  return result.entity;
}

export async function recordOf(store: Store, scope: GatewayScope, kind: EntityKind, input: JsonObject): Promise<EntityRecord> {
  return buildEntityRecord(definitionOf(kind), entityOf(kind, input), await store.secretsOf(scope));
}

/** Inserts one entity in a transaction of its own; throws where the store refuses. */
export async function insert(store: Store, scope: GatewayScope, kind: EntityKind, input: JsonObject): Promise<{ readonly id: EntityId; readonly record: EntityRecord; readonly version: ConfigVersion }> {
  const record = await recordOf(store, scope, kind, input);
  const { value: problem, version } = await store.write(withEveryEntity(scope), TEST_ACTOR, (writer) => writer.insert(record));
  assert.equal(problem, undefined, JSON.stringify(problem));
  assert.ok(version);
  return { id: record.id, record, version };
}

/** Inserts one entity and returns what the store says. */
export async function tryInsert(store: Store, scope: GatewayScope, kind: EntityKind, input: JsonObject): Promise<StoreProblem | undefined> {
  const record = await recordOf(store, scope, kind, input);
  return (await store.write(withEveryEntity(scope), TEST_ACTOR, (writer) => writer.insert(record))).value;
}

export function idOf(text: string): EntityId {
  const id = parseId<EntityId>(text);
  assert.ok(id);
  return id;
}


/** What a session that has just begun reports of a data plane; false where the store has no such data plane. */
export async function report(store: Store, scope: GatewayScope, dataPlaneId: DataPlaneId, given: DataPlaneReport): Promise<boolean> {
  return (await store.dataPlanes.report([{ ...scope, dataPlaneId, sessionId: newId(), sessionAgeMs: 0, report: { bootId: newId(), ...given } }])).length === 1;
}

/** A person with an identity at a provider, a session and a password. */
export async function letSomebodyIn(store: Store, tenantId: TenantId): Promise<void> {
  const content = { name: 'corp', issuer: 'https://id.test', clientId: 'x', clientSecret: 'y', scopes: ['openid'], groupsClaim: 'groups', roleMappings: [], defaultRole: 'viewer', sessionHours: 8, enabled: true };
  const provider = await store.identityProviders.create(tenantId, content, TEST_ACTOR);
  assert.equal(provider.kind, 'stored');
  const made = await store.sessions.beginByIdentity(provider.value, { subject: 'ada', name: 'ada' }, ['viewer'], { address: '', userAgent: '', requestId: '', lifetimeMs: 3_600_000 });
  assert.equal(made.kind, 'stored');
  assert.equal(await store.passwords.set(tenantId, made.value.operator.id, 'a hash', TEST_ACTOR), undefined);
}
