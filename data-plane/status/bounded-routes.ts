/**
 * The first so many routes that had traffic have series of their own in /metrics, the others share one, `overflow`: a scrape stays bounded
 * (R5), and no counter goes back, because who is in stays in.
 */
import { LatencySketch } from '../../shared/telemetry/latency-sketch.ts';
import { OVERFLOW } from '../telemetry/folded-counts.ts';
import type { RouteLatency } from './data-plane-view.ts';

/** The same name as the agent has for what is beyond its own, larger bound. */
export const OTHER_ROUTES = OVERFLOW;

const ROWS_IN_A_STEP = 500;

export class BoundedRoutes {
  readonly #most: number;
  readonly #inside = new Set<string>();

  constructor(most: number) {
    this.#most = most;
  }

  /** `id`, or OTHER_ROUTES. */
  nameOf(id: string): string {
    if (id === OTHER_ROUTES) return id;
    if (!this.#inside.has(id) && this.#inside.size < this.#most) this.#inside.add(id);
    return this.#inside.has(id) ? id : OTHER_ROUTES;
  }

  /** Those beyond the bound summed up, last. Yields now and then: a thousand rows take some 15 ms. */
  *bound(latencies: Iterable<RouteLatency>): Generator<void, readonly RouteLatency[]> {
    const own: RouteLatency[] = [];
    let rest: RouteLatency | undefined;
    let rows = 0;
    for (const latency of latencies) {
      rows += 1;
      if (rows % ROWS_IN_A_STEP === 0) yield;
      if (this.nameOf(latency.routeId) === OTHER_ROUTES) rest = add(rest ?? { routeId: OTHER_ROUTES, request: new LatencySketch(), upstream: new LatencySketch(), gateway: new LatencySketch(), requestMicros: 0, upstreamMicros: 0, gatewayMicros: 0 }, latency);
      else own.push(latency);
    }
    return rest === undefined ? own : [...own, rest];
  }
}

function add(sum: RouteLatency, more: RouteLatency): RouteLatency {
  for (const name of ['request', 'upstream', 'gateway'] as const) sum[name].merge(more[name]);
  return { ...sum, requestMicros: sum.requestMicros + more.requestMicros, upstreamMicros: sum.upstreamMicros + more.upstreamMicros, gatewayMicros: sum.gatewayMicros + more.gatewayMicros };
}
