/**
 * Propagation: from the admin API's answer to a new route until both data planes answer 200 on it, with 10,000 routes
 * loaded. Each change is one measurement; the clock starts when the answer's head is there. Then, with the same routes,
 * how long a data plane takes to restart without its control plane (S2).
 */
import { writeFileSync } from 'node:fs';
import { Agent, Pool, request } from 'undici';
import { startDataPlane, waitUntil, waitUntilReady } from '../deploy/quickstart/demo-planes.ts';
import { startInstallation, type TestInstallation } from '../test/support/installation.ts';
import type { BenchOptions } from './main.ts';

const ROUTES = 10_000;
const CHANGES = 200;
const LOADERS = 8;
const BOUND_MS = 10_000;
const RESTARTS = 5;
const KNOWN_GOOD_MS = 3000;

export async function runPropagationBench(options: BenchOptions): Promise<void> {
  const routes = options.smoke ? 100 : ROUTES;
  const changes = options.smoke ? 5 : CHANGES;
  const installation = await startInstallation({ dataPlaneSettings: { HOLDFAST_PROXY_THREADS: '1', HOLDFAST_LOG_LEVEL: 'warn', HOLDFAST_KNOWN_GOOD_AFTER: `${KNOWN_GOOD_MS}ms`, HOLDFAST_CRASH_LOOP_WINDOW: `${KNOWN_GOOD_MS}ms` } });
  try {
    const begun = performance.now();
    await loadRoutes(installation, routes);
    await bothServe(installation, `/load/${routes - 1}`);
    console.log(`${routes} routes written one by one and served by both data planes after ${((performance.now() - begun) / 1000).toFixed(1)} s`);
    const delays: number[] = [];
    for (let n = 0; n < changes; n++) delays.push(await measureOne(installation, n));
    report(delays, routes);
    const restarts = await measureRestarts(installation, options.smoke ? 1 : RESTARTS);
    console.log(`\nrestart without a control plane, from process start to ready with the same content, ms: ${restarts.join(', ')}`);
    if (!options.smoke) {
      const figures = { command: 'npm run bench -- propagation', routes, changes, propagationMs: delays.map((delay) => Number(delay.toFixed(2))), restartMs: restarts };
      writeFileSync(new URL('./results/propagation.json', import.meta.url), `${JSON.stringify(figures)}\n`);
    }
  } finally {
    for (const pool of pools.values()) await pool.destroy();
    await installation.stop();
  }
}

async function loadRoutes({ admin }: TestInstallation, count: number): Promise<void> {
  const agent = new Agent({ connections: LOADERS });
  let next = 0;
  const load = async (): Promise<void> => {
    for (let n = next++; n < count; n = next++) {
      const { statusCode, body } = await request(`${admin.base}/services/demo/routes`, {
        method: 'POST', dispatcher: agent, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ name: `load-${n}`, paths: [`/load/${n}`] }),
      });
      const text = await body.text();
      if (statusCode !== 201) throw new Error(`route ${n} was refused: ${text}`);
    }
  };
  await Promise.all(Array.from({ length: LOADERS }, load));
  await agent.close();
}

async function measureOne(installation: TestInstallation, n: number): Promise<number> {
  const path = `/new-${n}`;
  await installation.admin.send('POST', '/services/demo/routes', { paths: [path] });
  const answered = performance.now();
  await bothServe(installation, path);
  return performance.now() - answered;
}

async function bothServe({ ports }: TestInstallation, path: string): Promise<void> {
  await Promise.all([ports.euWest.proxy, ports.usEast.proxy].map((port) => served(port, path)));
}

/** S2: the control plane is gone, the data plane is killed (-9) and started again. */
async function measureRestarts(installation: TestInstallation, count: number): Promise<number[]> {
  await installation.processes.stop('control-plane');
  const restarts: number[] = [];
  for (let n = 0; n < count; n++) {
    await installation.processes.kill('us-east');
    const begun = performance.now();
    await waitUntilReady(installation, 'us-east', await startDataPlane(installation, 'us-east'));
    restarts.push(Math.round(performance.now() - begun));
    await served(installation.ports.usEast.proxy, '/new-0');
    // Past the window in which a crash counts towards a crash loop, or the third restart would fall back (S5).
    await waitUntil(undefined, 'the configuration is known good', async () => performance.now() - begun > KNOWN_GOOD_MS + 500);
  }
  return restarts;
}

const pools = new Map<number, Pool>();

async function served(port: number, path: string): Promise<void> {
  let pool = pools.get(port);
  if (pool === undefined) pools.set(port, (pool = new Pool(`http://127.0.0.1:${port}`, { connections: 1 })));
  const deadline = performance.now() + BOUND_MS;
  for (;;) {
    const { statusCode, body } = await pool.request({ path, method: 'GET' });
    await body.dump();
    if (statusCode === 200) return;
    if (performance.now() > deadline) throw new Error(`port ${port} still answers ${statusCode} to ${path} after ${BOUND_MS / 1000} s`);
  }
}

function report(delays: readonly number[], routes: number): void {
  const sorted = delays.toSorted((a, b) => a - b);
  const at = (quantile: number): string => (sorted[Math.min(sorted.length - 1, Math.ceil(quantile * sorted.length) - 1)] ?? Number.NaN).toFixed(1);
  console.log(`\n| routes loaded | changes | p50 ms | p90 ms | p99 ms | max ms |\n|--:|--:|--:|--:|--:|--:|\n| ${routes} | ${delays.length} | ${at(0.5)} | ${at(0.9)} | ${at(0.99)} | ${at(1)} |`);
}
