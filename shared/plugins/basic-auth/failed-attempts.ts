/**
 * Wrong passwords per minute: by user name and by where they come from. Looked at before a password is, so that further guesses learn
 * nothing; names that nobody has count like others. Used by handler.ts. Counted by the data plane, over all its threads.
 */
import { clientNetwork } from '../client-network.ts';
import type { RequestView } from '../contract.ts';
import type { CounterWindow, PluginServices } from '../plugin-services.ts';
import type { BasicAuthConfig } from './schema.ts';

const WINDOW_MS = 60_000;
const MAX_NAME = 512;

interface Limit {
  readonly key: string;
  /** One: the minute in which the attempt began. */
  readonly windows: readonly [CounterWindow];
}

/** Who tries, and when: made once per request. */
export type Attempt = readonly Limit[];

export class FailedAttempts {
  readonly #perUser: number;
  readonly #perNetwork: number;
  readonly #services: PluginServices;

  constructor(config: BasicAuthConfig, services: PluginServices) {
    this.#perUser = config.max_failures_per_user;
    this.#perNetwork = config.max_failures_per_network;
    this.#services = services;
  }

  attemptBy(username: string, request: RequestView): Attempt {
    const { pluginId, clock } = this.#services;
    const nowMs = clock.nowMs();
    const window = { windowMs: WINDOW_MS, startMs: nowMs - (nowMs % WINDOW_MS) };
    const attempt: Limit[] = [];
    // Counted in this process alone, so nothing is hashed. Names are not longer than that.
    if (this.#perUser > 0) attempt.push({ key: `${pluginId} user ${username.slice(0, MAX_NAME)}`, windows: [{ ...window, limit: this.#perUser }] });
    if (this.#perNetwork > 0) attempt.push({ key: `${pluginId} network ${clientNetwork(request.clientAddress)}`, windows: [{ ...window, limit: this.#perNetwork }] });
    return attempt;
  }

  isTooMany(attempt: Attempt): boolean {
    for (const { key, windows } of attempt) if ((this.#services.counters.add(key, windows, 0)[0] ?? 0) >= windows[0].limit) return true;
    return false;
  }

  /** Counts a failure before it is known to be one, so that many at once do not slip through together. False where that is too many. */
  begin(attempt: Attempt): boolean {
    for (const [index, { key, windows }] of attempt.entries()) {
      const taken = this.#services.counters.take(key, windows);
      if (taken.kind === 'full') this.#services.log.warn('basic-auth-failures-not-counted');
      if (taken.kind !== 'over') continue;
      this.takeBack(attempt.slice(0, index));
      return false;
    }
    return true;
  }

  /** It was none. */
  takeBack(attempt: Attempt): void {
    for (const { key, windows } of attempt) this.#services.counters.add(key, windows, -1);
  }

  secondsLeft(): number {
    return Math.max(1, Math.ceil((WINDOW_MS - (this.#services.clock.nowMs() % WINDOW_MS)) / 1_000));
  }
}
