/**
 * Weighted round-robin over the targets of an upstream. The order is laid out once per configured upstream; the place in it
 * is kept by upstream id, so a configuration swap goes on where the old one was (R3).
 */
import type { RuntimeTarget, RuntimeUpstream } from '../config/active-config.ts';

/** Longest order; beyond it weights are rounded. */
const MAX_TURNS = 10_000;

/** Upstreams whose place is kept; configurations come and go. */
const MAX_PLACES = 10_000;

export class Balancer {
  readonly #orders = new WeakMap<RuntimeUpstream, readonly RuntimeTarget[]>();
  readonly #places = new Map<string, number>();

  /** The next target in turn that is not in `passedOver`; undefined where all are. */
  next(upstream: RuntimeUpstream, passedOver: ReadonlySet<RuntimeTarget> | undefined): RuntimeTarget | undefined {
    const order = this.#orderOf(upstream);
    let place = this.#places.get(upstream.id) ?? 0;
    for (let turn = 0; turn < order.length; turn++) {
      const target = order[place % order.length];
      place = (place + 1) % order.length;
      if (target === undefined || passedOver?.has(target) === true) continue;
      this.#keepPlace(upstream.id, place);
      return target;
    }
    return undefined;
  }

  #keepPlace(id: string, place: number): void {
    this.#places.delete(id);
    this.#places.set(id, place);
    if (this.#places.size <= MAX_PLACES) return;
    const oldest = this.#places.keys().next();
    if (oldest.done !== true) this.#places.delete(oldest.value);
  }

  #orderOf(upstream: RuntimeUpstream): readonly RuntimeTarget[] {
    let order = this.#orders.get(upstream);
    if (order === undefined) {
      order = layOut(upstream.targets);
      this.#orders.set(upstream, order);
    }
    return order;
  }
}

/** Each target as often as its weight says, spread evenly: the k-th turn of a target of weight w stands at (k + ½) / w. */
export function layOut(targets: readonly RuntimeTarget[]): readonly RuntimeTarget[] {
  const weighted = targets.filter((target) => target.weight > 0);
  const divisor = weighted.reduce((common, target) => greatestCommonDivisor(common, target.weight), 0);
  if (divisor === 0) return [];
  const total = weighted.reduce((sum, target) => sum + target.weight / divisor, 0);
  const scale = Math.min(1, MAX_TURNS / total);
  const turns: { readonly target: RuntimeTarget; readonly at: number }[] = [];
  for (const target of weighted) {
    const count = Math.max(1, Math.round((target.weight / divisor) * scale));
    for (let turn = 0; turn < count; turn++) turns.push({ target, at: (turn + 0.5) / count });
  }
  return turns.sort((a, b) => a.at - b.at).map((turn) => turn.target);
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
