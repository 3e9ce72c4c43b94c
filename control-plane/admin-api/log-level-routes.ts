/**
 * The log level of this control plane, of all control planes and of one data plane, by Kong's paths and our own. Always for a
 * bounded time, after which it is back by itself.
 */
import { LOG_AREAS, parseLogArea, type LogArea } from '../../shared/log-areas.ts';
import { didYouMean } from '../../shared/nearest.ts';
import { describeLevels, LONGEST_LEVEL_SECONDS, parseLogLevel, USUAL_LEVEL_SECONDS, type LogLevelSwitch, type SwitchableLevel } from '../../shared/log-level-switch.ts';
import type { JsonObject } from '../../shared/model/definition.ts';
import { parseId, type DataPlaneId } from '../../shared/model/ids.ts';
import { LOG_LEVEL_SUBJECT } from '../../shared/wire/sync-message.ts';
import type { LogLevelWatch } from '../log-level/log-level-watch.ts';
import type { GatewayScope } from '../store/scope.ts';
import type { Store } from '../store/store.ts';
import { invalidQuery, notFound, ok, Refusal, type Answer } from './answer.ts';
import { anyGatewayRoute, gatewayRoute, param, type AdminRequest, type GatewayRequest, type Operation, type QueryParameter, type Route } from './route.ts';
import type { AskDataPlane } from './v1/explain-routes.ts';
import { ownOperation } from './v1/own-operation.ts';

export interface LogLevels {
  readonly levels: LogLevelSwitch;
  readonly watch: Pick<LogLevelWatch, 'order'>;
}

const TIMEOUT: QueryParameter = { name: 'timeout', description: `Seconds until the usual level is back, 1 to ${LONGEST_LEVEL_SECONDS}; ${USUAL_LEVEL_SECONDS} where not given.` };
const AREA: QueryParameter = { name: 'area', description: `Only this area of the log: ${LOG_AREAS.join(', ')}. A data plane of an older release takes it for all.` };

const operation = ownOperation<AdminRequest>();
const gatewayOperation = ownOperation<GatewayRequest>();

export function logLevelRoutes({ levels, watch }: LogLevels, ask: AskDataPlane, store: Pick<Store, 'fleet'>): readonly Route[] {
  const askOne = async (request: GatewayRequest, question: JsonObject): Promise<Answer> => {
    const id = parseId<DataPlaneId>(param(request, 'id'));
    if (id === undefined || (await store.fleet.get(request.gateway, id)) === undefined) throw notFound();
    return askDataPlane(ask, request.gateway, id, question);
  };
  const ofAll: Operation<AdminRequest> = operation({
    permission: { on: 'log-levels', verb: 'switch' },
    summary: 'Set the log level of all control planes for a while',
    query: [TIMEOUT],
    handle: async (request) => {
      const level = levelOf(request);
      await watch.order(level, timeoutOf(request.query) * 1_000, request.caller.name);
      return ok({ message: `log level changed to ${level}` });
    },
  });
  return [
    anyGatewayRoute('/debug/node/log-level', {
      GET: operation({ permission: { on: 'node', verb: 'read' }, summary: 'Read the log level of this control plane', handle: async () => ok({ message: `log level: ${levels.state.level}`, ...describeLevels(levels) }) }),
    }),
    anyGatewayRoute('/debug/node/log-level/:level', {
      PUT: operation({
        permission: { on: 'log-levels', verb: 'switch' },
        summary: 'Set the log level of this control plane, or of one area of its log, for a while',
        query: [TIMEOUT, AREA],
        handle: async (request) => {
          const level = levelOf(request);
          levels.set(level, timeoutOf(request.query) * 1_000, request.caller.name, areaOf(request.query));
          return ok({ message: `log level changed to ${level}`, ...describeLevels(levels) });
        },
      }),
    }),
    anyGatewayRoute('/debug/cluster/log-level/:level', { PUT: ofAll }),
    anyGatewayRoute('/debug/cluster/control-planes-nodes/log-level/:level', { PUT: ofAll }),
    gatewayRoute('/v1/data-planes/:id/log-level', {
      GET: gatewayOperation({ permission: { on: 'data-planes', verb: 'read' }, summary: 'Read the log level of a data plane', handle: (request) => askOne(request, {}) }),
    }),
    gatewayRoute('/v1/data-planes/:id/log-level/:level', {
      PUT: gatewayOperation({
        permission: { on: 'data-planes', verb: 'switch' },
        summary: 'Set the log level of a data plane, or of one area of its log, for a while',
        query: [TIMEOUT, AREA],
        handle: (request) => askOne(request, { level: levelOf(request), seconds: timeoutOf(request.query), by: request.caller.name, area: areaOf(request.query) ?? null }),
      }),
    }),
  ];
}

async function askDataPlane(ask: AskDataPlane, scope: GatewayScope, id: DataPlaneId, question: JsonObject): Promise<Answer> {
  const asked = await ask(scope, id, LOG_LEVEL_SUBJECT, question);
  if (asked.kind === 'asked' && asked.outcome.kind === 'answered') return ok({ ...asked.outcome.document, data_plane: id });
  const why = asked.kind === 'asked' && asked.outcome.kind === 'failed' ? asked.outcome.reason : 'the data plane is not connected to this control plane; ask the one that it is connected to, or restart it with HOLDFAST_LOG_LEVEL';
  throw new Refusal({ code: 'ADMIN_DATA_PLANE_NOT_ASKED', status: 503, body: { message: why, error: 'ADMIN_DATA_PLANE_NOT_ASKED' }, retryable: true });
}

function areaOf(query: URLSearchParams): LogArea | undefined {
  const text = query.get('area');
  if (text === null) return undefined;
  const area = parseLogArea(text);
  if (area === undefined) throw invalidQuery('options', 'area', `must be one of ${LOG_AREAS.join(', ')}${didYouMean(text, LOG_AREAS)}`);
  return area;
}

function levelOf(request: AdminRequest): SwitchableLevel {
  const text = param(request, 'level');
  const level = parseLogLevel(text);
  if (level === undefined) throw new Refusal({ code: 'ADMIN_LOG_LEVEL_UNKNOWN', status: 400, body: { message: `unknown log level: ${text}; use trace, debug, info, warn, error or fatal` } });
  return level;
}

function timeoutOf(query: URLSearchParams): number {
  const text = query.get('timeout');
  if (text === null) return USUAL_LEVEL_SECONDS;
  const seconds = Number(text);
  if (!/^\d+$/.test(text) || seconds < 1 || seconds > LONGEST_LEVEL_SECONDS) throw invalidQuery('options', 'timeout', `must be a number of seconds from 1 to ${LONGEST_LEVEL_SECONDS}: no level stays for ever`);
  return seconds;
}
