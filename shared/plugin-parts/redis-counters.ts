/**
 * Window counters in Redis, asked with each request: one script checks all windows and counts in all of them or in none, so that a
 * limit is never overshot however many data planes share it. The requests of one turn of the event loop go out in one write. A key of
 * Redis is one window of one client; it holds no limit, so that a change of limits resets nothing, and ends with the window.
 */
import { HoldfastError } from '../errors.ts';
import type { CounterKey, CounterWindow, PluginClock, RedisConnection, RedisReply, TakeResult } from '../plugins/plugin-services.ts';

/** How far behind another data plane's a clock may be before a count ends too early for it. */
const CLOCK_SPREAD_MS = 10_000;

/** KEYS: for each window this one and the one before. ARGV: the amount, 1 where limits count, then for each window its limit, how long it is kept, and the weight of the one before. */
const SCRIPT = `
local amount, limited = tonumber(ARGV[1]), ARGV[2] == '1'
local answer, fits = {0}, true
for i = 1, #KEYS / 2 do
  local used = tonumber(redis.call('GET', KEYS[2 * i - 1]) or '0')
  local weight = tonumber(ARGV[3 * i + 2])
  if weight > 0 then used = used + math.floor(weight * tonumber(redis.call('GET', KEYS[2 * i]) or '0')) end
  if limited and used + amount > tonumber(ARGV[3 * i]) then fits = false end
  answer[i + 1] = string.format('%.0f', used)
end
if not fits then return answer end
answer[1] = 1
if amount == 0 then return answer end
for i = 1, #KEYS / 2 do
  local key = KEYS[2 * i - 1]
  redis.call('INCRBY', key, ARGV[1])
  redis.call('PEXPIRE', key, ARGV[3 * i + 1])
end
return answer`;

export class RedisCounters {
  readonly #redis: RedisConnection;
  readonly #clock: PluginClock;

  constructor(redis: RedisConnection, clock: PluginClock) {
    this.#redis = redis;
    this.#clock = clock;
  }

  /** As CounterTable. Rejects where Redis can't be asked; it may have counted then. */
  take(key: CounterKey, windows: readonly CounterWindow[], amount = 1): Promise<TakeResult> {
    return this.#ask(key, windows, amount, true).then(({ isCounted, used }) => {
      if (isCounted) return { kind: 'taken', remaining: windows.map(({ limit }, index) => limit - (used[index] ?? 0) - amount) };
      const remaining = windows.map(({ limit }, index) => Math.max(0, limit - (used[index] ?? 0)));
      return { kind: 'over', exceeded: [...windows.keys()].filter((index) => (windows[index]?.limit ?? 0) - (used[index] ?? 0) < amount), remaining };
    });
  }

  add(key: CounterKey, windows: readonly CounterWindow[], amount: number): Promise<readonly number[]> {
    return this.#ask(key, windows, amount, false).then(({ used }) => used.map((count) => count + amount));
  }

  #ask({ text }: CounterKey, windows: readonly CounterWindow[], amount: number, isLimited: boolean): Promise<Counted> {
    const nowMs = this.#clock.nowMs();
    const keys: string[] = [];
    const words: (string | number)[] = [amount, isLimited ? 1 : 0];
    for (const window of windows) {
      const { startMs, windowMs } = window;
      keys.push(redisKeyOf(text, windowMs, startMs), redisKeyOf(text, windowMs, startMs - windowMs));
      words.push(window.limit, keptMs(window, nowMs), weightOfPrevious(window, nowMs));
    }
    return this.#redis.script(SCRIPT, keys, words).then((reply) => readReply(reply, windows.length));
  }
}

/** Of one window of one client; all windows of a client are on one server of a cluster (hash tags). */
export function redisKeyOf(text: string, windowMs: number, startMs: number): string {
  return `holdfast:limit:{${text}}:${windowMs}:${startMs}`;
}

/** Milliseconds until nobody asks for the window any more. */
export function keptMs({ startMs, windowMs, isSliding }: CounterWindow, nowMs: number): number {
  return Math.max(0, startMs + windowMs * (isSliding === true ? 2 : 1) - nowMs) + CLOCK_SPREAD_MS;
}

/** The part of it that lies less than a window's length back. */
function weightOfPrevious({ startMs, windowMs, isSliding }: CounterWindow, nowMs: number): number {
  if (isSliding !== true) return 0;
  return Math.min(1, Math.max(0, 1 - (nowMs - startMs) / windowMs));
}

interface Counted {
  readonly isCounted: boolean;
  /** What was counted in each window before. */
  readonly used: readonly number[];
}

/** The door: what a Redis server says. */
function readReply(reply: RedisReply, windows: number): Counted {
  const [isCounted, ...counts] = Array.isArray(reply) ? reply : [];
  const used = counts.map((count: RedisReply) => numberIn(count));
  if (used.length === windows && used.every((count) => Number.isFinite(count))) return { isCounted: numberIn(isCounted) === 1, used };
  throw new HoldfastError({ code: 'REDIS_UNAVAILABLE', source: 'gateway', retryable: true, publicMessage: 'Redis gave an answer that is none of the script for limits' });
}

/** NaN where it is no number. */
export function numberIn(reply: RedisReply | undefined): number {
  if (typeof reply === 'number') return reply;
  const text = reply instanceof Uint8Array ? Buffer.from(reply).toString('latin1') : reply;
  return typeof text === 'string' && text !== '' ? Number(text) : NaN;
}
