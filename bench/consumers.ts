/**
 * `npm run bench -- consumers`: 1,000,000 consumers with one key each in a proxy thread, against 1,000: time to load, memory for each
 * consumer, and what it costs to recognise a key. Each size runs in a process of its own, which does what a thread does: it compiles
 * the packed configuration and asks it (consumers-main.ts).
 */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { ConsumerFigures } from './load-programs/consumers-main.ts';
import type { BenchOptions } from './main.ts';
import { machine } from './turns.ts';

export async function runConsumersBench(options: BenchOptions): Promise<void> {
  const sizes = options.smoke ? [100, 1_000] : [1_000, 100_000, 1_000_000];
  const figures = sizes.map(measure);
  console.log('consumers  load CPU s  bytes each  known key µs  unknown key µs  first use µs  consumer µs  change ms');
  for (const { consumers, loadCpuSeconds, bytesEach, remembered, unknown, first, consumer, changeCpuMs } of figures) {
    console.log([consumers, loadCpuSeconds.toFixed(2), bytesEach.toFixed(0), remembered.toFixed(2), unknown.toFixed(2), first.toFixed(2), consumer.toFixed(2), changeCpuMs.toFixed(2)].map((cell, index) => String(cell).padStart([9, 10, 10, 12, 14, 12, 11, 9][index] ?? 0)).join('  '));
  }
  if (!options.smoke) writeFileSync(new URL('./results/consumers.json', import.meta.url), `${JSON.stringify({ command: 'npm run bench -- consumers', machine: machine(), figures }, null, 1)}\n`);
}

function measure(consumers: number): ConsumerFigures {
  const program = fileURLToPath(new URL('./load-programs/consumers-main.ts', import.meta.url));
  const child = spawnSync(process.execPath, ['--expose-gc', program, String(consumers)], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  if (child.status !== 0) throw new Error(`${consumers} consumers: it ended with ${child.status ?? child.signal}`);
  // The door: it is our own program.
  return JSON.parse(child.stdout) as ConsumerFigures;
}
