/**
 * A small ActiveConfig by hand, for tests and measurements of the proxy without control plane, compiler or router: the
 * longest matching prefix wins.
 */
import { assert } from '../../shared/assert.ts';
import type { ActiveConfig, ChainEntry, PluginChain, RouteMatch, RuntimeCaCertificate, RuntimeCertificate, RuntimeRoute, RuntimeService, RuntimeUpstream, StreamView } from '../../data-plane/config/active-config.ts';
import { phasesOf } from '../../data-plane/config/chain-phases.ts';
import { compileCondition } from '../../data-plane/config/plugin-condition.ts';
import { byPriority, orderPlugins, type PluginOrdering } from '../../data-plane/config/plugin-order.ts';
import { decodeEntity, encodeEntity } from '../../shared/wire/entity-codec.ts';
import { definitionOf } from '../../shared/model/registry.ts';
import { accepted } from './parse-outcome.ts';
import type { JsonObject } from '../../shared/model/definition.ts';
import type { ConsumerRef } from '../../shared/plugins/config-lookup.ts';
import type { PluginInstance, RequestView } from '../../shared/plugins/contract.ts';

export interface StaticPlugin {
  readonly name: string;
  readonly priority?: number;
  /** Only for this consumer. */
  readonly consumerId?: string;
  readonly ordering?: PluginOrdering;
  readonly condition?: string;
  readonly instance: PluginInstance;
}

export interface StaticRoute extends Partial<Omit<RuntimeRoute, 'service' | 'chainFor' | 'protocols'>> {
  /** Prefix that it matches; '' for no path condition. */
  readonly path?: string;
  readonly protocols?: readonly string[];
  readonly service?: Partial<RuntimeService>;
  readonly plugins?: readonly StaticPlugin[];
  /** Makes it a stream route, for the connections that this says. */
  readonly stream?: (connection: StreamView) => boolean;
}

export interface StaticConfigParts {
  readonly routes: readonly StaticRoute[];
  readonly consumers?: readonly ConsumerRef[];
  /** By consumer id. */
  readonly consumerGroups?: Readonly<Record<string, readonly string[]>>;
  readonly sequence?: number;
  /** Those that plugins may send requests to by name. */
  readonly upstreams?: readonly RuntimeUpstream[];
  /** By server name, lower case; `*` for all others and for none. */
  readonly certificates?: Readonly<Record<string, RuntimeCertificate>>;
  readonly caCertificates?: readonly RuntimeCaCertificate[];
  readonly certificateRequest?: ActiveConfig['certificateRequest'];
}

/** A service with Kong's defaults, on 127.0.0.1. */
export function staticService(parts: Partial<RuntimeService>): RuntimeService {
  return {
    id: 'service', name: 'service', protocol: 'http', host: '127.0.0.1', port: 80, path: '', retries: 5,
    connectTimeoutMs: 60_000, writeTimeoutMs: 60_000, readTimeoutMs: 60_000, enabled: true, upstream: undefined,
    retryOn: new Set(['connect-failure', 'reset', 'timeout']), retryStatuses: new Set(), retryBudgetPercent: 20, proxyProtocol: null,
    tls: { key: '', verify: true, verifyDepth: null, clientCertificate: undefined, caCertificates: undefined },
    ...parts,
  };
}

/** `fields` as the admin API takes them: algorithm, health checks and so on. */
export function staticUpstream(targets: readonly { readonly host: string; readonly port: number; readonly weight?: number }[], hostHeader: string | null = null, fields: JsonObject = {}): RuntimeUpstream {
  const entity = decodeEntity('upstreams', encodeEntity(definitionOf('upstreams'), accepted('upstreams', { name: 'upstream', ...fields })));
  return {
    id: 'upstream', name: 'upstream', entity, hostHeader, clientCertificate: undefined,
    targets: targets.map((target, index) => ({ id: `target-${index}`, weight: 100, isFailover: false, switches: [], ...target })),
  };
}

export function staticConfig(parts: StaticConfigParts): ActiveConfig {
  const consumers = new Map((parts.consumers ?? []).map((consumer) => [consumer.id, consumer]));
  const certificates = parts.certificates ?? {};
  const routes = parts.routes.map((route, index) => ({ path: route.path ?? '', stream: route.stream, runtime: runtimeRoute(route, index) }));
  routes.sort((a, b) => b.path.length - a.path.length);
  const upstreams = routes.flatMap(({ runtime }) => (runtime.service?.upstream === undefined ? [] : [runtime.service.upstream]));
  const probed = [...new Set(upstreams)].filter(({ entity: { healthchecks: { active } } }) => (active.healthy.interval ?? 0) + (active.unhealthy.interval ?? 0) > 0);
  return {
    version: { epoch: 1, sequence: parts.sequence ?? 1 },
    contentRoot: '00'.repeat(32),
    routeCount: routes.length,
    match(request: RequestView): RouteMatch | undefined {
      const found = routes.find(({ path, stream }) => stream === undefined && request.path.startsWith(path));
      return found === undefined ? undefined : { route: found.runtime, matchedPathLength: found.path.length, captures: undefined };
    },
    matchStream: (connection) => routes.find(({ stream }) => stream?.(connection) === true)?.runtime,
    serviceAt(service, { host = service.host, port = service.port, protocol = service.protocol, isUpstream = false }) {
      const upstream = parts.upstreams?.find(({ name }) => name === host);
      assert(!isUpstream || upstream !== undefined, 'the upstream is there');
      return { ...service, host, port, protocol, upstream: host === service.host ? service.upstream : upstream };
    },
    upstreamNamed: (wanted) => parts.upstreams?.find(({ name }) => name === wanted),
    hasUpstream: (id) => upstreams.some((upstream) => upstream.id === id),
    upstreamOf: (id) => upstreams.find((upstream) => upstream.id === id),
    probedUpstreams: () => probed,
    switchedUpstreams: () => upstreams.filter(({ targets }) => targets.some(({ switches }) => switches.length > 0)),
    certificates: {
      forServerName: (name) => certificates[name ?? '*'] ?? certificates['*'],
      caCertificates: parts.caCertificates ?? [],
    },
    certificateRequest: parts.certificateRequest ?? (() => undefined),
    consumerById: (id) => consumers.get(id),
    consumerByUsername: (username) => [...consumers.values()].find((consumer) => consumer.username === username),
    consumerByCustomId: (customId) => [...consumers.values()].find((consumer) => consumer.customId === customId),
    credentialBySecret: () => undefined, basicCredential: () => undefined, hmacCredential: () => undefined, jwtCredential: () => undefined,
    mtlsCredentials: () => [], caCertificate: () => undefined,
    groupsOf: () => [],
    consumerGroupsOf: (id) => parts.consumerGroups?.[id] ?? [],
  };
}

function runtimeRoute(parts: StaticRoute, index: number): RuntimeRoute {
  const { path: _, stream: _stream, plugins = [], service, protocols = ['http', 'https'], ...rest } = parts;
  const chains = new Map<string | undefined, PluginChain>();
  return {
    id: `route-${index}`, name: null, httpsRedirectStatusCode: 426, stripPath: true, preserveHost: false, pathHandling: 'v0',
    // Not the entity's default: most tests look at pieces on their way.
    requestBuffering: false, responseBuffering: false, quarantined: undefined,
    ...rest,
    protocols: new Set(protocols),
    service: service === undefined ? undefined : staticService(service),
    chainFor(consumerId) {
      let chain = chains.get(consumerId);
      if (chain === undefined) {
        chain = staticChain(plugins.filter((plugin) => plugin.consumerId === undefined || plugin.consumerId === consumerId));
        chains.set(consumerId, chain);
      }
      return chain;
    },
  };
}

/** The chain of some plugins: descending priority, ties by descending name, or as their ordering says. */
export function staticChain(plugins: readonly StaticPlugin[]): PluginChain {
  const entries: ChainEntry[] = plugins
    .map(({ name, priority = 1_000, ordering, condition, instance }) => ({ pluginId: `plugin-${name}`, name, priority, ordering, condition: condition === undefined ? undefined : compileCondition(condition), instance }))
    .sort(byPriority);
  const order = orderPlugins(entries);
  const turns = order.kind === 'ordered' ? order.entries : [];
  return phasesOf(entries, turns);
}
