/** Open-loop load: so many requests a second whatever the answers do, each counted as it ends. Bounded by `stop`. */
import { Pool } from 'undici';

export interface LoadCounts {
  /** Answers with status 200. */
  ok: number;
  /** Any other answer, by status. */
  readonly otherStatus: Map<number, number>;
  /** No answer: connection refused or cut, time-out; by error code. */
  readonly broken: Map<string, number>;
}

export interface SteadyLoad {
  readonly counts: LoadCounts;
  /** Stops sending and waits for what is under way. */
  stop(): Promise<LoadCounts>;
}

const TICK_MS = 10;

/** `perSecond` should be a multiple of 100: requests are sent in even bunches every 10 ms. Not answered within `timeoutMs` is failed. */
export function startSteadyLoad(port: number, path: string, perSecond: number, timeoutMs = 10_000): SteadyLoad {
  const pool = new Pool(`http://127.0.0.1:${port}`, { connections: 64, headersTimeout: timeoutMs, bodyTimeout: timeoutMs });
  const counts: LoadCounts = { ok: 0, otherStatus: new Map(), broken: new Map() };
  const underWay = new Set<Promise<void>>();
  const begun = performance.now();
  let sent = 0;
  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - begun) / 1000) * perSecond);
    for (; sent < due; sent++) {
      const one = send(pool, path, counts).finally(() => underWay.delete(one));
      underWay.add(one);
    }
  }, TICK_MS);
  return {
    counts,
    async stop() {
      clearInterval(timer);
      await Promise.all(underWay);
      await pool.close();
      return counts;
    },
  };
}

async function send(pool: Pool, path: string, counts: LoadCounts): Promise<void> {
  try {
    const { statusCode, body } = await pool.request({ path, method: 'GET' });
    await body.dump();
    if (statusCode === 200) counts.ok += 1;
    else counts.otherStatus.set(statusCode, (counts.otherStatus.get(statusCode) ?? 0) + 1);
  } catch (thrown) {
    const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : String(thrown);
    counts.broken.set(code, (counts.broken.get(code) ?? 0) + 1);
  }
}

export function failuresIn(counts: LoadCounts): number {
  return [...counts.otherStatus.values(), ...counts.broken.values()].reduce((sum, n) => sum + n, 0);
}
