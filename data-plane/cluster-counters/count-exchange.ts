/**
 * The agent thread's part of counters that data planes share: tells the control plane what was counted here, and writes what it says
 * of the others into the table that the proxy threads read. Counts are whole, not changes, and never go down within a window: a frame
 * that is lost or comes twice does no harm, and after a reconnect everything that still matters is said again. Without a control plane
 * what was known of the others stays, and each data plane goes on for itself. Owned by enrolled-parts.ts.
 */
import type { Clock, TimerHandle } from '../../shared/clock.ts';
import type { Logger } from '../../shared/log.ts';
import type { CounterTable, CounterWindow } from '../../shared/plugins/plugin-services.ts';
import type { CountedWindow, Counts } from '../../shared/wire/sync-message.ts';
import { keyOfOthers } from './cluster-counter-table.ts';

export interface CountExchangeOptions {
  readonly counters: CounterTable;
  readonly clock: Clock;
  readonly log: Logger;
}

/** What several threads tell at about the same time goes in one frame. */
const GATHER_MS = 100;
/** Counts that are kept to be said again, some 150 bytes each. What is more is counted here alone. */
const MOST_KEPT = 32_768;
const COUNTS_IN_FRAME = 4_096;
/** A control plane takes 64 in ten seconds. */
const FRAMES_AT_ONCE = 4;
const NEXT_FRAMES_MS = 1_000;
const LEFT_OUT_SAID_MS = 60_000;
/** How far another data plane's clock may be ahead of this one's: as the control plane has it, on either side of its own. */
const CLOCK_SPREAD_MS = 120_000;

/** What was heard of a window that has not begun here. */
interface EarlyWindow {
  readonly counts: Map<string, number>;
  readonly timer: TimerHandle;
}

interface OwnWindow extends Omit<CountedWindow, 'keys' | 'counts'> {
  readonly counts: Map<string, number>;
  readonly untold: Set<string>;
}

export class CountExchange {
  readonly #options: CountExchangeOptions;
  readonly #windows = new Map<string, OwnWindow>();
  #kept = 0;
  readonly #early = new Map<string, EarlyWindow>();
  #earlyKept = 0;
  #send: ((counts: Counts) => void) | undefined;
  #timer: TimerHandle | undefined;
  #leftOutSaidAtMs = -Infinity;

  constructor(options: CountExchangeOptions) {
    this.#options = options;
  }

  /** A proxy thread counted. */
  counted(windows: readonly CountedWindow[]): void {
    for (const window of windows) this.#keep(window);
    this.#tellSoon(GATHER_MS);
  }

  /** What the control plane says that the others counted. */
  heard({ windows }: Counts): void {
    const { counters, clock } = this.#options;
    const nowMs = clock.nowMs();
    for (const window of windows) {
      const { startMs, windowMs, isSliding, keys, counts } = window;
      if (windowMs === 0 || nowMs >= startMs + windowMs) continue;
      if (startMs > nowMs) {
        this.#hearLater(window, startMs - nowMs);
        continue;
      }
      const plain: CounterWindow = { startMs, windowMs, limit: Number.MAX_SAFE_INTEGER };
      const [look, write]: readonly (readonly CounterWindow[])[] = [[plain], [isSliding ? { ...plain, isSliding } : plain]];
      for (const [index, key] of keys.entries()) {
        const text = keyOfOthers(key);
        const more = (counts[index] ?? 0) - (counters.add(text, look ?? [], 0)[0] ?? 0);
        if (more > 0) counters.add(text, write ?? [], more);
      }
    }
  }

  /** A session that takes counts: it may be with a control plane that knows nothing yet. */
  connected(send: (counts: Counts) => void): void {
    this.#send = send;
    for (const { counts, untold } of this.#windows.values()) for (const key of counts.keys()) untold.add(key);
    this.#tellSoon(GATHER_MS);
  }

  disconnected(): void {
    this.#send = undefined;
  }

  stop(): void {
    this.#timer?.cancel();
    for (const { timer } of this.#early.values()) timer.cancel();
    this.#early.clear();
    this.#send = undefined;
  }

  /** By a clock that is ahead of ours. Written now, it would end the window that is under way here. */
  #hearLater({ keys, counts, ...window }: CountedWindow, inMs: number): void {
    if (inMs > CLOCK_SPREAD_MS) return;
    const id = idOf(window);
    for (const [index, key] of keys.entries()) {
      const early = this.#early.get(id);
      const known = early?.counts.get(key);
      if (known === undefined && this.#earlyKept === MOST_KEPT) return;
      const count = Math.max(known ?? 0, counts[index] ?? 0);
      if (early === undefined) this.#early.set(id, { counts: new Map([[key, count]]), timer: this.#options.clock.after(inMs, () => this.#begin(id, window)) });
      else early.counts.set(key, count);
      if (known === undefined) this.#earlyKept += 1;
    }
  }

  #begin(id: string, window: Omit<CountedWindow, 'keys' | 'counts'>): void {
    const heard = [...(this.#early.get(id)?.counts ?? [])];
    this.#early.delete(id);
    this.#earlyKept -= heard.length;
    this.heard({ kind: 'counts', windows: [{ ...window, keys: heard.map(([key]) => key), counts: heard.map(([, count]) => count) }] });
  }

  #keep({ startMs, windowMs, isSliding, keys, counts }: CountedWindow): void {
    const id = idOf({ startMs, windowMs, isSliding });
    const window = this.#windows.get(id) ?? { startMs, windowMs, isSliding, counts: new Map<string, number>(), untold: new Set<string>() };
    this.#windows.set(id, window);
    for (const [index, key] of keys.entries()) {
      const [count, known] = [counts[index] ?? 0, window.counts.get(key)];
      if (known === undefined) {
        if (this.#kept >= MOST_KEPT) this.#dropEnded();
        if (this.#kept >= MOST_KEPT) {
          this.#leftOut();
          continue;
        }
        this.#kept += 1;
      } else if (known >= count) continue;
      window.counts.set(key, count);
      window.untold.add(key);
    }
  }

  #tellSoon(inMs: number): void {
    if (this.#timer !== undefined || this.#send === undefined) return;
    this.#timer = this.#options.clock.after(inMs, () => {
      this.#timer = undefined;
      this.#tell();
    });
  }

  #tell(): void {
    this.#dropEnded();
    for (let frames = 0; frames < FRAMES_AT_ONCE; frames += 1) {
      const windows = this.#nextFrame();
      if (windows.length === 0) return;
      this.#send?.({ kind: 'counts', windows });
    }
    this.#tellSoon(NEXT_FRAMES_MS);
  }

  #nextFrame(): readonly CountedWindow[] {
    let room = COUNTS_IN_FRAME;
    const windows: CountedWindow[] = [];
    for (const { startMs, windowMs, isSliding, counts, untold } of this.#windows.values()) {
      if (room === 0) break;
      const keys = firstOf(untold, room);
      if (keys.length === 0) continue;
      room -= keys.length;
      for (const key of keys) untold.delete(key);
      windows.push({ startMs, windowMs, isSliding, keys, counts: keys.map((key) => counts.get(key) ?? 0) });
    }
    return windows;
  }

  #dropEnded(): void {
    const nowMs = this.#options.clock.nowMs();
    for (const [id, { startMs, windowMs, isSliding, counts }] of this.#windows) {
      if (nowMs < startMs + windowMs * (isSliding ? 2 : 1)) continue;
      this.#windows.delete(id);
      this.#kept -= counts.size;
    }
  }

  #leftOut(): void {
    const { clock, log } = this.#options;
    if (clock.monotonicMs() - this.#leftOutSaidAtMs < LEFT_OUT_SAID_MS) return;
    this.#leftOutSaidAtMs = clock.monotonicMs();
    log.warn({ event: 'counts-left-out', kept: this.#kept }, `more than ${MOST_KEPT} clients and windows are limited by policy cluster: those that are new are counted by this data plane alone`);
  }
}

function idOf({ startMs, windowMs, isSliding }: Omit<CountedWindow, 'keys' | 'counts'>): string {
  return `${windowMs} ${startMs} ${isSliding}`;
}

function firstOf(texts: ReadonlySet<string>, most: number): readonly string[] {
  const first: string[] = [];
  for (const text of texts) {
    if (first.length === most) break;
    first.push(text);
  }
  return first;
}
