/**
 * Sleeps until something happens at the admin API, or for a while. Events are read for that they come, not for what they say;
 * when the stream breaks, the sleeper wakes by time alone, and the stream is opened again. Used by commands that wait.
 */
import type { Clock, TimerHandle } from '../../shared/clock.ts';
import { openStream, type AdminAccess } from './admin-client.ts';

const REOPEN_AFTER_MS = 2_000;

export class EventAlarmClock {
  readonly #access: AdminAccess;
  readonly #path: string;
  readonly #clock: Clock;
  readonly #ending = new AbortController();
  #happened = false;
  #wake: () => void = () => undefined;
  #reopening: TimerHandle | undefined;

  constructor(access: AdminAccess, path: string, clock: Clock) {
    this.#access = access;
    this.#path = path;
    this.#clock = clock;
    void this.#listen();
  }

  /** At least and at most so long, in between until something happens; at once after the least where it has since the last wait. */
  async wait(leastMs: number, mostMs: number): Promise<void> {
    await this.#sleep(leastMs);
    if (!this.#happened && mostMs > leastMs) await this.#sleep(mostMs - leastMs, true);
    this.#happened = false;
  }

  stop(): void {
    this.#ending.abort();
    this.#reopening?.cancel();
    this.#wake();
  }

  #sleep(ms: number, wakes = false): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = this.#clock.after(ms, resolve, { keepAlive: true });
    if (wakes) this.#wake = resolve;
    return promise.finally(() => timer.cancel());
  }

  async #listen(): Promise<void> {
    try {
      for await (const chunk of await openStream(this.#access, this.#path, this.#ending.signal)) {
        if (!chunk.includes('event: ')) continue;
        this.#happened = true;
        this.#wake();
      }
    } catch {
      // An older control plane has no such stream, a busy one no room: time wakes as well.
    }
    if (!this.#ending.signal.aborted) this.#reopening = this.#clock.after(REOPEN_AFTER_MS, () => void this.#listen());
  }
}
