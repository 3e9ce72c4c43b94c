/**
 * Puts the admin API together and opens its port: all routes from definitions and `…-routes.ts` files, admission, audit
 * of refusals. Called by start-control-plane.ts and by tests.
 */
import type { FastifyInstance } from 'fastify';
import { randomUUID } from 'node:crypto';
import type { AddressInfo, Socket } from 'node:net';
import type { AuditKeeper } from '../audit/audit-keeper.ts';
import type { Clock } from '../../shared/clock.ts';
import { describeThrown, HoldfastError } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log.ts';
import type { JsonObject } from '../../shared/model/definition.ts';
import type { TenantId } from '../../shared/model/ids.ts';
import { entityDefinitions } from '../../shared/model/registry.ts';
import type { PluginSource } from '../../shared/model/parse-plugin.ts';
import { pluginSchemaOf, versionsOf } from '../../shared/plugins/catalog.ts';
import type { PluginSchema } from '../../shared/plugins/contract.ts';
import type { CustomPlugins } from '../plugins/custom-plugins.ts';
import type { SocketAddress } from '../../shared/setting-types.ts';
import type { PurgeDesk } from '../cache-purges/purge-desk.ts';
import type { EventHub } from '../events/event-hub.ts';
import type { KeyDesk } from '../keys/key-desk.ts';
import { SecretKeyDesk } from '../keys/secret-key-desk.ts';
import type { Store } from '../store/store.ts';
import { RequestTails } from '../telemetry/request-tail.ts';
import { OidcSignIn } from '../sign-in/oidc.ts';
import { SignInDesk } from '../sign-in/sign-in-desk.ts';
import { Admission } from './admission.ts';
import { ok } from './answer.ts';
import { clusteringRoutes } from './clustering-routes.ts';
import { CrossOrigin } from './cross-origin.ts';
import { configRoutes } from './config-routes.ts';
import { isLoopbackAddress } from './development-guard.ts';
import { entityRoutes } from './entity-routes.ts';
import { createHttpServer, newServerCounters, type ServerCounters } from './http-server.ts';
import { KnownGateways } from './known-gateways.ts';
import { logLevelRoutes, type LogLevels } from './log-level-routes.ts';
import { nodeRoutes } from './node-routes.ts';
import { buildOpenApi } from './openapi.ts';
import { OutageMemory } from './outage-memory.ts';
import { ownPaths } from './own-openapi.ts';
import { RefusalAudit } from './refusal-audit.ts';
import { RequestMeter } from './request-meter.ts';
import type { Route } from './route.ts';
import { schemaRoutes } from './schema-routes.ts';
import { SessionCookies } from './session-cookie.ts';
import { signInRoutes } from './sign-in-routes.ts';
import { tagRoutes } from './tag-routes.ts';
import { upstreamHealthRoutes } from './upstream-health-routes.ts';
import { identityProviderRoutes } from './v1/identity-provider-routes.ts';
import { sessionRoutes } from './v1/session-routes.ts';
import { alarmRoutes } from './v1/alarm-routes.ts';
import { analyticsRoutes } from './v1/analytics-routes.ts';
import { alertRoutes } from './v1/alert-routes.ts';
import { webhookRoutes } from './v1/webhook-routes.ts';
import { auditRoutes } from './v1/audit-routes.ts';
import { cacheRoutes } from './v1/cache-routes.ts';
import { batchRoutes } from './v1/batch-routes.ts';
import { convergenceRoutes } from './v1/convergence-routes.ts';
import { dataPlaneRoutes } from './v1/data-plane-routes.ts';
import { declarativeRoutes } from './v1/declarative-routes.ts';
import { eventRoutes } from './v1/event-routes.ts';
import { explainRoutes, type AskDataPlane } from './v1/explain-routes.ts';
import { gatewayRoutes } from './v1/gateway-routes.ts';
import { keyRoutes } from './v1/key-routes.ts';
import { joinTokenRoutes, type CreateJoinToken } from './v1/join-token-routes.ts';
import { operatorRoutes } from './v1/operator-routes.ts';
import { pluginRoutes } from './v1/plugin-routes.ts';
import { QueryGate } from './v1/query-gate.ts';
import { quotaRoutes } from './v1/quota-routes.ts';
import { requestRoutes } from './v1/request-routes.ts';
import { retentionRoutes } from './v1/retention-routes.ts';
import { secretKeyRoutes } from './v1/secret-key-routes.ts';
import { quarantineRoutes } from './v1/quarantine-routes.ts';
import { releaseRoutes } from './v1/release-routes.ts';
import { roleRoutes } from './v1/role-routes.ts';
import { tenantRoutes } from './v1/tenant-routes.ts';
import { tokenRoutes } from './v1/token-routes.ts';
import { usageExportRoutes } from './v1/usage-export-routes.ts';
import { usageRoutes } from './v1/usage-routes.ts';

export interface AdminApiOptions {
  readonly store: Omit<Store, 'stop' | 'listenForChanges'>;
  readonly catalog: ReadonlyMap<string, PluginSchema>;
  readonly customPlugins: CustomPlugins;
  readonly createJoinToken: CreateJoinToken;
  readonly askDataPlane: AskDataPlane;
  readonly logLevels: LogLevels;
  readonly purges: Pick<PurgeDesk, 'order'>;
  readonly keys: KeyDesk;
  readonly auditKeeper: AuditKeeper;
  /** Stopped with the API: its streams would hold up the end. */
  readonly events: EventHub;
  readonly listen: SocketAddress;
  /** Requests without a token are the installation admin's; needs a loopback address. */
  readonly developmentMode: boolean;
  /** Made at the first start; in development mode the tenant of requests without a token. */
  readonly installationTenant: TenantId;
  /** How long a tenant that was deleted can be restored. */
  readonly deletionGraceMs: number;
  /** Under which browsers reach the admin API. */
  readonly publicUrl: URL;
  /** Identity providers without TLS are taken: for trying it out. */
  readonly allowHttpIssuers: boolean;
  /** Webhooks without TLS are taken: for trying it out. */
  readonly allowHttpWebhooks: boolean;
  readonly maxBodyBytes: number;
  /** Of web pages that may use the API from a browser. */
  readonly allowedOrigins: readonly string[];
  readonly softwareVersion: string;
  readonly hostname: string;
  /** Shown under `/`: no secrets. */
  readonly configuration: JsonObject;
  readonly log: Logger;
  readonly clock: Clock;
}

export interface AdminApi {
  readonly address: SocketAddress;
  /** What `/metrics` tells of it. */
  readonly meter: RequestMeter;
  readonly counters: ServerCounters;
  /** Answers what has begun, closes idle connections, cuts the others after a while; resolves when the port is free. */
  stop(): Promise<void>;
}

/** Longer than any request takes whose client keeps up. */
export const CUT_AFTER_MS = 10_000;

/** Opens the port. Throws ADMIN_DEVELOPMENT_NOT_LOOPBACK, or ADMIN_LISTEN_FAILED where the port is taken. */
export async function startAdminApi(options: AdminApiOptions): Promise<AdminApi> {
  const { store, clock, log, listen } = options;
  refuseOpenDevelopment(options);
  const counters = newServerCounters();
  const meter = new RequestMeter();
  const tails = new RequestTails(store.records, clock);
  const routes = adminRoutes(options, counters, tails);
  const cookies = new SessionCookies(options.publicUrl);
  const oidc = new OidcSignIn({ publicUrl: options.publicUrl, allowHttp: options.allowHttpIssuers, clock });
  const desk = new SignInDesk({ providers: store.identityProviders, sessions: store.sessions, passwords: store.passwords, box: store.installationBox, oidc, clock, log });
  const refusals = new RefusalAudit({ audit: store.audit, installationTenant: options.installationTenant, log, clock });
  const server = createHttpServer({
    routes,
    // A control plane without its database still answers reads; that it is away is said, and not a reason to be taken away.
    probes: new Map([['/status/ready', async () => ok({ message: 'ready', database: (await store.isReachable()) ? 'reachable' : 'away' })]]),
    openRoutes: signInRoutes(desk, cookies),
    cookies,
    admission: new Admission({ tokens: store.tokens, sessions: store.sessions, cookies, clock, developmentTenant: options.developmentMode ? options.installationTenant : undefined }),
    gateways: new KnownGateways(store.gateways, clock),
    recordRefusedWrite: (refused) => refusals.record(refused),
    serverHeader: `holdfast/${options.softwareVersion}`,
    maxBodyBytes: options.maxBodyBytes,
    crossOrigin: new CrossOrigin(options.allowedOrigins),
    counters,
    meter,
    memory: new OutageMemory({ isDatabaseAway: () => store.meter.state.kind === 'away', meter, clock }),
    plugins: options.customPlugins,
    log,
    clock,
  });
  const connections = new Set<Socket>();
  server.server.on('connection', (connection) => {
    connections.add(connection);
    connection.once('close', () => connections.delete(connection));
  });
  try {
    await server.listen({ host: listen.host, port: listen.port });
  } catch (thrown) {
    throw new HoldfastError({
      code: 'ADMIN_LISTEN_FAILED',
      source: 'control-plane',
      publicMessage: 'the admin API could not open its port',
      message: `the admin API could not listen on ${listen.host}:${listen.port} (${describeThrown(thrown)}); stop what holds the port, or set HOLDFAST_ADMIN_LISTEN`,
      cause: thrown,
    });
  }
  const address = { host: listen.host, port: portOf(server.server.address()) ?? listen.port };
  log.info({ event: 'admin-api-listening', ...address, developmentMode: options.developmentMode }, options.developmentMode ? 'admin API open to this machine without a token: development mode' : 'admin API open');
  const stop = async (): Promise<void> => {
    await stopWithin(CUT_AFTER_MS, server, connections, [options.events, tails], clock);
    await oidc.close();
  };
  return { address, meter, counters, stop };
}

/** Every route of the admin API, in the order of the documentation. */
export function adminRoutes(options: Omit<AdminApiOptions, 'listen' | 'maxBodyBytes' | 'allowedOrigins' | 'developmentMode' | 'log'>, counters = newServerCounters(), tails = new RequestTails(options.store.records, options.clock)): readonly Route[] {
  const { store, catalog, clock } = options;
  const cookies = new SessionCookies(options.publicUrl);
  const rules = { clock, plugins: pluginsOf(catalog) };
  const entities = entityRoutes({ ...rules, store });
  const gate = new QueryGate();
  const openApi = (): JsonObject => buildOpenApi(entityDefinitions, [...catalog.values()], { version: options.softwareVersion, paths: ownPaths(routes) });
  const routes: readonly Route[] = [
    ...nodeRoutes({ ...options, nodeId: randomUUID(), counters }, () => routes, openApi),
    ...schemaRoutes({ ...rules, store, catalog }),
    ...entities,
    ...upstreamHealthRoutes({ ...rules, store }),
    ...tagRoutes(store),
    ...configRoutes({ ...rules, store }),
    ...declarativeRoutes({ ...rules, store }),
    ...clusteringRoutes(store),
    ...logLevelRoutes(options.logLevels, options.askDataPlane, store),
    ...tenantRoutes(options),
    ...quotaRoutes(store),
    ...pluginRoutes(options.customPlugins),
    ...gatewayRoutes(store, options.keys),
    ...batchRoutes(store, rules),
    ...operatorRoutes(store),
    ...tokenRoutes(store, clock),
    ...roleRoutes(store, cookies),
    ...identityProviderRoutes({ store, allowHttp: options.allowHttpIssuers }),
    ...sessionRoutes(store, cookies),
    ...dataPlaneRoutes(store, clock),
    ...explainRoutes(options.askDataPlane),
    ...keyRoutes(options.keys, store),
    ...secretKeyRoutes(new SecretKeyDesk(store), store),
    ...joinTokenRoutes(store, options.createJoinToken),
    ...quarantineRoutes(store),
    ...cacheRoutes(store, options.purges),
    ...alarmRoutes(store),
    ...alertRoutes(store, () => options.clock.nowMs()),
    ...webhookRoutes({ store, allowHttp: options.allowHttpWebhooks, now: () => new Date(options.clock.nowMs()) }),
    ...eventRoutes(options.events),
    ...convergenceRoutes(store),
    ...releaseRoutes(store),
    ...usageRoutes(store, gate, clock),
    ...usageExportRoutes(store),
    ...analyticsRoutes(store, gate, clock),
    ...requestRoutes(store, tails, gate, clock),
    ...retentionRoutes(store),
    ...auditRoutes(store, options.auditKeeper),
  ];
  return routes;
}

/** Asked anew each time: custom plugins come at any moment. */
function pluginsOf(catalog: ReadonlyMap<string, PluginSchema>): PluginSource {
  return { pluginSchemaOf: (name, version = null) => (version === null ? catalog.get(name) : pluginSchemaOf(name, version)), versionsOf, get pluginNames() { return [...catalog.keys()]; } };
}

/** One client that sends its body slowly must not hold up the end of the whole process. */
async function stopWithin(cutAfterMs: number, server: FastifyInstance, connections: ReadonlySet<Socket>, streams: readonly { stop(): Promise<void> }[], clock: Clock): Promise<void> {
  const cut = clock.after(cutAfterMs, () => server.server.closeAllConnections(), { keepAlive: true });
  await Promise.all(streams.map((one) => one.stop()));
  const closed = server.close();
  // Node closes those that are idle after a request. One on which nothing was ever asked, as browsers open them ahead, is owed nothing.
  for (const connection of connections) if (connection.bytesRead === 0) connection.destroy();
  await closed;
  cut.cancel();
}

function refuseOpenDevelopment({ developmentMode, listen }: AdminApiOptions): void {
  if (!developmentMode || isLoopbackAddress(listen.host)) return;
  throw new HoldfastError({
    code: 'ADMIN_DEVELOPMENT_NOT_LOOPBACK',
    source: 'control-plane',
    publicMessage: 'development mode needs a loopback address',
    message: `development mode answers without a token, so the admin API may only listen on a loopback address, not on ${listen.host}; set HOLDFAST_ADMIN_LISTEN=127.0.0.1:8001, or leave HOLDFAST_DEVELOPMENT_MODE off`,
  });
}

/** Null and text do not occur on a TCP port that is open. */
function portOf(address: AddressInfo | string | null): number | undefined {
  return typeof address === 'object' ? address?.port : undefined;
}
