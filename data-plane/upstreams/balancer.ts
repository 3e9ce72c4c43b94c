/**
 * The algorithms that choose among the addresses of an upstream. Each is laid out once per set of addresses and costs the
 * same for two as for a thousand of them (least-connections looks at 128: some 1 µs). `Availability` says who can be
 * chosen; upstream-groups.ts asks.
 */
import { layOut } from './weighted-turns.ts';
import type { Peer } from './peer.ts';
import { mixHash } from './string-hash.ts';

export interface Member {
  readonly peer: Peer;
  readonly weight: number;
}

export interface Availability {
  /** Monotonic. */
  readonly nowMs: number;
  allows(peer: Peer): boolean;
}

/** What goes on from one set of addresses to the next: the turn, and what an answer takes on average. */
export interface BalancerMemory {
  place: number;
  typicalLatencyMs: number;
}

export interface Algorithm {
  /** `hash`: of what the request is known by; undefined where it has nothing of the kind. */
  pick(who: Availability, hash: number | undefined): Peer | undefined;
}

/** Steps along a ring or a list past addresses that can't be chosen; then each address is looked at once. */
const MAX_STEPS = 1_024;

/** In turn, spread evenly by weight. */
export class RoundRobin implements Algorithm {
  readonly #members: readonly Member[];
  readonly #order: readonly Member[];
  readonly #memory: BalancerMemory;

  constructor(members: readonly Member[], memory: BalancerMemory) {
    this.#members = members;
    this.#order = layOut(members);
    this.#memory = memory;
  }

  pick(who: Availability): Peer | undefined {
    const order = this.#order;
    const { length } = order;
    const steps = Math.min(length, MAX_STEPS);
    for (let step = 0; step < steps; step++) {
      const place = this.#memory.place % length;
      this.#memory.place = place + 1;
      const peer = order[place]?.peer;
      if (peer !== undefined && who.allows(peer)) return peer;
    }
    return firstAllowed(this.#members, who, this.#memory.place);
  }
}

/** Among so many the best one is hardly worse than the best of all. */
const MAX_COMPARED = 128;

/** Where the fewest requests are under way for its weight: of all, or of the next 128 where there are more. */
export class LeastConnections implements Algorithm {
  readonly #members: readonly Member[];
  readonly #memory: BalancerMemory;

  constructor(members: readonly Member[], memory: BalancerMemory) {
    this.#members = members;
    this.#memory = memory;
  }

  pick(who: Availability): Peer | undefined {
    const { length } = this.#members;
    const start = length === 0 ? 0 : this.#memory.place % length;
    this.#memory.place = start + 1;
    let best: Peer | undefined;
    let bestLoad = Number.POSITIVE_INFINITY;
    for (let step = 0; step < length && (step < MAX_COMPARED || best === undefined); step++) {
      // The start moves on, so that equals take turns.
      const member = this.#members[start + step < length ? start + step : start + step - length];
      if (member === undefined) continue;
      const load = (member.peer.active + 1) / member.weight;
      if (load >= bestLoad || !who.allows(member.peer)) continue;
      best = member.peer;
      bestLoad = load;
    }
    return best;
  }
}

/** The better of two that are drawn by weight: latency times requests under way. */
export class Latency implements Algorithm {
  readonly #members: readonly Member[];
  readonly #order: readonly Member[];
  readonly #memory: BalancerMemory;
  readonly #random: () => number;

  constructor(members: readonly Member[], memory: BalancerMemory, random: () => number) {
    this.#members = members;
    this.#order = layOut(members);
    this.#memory = memory;
    this.#random = random;
  }

  pick(who: Availability): Peer | undefined {
    const one = this.#draw(who, undefined);
    if (one === undefined) return firstAllowed(this.#members, who, Math.floor(this.#random() * this.#members.length));
    const other = this.#draw(who, one);
    if (other === undefined) return one;
    const typical = this.#memory.typicalLatencyMs;
    return other.costMs(typical, who.nowMs) < one.costMs(typical, who.nowMs) ? other : one;
  }

  #draw(who: Availability, except: Peer | undefined): Peer | undefined {
    for (let draw = 0; draw < 8; draw++) {
      const peer = this.#order[Math.floor(this.#random() * this.#order.length)]?.peer;
      if (peer !== undefined && peer !== except && who.allows(peer)) return peer;
    }
    return undefined;
  }
}

const POINTS_EACH = 160;
const MIN_POINTS_EACH = 20;
const MAX_POINTS = 65_536;
/** The configured `slots` are about how finely Kong divides its ring; a point here costs little. */
const POINTS_PER_SLOT = 8;
/** More addresses than an upstream can have. */
const OWNER_RANGE = 2 ** 20;

/**
 * A ring of points, many for each address, as its weight says; a hash belongs to the next point. Where the points of an
 * address lie and how many there are depends on itself alone, up to a scale that halves at 257, 513 and 1,025 addresses or where
 * the heaviest weight doubles: so an address that comes or goes moves only what becomes or was its own, and the order of
 * targets does not matter.
 */
export class HashRing implements Algorithm {
  readonly #members: readonly Member[];
  readonly #points: Uint32Array;
  readonly #owners: Uint32Array;
  readonly #otherwise: Algorithm;

  /** `slots`: about how many points there should be. `otherwise` chooses where there is nothing to hash. */
  constructor(members: readonly Member[], slots: number, otherwise: Algorithm) {
    this.#members = members;
    this.#otherwise = otherwise;
    const counts = pointCounts(members, slots);
    const total = counts.reduce((sum, count) => sum + count, 0);
    // Position and owner in one number each, so that one typed sort orders both.
    const sortable = new Float64Array(total);
    let at = 0;
    for (const [index, { peer }] of members.entries()) {
      const count = counts[index] ?? 0;
      for (let point = 0; point < count; point++) sortable[at++] = mixHash(peer.hash ^ Math.imul(point + 1, 0x9e3779b1)) * OWNER_RANGE + index;
    }
    sortable.sort();
    this.#points = new Uint32Array(total);
    this.#owners = new Uint32Array(total);
    for (let index = 0; index < total; index++) {
      const value = sortable[index] ?? 0;
      this.#points[index] = Math.floor(value / OWNER_RANGE);
      this.#owners[index] = value % OWNER_RANGE;
    }
  }

  pick(who: Availability, hash: number | undefined): Peer | undefined {
    if (hash === undefined) return this.#otherwise.pick(who, hash);
    const { length } = this.#points;
    const start = this.#firstFrom(hash);
    const steps = Math.min(length, MAX_STEPS);
    for (let step = 0; step < steps; step++) {
      const owner = this.#owners[(start + step) % length];
      const peer = owner === undefined ? undefined : this.#members[owner]?.peer;
      if (peer !== undefined && who.allows(peer)) return peer;
    }
    return firstAllowed(this.#members, who, hash);
  }

  #firstFrom(hash: number): number {
    let low = 0;
    let high = this.#points.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#points[middle] ?? 0) < hash) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function pointCounts(members: readonly Member[], slots: number): readonly number[] {
  const heaviest = members.reduce((most, { weight }) => Math.max(most, weight), 1);
  const places = 2 ** Math.ceil(Math.log2(Math.max(1, members.length)));
  let each = POINTS_EACH;
  while (each > MIN_POINTS_EACH && each * places > Math.min(MAX_POINTS, slots * POINTS_PER_SLOT)) each /= 2;
  const perWeight = each / 2 ** Math.ceil(Math.log2(heaviest));
  return members.map(({ weight }) => Math.max(1, Math.round(weight * perWeight)));
}

function firstAllowed(members: readonly Member[], who: Availability, start: number): Peer | undefined {
  const { length } = members;
  for (let step = 0; step < length; step++) {
    const peer = members[(start + step) % length]?.peer;
    if (peer !== undefined && who.allows(peer)) return peer;
  }
  return undefined;
}
