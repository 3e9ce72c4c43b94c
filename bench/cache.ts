/**
 * `npm run bench -- cache`: what an answer from proxy-cache costs, beside the same proxy without it, which asks the origin every time.
 * Bodies of 100 bytes and of 10 KiB; one proxy thread each.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EntityChange } from '../data-plane/config/compile-contract.ts';
import { put, ref, testId } from '../test/support/config-content.ts';
import { freePort, type RunningContender } from './contenders/contender.ts';
import { startNginxGateway, startOrigin } from './contenders/nginx.ts';
import { startPublishedHoldfast } from './contenders/published-holdfast.ts';
import type { BenchOptions } from './main.ts';
import { wrkComparison } from './proxy.ts';
import { GATEWAY_CPU, LOAD_CPU, machine, median, printTurns, takeTurns, type Turns } from './turns.ts';

const CASES = [{ name: 'GET 100 B', path: '/small' }, { name: 'GET 10 KiB', path: '/medium' }] as const;
const SERVICE = 'a0';

export async function runCacheBench(options: BenchOptions): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-bench-'));
  const originPort = await freePort();
  const origin = await startOrigin(originPort, folder, LOAD_CPU);
  const running: RunningContender[] = [];
  try {
    const settings = { HOLDFAST_PROXY_THREADS: '1' };
    const cpus = String(GATEWAY_CPU);
    running.push(await startNginxGateway({ port: await freePort(), originPort, folder, cpu: GATEWAY_CPU }));
    running.push(await startPublishedHoldfast({ name: 'holdfast', changes: proxyConfig(originPort), settings, cpus }));
    running.push(await startPublishedHoldfast({ name: 'holdfast with proxy-cache', changes: [...proxyConfig(originPort), cachePlugin()], settings, cpus }));
    const results: Record<string, Turns> = {};
    for (const benchCase of CASES) {
      const comparison = wrkComparison(benchCase);
      const turns = await takeTurns(comparison, running, options);
      results[benchCase.name] = turns;
      printTurns(comparison.title, running, turns, options);
      console.log(`\nan answer from the cache costs ${ratioOf(turns).toFixed(2)} × that of the plain proxy (median of the rounds)`);
    }
    if (options.smoke) return;
    const contenders = running.map(({ name, version }) => ({ name, version }));
    writeFileSync(new URL('./results/cache.json', import.meta.url), `${JSON.stringify({ command: 'npm run bench -- cache', machine: machine(), rounds: options.rounds, seconds: options.seconds, contenders, results }, null, 1)}\n`);
  } finally {
    for (const contender of running) await contender.stop();
    await origin.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function proxyConfig(originPort: number): readonly EntityChange[] {
  return [put('services', { id: testId(SERVICE), url: `http://127.0.0.1:${originPort}` }), put('routes', { id: testId('b0'), paths: ['/'], strip_path: false, service: ref(SERVICE) })];
}

function cachePlugin(): EntityChange {
  return put('plugins', { id: testId('c0'), name: 'proxy-cache', config: { strategy: 'memory', content_type: ['text/plain'], cache_ttl: 86_400 } });
}

function ratioOf(turns: Turns): number {
  const plain = turns['holdfast'] ?? [];
  return median((turns['holdfast with proxy-cache'] ?? []).map(({ cpuMicrosPerRequest }, round) => cpuMicrosPerRequest / (plain[round]?.cpuMicrosPerRequest ?? Number.NaN)));
}
