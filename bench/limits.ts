/**
 * `npm run bench -- limits`: how exact limits are. Two real data planes of two proxy threads each, a real control plane, a real Redis
 * (where redis-server is installed), 200 clients at each data plane at once, a limit of 100; and what `cluster` lets through too much under
 * a steady load. The table of the README of rate-limiting comes from here; test/limit-exactness.test.ts asserts what must be exact.
 */
import { writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { burst } from '../test/support/limit-burst.ts';
import { startInstallation, type TestInstallation } from '../test/support/installation.ts';
import { startRedis, withoutRedis } from '../test/support/redis-server.ts';
import { waitUntil } from '../test/support/wait-until.ts';
import type { BenchOptions } from './main.ts';
import { machine } from './turns.ts';

const CLIENTS = 200;
const LIMIT = 100;
/** Of the steady load: requests a second at each data plane, and a limit that they use up in about four seconds. */
const STEADY = { perSecond: 125, limit: 1_000 };
const SETTLE_MS = 4_000;

interface Row {
  readonly policy: string;
  readonly what: string;
  readonly limit: number;
  readonly through: readonly number[];
  readonly together: number;
  readonly other: number;
}

export async function runLimitsBench(options: BenchOptions): Promise<void> {
  const installation = await startInstallation({ dataPlaneSettings: { HOLDFAST_PROXY_THREADS: '2', HOLDFAST_OVERLOAD_DELAY: '60s' } });
  const redis = withoutRedis === false ? await startRedis() : undefined;
  try {
    const server = { host: '127.0.0.1', port: redis?.port ?? 1 };
    const ports = [installation.ports.euWest.proxy, installation.ports.usEast.proxy];
    const rows: Row[] = [];
    for (let round = 0; round < options.rounds; round += 1) {
      const name = `limits-${round}`;
      await limit(installation, `${name}-local`, { policy: 'local' });
      await limit(installation, `${name}-cluster`, { policy: 'cluster' });
      await limit(installation, `${name}-steady`, { policy: 'cluster', year: STEADY.limit });
      if (redis !== undefined) {
        await limit(installation, `${name}-redis`, { policy: 'redis', redis: server });
        await limit(installation, `${name}-periodic`, { policy: 'redis', sync_rate: 1, redis: server });
      }
      await route(installation, `${name}-last`);
      await served(ports, `/${name}-last`);
      const policies = ['local', 'cluster', ...(redis === undefined ? [] : ['redis', 'periodic'])];
      for (const policy of policies) rows.push(show(policy, `${CLIENTS} clients at each`, LIMIT, await burst(ports, `/${name}-${policy}`, CLIENTS)));
      await pause(SETTLE_MS);
      for (const policy of policies) rows.push(show(policy, 'and again 4 s later', LIMIT, await burst(ports, `/${name}-${policy}`, 20)));
      rows.push(await steady(ports, `/${name}-steady`));
    }
    if (!options.smoke) writeFileSync(new URL('./results/limits.json', import.meta.url), `${JSON.stringify({ command: 'npm run bench -- limits', machine: machine(), rows }, null, 1)}\n`);
  } finally {
    await redis?.kill();
    await installation.stop();
  }
}

async function route({ admin, ports }: TestInstallation, name: string): Promise<void> {
  await admin.send('PUT', `/services/${name}`, { url: `http://127.0.0.1:${ports.origin}` });
  await admin.send('PUT', `/services/${name}/routes/${name}`, { paths: [`/${name}`] });
}

async function limit(installation: TestInstallation, name: string, config: object): Promise<void> {
  await route(installation, name);
  await installation.admin.send('POST', `/services/${name}/plugins`, { name: 'rate-limiting', config: { year: LIMIT, limit_by: 'service', ...config } });
}

/** By both data planes, with all that was published before it. */
async function served(ports: readonly number[], path: string): Promise<void> {
  for (const port of ports) await waitUntil(`${path} to be served`, async () => (await burst([port], path, 1))[0]?.other === 0, 20_000);
}

/** A load that is the same at both, until both refuse: what passes beyond the limit is what each did not know of the other. */
async function steady(ports: readonly number[], path: string): Promise<Row> {
  const through = ports.map(() => 0);
  let other = 0;
  for (const deadline = performance.now() + 15_000; performance.now() < deadline; ) {
    const began = performance.now();
    const results = await burst(ports, path, 25);
    for (const [index, result] of results.entries()) through[index] = (through[index] ?? 0) + result.passed;
    other += results.reduce((sum, result) => sum + result.other, 0);
    if (results.every(({ passed }) => passed === 0)) break;
    await pause(Math.max(0, (25 / STEADY.perSecond) * 1_000 - (performance.now() - began)));
  }
  return show('cluster', `${STEADY.perSecond}/s at each; at most ${STEADY.perSecond * 2 * ports.length} too many in 2 s`, STEADY.limit, through.map((passed) => ({ passed, other: 0 })), other);
}

function show(policy: string, what: string, most: number, results: readonly { readonly passed: number; readonly other: number }[], others = 0): Row {
  const through = results.map(({ passed }) => passed);
  const row: Row = { policy, what, limit: most, through, together: through.reduce((sum, passed) => sum + passed, 0), other: results.reduce((sum, result) => sum + result.other, others) };
  console.log(`${policy.padEnd(9)} limit ${String(most).padStart(4)}  ${what.padEnd(46)} through ${through.map((passed) => String(passed).padStart(4)).join(' + ')} = ${String(row.together).padStart(4)}${row.other > 0 ? `, other answers ${row.other}` : ''}`);
  return row;
}
