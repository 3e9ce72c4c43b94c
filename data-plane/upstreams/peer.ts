/**
 * One address of one target of one upstream, and all that is known of it: its health, its load, how fast it answers. Kept by
 * (upstream id, target, address), so it lives on through changes of the configuration (R3), and is never shared between
 * upstreams. Made by upstream-groups.ts, chosen by the algorithms in balancer.ts.
 */
import type { Endpoint } from './endpoint.ts';
import { CLOSED, type HealthState } from './health-state.ts';
import { hashText } from './string-hash.ts';

const LATENCY_DECAY_MS = 10_000;
const HASH_SEED = 0x48_6f_6c_64;

export interface PeerPlace {
  readonly upstreamId: string;
  /** As configured, without brackets. */
  readonly host: string;
  readonly port: number;
  readonly address: string;
  /** What an SRV record calls it; undefined without one. */
  readonly srvName: string | undefined;
}

export class Peer {
  readonly upstreamId: string;
  readonly host: string;
  readonly port: number;
  readonly address: string;
  readonly srvName: string | undefined;
  /** Within its upstream. */
  readonly key: string;
  readonly hash: number;
  /** Made by hash-input.ts when first needed. */
  stickyName: string | undefined;
  /** Requests that were sent there or wait for it. */
  active = 0;
  health: HealthState = CLOSED;
  /** Wall clock; when the health changed last. */
  sinceMs = 0;
  /** Monotonic; from when an open circuit lets a request through. */
  retryAtMs = Number.POSITIVE_INFINITY;
  /** Names one opening of the circuit, so that all threads mean the same. */
  episode = '';
  /** Of the last switch of an operator that was carried out; milliseconds since the epoch. */
  switchedAtMs = 0;
  /** Requests let through during it that ended without telling anything. */
  lostProbes = 0;
  /** The last right to such a request that this thread asked for. */
  lastClaim = '';
  /** Circuits opened so far. */
  opened = 0;
  /** Monotonic; where its slow start began, and how long that takes. 0: at full weight. */
  rampFromMs = 0;
  rampForMs = 0;
  maxConnections = Number.POSITIVE_INFINITY;
  maxPending = Number.POSITIVE_INFINITY;
  /** By protocol and TLS settings; nearly always one. */
  readonly endpoints: Endpoint[] = [];
  #latencyMs = 0;
  #latencyAtMs = 0;

  constructor({ upstreamId, host, port, address, srvName }: PeerPlace) {
    this.upstreamId = upstreamId;
    this.host = host;
    this.port = port;
    this.address = address;
    this.srvName = srvName;
    this.key = peerKey(host, port, address);
    this.hash = hashText(this.key, HASH_SEED);
  }

  get connections(): number {
    let sum = 0;
    for (const endpoint of this.endpoints) sum += endpoint.connections;
    return sum;
  }

  /** Peak EWMA: a slow answer counts at once and in full, a fast one bit by bit, over some ten seconds. */
  answeredIn(latencyMs: number, nowMs: number): void {
    if (latencyMs >= this.#latencyMs) this.#latencyMs = latencyMs;
    else {
      const keep = Math.exp((this.#latencyAtMs - nowMs) / LATENCY_DECAY_MS);
      this.#latencyMs = this.#latencyMs * keep + latencyMs * (1 - keep);
    }
    this.#latencyAtMs = nowMs;
  }

  /**
   * What the next request would cost there, in milliseconds. `typicalMs` stands in where nothing was measured yet, and more and
   * more where nothing is measured any more: whoever was slow once is asked again.
   */
  costMs(typicalMs: number, nowMs: number): number {
    const known = this.#latencyAtMs === 0 ? 0 : Math.exp((this.#latencyAtMs - nowMs) / LATENCY_DECAY_MS);
    return (typicalMs + (this.#latencyMs - typicalMs) * known + 0.01) * (this.active + 1);
  }

  /** From 0.1 to 1 over the slow start. */
  rampAt(nowMs: number): number {
    if (this.rampForMs === 0) return 1;
    const share = (nowMs - this.rampFromMs) / this.rampForMs;
    if (share < 1) return Math.max(0.1, share);
    this.rampForMs = 0;
    return 1;
  }
}

export function peerKey(host: string, port: number, address: string): string {
  return `${host}:${port}/${address}`;
}
