/**
 * Runs the state machine of health-state.ts for the addresses of upstreams: keeps the times, lets single requests through
 * an open circuit when its back-off is over, and shares what changed with the other threads, so that there is one truth.
 * Used by upstream-groups.ts and the active checks.
 */
import type { Clock } from '../../shared/clock.ts';
import type { Logger } from '../../shared/log.ts';
import { openForMs, type UpstreamPolicy } from './health-policy.ts';
import { CLOSED, nextHealth, openState, type HealthEvent, type OpenCause } from './health-state.ts';
import type { Peer } from './peer.ts';

/** One change of an address' health, as threads tell each other. */
export interface PeerChange {
  readonly upstreamId: string;
  /** `Peer.key`. */
  readonly key: string;
  readonly kind: 'open' | 'closed';
  readonly cause: OpenCause | undefined;
  readonly attempt: number;
  /** From now; 0 where closed. */
  readonly retryInMs: number;
  readonly episode: string;
  /** Wall clock. */
  readonly sinceMs: number;
  /** `Peer.switchedAtMs`. */
  readonly switchedAtMs: number;
}

/** The other threads of the process. */
export interface HealthSharing {
  publish(change: PeerChange): void;
  /** True for one asker over all threads, for each name. */
  claim(name: string): boolean;
}

export const ALONE: HealthSharing = { publish: () => undefined, claim: () => true };

/** A request that was let through to see has this long before another may try, should its thread be gone. */
const PROBE_LEASE_MS = 30_000;

export interface HealthSurroundings {
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly log: Logger;
  readonly sharing: HealthSharing;
}

export class PeerHealth {
  readonly #around: HealthSurroundings;
  /** Distinguishes this thread's episodes from others'. */
  readonly #name: string;
  #episodes = 0;
  #opened = 0;
  #closed = 0;
  /** Changes with every change of any address' health. */
  version = 0;

  constructor(around: HealthSurroundings) {
    this.#around = around;
    this.#name = Math.floor(around.random() * 2 ** 32).toString(36);
  }

  /** Circuits opened and closed again, as this thread found. */
  get counts(): { readonly opened: number; readonly closed: number } {
    return { opened: this.#opened, closed: this.#closed };
  }

  report(peer: Peer, event: HealthEvent, policy: UpstreamPolicy): void {
    const { state, effect } = nextHealth(peer.health, event, policy.health);
    peer.health = state;
    if (effect === undefined) return;
    this.version += 1;
    if (effect === 'opened' && state.kind === 'open') this.#open(peer, state.cause, state.attempt, policy);
    if (effect === 'closed') this.#close(peer, policy);
  }

  /** What an operator said counts until checks or traffic show something else; of what is said down, only checks do. */
  switch(peer: Peer, health: 'healthy' | 'unhealthy', atMs: number, policy: UpstreamPolicy): void {
    peer.switchedAtMs = atMs;
    this.version += 1;
    if (health === 'unhealthy') {
      peer.health = openState('switched', 1);
      return this.#open(peer, 'switched', 1, policy);
    }
    const wasClosed = peer.health.kind === 'closed';
    peer.health = CLOSED;
    return wasClosed ? undefined : this.#close(peer, policy);
  }

  /** True where the address takes requests, or a single one now to see whether it is back; `take` must follow for the latter. */
  isDue(peer: Peer, policy: UpstreamPolicy, nowMs: number): boolean {
    const { health } = peer;
    switch (health.kind) {
      case 'closed':
        return true;
      case 'open':
        return !policy.recoversByChecks && nowMs >= peer.retryAtMs;
      case 'half-open':
        return !health.probing || nowMs >= peer.retryAtMs + PROBE_LEASE_MS;
    }
  }

  /** Takes the right to send the one request; false where another thread has it. */
  take(peer: Peer, policy: UpstreamPolicy, nowMs: number): boolean {
    if (peer.health.kind === 'closed') return true;
    if (peer.health.kind === 'open') this.report(peer, { kind: 'elapsed' }, policy);
    const lease = Math.floor((nowMs - peer.retryAtMs) / PROBE_LEASE_MS);
    const successes = peer.health.kind === 'half-open' ? peer.health.successes : 0;
    const claim = `${peer.upstreamId}/${peer.key}/${peer.episode}/${lease}/${successes}/${peer.lostProbes}`;
    if (claim === peer.lastClaim) return false;
    peer.lastClaim = claim;
    this.report(peer, { kind: 'probe-taken' }, policy);
    return this.#around.sharing.claim(claim);
  }

  /** From another thread. */
  told(peer: Peer, change: PeerChange, policy: UpstreamPolicy | undefined): void {
    this.version += 1;
    peer.episode = change.episode;
    peer.sinceMs = change.sinceMs;
    peer.switchedAtMs = Math.max(peer.switchedAtMs, change.switchedAtMs);
    peer.lostProbes = 0;
    if (change.kind === 'open') {
      peer.opened += 1;
      peer.health = openState(change.cause ?? 'tcp-failures', change.attempt);
      peer.retryAtMs = this.#around.clock.monotonicMs() + change.retryInMs;
    } else {
      peer.health = CLOSED;
      if (policy !== undefined) this.#ramp(peer, policy);
    }
  }

  #open(peer: Peer, cause: OpenCause, attempt: number, policy: UpstreamPolicy): void {
    const { clock, random, log, sharing } = this.#around;
    const retryInMs = cause === 'switched' ? Number.POSITIVE_INFINITY : openForMs(policy, cause === 'outlier', attempt, random);
    this.#episodes += 1;
    this.#opened += 1;
    peer.opened += 1;
    peer.episode = `${this.#name}.${this.#episodes}`;
    peer.lostProbes = 0;
    peer.retryAtMs = clock.monotonicMs() + retryInMs;
    peer.sinceMs = clock.nowMs();
    sharing.publish({ upstreamId: peer.upstreamId, key: peer.key, kind: 'open', cause, attempt, retryInMs, episode: peer.episode, sinceMs: peer.sinceMs, switchedAtMs: peer.switchedAtMs });
    log.warn({ event: 'target-down', upstream: peer.upstreamId, target: peer.key, cause, attempt, retryInMs }, `target ${peer.key} takes no requests: ${cause}`);
  }

  #close(peer: Peer, policy: UpstreamPolicy): void {
    const { clock, log, sharing } = this.#around;
    this.#closed += 1;
    peer.sinceMs = clock.nowMs();
    this.#ramp(peer, policy);
    sharing.publish({ upstreamId: peer.upstreamId, key: peer.key, kind: 'closed', cause: undefined, attempt: 0, retryInMs: 0, episode: peer.episode, sinceMs: peer.sinceMs, switchedAtMs: peer.switchedAtMs });
    log.info({ event: 'target-up', upstream: peer.upstreamId, target: peer.key }, `target ${peer.key} takes requests again`);
  }

  #ramp(peer: Peer, policy: UpstreamPolicy): void {
    peer.rampFromMs = this.#around.clock.monotonicMs();
    peer.rampForMs = policy.slowStartMs;
  }
}
