/**
 * A plugin that is bound to a route must have a protocol in common with it, as in Kong; and one that is bound to a service, with
 * each stream route of the service (tcp, tls, tls_passthrough): a guard must not be silently off. Asked by entity-writer.ts
 * before a plugin or a route is written; protocol-bindings.ts asks the same of many at once. Two writes at once may slip past each other: the data plane closes such a route all the same.
 */
import type { EntityId } from '../../shared/model/ids.ts';
import type { Transaction } from './database.ts';
import type { EntityRecord } from './entity-record.ts';
import type { GatewayScope } from './scope.ts';
import type { StoreProblem } from './store-problem.ts';

export const HTTP_PROTOCOLS: readonly string[] = ['http', 'https', 'grpc', 'grpcs'];

/** `isNew`: nothing refers to it yet. */
export async function findProtocolsApart(transaction: Transaction, scope: GatewayScope, record: EntityRecord, isNew: boolean): Promise<StoreProblem | undefined> {
  const message = record.kind === 'plugins' ? await routeApart(transaction, scope, record) : record.kind === 'routes' ? await pluginApart(transaction, scope, record, isNew) : undefined;
  return message === undefined ? undefined : { kind: 'protocols-apart', message };
}

/** Why a plugin can't be bound where it says. */
async function routeApart(transaction: Transaction, { tenantId, gatewayId }: GatewayScope, plugin: EntityRecord): Promise<string | undefined> {
  const [route, service] = [referenceIn(plugin, 'route'), referenceIn(plugin, 'service')];
  if (route !== undefined) {
    const [apart] = await transaction.query(
      `SELECT FROM entities e WHERE e.tenant_id = $1 AND e.gateway_id = $2 AND e.kind = 'routes' AND e.id = $3 AND NOT e.published -> 'protocols' ?| $4::text[]`,
      [tenantId, gatewayId, route, routeProtocols(protocolsOf(plugin))],
    );
    return apart === undefined ? undefined : ROUTE_SPEAKS_NONE;
  }
  if (service === undefined) return undefined;
  const [stream] = await transaction.query<{ readonly id: EntityId }>(
    `SELECT e.id FROM (
       SELECT from_id FROM entity_references WHERE tenant_id = $1 AND gateway_id = $2 AND to_kind = 'services' AND to_id = $3 AND from_kind = 'routes' OFFSET 0) r
     CROSS JOIN LATERAL (SELECT id, published FROM entities WHERE tenant_id = $1 AND gateway_id = $2 AND kind = 'routes' AND id = r.from_id OFFSET 0) e
     WHERE NOT e.published -> 'protocols' ?| $4::text[]
     LIMIT 1`,
    [tenantId, gatewayId, service, [...HTTP_PROTOCOLS, ...routeProtocols(protocolsOf(plugin))]],
  );
  return stream === undefined ? undefined : serviceHasStream(stream.id);
}

/** Why a route can't have its protocols: a plugin of the route or its service. */
async function pluginApart(transaction: Transaction, { tenantId, gatewayId }: GatewayScope, route: EntityRecord, isNew: boolean): Promise<string | undefined> {
  const protocols = protocolsOf(route);
  const service = isStream(protocols) ? referenceIn(route, 'service') : undefined;
  const owners = [...(isNew ? [] : [route.id]), ...(service === undefined ? [] : [service])];
  if (owners.length === 0) return undefined;
  const [plugin] = await transaction.query<{ readonly id: EntityId; readonly name: string }>(
    `SELECT e.id, e.published ->> 'name' AS name FROM (
       SELECT from_id, field FROM entity_references WHERE tenant_id = $1 AND gateway_id = $2 AND to_kind IN ('routes', 'services') AND to_id = ANY($3::uuid[]) AND from_kind = 'plugins' OFFSET 0) r
     CROSS JOIN LATERAL (SELECT id, published FROM entities WHERE tenant_id = $1 AND gateway_id = $2 AND kind = 'plugins' AND id = r.from_id OFFSET 0) e
     WHERE NOT e.published -> 'protocols' ?| $4::text[] AND (r.field = 'route' OR jsonb_typeof(e.published -> 'route') IS DISTINCT FROM 'object')
     LIMIT 1`,
    [tenantId, gatewayId, owners, pluginProtocolsFor(protocols)],
  );
  return plugin === undefined ? undefined : pluginWouldNotRun(plugin.name, plugin.id);
}

export const ROUTE_SPEAKS_NONE =
  'the route of the plugin speaks none of these protocols, so the plugin would never run: bind it elsewhere, or name a protocol of the route that the plugin has';

export function serviceHasStream(route: EntityId): string {
  return `the service of the plugin has a route for streams (${route}), on which it would not run: give that route a service of its own, bind the plugin to the other routes, or name a protocol of the route that the plugin has`;
}

export function pluginWouldNotRun(name: string, plugin: EntityId): string {
  return `the plugin ${name} (${plugin}) is bound to this route or its service and would not run on these protocols: remove or bind it elsewhere first, or keep a protocol of the plugin`;
}

/** True of a route for connections whose bytes are not looked at. */
export function isStream(protocols: readonly string[]): boolean {
  return !protocols.some((protocol) => HTTP_PROTOCOLS.includes(protocol));
}

export function referenceIn(record: Pick<EntityRecord, 'references'>, field: string): EntityId | undefined {
  return record.references.find((reference) => reference.field === field)?.id;
}

const WEBSOCKETS: ReadonlyMap<string, string> = new Map([['ws', 'http'], ['wss', 'https']]);

/** The protocols of routes that a plugin with these is for: WebSockets come in over those for http and https. */
export function routeProtocols(protocols: readonly string[]): readonly string[] {
  return protocols.map((protocol) => WEBSOCKETS.get(protocol) ?? protocol);
}

/** The protocols of plugins that run on a route with these. */
function pluginProtocolsFor(protocols: readonly string[]): readonly string[] {
  return [...protocols, ...[...WEBSOCKETS].flatMap(([own, over]) => (protocols.includes(over) ? [own] : []))];
}

export function protocolsOf(record: Pick<EntityRecord, 'published'>): readonly string[] {
  const protocols = record.published['protocols'];
  return Array.isArray(protocols) ? protocols.filter((protocol): protocol is string => typeof protocol === 'string') : [];
}
