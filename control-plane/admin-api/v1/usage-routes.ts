/**
 * `/v1/usage`: exact request counts of a gateway (T3), with what is known to be missing beside them: counts that a full
 * spool dropped, and the last fold of processes that were killed.
 */
import type { Clock } from '../../../shared/clock.ts';
import type { JsonObject } from '../../../shared/model/definition.ts';
import { didYouMean } from '../../../shared/nearest.ts';
import type { Store } from '../../store/store.ts';
import type { UsageGrouping, UsageTotal } from '../../store/usage-report.ts';
import { invalidQuery, ok } from '../answer.ts';
import { gatewayRoute, type GatewayRequest, type Route } from '../route.ts';
import { EntityNames } from './entity-names.ts';
import { ownOperation } from './own-operation.ts';
import { showTime } from './own-values.ts';
import type { QueryGate } from './query-gate.ts';
import { parseMoment } from './time-window.ts';

const GROUPINGS: readonly UsageGrouping[] = ['route', 'consumer', 'status', 'status-class', 'data-plane'];
/** Names that are looked up; beyond them ids stand alone. */
const MOST_NAMED = 1_000;

export function usageRoutes(store: Pick<Store, 'telemetry' | 'read' | 'dataPlanes'>, gate: QueryGate, clock: Clock): readonly Route[] {
  return [
    gatewayRoute('/v1/usage', {
      GET: ownOperation<GatewayRequest>()({
        permission: { on: 'usage', verb: 'read' },
        summary: 'Exact totals of requests, bytes and time',
        query: [
          { name: 'from', description: 'Only minutes that start at or after this time, or so long ago: `-30d`; all that are kept where not given.' },
          { name: 'to', description: 'Only minutes that start before this time, or so long ago.' },
          { name: 'group_by', description: `One row for each value of these, comma separated: ${GROUPINGS.join(', ')}.` },
        ],
        handle: ({ gateway, query }) => gate.run(gateway.tenantId, async () => {
          const [from, to] = [parseMoment(query, 'from', clock.nowMs()), parseMoment(query, 'to', clock.nowMs())];
          if (from !== undefined && to !== undefined && from >= to) throw invalidQuery('options', 'to', 'must be later than from');
          const report = await store.telemetry.usage(gateway, { groupBy: parseGroupings(query), ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) });
          const names = new EntityNames();
          for (const total of report.totals.slice(0, MOST_NAMED)) wantNames(names, total);
          await names.read(store, gateway);
          return ok({
            data: report.totals.map((total) => showTotal(names, total)),
            dropped: report.drops.map((drop) => ({ data_plane_id: drop.dataPlaneId, reason: drop.reason, count: drop.count })),
            lost_at_crash: report.crashGaps.map((gap) => ({
              data_plane_id: gap.dataPlaneId,
              boot_id: gap.bootId,
              last_fold_at: showTime(gap.lastFoldAt),
              at_most_ms: gap.atMostMs,
              last_rate_per_second: gap.lastRatePerSecond,
            })),
            next: null,
          });
        }),
      }),
    }),
  ];
}

function parseGroupings(query: URLSearchParams): readonly UsageGrouping[] {
  const words = query.get('group_by')?.split(',') ?? [];
  return words.map((word) => {
    const grouping = GROUPINGS.find((known) => known === word.replaceAll('_', '-'));
    if (grouping === undefined) throw invalidQuery('options', 'group_by', `expected one of: ${GROUPINGS.join(', ')}${didYouMean(word, GROUPINGS)}`);
    return grouping;
  });
}

function wantNames(names: EntityNames, { routeId, consumerId, dataPlaneId }: UsageTotal): void {
  names.want('route', routeId ?? null);
  names.want('consumer', consumerId ?? null);
  names.wantDataPlane(dataPlaneId ?? null);
}

/** Only the fields that were grouped by; null means that there was none (no route matched, no consumer), of a name that it is gone or not told. */
function showTotal(names: EntityNames, total: UsageTotal): JsonObject {
  return {
    ...(total.routeId === undefined ? {} : { route_id: total.routeId, route_name: names.show(total.routeId)?.['name'] ?? null }),
    ...(total.consumerId === undefined ? {} : { consumer_id: total.consumerId, consumer_username: names.show(total.consumerId)?.['name'] ?? null }),
    ...(total.status === undefined ? {} : { status: showStatus(total.status) }),
    ...(total.statusClass === undefined ? {} : { status_class: total.statusClass === 0 ? 'none' : `${total.statusClass}xx` }),
    ...(total.dataPlaneId === undefined ? {} : { data_plane_id: total.dataPlaneId, hostname: names.showDataPlane(total.dataPlaneId)?.['hostname'] ?? null }),
    requests: total.requests,
    bytes_in: total.bytesIn,
    bytes_out: total.bytesOut,
    duration_us: total.durationMicros,
  };
}

/** A data plane of an older release tells the class alone. */
function showStatus(status: number): string {
  return status === 0 ? 'none' : status < 100 ? `${status}xx` : String(status);
}
