/**
 * Every way in which a request to the admin API may name what is somebody else's, generated from the routes and from the definitions of
 * entities: path, gateway prefix, query, body, filter, batch, declarative content, foreign keys. What the generator does not know (a new
 * parameter, a new field of a body) it refuses, so that whoever adds it says here whether it names anything.
 */
import assert from 'node:assert/strict';
import { METHODS, type Method, type Operation, type Route } from '../../control-plane/admin-api/route.ts';
import type { EntityKind, Field, JsonObject, JsonValue } from '../../shared/model/definition.ts';
import { definitionOf, entityDefinitions, isEntityKind } from '../../shared/model/registry.ts';
import { nextAuthority, OWN_THINGS, wordedInput, type Names } from './filled-tenant.ts';

export type Way = 'plain' | 'path' | 'prefix' | 'query' | 'filter' | 'body' | 'foreign-key' | 'given-id' | 'batch' | 'declarative';

export interface IsolationCase {
  readonly name: string;
  readonly way: Way;
  readonly method: Method;
  /** May make an entity of one's own with an id that another tenant's entity has: ids count within a gateway. Done last. */
  readonly makesOwn: boolean;
  /** `of`: whose things it names. `own`: of whoever asks. `fresh`: a word for what is new. */
  readonly request: (of: Names, own: Names, fresh: string) => IsolationRequest;
}

export interface IsolationRequest {
  readonly path: string;
  readonly json?: JsonObject;
}

type Value = (of: Names) => JsonValue;
const nothing = null;

/** Query parameters; null where none names a thing. */
const QUERY: Readonly<Record<string, ((of: Names) => string) | null>> = {
  data_plane: (of) => of.own['data-planes'], gateway: (of) => of.gateway, actor: (of) => of.operator, id: (of) => idOf(of, 'services'), request_id: (of) => of.requestId, select_tags: (of) => of.tag,
  selector: (of) => `place=${of.tag}`, labels: (of) => `place=${of.tag}`,
  route: (of) => idOf(of, 'routes'), service: (of) => idOf(of, 'services'), consumer: (of) => idOf(of, 'consumers'), upstream: (of) => of.entityNames.get('upstreams') ?? '', trace_id: (of) => of.requestId,
  metric: nothing, area: nothing, step: nothing, limit: nothing, by: nothing, order: nothing, status: nothing, status_class: nothing, objective: nothing, window: nothing, min_ms: nothing, error_code: nothing, path: nothing,
  size: nothing, from: nothing, to: nothing, group_by: nothing, action: nothing, kind: nothing, since: nothing, until: nothing, cleared: nothing, include: nothing, format: nothing, check_hash: nothing,
  flatten_errors: nothing, skip_consumers: nothing, with_id: nothing, sanitize: nothing, reveal: nothing, balancer_health: nothing, timeout: nothing,
};

/** Where a page begins, which each list says in its own way. */
const OFFSETS: Readonly<Record<string, (of: Names) => string>> = {
  '/v1/data-planes': (of) => of.own['data-planes'], '/v1/alarms': (of) => of.own.alarms, '/v1/audit': () => '999999', '/v1/releases': () => '1.6', '/v1/requests': () => '8000000000000000.9000000000',
  '/upstreams/:parent/health': (of) => Buffer.from(idOf(of, 'targets')).toString('base64url'),
  '/v1/releases/:version/diff': (of) => Buffer.from(`services ${idOf(of, 'services')}`).toString('base64url'), '/v1/quarantine': (of) => `services/${idOf(of, 'services')}/CONFIG_PLUGIN_UNKNOWN`,
};

/** Fields of our own bodies that name a thing. */
const BODY_NAMES: Readonly<Record<string, Value>> = {
  role: (of) => of.role, default_role: (of) => of.role, role_mappings: (of) => [{ group: 'g', role: of.role }], gateway: (of) => of.gateway, tenant: (of) => of.tenant, consumer: (of) => idOf(of, 'consumers'), route: (of) => idOf(of, 'routes'),
};

/** Those that name none, with what is sent where they are required; null where they never are. */
const BODY_OTHERS: Readonly<Record<string, ((fresh: string) => JsonValue) | null>> = {
  name: (fresh) => fresh, issuer: (fresh) => `https://${fresh}.test`, client_id: () => 'client', password: () => 'long-enough-for-anybody', reason: () => 'because', method: () => 'GET', url: () => 'https://a.test/', mode: () => 'apply',
  content: () => '{"_format_version":"3.0"}', purpose: () => 'content', key_id: () => '1', format: () => 'none', statements: () => [], labels: () => ({}), permissions: () => [], config: () => '{"_format_version":"3.0"}',
  description: (fresh) => fresh, disabled: () => true, requests_per_second: () => 5,
  client_secret: nothing, scopes: nothing, groups_claim: nothing, session_hours: nothing, enabled: nothing, root_statements: nothing, renew: nothing, uses: nothing, ttl_seconds: nothing, overlap_seconds: nothing, dry_run: nothing,
  if_version: nothing, select_tags: nothing, skip_consumers: nothing, headers: nothing, client_ip: nothing, server_name: nothing, http_version: nothing, port: nothing, include_credentials: nothing, while_frozen: nothing,
  gateways: nothing, data_planes: nothing, entities: nothing, raw: nothing, minutes: () => 5, hours: nothing, days: nothing, records: nothing,
  kind: () => 'silence', threshold: () => 60, secret: nothing, quantile: nothing, measure: nothing, window_seconds: nothing, for_seconds: nothing, min_requests: nothing, group_by: nothing, codes: nothing, severity: nothing,
  // Compared with what was counted in the caller's own gateway, or looked up among the tenant's own.
  routes: nothing, services: nothing, consumers: nothing, webhooks: nothing, repeat_seconds: nothing, resolve_seconds: nothing,
  interval: nothing, file_format: nothing, dimensions: nothing, gzip: nothing, settle_seconds: nothing, keep_days: nothing,
};

/** Not required by itself: the kind of alert rule that is sent needs it. */
const NEEDED_BY_KIND: ReadonlySet<string> = new Set(['threshold']);

/** Those of our own things that a path may name by name. */
const OWN_NAMES: Readonly<Partial<Record<string, (of: Names) => string>>> = { tenants: (of) => of.tenant, gateways: (of) => of.gateway, operators: (of) => of.operator, roles: (of) => of.role, 'identity-providers': (of) => of.provider };

/** Parameters of paths that name what is the same for everybody, or a place in one's own gateway. */
const SAME_FOR_ALL: Readonly<Record<string, string>> = { level: 'info', address: '10.0.0.7:8443', entity: 'services', name: 'key-auth', version: '1.6', number: '1', key: 'AAAAAAAAAAAAAAAAAAAAAA' };

export function isolationCases(routes: readonly Route[]): readonly IsolationCase[] {
  const cases = routes.flatMap((route) => METHODS.flatMap((method) => {
    const operation = route.operations[method];
    return operation === undefined ? [] : casesOf(route, method, operation);
  }));
  return [...cases, ...givenIdCases(), ...batchCases(), ...declarativeCases()];
}

interface Slot {
  readonly param: string;
  readonly value: (of: Names) => string;
  readonly isForeign: boolean;
  /** The endpoint key where the value is an id. */
  readonly byName?: (of: Names) => string | undefined;
}

function casesOf(route: Route, method: Method, operation: Operation<never>): readonly IsolationCase[] {
  const slots = slotsOf(route.path);
  const named = slots.filter(({ isForeign }) => isForeign);
  const kind = isEntityKind(operation.permission.on) ? operation.permission.on : undefined;
  const isSwitch = route.path.endsWith('healthy');
  const makesOwn = method === 'PUT' && kind !== undefined && !isSwitch;
  const isStream = route.path === '/v1/events' || route.path === '/v1/requests/tail';
  const request = (foreign: readonly Slot[], byName: boolean, prefixed: boolean, query = '', body?: (of: Names, own: Names, fresh: string) => JsonObject) => (of: Names, own: Names, fresh: string): IsolationRequest => {
    const path = slots.reduce((text, slot) => {
      const whose = foreign.includes(slot) ? of : own;
      return text.replace(new RegExp(`:${slot.param}(?=/|$)`), (foreign.includes(slot) && byName ? slot.byName?.(of) : undefined) ?? slot.value(whose));
    }, route.path);
    const gateway = !route.inGateway ? '' : `/${prefixed ? of.gateway : own.gateway}`;
    const json = body?.(of, own, fresh) ?? bodyOf(route, method, operation, own, fresh);
    return { path: `${gateway}${path === '/' && gateway !== '' ? '' : path}${query === '' ? '' : `?${query}`}`, ...(json === undefined ? {} : { json }) };
  };
  const base = { method, makesOwn: false };
  const title = `${method} ${route.path}`;
  const paths = subsets(named).flatMap((foreign): readonly IsolationCase[] => {
    const place = foreign.map(({ param }) => param).join(' and ');
    const one = { ...base, way: 'path' as const, makesOwn: makesOwn || (method === 'DELETE' && foreign.length < named.length) };
    const byName = foreign.some((slot) => slot.byName !== undefined) && !makesOwn;
    return [{ ...one, name: `${title}: ${place} by id`, request: request(foreign, false, false) }, ...(byName ? [{ ...one, name: `${title}: ${place} by name`, request: request(foreign, true, false) }] : [])];
  });
  const prefix: readonly IsolationCase[] = route.inGateway ? [{ ...base, name: `${title}: gateway before the path`, way: 'prefix', request: request(named, false, true) }] : [];
  const plain: readonly IsolationCase[] = method === 'GET' && !isStream ? [{ ...base, name: title, way: 'plain', request: request([], false, false) }] : [];
  const queries = isStream ? [] : (operation.description?.query ?? []).flatMap(({ name }): readonly IsolationCase[] => {
    const value = name === 'offset' ? OFFSETS[route.path] : QUERY[name];
    assert.ok(value !== undefined, `${title}: nobody said what the query parameter ${name} names (test/support/isolation-cases.ts)`);
    return value === null ? [] : [{ ...base, name: `${title}: ?${name}`, way: 'query', request: (of, own, fresh) => request([], false, false, `${name}=${encodeURIComponent(value(of))}`)(of, own, fresh) }];
  });
  const filters = kind === undefined || method !== 'GET' || /:id$|\/all$|\/health$/.test(route.path) || !definitionOf(kind).topLevel ? [] : filterCases(kind, title, (of, own, query) => request([], false, false, query)(of, own, 'fresh'));
  return [...paths, ...prefix, ...plain, ...queries, ...filters, ...bodyCases(route, method, operation, kind, title, (body) => request([], false, false, '', body))];
}

function slotsOf(path: string): readonly Slot[] {
  const words = path.split('/');
  return words.flatMap((word, index): readonly Slot[] => {
    if (!word.startsWith(':')) return [];
    const param = word.slice(1);
    const before = words[index - 1] ?? '';
    const same = SAME_FOR_ALL[param];
    if (same !== undefined) return [{ param, value: () => (before === 'partials' ? 'redis-ce' : before === 'vaults' ? 'env' : same), isForeign: false }];
    if (param === 'tag') return [{ param, value: (of) => of.tag, isForeign: true }];
    if (param === 'request') return [{ param, value: (of) => of.requestId, isForeign: true }];
    // Of the cache that is to be emptied.
    if (param === 'plugin') return [{ param, value: (of) => idOf(of, 'plugins'), isForeign: true }];
    if (param === 'gateway') return [{ param, value: (of) => of.gateway, isForeign: true }];
    const own = words[1] === 'v1' ? OWN_THINGS.find((thing) => thing === words[2]) : undefined;
    if (own !== undefined) {
      const byName = OWN_NAMES[own];
      return [{ param, value: (of) => of.own[own], isForeign: true, ...(byName === undefined ? {} : { byName }) }];
    }
    const definition = entityDefinitions.find((one) => one.path === before || one.nestedPath === before);
    assert.ok((param === 'id' || param === 'parent') && definition !== undefined, `${path}: nobody said what :${param} names (test/support/isolation-cases.ts)`);
    const { kind } = definition;
    return [{ param, value: (of) => idOf(of, kind), isForeign: true, ...(definition.endpointKey === undefined || (definition.endpointKeyScope === 'parent' && param === 'id' && !path.includes(':parent')) ? {} : { byName: (of: Names) => of.entityNames.get(kind) }) }];
  });
}

/** All but the empty one. */
function subsets(slots: readonly Slot[]): readonly (readonly Slot[])[] {
  return slots.reduce<readonly (readonly Slot[])[]>((sets, slot) => [...sets, ...sets.map((set) => [...set, slot])], [[]]).filter((set) => set.length > 0);
}

function filterCases(kind: EntityKind, title: string, request: (of: Names, own: Names, query: string) => IsolationRequest): readonly IsolationCase[] {
  const definition = definitionOf(kind);
  const base = { way: 'filter', method: 'GET', makesOwn: false } as const;
  const unique = definition.fields.filter((field: Field) => field.unique === true && field.secret === undefined && field.name !== definition.endpointKey);
  return [
    { ...base, name: `${title}: ?tags`, request: (of, own) => request(of, own, `tags=${of.tag.replace('services', kind)}`) },
    { ...base, name: `${title}: ?offset`, request: (of, own) => request(of, own, `size=1&offset=${Buffer.from(idOf(of, kind)).toString('base64url')}`) },
    ...unique.map(({ name }): IsolationCase => ({ ...base, name: `${title}: ?${name}`, request: (of, own) => request(of, own, `${name}=${of.tag.replace('services', kind).replace('-tag', `-${name.replaceAll('_', '-')}`)}`) })),
  ];
}

/** What an operation takes, naming only one's own things. */
function bodyOf(route: Route, method: Method, { permission, description, takesDocument }: Operation<never>, own: Names, fresh: string): JsonObject | undefined {
  if (method === 'GET' || method === 'DELETE' || route.path.endsWith('healthy')) return undefined;
  if (route.path.endsWith('/batch')) return { dry_run: true, operations: [] };
  if (takesDocument === true) return { config: '{"_format_version":"3.0","services":[{"name":"fresh","host":"fresh"}]}' };
  const { on } = permission;
  if (on === 'consumer_group_consumers') return route.path.startsWith('/consumers/') ? { group: idOf(own, 'consumer_groups') } : { consumer: idOf(own, 'consumers') };
  if (isEntityKind(on)) return method === 'PATCH' ? { tags: [fresh] } : newEntity(on, own, fresh);
  if (route.path.endsWith('/validate')) return { name: fresh };
  const fields = description?.body ?? [];
  const sent = fields.flatMap((field) => {
    const isNeeded = field.required === true && field.default === undefined;
    const other = BODY_OTHERS[field.name];
    assert.ok(other !== undefined || field.name in BODY_NAMES, `${method} ${route.path}: nobody said what the field ${field.name} names (test/support/isolation-cases.ts)`);
    if (field.name === 'role') return [['role', 'viewer'] as const];
    const value = other?.(fresh);
    assert.ok(!isNeeded || value !== undefined, `${method} ${route.path}: nobody said what to send as ${field.name} (test/support/isolation-cases.ts)`);
    return isNeeded || NEEDED_BY_KIND.has(field.name) || (method === 'PATCH' && value !== undefined) ? [[field.name, value ?? null] as const] : [];
  });
  return Object.fromEntries(sent);
}

/** To be replaced by the fresh word. */
const BLANK = 'blank-word';
const blanks = new Map<string, string>();

/** With references that must be there, and none besides. */
function newEntity(kind: EntityKind, own: Names, fresh: string): JsonObject {
  const { fields } = definitionOf(kind);
  const required = new Set<string>(fields.flatMap((field: Field) => (field.type.kind === 'reference' && field.required === true ? [field.type.to] : [])));
  const key = `${own.tenant} ${kind}`;
  const blank = blanks.get(key) ?? JSON.stringify(wordedInput(kind, BLANK, (to) => (required.has(to) ? idOf(own, to) : undefined)).input);
  blanks.set(key, blank);
  const entity: JsonObject = JSON.parse(blank.replaceAll(BLANK, fresh));
  return kind === 'ca_certificates' ? { ...entity, cert: nextAuthority() } : entity;
}

function bodyCases(route: Route, method: Method, operation: Operation<never>, kind: EntityKind | undefined, title: string, request: (body: (of: Names, own: Names, fresh: string) => JsonObject) => IsolationCase['request']): readonly IsolationCase[] {
  if (method === 'GET' || method === 'DELETE') return [];
  const base = { method, makesOwn: false } as const;
  if (kind !== undefined) {
    const isLink = kind === 'consumer_group_consumers';
    return referencesOf(kind).flatMap(({ field, to, wrap }): readonly IsolationCase[] => {
      const body = (reference: JsonValue) => (own: Names, fresh: string): JsonObject => ({ ...bodyOf(route, method, operation, own, fresh), [isLink && field === 'consumer_group' ? 'group' : field]: isLink ? reference : wrap(reference) });
      // Below a parent the path says what the field would.
      if (isLink ? route.path.startsWith(`/${definitionOf(to).path}/`) : route.path.includes(':parent')) return [];
      const key = definitionOf(to).endpointKey;
      const byId: IsolationCase = { ...base, way: 'foreign-key', name: `${title}: ${field} by id`, request: request((of, own, fresh) => body(isLink ? idOf(of, to) : { id: idOf(of, to) })(own, fresh)) };
      const byName: IsolationCase = { ...base, way: 'foreign-key', name: `${title}: ${field} by name`, request: request((of, own, fresh) => body(isLink ? (of.entityNames.get(to) ?? '') : { [key ?? '']: of.entityNames.get(to) ?? '' })(own, fresh)) };
      return key === undefined || definitionOf(to).endpointKeyScope === 'parent' ? [byId] : [byId, byName];
    });
  }
  return (operation.description?.body ?? []).flatMap(({ name }): readonly IsolationCase[] => {
    const value = BODY_NAMES[name];
    return value === undefined ? [] : [{ ...base, way: 'body', name: `${title}: field ${name}`, request: request((of, own, fresh) => ({ ...bodyOf(route, method, operation, own, fresh), [name]: value(of) })) }];
  });
}

/** Those of the entity itself, and in lists. */
function referencesOf(kind: EntityKind): readonly { readonly field: string; readonly to: EntityKind; readonly wrap: (reference: JsonValue) => JsonValue }[] {
  return definitionOf(kind).fields.flatMap(({ name: field, type }: Field) => {
    if (type.kind === 'reference') return [{ field, to: type.to, wrap: (reference: JsonValue) => reference }];
    const inside = type.kind === 'array' || type.kind === 'set' ? type.of : undefined;
    if (inside?.kind === 'reference') return [{ field, to: inside.to, wrap: (reference: JsonValue) => [isObject(reference) && 'id' in reference ? (reference['id'] ?? null) : reference] }];
    const item = inside?.kind === 'record' ? inside.fields.find((one) => one.type.kind === 'reference') : undefined;
    return item?.type.kind === 'reference' ? [{ field, to: item.type.to, wrap: (reference: JsonValue) => [reference] }] : [];
  });
}

/** A new entity may have any id: that of another tenant's is no exception, and makes nothing of theirs one's own. */
function givenIdCases(): readonly IsolationCase[] {
  return entityDefinitions.filter(({ topLevel }) => topLevel).map(({ kind, path }) => ({
    name: `POST /${path}: with an id`, way: 'given-id', method: 'POST', makesOwn: true,
    request: (of, own, fresh) => ({ path: `/${own.gateway}/${path}`, json: { ...newEntity(kind, own, fresh), id: idOf(of, kind) } }),
  }));
}

function batchCases(): readonly IsolationCase[] {
  const base = { way: 'batch', method: 'POST' } as const;
  const batch = (own: Names, operation: JsonObject): IsolationRequest => ({ path: `/v1/gateways/${own.gateway}/batch`, json: { operations: [operation] } });
  return entityDefinitions.flatMap(({ kind, link, endpointKeyScope }): readonly IsolationCase[] => {
    if (link !== undefined) return [];
    const id = (of: Names): string => idOf(of, kind);
    const name = (of: Names): string => (endpointKeyScope === 'parent' ? undefined : of.entityNames.get(kind)) ?? idOf(of, kind);
    return [
      { ...base, name: `batch: update ${kind} by id`, makesOwn: false, request: (of, own, fresh) => batch(own, { op: 'update', kind, id: id(of), entity: { tags: [fresh] } }) },
      { ...base, name: `batch: update ${kind} by name`, makesOwn: false, request: (of, own, fresh) => batch(own, { op: 'update', kind, id: name(of), entity: { tags: [fresh] } }) },
      { ...base, name: `batch: delete ${kind}`, makesOwn: false, request: (of, own) => batch(own, { op: 'delete', kind, id: id(of) }) },
      { ...base, name: `batch: upsert ${kind}`, makesOwn: true, request: (of, own, fresh) => batch(own, { op: 'upsert', kind, id: id(of), entity: newEntity(kind, own, fresh) }) },
      ...referencesOf(kind).map(({ field, to, wrap }): IsolationCase => ({ ...base, name: `batch: create ${kind} with ${field}`, makesOwn: false, request: (of, own, fresh) => batch(own, { op: 'create', kind, entity: { ...newEntity(kind, own, fresh), [field]: wrap({ id: idOf(of, to) }) } }) })),
    ];
  });
}

function declarativeCases(): readonly IsolationCase[] {
  const base = { way: 'declarative', method: 'POST' } as const;
  const apply = (title: string, makesOwn: boolean, content: (of: Names, own: Names, fresh: string) => JsonObject): IsolationCase => ({
    ...base, makesOwn, name: `declarative: ${title}`,
    request: (of, own, fresh) => ({ path: `/v1/gateways/${own.gateway}/declarative`, json: { mode: 'apply', content: JSON.stringify({ _format_version: '3.0', ...content(of, own, fresh) }) } }),
  });
  return entityDefinitions.filter(({ link, topLevel }) => link === undefined && topLevel).flatMap(({ kind }) => [
    apply(`${kind} with an id`, true, (of, own, fresh) => ({ [kind]: [{ ...newEntity(kind, own, fresh), id: idOf(of, kind) }] })),
    ...referencesOf(kind).map(({ field, to, wrap }) => apply(`${kind} with ${field}`, false, (of, own, fresh) => ({ [kind]: [{ ...newEntity(kind, own, fresh), [field]: wrap({ id: idOf(of, to) }) }] }))),
  ]);
}

function idOf(of: Names, kind: EntityKind): string {
  return of.entityIds.get(kind) ?? '';
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
