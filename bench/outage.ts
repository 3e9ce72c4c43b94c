/** `npm run bench -- outage`: 500 requests/s on both regions through the loss of control plane, database and a data plane. */
import { writeFileSync } from 'node:fs';
import { startInstallation } from '../test/support/installation.ts';
import { runOutage } from '../test/support/outage-run.ts';
import type { BenchOptions } from './main.ts';

export async function runOutageBench(options: BenchOptions): Promise<void> {
  const installation = await startInstallation();
  try {
    const load = { perSecond: 500, outageMs: options.smoke ? 1000 : 30_000 };
    const report = await runOutage(installation, load);
    console.log(JSON.stringify({ ...load, ...report }, null, 2));
    if (!options.smoke) writeFileSync(new URL('./results/outage.json', import.meta.url), `${JSON.stringify({ command: 'npm run bench -- outage', ...load, ...report }, null, 1)}\n`);
  } finally {
    await installation.stop();
  }
}
