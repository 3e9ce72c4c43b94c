/**
 * The configuration that a thread serves (ActiveConfig) together with what its successor is built from. Immutable; made
 * by compile.ts alone. Holds its plugin instances from birth until `release`.
 */
import type { BasicCredential, ConsumerRef, CredentialRef, HmacCredential, JwtCredential, MtlsCredential } from '../../shared/plugins/config-lookup.ts';
import type { RequestView } from '../../shared/plugins/contract.ts';
import type { ConfigVersion } from '../../shared/model/version.ts';
import type { ContentKeyRing } from '../../shared/trust/content-seal.ts';
import type { RouteHit, Router } from '../router/router.ts';
import type { StreamRouter } from '../router/stream-router.ts';
import type { ActiveConfig, CertificateBook, CertificateRequest, RouteMatch, RuntimeRoute, RuntimeService, RuntimeUpstream, ServicePlace, StreamView } from './active-config.ts';
import type { TablesCertificateBook } from './certificate-book.ts';
import { CertificateRequests } from './certificate-requests.ts';
import type { ConfigTables, Published } from './config-tables.ts';
import type { Identities } from './identities.ts';
import type { OpenedCertificate } from './opened-certificates.ts';
import type { PersistentMap } from './persistent-map.ts';
import type { PluginSet } from './plugin-instances.ts';
import type { QuarantineList } from './quarantine.ts';
import type { RuntimeRoutes } from './runtime-routes.ts';
import type { VaultedMap } from './vaulted-entities.ts';

/** The parts, as compile.ts carries them from one configuration to the next. */
export interface ConfigParts {
  readonly tables: ConfigTables;
  /** What its secrets were opened with. */
  readonly contentKeys: ContentKeyRing | undefined;
  readonly quarantine: QuarantineList;
  readonly router: Router;
  readonly streams: StreamRouter;
  /** The routes that the routers know, as they were added to them. */
  readonly routed: PersistentMap<Published<'routes'>>;
  readonly plugins: PluginSet;
  readonly opened: PersistentMap<OpenedCertificate>;
  /** What values of vaults were put into. */
  readonly vaulted: VaultedMap;
  readonly certificates: TablesCertificateBook;
  readonly routes: RuntimeRoutes;
  readonly identities: Identities;
}

export class CompiledConfig implements ActiveConfig {
  readonly version: ConfigVersion;
  readonly contentRoot: string;
  readonly routeCount: number;
  readonly parts: ConfigParts;
  readonly certificates: CertificateBook;
  #certificateRequests: CertificateRequests | undefined;
  #released = false;

  constructor(version: ConfigVersion, contentRoot: string, parts: ConfigParts) {
    this.version = version;
    this.contentRoot = contentRoot;
    this.routeCount = parts.tables.entities.routes.size;
    this.parts = parts;
    this.certificates = parts.certificates;
    parts.plugins.hold();
  }

  match(request: RequestView): RouteMatch | undefined {
    const hit = this.parts.router.match(request);
    const route = hit === undefined ? undefined : this.parts.routes.routeOf(hit.routeId);
    return hit === undefined || route === undefined ? undefined : new FoundRoute(route, hit);
  }

  matchStream(connection: StreamView): RuntimeRoute | undefined {
    const id = this.parts.streams.match(connection);
    return id === undefined ? undefined : this.parts.routes.routeOf(id);
  }

  serviceAt(service: RuntimeService, place: ServicePlace): RuntimeService {
    return this.parts.routes.serviceAt(service, place);
  }

  certificateRequest(serverName: string | undefined): CertificateRequest | undefined {
    this.#certificateRequests ??= new CertificateRequests(this.parts.routes.certificateAskers(), this.certificates.caCertificates);
    return this.#certificateRequests.for(serverName, this);
  }

  upstreamNamed(name: string): RuntimeUpstream | undefined {
    return this.parts.routes.soundUpstreamNamed(name);
  }

  hasUpstream(id: string): boolean {
    return this.parts.tables.entities.upstreams.has(id);
  }

  upstreamOf(id: string): RuntimeUpstream | undefined {
    return this.parts.routes.upstreamOf(id);
  }

  probedUpstreams(): readonly RuntimeUpstream[] {
    return this.parts.routes.probedUpstreams();
  }

  switchedUpstreams(): readonly RuntimeUpstream[] {
    return this.parts.routes.switchedUpstreams();
  }

  consumerById(id: string): ConsumerRef | undefined {
    return this.parts.identities.consumerById(id);
  }

  consumerByUsername(username: string): ConsumerRef | undefined {
    return this.parts.identities.consumerByUsername(username);
  }

  consumerByCustomId(customId: string): ConsumerRef | undefined {
    return this.parts.identities.consumerByCustomId(customId);
  }

  basicCredential(username: string): BasicCredential | undefined {
    return this.parts.identities.basicCredential(username);
  }

  hmacCredential(username: string): HmacCredential | undefined {
    return this.parts.identities.hmacCredential(username);
  }

  jwtCredential(key: string): JwtCredential | undefined {
    return this.parts.identities.jwtCredential(key);
  }

  mtlsCredentials(subjectName: string): readonly MtlsCredential[] {
    return this.parts.identities.mtlsCredentials(subjectName);
  }

  caCertificate(id: string): string | undefined {
    return this.parts.identities.caCertificate(id);
  }

  credentialBySecret(kind: 'keyauth_credentials', presented: string): CredentialRef | undefined {
    return this.parts.identities.credentialBySecret(kind, presented);
  }

  groupsOf(consumerId: string): readonly string[] {
    return this.parts.identities.groupsOf(consumerId);
  }

  consumerGroupsOf(consumerId: string): readonly string[] {
    return this.parts.identities.consumerGroupsOf(consumerId);
  }

  /**
   * To be called once by the owner: after the last request pinned to it ended, or where it is never served. Closes the
   * plugin instances that no other configuration has; the configuration must not be used as a base any more. Idempotent.
   */
  release(): void {
    if (this.#released) return;
    this.#released = true;
    this.parts.plugins.release();
  }
}

class FoundRoute implements RouteMatch {
  readonly route: RuntimeRoute;
  readonly matchedPathLength: number;
  readonly #hit: RouteHit;
  /** Null: not asked for yet. */
  #captures: ReadonlyMap<string, string> | undefined | null = null;

  constructor(route: RuntimeRoute, hit: RouteHit) {
    this.route = route;
    this.matchedPathLength = hit.matchedPathLength;
    this.#hit = hit;
  }

  get captures(): ReadonlyMap<string, string> | undefined {
    if (this.#captures === null) this.#captures = this.#hit.captures();
    return this.#captures;
  }
}
