/**
 * Routes, services and upstreams in the form in which requests use them, resolved when first asked for and then kept: a
 * change costs nothing here beyond forgetting, and one instance serves all configurations between which none of it changed.
 */
import { HoldfastError } from '../../shared/errors.ts';
import { splitPort } from '../../shared/model/string-rules.ts';
import type { PluginChain, RuntimeRoute, RuntimeService, RuntimeTarget, RuntimeUpstream, ServicePlace } from './active-config.ts';
import { certificateAskers } from './certificate-requests.ts';
import { clientScope, NOBODY, type ClientScope } from './client-scope.ts';
import type { ConfigTables, Published } from './config-tables.ts';
import { anyNamesConsumer, chainOf, hasOwnPlugins, isGuardedInVain } from './plugin-chains.ts';
import type { OpenedCertificate } from './opened-certificates.ts';
import type { PersistentMap } from './persistent-map.ts';
import type { PluginSet } from './plugin-instances.ts';
import type { QuarantineList } from './quarantine.ts';
import { upstreamTls } from './upstream-tls.ts';

/** Chains that differ by consumer, over all routes, 10 MB or so; beyond it all are forgotten and made anew when needed (R5). */
const MAX_CONSUMER_CHAINS = 16_384;

/** Consumers of whom it is remembered which plugins may concern them, some 20 MB; beyond it all are forgotten (R5). */
const MAX_CLIENTS = 65_536;
/** Services at places that plugins chose, of one configuration. */
const MAX_ELSEWHERE = 4_096;

/** What of a consumer and its groups any plugin is bound to. */
interface Client extends ClientScope {
  /** The same for consumers who have the same chains: the consumer itself where it has plugins of its own, else its groups; '' where nothing is bound to either. */
  readonly key: string;
}

export class RuntimeRoutes {
  readonly #tables: ConfigTables;
  readonly #plugins: PluginSet;
  readonly #quarantine: QuarantineList;
  readonly #opened: PersistentMap<OpenedCertificate>;
  readonly #routes = new Map<string, RuntimeRoute>();
  readonly #services = new Map<string, RuntimeService>();
  readonly #upstreams = new Map<string, RuntimeUpstream>();
  /** Services at places that plugins chose. */
  readonly #elsewhere = new Map<string, RuntimeService>();
  #askers: ReturnType<typeof certificateAskers> | undefined;
  #probed: readonly RuntimeUpstream[] | undefined;
  #switched: readonly RuntimeUpstream[] | undefined;
  readonly #clients = new Map<string, Client>();
  /** By route, then by the client's key. */
  readonly #consumerChains = new Map<string, Map<string, PluginChain>>();
  #consumerChainCount = 0;
  #consumersHavePlugins: boolean | undefined;

  constructor(tables: ConfigTables, plugins: PluginSet, quarantine: QuarantineList, opened: PersistentMap<OpenedCertificate>) {
    this.#tables = tables;
    this.#plugins = plugins;
    this.#quarantine = quarantine;
    this.#opened = opened;
  }

  /** True where a configuration of these would answer the same. */
  serves(tables: ConfigTables, plugins: PluginSet, quarantine: QuarantineList, opened: PersistentMap<OpenedCertificate>): boolean {
    const [mine, theirs] = [this.#tables.entities, tables.entities];
    const sameEntities = mine.routes === theirs.routes && mine.services === theirs.services && mine.upstreams === theirs.upstreams && mine.targets === theirs.targets;
    const sameMembers = (mine.consumer_groups === theirs.consumer_groups && mine.consumer_group_consumers === theirs.consumer_group_consumers) || !anyNamesConsumer(tables);
    return sameEntities && sameMembers && this.#opened === opened && mine.ca_certificates === theirs.ca_certificates && this.#plugins === plugins && this.#quarantine === quarantine;
  }

  /** Undefined where there is no such route. */
  routeOf(id: string): RuntimeRoute | undefined {
    const known = this.#routes.get(id);
    if (known !== undefined) return known;
    const entity = this.#tables.entities.routes.get(id);
    if (entity === undefined) return undefined;
    const { chain, broken } = chainOf(this.#tables, this.#plugins, entity, NOBODY);
    const service = this.#serviceOf(entity);
    const upstream = service?.upstream === undefined ? undefined : this.#quarantine.get('upstreams', service.upstream.id);
    const made = new CompiledRoute(entity, {
      service,
      quarantined: this.#quarantine.codeOf(entity) ?? upstream?.code ?? broken?.code ?? (isGuardedInVain(this.#tables, this.#plugins, entity) ? 'CONFIG_PLUGIN_OUT_OF_PLACE' : undefined),
      chain,
      consumerChain: (consumerId) => this.#consumerChain(entity, consumerId),
    });
    this.#routes.set(id, made);
    return made;
  }

  #consumerChain(route: Published<'routes'>, consumerId: string): PluginChain | undefined {
    this.#consumersHavePlugins ??= anyNamesConsumer(this.#tables);
    if (!this.#consumersHavePlugins) return undefined;
    const client = this.#clients.get(consumerId) ?? this.#makeClient(consumerId);
    if (client.key === '') return undefined;
    return this.#consumerChains.get(route.id)?.get(client.key) ?? this.#makeConsumerChain(route, client);
  }

  #makeClient(consumerId: string): Client {
    const { groupIds } = clientScope(this.#tables, consumerId);
    const concerned = groupIds.filter((id) => hasOwnPlugins(this.#tables, id));
    const isConcerned = hasOwnPlugins(this.#tables, consumerId);
    const client: Client = { consumerId: isConcerned ? consumerId : undefined, groupIds: concerned, key: isConcerned ? consumerId : concerned.join() };
    if (this.#clients.size === MAX_CLIENTS) this.#clients.clear();
    this.#clients.set(consumerId, client);
    return client;
  }

  #makeConsumerChain(route: Published<'routes'>, client: Client): PluginChain {
    if (this.#consumerChainCount === MAX_CONSUMER_CHAINS) {
      this.#consumerChains.clear();
      this.#consumerChainCount = 0;
    }
    const { chain } = chainOf(this.#tables, this.#plugins, route, client);
    const chains = this.#consumerChains.get(route.id) ?? new Map<string, PluginChain>();
    this.#consumerChains.set(route.id, chains.set(client.key, chain));
    this.#consumerChainCount += 1;
    return chain;
  }

  #serviceOf(route: Published<'routes'>): RuntimeService | undefined {
    const id = route.service?.id;
    const known = id === undefined ? undefined : this.#services.get(id);
    const entity = id === undefined || known !== undefined ? undefined : this.#tables.entities.services.get(id);
    if (entity === undefined || entity.protocol === 'udp') return known;
    const upstream = this.#upstreamNamed(entity.host);
    const made: RuntimeService = {
      id: entity.id, name: entity.name, protocol: entity.protocol, host: entity.host, port: entity.port, path: entity.path ?? '',
      retries: entity.retries, retryOn: new Set(entity.retry_on), retryStatuses: new Set(entity.retry_statuses), retryBudgetPercent: entity.retry_budget,
      connectTimeoutMs: entity.connect_timeout, writeTimeoutMs: entity.write_timeout, readTimeoutMs: entity.read_timeout,
      enabled: entity.enabled, proxyProtocol: entity.proxy_protocol, upstream,
      tls: upstreamTls(entity, upstream?.entity, this.#tables, this.#opened),
    };
    this.#services.set(entity.id, made);
    return made;
  }

  /** Bounded, because plugins may name hosts that clients chose (R5). Throws where that upstream is quarantined (S6). */
  serviceAt(service: RuntimeService, place: ServicePlace): RuntimeService {
    const { host = service.host, port = service.port, isUpstream = false } = place;
    const protocol = place.protocol ?? service.protocol;
    const key = `${protocol}|${service.id}|${port}|${isUpstream ? 'upstream' : ''}|${host}`;
    const known = this.#elsewhere.get(key);
    if (known !== undefined) return known;
    const upstream = this.#upstreamNamed(host);
    if (isUpstream && upstream === undefined) {
      throw new HoldfastError({ code: 'PLUGIN_TARGET_UNKNOWN', source: 'gateway', publicMessage: 'a plugin chose an upstream that is not there', message: `could not find an Upstream named '${host}'; make it, or name another` });
    }
    if (upstream !== undefined && this.#quarantine.get('upstreams', upstream.id) !== undefined) {
      throw new HoldfastError({ code: 'PLUGIN_TARGET_QUARANTINED', source: 'gateway', publicMessage: 'a plugin chose an upstream that is quarantined', message: `upstream ${upstream.name} is quarantined; correct it, or name another` });
    }
    const entity = this.#tables.entities.services.get(service.id);
    const tls = entity === undefined ? service.tls : upstreamTls({ ...entity, protocol }, upstream?.entity, this.#tables, this.#opened);
    const made: RuntimeService = { ...service, host, port, protocol, upstream, tls };
    if (this.#elsewhere.size === MAX_ELSEWHERE) this.#elsewhere.clear();
    this.#elsewhere.set(key, made);
    return made;
  }

  /** The plugins that ask TLS clients for certificates. The same array each time. */
  certificateAskers(): ReturnType<typeof certificateAskers> {
    return (this.#askers ??= certificateAskers(this.#tables, this.#plugins));
  }

  /** Upstreams that ask for active health checks. */
  probedUpstreams(): readonly RuntimeUpstream[] {
    this.#probed ??= [...this.#tables.entities.upstreams.values()].flatMap(({ name, healthchecks: { active } }) => {
      const upstream = (active.healthy.interval ?? 0) + (active.unhealthy.interval ?? 0) > 0 ? this.#upstreamNamed(name) : undefined;
      return upstream === undefined ? [] : [upstream];
    });
    return this.#probed;
  }

  /** Upstreams with targets that an operator switched. */
  switchedUpstreams(): readonly RuntimeUpstream[] {
    const { targets } = this.#tables.entities;
    const ids = (): ReadonlySet<string> => new Set([...this.#tables.switchedTargets.values()].flatMap((id) => targets.get(id)?.upstream.id ?? []));
    this.#switched ??= [...ids()].flatMap((id) => this.upstreamOf(id) ?? []);
    return this.#switched;
  }

  upstreamOf(id: string): RuntimeUpstream | undefined {
    const name = this.#tables.entities.upstreams.get(id)?.name;
    return name === undefined ? undefined : this.#upstreamNamed(name);
  }

  /** Undefined where there is none, and where it is quarantined. */
  soundUpstreamNamed(name: string): RuntimeUpstream | undefined {
    const upstream = this.#upstreamNamed(name);
    return upstream === undefined || this.#quarantine.get('upstreams', upstream.id) !== undefined ? undefined : upstream;
  }

  /** Without regard to case, as host names are; of several, that of the same case. */
  #upstreamNamed(host: string): RuntimeUpstream | undefined {
    const { upstreams } = this.#tables.entities;
    const ids = [...this.#tables.upstreamsByName.membersOf(host.toLowerCase())].toSorted();
    const id = ids.find((other) => upstreams.get(other)?.name === host) ?? ids[0];
    const known = id === undefined ? undefined : this.#upstreams.get(id);
    const entity = id === undefined || known !== undefined ? undefined : upstreams.get(id);
    if (entity === undefined) return known;
    const targetIds = [...this.#tables.referrers.targets.membersOf(entity.id)].toSorted();
    const targets = targetIds.flatMap((targetId) => runtimeTarget(this.#tables.entities.targets.get(targetId)));
    const certificateId = entity.client_certificate?.id;
    const clientCertificate = certificateId === undefined ? undefined : this.#opened.get(certificateId)?.runtime;
    const made: RuntimeUpstream = { id: entity.id, name: entity.name, entity, hostHeader: entity.host_header, clientCertificate, targets };
    this.#upstreams.set(entity.id, made);
    return made;
  }
}

/** Where a target says it is; undefined where that is no address. */
export function addressOf(target: Published<'targets'>): { readonly host: string; readonly port: number } | undefined {
  const { host, port } = splitPort(target.target) ?? {};
  return host === undefined || port === undefined ? undefined : { host, port };
}

function runtimeTarget(target: Published<'targets'> | undefined): readonly RuntimeTarget[] {
  const address = target === undefined || target.weight === 0 ? undefined : addressOf(target);
  return target === undefined || address === undefined ? [] : [{ id: target.id, ...address, weight: target.weight, isFailover: target.failover, switches: target.switches ?? [] }];
}

interface RouteParts {
  readonly service: RuntimeService | undefined;
  readonly quarantined: string | undefined;
  readonly chain: PluginChain;
  /** Undefined for a consumer that has no plugins of its own, nor its groups. The same object each time, while it is remembered. */
  readonly consumerChain: (consumerId: string) => PluginChain | undefined;
}

/** One set for all routes that serve the same, so that looking into it is a hit in the processor's caches. As many as there are combinations, at most. */
const protocolSets = new Map<string, ReadonlySet<string>>();

function protocolSet(protocols: readonly string[]): ReadonlySet<string> {
  const name = protocols.toSorted().join();
  const known = protocolSets.get(name);
  if (known !== undefined) return known;
  const made = new Set(protocols);
  protocolSets.set(name, made);
  return made;
}

class CompiledRoute implements RuntimeRoute {
  readonly id: string;
  readonly name: string | null;
  readonly protocols: ReadonlySet<string>;
  readonly httpsRedirectStatusCode: RuntimeRoute['httpsRedirectStatusCode'];
  readonly stripPath: boolean;
  readonly preserveHost: boolean;
  readonly pathHandling: 'v0' | 'v1';
  readonly requestBuffering: boolean;
  readonly responseBuffering: boolean;
  readonly service: RuntimeService | undefined;
  readonly quarantined: string | undefined;
  readonly #parts: RouteParts;

  constructor(entity: Published<'routes'>, parts: RouteParts) {
    this.id = entity.id;
    this.name = entity.name;
    this.protocols = protocolSet(entity.protocols);
    this.httpsRedirectStatusCode = entity.https_redirect_status_code;
    this.stripPath = entity.strip_path;
    this.preserveHost = entity.preserve_host;
    this.pathHandling = entity.path_handling;
    this.requestBuffering = entity.request_buffering;
    this.responseBuffering = entity.response_buffering;
    this.service = parts.service;
    this.quarantined = parts.quarantined;
    this.#parts = parts;
  }

  chainFor(consumerId: string | undefined): PluginChain {
    return consumerId === undefined ? this.#parts.chain : (this.#parts.consumerChain(consumerId) ?? this.#parts.chain);
  }
}
