/**
 * Start and stop in one place: resources are registered as they come up and are closed in reverse order, once,
 * however often stop is asked for. Used by both planes' main.ts.
 */
import type { Logger } from './log.ts';
import { describeThrown } from './errors.ts';

export interface Stoppable {
  readonly name: string;
  /** Resolves when nothing of it runs any more. Must be bounded in time by its owner. */
  stop(): Promise<void>;
}

export class Lifecycle {
  readonly #log: Logger;
  readonly #running: Stoppable[] = [];
  #stopping: Promise<void> | undefined;

  constructor(log: Logger) {
    this.#log = log;
  }

  get stopping(): boolean {
    return this.#stopping !== undefined;
  }

  /** Registers what must be stopped later; the last one added is stopped first. After stop was asked for, at once. */
  add(name: string, stop: () => Promise<void> | void): void {
    this.#running.push({ name, stop: async () => stop() });
    this.#stopping = this.#stopping?.then(() => this.#stopAll());
  }

  /** Stops everything in reverse order. Idempotent; failures are logged and do not hold up the rest. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stopAll();
    return this.#stopping;
  }

  async #stopAll(): Promise<void> {
    for (let part = this.#running.pop(); part !== undefined; part = this.#running.pop()) {
      try {
        await part.stop();
      } catch (thrown) {
        this.#log.error({ event: 'stop-failed', part: part.name, reason: describeThrown(thrown) }, 'a part did not stop cleanly');
      }
    }
  }
}
