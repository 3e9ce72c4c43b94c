/**
 * `/v1/usage`: exact request counts of a gateway (T3), with what is known to be missing beside them: counts that a full
 * spool dropped, and the last fold of processes that were killed.
 */
import type { JsonObject } from '../../../shared/model/definition.ts';
import { didYouMean } from '../../../shared/nearest.ts';
import type { Store } from '../../store/store.ts';
import type { UsageGrouping, UsageTotal } from '../../store/usage-report.ts';
import { invalidQuery, ok } from '../answer.ts';
import { gatewayRoute, type GatewayRequest, type Route } from '../route.ts';
import { ownOperation } from './own-operation.ts';
import { parseTime, showTime } from './own-values.ts';

const GROUPINGS: readonly UsageGrouping[] = ['route', 'consumer', 'status', 'status-class', 'data-plane'];

export function usageRoutes(store: Pick<Store, 'telemetry'>): readonly Route[] {
  return [
    gatewayRoute('/v1/usage', {
      GET: ownOperation<GatewayRequest>()({
        permission: { on: 'usage', verb: 'read' },
        summary: 'Exact totals of requests, bytes and time',
        query: [
          { name: 'from', description: 'Only minutes that start at or after this time.' },
          { name: 'to', description: 'Only minutes that start before this time.' },
          { name: 'group_by', description: `One row for each value of these, comma separated: ${GROUPINGS.join(', ')}.` },
        ],
        handle: async ({ gateway, query }) => {
          const from = parseTime(query, 'from');
          const to = parseTime(query, 'to');
          if (from !== undefined && to !== undefined && from >= to) throw invalidQuery('options', 'to', 'must be later than from');
          const report = await store.telemetry.usage(gateway, { groupBy: parseGroupings(query), ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) });
          return ok({
            data: report.totals.map(showTotal),
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
        },
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

/** Only the fields that were grouped by; null means that there was none (no route matched, no consumer). */
function showTotal(total: UsageTotal): JsonObject {
  return {
    ...(total.routeId === undefined ? {} : { route_id: total.routeId }),
    ...(total.consumerId === undefined ? {} : { consumer_id: total.consumerId }),
    ...(total.status === undefined ? {} : { status: showStatus(total.status) }),
    ...(total.statusClass === undefined ? {} : { status_class: total.statusClass === 0 ? 'none' : `${total.statusClass}xx` }),
    ...(total.dataPlaneId === undefined ? {} : { data_plane_id: total.dataPlaneId }),
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
