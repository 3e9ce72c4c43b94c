/**
 * Probes the targets of upstreams that ask for it, each at its interval, a bounded number at once; where that is too few for
 * all to have their turn in time, they have it one after the other, so that nobody waits for ever. Runs in one thread of the
 * process (the one that leads); what it finds goes through the same state machine as what traffic shows, and so to the other
 * threads. Owned by upstream-control.ts.
 */
import { isIPv6 } from 'node:net';
import type { Clock, TimerHandle } from '../../shared/clock.ts';
import type { RuntimeUpstream } from '../config/active-config.ts';
import type { ProbePlan } from './health-policy.ts';
import type { ProbedAddress, ProbeOutcome } from './health-probe.ts';
import type { Peer } from './peer.ts';
import type { PeerSet } from './peer-set.ts';
import type { UpstreamGroups } from './upstream-groups.ts';

export type RunProbe = (plan: ProbePlan, target: ProbedAddress, clock: Clock) => Promise<ProbeOutcome>;

const TICK_MS = 100;
/** Over all upstreams. */
const MAX_AT_ONCE = 128;
/** The first checks after a start are spread over at most this. */
const FIRST_WITHIN_MS = 1_000;

interface Schedule {
  dueMs: number;
  isRunning: boolean;
}

export class ActiveChecks {
  readonly #groups: UpstreamGroups;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #run: RunProbe;
  #upstreams: readonly RuntimeUpstream[] = [];
  #schedules = new WeakMap<Peer, Schedule>();
  readonly #running = new Map<string, number>();
  /** The upstream that is looked at first, and by id of the upstream the target. */
  #turn = 0;
  readonly #places = new Map<string, number>();
  #runningInAll = 0;
  #timer: TimerHandle | undefined;
  #sent = 0;

  constructor(groups: UpstreamGroups, clock: Clock, random: () => number, run: RunProbe) {
    this.#groups = groups;
    this.#clock = clock;
    this.#random = random;
    this.#run = run;
  }

  /** Checks begun so far. */
  get sent(): number {
    return this.#sent;
  }

  /** Probes these from now on, and no others; none where empty. */
  watch(upstreams: readonly RuntimeUpstream[]): void {
    this.#upstreams = upstreams;
    const ids = new Set(upstreams.map(({ id }) => id));
    for (const id of this.#places.keys()) if (!ids.has(id)) this.#places.delete(id);
    if (upstreams.length === 0) {
      this.#timer?.cancel();
      this.#timer = undefined;
      this.#schedules = new WeakMap();
    } else this.#timer ??= this.#clock.every(TICK_MS, () => this.#tick());
  }

  #tick(): void {
    const nowMs = this.#clock.monotonicMs();
    const first = (this.#turn += 1);
    const { length } = this.#upstreams;
    for (let step = 0; step < length; step++) {
      const upstream = this.#upstreams[(first + step) % length];
      if (upstream !== undefined) this.#checkDue(upstream, nowMs);
    }
  }

  #checkDue(upstream: RuntimeUpstream, nowMs: number): void {
    const { set } = this.#groups.current(upstream, nowMs);
    const plan = set.policy.probe;
    if (plan === undefined) return;
    const { members } = set;
    const first = this.#places.get(upstream.id) ?? 0;
    for (let step = 0; step < members.length; step++) {
      const place = (first + step) % members.length;
      const peer = members[place]?.peer;
      if (peer !== undefined && this.#begin(upstream, set, plan, peer, nowMs)) this.#places.set(upstream.id, place + 1);
    }
  }

  /** False where it is not the time for it, or too many run. */
  #begin(upstream: RuntimeUpstream, set: PeerSet, plan: ProbePlan, peer: Peer, nowMs: number): boolean {
    const intervalMs = peer.health.kind === 'closed' ? plan.healthyIntervalMs : plan.unhealthyIntervalMs;
    if (intervalMs === 0) return false;
    let schedule = this.#schedules.get(peer);
    if (schedule === undefined) {
      schedule = { dueMs: nowMs + this.#random() * Math.min(intervalMs, FIRST_WITHIN_MS), isRunning: false };
      this.#schedules.set(peer, schedule);
    }
    const running = this.#running.get(upstream.id) ?? 0;
    if (schedule.isRunning || nowMs < schedule.dueMs || running >= plan.concurrency || this.#runningInAll >= MAX_AT_ONCE) return false;
    schedule.isRunning = true;
    this.#count(upstream.id, 1);
    this.#sent += 1;
    void this.#check(upstream, set, plan, peer, schedule);
    return true;
  }

  /** Never rejects: `run` does not, and what it leads to is ours. */
  async #check(upstream: RuntimeUpstream, set: PeerSet, plan: ProbePlan, peer: Peer, schedule: Schedule): Promise<void> {
    const outcome = await this.#run(plan, placeOf(upstream, peer), this.#clock);
    this.#count(upstream.id, -1);
    schedule.isRunning = false;
    const isThere = this.#groups.groupOf(upstream.id)?.peers.get(peer.key) === peer;
    if (!isThere || this.#schedules.get(peer) !== schedule) return;
    this.#conclude(set, peer, outcome);
    // From the end of the check, by the health that it led to.
    schedule.dueMs = this.#clock.monotonicMs() + (peer.health.kind === 'closed' ? plan.healthyIntervalMs : plan.unhealthyIntervalMs);
  }

  #conclude({ policy }: PeerSet, peer: Peer, outcome: ProbeOutcome): void {
    if (outcome === 'neither') return;
    const event = outcome === 'success'
      ? { kind: 'success', from: 'check' } as const
      : { kind: 'failure', from: 'check', what: outcome, counts: true, isOutlier: false, mayEject: false } as const;
    this.#groups.health.report(peer, event, policy);
  }

  #count(upstreamId: string, by: number): void {
    this.#runningInAll += by;
    const running = (this.#running.get(upstreamId) ?? 0) + by;
    if (running === 0) this.#running.delete(upstreamId);
    else this.#running.set(upstreamId, running);
  }
}

function placeOf(upstream: RuntimeUpstream, { host, address, port, srvName }: Peer): ProbedAddress {
  const name = upstream.entity.use_srv_name === true && srvName !== undefined ? srvName : host;
  return { host: name, address, port, clientCertificate: upstream.clientCertificate, hostHeader: upstream.hostHeader ?? `${isIPv6(name) ? `[${name}]` : name}:${port}` };
}
