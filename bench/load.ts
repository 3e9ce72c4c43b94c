/** Runs wrk against one address and reads its report. Load is bounded by time; the address is always loopback. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export interface BenchCase {
  readonly name: string;
  readonly path: string;
  /** A wrk script in bench/wrk, for anything but GET. */
  readonly script?: string;
  /** Each contender answers at least as many before the first turn, if it can in a minute; without it, it warms up for six seconds. */
  readonly warmUpRequests?: number;
}

export interface LoadResult {
  readonly requests: number;
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Connect, read, write errors, time-outs and answers other than 2xx or 3xx: must be 0 for a figure to count. */
  readonly errors: number;
}

export interface LoadOptions {
  readonly port: number;
  readonly path: string;
  readonly script?: string;
  readonly connections: number;
  readonly seconds: number;
  /** CPU that the load generator is pinned to, or several as `taskset` takes them. */
  readonly cpu: number | string;
  readonly headers?: readonly string[];
  /** Over TLS; any certificate will do. */
  readonly tls?: boolean;
}

export async function runLoad(options: LoadOptions): Promise<LoadResult> {
  const script = options.script === undefined ? [] : ['-s', fileURLToPath(new URL(`./wrk/${options.script}`, import.meta.url))];
  const headers = (options.headers ?? []).flatMap((header) => ['-H', header]);
  const args = ['-c', String(options.cpu), 'wrk', '-t1', `-c${options.connections}`, `-d${options.seconds}s`, '--latency', ...script, ...headers, `${options.tls === true ? 'https' : 'http'}://127.0.0.1:${options.port}${options.path}`];
  return parseWrk(await outputOf('taskset', args));
}

function parseWrk(output: string): LoadResult {
  const requests = /(\d+) requests in/.exec(output)?.[1];
  const perSecond = /Requests\/sec:\s+([\d.]+)/.exec(output)?.[1];
  if (requests === undefined || perSecond === undefined) throw new Error(`wrk gave no figures:\n${output}`);
  const socketErrors = /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(output)?.slice(1).map(Number) ?? [];
  const badAnswers = Number(/Non-2xx or 3xx responses: (\d+)/.exec(output)?.[1] ?? 0);
  return {
    requests: Number(requests),
    requestsPerSecond: Number(perSecond),
    p50Ms: milliseconds(/50%\s+([\d.]+\w+)/.exec(output)?.[1]),
    p99Ms: milliseconds(/99%\s+([\d.]+\w+)/.exec(output)?.[1]),
    errors: socketErrors.reduce((sum, n) => sum + n, badAnswers),
  };
}

function milliseconds(text: string | undefined): number {
  const [, number, unit] = /^([\d.]+)(us|ms|s|m)$/.exec(text ?? '') ?? [];
  const factors: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1000, m: 60_000 };
  return Number(number ?? Number.NaN) * (factors[unit ?? ''] ?? Number.NaN);
}

/** Standard output of a program that ends by itself; throws with its standard error where it fails. */
export function outputOf(program: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    let complaints = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (complaints += chunk.toString()));
    child.once('error', reject);
    child.once('close', (code) => (code === 0 ? resolve(output) : reject(new Error(`${program} ended with ${code}: ${complaints}${output}`))));
  });
}
