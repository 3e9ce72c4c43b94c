/**
 * `npm run bench -- endurance`: 1,000,000 requests through 100 configuration swaps, 10 rolling restarts and 10 target
 * failures. `npm run bench -- soak --minutes 30`: the same load for so long, with the data planes' memory sampled.
 */
import { writeFileSync } from 'node:fs';
import { startInstallation } from '../test/support/installation.ts';
import { ENDURANCE_SETTINGS, runEndurance, type EnduranceOptions, type EnduranceReport } from '../test/support/endurance-run.ts';
import type { BenchOptions } from './main.ts';

const CONNECTIONS = 32;
/** Some 1,500 requests a second: memory is what a soak looks at, not speed. */
const SOAK_THINK_MS = 20;

export async function runEnduranceBench(options: BenchOptions): Promise<void> {
  const size = options.smoke ? { requests: 5_000, swaps: 4, restarts: 1, targetFailures: 1 } : { requests: 1_000_000, swaps: 100, restarts: 10, targetFailures: 10 };
  await runAndReport('endurance', { ...size, connections: CONNECTIONS }, options);
}

export async function runSoakBench(options: BenchOptions): Promise<void> {
  const minutes = options.smoke ? 0.2 : options.minutes;
  await runAndReport('soak', { requests: 0, swaps: Math.ceil(minutes), restarts: 0, targetFailures: 0, connections: CONNECTIONS, thinkMs: SOAK_THINK_MS, atLeastMs: minutes * 60_000 }, options);
}

async function runAndReport(name: string, size: EnduranceOptions, options: BenchOptions): Promise<void> {
  const installation = await startInstallation({ dataPlaneSettings: ENDURANCE_SETTINGS });
  try {
    const report = await runEndurance(installation, { ...size, progress: (line) => console.log(line) });
    const memory = Object.entries(report.residentMiB).map(([dataPlane, samples]) => `${dataPlane}: ${trend(samples)}`);
    console.log(JSON.stringify({ ...report, residentMiB: memory }, null, 2));
    if (!options.smoke) writeFileSync(new URL(`./results/${name}.json`, import.meta.url), `${JSON.stringify(summary(name, report), null, 1)}\n`);
  } finally {
    await installation.stop();
  }
}

function summary(name: string, report: EnduranceReport): object {
  const residentMiB = Object.fromEntries(Object.entries(report.residentMiB).map(([dataPlane, samples]) => [dataPlane, thinned(samples)]));
  return { command: `npm run bench -- ${name}`, ...report, residentMiB };
}

/** Median of each tenth of the time: growth shows whatever the collector did at one moment. */
function trend(samples: readonly number[]): string {
  return thinned(samples).join(' ');
}

function thinned(samples: readonly number[]): readonly number[] {
  const tenth = Math.max(1, Math.ceil(samples.length / 10));
  return Array.from({ length: Math.ceil(samples.length / tenth) }, (_, part) => {
    const sorted = samples.slice(part * tenth, (part + 1) * tenth).toSorted((a, b) => a - b);
    return sorted[Math.floor(sorted.length / 2)] ?? 0;
  });
}
