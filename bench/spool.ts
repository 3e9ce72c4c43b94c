/**
 * `npm run bench -- spool`: the memory and the disk of a data plane's telemetry through an outage of an hour, in minutes: its real agents fold and spool
 * second after second on a clock that is moved on, while nobody takes anything; then all is taken at once, and must be all there.
 */
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { checkBalance } from '../data-plane/telemetry/balance.ts';
import { RecordAgent } from '../data-plane/telemetry/record-agent.ts';
import { RecordOutbox } from '../data-plane/telemetry/record-outbox.ts';
import { TelemetryAgent } from '../data-plane/telemetry/telemetry-agent.ts';
import { ThreadRecorder } from '../data-plane/telemetry/thread-recorder.ts';
import { createMemoryLogger } from '../shared/log.ts';
import { newId } from '../shared/model/ids.ts';
import { decodeTelemetryBatch } from '../shared/wire/telemetry-codec.ts';
import { requestsIn } from '../shared/wire/telemetry-merge.ts';
import { ManualClock } from '../test/support/manual-clock.ts';
import { accessRecord } from '../test/support/traffic-scene.ts';
import type { BenchOptions } from './main.ts';
import { machine } from './turns.ts';

const LOAD = { routes: 20, consumers: 100, requestsPerSecond: 2_000, recordsPerSecond: 50, spoolBytes: 33_554_432, recordSpoolBytes: 33_554_432 };
const SAMPLES = 12;
const VERSION = { epoch: 1, sequence: 7 };

export async function runSpoolBench(options: BenchOptions): Promise<void> {
  const seconds = options.smoke ? 60 : 3_600;
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-spool-bench-'));
  const clock = new ManualClock();
  // What is in use is asked for, not what waits for the collector.
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  const { log } = createMemoryLogger('bench');
  const records = new RecordAgent({ folder: join(folder, 'records'), bootId: newId(), maxSpoolBytes: LOAD.recordSpoolBytes, fsync: 'interval', clock, log });
  const agent = new TelemetryAgent({ folder: join(folder, 'counts'), bootId: newId(), foldIntervalMs: 1_000, maxSpoolBytes: LOAD.spoolBytes, fsync: 'interval', clock, log, servedVersion: () => VERSION, makeRoom: () => records.makeRoom() });
  try {
    const recorder = new ThreadRecorder(16, (table) => agent.addTable(1, table));
    const outbox = new RecordOutbox({ builtIn: undefined, clock, shareCounts: (counts) => records.addThread(1, counts), hand: (count, bytes) => records.take(1, count, bytes) });
    const [routes, consumers] = [LOAD.routes, LOAD.consumers].map((count) => Array.from({ length: count }, () => newId()));
    const rows = [];
    let requests = 0;
    for (let second = 1; second <= seconds; second += 1) {
      for (let n = 0; n < LOAD.requestsPerSecond; n += 1, requests += 1) {
        const micros = 500 + ((requests * 7_919) % 40_000);
        recorder.record(routes?.[requests % LOAD.routes] ?? '', consumers?.[Math.floor(requests / LOAD.routes) % LOAD.consumers] ?? '', 200, 100, 1_000, micros, micros - 90, 90, VERSION, 'none');
      }
      for (let n = 0; n < LOAD.recordsPerSecond; n += 1) outbox.put(accessRecord({ startedMicros: clock.nowMs() * 1_000 }));
      clock.advance(1_000);
      // As time passes for real: promises and what the disk answers have their turn.
      await new Promise((resolve) => setImmediate(resolve));
      if (second % Math.ceil(seconds / SAMPLES) !== 0) continue;
      const [counts, kept] = [agent.totals(), records.totals()];
      if (typeof collect === 'function') collect();
      const { heapUsed, rss } = process.memoryUsage();
      const row = { minute: Math.round(second / 60), heapMiB: mib(heapUsed), rssMiB: mib(rss), countsMiB: mib(sizeOf(join(folder, 'counts'))), recordsMiB: mib(sizeOf(join(folder, 'records'))), batches: counts.bufferedBatches, droppedRecords: [...kept.dropped].map(([reason, count]) => `${reason} ${count}`).join(', '), even: checkBalance(counts).kind };
      rows.push(row);
      console.log(JSON.stringify(row));
    }
    let delivered = 0;
    agent.connected({ sendTelemetry: ({ bytes }) => void (delivered += requestsIn(decodeTelemetryBatch(bytes))) }, Number.MAX_SAFE_INTEGER);
    const report = { ...LOAD, seconds, requests, delivered, rows };
    console.log(`${requests} requests counted, ${delivered} delivered`);
    if (!options.smoke) writeFileSync(new URL('./results/spool.json', import.meta.url), `${JSON.stringify({ command: 'npm run bench -- spool', machine: machine(), ...report }, null, 1)}\n`);
  } finally {
    agent.stop();
    records.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function sizeOf(folder: string): number {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).reduce((sum, name) => sum + (statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0), 0);
}

function mib(bytes: number): number {
  return Math.round((bytes / 1_048_576) * 10) / 10;
}
