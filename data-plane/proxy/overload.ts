/**
 * Sheds load before the thread or the machine is lost (R5): new requests get 503 with Retry-After, those under way go on. Looks at two
 * things, some times a second: how late the event loop is, and how much memory is left. One per proxy thread; asked once
 * per request. The status port lives in another thread and always answers.
 */
import type { Clock, TimerHandle } from '../../shared/clock.ts';

export interface OverloadLimits {
  /** A turn of the event loop that is late by more than this sheds load. Undefined: never. */
  readonly maxLoopDelayMs: number | undefined;
  /** Share of the memory limits (process and heap) from which on no new request is taken. */
  readonly maxMemoryShare: number;
}

/** How full the fuller one of two is, 0 to 1: resident memory against what the process may have, and the thread's heap against its limit. */
export type MemoryGauge = () => number;

/** Nothing is watched and nothing shed. */
export const NO_OVERLOAD_LIMITS: OverloadLimits = { maxLoopDelayMs: undefined, maxMemoryShare: Number.POSITIVE_INFINITY };

export interface OverloadState {
  /** Part of the new requests that is shed, 0 to 1. */
  readonly share: number;
  /** What it is shed for; undefined while nothing is. */
  readonly reason: 'event-loop' | 'memory' | undefined;
}

export const CALM: OverloadState = { share: 0, reason: undefined };

export const OVERLOAD_SAMPLE_MS = 100;
/** A late turn adds so much to the share that is shed, a timely one takes half as much away: quick to relieve, slow to believe. */
const STEP = 0.2;

export interface OverloadSample {
  readonly loopDelayMs: number;
  readonly memoryShare: number;
}

/** The next state after one look. Memory knows no half measures; a late loop sheds a growing part, so that load and relief find a balance. */
export function nextOverload(state: OverloadState, sample: OverloadSample, limits: OverloadLimits): OverloadState {
  if (sample.memoryShare >= limits.maxMemoryShare) return { share: 1, reason: 'memory' };
  const before = state.reason === 'memory' ? 0 : state.share;
  const isLate = limits.maxLoopDelayMs !== undefined && sample.loopDelayMs > limits.maxLoopDelayMs;
  // Tenths add up to less than they should: rounded, so that calm is reached.
  const share = Math.round(Math.min(1, Math.max(0, before + (isLate ? STEP : -STEP / 2))) * 100) / 100;
  return share === 0 ? CALM : { share, reason: 'event-loop' };
}

export class OverloadGuard {
  readonly #limits: OverloadLimits;
  readonly #clock: Clock;
  readonly #memory: MemoryGauge;
  readonly #random: () => number;
  readonly #changed: (state: OverloadState) => void;
  #state = CALM;
  #timer: TimerHandle | undefined;

  /** `random` is uniform in [0, 1). `changed` hears of the beginning and the end of shedding. */
  constructor(limits: OverloadLimits, clock: Clock, memory: MemoryGauge, random: () => number, changed: (state: OverloadState) => void) {
    this.#limits = limits;
    this.#clock = clock;
    this.#memory = memory;
    this.#random = random;
    this.#changed = changed;
  }

  start(): void {
    let due = this.#clock.monotonicMs() + OVERLOAD_SAMPLE_MS;
    this.#timer = this.#clock.every(OVERLOAD_SAMPLE_MS, () => {
      const nowMs = this.#clock.monotonicMs();
      this.#look(Math.max(0, nowMs - due));
      due = nowMs + OVERLOAD_SAMPLE_MS;
    });
  }

  stop(): void {
    this.#timer?.cancel();
  }

  get state(): OverloadState {
    return this.#state;
  }

  /** Whether this new request is to be turned away. One comparison while all is calm. */
  get sheds(): boolean {
    return this.#state.share !== 0 && this.#random() < this.#state.share;
  }

  #look(loopDelayMs: number): void {
    const before = this.#state;
    this.#state = nextOverload(before, { loopDelayMs, memoryShare: this.#memory() }, this.#limits);
    if (before.reason !== this.#state.reason) this.#changed(this.#state);
  }
}
