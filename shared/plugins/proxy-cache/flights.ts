/**
 * Requests that go upstream for the cache, by the place that their response is to have, and who waits for them: of concurrent misses one
 * goes, so that a popular response that runs out does not bring the upstream down. Who waited too long goes too (R5).
 */
import type { PluginServices } from '../plugin-services.ts';

/** Waiting for one response, at most; each of them holds a connection of its client. */
const MAX_WAITING = 1_000;
const SWEEP_MS = 100;

export interface Flight {
  readonly place: string;
  readonly forgottenAtMs: number;
  waiting: Waiting[];
  isOver: boolean;
}

interface Waiting {
  readonly untilMs: number;
  readonly wake: () => void;
}

export class Flights {
  readonly #services: PluginServices;
  readonly #open = new Map<string, Flight>();
  #sweep: { cancel(): void } | undefined;

  constructor(services: PluginServices) {
    this.#services = services;
  }

  to(place: string): Flight | undefined {
    return this.#open.get(place);
  }

  begin(place: string, longestMs: number): Flight {
    const flight = { place, forgottenAtMs: this.#services.clock.monotonicMs() + longestMs, waiting: [], isOver: false };
    this.#open.set(place, flight);
    this.#sweep ??= this.#services.every(SWEEP_MS, () => this.#wakeLate());
    return flight;
  }

  /** Resolves when the flight is over, or at `untilMs`; undefined where too many wait already. */
  wait(flight: Flight, untilMs: number): Promise<void> | undefined {
    if (flight.waiting.length >= MAX_WAITING) return undefined;
    const { promise, resolve } = Promise.withResolvers<void>();
    flight.waiting.push({ untilMs, wake: resolve });
    return promise;
  }

  /** The response is there, or there is none that others could have. */
  end(flight: Flight): void {
    if (flight.isOver) return;
    flight.isOver = true;
    if (this.#open.get(flight.place) === flight) this.#open.delete(flight.place);
    for (const { wake } of flight.waiting.splice(0)) wake();
    if (this.#open.size === 0) this.#stopSweep();
  }

  endAll(): void {
    for (const flight of [...this.#open.values()]) this.end(flight);
    this.#stopSweep();
  }

  #stopSweep(): void {
    this.#sweep?.cancel();
    this.#sweep = undefined;
  }

  #wakeLate(): void {
    const nowMs = this.#services.clock.monotonicMs();
    for (const flight of [...this.#open.values()]) {
      if (nowMs > flight.forgottenAtMs) this.end(flight);
      // Who waited for another one before does not wait as long again, so they are in no order.
      const late = flight.waiting.filter(({ untilMs }) => untilMs <= nowMs);
      if (late.length === 0) continue;
      flight.waiting = flight.waiting.filter(({ untilMs }) => untilMs > nowMs);
      for (const { wake } of late) wake();
    }
  }
}
