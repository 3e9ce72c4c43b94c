/**
 * Where the log entries of one plugin entity wait on their way out of a proxy thread (`services.queue`). Bounded in entries and bytes: the
 * oldest make room and are counted (R5). Batches fill for a while, go out a few at a time, and are tried again ever more slowly. Instances
 * of one entity share the queue: what an old one took in, the new one delivers (R3). Opened and ended by log-queues.ts.
 */
import type { Clock, TimerHandle } from '../../shared/clock.ts';
import { describeThrown } from '../../shared/errors.ts';
import type { PluginQueue, PluginServices, QueueOptions } from '../../shared/plugins/plugin-services.ts';
import type { DropReason, OutputCounter } from './plugin-output.ts';

export type Deliver<Entry> = (entries: readonly Entry[]) => Promise<void>;

/** What all queues of a thread hold together. */
export interface QueueMemory {
  bytes: number;
  /** Until there is room for so much more, of the queue in which most waits the oldest goes. False where nothing waits any more and there is none. */
  makeRoom(bytes: number): boolean;
}

export interface LogQueueOptions {
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly memory: QueueMemory;
  readonly counter: OutputCounter;
  readonly log: PluginServices['log'];
}

/** One delivery takes no more than this, however many entries a batch may have: it is one text in memory, and one request. */
const MAX_BATCH_BYTES = 8_388_608;
/** On its way in several batches. */
const MAX_UNDER_WAY_BYTES = 16_777_216;
/** What a queue may hold where others hold all there is, on their way to receivers that do not answer: theirs are not to cost this one its entries. */
const OWN_BYTES = 1_048_576;
/** Between two lines of the log on one matter. */
const TELL_EVERY_MS = 10_000;
/** Entries taken from the front before the list is moved together. */
const COMPACT_FROM = 1_024;

interface Item<Entry> {
  readonly entry: Entry;
  readonly bytes: number;
  readonly atMs: number;
}

interface Batch<Entry> {
  readonly entries: readonly Entry[];
  readonly bytes: number;
  readonly begunAtMs: number;
  failures: number;
  /** It was given up, however its delivery ends. */
  isAbandoned: boolean;
}

/** An instance that has the queue. */
export interface Holder<Entry> {
  readonly options: QueueOptions;
  readonly deliver: Deliver<Entry>;
  /** Deliveries of its own that are under way. */
  underWay: number;
  isClosing: boolean;
}

export class LogQueue<Entry> implements PluginQueue<Entry> {
  readonly #around: LogQueueOptions;
  readonly #holders: Holder<Entry>[] = [];
  #items: Item<Entry>[] = [];
  #first = 0;
  #waitingBytes = 0;
  #underWayBytes = 0;
  readonly #batches = new Set<Batch<Entry>>();
  /** Of batches that wait for their next try. */
  readonly #pauses = new Set<() => void>();
  #timer: TimerHandle | undefined;
  /** What waits is not to wait for more. */
  #isFlushing = false;
  readonly #idleWaiters = new Set<() => void>();
  readonly #told = new Map<string, { atMs: number; since: number }>();

  constructor(around: LogQueueOptions) {
    this.#around = around;
  }

  get waiting(): number {
    return this.#items.length - this.#first;
  }

  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /** Nothing waits, nothing is on its way. */
  get isIdle(): boolean {
    return this.waiting === 0 && this.#batches.size === 0;
  }

  /** True while an instance has it. */
  get isHeld(): boolean {
    return this.#holders.length > 0;
  }

  /** The newest instance's options count from now on, and it delivers. */
  hold(holder: Holder<Entry>): void {
    this.#holders.push(holder);
    this.#isFlushing = false;
    // It was set by what the one before wanted to wait for.
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#pump();
  }

  release(holder: Holder<Entry>): void {
    const place = this.#holders.indexOf(holder);
    if (place !== -1) this.#holders.splice(place, 1);
  }

  /** Another instance has it and stays. */
  hasOtherThan(holder: Holder<Entry>): boolean {
    return this.#holders.some((other) => other !== holder && !other.isClosing);
  }

  push(entry: Entry, given: number): void {
    const bytes = Math.max(given, sizeOf(entry));
    const { clock, memory, counter } = this.#around;
    const options = this.#holder?.options;
    if (options === undefined) return this.#drop('drain', 1);
    const maxBytes = options.maxBytes === 0 ? Number.POSITIVE_INFINITY : options.maxBytes;
    // One that never fits costs no others their place: clients decide how large it is.
    if (bytes > maxBytes) return this.#drop('bytes-full', 1);
    while (this.waiting >= options.maxEntries) this.dropOldest('entries-full');
    while (this.#waitingBytes + bytes > maxBytes) this.dropOldest('bytes-full');
    if (!memory.makeRoom(bytes) && this.#waitingBytes + this.#underWayBytes + bytes > OWN_BYTES) return this.#drop('bytes-full', 1);
    this.#items.push({ entry, bytes, atMs: clock.monotonicMs() });
    this.#waitingBytes += bytes;
    memory.bytes += bytes;
    counter.waiting += 1;
    counter.waitingBytes += bytes;
    // Where the timer runs, all but a full batch waits for it.
    if (this.#timer === undefined || this.#isFlushing || this.waiting >= options.maxBatchEntries) this.#pump();
  }

  /** Sends what waits without waiting for more; resolves when all is gone, or late, after `boundMs`. */
  async flush(boundMs: number): Promise<void> {
    this.#isFlushing = true;
    this.#pump();
    // What waits for its next try has less time now than it thought.
    for (const wake of [...this.#pauses]) wake();
    await this.#until(() => this.isIdle, boundMs);
  }

  /** Resolves when no delivery of this instance is under way, or late. */
  settled(holder: Holder<Entry>, boundMs: number): Promise<void> {
    return this.#until(() => holder.underWay === 0, boundMs);
  }

  /** What is still there is lost, and counted. */
  abandon(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    while (this.waiting > 0) this.dropOldest('drain');
    for (const batch of this.#batches) {
      if (batch.isAbandoned) continue;
      batch.isAbandoned = true;
      this.#drop('drain', batch.entries.length);
    }
    for (const wake of [...this.#pauses]) wake();
  }

  get #holder(): Holder<Entry> | undefined {
    const newest = this.#holders.at(-1);
    return newest?.isClosing === true ? (this.#holders.findLast(({ isClosing }) => !isClosing) ?? newest) : newest;
  }

  #pump(): void {
    const options = this.#holder?.options;
    if (options === undefined) return;
    while (this.waiting > 0 && this.#batches.size < options.concurrency && (this.#batches.size === 0 || this.#underWayBytes < MAX_UNDER_WAY_BYTES)) {
      const waitMs = this.#isFlushing || this.waiting >= options.maxBatchEntries ? 0 : (this.#items[this.#first]?.atMs ?? 0) + options.maxDelayMs - this.#around.clock.monotonicMs();
      if (waitMs > 0) {
        this.#timer ??= this.#around.clock.after(waitMs, () => {
          this.#timer = undefined;
          this.#pump();
        });
        return;
      }
      void this.#send(this.#takeBatch(options.maxBatchEntries));
    }
  }

  #takeBatch(maxEntries: number): Batch<Entry> {
    const entries: Entry[] = [];
    let bytes = 0;
    while (entries.length < maxEntries) {
      const item = this.#items[this.#first];
      if (item === undefined || (entries.length > 0 && bytes + item.bytes > MAX_BATCH_BYTES)) break;
      this.#first += 1;
      entries.push(item.entry);
      bytes += item.bytes;
    }
    this.#compact();
    this.#waitingBytes -= bytes;
    this.#underWayBytes += bytes;
    const batch = { entries, bytes, begunAtMs: this.#around.clock.monotonicMs(), failures: 0, isAbandoned: false };
    this.#batches.add(batch);
    return batch;
  }

  /** Until it is delivered or given up. Never rejects. */
  async #send(batch: Batch<Entry>): Promise<void> {
    for (;;) {
      const outcome = await this.#try(batch);
      if (batch.isAbandoned || outcome === 'over') break;
      await this.#pause(outcome);
      if (batch.isAbandoned) break;
    }
    this.#batches.delete(batch);
    this.#underWayBytes -= batch.bytes;
    this.#free(batch.entries.length, batch.bytes);
    this.#wakeWaiters();
    this.#pump();
  }

  /** Milliseconds until the next try, or `over`. */
  async #try(batch: Batch<Entry>): Promise<number | 'over'> {
    const { clock, counter } = this.#around;
    const holder = this.#holder;
    if (holder === undefined) return this.#giveUp(batch, 'drain');
    holder.underWay += 1;
    try {
      await holder.deliver(batch.entries);
      if (!batch.isAbandoned) counter.sent += batch.entries.length;
      return 'over';
    } catch (thrown) {
      counter.failedDeliveries += 1;
      batch.failures += 1;
      this.#tell('plugin-queue-failing', { reason: describeThrown(thrown), waiting: this.waiting });
      if (isFinal(thrown)) return this.#giveUp(batch, 'refused');
      const delayMs = this.#delayMs(batch.failures, holder.options);
      const isOver = clock.monotonicMs() + delayMs - batch.begunAtMs > holder.options.maxRetryMs;
      return isOver ? this.#giveUp(batch, 'retries-over') : delayMs;
    } finally {
      holder.underWay -= 1;
      this.#wakeWaiters();
    }
  }

  #giveUp(batch: Batch<Entry>, reason: DropReason): 'over' {
    if (!batch.isAbandoned) this.#drop(reason, batch.entries.length);
    return 'over';
  }

  /** Twice as long after each failure, drawn from the upper half, so that threads spread out. */
  #delayMs(failures: number, { initialRetryDelayMs, maxRetryDelayMs }: QueueOptions): number {
    const ceiling = Math.min(maxRetryDelayMs, initialRetryDelayMs * 2 ** Math.min(failures - 1, 30));
    return ceiling * (0.5 + this.#around.random() / 2);
  }

  #pause(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        timer.cancel();
        this.#pauses.delete(wake);
        resolve();
      };
      const timer = this.#around.clock.after(delayMs, wake);
      this.#pauses.add(wake);
    });
  }

  /** Counted. */
  dropOldest(reason: DropReason): void {
    const item = this.#items[this.#first];
    if (item === undefined) return;
    this.#first += 1;
    this.#compact();
    this.#waitingBytes -= item.bytes;
    this.#free(1, item.bytes);
    this.#drop(reason, 1);
  }

  #compact(): void {
    if (this.#first < this.#items.length && (this.#first < COMPACT_FROM || this.#first * 2 < this.#items.length)) return;
    this.#items = this.#items.slice(this.#first);
    this.#first = 0;
  }

  #free(entries: number, bytes: number): void {
    const { memory, counter } = this.#around;
    memory.bytes -= bytes;
    counter.waiting -= entries;
    counter.waitingBytes -= bytes;
  }

  #drop(reason: DropReason, count: number): void {
    this.#around.counter.drop(reason, count);
    this.#tell('plugin-queue-dropping', { reason, waiting: this.waiting }, count);
  }

  /** At once the first time, then now and then, with how much there was since. */
  #tell(event: string, fields: Readonly<Record<string, string | number>>, count = 1): void {
    const key = `${event} ${event === 'plugin-queue-dropping' ? fields['reason'] : ''}`;
    const nowMs = this.#around.clock.monotonicMs();
    const told = this.#told.get(key);
    const since = (told?.since ?? 0) + count;
    if (told !== undefined && nowMs - told.atMs < TELL_EVERY_MS) {
      told.since = since;
      return;
    }
    this.#told.set(key, { atMs: nowMs, since: 0 });
    this.#around.log.warn(event, { ...fields, count: since });
  }

  #wakeWaiters(): void {
    for (const wake of [...this.#idleWaiters]) wake();
  }

  #until(isDone: () => boolean, boundMs: number): Promise<void> {
    if (isDone()) return Promise.resolve();
    return new Promise((resolve) => {
      const end = (): void => {
        timer.cancel();
        this.#idleWaiters.delete(look);
        resolve();
      };
      const look = (): void => {
        if (isDone()) end();
      };
      const timer = this.#around.clock.after(boundMs, end, { keepAlive: true });
      this.#idleWaiters.add(look);
    });
  }
}

/** A text with one letter that is not of ASCII may have two bytes for each in memory, which its length does not tell. */
function sizeOf(entry: unknown): number {
  return typeof entry !== 'string' || Buffer.byteLength(entry) === entry.length ? 0 : 2 * entry.length;
}

/** It says so itself, and nothing else does. */
function isFinal(thrown: unknown): boolean {
  return thrown instanceof Error && 'retryable' in thrown && thrown.retryable === false;
}
