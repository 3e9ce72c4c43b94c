/**
 * Asks the servers of authorities: a few at a time, the others wait for their turn, so that a thousand new clients do not use up
 * what all plugins of the thread may have under way. One that did not answer is left alone for a while. Used by revocation-check.ts.
 */
import type { FetchOptions, PluginServices, PluginStore } from '../plugin-services.ts';

const MOST_AT_ONCE = 32;
/** Who was given as much and did not answer is silent. */
const TIME_TO_ANSWER_MS = 1_000;
const SILENT_BOUNDS = { maxEntries: 1_000 } as const;

/** How long a server that did not answer is left alone. */
export const LEFT_ALONE_MS = 10_000;

export class AuthorityFetch {
  readonly #services: PluginServices;
  readonly #timeoutMs: number;
  /** By URL, or by what else `leaveAlone` was told: until when. */
  readonly #leftAlone: PluginStore<number>;
  readonly #waiting: (() => void)[] = [];
  #underWay = 0;

  constructor(timeoutMs: number, services: PluginServices) {
    this.#services = services;
    this.#timeoutMs = timeoutMs;
    this.#leftAlone = services.store('silent-authorities', SILENT_BOUNDS);
  }

  /** The body of an answer with status 200; `endMs` is monotonic. Rejects with the reason. The caller bounds how many wait. */
  async fetch(url: string, options: Omit<FetchOptions, 'timeoutMs'>, endMs: number): Promise<Uint8Array> {
    if (this.#underWay >= MOST_AT_ONCE) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#underWay += 1;
    try {
      return await this.#ask(url, options, endMs);
    } finally {
      // The turn goes to the next, or back.
      const next = this.#waiting.shift();
      if (next === undefined) this.#underWay -= 1;
      else next();
    }
  }

  isLeftAlone(what: string): boolean {
    return this.#services.clock.monotonicMs() < (this.#leftAlone.get(what) ?? 0);
  }

  /** Also what came whole and is of no use. */
  leaveAlone(what: string): void {
    this.#leftAlone.set(what, this.#services.clock.monotonicMs() + LEFT_ALONE_MS);
  }

  async #ask(url: string, options: Omit<FetchOptions, 'timeoutMs'>, endMs: number): Promise<Uint8Array> {
    if (this.isLeftAlone(url)) throw new Error('not asked: it did not answer a moment ago');
    const timeoutMs = Math.min(this.#timeoutMs, endMs - this.#services.clock.monotonicMs());
    if (timeoutMs <= 0) throw new Error('not asked: there is no time left');
    try {
      const { status, body } = await this.#services.fetch(url, { ...options, timeoutMs });
      if (status !== 200) throw new Error(`the answer has the status ${status}`);
      return body;
    } catch (thrown) {
      const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined;
      // Nothing was asked where other plugins use all that may be under way, and one that had no time to answer is not to blame.
      if (code !== 'FETCH_BUSY' && (code !== 'FETCH_TIMED_OUT' || timeoutMs >= Math.min(this.#timeoutMs, TIME_TO_ANSWER_MS))) this.leaveAlone(url);
      throw thrown;
    }
  }
}
