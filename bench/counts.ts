/**
 * `npm run bench -- counts`: 2,000,000 requests of 2,000 consumers at two data planes, while the control plane is killed twice and one data plane
 * three times, and a spool is filled; then what clients counted against what the control plane stored, row by row (test/support/counted-run.ts).
 */
import { writeFileSync } from 'node:fs';
import { runCounted } from '../test/support/counted-run.ts';
import type { BenchOptions } from './main.ts';
import { machine } from './turns.ts';

export async function runCountsBench(options: BenchOptions): Promise<void> {
  const load = options.smoke ? { requests: 20_000, consumers: 40 } : { requests: 2_000_000, consumers: 2_000 };
  const report = await runCounted({ ...load, connections: 16, spoolBytes: 1_048_576 });
  console.log(JSON.stringify(report, null, 2));
  if (!options.smoke) writeFileSync(new URL('./results/counts.json', import.meta.url), `${JSON.stringify({ command: 'npm run bench -- counts', machine: machine(), ...load, ...report }, null, 1)}\n`);
}
