/**
 * `npm run bench -- chain`: what a gateway is for. 10,000 routes, key-auth over 100,000 consumers, a rate limit for each, a correlation
 * id, usage counts; another route and another key with every request. Compared with nginx's plain proxy, which does none of it.
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
import { GATEWAY_CPU, LOAD_CPU, machine, printTurns, takeTurns } from './turns.ts';

const ROUTES = 10_000;
const CONSUMERS = 100_000;
/** Every route fifteen times, every key once and a half: before that, V8 is still compiling and the first look-ups of each are part of the figure. */
const WARM_UP_REQUESTS = 150_000;
const SERVICE = 'a0';
const FIRST_ROUTE = 0x10_0000;
const FIRST_CONSUMER = 0x20_0000;
const FIRST_KEY = 0x30_0000;

export async function runChainBench(options: BenchOptions): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-bench-'));
  const originPort = await freePort();
  const origin = await startOrigin(originPort, folder, LOAD_CPU);
  const running: RunningContender[] = [];
  try {
    running.push(await startNginxGateway({ port: await freePort(), originPort, folder, cpu: GATEWAY_CPU }));
    running.push(await startPublishedHoldfast({ name: 'holdfast', changes: chainConfig(originPort), settings: { HOLDFAST_PROXY_THREADS: '1' }, cpus: String(GATEWAY_CPU) }));
    const comparison = wrkComparison({ name: 'gateway chain against a plain proxy', path: '/api/0/resource-0', script: 'chain.lua', warmUpRequests: WARM_UP_REQUESTS });
    const turns = await takeTurns(comparison, running, options);
    printTurns(comparison.title, running, turns, options);
    if (options.smoke) return;
    const contenders = running.map(({ name, version }) => ({ name, version }));
    writeFileSync(new URL('./results/chain.json', import.meta.url), `${JSON.stringify({ command: 'npm run bench -- chain', machine: machine(), routes: ROUTES, consumers: CONSUMERS, rounds: options.rounds, seconds: options.seconds, contenders, turns }, null, 1)}\n`);
  } finally {
    for (const contender of running) await contender.stop();
    await origin.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The same numbers as in wrk/chain.lua. */
function chainConfig(originPort: number): readonly EntityChange[] {
  const changes: EntityChange[] = [
    put('services', { id: testId(SERVICE), url: `http://127.0.0.1:${originPort}` }),
    put('plugins', { id: testId('b1'), name: 'key-auth' }),
    put('plugins', { id: testId('b2'), name: 'rate-limiting', config: { minute: 1_000_000_000, limit_by: 'consumer' } }),
    put('plugins', { id: testId('b3'), name: 'correlation-id', config: { header_name: 'X-Correlation-Id', generator: 'uuid#counter', echo_downstream: true } }),
  ];
  for (let n = 0; n < ROUTES; n++) changes.push(put('routes', { id: testId((FIRST_ROUTE + n).toString(16)), paths: [`/api/${n % 100}/resource-${n}`], strip_path: false, service: ref(SERVICE) }));
  for (let n = 0; n < CONSUMERS; n++) {
    const consumer = (FIRST_CONSUMER + n).toString(16);
    changes.push(
      put('consumers', { id: testId(consumer), username: `consumer-${n}` }),
      put('keyauth_credentials', { id: testId((FIRST_KEY + n).toString(16)), consumer: ref(consumer), key: `key-${String(n).padStart(5, '0')}` }),
    );
  }
  return changes;
}
