/**
 * What one proxy does for the health of upstreams beside its requests: forgets upstreams that a new configuration does not
 * have, runs the active checks where it is the thread that leads, and tells what it knows for `/status` and `/metrics`.
 * Made by createProxy; a proxy thread hands it what the agent says.
 */
import type { Clock, TimerHandle } from '../../shared/clock.ts';
import type { ActiveConfig, TargetSwitch } from '../config/active-config.ts';
import type { ActiveChecks } from './active-checks.ts';
import type { PeerChange } from './peer-health.ts';
import type { PlacedMember } from './peer-set.ts';
import type { UpstreamGroups, UpstreamGroup } from './upstream-groups.ts';

/** One address of an upstream, as it is told to people. */
export interface TargetReport {
  readonly upstream: string;
  readonly upstreamId: string;
  readonly targetId: string;
  readonly port: number;
  /** Its target is configured by a name, not by this address. */
  readonly isNamed: boolean;
  /** `host:port` as configured. */
  readonly target: string;
  readonly address: string;
  readonly state: 'closed' | 'open' | 'half-open';
  readonly since: string;
  /** Why it is not closed. */
  readonly reason: string | null;
  /** Failures counted in a row, by kind, while closed. */
  readonly failures: { readonly tcp: number; readonly timeout: number; readonly http: number };
  /** Circuits opened since the thread started. */
  readonly opened: number;
  readonly failover: boolean;
}

/** Everything that is known of targets. */
export interface TargetsReport {
  readonly targets: readonly TargetReport[];
  /** Ids of targets whose name has no address. */
  readonly unresolved: readonly string[];
}

const LOOK_EVERY_MS = 500;
/** More are left out (R5). */
const MAX_REPORTED = 5_000;
const FAILOVER_LEVEL = 65_536;

export class UpstreamControl {
  readonly #groups: UpstreamGroups;
  readonly #clock: Clock;
  readonly #getConfig: () => ActiveConfig | undefined;
  readonly #checks: ActiveChecks;
  #config: ActiveConfig | undefined;
  #timer: TimerHandle | undefined;
  #leads = false;

  constructor(groups: UpstreamGroups, checks: ActiveChecks, clock: Clock, getConfig: () => ActiveConfig | undefined) {
    this.#groups = groups;
    this.#checks = checks;
    this.#clock = clock;
    this.#getConfig = getConfig;
  }

  start(): void {
    this.#timer ??= this.#clock.every(LOOK_EVERY_MS, () => this.#look());
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.lead(false);
  }

  /** Whether this thread is the one that probes. */
  lead(leads: boolean): void {
    this.#leads = leads;
    this.#config ??= this.#getConfig();
    this.#checks.watch(leads ? (this.#config?.probedUpstreams() ?? []) : []);
    if (leads) this.#carryOutSwitches();
  }

  /** Found by another thread. */
  told(change: PeerChange): void {
    // So that this thread can report of an upstream that only others were asked for.
    const upstream = this.#groups.groupOf(change.upstreamId) === undefined ? this.#getConfig()?.upstreamOf(change.upstreamId) : undefined;
    if (upstream !== undefined) this.#groups.current(upstream, this.#clock.monotonicMs());
    this.#groups.told(change);
  }

  /** What requests and checks have asked for so far. */
  report(): TargetsReport {
    const nowMs = this.#clock.monotonicMs();
    const targets: TargetReport[] = [];
    const unresolved: string[] = [];
    for (const group of this.#groups.groups()) {
      const { members = [], waitsFor, upstream } = group.set ?? {};
      for (const member of members.slice(0, MAX_REPORTED - targets.length)) targets.push(reportOf(group, member, nowMs));
      if (waitsFor === undefined || upstream === undefined) continue;
      const placed = new Set(members.map(({ targetId }) => targetId));
      for (const { id } of upstream.targets) if (!placed.has(id) && unresolved.length < MAX_REPORTED) unresolved.push(id);
    }
    return { targets, unresolved };
  }

  /** Of one upstream; nothing where no request or check has needed it yet. */
  reportOn(upstreamId: string): readonly TargetReport[] {
    const group = this.#groups.groupOf(upstreamId);
    const nowMs = this.#clock.monotonicMs();
    return group === undefined ? [] : (group.set?.members ?? []).slice(0, MAX_REPORTED).map((member) => reportOf(group, member, nowMs));
  }

  #look(): void {
    const config = this.#getConfig();
    if (config !== this.#config && config !== undefined) {
      this.#config = config;
      this.#groups.keepOnly((id) => config.hasUpstream(id));
      if (this.#leads) this.#checks.watch(config.probedUpstreams());
    }
    // Also without a change: the addresses of a name come later than its switch.
    if (this.#leads) this.#carryOutSwitches();
  }

  /** Each once, in one thread of the process; the others are told like of everything that is found here. */
  #carryOutSwitches(): void {
    for (const upstream of this.#config?.switchedUpstreams() ?? []) {
      const { set } = this.#groups.current(upstream, this.#clock.monotonicMs());
      const switchesOf = new Map(upstream.targets.map(({ id, switches }) => [id, switches]));
      for (const { peer, targetId } of set.members) {
        const last = lastSwitch(switchesOf.get(targetId) ?? [], peer.address);
        if (last !== undefined && last.at > peer.switchedAtMs) this.#groups.health.switch(peer, last.health, last.at, set.policy);
      }
    }
  }
}

function lastSwitch(switches: readonly TargetSwitch[], address: string): TargetSwitch | undefined {
  let last: TargetSwitch | undefined;
  for (const one of switches) if ((one.address ?? address) === address && one.at >= (last?.at ?? 0)) last = one;
  return last;
}

function reportOf(group: UpstreamGroup, { peer, level, targetId }: PlacedMember, nowMs: number): TargetReport {
  const { health } = peer;
  const isDue = health.kind === 'open' && group.set?.policy.recoversByChecks === false && nowMs >= peer.retryAtMs;
  return {
    upstream: group.set?.upstream.name ?? group.id,
    upstreamId: group.id,
    targetId,
    port: peer.port,
    isNamed: peer.host !== peer.address,
    target: `${peer.host}:${peer.port}`,
    address: peer.address,
    state: isDue ? 'half-open' : health.kind,
    since: new Date(peer.sinceMs).toISOString(),
    reason: health.kind === 'closed' ? null : health.cause,
    failures: health.kind === 'closed'
      ? { tcp: health.check.tcp + health.traffic.tcp, timeout: health.check.timeout + health.traffic.timeout, http: health.check.http + health.traffic.http }
      : { tcp: 0, timeout: 0, http: 0 },
    opened: peer.opened,
    failover: level >= FAILOVER_LEVEL,
  };
}
