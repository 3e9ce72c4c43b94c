/**
 * One proxy thread as the agent sees it: questions that are answered, late, or lost with the thread; news in between.
 * proxy-pool.ts holds one per thread; tests put a stand-in for the worker underneath.
 */
import type { Clock } from '../../shared/clock.ts';
import type { ThreadStats } from './proxy-totals.ts';
import type { CountedWindow } from '../../shared/wire/sync-message.ts';
import type { VersionedRoot } from '../config/versioned-root.ts';
import type { TelemetryTable } from '../telemetry/thread-tables.ts';
import type { PeerChange } from '../upstreams/peer-health.ts';
import type { TargetsReport } from '../upstreams/upstream-control.ts';
import type { FromThread, ToThread } from './thread-messages.ts';
import type { ThreadVitals } from './thread-vitals.ts';

/** The worker underneath. Its events go to the ThreadEvents given when it was started. */
export interface WorkerPort {
  /** Unique in the process, never used again. */
  readonly threadId: number;
  post(message: ToThread): void;
  /** Ends it at once; `exited` follows. */
  terminate(): void;
}

export interface WorkerEvents {
  readonly said: (message: FromThread) => void;
  /** Once: `reason` is what it died of, undefined where it was told to end. */
  readonly exited: (reason: string) => void;
}

/** What the thread says without being asked. */
export interface ThreadNews {
  readonly telemetryTable: (link: ThreadLink, table: TelemetryTable) => void;
  readonly recordCounts: (link: ThreadLink, counts: SharedArrayBuffer) => void;
  readonly accessRecords: (link: ThreadLink, records: number, bytes: Uint8Array) => void;
  readonly line: (link: ThreadLink, line: string) => void;
  readonly peerChange: (link: ThreadLink, change: PeerChange) => void;
  readonly targets: (link: ThreadLink, report: TargetsReport) => void;
  readonly clusterCounts: (link: ThreadLink, windows: readonly CountedWindow[]) => void;
  readonly exited: (link: ThreadLink, reason: string) => void;
}

export type Answer =
  | FromThread
  /** The thread ended before it answered. */
  | { readonly kind: 'gone'; readonly reason: string }
  | { readonly kind: 'late' };

export class ThreadLink {
  /** Its place among the threads, from 0. A replacement takes the place of the one before. */
  readonly index: number;
  readonly startedAtMs: number;
  /** What it committed last. */
  serving: VersionedRoot | undefined;
  listening = false;
  #stats: ThreadStats | undefined;
  #vitals: ThreadVitals | undefined;
  #silentTicks = 0;
  readonly #clock: Clock;
  readonly #news: ThreadNews;
  readonly #worker: WorkerPort;
  readonly #waiting = new Map<string, (answer: Answer) => void>();
  #goneBecause: string | undefined;

  constructor(index: number, clock: Clock, start: (events: WorkerEvents) => WorkerPort, news: ThreadNews) {
    this.index = index;
    this.#clock = clock;
    this.#news = news;
    this.startedAtMs = clock.monotonicMs();
    this.#worker = start({ said: (message) => this.#hear(message), exited: (reason) => this.#end(reason) });
  }

  get threadId(): number {
    return this.#worker.threadId;
  }

  /** The latest it told; undefined before the first. */
  get stats(): ThreadStats | undefined {
    return this.#stats;
  }

  /** Likewise. */
  get vitals(): ThreadVitals | undefined {
    return this.#vitals;
  }

  /** How many ticks of the agent's it has said nothing of itself for. Ticks, not time: an agent that hung itself has not been listening. */
  get silentTicks(): number {
    return this.#silentTicks;
  }

  /** Some time after it should have said something (STATS_INTERVAL_MS). */
  tick(): void {
    this.#silentTicks = this.listening ? this.#silentTicks + 1 : 0;
  }

  /** Never rejects; late after `timeoutMs`. One question of a kind (and apply id) at a time. */
  ask(question: ToThread, timeoutMs: number): Promise<Answer> {
    if (this.#goneBecause !== undefined) return Promise.resolve({ kind: 'gone', reason: this.#goneBecause });
    return new Promise((resolve) => {
      const key = keyOfQuestion(question);
      const timer = this.#clock.after(timeoutMs, () => settle({ kind: 'late' }), { keepAlive: true });
      const settle = (answer: Answer): void => {
        timer.cancel();
        this.#waiting.delete(key);
        resolve(answer);
      };
      this.#waiting.set(key, settle);
      this.#worker.post(question);
    });
  }

  tell(message: ToThread): void {
    if (this.#goneBecause === undefined) this.#worker.post(message);
  }

  terminate(): void {
    this.#worker.terminate();
  }

  #hear(message: FromThread): void {
    switch (message.kind) {
      case 'telemetry-table':
        return this.#news.telemetryTable(this, message.table);
      case 'record-counts':
        return this.#news.recordCounts(this, message.counts);
      case 'access-records':
        return this.#news.accessRecords(this, message.records, message.bytes);
      case 'log':
        return this.#news.line(this, message.line);
      case 'peer-change':
        return this.#news.peerChange(this, message.change);
      case 'targets':
        return this.#news.targets(this, message.report);
      case 'cluster-counts':
        return this.#news.clusterCounts(this, message.windows);
      case 'stats':
        this.#stats = message.stats;
        this.#vitals = message.vitals;
        this.#silentTicks = 0;
        return undefined;
      case 'prepared':
      case 'refused':
      case 'committed':
      case 'listening':
      case 'listen-failed':
      case 'drained':
      case 'explained':
      case 'not-explained':
      case 'labels':
        return this.#waiting.get(keyOfAnswer(message))?.(message);
    }
  }

  #end(reason: string): void {
    this.#goneBecause = reason;
    this.listening = false;
    for (const settle of [...this.#waiting.values()]) settle({ kind: 'gone', reason });
    this.#news.exited(this, reason);
  }
}

function keyOfQuestion(question: ToThread): string {
  if (question.kind === 'explain') return `explain ${question.explainId}`;
  if (question.kind === 'ask-labels') return `labels ${question.labelsId}`;
  return 'applyId' in question ? `${question.kind} ${question.applyId}` : question.kind;
}

function keyOfAnswer(answer: FromThread): string {
  switch (answer.kind) {
    case 'prepared':
    case 'refused':
      return `prepare ${answer.applyId}`;
    case 'committed':
      return `commit ${answer.applyId}`;
    case 'listening':
    case 'listen-failed':
      return 'listen';
    case 'drained':
      return 'drain';
    case 'explained':
    case 'not-explained':
      return `explain ${answer.explainId}`;
    case 'labels':
      return `labels ${answer.labelsId}`;
    case 'telemetry-table':
    case 'stats':
    case 'log':
    case 'peer-change':
    case 'targets':
    case 'cluster-counts':
    case 'record-counts':
    case 'access-records':
      return answer.kind;
  }
}
