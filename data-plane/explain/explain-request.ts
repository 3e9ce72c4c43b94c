/**
 * Answers "what would become of this request?" from the configuration that serves now: which route and why not the others,
 * which plugins in which order, which service, targets and path. Runs in a proxy thread, in small pieces between requests.
 * `holdfast explain`, the admin API and the status port show the result.
 */
import type { JsonObject, JsonValue } from '../../shared/model/definition.ts';
import type { ExplainQuestion } from '../../shared/model/explain-question.ts';
import { formatVersion } from '../../shared/model/version.ts';
import type { RequestView } from '../../shared/plugins/contract.ts';
import type { RouteMatch, RuntimeRoute, RuntimeService } from '../config/active-config.ts';
import type { CompiledConfig } from '../config/compiled-config.ts';
import type { Published } from '../config/config-tables.ts';
import type { ProxyLimits } from '../http1/limits.ts';
import { buildUpstreamPath } from '../proxy/upstream-path.ts';
import { askedRequest } from './asked-request.ts';
import { fitOf, type Fit } from './misfits.ts';

/** Other routes that are told about, nearest first. */
const MOST_OTHERS = 10;
/** Other routes that are looked at in one explanation; beyond it the answer says so. */
const MOST_COMPARED = 20_000;

export interface ExplainSurroundings {
  readonly limits: ProxyLimits;
  /** What is known of the service's targets: addresses, health, who would be next. */
  readonly targetsOf: (service: RuntimeService) => JsonValue;
}

/** The targets as they are configured. */
export function listTargets({ upstream, host, port }: RuntimeService): JsonValue {
  if (upstream === undefined) return [{ target: `${host}:${port}` }];
  return upstream.targets.map((target) => ({ id: target.id, target: `${target.host}:${target.port}`, weight: target.weight, failover: target.isFailover }));
}

/** A generator that pauses after each route it compared. Throws EXPLAIN_QUESTION_INVALID. */
export function* explainRequest(config: CompiledConfig, question: ExplainQuestion, around: ExplainSurroundings): Generator<void, JsonObject> {
  const served = { version: formatVersion(config.version), content_root: config.contentRoot };
  const asked = askedRequest(question, around.limits);
  if (asked.kind === 'refused') {
    const { code, status, message } = asked.fault;
    return { ...served, request: null, outcome: { kind: 'answered', status, code, message }, route: null, others: [], plugins: [] };
  }
  const request = asked.view;
  const match = config.match(request);
  const others = yield* explainOthers(config, request, match?.route.id, question.route);
  const common = { ...served, request: showRequest(request), ...others };
  if (match === undefined) {
    return { ...common, outcome: { kind: 'answered', status: 404, code: 'PROXY_ROUTE_MISSING', message: 'no Route matched with those values' }, route: null, plugins: [] };
  }
  const consumer = question.consumer === null ? undefined : (config.consumerByUsername(question.consumer) ?? config.consumerById(question.consumer));
  const { route } = match;
  return {
    ...common,
    outcome: outcomeOf(match, request),
    route: { ...showRoute(config.parts.tables.entities.routes.get(route.id)), matched_path: request.path.slice(0, match.matchedPathLength), captures: match.captures === undefined ? null : Object.fromEntries(match.captures) },
    consumer: question.consumer === null ? null : consumer === undefined ? { found: false, asked: question.consumer } : { found: true, id: consumer.id, username: consumer.username },
    plugins: pluginsOf(config, route, consumer?.id),
    service: route.service === undefined ? null : showService(route.service, around),
    upstream_request: route.service === undefined ? null : upstreamRequest(match, route.service, request),
  };
}

/** What the gateway does before any plugin has a say. */
function outcomeOf({ route }: RouteMatch, request: RequestView): JsonObject {
  if (route.quarantined !== undefined) return { kind: 'answered', status: 503, code: route.quarantined, message: 'the route, or something it needs, is quarantined' };
  const speaks = request.scheme === 'https' ? ['https', 'grpcs'] : ['http', 'grpc'];
  if (!speaks.some((protocol) => route.protocols.has(protocol))) {
    return { kind: 'answered', status: route.httpsRedirectStatusCode, code: 'PROXY_HTTPS_REQUIRED', message: `the route serves ${[...route.protocols].join(', ')} alone` };
  }
  if (route.service === undefined) return { kind: 'plugins', message: 'the route has no service: one of its plugins must answer' };
  if (!route.service.enabled) return { kind: 'answered', status: 503, code: 'PROXY_SERVICE_DISABLED', message: 'the service is disabled' };
  return { kind: 'forwarded' };
}

function* explainOthers(config: CompiledConfig, request: RequestView, winner: string | undefined, wanted: string | null): Generator<void, JsonObject> {
  const fits: { readonly route: Published<'routes'>; readonly fit: Fit }[] = [];
  let compared = 0;
  for (const route of config.parts.tables.entities.routes.values()) {
    const isWanted = wanted !== null && (route.name === wanted || route.id === wanted);
    if (route.id === winner || (compared >= MOST_COMPARED && !isWanted)) continue;
    compared += 1;
    const fit = fitOf(route, request);
    if (fit.fits.length > 0 || isWanted) fits.push({ route, fit });
    yield;
  }
  const isWanted = ({ route }: { readonly route: Published<'routes'> }): boolean => wanted !== null && (route.name === wanted || route.id === wanted);
  const nearest = fits.toSorted((a, b) => Number(isWanted(b)) - Number(isWanted(a)) || a.fit.misfits.length - b.fit.misfits.length || b.fit.fits.length - a.fit.fits.length).slice(0, MOST_OTHERS);
  return {
    others: nearest.map(({ route, fit }) => ({
      ...showRoute(route),
      fits: fit.fits,
      misfits: fit.misfits.map(({ attribute, asks, has }) => ({ attribute, asks: asJson(asks), has: asJson(has) })),
      why_not: whyNot(config, route, fit, winner),
    })),
    others_compared: compared,
    others_in_all: config.routeCount - (winner === undefined ? 0 : 1),
  };
}

function whyNot(config: CompiledConfig, route: Published<'routes'>, { misfits }: Fit, winner: string | undefined): string {
  const [first, ...more] = misfits;
  if (first !== undefined) return `${first.attribute} asks for ${JSON.stringify(first.asks)}, the request has ${JSON.stringify(first.has)}${more.length === 0 ? '' : `; also ${more.map(({ attribute }) => attribute).join(', ')}`}`;
  const service = route.service === null ? undefined : config.parts.tables.entities.services.get(route.service.id);
  if (service?.enabled === false) return 'its service is disabled, so it matches nothing';
  return winner === undefined ? 'it is not served by this version' : 'it fits, but the route that was taken ranks higher';
}

function pluginsOf(config: CompiledConfig, route: RuntimeRoute, consumerId: string | undefined): JsonValue {
  return route.chainFor(consumerId).entries.map(({ pluginId, name, priority, instance }) => {
    const entity = config.parts.tables.entities.plugins.get(pluginId);
    const scope = [entity?.route == null ? [] : ['route'], entity?.service == null ? [] : ['service'], entity?.consumer == null ? [] : ['consumer']].flat();
    const phases = (['requestHead', 'responseHead', 'log'] as const).filter((phase) => instance[phase] !== undefined);
    return { id: pluginId, name, priority, scope: scope.length === 0 ? ['global'] : scope, phases };
  });
}

function showRoute(route: Published<'routes'> | undefined): JsonObject {
  return { id: route?.id ?? null, name: route?.name ?? null };
}

function showRequest(request: RequestView): JsonObject {
  return {
    method: request.method, scheme: request.scheme, host: request.host, port: request.port, path: request.path, query: request.query,
    http_version: request.httpVersion, client_ip: request.clientAddress, server_name: request.serverName ?? null,
  };
}

function showService(service: RuntimeService, around: ExplainSurroundings): JsonObject {
  const { id, name, protocol, host, port, upstream } = service;
  return { id, name, protocol, host, port, upstream: upstream === undefined ? null : { id: upstream.id, name: upstream.name, algorithm: upstream.entity.algorithm }, targets: around.targetsOf(service) };
}

function upstreamRequest({ route, matchedPathLength }: RouteMatch, service: RuntimeService, request: RequestView): JsonObject {
  const path = buildUpstreamPath({ servicePath: service.path, stripPath: route.stripPath, pathHandling: route.pathHandling }, request.path, matchedPathLength);
  return { method: request.method, path: request.query === '' ? path : `${path}?${request.query}`, host: route.preserveHost ? request.host : (service.upstream?.hostHeader ?? null) };
}

/** What a definition's values are made of is JSON already. */
function asJson(value: unknown): JsonValue {
  const text = JSON.stringify(value);
  return text === undefined ? null : (JSON.parse(text) as JsonValue);
}
