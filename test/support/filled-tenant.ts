/**
 * A tenant with one of everything, for tests of what others may learn of it: every kind of entity in one gateway, people, roles, tokens,
 * sessions, an identity provider, a fleet with reports, alarms and usage, releases, a sealed audit. The tenant's word stands in every
 * text that may hold one, so an answer that holds the word tells of this tenant.
 */
import assert from 'node:assert/strict';
import { withEveryEntity, type EntityScope } from '../../control-plane/store/scope.ts';
import { DEFAULT_EXPORT_SETTINGS } from '../../control-plane/store/usage-export-store.ts';
import { FAMILIES, USAGE_FAMILY, type Family } from '../../control-plane/store/telemetry-families.ts';
import { exampleInput } from '../../control-plane/admin-api/openapi-examples.ts';
import { defined } from '../../shared/assert.ts';
import type { EntityDefinition, EntityKind, Field, FieldType, JsonObject, JsonValue } from '../../shared/model/definition.ts';
import { newId, type DataPlaneId, type OperatorId, type TenantId } from '../../shared/model/ids.ts';
import { parseEntity } from '../../shared/model/parse-entity.ts';
import { definitionOf, entityDefinitions } from '../../shared/model/registry.ts';
import { pluginCatalog } from '../../shared/plugins/catalog.ts';
import type { TestAdminApi } from './admin-api.ts';
import { applied, FleetScene, version } from './fleet-scene.ts';
import { onServer } from './postgres-server.ts';
import { idOf, TEST_ACTOR } from './store-scene.ts';
import { testAuthority } from './test-certificates.ts';
import { accessRecord, latencies, TrafficScene } from './traffic-scene.ts';
import { waitUntil } from './wait-until.ts';
import { telemetryBatch, testTarget, testVitals, usageRow } from './telemetry-rows.ts';

/** What is named by the first word behind `/v1/`. */
export const OWN_THINGS = ['tenants', 'gateways', 'operators', 'service-accounts', 'tokens', 'roles', 'identity-providers', 'sessions', 'data-planes', 'join-tokens', 'alarms', 'webhooks', 'alert-rules'] as const;
export type OwnThing = (typeof OWN_THINGS)[number];

/** How a request names what is somebody's. */
export interface Names {
  readonly gateway: string;
  readonly tenant: string;
  readonly role: string;
  readonly operator: string;
  readonly provider: string;
  readonly requestId: string;
  readonly tag: string;
  readonly entityIds: ReadonlyMap<EntityKind, string>;
  /** Endpoint keys of those kinds that have one. */
  readonly entityNames: ReadonlyMap<EntityKind, string>;
  readonly own: Readonly<Record<OwnThing, string>>;
}

export interface FilledTenant {
  readonly tenantId: TenantId;
  readonly scope: EntityScope;
  readonly ownerToken: string;
  readonly viewerToken: string;
  readonly names: Names;
}

/** A body that creates one of a kind, with the word in every text that may hold it; and which texts may not. */
export function wordedInput(kind: EntityKind, word: string, idOf: (kind: EntityKind) => string | undefined): { readonly input: JsonObject; readonly without: readonly string[] } {
  const definition = definitionOf(kind);
  let input: JsonObject = { ...startOf(kind, word), tags: [`${word}-${kind}-tag`] };
  const without: string[] = [];
  for (const field of definition.fields.toSorted((one, other) => Number(other.type.kind === 'reference') - Number(one.type.kind === 'reference'))) {
    const shapes = field.type.kind === 'reference' ? referenceShapes(field, idOf) : KEPT[kind]?.includes(field.name) === true ? [] : textShapes(field.type, `${word}-${kind.replaceAll('_', '-')}-${field.name.replaceAll('_', '-')}`);
    const found = shapes.map((shape) => ({ ...input, [field.name]: shape })).find((candidate) => isTaken(definition, candidate));
    if (found !== undefined) input = found;
    else if (field.type.kind !== 'reference' && holdsText(field.type)) without.push(`${kind}.${field.name}`);
  }
  return { input, without };
}

/** Fields whose value in the example says more than a text with the word would. */
const KEPT: Partial<Readonly<Record<EntityKind, readonly string[]>>> = { ca_certificates: ['cert', 'cert_digest'], vaults: ['name'], partials: ['type'], plugins: ['name', 'partials', 'version'], keys: ['jwk'] };

const authorities: string[] = [];

/** Each authority's certificate counts once in a gateway. */
export async function makeAuthorities(count: number): Promise<void> {
  for (let made = 0; made < count; made += 1) authorities.push((await testAuthority()).cert);
}

/** One that no entity has yet. */
export function nextAuthority(): string {
  return defined(authorities.pop(), 'an authority: make more of them');
}

function startOf(kind: EntityKind, word: string): JsonObject {
  const { service: _service, consumer: _consumer, consumer_group: _group, upstream: _upstream, certificate: _certificate, set: _set, ...start } = exampleInput(kind);
  if (kind === 'ca_certificates') return { cert: nextAuthority() };
  if (kind === 'plugins') return { name: 'rate-limiting', config: { minute: 60, limit_by: 'header', header_name: `${word}-header` } };
  if (kind === 'keys') return { ...start, kid: `${word}-keys-kid`, jwk: `{"kty":"oct","kid":"${word}-keys-kid","k":"${Buffer.from(`${word}-jwk-secret-of-at-least-32-bytes`).toString('base64url')}"}` };
  if (kind === 'vaults') return { name: 'env', prefix: `${word}-vault`, config: { prefix: `${word.toUpperCase()}_` } };
  if (kind === 'partials') return { type: 'redis-ce', config: { host: `${word}-redis.test`, port: 6379 } };
  return start;
}

function referenceShapes({ type }: Field, idOf: (kind: EntityKind) => string | undefined): readonly JsonValue[] {
  const id = type.kind === 'reference' ? idOf(type.to) : undefined;
  return id === undefined ? [] : [{ id }];
}

function textShapes(type: FieldType, text: string): readonly JsonValue[] {
  if (type.kind === 'string') return type.oneOf === undefined ? [text, `${text}.test`, `/${text}`, `https://${text}.test/`, `{vault://env/${text}}`, `any(consumer.groups) == "${text}"`, `${text}.test:8443`] : [];
  if (type.kind === 'array' || type.kind === 'set') return textShapes(type.of, text).map((shape) => [shape]);
  if (type.kind === 'map') return textShapes(type.values, text).map((shape) => ({ [text]: shape }));
  return [];
}

/** Of itself; what stands in records and configs is written by hand in startOf. */
function holdsText(type: FieldType): boolean {
  return type.kind === 'string' ? type.oneOf === undefined : type.kind === 'array' || type.kind === 'set' ? holdsText(type.of) : type.kind === 'map';
}

function isTaken(definition: EntityDefinition, input: JsonObject): boolean {
  // What is required and not yet there comes with a later field.
  const result = parseEntity(definition, input, { mode: 'create', newId: () => newId(), newKey: () => newId(), nowSeconds: 1_790_000_000, pluginSchemaOf: (name) => pluginCatalog.get(name) });
  return result.kind === 'entity' || result.problems.every(({ message }) => message.includes('required'));
}

/** Made through the API where people make it, else through the store. */
export async function fillTenant(api: TestAdminApi, word: string): Promise<FilledTenant> {
  const { store } = api;
  const tenant = stored(await store.tenants.create(`${word}-tenant`, TEST_ACTOR));
  const tenantId = tenant.id;
  const gateway = stored(await store.gateways.create(tenantId, `${word}-gateway`, TEST_ACTOR));
  const scope = withEveryEntity(gateway);
  const tokenOf = async (operatorId: OperatorId): Promise<{ readonly id: string; readonly text: string }> => {
    const { token, text } = stored(await store.tokens.create(tenantId, operatorId, { name: `${word}-token`, permissions: [] }, TEST_ACTOR));
    return { id: token.id, text };
  };
  const role = stored(await store.roles.create(tenantId, { name: `${word}-role`, description: `${word}-role-description`, permissions: [{ effect: 'allow', gateways: [`${word}-gateway`], resources: ['services'], verbs: ['read'], tags: [`${word}-tag`] }] }, TEST_ACTOR));
  const owner = stored(await store.operators.create(tenantId, { name: `${word}-owner`, role: 'owner', description: `${word}-owner-description` }, TEST_ACTOR));
  const viewer = stored(await store.operators.create(tenantId, { name: `${word}-viewer`, role: 'viewer' }, TEST_ACTOR));
  const person = stored(await store.operators.create(tenantId, { name: `${word}-person`, role: 'viewer', description: `${word}-person-description` }, TEST_ACTOR));
  const account = stored(await store.operators.create(tenantId, { name: `${word}-robot`, kind: 'service-account', role: `${word}-role` }, TEST_ACTOR));
  const ownerToken = stored(await store.tokens.create(tenantId, owner.id, { name: `${word}-owner-token` }, TEST_ACTOR)).text;
  const viewerToken = stored(await store.tokens.create(tenantId, viewer.id, {}, TEST_ACTOR)).text;
  const token = await tokenOf(person.id);
  const session = stored(await store.sessions.beginByPassword(tenantId, person.id, { address: `${word}-address`, requestId: `${word}-request`, userAgent: `${word}-agent`, lifetimeMs: 3_600_000 }));
  const provider = stored(await store.identityProviders.create(tenantId, {
    name: `${word}-idp`, issuer: `https://${word}-idp.test`, clientId: `${word}-client`, clientSecret: `${word}-client-secret`, scopes: ['openid'], groupsClaim: `${word}-claim`,
    roleMappings: [{ group: `${word}-group`, role: role.name }], defaultRole: undefined, sessionHours: 1, enabled: true,
  }, TEST_ACTOR));
  stored(await store.sessions.beginByIdentity(provider, { subject: `${word}-subject`, name: `${word}-identity` }, [role.name], { address: `${word}-address`, requestId: `${word}-request`, userAgent: `${word}-agent`, lifetimeMs: 3_600_000 }));
  assert.equal(await store.passwords.set(tenantId, person.id, `${word}-password-hash`, TEST_ACTOR), undefined);
  stored(await store.quotas.set(tenantId, { gateways: 50, dataPlanes: 50, requestsPerSecond: undefined, entities: { services: 4711 } }, TEST_ACTOR));
  const { entityIds, entityNames, requestId } = await fillGateway(api, word, gateway.name, ownerToken);
  const fleet = await fillFleet(api, word, scope, entityIds);
  await fillTraffic(api, word, scope, { entityIds, requestId, dataPlaneId: fleet.dataPlaneId });
  const { token: joinToken } = await store.joinTokens.create(scope, { uses: 2, expiresAt: new Date(Date.now() + 3_600_000), labels: { place: `${word}-label` } }, TEST_ACTOR);
  const alerts = await fillAlerts(api, word, scope);
  await fillKeysAndHistory(api, word, scope);
  await fillLevels(api, scope, fleet.dataPlaneId);
  return {
    tenantId, scope, ownerToken, viewerToken,
    names: {
      gateway: gateway.name, tenant: tenant.name, role: role.name, operator: person.name, provider: provider.name, requestId, tag: `${word}-services-tag`, entityIds, entityNames,
      own: {
        tenants: tenantId, gateways: gateway.gatewayId, operators: person.id, 'service-accounts': account.id, tokens: token.id, roles: role.id ?? '', 'identity-providers': provider.id,
        sessions: session.session.id, 'data-planes': fleet.dataPlaneId, 'join-tokens': joinToken.id, alarms: fleet.alarmId, ...alerts,
      },
    },
  };
}

async function fillGateway(api: TestAdminApi, word: string, gateway: string, token: string): Promise<{ readonly entityIds: Map<EntityKind, string>; readonly entityNames: Map<EntityKind, string>; readonly requestId: string }> {
  const entityIds = new Map<EntityKind, string>();
  const entityNames = new Map<EntityKind, string>();
  let requestId = '';
  for (const { kind, path, topLevel, link, endpointKey, nestedPath } of entityDefinitions) {
    const { input } = wordedInput(kind, word, (to) => entityIds.get(to));
    const place = link !== undefined ? `consumer_groups/${entityIds.get('consumer_groups')}/consumers` : topLevel ? path : `upstreams/${entityIds.get('upstreams')}/${nestedPath}`;
    const answer = (await api.send('POST', `/${gateway}/${place}`, { json: link === undefined ? input : { consumer: entityIds.get('consumers') }, token })).expect(201);
    const id = link === undefined ? answer.word('id') : (entityIds.get('consumers') ?? '');
    entityIds.set(kind, id);
    const name = endpointKey === undefined ? undefined : answer.at(endpointKey);
    if (typeof name === 'string') entityNames.set(kind, name);
    requestId = String(answer.headers['x-kong-admin-request-id']);
  }
  return { entityIds, entityNames, requestId };
}

async function fillFleet({ store, database }: TestAdminApi, word: string, scope: EntityScope, entityIds: ReadonlyMap<EntityKind, string>): Promise<{ readonly dataPlaneId: DataPlaneId; readonly alarmId: string }> {
  const fleet = new FleetScene(store, scope);
  const serviceId = idIn(entityIds, 'services');
  const quarantined = [{ kind: 'services', id: idOf(serviceId), code: 'CONFIG_PLUGIN_UNKNOWN', reason: `${word}-reason` }];
  const dataPlaneId = await fleet.enrol(`${word}-host`, { place: `${word}-place` }, { hostname: `${word}-host`, softwareVersion: `${word}-software`, bootId: newId() });
  for (const sequence of [5, 6]) await store.releases.insert(scope, { version: version(sequence), base: (await store.releases.newest(scope))?.version, manifestStatement: `${word}-statement`, contentRoot: Buffer.alloc(32, 1), entityCount: 1, author: `${word}-author` });
  const report = applied(6);
  await fleet.report(dataPlaneId, { ...report, ...(report.applied === undefined ? {} : { applied: { ...report.applied, quarantined } }), rejection: { code: 'CONFIG_COMPILE_FAILED', reasons: [`${word}-rejection`], ...version(7) } });
  await store.usageExports.set(scope, { ...DEFAULT_EXPORT_SETTINGS, enabled: true, dimensions: ['route', 'service'] }, TEST_ACTOR);
  await store.telemetry.storeBatch({ ...scope, dataPlaneId, bootId: newId() }, 1, telemetryBatch({
    fromMs: Date.parse('2026-05-01T10:00:00Z'), toMs: Date.parse('2026-05-01T10:01:00Z'), version: version(6), usage: [usageRow({ routeId: serviceId, consumerId: newId(), latencies: latencies(1) })],
    targets: [testTarget({ upstream: `${word}-upstream`, latency: latencies(1).upstream })], vitals: testVitals({ atMs: Date.parse('2026-05-01T10:00:30Z') }),
    versions: [{ version: version(6), requests: 1, failed: 0, failedHere: 0 }], drops: [{ reason: 'spool-full', count: 1 }], crashGaps: [{ bootId: newId(), lastFoldMs: 1, atMostMs: 1, lastRatePerSecond: 1 }],
  }));
  await store.alarms.raise(scope, { code: 'TEST_ALARM', dataPlaneId, detail: `${word}-alarm` }, 1);
  await onServer(database.superuserConnectionString, (client) => client.query('INSERT INTO holdfast.data_plane_health (tenant_id, gateway_id, data_plane_id, reported_at, targets, left_out) VALUES ($1, $2, $3, now(), $4, 0)', [scope.tenantId, scope.gatewayId, dataPlaneId, JSON.stringify({ [newId()]: [{ ip: '10.0.0.7', port: 1, state: 'open', cause: `${word}-cause`, since: 1 }] })]));
  const [alarm] = await store.alarms.list(scope, { cleared: false, limit: 1 });
  return { dataPlaneId, alarmId: alarm?.id ?? '' };
}

/** A webhook, a rule that is met, and the message that tells of it. */
async function fillAlerts({ store }: TestAdminApi, word: string, scope: EntityScope): Promise<{ readonly webhooks: string; readonly 'alert-rules': string }> {
  const webhook = stored(await store.webhooks.create(scope.tenantId, { name: `${word}-webhook`, url: `https://${word}-receiver.test/${word}-path`, secret: `whsec_${Buffer.alloc(24, word).toString('base64')}`, enabled: true }, TEST_ACTOR));
  const content = {
    name: `${word}-rule`, kind: 'silence', threshold: 60, quantile: 'p99', measure: 'request', windowSeconds: 300, forSeconds: 0, minRequests: 1, groupBy: 'none', routes: [], services: [], consumers: [], labels: {}, codes: [],
    severity: 'warning', webhooks: [], repeatSeconds: 0, resolveSeconds: 0, enabled: true,
  } as const;
  const rule = stored(await store.alerts.create(scope, content, TEST_ACTOR));
  assert.equal((await store.alerts.apply(rule, [{ subject: `${word}-subject`, value: 1, detail: `${word}-detail` }], () => `{"${word}":1}`)).events.length, 1);
  return { webhooks: webhook.id, 'alert-rules': rule.id };
}

/** Counts, targets and a record of the last minute, which analytics and searches tell of without being asked for a time. */
async function fillTraffic({ store }: TestAdminApi, word: string, scope: EntityScope, { entityIds, requestId, dataPlaneId }: { readonly entityIds: ReadonlyMap<EntityKind, string>; readonly requestId: string; readonly dataPlaneId: DataPlaneId }): Promise<void> {
  const traffic = new TrafficScene(store, scope);
  const [routeId, serviceId, consumerId] = [idIn(entityIds, 'routes'), idIn(entityIds, 'services'), idIn(entityIds, 'consumers')];
  await traffic.count(dataPlaneId, Math.floor(Date.now() / 10_000) * 10_000 - 60_000, {
    usage: [usageRow({ routeId, consumerId, status: 503, latencies: latencies(1) })], routeVersions: [{ routeId, version: version(6), failed: 1, failedHere: 1 }],
    targets: [{ upstream: `${word}-upstream`, target: `${word}.test:80`, address: '10.0.0.7:80', attempts: 1, failed: 0, status5xx: 0, latency: latencies(1).upstream }],
  });
  await store.retention.set(scope.tenantId, { raw: undefined, minutes: undefined, hours: undefined, days: undefined, records: 4_711_000 }, TEST_ACTOR);
  // The count of May is in its file by now, the other one waits for its hour's end.
  await taken(store, USAGE_FAMILY);
  await store.usageExportMaking.take(1_000);
  assert.equal((await store.usageExportMaking.make(scope, new Date(), 1_000, async () => undefined)).file?.number, 1);
  const id = requestId.replaceAll('-', '');
  await traffic.record(dataPlaneId, accessRecord({ requestId: id, traceId: id, routeId, serviceId, consumerId, version: version(6), status: 503, host: `${word}.test`, path: `/${word}-path`, query: `${word}=1`, headers: new Map([['request.x', `${word}-header`]]), userAgent: `${word}-agent` }));
}

/** All raw rows are added up: that waits for older transactions of the whole server, those of other tests too. */
async function taken(store: TestAdminApi['store'], family: Family): Promise<void> {
  await waitUntil(`${family.name} to be taken`, async () => {
    await store.rollUp.takeRaw(family, 1_000, async () => undefined);
    return (await store.rollUp.backlog(family)).rows === 0;
  }, 30_000);
}

/** What was counted, in minutes, hours and days too; and a row as a control plane of an older release stores it. */
async function fillLevels({ store, database }: TestAdminApi, scope: EntityScope, dataPlaneId: DataPlaneId): Promise<void> {
  for (const family of FAMILIES) await taken(store, family);
  await onServer(database.superuserConnectionString, (client) => client.query("INSERT INTO holdfast.usage VALUES ($1, $2, $3, '2026-05-01T10:00Z', '2026-05-01T10:01Z', NULL, NULL, 2, 1, 1, 1, 1)", [scope.tenantId, scope.gatewayId, dataPlaneId]));
}

/** Keys and statements of its own, a data key that is being replaced, an audit and a history of which the oldest part is gone. */
async function fillKeysAndHistory({ store, auditKeeper }: TestAdminApi, word: string, scope: EntityScope): Promise<void> {
  const { tenantId } = scope;
  await store.signingKeys.insertStatement('delegation', scope, 1, `${word}-delegation`);
  await store.signingKeys.insertKey({ purpose: 'publish', keyId: `${word}-key`, scope, publicKey: `${word}-public-key`, certificate: undefined, privateKey: `${word}-private-key` });
  await store.keyRotations.begin(tenantId, TEST_ACTOR);
  await store.history.removeSome(scope, { olderThan: new Date(), atLeast: 1, atMost: 1, deltaRows: 0 }, 1);
  const { lastId } = await store.auditChain.moment();
  for (let seal = 0; seal < 2; seal += 1) assert.equal(await store.auditChain.sealNext(tenantId, lastId, 1), 1);
  await store.auditChain.addCheckpoint(tenantId, 1, true, `${word}-checkpoint`);
  assert.equal(await store.auditChain.remove(tenantId, 1, 10), 1);
  await auditKeeper.checkpoint(tenantId, await auditKeeper.sealNow(tenantId));
}

function idIn(ids: ReadonlyMap<EntityKind, string>, kind: EntityKind): string {
  return ids.get(kind) ?? '';
}

function stored<T>(result: { readonly kind: 'stored'; readonly value: T } | { readonly kind: string }): T {
  assert.ok(result.kind === 'stored' && 'value' in result, JSON.stringify(result));
  return result.value;
}
