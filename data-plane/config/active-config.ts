/**
 * What a proxy thread serves from: immutable, built by compile.ts, pinned by a request at its start. A swap replaces
 * the one reference to it; what outlives a configuration (connections, balancer and breaker state, counters) is kept by
 * id elsewhere (R3).
 */
import type { ConfigLookup } from '../../shared/plugins/config-lookup.ts';
import type { PluginInstance, RequestTarget, RequestView } from '../../shared/plugins/contract.ts';
import type { PublishedEntities } from '../../shared/model/registry.ts';
import type { ConfigVersion } from '../../shared/model/version.ts';
import type { PluginCondition } from './plugin-condition.ts';
import type { PluginOrdering } from './plugin-order.ts';

export interface ActiveConfig extends ConfigLookup {
  /** Names of the consumer groups that a consumer is in, sorted; the same array for the life of the configuration. Not those of the acl plugin. */
  consumerGroupsOf(consumerId: string): readonly string[];
  readonly version: ConfigVersion;
  /** Merkle root over all entities, lower-case hex. */
  readonly contentRoot: string;
  readonly routeCount: number;
  /** The route for a request by the default flavour's rules; undefined where none matches. Must not depend on the number of routes. */
  match(request: RequestView): RouteMatch | undefined;
  /** The stream route (tcp, tls, tls_passthrough) for a connection; undefined where none matches. */
  matchStream(connection: StreamView): RuntimeRoute | undefined;
  /** The service with another place to send requests to: an upstream entity by name, or a host. The same object for the same place, mostly. Throws where that upstream is quarantined, or there must be one and is none. */
  serviceAt(service: RuntimeService, place: ServicePlace): RuntimeService;
  hasUpstream(id: string): boolean;
  upstreamOf(id: string): RuntimeUpstream | undefined;
  /** Undefined where there is none of that name, and where it is quarantined. */
  upstreamNamed(name: string): RuntimeUpstream | undefined;
  /** Upstreams that ask for active health checks. The same array while no upstream or target changed. */
  probedUpstreams(): readonly RuntimeUpstream[];
  /** Upstreams with targets that an operator switched. The same array while no upstream or target changed. */
  switchedUpstreams(): readonly RuntimeUpstream[];
  /** Certificates by server name. The same object while no certificate changed. */
  readonly certificates: CertificateBook;
  /** What a TLS client that asks for this name is asked for; undefined: for no certificate. The same object for equal answers, mostly. Must not depend on the number of routes. */
  certificateRequest(serverName: string | undefined): CertificateRequest | undefined;
}

/** What a stream route may match on. */
export interface StreamView {
  /** `tls` where the gateway ends TLS, `tls_passthrough` where the client's TLS goes through untouched. */
  readonly protocol: 'tcp' | 'tls' | 'tls_passthrough';
  readonly serverName: string | undefined;
  readonly sourceAddress: string;
  readonly sourcePort: number;
  readonly destinationAddress: string;
  readonly destinationPort: number;
}

/** PEM texts. Two pairs where both RSA and ECDSA are configured; none where it is quarantined: its names are closed, and nothing else is shown for them (S6). */
export interface RuntimeCertificate {
  readonly id: string;
  readonly pairs: readonly { readonly certPem: string; readonly keyPem: string }[];
}

export interface RuntimeCaCertificate {
  readonly id: string;
  readonly certPem: string;
}

export interface CertificateBook {
  /** For a server name (lower case; undefined where the client sent none): exact, then `*.example.com`, then `example.*`, then `*`; undefined where none is configured. */
  forServerName(serverName: string | undefined): RuntimeCertificate | undefined;
  /** By id. The same array while none of them changed. */
  readonly caCertificates: readonly RuntimeCaCertificate[];
}

/** That clients are asked for their certificates: by these authorities, which vouch for them. */
export interface CertificateRequest {
  /** Distinguishes lists of authorities: handshakes are shared only between equal ones. */
  readonly key: string;
  readonly authorities: readonly RuntimeCaCertificate[];
}

/** How a service's or upstream's TLS connections are made. */
export interface UpstreamTls {
  /** Distinguishes settings: connections are shared only between equal ones. */
  readonly key: string;
  /** The name to ask for and to verify, where the upstream's `host_header` says one; without it, the target's own. */
  readonly serverName?: string;
  /** False: any certificate will do. */
  readonly verify: boolean;
  /** Most certificates between the target's own and the trusted one; null leaves it to OpenSSL. */
  readonly verifyDepth: number | null;
  /** Shown where the target asks for one. */
  readonly clientCertificate: RuntimeCertificate | undefined;
  /** Trusted instead of the system's; undefined trusts the system's. */
  readonly caCertificates: readonly RuntimeCaCertificate[] | undefined;
}

export interface RouteMatch {
  readonly route: RuntimeRoute;
  /** How many characters of `request.path` the route's prefix or regex matched; 0 where the route has no paths. */
  readonly matchedPathLength: number;
  /** What the groups of the route's path pattern caught: numbers from 1 as text, and names. Undefined where it has none. */
  readonly captures: ReadonlyMap<string, string> | undefined;
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
  readonly protocol: ServiceProtocol;
  /** A name of an upstream entity, a DNS name or an IP address. */
  readonly host: string;
  readonly port: number;
  /** '' where none. */
  readonly path: string;
  readonly retries: number;
  /** What `retries` counts for. */
  readonly retryOn: ReadonlySet<RetryCause>;
  /** Statuses after which an idempotent request is tried again; mostly empty. */
  readonly retryStatuses: ReadonlySet<number>;
  /** Percentage of the requests under way that may be retries. */
  readonly retryBudgetPercent: number;
  readonly connectTimeoutMs: number;
  readonly writeTimeoutMs: number;
  readonly readTimeoutMs: number;
  readonly enabled: boolean;
  /** Version of the PROXY protocol header at the start of each connection; null sends none. */
  readonly proxyProtocol: 'v1' | 'v2' | null;
  /** Used where `protocol` is https, grpcs or tls. An upstream's client certificate has gone into it where the service has none. */
  readonly tls: UpstreamTls;
  /** Set where `host` names an upstream entity. */
  readonly upstream: RuntimeUpstream | undefined;
}

/** What is undefined stays the service's. */
export type ServicePlace = RequestTarget;

export type RetryCause = 'connect-failure' | 'reset' | 'timeout';

export type ServiceProtocol = 'http' | 'https' | 'grpc' | 'grpcs' | 'tcp' | 'tls' | 'tls_passthrough';

/** The entity's fields as they are, together with its targets. */
export interface RuntimeUpstream {
  readonly id: string;
  readonly name: string;
  readonly entity: PublishedEntities['upstreams'];
  readonly hostHeader: string | null;
  /** Shown in active checks where a target asks for one; requests have it in their service's `tls`. */
  readonly clientCertificate: RuntimeCertificate | undefined;
  /** By id. Weight 0 left out. */
  readonly targets: readonly RuntimeTarget[];
}

export interface RuntimeTarget {
  readonly id: string;
  readonly host: string;
  readonly port: number;
  readonly weight: number;
  /** Used only where no other target is available. */
  readonly isFailover: boolean;
  /** What operators said it is; mostly empty. */
  readonly switches: readonly TargetSwitch[];
}

export interface TargetSwitch {
  /** One address; null for all. */
  readonly address: string | null;
  readonly health: 'healthy' | 'unhealthy';
  /** Milliseconds since the epoch. */
  readonly at: number;
}

export interface ChainEntry {
  readonly pluginId: string;
  readonly name: string;
  readonly priority: number;
  readonly ordering: PluginOrdering | undefined;
  /** Undefined: it runs for every request of its scope. */
  readonly condition: PluginCondition | undefined;
  readonly instance: PluginInstance;
}

export interface PluginChain {
  /** All entries by descending priority, ties by descending name. */
  readonly entries: readonly ChainEntry[];
  /** The entries that have the phase, by priority; empty arrays cost one comparison. */
  readonly begin: readonly ChainEntry[];
  /** Likewise, by priority and as their ordering says. */
  readonly requestHead: readonly ChainEntry[];
  /** The entries that have the phase, by priority. */
  readonly upstreamRequest: readonly ChainEntry[];
  readonly responseHead: readonly ChainEntry[];
  readonly log: readonly ChainEntry[];
  /** Whose rules say which requests become access records. */
  readonly recorder: ChainEntry | undefined;
  readonly webSocketFrame: readonly ChainEntry[];
  /** Of a stream route. */
  readonly stream: readonly ChainEntry[];
  /** The largest request body that an entry asks for; 0 where none does. */
  readonly requestBodyMaxBytes: number;
  /** Whether `requestHead` is in another order than that of the priorities. */
  readonly isReordered: boolean;
}
