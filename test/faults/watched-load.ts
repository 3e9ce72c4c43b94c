/**
 * Steady load on one data plane through all of a scene, which may be taken away and put back as a load balancer does around
 * a restart: what counts is the sum of all its parts.
 */
import { failuresIn, startSteadyLoad, type SteadyLoad } from '../support/steady-load.ts';

/** A machine that is busy with something else answers late; what a fault keeps from being answered stays so. */
const TIMEOUT_MS = 60_000;

export class WatchedLoad {
  readonly #port: number;
  readonly #path: string;
  readonly #perSecond: number;
  readonly #earlier: SteadyLoad[] = [];
  #current: SteadyLoad | undefined;

  constructor(port: number, path: string, perSecond: number) {
    this.#port = port;
    this.#path = path;
    this.#perSecond = perSecond;
  }

  resume(): void {
    this.#current ??= startSteadyLoad(this.#port, this.#path, this.#perSecond, TIMEOUT_MS);
  }

  /** Resolves when nothing is under way any more. */
  async pause(): Promise<void> {
    const current = this.#current;
    if (current === undefined) return;
    this.#current = undefined;
    this.#earlier.push(current);
    await current.stop();
  }

  get answered(): number {
    return this.#parts.reduce((sum, { counts }) => sum + counts.ok, 0);
  }

  get failed(): number {
    return this.#parts.reduce((sum, { counts }) => sum + failuresIn(counts), 0);
  }

  /** What failed and how, in words; '' where nothing did. */
  get failures(): string {
    const kinds = new Map<string, number>();
    for (const { counts } of this.#parts) for (const [kind, count] of [...counts.otherStatus, ...counts.broken]) kinds.set(String(kind), (kinds.get(String(kind)) ?? 0) + count);
    return [...kinds].map(([kind, count]) => `${count} × ${kind}`).join(', ');
  }

  get #parts(): readonly SteadyLoad[] {
    return this.#current === undefined ? this.#earlier : [...this.#earlier, this.#current];
  }
}
