/**
 * Which plugins run for a route and a consumer: one per name, the most specific that is enabled, in the order of Kong's
 * precedence (route and service and consumer together first, global last). Called when a request first needs the answer.
 */
import type { PluginChain } from './active-config.ts';
import type { Quarantined } from './compile-contract.ts';
import { scopeKey, type ConfigTables, type Published } from './config-tables.ts';
import type { HeldPlugin, PluginSet } from './plugin-instances.ts';

export function hasOwnPlugins(tables: ConfigTables, consumerId: string): boolean {
  return tables.referrers.plugins.membersOf(consumerId).size > 0;
}

/** By the plugins of a configuration, which most of its successors share. */
const consumersNamed = new WeakMap<object, boolean>();

/** Whether there is a plugin for one consumer at all. */
export function anyNamesConsumer({ entities: { plugins } }: ConfigTables): boolean {
  const known = consumersNamed.get(plugins);
  if (known !== undefined) return known;
  let isAny = false;
  for (const { consumer } of plugins.values()) isAny ||= consumer !== null;
  consumersNamed.set(plugins, isAny);
  return isAny;
}

export interface ResolvedChain {
  readonly chain: PluginChain;
  /** A plugin of it that could not be made: the chain refuses every request, before any other plugin can answer one. */
  readonly broken: Quarantined | undefined;
}

/** Ids of all plugins, enabled or not, whose scope takes in the route and the consumer: most specific first. */
export function pluginsInScope(tables: ConfigTables, route: Published<'routes'>, consumerId: string | undefined): readonly string[] {
  // Sorted, so that the same entities give the same chain however they arrived.
  return [...scopesOf(route.id, route.service?.id, consumerId)].flatMap((scope) => [...tables.pluginsByScope.membersOf(scope)].toSorted());
}

export function chainOf(tables: ConfigTables, plugins: PluginSet, route: Published<'routes'>, consumerId: string | undefined): ResolvedChain {
  const chosen = new Map<string, HeldPlugin>();
  let unread: HeldPlugin | undefined;
  for (const id of pluginsInScope(tables, route, consumerId)) {
    const plugin = plugins.byId.get(id);
    // What could not be read of it may be what puts it before the others of its name.
    if (plugin?.entity.enabled === true && plugin.quarantined?.code === 'CONFIG_ENTITY_UNREADABLE') unread ??= plugin;
    // Not asked: `protocols`. All that a plugin may name are HTTP in the end, and a guard must not be off for a word in a list.
    if (plugin !== undefined && plugin.entity.enabled && !chosen.has(plugin.entity.name)) chosen.set(plugin.entity.name, plugin);
  }
  const held = [...chosen.values()];
  const entries = held.map(({ entry }) => entry).toSorted((a, b) => b.priority - a.priority || (a.name < b.name ? 1 : -1));
  const broken = unread ?? held.find(({ quarantined }) => quarantined !== undefined);
  const chain: PluginChain = {
    entries,
    requestHead: broken === undefined ? entries.filter(({ instance }) => instance.requestHead !== undefined) : [broken.entry],
    responseHead: entries.filter(({ instance }) => instance.responseHead !== undefined),
    log: entries.filter(({ instance }) => instance.log !== undefined),
    requestBodyMaxBytes: Math.max(0, ...entries.map(({ instance }) => instance.requestBody?.maxBytes ?? 0)),
  };
  return { chain, broken: broken?.quarantined };
}

const HTTP_PROTOCOLS: ReadonlySet<string> = new Set(['http', 'https', 'grpc', 'grpcs']);

export function speaksHttp({ protocols }: Published<'routes'>): boolean {
  return protocols.some((protocol) => HTTP_PROTOCOLS.has(protocol));
}

/** Whether a plugin is bound to the route or its service, and the route is for streams, where no plugin runs: a guard must not be silently off. */
export function isGuardedInVain(tables: ConfigTables, route: Published<'routes'>): boolean {
  if (speaksHttp(route)) return false;
  const isBound = ({ enabled, route: own }: Published<'plugins'>): boolean => enabled && (own === null || own.id === route.id);
  return [route.id, route.service?.id ?? ''].some((id) => pluginsNaming(tables, id).some(isBound));
}

/** Whether the plugin is bound to such a route. */
export function guardsInVain(tables: ConfigTables, plugin: Published<'plugins'>): boolean {
  if (!plugin.enabled) return false;
  const isStream = (id: string): boolean => {
    const route = tables.entities.routes.get(id);
    return route !== undefined && !speaksHttp(route);
  };
  if (plugin.route !== null) return isStream(plugin.route.id);
  return plugin.service !== null && [...tables.referrers.routes.membersOf(plugin.service.id)].some(isStream);
}

/** Plugins that name this route or service. */
export function pluginsNaming(tables: ConfigTables, id: string): readonly Published<'plugins'>[] {
  return [...tables.referrers.plugins.membersOf(id)].flatMap((pluginId) => tables.entities.plugins.get(pluginId) ?? []);
}

/** Most specific first. */
function scopesOf(routeId: string, serviceId: string | undefined, consumerId: string | undefined): ReadonlySet<string> {
  const [route, service, consumer] = [routeId, serviceId ?? '', consumerId ?? ''];
  // Without a service or a consumer some of these are the same: the set keeps the first.
  return new Set([
    scopeKey(route, service, consumer),
    scopeKey(route, '', consumer),
    scopeKey('', service, consumer),
    scopeKey(route, service, ''),
    scopeKey('', '', consumer),
    scopeKey(route, '', ''),
    scopeKey('', service, ''),
    scopeKey('', '', ''),
  ]);
}
