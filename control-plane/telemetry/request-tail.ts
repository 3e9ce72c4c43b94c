/**
 * Live tails of access records: each is a cursor into what is stored, read on every moment, so that it shows what came to any control
 * plane, and nothing twice. Who reads slowly is waited for; who falls far behind is told so and goes on with what is new. Tails are
 * bounded in number, in what is left unread and in time; all of them end with the admin API (R5).
 */
import type { Writable } from 'node:stream';
import type { Clock, TimerHandle } from '../../shared/clock.ts';
import { HoldfastError } from '../../shared/errors.ts';
import type { JsonObject } from '../../shared/model/definition.ts';
import type { TenantId } from '../../shared/model/ids.ts';
import type { RecordFilter, RecordPage, RecordStore, StoredRecord } from '../store/record-store.ts';
import type { GatewayScope } from '../store/scope.ts';

export const MAXIMUM_TAILS = 50;
/** So that one tenant leaves room for the others (T1). */
export const MAXIMUM_TAILS_OF_TENANT = 20;
const POLL_MS = 500;
/** After the database did not answer. */
const RETRY_MS = 2_000;
/** A record has 40 KB at most: so few of them stand in memory at once. */
const PAGE = 50;
const HEARTBEAT_MS = 15_000;
/** Then it has to show its token again; with Last-Event-ID nothing is missed. */
const LONGEST_STREAM_MS = 600_000;
/** Beyond what the kernel holds: until the reader has taken it, nothing more is read. */
const MAXIMUM_UNREAD_BYTES = 262_144;
/** Whoever takes nothing for so long is gone. */
const LONGEST_STALL_MS = 60_000;
/** For a reader to take the rest when all end. */
const LAST_WORDS_MS = 2_000;
/** Who is so far behind goes on with what is new, and is told. */
const FAR_BEHIND_MS = 60_000;

export interface TailOptions {
  readonly scope: GatewayScope;
  readonly filter: RecordFilter;
  /** Names are looked up for a page at once. */
  readonly show: (records: readonly StoredRecord[]) => Promise<readonly JsonObject[]>;
  /** Of a stream that broke: goes on behind it. */
  readonly lastEventId: string | undefined;
  /** Runs what reads from there up to now, which may be much: it takes its turn with other long questions. */
  readonly catchUp: <T>(read: () => Promise<T>) => Promise<T>;
}

export class RequestTails {
  readonly #records: Pick<RecordStore, 'search'>;
  readonly #clock: Clock;
  readonly #tails = new Set<Tail>();
  readonly #tailsOf = new Map<TenantId, number>();
  #stopping = false;

  constructor(records: Pick<RecordStore, 'search'>, clock: Clock) {
    this.#records = records;
    this.#clock = clock;
  }

  /** Whether one more of the tenant may follow. */
  hasRoom({ tenantId }: Pick<GatewayScope, 'tenantId'>): boolean {
    return !this.#stopping && this.#tails.size < MAXIMUM_TAILS && (this.#tailsOf.get(tenantId) ?? 0) < MAXIMUM_TAILS_OF_TENANT;
  }

  /** Writes records to a response whose head is out, until either side ends it. */
  follow(response: Writable, options: TailOptions): void {
    if (response.destroyed) return;
    if (!this.hasRoom(options.scope)) {
      response.end();
      return;
    }
    const { tenantId } = options.scope;
    const tail = new Tail(this.#records, this.#clock, response, options);
    this.#tails.add(tail);
    this.#tailsOf.set(tenantId, (this.#tailsOf.get(tenantId) ?? 0) + 1);
    // A reader that goes away is its own affair.
    response.on('error', () => undefined);
    response.once('close', () => {
      tail.stop();
      this.#tails.delete(tail);
      const left = (this.#tailsOf.get(tenantId) ?? 1) - 1;
      if (left === 0) this.#tailsOf.delete(tenantId);
      else this.#tailsOf.set(tenantId, left);
    });
    void tail.run();
  }

  /** Ends all of them; resolves when nothing is read any more, and none of their connections is in use. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all([...this.#tails].map((tail) => tail.end(LAST_WORDS_MS)));
  }
}

class Tail {
  readonly #records: Pick<RecordStore, 'search'>;
  readonly #clock: Clock;
  readonly #response: Writable;
  readonly #options: TailOptions;
  readonly #timers: readonly TimerHandle[];
  #cursor: string | undefined;
  #caughtUpAt: Date | undefined;
  #stopped = false;
  #wake: () => void = () => undefined;
  #ended: Promise<void> = Promise.resolve();

  constructor(records: Pick<RecordStore, 'search'>, clock: Clock, response: Writable, options: TailOptions) {
    this.#records = records;
    this.#clock = clock;
    this.#response = response;
    this.#options = options;
    this.#cursor = options.lastEventId;
    this.#timers = [clock.every(HEARTBEAT_MS, () => this.#write(': still here\n\n')), clock.after(LONGEST_STREAM_MS, () => void this.end(LONGEST_STALL_MS))];
  }

  run(): Promise<void> {
    this.#ended = this.#run();
    return this.#ended;
  }

  stop(): void {
    this.#stopped = true;
    for (const timer of this.#timers) timer.cancel();
    this.#wake();
  }

  /** Whoever does not take the rest within `graceMs` is cut off: its place is for others. */
  async end(graceMs: number): Promise<void> {
    if (this.#response.destroyed) return;
    this.stop();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#response.once('close', resolve);
    const cut = this.#clock.after(graceMs, () => this.#response.destroy());
    this.#response.end(': come back\n\n');
    await Promise.all([this.#ended, promise]);
    cut.cancel();
  }

  async #run(): Promise<void> {
    this.#write('retry: 1000\n\n');
    while (!this.#stopped) {
      if (!(await this.#drained())) return void this.#response.destroy();
      let waitMs = POLL_MS;
      try {
        if (this.#cursor === undefined) await this.#begin();
        else waitMs = (await this.#readOn(this.#cursor)) ? 0 : POLL_MS;
      } catch (thrown) {
        // Told to whoever asks for anything else; a tail goes on where it was when the database is there again.
        waitMs = RETRY_MS;
        if (isTooLong(thrown)) await this.#skip('too-long', this.#caughtUpAt).catch(() => undefined);
      }
      if (waitMs > 0 && !this.#stopped) await this.#sleep(waitMs);
    }
  }

  async #begin(): Promise<void> {
    const { next } = await this.#search(undefined);
    this.#cursor = next;
    this.#caughtUpAt = this.#now();
    if (next !== undefined) this.#write(`id: ${next}\nevent: following\ndata: {}\n\n`);
  }

  /** True where there may be more at once. */
  async #readOn(cursor: string): Promise<boolean> {
    const at = this.#now();
    const page = await (this.#caughtUpAt === undefined ? this.#options.catchUp(() => this.#search(cursor)) : this.#search(cursor));
    const last = page.records.at(-1);
    if (page.records.length < PAGE) this.#caughtUpAt = at;
    if (this.#stopped || last === undefined) {
      this.#cursor = page.next ?? cursor;
      return false;
    }
    const isFull = page.records.length === PAGE;
    if (isFull && this.#clock.nowMs() - last.receivedAt.getTime() > FAR_BEHIND_MS) return this.#skip('behind', page.records[0]?.receivedAt);
    const shown = await this.#options.show(page.records);
    this.#cursor = page.next ?? cursor;
    // The id stands with the last one only: whoever comes back gets a page again rather than losing a part of it.
    this.#write(shown.map((record, at) => `${at === shown.length - 1 ? `id: ${this.#cursor ?? ''}\n` : ''}event: record\ndata: ${JSON.stringify(record)}\n\n`).join(''));
    return isFull;
  }

  async #skip(reason: 'behind' | 'too-long', since: Date | undefined): Promise<boolean> {
    const { next } = await this.#search(undefined);
    if (next === undefined) return false;
    this.#cursor = next;
    this.#caughtUpAt = this.#now();
    this.#write(`id: ${next}\nevent: dropped\ndata: ${JSON.stringify({ reason, from: since?.toISOString() ?? null, to: this.#caughtUpAt.toISOString() })}\n\n`);
    return false;
  }

  #now(): Date {
    return new Date(this.#clock.nowMs());
  }

  #search(after: string | undefined): Promise<RecordPage> {
    return this.#records.search(this.#options.scope, this.#options.filter, { limit: PAGE, forward: true, ...(after === undefined ? {} : { after }) });
  }

  /** False where the reader takes nothing. */
  async #drained(): Promise<boolean> {
    const sinceMs = this.#clock.monotonicMs();
    while (!this.#stopped && this.#response.writableLength > MAXIMUM_UNREAD_BYTES) {
      if (this.#clock.monotonicMs() - sinceMs > LONGEST_STALL_MS) return false;
      await this.#sleep(POLL_MS);
    }
    return true;
  }

  #sleep(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = this.#clock.after(ms, resolve);
    this.#wake = resolve;
    return promise.finally(() => timer.cancel());
  }

  #write(text: string): void {
    if (!this.#response.writableEnded && !this.#response.destroyed) this.#response.write(text);
  }
}

/** What would take as long the next time. */
function isTooLong(thrown: unknown): boolean {
  return thrown instanceof HoldfastError && (thrown.code === 'STORE_TIMEOUT' || thrown.code === 'ADMIN_QUERY_TOO_LONG');
}
