/**
 * The addresses of one configured upstream as they are now, in tiers: regular targets first, failover targets and lower
 * SRV priorities only where nothing before them can be chosen. Immutable but for the state of its peers; made anew by
 * upstream-groups.ts when the configuration or an answer of the resolver changes.
 */
import { isIP } from 'node:net';
import type { RuntimeUpstream } from '../config/active-config.ts';
import { HashRing, LeastConnections, Latency, RoundRobin, type Algorithm, type Availability, type BalancerMemory, type Member } from './balancer.ts';
import type { UpstreamPolicy } from './health-policy.ts';
import { stickyName } from './hash-input.ts';

export interface PlacedMember extends Member {
  /** Lower ones first. */
  readonly level: number;
  /** Whose address it is. */
  readonly targetId: string;
}

export class PeerSet {
  readonly upstream: RuntimeUpstream;
  readonly policy: UpstreamPolicy;
  readonly members: readonly PlacedMember[];
  /** One for each level, in order. */
  readonly tiers: readonly Algorithm[];
  /** Asking the same peers again and again is in vain, so `hash` and `sticky` ignore a slow start. */
  readonly ramps: boolean;
  readonly hashes: boolean;
  /** Some targets are names, whose addresses change by themselves. */
  readonly hasNames: boolean;
  /** Version of the address book that it was last compared with. */
  addressesVersion: number;
  /** A name of a target has no known address yet. */
  readonly waitsFor: string | undefined;
  #byStickyName: Map<string, PlacedMember> | undefined;
  #healthVersion = -1;
  #isHealthy = true;

  constructor(upstream: RuntimeUpstream, policy: UpstreamPolicy, members: readonly PlacedMember[], memory: BalancerMemory, random: () => number, addressesVersion: number, waitsFor: string | undefined) {
    this.upstream = upstream;
    this.policy = policy;
    // By address, so that the order in which targets were configured makes no difference.
    this.members = members.toSorted((a, b) => a.level - b.level || (a.peer.key < b.peer.key ? -1 : 1));
    this.addressesVersion = addressesVersion;
    this.waitsFor = waitsFor;
    this.hasNames = upstream.targets.some(({ host }) => isIP(host) === 0);
    const { algorithm } = upstream.entity;
    this.hashes = algorithm === 'consistent-hashing';
    this.ramps = !this.hashes;
    const levels = [...new Set(this.members.map(({ level }) => level))];
    this.tiers = levels.map((level) => algorithmFor(upstream, this.members.filter((member) => member.level === level), memory, random));
  }

  /** Whether enough of the weight takes requests (`threshold`). Counted again only after a change: `healthVersion`. */
  isHealthy(healthVersion: number): boolean {
    if (this.policy.threshold === 0) return true;
    if (this.#healthVersion === healthVersion) return this.#isHealthy;
    let total = 0;
    let available = 0;
    for (const { peer, weight } of this.members) {
      total += weight;
      if (peer.health.kind === 'closed') available += weight;
    }
    this.#healthVersion = healthVersion;
    this.#isHealthy = total > 0 && (available / total) * 100 >= this.policy.threshold;
    return this.#isHealthy;
  }

  byStickyName(name: string): PlacedMember | undefined {
    this.#byStickyName ??= new Map(this.members.map((member) => [stickyName(member.peer), member]));
    return this.#byStickyName.get(name);
  }

  /** Whether anybody in a tier before this level can be chosen. */
  hasBefore(level: number, who: Availability): boolean {
    for (const member of this.members) {
      if (member.level >= level) return false;
      if (who.allows(member.peer)) return true;
    }
    return false;
  }

  /** Whether one more may be ejected as an outlier: never more than the configured share of all (a floor below which the rest is left in). */
  get mayEject(): boolean {
    let ejected = 1;
    for (const { peer } of this.members) if (peer.health.kind !== 'closed' && peer.health.cause === 'outlier') ejected += 1;
    return (ejected / this.members.length) * 100 <= this.policy.maxEjectedPercent;
  }
}

function algorithmFor(upstream: RuntimeUpstream, members: readonly Member[], memory: BalancerMemory, random: () => number): Algorithm {
  const { algorithm, slots } = upstream.entity;
  switch (algorithm) {
    case 'round-robin':
    case 'sticky-sessions':
      return new RoundRobin(members, memory);
    case 'least-connections':
      return new LeastConnections(members, memory);
    case 'latency':
      return new Latency(members, memory, random);
    case 'consistent-hashing':
      return new HashRing(members, slots, new RoundRobin(members, memory));
  }
}
