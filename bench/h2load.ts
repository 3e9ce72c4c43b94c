/** Runs h2load (HTTP/2, gRPC, and HTTP/1.1 at a fixed rate) against one address and reads its report and its log. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { outputOf, type LoadResult } from './load.ts';

export interface H2LoadOptions {
  readonly url: string;
  readonly connections: number;
  readonly streams: number;
  readonly seconds: number;
  /** CPU the load generator is pinned to. */
  readonly cpu: number;
  readonly headers?: readonly string[];
  /** File whose bytes are POSTed. */
  readonly bodyFile?: string;
  /** HTTP/1.1 at so many requests a second in all, whatever the answers do (open loop). */
  readonly perSecond?: number;
}

export async function runH2Load(options: H2LoadOptions): Promise<LoadResult> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-h2load-'));
  try {
    const log = join(folder, 'log');
    const rate = options.perSecond === undefined ? [] : ['--h1', `--rps=${options.perSecond / options.connections}`];
    const body = options.bodyFile === undefined ? [] : ['-d', options.bodyFile];
    const headers = (options.headers ?? []).flatMap((header) => ['-H', header]);
    const args = ['-c', String(options.cpu), 'h2load', '-t1', `-c${options.connections}`, `-m${options.streams}`, `-D${options.seconds}`, `--log-file=${log}`, ...rate, ...body, ...headers, options.url];
    return readReport(await outputOf('taskset', args), readFileSync(log, 'utf8'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The log has one line per request: start in µs, status, duration in µs. */
function readReport(report: string, log: string): LoadResult {
  const perSecond = /finished in [^,]+, ([\d.]+) req\/s/.exec(report)?.[1];
  const [, done, succeeded] = /requests: \d+ total, \d+ started, (\d+) done, (\d+) succeeded/.exec(report) ?? [];
  if (perSecond === undefined || done === undefined || succeeded === undefined) throw new Error(`h2load gave no figures:\n${report}`);
  const micros = log.split('\n').flatMap((line) => {
    const duration = Number(line.split('\t')[2]);
    return Number.isFinite(duration) && line !== '' ? [duration] : [];
  }).sort((a, b) => a - b);
  const at = (share: number): number => (micros[Math.min(micros.length - 1, Math.floor(micros.length * share))] ?? Number.NaN) / 1_000;
  return { requests: Number(done), requestsPerSecond: Number(perSecond), p50Ms: at(0.5), p99Ms: at(0.99), errors: Number(done) - Number(succeeded) };
}
