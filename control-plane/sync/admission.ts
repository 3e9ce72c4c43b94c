/**
 * Lets connections of data planes in at a pace that leaves time for the sessions there are: before TLS, because a handshake is
 * what costs. So many may be on their way to a Welcome at once, so many begin in a second, fewer while this process is late
 * with its own timers; some wait for their turn, and the rest is closed at once and comes back (R5). One address never has all
 * the room: nobody has shown a certificate yet, and whoever opens connections and is silent would else keep all others out.
 * One per sync server.
 */
import type { Duplex } from 'node:stream';
import type { Clock, TimerHandle } from '../../shared/clock.ts';
import type { Logger } from '../../shared/log.ts';

export interface AdmissionOptions {
  /** Connections that may begin in a second, at most. */
  readonly perSecond: number;
  /** Connections between their beginning and Welcome, at most. */
  readonly atOnce: number;
  readonly clock: Clock;
  readonly log: Logger;
  /** Takes over a connection whose turn it is. */
  readonly admit: (connection: Duplex, address: string) => void;
}

/** How often those who wait are looked at; how late that is tells how busy this process is. */
const PUMP_MS = 20;
const LATE_MS = { slower: 40, faster: 15 };
/**
 * A third of a CPU at most (a session costs 3 ms to open). Lower would not be kinder: what is late may be the machine, and how much work waits
 * is bounded by `atOnce`. With 20, a fleet of 10,000 took ten minutes to come back to a machine that had other things to do.
 */
const SLOWEST_PER_SECOND = 100;
/** A data plane gives up a greeting after 15 s; in a shorter wait there is time for the handshake itself. */
const LONGEST_WAIT_MS = 5_000;
/** Each may hold what it sent so far, up to 64 KiB. */
const MOST_WAITING = 1_000;
/** Of the room, that one address may have; a whole fleet behind one address hardly feels it, because the pace is what holds it back. */
const SHARE_OF_ADDRESS = 0.75;
/** Of a second's connections, that may begin together after a pause. */
const BURST = 0.1;
/** A burst of refusals is over when there was none for so long. */
const QUIET_MS = 10_000;

interface Waiting {
  readonly connection: Duplex;
  readonly address: string;
  readonly sinceMs: number;
}

export class Admission {
  readonly #options: AdmissionOptions;
  #waiting: Waiting[] = [];
  /** Connections of each address. */
  readonly #of = new Map<string, { waiting: number; onTheirWay: number }>();
  #perSecond: number;
  #tokens: number;
  #filledAtMs: number;
  #onTheirWay = 0;
  #pump: TimerHandle | undefined;
  #refused = 0;
  #burst: { readonly beganAtMs: number; lastAtMs: number; readonly refusedBefore: number; readonly quiet: TimerHandle } | undefined;

  constructor(options: AdmissionOptions) {
    this.#options = options;
    this.#perSecond = options.perSecond;
    this.#tokens = this.#most;
    this.#filledAtMs = options.clock.monotonicMs();
  }

  /** Connections closed without a handshake, since the start. */
  get refused(): number {
    return this.#refused;
  }

  /** Connections that wait for their turn. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** A connection from this address was accepted; nothing was read of it. */
  arrive(connection: Duplex, address: string): void {
    this.#fill();
    if (this.#waiting.length === 0 && this.#mayBegin(address)) return this.#begin(connection, address);
    const most = Math.min(this.#perSecond * (LONGEST_WAIT_MS / 1_000), MOST_WAITING);
    if (this.#waiting.length >= most || (this.#of.get(address)?.waiting ?? 0) >= most * SHARE_OF_ADDRESS) return this.#refuse(connection);
    // Nobody else listens yet, and a reset must not end the process.
    connection.once('error', ignore);
    this.#waiting.push({ connection, address, sinceMs: this.#options.clock.monotonicMs() });
    this.#count(address, { waiting: 1, onTheirWay: 0 });
    this.#pumpLater();
    return undefined;
  }

  /** A connection of this address that was let in has its Welcome, or is gone. Once for each. */
  arrived(address: string): void {
    this.#onTheirWay -= 1;
    this.#count(address, { waiting: 0, onTheirWay: -1 });
  }

  stop(): void {
    this.#pump?.cancel();
    this.#burst?.quiet.cancel();
    for (const { connection } of this.#waiting.splice(0)) connection.destroy();
  }

  get #most(): number {
    return Math.max(1, this.#perSecond * BURST);
  }

  #count(address: string, more: { readonly waiting: number; readonly onTheirWay: number }): void {
    const { waiting, onTheirWay } = this.#of.get(address) ?? { waiting: 0, onTheirWay: 0 };
    const now = { waiting: waiting + more.waiting, onTheirWay: onTheirWay + more.onTheirWay };
    if (now.waiting + now.onTheirWay === 0) this.#of.delete(address);
    else this.#of.set(address, now);
  }

  #mayBegin(address: string): boolean {
    const { atOnce } = this.#options;
    return this.#tokens >= 1 && this.#onTheirWay < atOnce && (this.#of.get(address)?.onTheirWay ?? 0) < Math.max(1, Math.floor(atOnce * SHARE_OF_ADDRESS));
  }

  #begin(connection: Duplex, address: string): void {
    this.#tokens -= 1;
    this.#onTheirWay += 1;
    this.#count(address, { waiting: 0, onTheirWay: 1 });
    connection.off('error', ignore);
    this.#options.admit(connection, address);
  }

  #fill(): void {
    const nowMs = this.#options.clock.monotonicMs();
    this.#tokens = Math.min(this.#most, this.#tokens + ((nowMs - this.#filledAtMs) / 1_000) * this.#perSecond);
    this.#filledAtMs = nowMs;
  }

  #pumpLater(): void {
    if (this.#pump !== undefined) return;
    const dueMs = this.#options.clock.monotonicMs() + PUMP_MS;
    this.#pump = this.#options.clock.after(PUMP_MS, () => {
      this.#pump = undefined;
      this.#adapt(this.#options.clock.monotonicMs() - dueMs);
      this.#letIn();
    });
  }

  /** Slower by a fifth when late, faster by a tenth when not: it settles where timers are a little late. */
  #adapt(lateMs: number): void {
    if (lateMs > LATE_MS.slower) this.#perSecond = Math.max(this.#perSecond * 0.8, Math.min(SLOWEST_PER_SECOND, this.#options.perSecond));
    else if (lateMs < LATE_MS.faster) this.#perSecond = Math.min(this.#perSecond * 1.1, this.#options.perSecond);
  }

  #letIn(): void {
    this.#fill();
    const tooOldMs = this.#options.clock.monotonicMs() - LONGEST_WAIT_MS;
    this.#waiting = this.#waiting.filter(({ connection, address, sinceMs }) => {
      const isTooOld = sinceMs < tooOldMs;
      if (!connection.destroyed && !isTooOld && !this.#mayBegin(address)) return true;
      this.#count(address, { waiting: -1, onTheirWay: 0 });
      if (connection.destroyed) return false;
      if (isTooOld) this.#refuse(connection);
      else this.#begin(connection, address);
      return false;
    });
    if (this.#waiting.length > 0) this.#pumpLater();
  }

  /** Without a word: an answer would need the handshake that there is no time for. */
  #refuse(connection: Duplex): void {
    connection.on('error', ignore);
    connection.destroy();
    this.#refused += 1;
    this.#noteRefusal();
  }

  #noteRefusal(): void {
    const { clock, log } = this.#options;
    const nowMs = clock.monotonicMs();
    if (this.#burst !== undefined) {
      this.#burst.lastAtMs = nowMs;
      return;
    }
    log.warn({ event: 'connections-turned-away', perSecond: Math.round(this.#perSecond), waiting: this.#waiting.length, onTheirWay: this.#onTheirWay }, 'more data planes connect at once than can be served; some are turned away for now and come back');
    this.#burst = { beganAtMs: nowMs, lastAtMs: nowMs, refusedBefore: this.#refused - 1, quiet: clock.every(QUIET_MS, () => this.#endQuietBurst()) };
  }

  #endQuietBurst(): void {
    const { clock, log } = this.#options;
    const burst = this.#burst;
    if (burst === undefined || clock.monotonicMs() - burst.lastAtMs < QUIET_MS) return;
    burst.quiet.cancel();
    this.#burst = undefined;
    log.info({ event: 'connections-let-in-again', refused: this.#refused - burst.refusedBefore, seconds: Math.round((burst.lastAtMs - burst.beganAtMs) / 1_000) }, 'no more connections of data planes are turned away');
  }
}

function ignore(): void {
  // Whoever waited and went away is its own affair.
}
