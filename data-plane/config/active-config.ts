/**
 * What a proxy thread serves from: immutable, built by compile.ts, pinned by a request at its start. A swap replaces
 * the one reference to it; what outlives a configuration (connections, balancer and breaker state, counters) is kept by
 * id elsewhere (R3).
 */
import type { ConfigLookup, PluginInstance, RequestView } from '../../shared/plugins/contract.ts';
import type { ConfigVersion } from '../../shared/model/version.ts';

export interface ActiveConfig extends ConfigLookup {
  readonly version: ConfigVersion;
  /** Merkle root over all entities, lower-case hex. */
  readonly contentRoot: string;
  readonly routeCount: number;
  /** The route for a request by the default flavour's rules; undefined where none matches. Must not depend on the number of routes. */
  match(request: RequestView): RouteMatch | undefined;
}

export interface RouteMatch {
  readonly route: RuntimeRoute;
  /** How many characters of `request.path` the route's prefix or regex matched; 0 where the route has no paths. */
  readonly matchedPathLength: number;
}

export interface RuntimeRoute {
  readonly id: string;
  readonly name: string | null;
  /** Protocols it serves, e.g. `https` alone answers plain HTTP by `httpsRedirectStatusCode`. */
  readonly protocols: ReadonlySet<string>;
  readonly httpsRedirectStatusCode: 426 | 301 | 302 | 307 | 308;
  readonly stripPath: boolean;
  readonly preserveHost: boolean;
  readonly pathHandling: 'v0' | 'v1';
  readonly requestBuffering: boolean;
  readonly responseBuffering: boolean;
  /** Undefined: only plugins can answer. */
  readonly service: RuntimeService | undefined;
  /** Set where the route or something it needs is quarantined: it answers 503 with this code, never open (S6). */
  readonly quarantined: string | undefined;
  /** The plugins for this route and consumer, one per name, most specific scope, sorted. Cached: same inputs, same object. */
  chainFor(consumerId: string | undefined): PluginChain;
}

export interface RuntimeService {
  readonly id: string;
  readonly name: string | null;
  readonly protocol: 'http' | 'https';
  /** A name of an upstream entity, a DNS name or an IP address. */
  readonly host: string;
  readonly port: number;
  /** '' where none. */
  readonly path: string;
  readonly retries: number;
  readonly connectTimeoutMs: number;
  readonly writeTimeoutMs: number;
  readonly readTimeoutMs: number;
  readonly enabled: boolean;
  /** Set where `host` names an upstream entity. */
  readonly upstream: RuntimeUpstream | undefined;
}

export interface RuntimeUpstream {
  readonly id: string;
  readonly name: string;
  readonly algorithm: string;
  readonly hostHeader: string | null;
  /** Weight 0 left out. */
  readonly targets: readonly RuntimeTarget[];
}

export interface RuntimeTarget {
  readonly id: string;
  readonly host: string;
  readonly port: number;
  readonly weight: number;
}

export interface ChainEntry {
  readonly pluginId: string;
  readonly name: string;
  readonly priority: number;
  readonly instance: PluginInstance;
}

export interface PluginChain {
  /** All entries by descending priority, ties by descending name. */
  readonly entries: readonly ChainEntry[];
  /** The entries that have the phase, same order; empty arrays cost one comparison. */
  readonly requestHead: readonly ChainEntry[];
  readonly responseHead: readonly ChainEntry[];
  readonly log: readonly ChainEntry[];
  /** The largest request body that an entry asks for; 0 where none does. */
  readonly requestBodyMaxBytes: number;
}
