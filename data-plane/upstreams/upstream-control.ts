/**
 * What one proxy does for the health of upstreams beside its requests: forgets upstreams that a new configuration does not
 * have, runs the active checks where it is the thread that leads, and tells what it knows for `/status` and `/metrics`.
 * Made by createProxy; a proxy thread hands it what the agent says.
 */
import type { Clock, TimerHandle } from '../../shared/clock.ts';
import type { ActiveConfig } from '../config/active-config.ts';
import type { ActiveChecks } from './active-checks.ts';
import type { PeerChange } from './peer-health.ts';
import type { Peer } from './peer.ts';
import type { UpstreamGroups, UpstreamGroup } from './upstream-groups.ts';

/** One address of an upstream, as it is told to people. */
export interface TargetReport {
  readonly upstream: string;
  readonly upstreamId: string;
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
    this.#checks.watch(leads ? (this.#config?.probedUpstreams() ?? []) : []);
  }

  /** Found by another thread. */
  told(change: PeerChange): void {
    this.#groups.told(change);
  }

  report(): readonly TargetReport[] {
    const rows: TargetReport[] = [];
    for (const group of this.#groups.groups()) {
      for (const { peer, level } of group.set?.members ?? []) {
        if (rows.length >= MAX_REPORTED) return rows;
        rows.push(reportOf(group, peer, level, this.#clock.monotonicMs()));
      }
    }
    return rows;
  }

  /** Of one upstream; nothing where no request or check has needed it yet. */
  reportOn(upstreamId: string): readonly TargetReport[] {
    const group = this.#groups.groupOf(upstreamId);
    const nowMs = this.#clock.monotonicMs();
    return group === undefined ? [] : (group.set?.members ?? []).slice(0, MAX_REPORTED).map(({ peer, level }) => reportOf(group, peer, level, nowMs));
  }

  #look(): void {
    const config = this.#getConfig();
    if (config === this.#config || config === undefined) return;
    this.#config = config;
    this.#groups.keepOnly((id) => config.hasUpstream(id));
    if (this.#leads) this.#checks.watch(config.probedUpstreams());
  }
}

function reportOf(group: UpstreamGroup, peer: Peer, level: number, nowMs: number): TargetReport {
  const { health } = peer;
  const isDue = health.kind === 'open' && group.set?.policy.recoversByChecks === false && nowMs >= peer.retryAtMs;
  return {
    upstream: group.set?.upstream.name ?? group.id,
    upstreamId: group.id,
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
