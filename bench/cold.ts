/**
 * `npm run bench -- cold`: a data plane that has nothing is given a snapshot of 100,000 entities: how long from the first frame to
 * Applied, the most memory that took, and what is left once it has settled (kernel figures of the data plane's process), with one
 * proxy thread and with two; then how long a restart from the cache takes. The control plane is the tests' own, with real signatures.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { DataPlaneProcess } from '../test/support/data-plane-process.ts';
import { FakeControlPlane } from '../test/support/fake-control-plane.ts';
import { put, ref, testId } from '../test/support/config-content.ts';
import type { BenchOptions } from './main.ts';
import { cpuMicros } from './process-cost.ts';
import { median } from './turns.ts';

const THREADS = [1, 2];
const SERVICE = 'a0';
const FIRST_ROUTE = 0x1000;
const APPLY_DEADLINE_MS = 120_000;
/** After the cache was tidied and the collector has run. */
const SETTLED_AFTER_MS = 8_000;

interface Cold {
  readonly appliedMs: number;
  /** Of the whole process up to Applied, start included. */
  readonly cpuMs: number;
  readonly peakMiB: number;
  readonly settledMiB: number;
  readonly restartMs: number;
  readonly restartPeakMiB: number;
}

export async function runColdBench(options: BenchOptions): Promise<void> {
  const routes = options.smoke ? 1_000 : 100_000;
  const fake = await FakeControlPlane.start();
  try {
    await fake.publish([
      put('services', { id: testId(SERVICE), url: 'http://127.0.0.1:9' }),
      ...Array.from({ length: routes }, (_, index) => put('routes', { id: testId((index + FIRST_ROUTE).toString(16)), paths: [`/api/${index % 100}/resource-${index}`], strip_path: false, service: ref(SERVICE) })),
    ]);
    const results = [];
    for (const threads of THREADS) {
      const runs: Cold[] = [];
      for (let round = 0; round < options.rounds; round++) runs.push(await coldStart(fake, threads));
      const of = (figure: keyof Cold): number => Math.round(median(runs.map((run) => run[figure])));
      results.push({ threads, appliedMs: of('appliedMs'), cpuMs: of('cpuMs'), peakMiB: of('peakMiB'), settledMiB: of('settledMiB'), restartMs: of('restartMs'), restartPeakMiB: of('restartPeakMiB') });
    }
    const result = { command: 'npm run bench -- cold', entities: routes + 1, rounds: options.rounds, results };
    console.log(JSON.stringify(result, null, 2));
    if (!options.smoke) writeFileSync(new URL('./results/cold.json', import.meta.url), `${JSON.stringify(result, null, 1)}\n`);
  } finally {
    await fake.stop();
  }
}

async function coldStart(fake: FakeControlPlane, threads: number): Promise<Cold> {
  const environment = { HOLDFAST_JOIN_TOKEN: fake.joinToken(), HOLDFAST_PROXY_THREADS: String(threads), HOLDFAST_LOG_LEVEL: 'warn' };
  const known = fake.sessions.length;
  let dataPlane = await DataPlaneProcess.start(environment);
  try {
    const session = await fake.session(known + 1);
    const { tookMs } = await fake.heard('applied', (applied) => session.heard.includes(applied), APPLY_DEADLINE_MS);
    const cpuMs = cpuMicros(dataPlane.pid) / 1000;
    await pause(SETTLED_AFTER_MS);
    const [peakMiB, settledMiB] = [memoryMiB(dataPlane.pid, 'VmHWM'), memoryMiB(dataPlane.pid, 'VmRSS')];
    await dataPlane.kill();
    const beganAtMs = performance.now();
    dataPlane = await DataPlaneProcess.start(environment, dataPlane);
    await dataPlane.ready(APPLY_DEADLINE_MS);
    return { appliedMs: tookMs, cpuMs, peakMiB, settledMiB, restartMs: performance.now() - beganAtMs, restartPeakMiB: memoryMiB(dataPlane.pid, 'VmHWM') };
  } finally {
    await dataPlane.destroy();
  }
}

/** A line of /proc/PID/status: VmHWM is the highest that VmRSS ever was. */
function memoryMiB(pid: number, line: 'VmHWM' | 'VmRSS'): number {
  return Number(new RegExp(`^${line}:\\s+(\\d+)`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
}
