/**
 * Load on the admin API: so many connections, each sends its next request when the answer to the last one is there, or at a pace that
 * is set; then the time a request took counts from when it was due, so that one that waits for a slow one is not forgotten. Used by admin.ts.
 */
import { Pool } from 'undici';

export interface AdminCall {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly json?: object;
}

export interface LoopOptions {
  readonly base: string;
  readonly token: string;
  readonly connections: number;
  readonly seconds: number;
  /** Of all connections together; as fast as answers come where it is not given. */
  readonly pacePerSecond?: number;
  /** The next request of a connection; called when the last one was answered. */
  readonly next: (connection: number) => AdminCall;
}

export interface LoopResult {
  readonly requests: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** Throws where a request is not answered with 2xx: the figure would be worthless. */
export async function runLoop({ base, token, connections, seconds, next, pacePerSecond }: LoopOptions): Promise<LoopResult> {
  const pool = new Pool(base, { connections });
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const tookMs: number[] = [];
  const begun = performance.now();
  const until = begun + seconds * 1_000;
  const one = async (connection: number): Promise<void> => {
    const apartMs = pacePerSecond === undefined ? 0 : (connections * 1_000) / pacePerSecond;
    let due = begun + (apartMs * connection) / connections;
    while (performance.now() < until) {
      if (due > performance.now()) await new Promise((resolve) => setTimeout(resolve, due - performance.now()));
      const { method, path, json } = next(connection);
      const sent = apartMs === 0 ? performance.now() : due;
      due += apartMs;
      const { statusCode, body } = await pool.request({ method, path, headers, body: json === undefined ? null : JSON.stringify(json) });
      const text = await body.text();
      tookMs.push(performance.now() - sent);
      if (statusCode < 200 || statusCode > 299) throw new Error(`${method} ${path} was answered ${statusCode}: ${text.slice(0, 300)}`);
    }
  };
  try {
    await Promise.all(Array.from({ length: connections }, (_, connection) => one(connection)));
  } finally {
    await pool.destroy();
  }
  const elapsed = (performance.now() - begun) / 1_000;
  tookMs.sort((a, b) => a - b);
  return { requests: tookMs.length, perSecond: tookMs.length / elapsed, p50Ms: quantile(tookMs, 0.5), p99Ms: quantile(tookMs, 0.99), maxMs: tookMs.at(-1) ?? Number.NaN };
}

/** Of sorted values. */
export function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}
