/**
 * Probes the targets of upstreams that ask for it, each at its interval, a bounded number at once. Runs in one thread of the
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
    if (upstreams.length === 0) {
      this.#timer?.cancel();
      this.#timer = undefined;
      this.#schedules = new WeakMap();
    } else this.#timer ??= this.#clock.every(TICK_MS, () => this.#tick());
  }

  #tick(): void {
    const nowMs = this.#clock.monotonicMs();
    for (const upstream of this.#upstreams) {
      const { set } = this.#groups.current(upstream, nowMs);
      const plan = set.policy.probe;
      if (plan === undefined) continue;
      for (const { peer } of set.members) this.#consider(upstream, set, plan, peer, nowMs);
    }
  }

  #consider(upstream: RuntimeUpstream, set: PeerSet, plan: ProbePlan, peer: Peer, nowMs: number): void {
    const intervalMs = peer.health.kind === 'closed' ? plan.healthyIntervalMs : plan.unhealthyIntervalMs;
    if (intervalMs === 0) return;
    let schedule = this.#schedules.get(peer);
    if (schedule === undefined) {
      schedule = { dueMs: nowMs + this.#random() * Math.min(intervalMs, FIRST_WITHIN_MS), isRunning: false };
      this.#schedules.set(peer, schedule);
    }
    const running = this.#running.get(upstream.id) ?? 0;
    if (schedule.isRunning || nowMs < schedule.dueMs || running >= plan.concurrency || this.#runningInAll >= MAX_AT_ONCE) return;
    schedule.isRunning = true;
    this.#count(upstream.id, 1);
    this.#sent += 1;
    void this.#check(upstream, set, plan, peer, schedule);
  }

  /** Never rejects: `run` does not, and what it leads to is ours. */
  async #check(upstream: RuntimeUpstream, set: PeerSet, plan: ProbePlan, peer: Peer, schedule: Schedule): Promise<void> {
    const outcome = await this.#run(plan, placeOf(upstream, peer), this.#clock);
    this.#count(upstream.id, -1);
    schedule.isRunning = false;
    if (this.#schedules.get(peer) !== schedule) return;
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
