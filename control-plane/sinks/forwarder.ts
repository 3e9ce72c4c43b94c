/**
 * Sends one stream of telemetry to one sink, as long as this control plane holds it (store/sink-store.ts): note a batch, send it until
 * it is taken, move on. Nothing but the batch on its way is in memory; what waits, waits in the database until retention takes it, and is then
 * counted and told of. One for each (sink, stream), made by start-sinks.ts.
 */
import { Backoff } from '../../shared/backoff.ts';
import type { Clock, TimerHandle } from '../../shared/clock.ts';
import { describeThrown } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log.ts';
import type { NotedBatch, SinkClaim, SinkPlace, SinkRows, SinkStore, SinkStream } from '../store/sink-store.ts';
import type { Sink, SinkMessage } from './sink.ts';

export interface ForwarderOptions {
  readonly sink: Sink;
  readonly stream: SinkStream;
  readonly store: SinkStore;
  /** Of this process. */
  readonly holder: string;
  readonly troubles: SinkTroubles;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly log: Logger;
  /** How long others wait for one that went without a word; longer than an attempt can take. */
  readonly leaseMs?: number;
}

/** Where operators hear of it. */
export interface SinkTroubles {
  failing(place: SinkPlace, reason: string): void;
  recovered(place: SinkPlace): void;
  lost(place: SinkPlace, rows: number): void;
}

/** For /metrics. What is undefined is another control plane's to tell. */
export interface ForwarderView extends SinkPlace {
  readonly sentRows: number;
  readonly failedAttempts: number;
  readonly lostRows: number | undefined;
  readonly behind: { readonly rows: number; readonly seconds: number } | undefined;
}

interface OnItsWay {
  readonly batch: NotedBatch;
  readonly rows: number;
  /** Undefined where retention has taken all its rows since it was noted. */
  readonly message: SinkMessage | undefined;
}

type Step = 'sent' | 'idle' | 'elsewhere' | { readonly retryAfterMs: number; readonly reason: string };

const LEASE_MS = 60_000;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;
const FAILING_AFTER_MS = 60_000;
const MEASURE_EVERY_MS = 15_000;
/** Rows that wait are counted so far for /metrics. */
const COUNTED_ROWS = 1_000_000;
/** Work at a stretch, before the event loop gets its turn. */
const STRETCH_MS = 8;

export class Forwarder {
  readonly #options: ForwarderOptions;
  readonly #place: SinkPlace;
  readonly #backoff: Backoff;
  #timer: TimerHandle | undefined;
  #running: Promise<void> | undefined;
  #stopped = false;
  /** Kept for another try. */
  #onItsWay: OnItsWay | undefined;
  #failingSinceMs: number | undefined;
  #isReported = false;
  #sentRows = 0;
  #failedAttempts = 0;
  #lostRows: number | undefined;
  #behind: ForwarderView['behind'];
  #measureAtMs = -Infinity;
  #stretchBegunMs = 0;

  constructor(options: ForwarderOptions) {
    this.#options = options;
    this.#place = { sink: options.sink.name, stream: options.stream };
    this.#backoff = new Backoff({ initialMs: FIRST_PAUSE_MS, maximumMs: LONGEST_PAUSE_MS, random: options.random });
  }

  start(): void {
    this.#after(0);
  }

  view(): ForwarderView {
    return { ...this.#place, sentRows: this.#sentRows, failedAttempts: this.#failedAttempts, lostRows: this.#lostRows, behind: this.#behind };
  }

  /** Waits for what is under way, and lets another control plane go on at once. */
  async stop(): Promise<void> {
    const { store, holder, log } = this.#options;
    this.#stopped = true;
    this.#timer?.cancel();
    await this.#running;
    try {
      await store.release(this.#place, holder);
    } catch (thrown) {
      log.debug({ event: 'sink-not-released', ...this.#place, reason: describeThrown(thrown) }, 'a sink could not be given up; another control plane takes it when the lease is over');
    }
  }

  #after(delayMs: number): void {
    if (this.#stopped) return;
    this.#timer = this.#options.clock.after(delayMs, () => {
      this.#running = this.#turn().then((pauseMs) => this.#after(pauseMs));
    });
  }

  /** One step; milliseconds to the next. Never throws. */
  async #turn(): Promise<number> {
    const { sink, stream } = this.#options;
    let step: Step;
    try {
      step = await this.#step();
      await this.#measure(step);
    } catch (thrown) {
      step = { retryAfterMs: 0, reason: describeThrown(thrown) };
    }
    if (typeof step === 'object') return this.#failed(step);
    if (step === 'sent') this.#worked();
    // Others have it for now: what was kept of it is theirs.
    if (step === 'elsewhere') this.#forget();
    return step === 'sent' ? 0 : sink.everyMs[stream];
  }

  async #step(): Promise<Step> {
    const { store, sink, holder, leaseMs = LEASE_MS } = this.#options;
    const claim = await store.claim(this.#place, holder, leaseMs);
    if (claim === undefined) return 'elsewhere';
    await this.#tellLosses(claim);
    const onItsWay = await this.#prepare(claim);
    if (onItsWay === 'nothing') return 'idle';
    if (onItsWay === undefined) return 'elsewhere';
    const { batch, rows, message } = onItsWay;
    const outcome = message === undefined ? undefined : await sink.send(message);
    if (outcome?.kind === 'again') return outcome;
    if (outcome?.kind === 'refused') this.#options.log.error({ event: 'sink-refused', ...this.#place, batch: batch.id, rows, reason: outcome.reason }, 'a sink refused a batch for good; its rows count as lost');
    if (outcome?.kind === 'taken' && outcome.rejected > 0) this.#options.log.warn({ event: 'sink-rejected', ...this.#place, batch: batch.id, rejected: outcome.rejected }, 'a sink took a batch in part; what it rejected counts as lost');
    const rejected = outcome?.kind === 'taken' ? Math.min(rows, outcome.rejected) : rows;
    const sent = rows - rejected;
    const isOurs = await store.finish(this.#place, holder, batch.id, { sent, lost: Math.max(rows, batch.rows) - sent });
    this.#onItsWay = undefined;
    if (!isOurs) return 'elsewhere';
    this.#sentRows += sent;
    return 'sent';
  }

  /** The batch that was noted, or the next one. Undefined where another control plane has the stream meanwhile. */
  async #prepare(claim: SinkClaim): Promise<OnItsWay | 'nothing' | undefined> {
    const { store, sink, stream, holder } = this.#options;
    if (claim.batch !== undefined && this.#onItsWay?.batch.id === claim.batch.id) return this.#onItsWay;
    const read = await store.read(stream, claim.takenId, claim.batch?.untilId, sink.bounds);
    const last = read.rows.at(-1);
    if (claim.batch === undefined && last === undefined) return 'nothing';
    const batch = claim.batch ?? (last === undefined ? undefined : await store.begin(this.#place, holder, claim.takenId, { untilId: last.id, until: arrivalOf(read), rows: read.rows.length }));
    if (batch === undefined) return undefined;
    this.#stretchBegunMs = this.#options.clock.monotonicMs();
    const from = claim.sentUntil ?? new Date(Math.min(batch.until.getTime() - 1, firstArrivalOf(read, batch.until).getTime() - 1));
    const message = last === undefined ? undefined : await sink.encode({ id: batch.id, from, until: batch.until, rows: read }, this.#breathe);
    return (this.#onItsWay = { batch, rows: read.rows.length, message });
  }

  async #tellLosses({ lost, newlyLost }: SinkClaim): Promise<void> {
    const { log, store, troubles } = this.#options;
    this.#lostRows = lost;
    if (newlyLost <= 0) return;
    log.error({ event: 'sink-rows-lost', ...this.#place, rows: newlyLost, ofAllTime: lost }, `${newlyLost} rows were gone, or refused, before a sink had them`);
    troubles.lost(this.#place, newlyLost);
    await store.noteTold(this.#place, lost);
  }

  #failed({ reason, retryAfterMs }: { readonly reason: string; readonly retryAfterMs: number }): number {
    const { clock, log, troubles } = this.#options;
    const nowMs = clock.monotonicMs();
    this.#failedAttempts += 1;
    this.#failingSinceMs ??= nowMs;
    const pauseMs = Math.max(retryAfterMs, this.#backoff.nextDelayMs());
    log.warn({ event: 'sink-failed', ...this.#place, reason, againInMs: pauseMs }, 'telemetry did not get into a sink; it is sent again');
    if (nowMs - this.#failingSinceMs >= FAILING_AFTER_MS) {
      this.#isReported = true;
      troubles.failing(this.#place, reason);
    }
    return pauseMs;
  }

  #worked(): void {
    const { log, troubles } = this.#options;
    this.#backoff.reset();
    if (this.#failingSinceMs === undefined) return;
    this.#failingSinceMs = undefined;
    log.info({ event: 'sink-recovered', ...this.#place }, 'a sink takes batches again');
    if (this.#isReported) troubles.recovered(this.#place);
    this.#isReported = false;
  }

  #forget(): void {
    this.#onItsWay = undefined;
    this.#lostRows = undefined;
    this.#behind = undefined;
    this.#failingSinceMs = undefined;
    this.#isReported = false;
    this.#backoff.reset();
  }

  async #measure(step: Step): Promise<void> {
    const { clock, store } = this.#options;
    if (step === 'elsewhere' || clock.monotonicMs() < this.#measureAtMs) return;
    this.#measureAtMs = clock.monotonicMs() + MEASURE_EVERY_MS;
    const { rows, oldest } = await store.backlog(this.#place, COUNTED_ROWS);
    this.#behind = { rows, seconds: oldest === undefined ? 0 : Math.max(0, (clock.nowMs() - oldest.getTime()) / 1_000) };
  }

  readonly #breathe = async (): Promise<void> => {
    const { clock } = this.#options;
    if (clock.monotonicMs() - this.#stretchBegunMs < STRETCH_MS) return;
    await new Promise<void>((resolve) => void setImmediate(resolve));
    this.#stretchBegunMs = clock.monotonicMs();
  };
}

/** Of the newest row. */
function arrivalOf({ stream, rows }: SinkRows): Date {
  const times = stream === 'records' ? rows.map((row) => row.receivedAt.getTime()) : rows.map((row) => row.arrived_at.getTime());
  return new Date(times.reduce((a, b) => Math.max(a, b), 0));
}

function firstArrivalOf({ stream, rows }: SinkRows, otherwise: Date): Date {
  const [first] = stream === 'records' ? rows.map((row) => row.receivedAt) : rows.map((row) => row.arrived_at);
  return first ?? otherwise;
}
