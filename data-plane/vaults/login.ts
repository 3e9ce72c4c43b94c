/**
 * Something that has to be got before a vault can be asked and holds for a while: a token, credentials. Got once for all who wait,
 * and anew shortly before it ends or once the vault did not take it. Used by the sources.
 */
import type { Clock } from '../../shared/clock.ts';

export interface Lease<T> {
  readonly value: T;
  /** Infinity where it does not end. */
  readonly lifetimeMs: number;
}

/** Renewed this long before its end, as clocks differ; a short one after three quarters. */
const MARGIN_MS = 60_000;

export class Login<T> {
  readonly #clock: Clock;
  readonly #obtain: () => Promise<Lease<T>>;
  #current: Promise<{ readonly value: T; readonly untilMs: number }> | undefined;

  constructor(clock: Clock, obtain: () => Promise<Lease<T>>) {
    this.#clock = clock;
    this.#obtain = obtain;
  }

  /** Rejects with what `obtain` rejects with; the next call tries again. */
  async get(): Promise<T> {
    const known = this.#current;
    const held = await known?.catch(() => undefined);
    if (held !== undefined && this.#clock.monotonicMs() < held.untilMs) return held.value;
    // Unless somebody else began anew meanwhile.
    if (this.#current === known) this.#current = this.#begin();
    return (await (this.#current ?? this.#begin())).value;
  }

  /** The vault did not take it. */
  forget(): void {
    this.#current = undefined;
  }

  async #begin(): Promise<{ readonly value: T; readonly untilMs: number }> {
    const { value, lifetimeMs } = await this.#obtain();
    return { value, untilMs: this.#clock.monotonicMs() + Math.max(lifetimeMs * 0.75, lifetimeMs - MARGIN_MS) };
  }
}
