/**
 * Window counters that are exact within the data plane and brought together in Redis now and then (`sync_rate`): no request waits.
 * What is let through too much is at most what the others let through since the last exchange, a round trip longer.
 *
 * Two counts stand in the table that the threads share: what Redis had for all data planes when it was asked last (`total`), and what
 * was counted here and is not known to be in that (`here`). Together they are what a limit is compared with. While an exchange is on its
 * way both may hold the same requests, so a request may be refused a moment early, never let through late.
 */
import type { CounterKey, CounterTable, CounterWindow, PluginClock, PluginServices, RedisConnection, RedisReply, TakeResult } from './plugin-services.ts';
import { keptMs, numberIn, redisKeyOf } from './redis-counters.ts';

/** Clients that are told to Redis in one exchange; what is more counts here alone until there is room. */
const MOST_CHANGED = 32_768;
const REMEMBERED = 32_768;
/** Of those who write the totals of one client: as short as a look and a write, and freed where a thread died meanwhile. */
const LOCK_MS = 1_000;
const LOCK_TRIES = 10_000;

/** KEYS: windows. ARGV: for each what to count, and how long it is kept. Gives the totals. */
const SCRIPT = `
local totals = {}
for i = 1, #KEYS do
  totals[i] = redis.call('INCRBY', KEYS[i], ARGV[2 * i - 1])
  redis.call('PEXPIRE', KEYS[i], ARGV[2 * i])
end
return totals`;

interface Client {
  readonly text: string;
  readonly here: CounterKey;
  readonly total: CounterKey;
  readonly lock: CounterKey;
}

/** What one client has had counted here since the last exchange, by window. */
interface Change {
  readonly client: Client;
  readonly windows: Map<string, { readonly window: CounterWindow; amount: number }>;
}

export interface PeriodicRedisCountersOptions {
  readonly redis: RedisConnection;
  readonly counters: CounterTable;
  readonly clock: PluginClock;
  readonly log: PluginServices['log'];
}

export class PeriodicRedisCounters implements CounterTable {
  readonly #options: PeriodicRedisCountersOptions;
  readonly #clients = new Map<string, Client>();
  #changes = new Map<string, Change>();
  #exchanging = false;
  #leftOut = 0;

  constructor(options: PeriodicRedisCountersOptions) {
    this.#options = options;
  }

  take(key: string | CounterKey, windows: readonly CounterWindow[], amount = 1): TakeResult {
    const client = this.#clientOf(key);
    const { counters } = this.#options;
    const totals = counters.add(client.total, windows, 0);
    const left = windows.map((window, index) => ({ ...window, limit: window.limit - (totals[index] ?? 0) }));
    const taken = counters.take(client.here, left, amount);
    if (taken.kind === 'taken' && amount > 0) this.#changed(client, windows, amount);
    return taken;
  }

  add(key: string | CounterKey, windows: readonly CounterWindow[], amount: number): readonly number[] {
    const client = this.#clientOf(key);
    const { counters } = this.#options;
    const totals = counters.add(client.total, windows, 0);
    const here = counters.add(client.here, windows, amount);
    if (amount > 0 && here.length > 0) this.#changed(client, windows, amount);
    return here.map((count, index) => count + (totals[index] ?? 0));
  }

  /** Tells Redis what was counted here, and learns what all have counted. Never rejects: what could not be told is told the next time. */
  async exchange(): Promise<void> {
    if (this.#exchanging || this.#changes.size === 0) return;
    this.#exchanging = true;
    const told = this.#changes;
    this.#changes = new Map();
    const outcomes = await Promise.allSettled([...told.values()].map((change) => this.#tell(change)));
    const failures = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome] : []));
    if (failures.length > 0) this.#options.log.warn('limits-not-shared', { clients: failures.length });
    if (this.#leftOut > 0) this.#options.log.warn('limits-left-out', { requests: this.#leftOut });
    this.#leftOut = 0;
    this.#exchanging = false;
  }

  async #tell(change: Change): Promise<void> {
    const { redis, clock } = this.#options;
    const nowMs = clock.nowMs();
    const counted = [...change.windows.values()].filter(({ window }) => keptMs(window, nowMs) > 0);
    let reply: RedisReply;
    try {
      reply = await redis.script(SCRIPT, counted.map(({ window }) => redisKeyOf(change.client.text, window.windowMs, window.startMs)), counted.flatMap(({ window, amount }) => [amount, keptMs(window, nowMs)]));
    } catch (thrown) {
      for (const { window, amount } of counted) if (window.startMs + window.windowMs > nowMs) this.#changed(change.client, [window], amount);
      throw thrown;
    }
    const totals = Array.isArray(reply) ? reply : [];
    for (const [index, { window, amount }] of counted.entries()) this.#learn(change.client, window, amount, numberIn(totals[index]));
  }

  /** The total first: between the two the client has too much rather than too little. */
  #learn(client: Client, window: CounterWindow, amount: number, total: number): void {
    const { counters, clock } = this.#options;
    const nowMs = clock.nowMs();
    // What was counted in a window that has ended stays what it was; the one that slides over it is told little later.
    if (nowMs >= window.startMs + window.windowMs || !Number.isSafeInteger(total)) return;
    const lock: readonly CounterWindow[] = [{ windowMs: LOCK_MS, startMs: nowMs - (nowMs % LOCK_MS), limit: 1 }];
    for (let tries = 0; counters.take(client.lock, lock).kind === 'over'; tries += 1) if (tries === LOCK_TRIES) return;
    const plain: readonly CounterWindow[] = [{ windowMs: window.windowMs, startMs: window.startMs, limit: window.limit }];
    const known = counters.add(client.total, plain, 0)[0] ?? 0;
    if (total > known) counters.add(client.total, [window], total - known);
    counters.add(client.lock, lock, -1);
    counters.add(client.here, [window], -amount);
  }

  #changed(client: Client, windows: readonly CounterWindow[], amount: number): void {
    let change = this.#changes.get(client.text);
    if (change === undefined) {
      if (this.#changes.size === MOST_CHANGED) {
        this.#leftOut += 1;
        return;
      }
      change = { client, windows: new Map() };
      this.#changes.set(client.text, change);
    }
    for (const window of windows) {
      const id = `${window.windowMs} ${window.startMs}`;
      const counted = change.windows.get(id);
      if (counted === undefined) change.windows.set(id, { window, amount });
      else counted.amount += amount;
    }
  }

  #clientOf(key: string | CounterKey): Client {
    const text = typeof key === 'string' ? key : key.text;
    const known = this.#clients.get(text);
    if (known !== undefined) return known;
    if (this.#clients.size === REMEMBERED) this.#clients.clear();
    const counterKey = (what: string): CounterKey => ({ text: `${what} ${text}`, known: undefined });
    const client: Client = { text, here: counterKey('here'), total: counterKey('total'), lock: counterKey('lock') };
    this.#clients.set(text, client);
    return client;
  }
}
