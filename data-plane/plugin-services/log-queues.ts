/**
 * The queues of a proxy thread's plugins, by plugin entity: an instance that is made anew after a change of its config goes on with the
 * one that was there. The last instance's end flushes it, and so does the drain of the thread, each within a bound. Used by
 * thread-plugin-services.ts.
 */
import type { Clock } from '../../shared/clock.ts';
import type { PluginQueue, PluginServices, QueueOptions } from '../../shared/plugins/plugin-services.ts';
import { LogQueue, type Deliver, type Holder, type QueueMemory } from './log-queue.ts';
import type { OutputCounters } from './plugin-output.ts';

export interface LogQueuesOptions {
  readonly clock: Clock;
  readonly random: () => number;
  readonly outputs: OutputCounters;
}

/** A queue as one instance has it. */
export interface HeldQueue<Entry> {
  readonly queue: PluginQueue<Entry>;
  /** True where `close` has something to wait for. */
  readonly isBusy: boolean;
  /** Resolves when the instance is needed no more: what waits goes out first, unless another instance has the queue. Idempotent. */
  close(): Promise<void>;
}

/** All queues of a thread together. */
const MAX_BYTES = 67_108_864;
/** An instance that ends for good has so long to get rid of what waits. */
const CLOSE_BOUND_MS = 10_000;

export class LogQueues {
  readonly #options: LogQueuesOptions;
  readonly #memory: QueueMemory = { bytes: 0, makeRoom: (bytes) => this.#makeRoom(bytes) };
  // Entries of queues with one key are of one type: the key names plugin, version and place in `create`.
  readonly #queues = new Map<string, LogQueue<unknown>>();

  constructor(options: LogQueuesOptions) {
    this.#options = options;
  }

  /** `key`: the same for instances that can deliver each other's entries. */
  open<Entry>(key: string, pluginName: string, log: PluginServices['log'], options: QueueOptions, deliver: Deliver<Entry>): HeldQueue<Entry> {
    const { clock, random, outputs } = this.#options;
    const known = this.#queues.get(key) ?? new LogQueue<unknown>({ clock, random, memory: this.#memory, counter: outputs.of(pluginName), log });
    this.#queues.set(key, known);
    // The door: see `#queues`.
    const queue = known as unknown as LogQueue<Entry>;
    const holder: Holder<Entry> = { options, deliver, underWay: 0, isClosing: false };
    queue.hold(holder);
    return {
      queue,
      get isBusy() { return holder.underWay > 0 || (!queue.hasOtherThan(holder) && !queue.isIdle); },
      close: () => this.#close(key, queue, holder),
    };
  }

  /** What waits goes out, of all queues at a time; what is left after `boundMs` is counted as lost. */
  async flush(boundMs: number): Promise<void> {
    const queues = [...this.#queues.values()];
    await Promise.all(queues.map((queue) => queue.flush(boundMs)));
    for (const queue of queues) if (!queue.isIdle) queue.abandon();
  }

  #makeRoom(bytes: number): boolean {
    if (bytes > MAX_BYTES) return false;
    while (this.#memory.bytes + bytes > MAX_BYTES) {
      let fullest: LogQueue<unknown> | undefined;
      for (const queue of this.#queues.values()) if (queue.waitingBytes > (fullest?.waitingBytes ?? 0)) fullest = queue;
      if (fullest === undefined) return false;
      fullest.dropOldest('bytes-full');
    }
    return true;
  }

  async #close<Entry>(key: string, queue: LogQueue<Entry>, holder: Holder<Entry>): Promise<void> {
    if (holder.isClosing) return;
    holder.isClosing = true;
    if (!queue.hasOtherThan(holder)) await queue.flush(CLOSE_BOUND_MS);
    await queue.settled(holder, CLOSE_BOUND_MS);
    queue.release(holder);
    if (queue.isHeld) return;
    if (!queue.isIdle) queue.abandon();
    this.#queues.delete(key);
  }
}
