/**
 * Addresses of upstream host names: kept for as long as their TTL says, refreshed while the old answer serves, and kept on
 * far longer where the resolver fails (S1). Concurrent questions for one name are one question. Who uses names asks
 * `version` whether anything changed, and `onGone` hears of addresses that are no more.
 */
import { isIP } from 'node:net';
import type { Clock } from '../../shared/clock.ts';
import { layOut } from './weighted-turns.ts';

export interface ResolveLimits {
  /** Longest that an answer is used before it is asked again, whatever its TTL says. */
  readonly resolveTtlMs: number;
  readonly resolveStaleMs: number;
  readonly resolveTimeoutMs: number;
  readonly maxResolvedNames: number;
}

export interface Resolved {
  readonly address: string;
  /** From an SRV record; undefined leaves the configured one. */
  readonly port: number | undefined;
  /** The name that an SRV record gave; undefined without one. */
  readonly name: string | undefined;
  /** Share among the answers of the same priority; 1 without SRV. */
  readonly weight: number;
  /** Higher ones are used only where no lower one can be; 0 without SRV. */
  readonly priority: number;
}

export interface NameAnswer {
  /** Empty where the name exists nowhere or has no address: that is an answer too. */
  readonly records: readonly Resolved[];
  readonly ttlMs: number;
}

/** Rejects where nobody answered: then what was known before goes on. */
export type LookUp = (host: string) => Promise<NameAnswer>;

/** A name that nobody answered for is not asked for again for this long. */
const FAILURE_TTL_MS = 1_000;
/** How long a request waits for a name to be asked again of which an older answer is there. */
const STALE_WAIT_MS = 500;
/** Answers are kept for at least this long: a TTL of 0 would mean a question for each request. */
const MIN_TTL_MS = 1_000;
/** A name that has no address is asked again after this at most. */
const MAX_NEGATIVE_TTL_MS = 10_000;
/** An answer that ran out longer ago than this is not used before the name was asked again. */
const REFRESH_GRACE_MS = 30_000;

interface Entry {
  readonly records: readonly Resolved[];
  /** The records in turn: those of the best priority by weight, then the others as they are. */
  readonly turns: readonly Resolved[];
  readonly others: readonly Resolved[];
  /** Monotonic: ask again after this. */
  freshUntilMs: number;
  /** Where its TTL ends, whatever became of asking again. */
  readonly heldUntilMs: number;
  /** Turn of the next request among the addresses. */
  turn: number;
}

export class AddressBook {
  readonly #limits: ResolveLimits;
  readonly #clock: Clock;
  readonly #lookUp: LookUp;
  readonly #entries = new Map<string, Entry>();
  readonly #questions = new Map<string, Promise<void>>();
  #version = 0;
  /** Called with the records that a newer answer no longer has. */
  onGone: (host: string, gone: readonly Resolved[]) => void = () => undefined;

  constructor(limits: ResolveLimits, clock: Clock, lookUp: LookUp) {
    this.#limits = limits;
    this.#clock = clock;
    this.#lookUp = lookUp;
  }

  /** Changes whenever any answer does. */
  get version(): number {
    return this.#version;
  }

  /**
   * One record of the host after the other, skipping those that `isTried`. 'unknown': call `resolve` first. 'failed': it
   * has none. 'exhausted': all were tried.
   */
  next(host: string, isTried: (record: Resolved) => boolean): Resolved | 'unknown' | 'failed' | 'exhausted' {
    const entry = this.#usable(host);
    if (entry === undefined) return 'unknown';
    if (entry.records.length === 0) return 'failed';
    const { turns } = entry;
    for (let step = 0; step < turns.length; step++) {
      const record = turns[entry.turn % turns.length];
      entry.turn = (entry.turn + 1) % turns.length;
      if (record !== undefined && !isTried(record)) return record;
    }
    return entry.others.find((record) => !isTried(record)) ?? 'exhausted';
  }

  /** All records of the host, the same array until an answer changes; undefined where it must be asked first. Empty: it has none. */
  all(host: string): readonly Resolved[] | undefined {
    return this.#usable(host)?.records;
  }

  /** Asks for a name, unless that is under way. Never rejects: `next` tells the outcome. */
  resolve(host: string): Promise<void> {
    const asked = this.#questions.get(host);
    if (asked !== undefined) return asked;
    const question = this.#ask(host).finally(() => this.#questions.delete(host));
    this.#questions.set(host, question);
    return question;
  }

  /**
   * As `resolve`, for one who can't wait for ever: false where the answer takes too long. The question stays under way, so it is
   * not asked twice. Where there is an older answer, it serves after a short wait.
   */
  resolveInTime(host: string): Promise<boolean> {
    return new Promise((resolve) => {
      const old = this.#stale(host);
      const waitMs = old === undefined ? this.#limits.resolveTimeoutMs : Math.min(STALE_WAIT_MS, this.#limits.resolveTimeoutMs);
      const timer = this.#clock.after(waitMs, () => {
        if (old !== undefined) old.freshUntilMs = Math.max(old.freshUntilMs, this.#clock.monotonicMs() + FAILURE_TTL_MS);
        resolve(old !== undefined);
      });
      void this.resolve(host).then(() => {
        timer.cancel();
        resolve(true);
      });
    });
  }

  /** An answer that ran out, and may still be used where nobody answers. */
  #stale(host: string): Entry | undefined {
    const entry = this.#entries.get(host);
    const isUsable = entry !== undefined && entry.records.length > 0 && this.#clock.monotonicMs() - entry.heldUntilMs < this.#limits.resolveStaleMs;
    return isUsable ? entry : undefined;
  }

  #usable(host: string): Entry | undefined {
    const entry = this.#entries.get(host);
    if (entry === undefined) return undefined;
    const overdueMs = this.#clock.monotonicMs() - entry.freshUntilMs;
    if (overdueMs <= 0) return entry;
    if (entry.records.length === 0 || overdueMs > REFRESH_GRACE_MS) return undefined;
    void this.resolve(host);
    return entry;
  }

  async #ask(host: string): Promise<void> {
    let answer: NameAnswer | undefined;
    try {
      const { records, ttlMs } = await this.#lookUp(host);
      answer = { records: records.filter(({ address }) => isIP(address) !== 0), ttlMs };
    } catch {
      // Nobody answered: what was known before stays below, and without that the entry says "failed".
    }
    const nowMs = this.#clock.monotonicMs();
    const old = this.#entries.get(host);
    const stale = this.#stale(host);
    if (answer !== undefined) {
      const longest = answer.records.length === 0 ? Math.min(MAX_NEGATIVE_TTL_MS, this.#limits.resolveTtlMs) : this.#limits.resolveTtlMs;
      this.#keep(host, answer.records, Math.min(longest, Math.max(MIN_TTL_MS, answer.ttlMs)), nowMs, old);
    } else if (stale !== undefined) {
      stale.freshUntilMs = nowMs + FAILURE_TTL_MS;
    } else {
      this.#keep(host, [], FAILURE_TTL_MS, nowMs, old);
    }
  }

  #keep(host: string, records: readonly Resolved[], ttlMs: number, nowMs: number, old: Entry | undefined): void {
    const isSame = old !== undefined && sameRecords(old.records, records);
    const entry: Entry = isSame
      ? { ...old, freshUntilMs: nowMs + ttlMs, heldUntilMs: nowMs + ttlMs }
      : { ...inTurns(records), freshUntilMs: nowMs + ttlMs, heldUntilMs: nowMs + ttlMs, turn: old?.turn ?? 0 };
    this.#entries.delete(host);
    this.#entries.set(host, entry);
    if (!isSame) this.#changed(host, records, old);
    if (this.#entries.size <= this.#limits.maxResolvedNames) return;
    const oldest = this.#entries.keys().next();
    if (oldest.done !== true) this.#entries.delete(oldest.value);
  }

  #changed(host: string, records: readonly Resolved[], old: Entry | undefined): void {
    this.#version += 1;
    const gone = old?.records.filter((was) => !records.some((is) => is.address === was.address && is.port === was.port)) ?? [];
    if (gone.length > 0) this.onGone(host, gone);
  }
}

function inTurns(records: readonly Resolved[]): Pick<Entry, 'records' | 'turns' | 'others'> {
  const best = records.reduce((lowest, { priority }) => Math.min(lowest, priority), Number.POSITIVE_INFINITY);
  const first = records.filter(({ priority }) => priority === best);
  return { records, turns: layOut(first), others: records.filter(({ priority }) => priority !== best).toSorted((a, b) => a.priority - b.priority) };
}

/** Resolvers give the same records in ever changing order. */
function sameRecords(one: readonly Resolved[], other: readonly Resolved[]): boolean {
  const key = ({ address, port, name, weight, priority }: Resolved): string => `${address} ${port} ${name} ${weight} ${priority}`;
  if (one.length !== other.length) return false;
  const known = new Set(one.map(key));
  return other.every((record) => known.has(key(record)));
}
