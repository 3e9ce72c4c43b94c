/**
 * Which URIs were changed by an unsafe request, and when (RFC 9111 §4.4), and which keys were purged: what was asked for before is void,
 * also what is still on its way. Where there are too many to remember, everything that was asked for until now is void: rather empty than wrong.
 */
import type { PluginClock, PluginServices, PluginStore } from '../plugin-services.ts';
import { nameFor } from './cache-key.ts';

const MAX_REMEMBERED = 10_000;
/** No URI is called this. */
const EVERYTHING = '';

export class Invalidations {
  readonly #clock: PluginClock;
  /** Milliseconds of the clock that never goes back. Kept like the responses themselves, over changes of the config. */
  readonly #times: PluginStore<number>;

  constructor(services: PluginServices) {
    this.#clock = services.clock;
    this.#times = services.store('invalidations', { maxEntries: 2 * MAX_REMEMBERED });
  }

  /** Of a URI, or of what else can be void by its name. */
  add(uri: string): void {
    if (this.#times.size >= MAX_REMEMBERED) this.addAll();
    else this.#times.set(nameFor(uri), this.#clock.monotonicMs());
  }

  addAll(): void {
    this.#times.clear();
    this.#times.set(EVERYTHING, this.#clock.monotonicMs());
  }

  /** True where what was asked for then is void. */
  concern(uri: string, requestedAtMs: number): boolean {
    if (this.#times.size === 0) return false;
    return requestedAtMs <= (this.#times.get(EVERYTHING) ?? -1) || requestedAtMs <= (this.#times.get(nameFor(uri)) ?? -1);
  }
}
