/**
 * All that is kept for upstream entities beyond a request and beyond a configuration (R3): their addresses with health and
 * load, whose turn it is, what runs. Asked by choose-endpoint.ts for an address, told by the life of a request how it
 * went. One per proxy thread; health is shared with the other threads (peer-health.ts).
 */
import { isIP } from 'node:net';
import type { RuntimeTarget, RuntimeUpstream } from '../config/active-config.ts';
import type { Availability, BalancerMemory } from './balancer.ts';
import type { Endpoint } from './endpoint.ts';
import { cookieLine, cookieValue, requestHash, stickyName, type BalancedRequest } from './hash-input.ts';
import { policyOf, type UpstreamPolicy } from './health-policy.ts';
import type { FailureKind } from './health-state.ts';
import { Peer, peerKey } from './peer.ts';
import { PeerHealth, type HealthSurroundings, type PeerChange } from './peer-health.ts';
import { PeerSet, type PlacedMember } from './peer-set.ts';
import type { AddressBook, Resolved } from './resolve-address.ts';
import { RetryBudget } from './retry-budget.ts';

/** How often the names of an upstream's targets are looked at for answers that ran out. */
const LOOK_EVERY_MS = 500;
/** An upstream with thousands of names is not laid out anew for each answer, as long as it has addresses to go to. */
const CALM_MS = 50;
/** A failed request counts as one that took this long. */
const FAILED_LATENCY_MS = 1_000;
const TYPICAL_SHARE = 0.05;
/** Failover targets come behind every priority of the regular ones: priorities of SRV records have 16 bits. */
const FAILOVER_LEVEL = 65_536;
/** Changes of addresses that this thread does not know (yet). */
const MAX_EARLY_CHANGES = 10_000;

export interface UpstreamGroup {
  readonly id: string;
  readonly retryBudget: RetryBudget;
  readonly memory: BalancerMemory;
  /** By `Peer.key`. */
  peers: Map<string, Peer>;
  /** The newest. */
  set: PeerSet | undefined;
  /** When its names were looked at last. */
  lookedMs: number;
}

export type PeerChoice =
  | { readonly kind: 'peer'; readonly peer: Peer; readonly group: UpstreamGroup }
  | { readonly kind: 'unresolved'; readonly host: string }
  | { readonly kind: 'none' };

const NONE: PeerChoice = { kind: 'none' };

export class UpstreamGroups {
  readonly #addresses: AddressBook;
  readonly #around: HealthSurroundings;
  readonly health: PeerHealth;
  readonly #groups = new Map<string, UpstreamGroup>();
  /** The sets of configurations in use; more than one of an upstream while requests run on an older one. */
  readonly #sets = new WeakMap<RuntimeUpstream, PeerSet>();
  /** What other threads told about addresses that are not known here yet, by upstream and key. */
  readonly #early = new Map<string, PeerChange>();
  readonly #who: WhoCan;
  /** Called for an endpoint whose address is no longer one of its upstream. */
  onGone: (endpoint: Endpoint) => void = () => undefined;

  constructor(addresses: AddressBook, around: HealthSurroundings) {
    this.#addresses = addresses;
    this.#around = around;
    this.health = new PeerHealth(around);
    this.#who = new WhoCan(this.health, around.random);
  }

  groups(): Iterable<UpstreamGroup> {
    return this.#groups.values();
  }

  groupOf(id: string): UpstreamGroup | undefined {
    return this.#groups.get(id);
  }

  /** An address for the request that is none of `tried`. */
  choose(upstream: RuntimeUpstream, facts: BalancedRequest, tried: readonly Endpoint[]): PeerChoice {
    const nowMs = this.#around.clock.monotonicMs();
    const { group, set } = this.current(upstream, nowMs);
    const who = this.#who.begin(set, tried, nowMs);
    const isOpen = set.isHealthy(this.health.version);
    const sticks = upstream.entity.algorithm === 'sticky-sessions';
    const sticky = sticks ? stickyPeer(set, facts, who) : undefined;
    const isTaken = isOpen && sticky !== undefined && this.health.take(sticky, set.policy, nowMs);
    const chosen = isTaken ? sticky : this.#pick(set, set.hashes ? requestHash(upstream.entity, facts) : undefined, who, nowMs, isOpen);
    if (chosen === undefined) return set.waitsFor === undefined ? NONE : { kind: 'unresolved', host: set.waitsFor };
    if (sticks && chosen !== sticky) stick(upstream, facts, chosen);
    return { kind: 'peer', peer: chosen, group };
  }

  /** Whether a request would find an address now, as far as this thread knows; one that would have to wait for a name does. Takes nobody's turn. */
  isAvailable(upstream: RuntimeUpstream): boolean {
    const nowMs = this.#around.clock.monotonicMs();
    const { set } = this.current(upstream, nowMs);
    const { members, policy, waitsFor } = set;
    const onlyProbes = !set.isHealthy(this.health.version);
    return waitsFor !== undefined || members.some(({ peer }) => (peer.health.kind === 'closed' ? !onlyProbes : this.health.isDue(peer, policy, nowMs)));
  }

  /** The addresses of an upstream as this configuration has them. */
  current(upstream: RuntimeUpstream, nowMs: number): { readonly group: UpstreamGroup; readonly set: PeerSet } {
    const group = this.#groupFor(upstream.id);
    const known = this.#sets.get(upstream);
    if (known !== undefined && group.set !== undefined && (!known.hasNames || this.#isFresh(known, nowMs - group.lookedMs))) return { group, set: known };
    // The names are asked for their addresses, so that answers which ran out are refreshed.
    group.lookedMs = nowMs;
    const isNew = known === undefined;
    const members: PlacedMember[] = [];
    const waitsFor = this.#place(upstream, group, members);
    if (known !== undefined && known.waitsFor === waitsFor && sameMembers(known.members, members)) {
      known.addressesVersion = this.#addresses.version;
      return { group, set: known };
    }
    // Most changes of the configuration leave an upstream as it is: then its rings and orders are not laid out anew.
    const before = group.set;
    if (isNew && before?.upstream.entity === upstream.entity && before.waitsFor === waitsFor && sameMembers(before.members, members)) {
      this.#sets.set(upstream, before);
      return { group, set: before };
    }
    const policy = known?.policy ?? policyOf(upstream);
    const set = new PeerSet(upstream, policy, members, group.memory, this.#around.random, this.#addresses.version, waitsFor);
    this.#sets.set(upstream, set);
    // An older configuration that is still in use does not take the place of a newer one.
    if (isNew || before === undefined || before === known) this.#adopt(group, set, nowMs);
    return { group, set };
  }

  /** A response head came. `latencyMs` since the request was sent. */
  answered(endpoint: Endpoint, status: number, latencyMs: number): void {
    const { peer } = endpoint;
    const group = peer === undefined ? undefined : this.#groups.get(peer.upstreamId);
    const set = group?.set;
    if (peer === undefined || group === undefined || set === undefined) return;
    const nowMs = this.#around.clock.monotonicMs();
    peer.answeredIn(latencyMs, nowMs);
    group.memory.typicalLatencyMs += TYPICAL_SHARE * (latencyMs - group.memory.typicalLatencyMs);
    const { policy } = set;
    const isClosed = peer.health.kind === 'closed';
    if (!policy.watchesTraffic && isClosed) return;
    const counts = policy.failureStatuses.has(status);
    const isOutlier = status >= 500;
    // Kong's lists leave statuses out; outlier detection and a probing request take each for one or the other.
    const isStrict = policy.health.outlierFailures > 0 || !isClosed;
    if (counts || (isOutlier && isStrict)) this.#failed(peer, set, 'http', counts, isOutlier);
    else if (policy.successStatuses.has(status) || isStrict) this.health.report(peer, { kind: 'success', from: 'traffic' }, policy);
  }

  /** No response head came. */
  failed(endpoint: Endpoint, what: FailureKind): void {
    const { peer } = endpoint;
    const set = peer === undefined ? undefined : this.#groups.get(peer.upstreamId)?.set;
    if (peer === undefined || set === undefined) return;
    peer.answeredIn(FAILED_LATENCY_MS, this.#around.clock.monotonicMs());
    this.#failed(peer, set, what, true, true);
  }

  /** A stream's connection stands: that is all that shows how its target does. */
  connected({ peer }: Endpoint): void {
    const set = peer === undefined ? undefined : this.#groups.get(peer.upstreamId)?.set;
    if (peer !== undefined && set !== undefined) this.health.report(peer, { kind: 'success', from: 'traffic' }, set.policy);
  }

  /** A request that was let through to see how its target does ended without telling. */
  toldNothing({ peer }: Endpoint): void {
    if (peer === undefined || peer.health.kind !== 'half-open') return;
    const set = this.#groups.get(peer.upstreamId)?.set;
    if (set === undefined) return;
    peer.lostProbes += 1;
    this.health.report(peer, { kind: 'probe-lost' }, set.policy);
  }

  /** From another thread. */
  told(change: PeerChange): void {
    const group = this.#groups.get(change.upstreamId);
    const peer = group?.peers.get(change.key);
    if (peer !== undefined) return this.health.told(peer, change, group?.set?.policy);
    const name = `${change.upstreamId}/${change.key}`;
    this.#early.delete(name);
    if (change.kind === 'open') this.#early.set(name, change);
    if (this.#early.size <= MAX_EARLY_CHANGES) return;
    const oldest = this.#early.keys().next();
    if (oldest.done !== true) this.#early.delete(oldest.value);
  }

  /** Forgets upstreams that a new configuration does not have. */
  keepOnly(has: (upstreamId: string) => boolean): void {
    for (const group of this.#groups.values()) {
      if (has(group.id)) continue;
      this.#groups.delete(group.id);
      for (const peer of group.peers.values()) this.#retire(peer);
    }
    for (const [name, change] of this.#early) if (!has(change.upstreamId)) this.#early.delete(name);
  }

  #pick(set: PeerSet, hash: number | undefined, who: WhoCan, nowMs: number, isOpen: boolean): Peer | undefined {
    who.onlyProbes = !isOpen;
    for (const tier of set.tiers) {
      // Another thread may be first to send the one request that an address half open takes; then it is somebody else's turn.
      for (let attempt = 0; attempt < 4; attempt++) {
        let peer = tier.pick(who, hash);
        if (peer === undefined && who.heldBack) {
          who.ramps = false;
          peer = tier.pick(who, hash);
        }
        if (peer === undefined) break;
        if (this.health.take(peer, set.policy, nowMs)) return peer;
      }
    }
    return undefined;
  }

  #failed(peer: Peer, set: PeerSet, what: FailureKind, counts: boolean, isOutlier: boolean): void {
    if (!set.policy.watchesTraffic && peer.health.kind === 'closed') return;
    const mayEject = set.policy.health.outlierFailures > 0 && set.mayEject;
    this.health.report(peer, { kind: 'failure', from: 'traffic', what, counts, isOutlier, mayEject }, set.policy);
  }

  /** Whether the addresses of its names are those that it has. */
  #isFresh({ addressesVersion, waitsFor }: PeerSet, lookedForMs: number): boolean {
    if (addressesVersion === this.#addresses.version) return lookedForMs < LOOK_EVERY_MS;
    return waitsFor === undefined && lookedForMs < CALM_MS;
  }

  #groupFor(id: string): UpstreamGroup {
    let group = this.#groups.get(id);
    if (group === undefined) {
      group = { id, retryBudget: new RetryBudget(), memory: { place: 0, typicalLatencyMs: 0 }, peers: new Map(), set: undefined, lookedMs: Number.NEGATIVE_INFINITY };
      this.#groups.set(id, group);
    }
    return group;
  }

  /** Fills in the members; gives a name whose addresses must be waited for. All names that need it are asked at once. */
  #place(upstream: RuntimeUpstream, group: UpstreamGroup, members: PlacedMember[]): string | undefined {
    let waitsFor: string | undefined;
    for (const target of upstream.targets) {
      const level = target.isFailover ? FAILOVER_LEVEL : 0;
      if (isIP(target.host) !== 0) {
        members.push({ peer: this.#peer(group, target, target.host, undefined), weight: target.weight, level, targetId: target.id });
        continue;
      }
      const records = this.#addresses.all(target.host);
      if (records === undefined) {
        void this.#addresses.resolve(target.host);
        waitsFor ??= target.host;
        continue;
      }
      for (const record of records) {
        // As Kong: each address has the target's weight, unless an SRV record says otherwise.
        const weight = record.name === undefined ? target.weight : record.weight;
        members.push({ peer: this.#peer(group, target, record.address, record), weight, level: level + record.priority, targetId: target.id });
      }
    }
    return waitsFor;
  }

  #peer(group: UpstreamGroup, { host, port: configured }: RuntimeTarget, address: string, record: Resolved | undefined): Peer {
    const port = record?.port ?? configured;
    const known = group.peers.get(peerKey(host, port, address));
    if (known !== undefined) return known;
    const peer = new Peer({ upstreamId: group.id, host, port, address, srvName: record?.name });
    group.peers.set(peer.key, peer);
    peer.sinceMs = this.#around.clock.nowMs();
    return peer;
  }

  #adopt(group: UpstreamGroup, set: PeerSet, nowMs: number): void {
    const before = group.set;
    group.set = set;
    const peers = new Map(set.members.map(({ peer }) => [peer.key, peer]));
    for (const peer of group.peers.values()) if (!peers.has(peer.key)) this.#retire(peer);
    group.peers = peers;
    const old = new Set(before?.members.map(({ peer }) => peer));
    for (const peer of peers.values()) {
      peer.maxConnections = set.policy.maxConnections;
      peer.maxPending = set.policy.maxPending;
      if (old.has(peer)) continue;
      // The first set of all begins at full weight: nobody is there to take over meanwhile.
      if (before !== undefined) [peer.rampFromMs, peer.rampForMs] = [nowMs, set.policy.slowStartMs];
      this.#hearEarly(peer, set.policy);
    }
    this.health.version += 1;
  }

  #hearEarly(peer: Peer, policy: UpstreamPolicy): void {
    const name = `${peer.upstreamId}/${peer.key}`;
    const change = this.#early.get(name);
    if (change === undefined) return;
    this.#early.delete(name);
    this.health.told(peer, change, policy);
  }

  #retire(peer: Peer): void {
    for (const endpoint of peer.endpoints) this.onGone(endpoint);
  }
}

/** Who can be chosen for one request. One object serves all requests, one after the other. */
class WhoCan implements Availability {
  readonly #health: PeerHealth;
  readonly #random: () => number;
  #policy: UpstreamPolicy | undefined;
  #tried: readonly Endpoint[] = [];
  nowMs = 0;
  ramps = false;
  /** An address was left out only for its slow start. */
  heldBack = false;
  /** Too little of the upstream is available: only requests that see whether somebody is back. */
  onlyProbes = false;

  constructor(health: PeerHealth, random: () => number) {
    this.#health = health;
    this.#random = random;
  }

  begin(set: PeerSet, tried: readonly Endpoint[], nowMs: number): this {
    this.#policy = set.policy;
    this.#tried = tried;
    this.nowMs = nowMs;
    this.ramps = set.ramps && set.policy.slowStartMs > 0;
    this.heldBack = false;
    this.onlyProbes = false;
    return this;
  }

  allows(peer: Peer): boolean {
    for (const endpoint of this.#tried) if (endpoint.peer === peer) return false;
    if (peer.health.kind === 'closed') {
      if (this.onlyProbes) return false;
      if (!this.ramps || peer.rampForMs === 0 || this.#random() < peer.rampAt(this.nowMs)) return true;
      this.heldBack = true;
      return false;
    }
    return this.#policy !== undefined && this.#health.isDue(peer, this.#policy, this.nowMs);
  }
}

function stickyPeer(set: PeerSet, facts: BalancedRequest, who: WhoCan): Peer | undefined {
  const name = cookieValue(facts, set.upstream.entity.sticky_sessions_cookie ?? '');
  const member = name === undefined ? undefined : set.byStickyName(name);
  if (member === undefined) return undefined;
  who.ramps = false;
  const isFree = who.allows(member.peer) && !set.hasBefore(member.level, who);
  who.ramps = set.policy.slowStartMs > 0;
  return isFree ? member.peer : undefined;
}

/** Once for a client that has no target yet, and again when it had to go to another. */
function stick({ entity }: RuntimeUpstream, facts: BalancedRequest, peer: Peer): void {
  facts.balancerCookie = cookieLine(entity.sticky_sessions_cookie ?? '', stickyName(peer), entity.sticky_sessions_cookie_path ?? '/', facts.request.scheme);
}

function sameMembers(one: readonly PlacedMember[], other: readonly PlacedMember[]): boolean {
  if (one.length !== other.length) return false;
  const known = new Map(one.map((member) => [member.peer, member]));
  return other.every(({ peer, weight, level, targetId }) => {
    const same = known.get(peer);
    return same !== undefined && same.weight === weight && same.level === level && same.targetId === targetId;
  });
}
