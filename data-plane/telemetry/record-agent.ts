/**
 * The way of access records through the agent thread: taken from the proxy threads in bunches → put together to batches, spooled → sent
 * while there is credit → forgotten when acknowledged. They are detail: where there is no room they are dropped, counted by reason, and
 * the next batch tells of it. Beside telemetry-agent.ts, which never drops; the session tells both when it is connected.
 */
import type { Clock, TimerHandle } from '../../shared/clock.ts';
import { describeThrown } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log.ts';
import { encodeRecordBatchFrame, MAXIMUM_BATCH_RECORDS, MAXIMUM_RECORD_BATCH_BYTES } from '../../shared/wire/access-record-codec.ts';
import { COUNT_PLACES, type ThreadDrop } from './record-outbox.ts';
import { RecordSpool } from './record-spool.ts';
import type { FsyncPolicy } from './spool-segments.ts';
import type { SpooledBatch } from './spool.ts';

export interface RecordAgentOptions {
  /** Folder for the spool, ours alone. */
  readonly folder: string;
  readonly bootId: string;
  readonly maxSpoolBytes: number;
  readonly fsync: FsyncPolicy;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Where batches go while a session stands. */
export interface RecordChannel {
  sendRecords(batch: SpooledBatch): void;
}

/**
 * `spool-full`: the spool had no more room, or counts needed it. `spool-failed`: the disk refused to take or to give them. `thread-ended`: a proxy thread died with
 * them. The others as in record-outbox.ts.
 */
export type RecordDrop = ThreadDrop | 'thread-ended' | 'spool-full' | 'spool-failed';

/** In records, since this process started (buffered includes earlier boots): made + buffered at the start = delivered + buffered + dropped, but for those that were dropped before they were made (`rate`, `agent-behind`, `failed`). */
export interface RecordTotals {
  readonly made: number;
  readonly delivered: number;
  /** Spooled, and on the way to it. */
  readonly buffered: number;
  readonly bufferedBatches: number;
  readonly spoolBytes: number;
  readonly spoolMaxBytes: number;
  readonly dropped: ReadonlyMap<RecordDrop, number>;
  /** Earlier boots that did not end in good order; each lost what it made in its last ALONE_BATCH_MS and BUNCH_MS at most. */
  readonly crashGaps: number;
}

/** How long a bunch may wait for others. */
export const BATCH_MS = 250;
/** Likewise where nobody waits for it: fewer, larger batches to send later. */
export const ALONE_BATCH_MS = 1_000;
const SYNC_INTERVAL_MS = 1_000;
/** For what a batch has besides records. */
const BATCH_BYTES = MAXIMUM_RECORD_BATCH_BYTES - 4_096;
const THREAD_DROPS = ['rate', 'agent-behind', 'failed'] as const;

interface Thread {
  readonly counts: Float64Array;
  taken: number;
  /** Of each of THREAD_DROPS, what was told already. */
  readonly told: Map<ThreadDrop, number>;
}

export class RecordAgent {
  readonly #options: RecordAgentOptions;
  readonly #spool: RecordSpool;
  readonly #threads = new Map<number, Thread>();
  readonly #syncs: TimerHandle;
  #pieces: Uint8Array[] = [];
  #bytes = 0;
  #records = 0;
  #sinceMs = 0;
  #timer: TimerHandle | undefined;
  /** Not told yet. */
  readonly #drops = new Map<string, number>();
  readonly #dropped = new Map<RecordDrop, number>();
  readonly #crashGaps: number;
  #made = 0;
  #delivered = 0;
  #channel: RecordChannel | undefined;
  #credit = 0;
  #isWanted = false;
  #isFailing = false;

  constructor(options: RecordAgentOptions) {
    this.#options = options;
    const { folder, bootId, maxSpoolBytes, fsync, clock, log } = options;
    this.#spool = new RecordSpool({ folder, bootId, maxBytes: maxSpoolBytes, fsync });
    this.#crashGaps = this.#spool.crashed.length;
    for (const crashed of this.#spool.crashed) log.warn({ event: 'records-crash-gap', bootId: crashed }, 'an earlier run ended without warning: access records of its last moment are lost');
    for (const what of this.#spool.unreadable) log.error({ event: 'records-unreadable', what }, `access records of an earlier run can't be read from the disk and are lost: ${what}`);
    this.#syncs = clock.every(SYNC_INTERVAL_MS, () => this.#spool.sync());
  }

  /** A proxy thread begins to make records. */
  addThread(threadId: number, counts: SharedArrayBuffer): void {
    this.#threads.set(threadId, { counts: new Float64Array(counts), taken: 0, told: new Map() });
  }

  /** Pieces of a batch, with so many records in them. */
  take(threadId: number, records: number, bytes: Uint8Array): void {
    const thread = this.#threads.get(threadId);
    if (thread !== undefined) {
      thread.taken += records;
      thread.counts[COUNT_PLACES.takenBytes] = (thread.counts[COUNT_PLACES.takenBytes] ?? 0) + bytes.length;
    }
    this.#made += records;
    if (this.#bytes + bytes.length > BATCH_BYTES || this.#records + records > MAXIMUM_BATCH_RECORDS) this.flush();
    if (this.#pieces.length === 0) this.#sinceMs = this.#options.clock.nowMs();
    this.#pieces.push(bytes);
    this.#bytes += bytes.length;
    this.#records += records;
    this.#flushSoon();
  }

  /** The thread is gone, and with it what it had not handed over. */
  removeThread(threadId: number): void {
    const thread = this.#threads.get(threadId);
    if (thread === undefined) return;
    this.#readDrops(thread);
    const lost = (thread.counts[COUNT_PLACES.made] ?? 0) - thread.taken;
    this.#made += lost;
    this.#drop('thread-ended', lost);
    this.#threads.delete(threadId);
  }

  /** What waits is spooled now, with what was dropped since the last time, and sent as far as it may be. */
  flush(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    for (const thread of this.#threads.values()) this.#readDrops(thread);
    if (this.#records > 0 || this.#drops.size > 0) this.#spoolBatch();
    this.#send();
  }

  /** A session stands; `credit` batches may be sent before the first acknowledgement, 0 where the control plane takes none. */
  connected(channel: RecordChannel, credit: number): void {
    this.#channel = channel;
    this.#credit = credit;
    this.#isWanted = credit > 0;
    this.#spool.rewind();
    this.#send();
  }

  addCredit(batches: number): void {
    this.#credit += batches;
    this.#send();
  }

  disconnected(): void {
    this.#channel = undefined;
    this.#isWanted = false;
    this.#credit = 0;
    this.#spool.rewind();
  }

  acknowledged(bootId: string, sequence: number): void {
    this.#delivered += this.#spool.acknowledge(bootId, sequence);
  }

  /** Whether there are records that somebody takes. */
  get hasWork(): boolean {
    return this.#isWanted && (this.#records > 0 || this.#spool.bufferedBatches > 0);
  }

  /** Counts need the room on the disk. False where there is none to be had here. */
  makeRoom(): boolean {
    const gone = this.#spool.dropOldest();
    if (gone === undefined) return false;
    this.#drop('spool-full', gone.records);
    // What the batches would have told is told by a later one.
    for (const { reason, count } of gone.drops) addTo(this.#drops, reason, count);
    return true;
  }

  totals(): RecordTotals {
    for (const thread of this.#threads.values()) this.#readDrops(thread);
    return {
      made: this.#made,
      delivered: this.#delivered,
      buffered: this.#spool.bufferedRecords + this.#records,
      bufferedBatches: this.#spool.bufferedBatches + (this.#records > 0 ? 1 : 0),
      spoolBytes: this.#spool.bytesOnDisk,
      spoolMaxBytes: this.#options.maxSpoolBytes,
      dropped: this.#dropped,
      crashGaps: this.#crashGaps,
    };
  }

  /** Call after the proxy threads have stopped. */
  stop(): void {
    this.#syncs.cancel();
    this.flush();
    this.#spool.close();
  }

  #readDrops({ counts, told }: Thread): void {
    for (const why of THREAD_DROPS) {
      const now = counts[COUNT_PLACES[why]] ?? 0;
      this.#drop(why, now - (told.get(why) ?? 0));
      told.set(why, now);
    }
  }

  #drop(why: RecordDrop, records: number): void {
    if (records === 0) return;
    addTo(this.#drops, why, records);
    addTo(this.#dropped, why, records);
    this.#flushSoon();
  }

  /** More may have come meanwhile. */
  #told(reason: string, count: number): void {
    const left = (this.#drops.get(reason) ?? 0) - count;
    if (left > 0) this.#drops.set(reason, left);
    else this.#drops.delete(reason);
  }

  #flushSoon(): void {
    this.#timer ??= this.#options.clock.after(this.#channel === undefined ? ALONE_BATCH_MS : BATCH_MS, () => this.flush());
  }

  #spoolBatch(): void {
    const nowMs = this.#options.clock.nowMs();
    const drops = [...this.#drops].map(([reason, count]) => ({ reason, count }));
    const batch = Buffer.concat([encodeRecordBatchFrame({ fromMs: this.#records === 0 ? nowMs : Math.min(this.#sinceMs, nowMs), toMs: nowMs, drops }), ...this.#pieces]);
    const isSpooled = this.#append(this.#records, batch);
    if (isSpooled) for (const { reason, count } of drops) this.#told(reason, count);
    else this.#drop('spool-failed', this.#records);
    this.#pieces = [];
    this.#bytes = 0;
    this.#records = 0;
    while (this.#spool.isFull && this.makeRoom());
  }

  /** Where the disk refuses, the oldest records make room once. */
  #append(records: number, batch: Uint8Array): boolean {
    try {
      try {
        this.#spool.append(records, batch);
      } catch (thrown) {
        if (!this.makeRoom()) throw thrown;
        this.#spool.append(records, batch);
      }
      this.#isFailing = false;
      return true;
    } catch (thrown) {
      if (!this.#isFailing) this.#options.log.error({ event: 'records-spool-failed', reason: describeThrown(thrown) }, 'the spool of access records cannot be written; they are dropped and counted');
      this.#isFailing = true;
      return false;
    }
  }

  #send(): void {
    while (this.#channel !== undefined && this.#credit > 0) {
      const batch = this.#spool.next();
      if (batch === undefined) return;
      if ('lost' in batch) {
        this.#drop('spool-failed', batch.lost);
        continue;
      }
      this.#credit -= 1;
      this.#channel.sendRecords(batch);
    }
  }
}

function addTo<Key>(sums: Map<Key, number>, key: Key, amount: number): void {
  sums.set(key, (sums.get(key) ?? 0) + amount);
}
