/**
 * Wrong passwords per minute: by user name and by where they come from. Looked at before a password is, so that further guesses learn
 * nothing; names that nobody has count like others. Used by handler.ts. Counted by the data plane, over all its threads.
 */
import { clientNetwork } from '../../plugin-parts/client-network.ts';
import type { RequestView } from '../contract.ts';
import type { CounterWindow, PluginServices, PluginStore } from '../plugin-services.ts';
import type { BasicAuthConfig } from './schema.ts';

const WINDOW_MS = 60_000;
const MAX_NAME = 512;

interface Limit {
  readonly key: string;
  /** One: the minute in which the attempt began. */
  readonly windows: readonly [CounterWindow];
}

/** Who tries, and when: made once per request. */
export interface Attempt {
  readonly limits: readonly Limit[];
  /** Of this name from this network alone. */
  readonly pair: Limit;
}

/** Names with the networks from which they were let in. Some 150 bytes each. */
const FAMILIAR = 10_000;

export class FailedAttempts {
  readonly #perUser: number;
  readonly #perNetwork: number;
  readonly #services: PluginServices;
  readonly #familiar: PluginStore<true>;

  constructor(config: BasicAuthConfig, services: PluginServices) {
    this.#perUser = config.max_failures_per_user;
    this.#perNetwork = config.max_failures_per_network;
    this.#services = services;
    this.#familiar = services.store<true>('familiar', { maxEntries: FAMILIAR });
  }

  attemptBy(username: string, request: RequestView): Attempt {
    const { pluginId, clock } = this.#services;
    const nowMs = clock.nowMs();
    const window = { windowMs: WINDOW_MS, startMs: nowMs - (nowMs % WINDOW_MS) };
    // Counted in this process alone, so nothing is hashed. Names are not longer than that.
    const [name, network] = [username.slice(0, MAX_NAME), clientNetwork(request.clientAddress)];
    const limits: Limit[] = [];
    if (this.#perUser > 0) limits.push({ key: `${pluginId} user ${name}`, windows: [{ ...window, limit: this.#perUser }] });
    if (this.#perNetwork > 0) limits.push({ key: `${pluginId} network ${network}`, windows: [{ ...window, limit: this.#perNetwork }] });
    return { limits, pair: { key: `${pluginId} pair ${network} ${name}`, windows: [{ ...window, limit: this.#perUser || this.#perNetwork }] } };
  }

  isTooMany({ limits }: Attempt): boolean {
    return limits.some((limit) => this.#isFull(limit));
  }

  /** It was right. */
  succeeded({ limits, pair: { key } }: Attempt): void {
    if (limits.length > 0 && this.#familiar.get(key) === undefined) this.#familiar.set(key, true);
  }

  /**
   * Of an attempt when there were too many: whether it is let in all the same, so that whoever guesses at a name shuts nobody out who
   * uses it from somewhere else. For those alone who were let in from where they are, with a password that needs no verifying; what
   * is wrong counts for this name and place.
   */
  isExcepted({ pair }: Attempt, isRight: boolean): boolean {
    if (this.#familiar.get(pair.key) === undefined) return false;
    if (!isRight) this.#services.counters.take(pair.key, pair.windows);
    return isRight && !this.#isFull(pair);
  }

  #isFull({ key, windows }: Limit): boolean {
    return (this.#services.counters.add(key, windows, 0)[0] ?? 0) >= windows[0].limit;
  }

  /** Counts a failure before it is known to be one, so that many at once do not slip through together. False where that is too many. */
  begin({ limits }: Attempt): boolean {
    for (const [index, { key, windows }] of limits.entries()) {
      const taken = this.#services.counters.take(key, windows);
      if (taken.kind === 'full') this.#services.log.warn('basic-auth-failures-not-counted');
      if (taken.kind !== 'over') continue;
      this.#takeBack(limits.slice(0, index));
      return false;
    }
    return true;
  }

  /** It was none. */
  takeBack({ limits }: Attempt): void {
    this.#takeBack(limits);
  }

  #takeBack(limits: readonly Limit[]): void {
    for (const { key, windows } of limits) this.#services.counters.add(key, windows, -1);
  }

  secondsLeft(): number {
    return Math.max(1, Math.ceil((WINDOW_MS - (this.#services.clock.nowMs() % WINDOW_MS)) / 1_000));
  }
}
