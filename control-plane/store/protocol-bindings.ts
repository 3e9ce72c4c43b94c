/**
 * The question of plugin-protocols.ts, asked of many plugins and routes that are written together: what it depends on is read in
 * three queries, and followed in memory while the writes are gone through in their order. Used by write-facts.ts and write-plan.ts.
 */
import type { EntityId } from '../../shared/model/ids.ts';
import type { Transaction } from './database.ts';
import { inParts } from './entity-tables.ts';
import type { EntityRecord } from './entity-record.ts';
import { HTTP_PROTOCOLS, isStream, pluginWouldNotRun, protocolsOf, referenceIn, ROUTE_SPEAKS_NONE, routeProtocols, serviceHasStream } from './plugin-protocols.ts';
import type { GatewayScope } from './scope.ts';

/** What counts here of a plugin or a route. */
interface Bound {
  readonly id: EntityId;
  readonly name: string;
  /** As routes have them. */
  readonly protocols: readonly string[];
  readonly route: EntityId | undefined;
  readonly service: EntityId | undefined;
}

/** Plugins and routes as they are at one point of the list of writes. */
export class ProtocolBindings {
  readonly #routes = new BoundEntities();
  readonly #plugins = new BoundEntities();

  /** Why the record can't be written. */
  findApart(record: EntityRecord): string | undefined {
    if (record.kind === 'plugins') return this.#routeApart(toBound(record));
    return record.kind === 'routes' ? this.#pluginApart(toBound(record)) : undefined;
  }

  put(record: EntityRecord): void {
    this.#of(record.kind)?.put(toBound(record));
  }

  remove(kind: string, id: EntityId): void {
    this.#of(kind)?.remove(id);
  }

  /** As read from the database. */
  add(kind: string, bound: Bound): void {
    this.#of(kind)?.put(bound);
  }

  #of(kind: string): BoundEntities | undefined {
    return kind === 'plugins' ? this.#plugins : kind === 'routes' ? this.#routes : undefined;
  }

  #routeApart(plugin: Bound): string | undefined {
    if (plugin.route !== undefined) {
      const route = this.#routes.get(plugin.route);
      return route === undefined || haveCommon(route.protocols, plugin.protocols) ? undefined : ROUTE_SPEAKS_NONE;
    }
    const stream = plugin.service === undefined ? undefined : this.#routes.of(plugin.service).find(({ protocols }) => isStream(protocols) && !haveCommon(protocols, plugin.protocols));
    return stream === undefined ? undefined : serviceHasStream(stream.id);
  }

  #pluginApart(route: Bound): string | undefined {
    const ofService = route.service === undefined || !isStream(route.protocols) ? [] : this.#plugins.of(route.service).filter((plugin) => plugin.route === undefined);
    const apart = [...this.#plugins.of(route.id), ...ofService].find((plugin) => !haveCommon(plugin.protocols, route.protocols));
    return apart === undefined ? undefined : pluginWouldNotRun(apart.name, apart.id);
  }
}

/** By id, and by what they are bound to. */
class BoundEntities {
  readonly #byId = new Map<EntityId, Bound>();
  readonly #byTarget = new Map<EntityId, Set<EntityId>>();

  get(id: EntityId): Bound | undefined {
    return this.#byId.get(id);
  }

  of(target: EntityId): readonly Bound[] {
    return [...(this.#byTarget.get(target) ?? [])].flatMap((id) => this.#byId.get(id) ?? []);
  }

  put(bound: Bound): void {
    this.remove(bound.id);
    this.#byId.set(bound.id, bound);
    for (const target of targetsOf(bound)) {
      const bindings = this.#byTarget.get(target);
      if (bindings === undefined) this.#byTarget.set(target, new Set([bound.id]));
      else bindings.add(bound.id);
    }
  }

  remove(id: EntityId): void {
    const bound = this.#byId.get(id);
    if (bound === undefined) return;
    this.#byId.delete(id);
    for (const target of targetsOf(bound)) this.#byTarget.get(target)?.delete(id);
  }
}

interface Row extends Omit<Bound, 'route' | 'service'> {
  readonly kind: 'plugins' | 'routes';
  readonly route: EntityId | null;
  readonly service: EntityId | null;
}

const COLUMNS = `coalesce(e.published ->> 'name', '') AS name, e.published -> 'protocols' AS protocols, e.published #>> '{route,id}' AS route, e.published #>> '{service,id}' AS service`;

/** What the writing of these records may depend on, as it is before the first of them. */
export async function readProtocolBindings(transaction: Transaction, { tenantId, gatewayId }: GatewayScope, records: readonly EntityRecord[]): Promise<ProtocolBindings> {
  const bindings = new ProtocolBindings();
  const plugins = records.filter(({ kind }) => kind === 'plugins');
  const routes = records.filter(({ kind }) => kind === 'routes');
  const take = (rows: readonly Row[]): void => {
    for (const { route, service, ...row } of rows) bindings.add(row.kind, { ...row, protocols: routeProtocols(row.protocols), route: route ?? undefined, service: service ?? undefined });
  };
  for (const ids of inParts(distinct(plugins.map((plugin) => referenceIn(plugin, 'route'))))) {
    take(await transaction.query<Row>(`SELECT e.kind, e.id, ${COLUMNS} FROM entities e WHERE e.tenant_id = $1 AND e.gateway_id = $2 AND e.kind = 'routes' AND e.id = ANY($3::uuid[])`, [tenantId, gatewayId, ids]));
  }
  for (const ids of inParts(distinct(plugins.map((plugin) => referenceIn(plugin, 'service'))))) {
    take(await transaction.query<Row>(`${referringTo("'routes'")} WHERE NOT e.published -> 'protocols' ?| $4::text[]`, [tenantId, gatewayId, ids, HTTP_PROTOCOLS]));
  }
  const servicesOfStreams = routes.filter((route) => isStream(protocolsOf(route))).map((route) => referenceIn(route, 'service'));
  for (const ids of inParts(distinct([...routes.map(({ id }) => id), ...servicesOfStreams]))) {
    take(await transaction.query<Row>(referringTo("'plugins'"), [tenantId, gatewayId, ids]));
  }
  return bindings;
}

/** Those of a kind that refer to the routes and services in $3. */
function referringTo(kind: string): string {
  return `SELECT e.kind, e.id, ${COLUMNS} FROM unnest($3::uuid[]) AS t (id)
    CROSS JOIN LATERAL (
      SELECT from_id FROM entity_references WHERE tenant_id = $1 AND gateway_id = $2 AND to_id = t.id AND to_kind IN ('routes', 'services') AND from_kind = ${kind} OFFSET 0) r
    CROSS JOIN LATERAL (
      SELECT kind, id, published FROM entities WHERE (tenant_id, gateway_id, kind, id) = ($1, $2, ${kind}, r.from_id) OFFSET 0) e`;
}

function toBound(record: EntityRecord): Bound {
  const name = record.published['name'];
  return { id: record.id, name: typeof name === 'string' ? name : '', protocols: routeProtocols(protocolsOf(record)), route: referenceIn(record, 'route'), service: referenceIn(record, 'service') };
}

function targetsOf({ route, service }: Bound): readonly EntityId[] {
  return [route, service].flatMap((target) => target ?? []);
}

function haveCommon(some: readonly string[], others: readonly string[]): boolean {
  return some.some((protocol) => others.includes(protocol));
}

function distinct(ids: readonly (EntityId | undefined)[]): readonly EntityId[] {
  return [...new Set(ids.flatMap((id) => id ?? []))];
}
