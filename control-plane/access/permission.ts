/**
 * What can be done to what: the words in which routes say what they need and roles say what they give. Every operation of
 * the admin API names one permission (admin-api/route.ts); nothing is allowed that no role gives.
 */
import type { EntityKind } from '../../shared/model/definition.ts';
import { entityKinds } from '../../shared/model/registry.ts';

/** What belongs to one gateway, besides its entities. `usage`: counts and latencies. `requests`: records of single ones, with personal data. */
export const GATEWAY_RESOURCES = ['gateways', 'releases', 'data-planes', 'join-tokens', 'alarms', 'events', 'usage', 'requests', 'quarantine', 'explain', 'caches', 'alert-rules'] as const;
/** What belongs to the tenant as a whole (`tenant`: its life itself): given only by permissions for all gateways. */
export const TENANT_RESOURCES = ['operators', 'service-accounts', 'roles', 'tokens', 'sessions', 'identity-providers', 'quotas', 'retention', 'webhooks', 'audit', 'tenant'] as const;
/** What belongs to the whole installation: for installation admins only, whatever their role gives. */
export const INSTALLATION_RESOURCES = ['tenants', 'signing-keys', 'secret-keys', 'backups', 'log-levels', 'plugin-schemas'] as const;
/** `node`: this control plane as such. `me`: the caller. Every valid credential may read these two. */
export const COMMON_RESOURCES = ['node', 'me'] as const;

export type ControlResource = (typeof GATEWAY_RESOURCES)[number] | (typeof TENANT_RESOURCES)[number] | (typeof INSTALLATION_RESOURCES)[number] | (typeof COMMON_RESOURCES)[number];

/** `entities` is any kind of entity: what an operation does to which is checked one by one, where it is read and written. */
export type Resource = EntityKind | 'entities' | ControlResource;

/**
 * `reveal`: see secrets in the clear. `revoke`: of data planes. `rollback`: of releases. `freeze`: of gateways, and to let go
 * again. `export`: of a tenant or the audit, as a whole; files of usage. `switch`: a target healthy or unhealthy, a log level.
 */
export const VERBS = ['read', 'create', 'update', 'delete', 'reveal', 'revoke', 'rollback', 'freeze', 'export', 'switch'] as const;
export type Verb = (typeof VERBS)[number];

/** What an operation needs. With several verbs one is enough to come in: what is then done is checked one by one. */
export interface Permission {
  readonly on: Resource;
  readonly verb: Verb | readonly Verb[];
}

export const resources: readonly Resource[] = ['entities', ...entityKinds, ...GATEWAY_RESOURCES, ...TENANT_RESOURCES, ...INSTALLATION_RESOURCES, ...COMMON_RESOURCES];

export function isResource(text: string): text is Resource {
  return resources.some((resource) => resource === text);
}

export function isVerb(text: string): text is Verb {
  return VERBS.some((verb) => verb === text);
}

/** Where a resource belongs; decides which permissions can give it. */
export function placeOf(resource: Resource): 'gateway' | 'tenant' | 'installation' | 'everybody' {
  return CONTROL_PLACES.get(resource) ?? 'gateway';
}

/** True for kinds of entities, those that only a newer version knows too, and for all of them together. */
export function isOfEntities(resource: Resource): boolean {
  return !CONTROL_PLACES.has(resource);
}

const CONTROL_PLACES: ReadonlyMap<string, 'gateway' | 'tenant' | 'installation' | 'everybody'> = new Map([
  ...GATEWAY_RESOURCES.map((name) => [name, 'gateway'] as const), ...TENANT_RESOURCES.map((name) => [name, 'tenant'] as const),
  ...INSTALLATION_RESOURCES.map((name) => [name, 'installation'] as const), ...COMMON_RESOURCES.map((name) => [name, 'everybody'] as const),
]);
