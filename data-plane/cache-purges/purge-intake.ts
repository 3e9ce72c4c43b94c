/**
 * Which of a control plane's orders to empty caches are news to this process. They come again with every session, and each is carried
 * out once: those that are later than the last one, and for a new process later than its start, because what it has is younger than
 * that. Where the control plane has forgotten some that may be news, everything goes. Made by enrolled-parts.ts.
 */
import type { CachePurges } from '../../shared/wire/sync-message.ts';

/** Between the clock of this machine and that of a control plane. */
const CLOCKS_APART_MS = 60_000;

export class PurgeIntake {
  readonly #purge: (pluginId: string | undefined, cacheKey: string | undefined) => void;
  /** Milliseconds since the epoch, as control planes count them. */
  #carriedOutMs: number;
  #wasHeard = false;

  constructor(startedAtMs: number, purge: (pluginId: string | undefined, cacheKey: string | undefined) => void) {
    this.#carriedOutMs = Math.max(0, startedAtMs - CLOCKS_APART_MS);
    this.#purge = purge;
  }

  heard({ forgottenMs, purges }: CachePurges): void {
    const before = this.#carriedOutMs;
    const news = purges.filter(({ atMs }) => atMs > before);
    if (forgottenMs > before) this.#purge(undefined, undefined);
    else for (const { pluginId, cacheKey } of news) this.#purge(pluginId, cacheKey);
    const newestMs = Math.max(forgottenMs, ...purges.map(({ atMs }) => atMs));
    // From here on the control planes' own times count: ours may be ahead of them.
    this.#carriedOutMs = this.#wasHeard ? Math.max(before, newestMs) : newestMs;
    this.#wasHeard = true;
  }
}
