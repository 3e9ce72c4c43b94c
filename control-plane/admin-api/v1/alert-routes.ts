/**
 * `/v1/alert-rules`: what of a gateway is worth waking somebody for; `/v1/alerts`: what stands now. Looked at every 15 s by whichever control plane comes
 * first (alerts/alert-watch.ts).
 */
import type { Field, JsonObject } from '../../../shared/model/definition.ts';
import type { RecordOf } from '../../../shared/model/entity-types.ts';
import { isUuid } from '../../../shared/model/ids.ts';
import { ALERT_GROUPINGS, ALERT_KINDS, ALERT_MEASURES, ALERT_QUANTILES, SEVERITIES, type AlertKind, type AlertRuleContent } from '../../alerts/alert-rule.ts';
import type { AlertRule, StandingAlert } from '../../store/alert-store.ts';
import type { Store } from '../../store/store.ts';
import { created, NO_CONTENT, notFound, ok, schemaViolation } from '../answer.ts';
import { gatewayRoute, param, type GatewayRequest, type Route } from '../route.ts';
import { refuseProblem, storedOrRefuse } from '../store-refusal.ts';
import { ownOperation } from './own-operation.ts';
import { labelsField, nameType, showTime } from './own-values.ts';

const operation = ownOperation<GatewayRequest>();
const DAY_SECONDS = 86_400;
const ids = { kind: 'set', of: { kind: 'string', maxLength: 36, rules: [{ name: 'uuid', check: (text: string) => (isUuid(text) ? undefined : 'must be an id') }] } } as const;

const fields = [
  { name: 'name', tag: 1, type: nameType, required: true, description: 'Unique in the gateway.' },
  { name: 'kind', tag: 2, type: { kind: 'string', oneOf: ALERT_KINDS }, required: true, description: 'What is looked at: error_rate and latency of requests; silence, certificate_expiry, spool and stale_config of data planes; drift and other alarms.' },
  { name: 'threshold', tag: 3, type: { kind: 'number', between: [0, 1_000_000_000] }, description: 'From where it is met: percent (error_rate, spool), milliseconds (latency), seconds (silence, stale_config), days (certificate_expiry). Required but for drift and alarm.' },
  { name: 'quantile', tag: 4, type: { kind: 'string', oneOf: ALERT_QUANTILES }, default: 'p99', description: 'Of latency.' },
  { name: 'measure', tag: 5, type: { kind: 'string', oneOf: ALERT_MEASURES }, default: 'request', description: 'Which latency: of the whole request, of the upstream, or what the gateway added.' },
  { name: 'window_seconds', tag: 6, type: { kind: 'integer', between: [60, DAY_SECONDS] }, default: 300, description: 'What error_rate and latency are taken over.' },
  { name: 'for_seconds', tag: 7, type: { kind: 'integer', between: [0, DAY_SECONDS] }, default: 0, description: 'How long it must be met before it fires.' },
  { name: 'resolve_seconds', tag: 19, type: { kind: 'integer', between: [0, DAY_SECONDS] }, default: 60, description: 'How long it must not be met before it is over: what comes and goes is one alert.' },
  { name: 'min_requests', tag: 8, type: { kind: 'integer', between: [1, 1_000_000_000] }, default: 20, description: 'With fewer requests in the window nothing is said of them.' },
  { name: 'group_by', tag: 9, type: { kind: 'string', oneOf: ALERT_GROUPINGS }, default: 'none', description: 'error_rate and latency of each route, service, consumer or data plane by itself; of the 1000 with most requests.' },
  { name: 'routes', tag: 10, type: ids, default: [], description: 'Of these alone; ids.' },
  { name: 'services', tag: 11, type: ids, default: [], description: 'Of these alone; ids.' },
  { name: 'consumers', tag: 12, type: ids, default: [], description: 'Of these alone; ids.' },
  { ...labelsField, tag: 13, default: {}, description: 'Of data planes that have all of them; of their alarms too.' },
  { name: 'codes', tag: 14, type: { kind: 'set', of: { kind: 'string', maxLength: 100 } }, default: [], description: 'Which alarms (ERRORS.md); all where it is empty.' },
  { name: 'severity', tag: 15, type: { kind: 'string', oneOf: SEVERITIES }, default: 'warning', description: 'For the receiver.' },
  { name: 'webhooks', tag: 16, type: { kind: 'set', of: { kind: 'string', maxLength: 100 } }, default: [], description: 'Names of webhooks that are told; all of the tenant where it is empty.' },
  { name: 'repeat_seconds', tag: 17, type: { kind: 'integer', between: [0, 30 * DAY_SECONDS] }, default: 4 * 3_600, description: 'What still fires is told again after so long; 0: never.' },
  { name: 'enabled', tag: 18, type: { kind: 'boolean' }, default: true, description: 'Whether it is looked at.' },
] as const satisfies readonly Field[];

/** Largest threshold that can be met. */
const MOST: Readonly<Partial<Record<AlertKind, number>>> = { error_rate: 100, spool: 100 };
/** Below it the rule would be met by what is well: data planes are noted to be there every 20 to 40 s. */
const LEAST: Readonly<Partial<Record<AlertKind, number>>> = { silence: 60, stale_config: 60 };

const TRAFFIC = ['window_seconds', 'min_requests', 'group_by', 'routes', 'services', 'consumers'] as const;
/** Fields that mean something for some kinds of rules only. */
const ONLY_OF: Readonly<Record<AlertKind, readonly string[]>> = {
  error_rate: ['threshold', ...TRAFFIC], latency: ['threshold', 'quantile', 'measure', ...TRAFFIC], silence: ['threshold'], certificate_expiry: ['threshold'], spool: ['threshold'], stale_config: ['threshold'], drift: [], alarm: ['codes'],
};
const SOME_KINDS_ONLY = new Set<string>(Object.values(ONLY_OF).flat());
const DEFAULTS = new Map<string, unknown>(fields.map((field) => [field.name, 'default' in field ? field.default : null]));
/** 30 days. */
const LONGEST_MUTE_MINUTES = 43_200;
const muteFields = [
  { name: 'minutes', tag: 1, type: { kind: 'integer', between: [0, LONGEST_MUTE_MINUTES] }, required: true, description: 'For how long from now; 0 ends it.' },
  { name: 'reason', tag: 2, type: { kind: 'string', maxLength: 500 }, description: 'For those who wonder.' },
] as const satisfies readonly Field[];

export function alertRoutes(store: Pick<Store, 'alerts' | 'webhooks'>, nowMs: () => number): readonly Route[] {
  const find = async (request: GatewayRequest): Promise<AlertRule> => {
    const found = await store.alerts.find(request.gateway, param(request, 'id'));
    if (found === undefined) throw notFound();
    return found;
  };
  const contentOf = async ({ caller }: GatewayRequest, input: RecordOf<typeof fields>): Promise<AlertRuleContent> => {
    const content = toContent(input);
    const known = content.webhooks.length === 0 ? [] : (await store.webhooks.list(caller.tenantId)).map(({ name }) => name);
    const missing = content.webhooks.find((name) => !known.includes(name));
    if (missing !== undefined) throw schemaViolation([{ field: 'webhooks', message: `there is no webhook "${missing}"; ${known.length === 0 ? 'make one with POST /v1/webhooks' : `there are ${known.join(', ')}`}` }]);
    return content;
  };
  return [
    gatewayRoute('/v1/alert-rules', {
      GET: operation({ permission: { on: 'alert-rules', verb: 'read' }, summary: 'List the rules of alerts', handle: async ({ gateway }) => ok({ data: (await store.alerts.list(gateway)).map(show), next: null }) }),
      POST: operation({
        permission: { on: 'alert-rules', verb: 'create' },
        summary: 'Say what is worth telling webhooks',
        success: 201,
        body: fields,
        handle: async (request, input) => created(show(storedOrRefuse(await store.alerts.create(request.gateway, await contentOf(request, input), request.actor), 'alert-rules'))),
      }),
    }),
    gatewayRoute('/v1/alert-rules/:id', {
      GET: operation({ permission: { on: 'alert-rules', verb: 'read' }, summary: 'Read a rule of alerts', handle: async (request) => ok(show(await find(request))) }),
      PUT: operation({
        permission: { on: 'alert-rules', verb: 'update' },
        summary: 'Replace a rule of alerts',
        body: fields,
        handle: async (request, input) => ok(show(storedOrRefuse(await store.alerts.replace(request.gateway, (await find(request)).id, await contentOf(request, input), request.actor), 'alert-rules'))),
      }),
      DELETE: operation({
        permission: { on: 'alert-rules', verb: 'delete' },
        summary: 'Remove a rule of alerts; of what fires is told that it is over',
        success: 204,
        handle: async (request) => {
          const found = await store.alerts.find(request.gateway, param(request, 'id'));
          if (found === undefined) return NO_CONTENT;
          const problem = await store.alerts.remove(request.gateway, found.id, request.actor);
          if (problem !== undefined && problem.kind !== 'not-found') throw refuseProblem(problem, 'alert-rules');
          return NO_CONTENT;
        },
      }),
    }),
    gatewayRoute('/v1/alert-rules/:id/mute', {
      POST: operation({
        permission: { on: 'alert-rules', verb: 'update' },
        summary: 'Tell no new alerts of a rule for a while, as during maintenance; what still fires then is told afterwards',
        body: muteFields,
        handle: async (request, { minutes, reason }) => {
          const until = minutes === 0 ? undefined : new Date(nowMs() + minutes * 60_000);
          return ok(show(storedOrRefuse(await store.alerts.mute(request.gateway, (await find(request)).id, until, until === undefined ? undefined : (reason ?? undefined), request.actor), 'alert-rules')));
        },
      }),
    }),
    gatewayRoute('/v1/alerts', {
      GET: operation({
        permission: { on: 'alert-rules', verb: 'read' },
        summary: 'What rules are met by now: firing, or pending until it has lasted long enough',
        handle: async ({ gateway }) => ok({ data: (await store.alerts.standing(gateway)).map(showStanding), next: null }),
      }),
    }),
  ];
}

function toContent(input: RecordOf<typeof fields>): AlertRuleContent {
  const useless = Object.entries(input).find(([name, value]) => SOME_KINDS_ONLY.has(name) && !ONLY_OF[input.kind].includes(name) && JSON.stringify(value) !== JSON.stringify(DEFAULTS.get(name)));
  if (useless !== undefined) throw schemaViolation([{ field: useless[0], message: `${useless[0]} has no effect on a rule of kind ${input.kind}: leave it out` }]);
  if (ONLY_OF[input.kind].includes('threshold')) refuseThreshold(input.kind, input.threshold);
  return {
    name: input.name, kind: input.kind, threshold: input.threshold ?? 0, quantile: input.quantile, measure: input.measure, windowSeconds: input.window_seconds, forSeconds: input.for_seconds, resolveSeconds: input.resolve_seconds, minRequests: input.min_requests,
    groupBy: input.group_by, routes: input.routes, services: input.services, consumers: input.consumers, labels: input.labels, codes: input.codes, severity: input.severity, webhooks: input.webhooks,
    repeatSeconds: input.repeat_seconds, enabled: input.enabled,
  };
}

function refuseThreshold(kind: AlertKind, threshold: number | null): void {
  const refuse = (message: string) => schemaViolation([{ field: 'threshold', message: `${message} for a rule of kind ${kind}` }]);
  if (threshold === null) throw refuse('required');
  const [least, most] = [LEAST[kind], MOST[kind]];
  if (least !== undefined && threshold < least) throw refuse(`must be at least ${least}`);
  if (most !== undefined && threshold > most) throw refuse(`must be at most ${most}`);
  if (threshold === 0 && kind !== 'certificate_expiry') throw refuse('must be above 0');
}

function show(rule: AlertRule): JsonObject {
  return {
    id: rule.id, name: rule.name, kind: rule.kind, threshold: rule.threshold, quantile: rule.quantile, measure: rule.measure, window_seconds: rule.windowSeconds, for_seconds: rule.forSeconds, resolve_seconds: rule.resolveSeconds, min_requests: rule.minRequests,
    group_by: rule.groupBy, routes: [...rule.routes], services: [...rule.services], consumers: [...rule.consumers], labels: { ...rule.labels }, codes: [...rule.codes], severity: rule.severity, webhooks: [...rule.webhooks],
    repeat_seconds: rule.repeatSeconds, enabled: rule.enabled, muted_until: showTime(rule.mutedUntil), muted_reason: rule.mutedReason ?? null, last_look_at: showTime(rule.lookedAt), last_failure: rule.failure ?? null, left_out: rule.leftOut, created_at: showTime(rule.createdAt), updated_at: showTime(rule.updatedAt),
  };
}

function showStanding({ rule, subject, state, since, firedAt, toldAt, absentSince, value, detail }: StandingAlert): JsonObject {
  return { rule: { ...rule }, subject: subject === '' ? null : subject, state, since: showTime(since), fired_at: showTime(firedAt), told_at: showTime(toldAt), absent_since: showTime(absentSince), value, detail };
}
