/**
 * Dimensions and filters of analytics as SQL over rows of usage (alias r). Values are escaped into the text, ids that are none match nothing.
 * Used by analytics-queries.ts.
 */
import { escapeLiteral } from 'pg';
import { isUuid } from '../../shared/model/ids.ts';
import type { AnalyticsFilter, AnalyticsQuery, Dimension } from './analytics-store.ts';
import { NO_ID } from './copy-rows.ts';
import type { GatewayScope } from './scope.ts';
import { CLASS_OF } from './usage-rows.ts';

/** A dimension in an answer: text, null where there was none. */
export interface KeyColumn {
  /** Of the column in the answer. */
  readonly name: string;
  /** What of a row it depends on. */
  readonly column: string;
  readonly expression: string;
  readonly join: string;
}

export function groupExpressions(scope: GatewayScope, groupBy: readonly Dimension[]): readonly KeyColumn[] {
  return groupBy.map((dimension, index) => ({ name: `k${index}`, ...partsOf(scope, dimension) }));
}

function partsOf(scope: GatewayScope, dimension: Dimension): Omit<KeyColumn, 'name'> {
  switch (dimension) {
    case 'route': return { column: 'route_id', expression: idText('route_id'), join: '' };
    case 'consumer': return { column: 'consumer_id', expression: idText('consumer_id'), join: '' };
    case 'status': return { column: 'status', expression: 'r.status::text', join: '' };
    case 'status-class': return { column: 'status', expression: `${CLASS_OF}::text`, join: '' };
    case 'data-plane': return { column: 'data_plane_id', expression: 'r.data_plane_id::text', join: '' };
    case 'service': return {
      column: 'route_id', expression: 'of_route.to_id::text',
      join: `LEFT JOIN entity_references of_route ON ${placeOf(scope, 'of_route')} AND of_route.from_kind = 'routes' AND of_route.from_id = r.route_id AND of_route.field = 'service'`,
    };
    default: return {
      column: 'data_plane_id', expression: `labelled.labels ->> ${escapeLiteral(dimension.slice('label:'.length))}`,
      join: `LEFT JOIN data_planes labelled ON ${placeOf(scope, 'labelled')} AND labelled.id = r.data_plane_id`,
    };
  }
}

/** Conditions over the columns of a row, all of which must hold. */
export function filterConditions(scope: GatewayScope, filter: AnalyticsFilter): readonly string[] {
  const conditions: string[] = [];
  if (filter.routes !== undefined) conditions.push(anyId('route_id', filter.routes));
  if (filter.consumers !== undefined) conditions.push(anyId('consumer_id', filter.consumers));
  if (filter.dataPlanes !== undefined) conditions.push(anyId('data_plane_id', filter.dataPlanes));
  if (filter.statuses !== undefined) conditions.push(anyNumber('status', filter.statuses));
  if (filter.statusClasses !== undefined) conditions.push(anyNumber(CLASS_OF, filter.statusClasses));
  if (filter.services !== undefined) {
    const routes = `SELECT from_id FROM entity_references o WHERE ${placeOf(scope, 'o')} AND o.from_kind = 'routes' AND o.field = 'service'`;
    const some = [`route_id IN (${routes} AND ${anyId('o.to_id', filter.services.filter((id) => id !== null))})`, ...(filter.services.includes(null) ? [`route_id NOT IN (${routes})`] : [])];
    conditions.push(`(${some.join(' OR ')})`);
  }
  if (filter.labels !== undefined && filter.labels.size > 0) {
    conditions.push(`data_plane_id IN (SELECT id FROM data_planes o WHERE ${placeOf(scope, 'o')} AND o.labels @> ${escapeLiteral(JSON.stringify(Object.fromEntries(filter.labels)))}::jsonb)`);
  }
  return conditions;
}

/** What rows of these groups have in common; also others may have it. Of labels nothing: one data plane has many. */
export function filterOf(groupBy: readonly Dimension[], keys: readonly (readonly (string | null)[])[]): AnalyticsFilter {
  const parts = (dimension: Dimension): readonly (string | null)[] | undefined => {
    const place = groupBy.indexOf(dimension);
    return place === -1 ? undefined : [...new Set(keys.map((key) => key[place] ?? null))];
  };
  const present = (dimension: Dimension): readonly string[] | undefined => parts(dimension)?.filter((part) => part !== null);
  const [routes, services, consumers, dataPlanes] = [parts('route'), parts('service'), parts('consumer'), present('data-plane')];
  const [statuses, statusClasses] = [present('status')?.map(Number), present('status-class')?.map(Number)];
  return {
    ...(routes && { routes }), ...(services && { services }), ...(consumers && { consumers }), ...(dataPlanes && { dataPlanes }),
    ...(statuses && { statuses }), ...(statusClasses && { statusClasses }),
  };
}

/** Whether latencies of requests that no row tells apart belong to what is asked for. */
export function takesOverflow({ groupBy, filter }: AnalyticsQuery): boolean {
  const tellsApart = groupBy.some((dimension) => dimension !== 'data-plane' && !dimension.startsWith('label:'));
  return !tellsApart && [filter.routes, filter.services, filter.consumers, filter.statuses, filter.statusClasses].every((one) => one === undefined);
}

function placeOf(scope: GatewayScope, alias: string): string {
  return `${alias}.tenant_id = ${escapeLiteral(scope.tenantId)} AND ${alias}.gateway_id = ${escapeLiteral(scope.gatewayId)}`;
}

function idText(column: string): string {
  return `nullif(r.${column}, '${NO_ID}')::text`;
}

function anyId(column: string, ids: readonly (string | null)[]): string {
  const known = ids.flatMap((id) => (id === null ? [NO_ID] : isUuid(id) ? [id] : []));
  return known.length === 0 ? 'false' : `${column} IN (${known.map((id) => `${escapeLiteral(id)}::uuid`).join(', ')})`;
}

function anyNumber(expression: string, numbers: readonly number[]): string {
  const known = numbers.filter((number) => Number.isSafeInteger(number));
  return known.length === 0 ? 'false' : `${expression} IN (${known.join(', ')})`;
}
