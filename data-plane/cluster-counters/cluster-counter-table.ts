/**
 * Counters that the data planes of a gateway share (policy `cluster`), as a proxy thread sees them. Two counts stand in the table of
 * the process: what was counted here, exact over all threads, and what all others counted as far as it is known, written by the agent
 * thread (count-exchange.ts). Together they are what a limit is compared with. What changed here is told to the agent at an interval.
 */
import type { Clock } from '../../shared/clock.ts';
import type { ClusterCounters, CounterKey, CounterTable, CounterWindow, TakeResult } from '../../shared/plugins/plugin-services.ts';
import type { CountedWindow } from '../../shared/wire/sync-message.ts';
import { isCountKey } from '../../shared/wire/counts-codec.ts';

/** With the agent's own delay a second (count-exchange.ts). */
const TELL_INTERVAL_MS = 900;
/** Clients whose keys are kept, some 500 bytes each; beyond it all are forgotten. */
const REMEMBERED_CLIENTS = 32_768;
/** Of one interval; what comes beyond is counted here and told when it is counted again. */
const MOST_CHANGED = 16_384;

interface Client {
  readonly text: string;
  readonly here: CounterKey;
  readonly others: CounterKey;
}

interface ChangedWindow {
  readonly window: CounterWindow;
  readonly clients: Set<Client>;
}

/** Where the agent thread writes what other data planes counted. */
export function keyOfOthers(text: string): string {
  return `others ${text}`;
}

export class ClusterCounterTable implements ClusterCounters {
  readonly #counters: CounterTable;
  readonly #clock: Clock;
  readonly #tell: (windows: readonly CountedWindow[]) => void;
  readonly #clients = new Map<string, Client>();
  readonly #changed = new Map<string, ChangedWindow>();
  /** The window whose changes were noted last: most requests are in the same ones. */
  readonly #lastChanged = new WeakMap<CounterWindow, ChangedWindow>();
  #changes = 0;

  /** `tell` gets what was counted here in windows that changed: the whole count of each, not the change. */
  constructor(counters: CounterTable, clock: Clock, tell: (windows: readonly CountedWindow[]) => void) {
    this.#counters = counters;
    this.#clock = clock;
    this.#tell = tell;
    clock.every(TELL_INTERVAL_MS, () => this.tellChanges());
  }

  take(key: string | CounterKey, windows: readonly CounterWindow[], amount = 1): TakeResult {
    const client = this.#clientOf(key);
    const others = this.#counters.add(client.others, windows, 0);
    const taken = this.#counters.take(client.here, isNothing(others) ? windows : windows.map((window, index) => ({ ...window, limit: window.limit - (others[index] ?? 0) })), amount);
    if (taken.kind === 'taken' && amount > 0) this.#note(client, windows);
    return taken;
  }

  add(key: string | CounterKey, windows: readonly CounterWindow[], amount: number): readonly number[] {
    const client = this.#clientOf(key);
    const others = this.#counters.add(client.others, windows, 0);
    const here = this.#counters.add(client.here, windows, amount);
    if (amount > 0 && here.length > 0) this.#note(client, windows);
    return here.map((count, index) => count + (others[index] ?? 0));
  }

  tellChanges(): void {
    if (this.#changes === 0) return;
    const nowMs = this.#clock.nowMs();
    const told: CountedWindow[] = [];
    for (const { window: { startMs, windowMs, limit, isSliding }, clients } of this.#changed.values()) {
      // Nothing compares with a window that has ended, and the table has the next one in its place.
      if (nowMs >= startMs + windowMs || clients.size === 0) continue;
      const plain: readonly CounterWindow[] = [{ startMs, windowMs, limit }];
      const keys = [...clients];
      told.push({ startMs, windowMs, isSliding: isSliding === true, keys: keys.map(({ text }) => text), counts: keys.map(({ here }) => this.#counters.add(here, plain, 0)[0] ?? 0) });
    }
    this.#changed.clear();
    this.#changes = 0;
    if (told.length > 0) this.#tell(told);
  }

  #note(client: Client, windows: readonly CounterWindow[]): void {
    for (const window of windows) {
      const known = this.#lastChanged.get(window);
      const changed = known !== undefined && this.#changed.get(idOf(window)) === known ? known : this.#changedIn(window);
      if (changed.clients.has(client) || this.#changes === MOST_CHANGED || !isCountKey(client.text)) continue;
      changed.clients.add(client);
      this.#changes += 1;
    }
  }

  #changedIn(window: CounterWindow): ChangedWindow {
    const id = idOf(window);
    const changed = this.#changed.get(id) ?? { window, clients: new Set() };
    this.#changed.set(id, changed);
    this.#lastChanged.set(window, changed);
    return changed;
  }

  #clientOf(key: string | CounterKey): Client {
    const text = typeof key === 'string' ? key : key.text;
    const known = this.#clients.get(text);
    if (known !== undefined) return known;
    if (this.#clients.size === REMEMBERED_CLIENTS) this.#clients.clear();
    const client: Client = { text, here: { text: `here ${text}`, known: undefined }, others: { text: keyOfOthers(text), known: undefined } };
    this.#clients.set(text, client);
    return client;
  }
}

function isNothing(counts: readonly number[]): boolean {
  for (const count of counts) if (count > 0) return false;
  return true;
}

function idOf({ windowMs, startMs }: CounterWindow): string {
  return `${windowMs} ${startMs}`;
}
