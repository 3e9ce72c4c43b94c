/**
 * Which plugins run for a route, a consumer and its groups: one per name, the most specific that is enabled, in the order of
 * Kong's precedence (route and service and consumer together first, global last). Called when a request first needs the answer.
 */
import { defined } from '../../shared/assert.ts';
import type { ChainEntry, PluginChain } from './active-config.ts';
import { phasesOf } from './chain-phases.ts';
import type { ClientScope } from './client-scope.ts';
import type { Quarantined } from './compile-contract.ts';
import { scopeKey, type ConfigTables, type Published } from './config-tables.ts';
import { refusingEntry, STREAM_PROTOCOLS, type HeldPlugin, type PluginSet } from './plugin-instances.ts';
import { byPriority, orderPlugins } from './plugin-order.ts';

const ORDER_CYCLE = 'CONFIG_PLUGIN_ORDER_CYCLE';

/** Whether a plugin is bound to this consumer or group. */
export function hasOwnPlugins(tables: ConfigTables, id: string): boolean {
  return tables.referrers.plugins.membersOf(id).size > 0;
}

/** By the plugins of a configuration, which most of its successors share. */
const consumersNamed = new WeakMap<object, boolean>();

/** Whether there is a plugin for one consumer or one group at all. */
export function anyNamesConsumer({ entities: { plugins } }: ConfigTables): boolean {
  const known = consumersNamed.get(plugins);
  if (known !== undefined) return known;
  let isAny = false;
  for (const { consumer, consumer_group: group } of plugins.values()) isAny ||= consumer !== null || group !== null;
  consumersNamed.set(plugins, isAny);
  return isAny;
}

export interface ResolvedChain {
  readonly chain: PluginChain;
  /** A plugin of it that could not be made: the chain refuses every request, before any other plugin can answer one. */
  readonly broken: Quarantined | undefined;
}

/** Ids of all plugins, enabled or not, whose scope takes in the route and the client: most specific first. */
export function pluginsInScope(tables: ConfigTables, route: Published<'routes'>, client: ClientScope): readonly string[] {
  // Sorted, so that the same entities give the same chain however they arrived.
  return [...scopesOf(route.id, route.service?.id ?? '', client)].flatMap((scope) => [...tables.pluginsByScope.membersOf(scope)].toSorted());
}

/** Of those that a stream route has; for any other, of those that a request has. */
export function chainOf(tables: ConfigTables, plugins: PluginSet, route: Published<'routes'>, client: ClientScope): ResolvedChain {
  const isStream = !speaksHttp(route);
  const chosen = new Map<string, HeldPlugin>();
  let unread: HeldPlugin | undefined;
  for (const id of pluginsInScope(tables, route, client)) {
    const plugin = plugins.byId.get(id);
    // What could not be read of it may be what puts it before the others of its name.
    if (plugin?.entity.enabled === true && plugin.quarantined?.code === 'CONFIG_ENTITY_UNREADABLE') unread ??= plugin;
    if (plugin !== undefined && plugin.entity.enabled && isMeantFor(plugin, route, isStream) && !chosen.has(plugin.entity.name)) chosen.set(plugin.entity.name, plugin);
  }
  const held = [...chosen.values()];
  const entries = held.map(({ entry }) => entry).toSorted(byPriority);
  const order = orderPlugins(entries);
  const broken = unread ?? held.find(({ quarantined }) => quarantined !== undefined);
  const refusal = broken ?? (order.kind === 'cycle' ? contradiction(order.names, entries) : undefined);
  const chain = phasesOf(entries, order.kind === 'ordered' ? order.entries : []);
  // What refuses does so before any other plugin is asked.
  if (refusal !== undefined) return { chain: { ...chain, requestHead: [refusal.entry], upstreamRequest: [refusal.entry] }, broken: refusal.quarantined };
  return { chain, broken: undefined };
}

/** What refuses in the place of plugins each of which is to run before the other. Whichever were left out might be the one that guards. */
function contradiction(names: readonly string[], entries: readonly ChainEntry[]): Pick<HeldPlugin, 'entry' | 'quarantined'> {
  const first = defined(entries.find(({ name, ordering }) => ordering !== undefined && names.includes(name)), 'a plugin with an ordering in each cycle');
  return { entry: refusingEntry(first.pluginId, first.name, ORDER_CYCLE), quarantined: { kind: 'plugins', id: first.pluginId, code: ORDER_CYCLE, reason: contradictionReason(names) } };
}

export function contradictionReason(names: readonly string[]): string {
  return `${names.join(', ')} are to run before each other, by the ordering of plugins that meet on one route, which is closed: change the ordering of one of them`;
}

const HTTP_PROTOCOLS: ReadonlySet<string> = new Set(['http', 'https', 'grpc', 'grpcs']);

export function speaksHttp({ protocols }: Published<'routes'>): boolean {
  return protocols.some((protocol) => HTTP_PROTOCOLS.has(protocol));
}

/**
 * Whether the plugin is for requests, or for streams, as the route is. Among requests its `protocols` make no difference: a guard must
 * not be off for a word in a list, nor where it is bound to this very route.
 */
function isMeantFor({ entity, streamProtocols }: HeldPlugin, route: Published<'routes'>, isStream: boolean): boolean {
  if (isStream) return streamProtocols.size > 0;
  return entity.route?.id === route.id || entity.protocols.length === 0 || entity.protocols.some((protocol) => !STREAM_PROTOCOLS.has(protocol));
}

/** Whether a plugin is bound to the route or its service, and the route is for streams, where it does not run: a guard must not be silently off. */
export function isGuardedInVain(tables: ConfigTables, plugins: PluginSet, route: Published<'routes'>): boolean {
  if (speaksHttp(route)) return false;
  const isBound = ({ enabled, route: own }: Published<'plugins'>): boolean => enabled && (own === null || own.id === route.id);
  return [route.id, route.service?.id ?? ''].some((id) => pluginsNaming(tables, id).some((plugin) => isBound(plugin) && !guardsStream(plugins.byId.get(plugin.id), route)));
}

/** Whether the plugin is bound to such a route. */
export function guardsInVain(tables: ConfigTables, held: HeldPlugin): boolean {
  const { entity } = held;
  if (!entity.enabled) return false;
  const isInVain = (id: string): boolean => {
    const route = tables.entities.routes.get(id);
    return route !== undefined && !speaksHttp(route) && !guardsStream(held, route);
  };
  if (entity.route !== null) return isInVain(entity.route.id);
  return entity.service !== null && [...tables.referrers.routes.membersOf(entity.service.id)].some(isInVain);
}

/** Whether it runs for the connections of the stream route, if only because they share a protocol; which one a connection has makes no difference. */
function guardsStream(held: HeldPlugin | undefined, route: Published<'routes'>): boolean {
  return held !== undefined && route.protocols.some((protocol) => held.streamProtocols.has(protocol));
}

/** Plugins that name this route or service. */
export function pluginsNaming(tables: ConfigTables, id: string): readonly Published<'plugins'>[] {
  return [...tables.referrers.plugins.membersOf(id)].flatMap((pluginId) => tables.entities.plugins.get(pluginId) ?? []);
}

/** Most specific first; of several groups the one whose name comes first. Without a service or a client some of these are the same: the set keeps the first. */
function scopesOf(route: string, service: string, { consumerId, groupIds }: ClientScope): ReadonlySet<string> {
  const consumer = (ofRoute: string, ofService: string): readonly string[] => (consumerId === undefined ? [] : [scopeKey(ofRoute, ofService, consumerId, '')]);
  const groups = (ofRoute: string, ofService: string): readonly string[] => groupIds.map((id) => scopeKey(ofRoute, ofService, '', id));
  return new Set([
    ...consumer(route, service),
    ...groups(route, service),
    ...consumer(route, ''),
    ...consumer('', service),
    ...groups(route, ''),
    ...groups('', service),
    scopeKey(route, service, '', ''),
    ...consumer('', ''),
    ...groups('', ''),
    scopeKey(route, '', '', ''),
    scopeKey('', service, '', ''),
    scopeKey('', '', '', ''),
  ]);
}
