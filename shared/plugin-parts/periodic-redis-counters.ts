/**
 * Window counters that are exact within the data plane and brought together in Redis now and then (`sync_rate`): no request waits.
 * A data plane learns what the others counted of a client when it tells what it counted itself. So what is let through too much is, in
 * each data plane, at most what the others had counted since that client's last exchange there, and never more than the limit.
 *
 * Two counts stand in the table that the threads share: what a limit is compared with (`counted`: what was counted here, and what is
 * known of the others), and how much of Redis' total is in that (`known`). While an exchange is on its way, or threads learn at the same
 * moment, `counted` may hold the same requests twice, so a request may be refused a moment early; it never lacks one that was let through here.
 */
import type { CounterKey, CounterTable, CounterWindow, PluginClock, PluginServices, RedisConnection, RedisReply, TakeResult } from '../plugins/plugin-services.ts';
import { keptMs, numberIn, redisKeyOf } from './redis-counters.ts';

/** Clients that are told to Redis in one exchange; what is more counts here alone until there is room. */
const MOST_CHANGED = 32_768;
const REMEMBERED = 32_768;
/** Clients of one portion: all that wait for Redis in this thread share a line, and it has an end. */
const TOLD_AT_ONCE = 512;

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
  readonly counted: CounterKey;
  readonly known: CounterKey;
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
  #exchanging: Promise<void> | undefined;
  #leftOut = 0;

  constructor(options: PeriodicRedisCountersOptions) {
    this.#options = options;
  }

  take(key: string | CounterKey, windows: readonly CounterWindow[], amount = 1): TakeResult {
    const client = this.#clientOf(key);
    const taken = this.#options.counters.take(client.counted, windows, amount);
    if (taken.kind === 'taken' && amount > 0) this.#changed(client, windows, amount);
    return taken;
  }

  add(key: string | CounterKey, windows: readonly CounterWindow[], amount: number): readonly number[] {
    const client = this.#clientOf(key);
    const counts = this.#options.counters.add(client.counted, windows, amount);
    if (amount > 0 && counts.length > 0) this.#changed(client, windows, amount);
    return counts;
  }

  /** Tells Redis what was counted here, and learns what all have counted. Never rejects: what could not be told is told the next time. */
  exchange(): Promise<void> {
    this.#exchanging ??= this.#tellChanges().finally(() => (this.#exchanging = undefined));
    return this.#exchanging;
  }

  /** Tells what is left, once. */
  async close(): Promise<void> {
    await this.#exchanging;
    await this.exchange();
  }

  async #tellChanges(): Promise<void> {
    const told = [...this.#changes.values()];
    this.#changes = new Map();
    let failures = 0;
    for (let from = 0; from < told.length; from += TOLD_AT_ONCE) {
      const outcomes = await Promise.allSettled(told.slice(from, from + TOLD_AT_ONCE).map((change) => this.#tell(change)));
      failures += outcomes.filter(({ status }) => status === 'rejected').length;
    }
    if (failures > 0) this.#options.log.warn('limits-not-shared', { clients: failures });
    if (this.#leftOut > 0) this.#options.log.warn('limits-left-out', { requests: this.#leftOut });
    this.#leftOut = 0;
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

  /** Takes in what is new in the total, then takes out what was told: `counted` is never without what is in neither. */
  #learn(client: Client, window: CounterWindow, amount: number, total: number): void {
    const { counters, clock } = this.#options;
    // What was counted in a window that has ended stays what it was; the one that slides over it is told little later.
    if (clock.nowMs() >= window.startMs + window.windowMs || !Number.isSafeInteger(total)) return;
    const { startMs, windowMs } = window;
    const upToTotal: readonly CounterWindow[] = [{ startMs, windowMs, limit: total }];
    for (;;) {
      const news = total - (counters.add(client.known, upToTotal, 0)[0] ?? 0);
      if (news <= 0) break;
      counters.add(client.counted, [window], news);
      // There is room for it only as long as no other thread has learnt something meanwhile.
      const { kind } = counters.take(client.known, upToTotal, news);
      if (kind === 'taken') break;
      counters.add(client.counted, [window], -news);
      if (kind === 'full') return;
    }
    counters.add(client.counted, [window], -amount);
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
    const client: Client = { text, counted: counterKey('counted'), known: counterKey('known') };
    this.#clients.set(text, client);
    return client;
  }
}
