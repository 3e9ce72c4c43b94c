/**
 * `npm run bench -- telemetry`: what counting costs. A proxy thread with its agent, once with telemetry and once with a recorder that
 * does nothing, takes turns with itself; and the recorder alone, over so many keys. Aim: at most 5 % of the CPU of a request.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FoldedCounts } from '../data-plane/telemetry/folded-counts.ts';
import { ThreadRecorder } from '../data-plane/telemetry/thread-recorder.ts';
import { ThreadTables } from '../data-plane/telemetry/thread-tables.ts';
import { newId } from '../shared/model/ids.ts';
import { freePort, startPinned } from './contenders/contender.ts';
import { startOrigin } from './contenders/nginx.ts';
import { runLoad } from './load.ts';
import type { BenchOptions } from './main.ts';
import { CONNECTIONS, GATEWAY_CPU, LOAD_CPU, machine, median, takeTurns, type Contender, type Turns } from './turns.ts';

const PROGRAM = fileURLToPath(new URL('./load-programs/telemetry-proxy.ts', import.meta.url));
const KEYS = [1, 1_000, 100_000];
/** Between two folds: what a thread does in a second or two. */
const REQUESTS = 20_000;
const FOLDS = 60;
const WARM_UP_FOLDS = 20;

interface PortContender extends Contender {
  readonly port: number;
}

interface RecorderCost {
  readonly keys: number;
  /** CPU microseconds per request, of the proxy thread and of the agent. */
  readonly record: number;
  readonly fold: number;
}

export async function runTelemetryBench(options: BenchOptions): Promise<void> {
  const costs = KEYS.map((keys) => recorderCost(keys, options.smoke ? WARM_UP_FOLDS + 1 : FOLDS));
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-bench-'));
  const originPort = await freePort();
  const origin = await startOrigin(originPort, folder, LOAD_CPU);
  const stops: (() => Promise<void>)[] = [() => origin.stop()];
  try {
    const running: PortContender[] = [];
    for (const mode of ['off', 'on']) {
      const port = await freePort();
      const started = await startPinned(process.execPath, [PROGRAM, String(port), String(originPort), mode], GATEWAY_CPU, port);
      stops.push(() => started.stop());
      running.push({ name: `holdfast, telemetry ${mode}`, version: '', pid: started.pid, port });
    }
    const load = ({ port }: PortContender, seconds: number) => runLoad({ port, path: '/', connections: CONNECTIONS, seconds, cpu: LOAD_CPU });
    const turns = await takeTurns({ title: 'telemetry', load }, running, options);
    const [off, on] = running.map(({ name }) => cpuOf(name, turns));
    const ratios = (on ?? []).map((micros, round) => micros / (off?.[round] ?? Number.NaN));
    print(median(off ?? []), median(on ?? []), ratios, costs, options);
    if (options.smoke) return;
    const result = { command: 'npm run bench -- telemetry', machine: machine(), rounds: options.rounds, seconds: options.seconds, connections: CONNECTIONS, off, on, ratio: median(ratios), recorder: costs };
    writeFileSync(new URL('./results/telemetry.json', import.meta.url), `${JSON.stringify(result, null, 1)}\n`);
  } finally {
    for (const stop of stops.reverse()) await stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Requests over so many (route, consumer) pairs in no order, one attempt each, at 100 targets at most. */
function recorderCost(keys: number, folds: number): RecorderCost {
  const tables = new ThreadTables();
  const recorder = new ThreadRecorder(8_192, (table) => tables.add(table));
  const version = { epoch: 1, sequence: 1 };
  const endpoints = Array.from({ length: Math.min(keys, 100) }, (_, n) => ({ host: 'origin', port: 80, address: `10.0.0.${n}`, peer: undefined }));
  const routes = Array.from({ length: Math.ceil(keys / 100) }, () => newId());
  const consumers = Array.from({ length: Math.min(keys, 100) }, () => newId());
  let [recordMicros, foldMicros] = [0, 0];
  for (let fold = 0; fold < folds; fold += 1) {
    const requests = Array.from({ length: REQUESTS }, () => ({ route: one(routes), consumer: one(consumers), endpoint: one(endpoints), micros: Math.floor(500 + Math.random() * 5_000) }));
    const recording = cpuSpentBy(() => {
      for (const { route, consumer, endpoint, micros } of requests) {
        recorder.record(route, consumer, 200, 100, 1_000, micros + 100, micros, 100, version, 'none');
        recorder.recordAttempt(endpoint, 'origin', 200, false, micros);
      }
    });
    const folding = cpuSpentBy(() => tables.fold(new FoldedCounts()));
    if (fold < WARM_UP_FOLDS) continue;
    recordMicros += recording;
    foldMicros += folding;
  }
  const counted = (folds - WARM_UP_FOLDS) * REQUESTS;
  return { keys, record: recordMicros / counted, fold: foldMicros / counted };
}

function one<Item>(items: readonly Item[]): Item {
  const item = items[Math.floor(Math.random() * items.length)];
  if (item === undefined) throw new Error('there is none to choose from');
  return item;
}

function cpuSpentBy(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

function cpuOf(name: string, turns: Turns): readonly number[] {
  return (turns[name] ?? []).map(({ cpuMicrosPerRequest }) => cpuMicrosPerRequest);
}

function print(off: number, on: number, ratios: readonly number[], costs: readonly RecorderCost[], { rounds, seconds, smoke }: BenchOptions): void {
  console.log(`\n### what telemetry costs, ${CONNECTIONS} keep-alive connections, ${rounds} rounds of ${seconds} s${smoke ? ' (smoke: figures mean nothing)' : ''}\n`);
  console.log('| CPU µs/request without | with | with / without (paired median) | min–max |');
  console.log('|--:|--:|--:|--:|');
  console.log(`| ${off.toFixed(1)} | ${on.toFixed(1)} | ${median(ratios).toFixed(3)} | ${Math.min(...ratios).toFixed(3)}–${Math.max(...ratios).toFixed(3)} |`);
  console.log('\n| keys | recorder, CPU µs/request | fold, CPU µs/request |');
  console.log('|--:|--:|--:|');
  for (const { keys, record, fold } of costs) console.log(`| ${keys} | ${record.toFixed(2)} | ${fold.toFixed(2)} |`);
}
