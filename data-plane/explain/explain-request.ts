/**
 * Answers "what would become of this request?" from the configuration that serves now: which route and why not the others,
 * which plugins in which order, which service, targets and path. Runs in a proxy thread, in small pieces between requests.
 * `holdfast explain`, the admin API and the status port show the result.
 */
import type { JsonObject, JsonValue } from '../../shared/model/definition.ts';
import type { ExplainQuestion } from '../../shared/model/explain-question.ts';
import { formatVersion } from '../../shared/model/version.ts';
import type { ConsumerRef } from '../../shared/plugins/config-lookup.ts';
import type { RequestView } from '../../shared/plugins/contract.ts';
import type { ChainEntry, RouteMatch, RuntimeRoute, RuntimeService } from '../config/active-config.ts';
import type { CompiledConfig } from '../config/compiled-config.ts';
import { clientScope } from '../config/client-scope.ts';
import type { ConfigTables, Published } from '../config/config-tables.ts';
import { ConditionFields } from '../config/plugin-condition.ts';
import { pluginsInScope } from '../config/plugin-chains.ts';
import { INTAKE_FAULTS } from '../listeners/intake-faults.ts';
import { protocolMismatch, type ProtocolFacts } from '../proxy/protocol-mismatch.ts';
import { REFUSALS } from '../proxy/refusals.ts';
import { buildUpstreamPath } from '../proxy/upstream-path.ts';
import type { TargetReport } from '../upstreams/upstream-control.ts';
import { askedRequest, type AskedSurroundings } from './asked-request.ts';
import { fitOf, type Fit } from './misfits.ts';
import { isStreamRoute, nearestRoutes } from './nearest-routes.ts';
import { shortList, shortText, shortValue } from './shorten.ts';

/** Other routes that are told about, nearest first. */
const MOST_OTHERS = 10;
/** What is shown at most, so that the answer fits a frame: of targets, of addresses and captures, of attributes that don't fit, of a URL. */
const MOST_TARGETS = 100;
const MOST_PARTS = 10;
const MOST_URL_CHARACTERS = 4_096;

export interface ExplainSurroundings extends AskedSurroundings {
  /** What this thread knows of an upstream's targets. */
  readonly healthOf: (upstreamId: string) => readonly TargetReport[];
  /** Whether clients that ask for a server name without a certificate are shown one all the same. */
  readonly hasDefaultCertificate: boolean;
}

/** In call order. */
const PHASES = ['certificate', 'begin', 'requestHead', 'upstreamRequest', 'responseHead', 'responseBody', 'responseBytes', 'log', 'webSocketFrame', 'stream'] as const;

/** A generator that pauses after each small piece of work. Throws EXPLAIN_QUESTION_INVALID. */
export function* explainRequest(config: CompiledConfig, question: ExplainQuestion, around: ExplainSurroundings): Generator<void, JsonObject> {
  const served = { version: formatVersion(config.version), content_root: config.contentRoot };
  const asked = askedRequest(question, around);
  if (asked.kind === 'refused') {
    const { code, status, message } = asked.fault;
    return { ...served, request: null, outcome: { kind: 'answered', status, code, message }, route: null, others: [], plugins: [] };
  }
  const request = asked.view;
  const match = config.match(request);
  const others = yield* explainOthers(config, request, match?.route.id, question.route);
  const tls = request.scheme === 'https' ? tlsOf(config, request.serverName, around) : undefined;
  const common = { ...served, request: showRequest(request), tls: tls?.shown ?? null, ...others };
  if (match === undefined) return { ...common, outcome: tls?.refused ?? { kind: 'answered', ...REFUSALS.noRoute }, route: null, plugins: [] };
  const consumer = question.consumer === null ? undefined : (config.consumerByUsername(question.consumer) ?? config.consumerById(question.consumer));
  const { route } = match;
  return {
    ...common,
    outcome: tls?.refused ?? outcomeOf(match, asked.protocol),
    route: { ...showRoute(config.parts.tables.entities.routes.get(route.id)), matched_path: shortText(request.path.slice(0, match.matchedPathLength), MOST_URL_CHARACTERS), captures: showCaptures(match.captures) },
    consumer: question.consumer === null ? null : consumer === undefined ? { found: false, asked: question.consumer } : { found: true, id: consumer.id, username: consumer.username, groups: shortList(config.consumerGroupsOf(consumer.id), MOST_PARTS) },
    ...showPlugins(config, route, request, consumer),
    service: route.service === undefined ? null : showService(route.service, around),
    upstream_request: route.service === undefined ? null : upstreamRequest(match, route.service, request),
  };
}

/** The certificate that the client is shown; `refused` where its handshake fails, so that no request ever comes. */
function tlsOf({ certificates }: CompiledConfig, serverName: string | undefined, { hasDefaultCertificate }: ExplainSurroundings): { readonly shown: JsonObject; readonly refused: JsonObject | undefined } {
  const certificate = certificates.forServerName(serverName);
  const fault = certificate === undefined ? (hasDefaultCertificate ? undefined : INTAKE_FAULTS.nameUnknown) : certificate.pairs.length === 0 ? INTAKE_FAULTS.certificateUnusable : undefined;
  return {
    shown: { certificate: certificate?.id ?? (hasDefaultCertificate ? 'default' : null) },
    refused: fault === undefined ? undefined : { kind: 'refused', code: fault.code, message: `the handshake fails: ${fault.reason}` },
  };
}

/** What the gateway does before any plugin has a say, in the order in which it does. */
function outcomeOf({ route }: RouteMatch, protocol: ProtocolFacts): JsonObject {
  if (route.quarantined !== undefined) return { kind: 'answered', status: 503, code: route.quarantined, message: 'the route, or something it needs, is quarantined' };
  const mismatch = protocolMismatch(route.protocols, protocol);
  if (mismatch?.kind === 'https') return { kind: 'answered', ...REFUSALS.httpsRequired, status: route.httpsRedirectStatusCode };
  if (mismatch !== undefined) return { kind: 'answered', ...mismatch.refusal };
  if (route.service === undefined) return { kind: 'plugins', message: 'the route has no service: one of its plugins must answer' };
  return { kind: 'forwarded' };
}

function* explainOthers(config: CompiledConfig, request: RequestView, winner: string | undefined, wanted: string | null): Generator<void, JsonObject> {
  const { routes } = config.parts.tables.entities;
  const asked: Published<'routes'>[] = [];
  const others = function* (): Generator<Published<'routes'>> {
    for (const route of routes.values()) {
      if (route.id === winner) continue;
      if (wanted !== null && (route.name === wanted || route.id === wanted)) asked.push(route);
      else yield route;
    }
  };
  const nearest = yield* nearestRoutes(others(), request, MOST_OTHERS);
  const told: { readonly route: Published<'routes'>; readonly fit: Fit }[] = [];
  for (const route of [...asked, ...nearest].slice(0, MOST_OTHERS)) told.push({ route, fit: isStreamRoute(route) ? { fits: [], misfits: [] } : yield* fitOf(route, request) });
  const inOrder = told.toSorted((a, b) => Number(asked.includes(b.route)) - Number(asked.includes(a.route)) || a.fit.misfits.length - b.fit.misfits.length || b.fit.fits.length - a.fit.fits.length);
  return {
    others: inOrder.map(({ route, fit }) => ({
      ...showRoute(route),
      fits: shortList(fit.fits, MOST_PARTS),
      misfits: fit.misfits.slice(0, MOST_PARTS).map(({ attribute, asks, has }) => ({ attribute, asks: shortValue(asks), has: shortValue(has) })),
      why_not: whyNot(config, route, fit, winner),
    })),
    others_in_all: config.routeCount - (winner === undefined ? 0 : 1),
  };
}

function whyNot(config: CompiledConfig, route: Published<'routes'>, { misfits }: Fit, winner: string | undefined): string {
  if (isStreamRoute(route)) return `it is for ${route.protocols.join(', ')}: no HTTP request gets there`;
  const [first, ...more] = misfits;
  if (first !== undefined) {
    const also = more.length === 0 ? '' : `; also ${shortList(more.map(({ attribute }) => attribute)).join(', ')}`;
    return `${first.attribute} asks for ${JSON.stringify(shortValue(first.asks))}${first.has === null ? '' : `, the request has ${JSON.stringify(shortValue(first.has))}`}${also}`;
  }
  const service = route.service === null ? undefined : config.parts.tables.entities.services.get(route.service.id);
  if (service?.enabled === false) return 'its service is disabled, so it matches nothing';
  return winner === undefined ? 'it is not served by this version' : 'it fits, but the route that was taken ranks higher';
}

/** In the order in which they see the request; with what decides that, where it is not the priority alone. */
function showPlugins(config: CompiledConfig, route: RuntimeRoute, request: RequestView, consumer: ConsumerRef | undefined): JsonObject {
  const { tables, quarantine } = config.parts;
  const { entries, requestHead, isReordered } = route.chainFor(consumer?.id);
  const fields = new ConditionFields(request, { consumer, consumerGroupsOf: (id) => config.consumerGroupsOf(id) });
  const isSkipped = ({ condition }: ChainEntry): boolean => condition?.holds(fields) === false;
  const inOrder = isReordered ? [...requestHead, ...entries.filter((entry) => !requestHead.includes(entry))] : entries;
  const taken = new Set(inOrder.map(({ pluginId }) => pluginId));
  const plugins = inOrder.filter((entry) => !isSkipped(entry)).map(({ pluginId, name, priority, ordering, condition, instance }): JsonObject => {
    const phases = PHASES.filter((phase) => instance[phase] !== undefined);
    const scope = scopeOf(tables, tables.entities.plugins.get(pluginId));
    const place = ordering === undefined ? {} : { ordering: { before: ordering.before, after: ordering.after } };
    return { id: pluginId, name, priority, ...scope, phases, ...place, ...(condition === undefined ? {} : { condition: shortText(condition.text) }), quarantined: quarantine.get('plugins', pluginId)?.code ?? null };
  });
  const skipped = inOrder.filter(isSkipped).map(({ pluginId, name, condition }) => ({ id: pluginId, name, why_not: `its condition does not hold for this request: ${shortText(condition?.text ?? '')}` }));
  const entity = tables.entities.routes.get(route.id);
  const others = entity === undefined ? [] : pluginsInScope(tables, entity, clientScope(tables, consumer?.id)).filter((id) => !taken.has(id)).flatMap((id) => tables.entities.plugins.get(id) ?? []);
  const passedOver = others.map(({ id, name, enabled }) => ({ id, name, why_not: enabled ? 'one of the same name with a narrower scope runs instead' : 'it is disabled' }));
  return { plugins, plugins_not_run: [...skipped, ...passedOver].slice(0, MOST_PARTS) };
}

/** What a plugin is bound to; a group by its name too, because several may have decided. */
function scopeOf({ entities }: ConfigTables, plugin: Published<'plugins'> | undefined): JsonObject {
  const group = plugin?.consumer_group == null ? undefined : entities.consumer_groups.get(plugin.consumer_group.id);
  const scope = (['route', 'service', 'consumer', 'consumer_group'] as const).filter((name) => plugin?.[name] != null);
  return { scope: scope.length === 0 ? ['global'] : scope, ...(group === undefined ? {} : { consumer_group: { id: group.id, name: group.name } }) };
}

function showRoute(route: Published<'routes'> | undefined): JsonObject {
  return { id: route?.id ?? null, name: route?.name ?? null };
}

function showRequest(request: RequestView): JsonObject {
  return {
    method: request.method, scheme: request.scheme, host: request.host, port: request.port, path: shortText(request.path, MOST_URL_CHARACTERS), query: shortText(request.query, MOST_URL_CHARACTERS),
    http_version: request.httpVersion, client_ip: request.clientAddress, server_name: request.serverName ?? null,
  };
}

function showCaptures(captures: ReadonlyMap<string, string> | undefined): JsonValue {
  if (captures === undefined) return null;
  return Object.fromEntries([...captures].slice(0, MOST_PARTS).map(([name, value]) => [name, shortText(value)]));
}

function showService(service: RuntimeService, around: ExplainSurroundings): JsonObject {
  const { id, name, protocol, host, port, upstream } = service;
  return { id, name, protocol, host, port, upstream: upstream === undefined ? null : { id: upstream.id, name: upstream.name, algorithm: upstream.entity.algorithm }, ...showTargets(service, around) };
}

/** As configured, each with the addresses that it has by now and what is known of them. */
function showTargets({ upstream, host, port }: RuntimeService, { healthOf }: ExplainSurroundings): JsonObject {
  if (upstream === undefined) return { targets: [{ target: `${host}:${port}` }], targets_in_all: 1 };
  const addressesOf = Map.groupBy(healthOf(upstream.id), ({ target }) => target);
  const targets = upstream.targets.slice(0, MOST_TARGETS).map((target): JsonObject => {
    const text = `${target.host}:${target.port}`;
    const addresses = (addressesOf.get(text) ?? []).slice(0, MOST_PARTS).map(({ address, state, reason }) => ({ address, state, reason }));
    return { id: target.id, target: text, weight: target.weight, failover: target.isFailover, addresses };
  });
  return { targets, targets_in_all: upstream.targets.length };
}

function upstreamRequest({ route, matchedPathLength }: RouteMatch, service: RuntimeService, request: RequestView): JsonObject {
  const path = buildUpstreamPath({ servicePath: service.path, stripPath: route.stripPath, pathHandling: route.pathHandling }, request.path, matchedPathLength);
  const host = route.preserveHost ? (request.header('host') ?? request.host) : (service.upstream?.hostHeader ?? null);
  return { method: request.method, path: shortText(request.query === '' ? path : `${path}?${request.query}`, MOST_URL_CHARACTERS), host };
}
