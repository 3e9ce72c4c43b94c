/**
 * What the data planes of one gateway counted for limits of policy `cluster`: for each client and window one count per process of a data
 * plane. Counts never go down within a window, so the larger of two is the later, in whatever order they come. Pure; count-desk.ts
 * keeps one for each gateway that shares counts.
 */
import type { CountedWindow } from '../../shared/wire/sync-message.ts';

/** One process of a data plane: what it counted before a restart is another's. */
export type Origin = string;

/** Whether one more count, of so many that the gateway has, may be kept. */
export type HasRoom = (size: number) => boolean;

interface Entry {
  readonly key: string;
  readonly window: KnownWindow;
  readonly origins: Origin[];
  readonly counts: number[];
  total: number;
  /** Of the latest change, and of the latest by another origin than the latest. */
  revision: number;
  lastBy: Origin;
  otherRevision: number;
  /** By revision, so that what changed last is found without looking at the rest. */
  older: Entry | undefined;
  newer: Entry | undefined;
}

interface KnownWindow {
  readonly startMs: number;
  readonly windowMs: number;
  readonly isSliding: boolean;
  readonly entries: Map<string, Entry>;
}

export interface Told {
  readonly windows: readonly CountedWindow[];
  /** To be given the next time. */
  readonly revision: number;
}

/** How far a data plane's clock may be off. */
const CLOCK_SPREAD_MS = 60_000;
const LONGEST_WINDOW_MS = 367 * 86_400_000;

export class GatewayCounts {
  readonly #windows = new Map<string, KnownWindow>();
  readonly #hasRoom: HasRoom;
  #newest: Entry | undefined;
  #revision = 0;
  #size = 0;
  #refused = 0;

  constructor(hasRoom: HasRoom) {
    this.#hasRoom = hasRoom;
  }

  /** Counts that are kept: one for each client, window and origin. */
  get size(): number {
    return this.#size;
  }

  /** Counts for which there was no room, since the last time this was asked. */
  takeRefused(): number {
    const refused = this.#refused;
    this.#refused = 0;
    return refused;
  }

  /** Windows that are over, or not to be yet, are passed over. Gives what was news. */
  take(origin: Origin, windows: readonly CountedWindow[], nowMs: number): readonly CountedWindow[] {
    const news: CountedWindow[] = [];
    for (const given of windows) {
      if (given.windowMs < 1 || given.windowMs > LONGEST_WINDOW_MS || given.startMs > nowMs + CLOCK_SPREAD_MS || endOf(given) + CLOCK_SPREAD_MS <= nowMs) continue;
      const window = this.#windowOf(given);
      const keys: string[] = [];
      const counts: number[] = [];
      for (const [index, key] of given.keys.entries()) {
        const count = given.counts[index] ?? 0;
        if (!this.#count(window, key, origin, count)) continue;
        keys.push(key);
        counts.push(count);
      }
      if (window.entries.size === 0) this.#windows.delete(idOf(window));
      if (keys.length > 0) news.push({ ...given, keys, counts });
    }
    return news;
  }

  /** What others than the origin counted, where it changed after the revision: the oldest changes first, so many at most. */
  changesFor(origin: Origin, afterRevision: number, most: number): Told {
    const changed: Entry[] = [];
    for (let entry = this.#newest; entry !== undefined && entry.revision > afterRevision; entry = entry.older) changed.push(entry);
    const byWindow = new Map<KnownWindow, { readonly keys: string[]; readonly counts: number[] }>();
    let [revision, told] = [afterRevision, 0];
    for (const entry of changed.toReversed()) {
      if (told === most) return { windows: windowsOf(byWindow), revision };
      revision = entry.revision;
      if (entry.lastBy === origin && entry.otherRevision <= afterRevision) continue;
      const others = entry.total - (entry.counts[entry.origins.indexOf(origin)] ?? 0);
      if (others <= 0) continue;
      const list = byWindow.get(entry.window) ?? { keys: [], counts: [] };
      byWindow.set(entry.window, list);
      list.keys.push(entry.key);
      list.counts.push(Math.min(others, Number.MAX_SAFE_INTEGER));
      told += 1;
    }
    return { windows: windowsOf(byWindow), revision };
  }

  /** All that is kept, by origin. */
  *everything(): Iterable<{ readonly origin: Origin; readonly window: CountedWindow }> {
    for (const { startMs, windowMs, isSliding, entries } of this.#windows.values()) {
      const byOrigin = new Map<Origin, { readonly keys: string[]; readonly counts: number[] }>();
      for (const { key, origins, counts } of entries.values()) {
        for (const [index, origin] of origins.entries()) {
          const list = byOrigin.get(origin) ?? { keys: [], counts: [] };
          byOrigin.set(origin, list);
          list.keys.push(key);
          list.counts.push(counts[index] ?? 0);
        }
      }
      for (const [origin, { keys, counts }] of byOrigin) yield { origin, window: { startMs, windowMs, isSliding, keys, counts } };
    }
  }

  /** Drops windows that nobody compares with any more. */
  dropEnded(nowMs: number): void {
    for (const [id, window] of this.#windows) {
      if (endOf(window) + CLOCK_SPREAD_MS > nowMs) continue;
      this.#windows.delete(id);
      for (const entry of window.entries.values()) {
        this.#unlink(entry);
        this.#size -= entry.origins.length;
      }
    }
  }

  /** False where it is no news, or there is no room. */
  #count(window: KnownWindow, key: string, origin: Origin, count: number): boolean {
    const entry = window.entries.get(key);
    const place = entry?.origins.indexOf(origin) ?? -1;
    const known = place < 0 ? 0 : (entry?.counts[place] ?? 0);
    if (count <= known) return false;
    if (place < 0) {
      if (!this.#hasRoom(this.#size)) {
        this.#refused += 1;
        return false;
      }
      this.#size += 1;
    }
    this.#revision += 1;
    if (entry === undefined) {
      const made: Entry = { key, window, origins: [origin], counts: [count], total: count, revision: this.#revision, lastBy: origin, otherRevision: 0, older: undefined, newer: undefined };
      window.entries.set(key, made);
      this.#link(made);
      return true;
    }
    if (place < 0) entry.origins.push(origin);
    entry.counts[place < 0 ? entry.origins.length - 1 : place] = count;
    entry.total += count - known;
    if (entry.lastBy !== origin) entry.otherRevision = entry.revision;
    entry.lastBy = origin;
    this.#unlink(entry);
    entry.revision = this.#revision;
    this.#link(entry);
    return true;
  }

  #windowOf(given: CountedWindow): KnownWindow {
    const id = idOf(given);
    const known = this.#windows.get(id);
    if (known !== undefined) return known;
    const window: KnownWindow = { startMs: given.startMs, windowMs: given.windowMs, isSliding: given.isSliding, entries: new Map() };
    this.#windows.set(id, window);
    return window;
  }

  #link(entry: Entry): void {
    entry.older = this.#newest;
    entry.newer = undefined;
    if (this.#newest !== undefined) this.#newest.newer = entry;
    this.#newest = entry;
  }

  #unlink(entry: Entry): void {
    if (entry.older !== undefined) entry.older.newer = entry.newer;
    if (entry.newer !== undefined) entry.newer.older = entry.older;
    else if (this.#newest === entry) this.#newest = entry.older;
    entry.older = undefined;
    entry.newer = undefined;
  }
}

type WindowTimes = Pick<CountedWindow, 'startMs' | 'windowMs' | 'isSliding'>;

function idOf({ startMs, windowMs, isSliding }: WindowTimes): string {
  return `${windowMs} ${startMs} ${isSliding}`;
}

function endOf({ startMs, windowMs, isSliding }: WindowTimes): number {
  return startMs + windowMs * (isSliding ? 2 : 1);
}

function windowsOf(byWindow: ReadonlyMap<KnownWindow, Pick<CountedWindow, 'keys' | 'counts'>>): readonly CountedWindow[] {
  return [...byWindow].map(([{ startMs, windowMs, isSliding }, { keys, counts }]) => ({ startMs, windowMs, isSliding, keys, counts }));
}
