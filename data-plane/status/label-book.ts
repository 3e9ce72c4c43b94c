/**
 * What routes, services and consumers that the agent counted are called (threads/route-labels.ts). Asked of a proxy thread when
 * /metrics is read, for what is not known yet under the configuration that serves; kept until another one serves. Bounded (R5).
 */
import { OVERFLOW } from '../telemetry/folded-counts.ts';
import type { LabelPair, RouteLabels } from '../threads/route-labels.ts';

export interface LabelBookOptions {
  /** Of the configuration that serves: names may be others after it changed. */
  readonly version: () => string;
  /** Undefined where no thread answers. */
  readonly ask: (pairs: readonly LabelPair[]) => Promise<readonly RouteLabels[] | undefined>;
}

/** Neither route nor consumer. */
export const NEITHER: LabelPair = { routeId: '', consumerId: '' };
/** Pairs of route and consumer that have names; consumers that come beyond them go by ids, as does everything while no thread answers. */
export const MOST_PAIRS = 20_000;

/** Requests wait for a thread that answers: some milliseconds at most. */
const PAIRS_AT_ONCE = 200;

export class LabelBook {
  readonly #options: LabelBookOptions;
  #version = '';
  #known = new Map<string, RouteLabels>();

  constructor(options: LabelBookOptions) {
    this.#options = options;
  }

  /** Never rejects. */
  async labelsOf(pairs: Iterable<LabelPair>): Promise<Labels> {
    const version = this.#options.version();
    if (version !== this.#version) this.#known = new Map();
    this.#version = version;
    const known = this.#known;
    const missing = new Map<string, LabelPair>();
    for (const { routeId, consumerId } of pairs) {
      const key = keyOf(routeId, consumerId);
      if (routeId !== OVERFLOW && !known.has(key) && known.size + missing.size < MOST_PAIRS) missing.set(key, { routeId, consumerId });
    }
    const pairsMissing = [...missing.values()];
    for (let at = 0; at < pairsMissing.length; at += PAIRS_AT_ONCE) {
      const rows = await this.#options.ask(pairsMissing.slice(at, at + PAIRS_AT_ONCE));
      if (rows === undefined) break;
      for (const row of rows) known.set(keyOf(row.routeId, row.consumerId), row);
    }
    return (routeId, consumerId) => {
      const own = known.get(keyOf(routeId, consumerId));
      if (own !== undefined) return own;
      // A consumer beyond the bound: what is known of the route counts, and nothing goes uncounted.
      const { route, service, kong } = known.get(keyOf(routeId, '')) ?? { route: routeId, service: '', kong: undefined };
      return { routeId, consumerId, route, service, consumer: consumerId, kong };
    };
  }
}

export type Labels = (routeId: string, consumerId: string) => RouteLabels;

function keyOf(routeId: string, consumerId: string): string {
  return `${routeId}/${consumerId}`;
}
