/**
 * Finds plugins whose ordering can't be: each is to run before the other, and they meet on some route. What such a route answers is
 * decided where its chain is made (plugin-chains.ts); here it is found out beforehand, so that an operator is told before a client
 * is. Costs nothing while no plugin's ordering could contradict another's.
 */
import type { PublishedEntities } from '../../shared/model/registry.ts';
import { clientScope, groupsOfConsumer, NOBODY, type ClientScope } from './client-scope.ts';
import type { ConfigTables, Published } from './config-tables.ts';
import type { PersistentMap } from './persistent-map.ts';
import { pluginsInScope } from './plugin-chains.ts';
import { orderingOf, orderPlugins, type Orderable } from './plugin-order.ts';

/** Meetings of plugins that are looked at; where there are more, some contradictions are met by requests first (R5). */
const MOST_MEETINGS = 20_000;

type Plugin = PublishedEntities['plugins'];

/** By the plugins of a configuration, which most of its successors share. */
const orderedPlugins = new WeakMap<PersistentMap<Plugin>, readonly Plugin[]>();

/** The enabled plugins with an ordering, by id. */
export function pluginsWithOrdering({ entities: { plugins } }: ConfigTables): readonly Plugin[] {
  const known = orderedPlugins.get(plugins);
  if (known !== undefined) return known;
  const found: Plugin[] = [];
  for (const plugin of plugins.values()) if (plugin.enabled && orderingOf(plugin) !== undefined) found.push(plugin);
  orderedPlugins.set(plugins, found.sort((a, b) => (a.id < b.id ? -1 : 1)));
  return found;
}

/** The plugins that contradict each other, by id, with the names of those that do. Pauses after each meeting. */
export function* findContradictions(tables: ConfigTables): Generator<void, ReadonlyMap<string, readonly string[]>> {
  const contradicting = new Map<string, readonly string[]>();
  const suspects = mayContradict(pluginsWithOrdering(tables));
  const seen = new Set<string>();
  for (const plugin of suspects) {
    for (const { route, client } of meetingsOf(tables, plugin)) {
      const key = `${route.id} ${client.consumerId} ${client.groupIds.join()}`;
      if (seen.has(key)) continue;
      if (seen.size === MOST_MEETINGS) return contradicting;
      seen.add(key);
      const chosen = chosenOf(tables, route, client);
      const order = orderPlugins(chosen.map(({ name, entity }): Orderable => ({ name, priority: 0, ordering: orderingOf(entity) })));
      if (order.kind === 'cycle') for (const { name, entity } of chosen) if (order.names.includes(name) && orderingOf(entity) !== undefined) contradicting.set(entity.id, order.names);
      yield;
    }
  }
  return contradicting;
}

/** Those in a cycle of names, wherever they apply: without one, no two can stand in each other's way. */
function mayContradict(plugins: readonly Plugin[]): readonly Plugin[] {
  const before = new Map<string, Set<string>>();
  for (const plugin of plugins) {
    const ordering = orderingOf(plugin);
    before.set(plugin.name, new Set([...(before.get(plugin.name) ?? []), ...(ordering?.before ?? [])]));
    for (const name of ordering?.after ?? []) before.set(name, new Set([...(before.get(name) ?? []), plugin.name]));
  }
  const all = [...before].map(([name, later]): Orderable => ({ name, priority: 0, ordering: { before: [...later], after: [] } }));
  const order = orderPlugins(all);
  return order.kind === 'ordered' ? [] : plugins.filter(({ name }) => order.names.includes(name));
}

/** The plugins that run together there: of each name the one with the narrowest scope. */
function chosenOf(tables: ConfigTables, route: Published<'routes'>, client: ClientScope): readonly { readonly name: string; readonly entity: Plugin }[] {
  const chosen = new Map<string, Plugin>();
  for (const id of pluginsInScope(tables, route, client)) {
    const entity = tables.entities.plugins.get(id);
    if (entity?.enabled === true && !chosen.has(entity.name)) chosen.set(entity.name, entity);
  }
  return [...chosen].map(([name, entity]) => ({ name, entity }));
}

function* meetingsOf(tables: ConfigTables, plugin: Plugin): Generator<{ readonly route: Published<'routes'>; readonly client: ClientScope }> {
  const clients = [...clientsOf(tables, plugin)];
  for (const route of routesOf(tables, plugin)) for (const client of clients) yield { route, client };
}

function routesOf({ entities, referrers }: ConfigTables, { route, service }: Plugin): readonly Published<'routes'>[] {
  const ids = route !== null ? [route.id] : service !== null ? [...referrers.routes.membersOf(service.id)] : undefined;
  const routes = ids === undefined ? [...entities.routes.values()] : ids.flatMap((id) => entities.routes.get(id) ?? []);
  return routes.toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

/** The consumer that it is for, or the different sets of groups of those in its group (whoever else meets it has an ordered plugin too, and is looked at for that one). */
function clientsOf(tables: ConfigTables, { consumer, consumer_group: group }: Plugin): Iterable<ClientScope> {
  if (consumer !== null) return [clientScope(tables, consumer.id)];
  const groups = group === null ? [] : [group.id];
  const scopes = new Map<string, ClientScope>([['', group === null ? NOBODY : { consumerId: undefined, groupIds: groups }]]);
  for (const groupId of groups) {
    for (const id of [...tables.referrers.consumer_group_consumers.membersOf(groupId)].slice(0, MOST_MEETINGS)) {
      const member = tables.entities.consumer_group_consumers.get(id)?.consumer.id;
      const groupIds = member === undefined ? [] : groupsOfConsumer(tables, member).map(({ id: one }) => one);
      scopes.set(groupIds.join(), { consumerId: undefined, groupIds });
    }
  }
  return scopes.values();
}
