/**
 * `npm run bench -- swap`: one route of 100,000 changes, again and again, while traffic flows: how long from the first frame of the
 * delta to the swap in the last thread (what the data plane reports as Applied), what the traffic's latency is with and
 * without, and whether a request fails. The control plane is the tests' own, with real signatures, so that nothing else is measured.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataPlaneProcess } from '../test/support/data-plane-process.ts';
import { FakeControlPlane } from '../test/support/fake-control-plane.ts';
import { put, ref, testId } from '../test/support/config-content.ts';
import type { BenchOptions } from './main.ts';
import { freePort } from './contenders/contender.ts';
import { startOrigin } from './contenders/nginx.ts';
import { runH2Load } from './h2load.ts';
import type { LoadResult } from './load.ts';
import { residentMiB } from './process-cost.ts';
import { median } from './turns.ts';

const PER_SECOND = 2_000;
const LOAD_CPU = 1;
const SERVICE = 'a0';
const FIRST_ROUTE = 0x1000;
const APPLY_DEADLINE_MS = 120_000;

interface Round {
  readonly quiet: LoadResult;
  readonly changing: LoadResult;
  readonly tookMs: readonly number[];
}

export async function runSwapBench(options: BenchOptions): Promise<void> {
  const routes = options.smoke ? 1_000 : 100_000;
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-bench-'));
  const originPort = await freePort();
  const origin = await startOrigin(originPort, folder, LOAD_CPU);
  const fake = await FakeControlPlane.start();
  let dataPlane: DataPlaneProcess | undefined;
  try {
    const route = (id: string, path: string) => put('routes', { id: testId(id), paths: [path], strip_path: false, service: ref(SERVICE) });
    const service = put('services', { id: testId(SERVICE), url: `http://127.0.0.1:${originPort}` });
    const many = Array.from({ length: routes }, (_, index) => route((index + FIRST_ROUTE).toString(16), `/api/${index % 100}/resource-${index}`));
    await fake.publish([service, route('b0', '/small'), ...many]);
    dataPlane = await DataPlaneProcess.start({ HOLDFAST_JOIN_TOKEN: fake.joinToken(), HOLDFAST_PROXY_THREADS: '1', HOLDFAST_LOG_LEVEL: 'warn' });
    const first = await fake.heard('applied', () => true, APPLY_DEADLINE_MS);
    console.log(`${routes} routes applied in ${first.tookMs} ms, resident memory ${residentMiB(dataPlane.pid).toFixed(0)} MiB`);
    const load = (seconds: number): Promise<LoadResult> => runH2Load({ url: `http://127.0.0.1:${dataPlane?.proxyPort}/small`, connections: 50, streams: 1, seconds, cpu: LOAD_CPU, perSecond: PER_SECOND });
    await load(options.smoke ? 1 : 6);
    const rounds: Round[] = [];
    for (let round = 0; round < options.rounds; round++) {
      const quiet = await load(options.seconds);
      const running = load(options.seconds);
      const tookMs: number[] = [];
      let isOver = false;
      void running.finally(() => (isOver = true));
      for (let change = 0; !isOver; change++) {
        const { sequence } = await fake.publish([route(((change % routes) + FIRST_ROUTE).toString(16), `/changed/${round}/${change}`)]);
        tookMs.push((await fake.heard('applied', (applied) => applied.version.sequence === sequence, APPLY_DEADLINE_MS)).tookMs);
      }
      rounds.push({ quiet, changing: await running, tookMs });
    }
    report(rounds, routes, options);
  } finally {
    await dataPlane?.destroy();
    await fake.stop();
    await origin.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function report(rounds: readonly Round[], routes: number, options: BenchOptions): void {
  const took = rounds.flatMap(({ tookMs }) => tookMs).toSorted((a, b) => a - b);
  const at = (share: number): number => took[Math.min(took.length - 1, Math.floor(took.length * share))] ?? Number.NaN;
  const failed = rounds.reduce((sum, { quiet, changing }) => sum + quiet.errors + changing.errors, 0);
  const p99 = (which: 'quiet' | 'changing'): number => median(rounds.map((round) => round[which].p99Ms));
  const result = {
    command: 'npm run bench -- swap', routes, perSecond: PER_SECOND, rounds: rounds.length, seconds: options.seconds, changes: took.length, failedRequests: failed,
    appliedMs: { p50: at(0.5), p90: at(0.9), p99: at(0.99), max: took.at(-1) }, trafficP99Ms: { withoutChanges: p99('quiet'), withChanges: p99('changing') },
    trafficP50Ms: { withoutChanges: median(rounds.map(({ quiet }) => quiet.p50Ms)), withChanges: median(rounds.map(({ changing }) => changing.p50Ms)) },
  };
  console.log(JSON.stringify(result, null, 2));
  if (!options.smoke) writeFileSync(new URL('./results/swap.json', import.meta.url), `${JSON.stringify(result, null, 1)}\n`);
}
