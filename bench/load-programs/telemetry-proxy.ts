/**
 * A data plane's one proxy thread and its agent, without all that does not count: `telemetry-proxy.ts <port> <origin port> on|off`. With
 * `on`, the thread records as it does in a data plane, and the agent folds every second, spools to a folder of its own and has its
 * batches acknowledged at once; with `off`, the recorder does nothing. Started by bench/telemetry.ts, ended by a signal.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { createProxy } from '../../data-plane/proxy/create-proxy.ts';
import { NO_RECORDER } from '../../data-plane/telemetry/request-recorder.ts';
import { TelemetryAgent } from '../../data-plane/telemetry/telemetry-agent.ts';
import { ThreadRecorder } from '../../data-plane/telemetry/thread-recorder.ts';
import type { TelemetryTable } from '../../data-plane/telemetry/thread-tables.ts';
import { systemClock } from '../../shared/clock.ts';
import { createLogger } from '../../shared/log.ts';
import { newId } from '../../shared/model/ids.ts';
import { testId } from '../../test/support/config-content.ts';
import { staticConfig } from '../../test/support/static-config.ts';

const USAGE_KEYS = 8_192;
const CREDIT = 1_000_000;

interface Place {
  readonly port: number;
  readonly originPort: number;
  readonly telemetry: boolean;
}

const log = createLogger({ part: 'bench', level: 'error', pretty: false });

if (isMainThread) {
  const [port, originPort, telemetry] = process.argv.slice(2);
  const place: Place = { port: Number(port), originPort: Number(originPort), telemetry: telemetry === 'on' };
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-bench-spool-'));
  const worker = new Worker(new URL(import.meta.url), { workerData: place });
  if (place.telemetry) {
    const agent = new TelemetryAgent({ folder, bootId: newId(), foldIntervalMs: 1_000, maxSpoolBytes: 1e8, clock: systemClock, log, servedVersion: () => ({ epoch: 1, sequence: 1 }) });
    agent.connected({ sendTelemetry: ({ bootId, sequence }) => setImmediate(() => agent.acknowledged(bootId, sequence)) }, CREDIT);
    worker.on('message', (table: TelemetryTable) => agent.addTable(worker.threadId, table));
  }
  process.once('SIGTERM', () => {
    rmSync(folder, { recursive: true, force: true });
    process.exit();
  });
} else {
  const { port, originPort, telemetry }: Place = workerData;
  const config = staticConfig({ routes: [{ id: testId('d1'), path: '/', stripPath: false, service: { port: originPort } }] });
  const proxy = createProxy({
    getConfig: () => config, listeners: [{ kind: 'http', host: '127.0.0.1', port, proxyProtocol: false }], reusePort: false, socketIo: 'handle',
    recorder: telemetry ? new ThreadRecorder(USAGE_KEYS, (table) => parentPort?.postMessage(table)) : NO_RECORDER,
    log, clock: systemClock, trustedAddresses: [], serverName: 'holdfast', version: 'bench',
  });
  await proxy.listen();
}
