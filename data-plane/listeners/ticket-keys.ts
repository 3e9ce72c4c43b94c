/**
 * The key of TLS session tickets: made by the agent, the same in all proxy threads, so that a session resumes on any of them, and
 * replaced every so often, so that a stolen one opens little (RFC 5077 §5.5). Node holds one key: older tickets lead to a full handshake.
 */
import type { Clock, TimerHandle } from '../../shared/clock.ts';

/** Name, HMAC key and cipher key, 16 bytes each. */
const KEY_BYTES = 48;

export class TicketKeys {
  readonly #random: (bytes: number) => Uint8Array;
  readonly #timer: TimerHandle;
  #current: Uint8Array;

  /** `random` gives bytes that nobody can guess. `replaced` hears of each new key. */
  constructor(clock: Clock, rotationMs: number, random: (bytes: number) => Uint8Array, replaced: (keys: Uint8Array) => void) {
    this.#random = random;
    this.#current = random(KEY_BYTES);
    this.#timer = clock.every(rotationMs, () => {
      this.#current = this.#random(KEY_BYTES);
      replaced(this.#current);
    });
  }

  get current(): Uint8Array {
    return this.#current;
  }

  stop(): void {
    this.#timer.cancel();
  }
}
