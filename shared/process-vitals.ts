/**
 * How the process itself is: memory, CPU, event loop of the main thread, garbage collector, file descriptors. One per process, made at
 * its start by agent.ts and control-plane-status.ts; told by /status and /metrics of both planes. Cheap: what is not counted all along is read
 * when asked for.
 */
import { readdirSync, readFileSync } from 'node:fs';
import type { Clock } from './clock.ts';
import { EventLoopDelay } from './event-loop-delay.ts';
import { GcMeter, type GcKind, type GcTotals } from './gc-meter.ts';
import type { PrometheusText, SummarySample } from './prometheus-text.ts';

export interface ProcessView {
  readonly residentBytes: number;
  /** Of the main thread, as all that follows of memory. */
  readonly heapUsedBytes: number;
  readonly heapTotalBytes: number;
  /** Memory outside of the heap that objects hold. */
  readonly externalBytes: number;
  readonly userCpuSeconds: number;
  readonly systemCpuSeconds: number;
  /** Seconds. */
  readonly eventLoopDelay: SummarySample;
  readonly eventLoopBusySeconds: number;
  readonly gc: ReadonlyMap<GcKind, GcTotals>;
  /** Undefined where the system does not tell. */
  readonly openFiles: number | undefined;
  readonly openFilesLimit: number | undefined;
  /** Of the operating system, those of Node and libuv among them; undefined where it does not tell. */
  readonly threads: number | undefined;
}

const MICROSECONDS = 1e6;

export class ProcessVitals {
  readonly #eventLoop: EventLoopDelay;
  readonly #gc = new GcMeter();

  constructor(clock: Clock) {
    this.#eventLoop = new EventLoopDelay(clock);
  }

  view(): ProcessView {
    const { rss, heapUsed, heapTotal, external } = process.memoryUsage();
    const { user, system } = process.cpuUsage();
    return {
      residentBytes: rss, heapUsedBytes: heapUsed, heapTotalBytes: heapTotal, externalBytes: external,
      userCpuSeconds: user / MICROSECONDS, systemCpuSeconds: system / MICROSECONDS,
      eventLoopDelay: this.#eventLoop.summary(), eventLoopBusySeconds: this.#eventLoop.busySeconds(),
      gc: this.#gc.totals(),
      openFiles: openFiles(), openFilesLimit: openFilesLimit(), threads: systemThreads(),
    };
  }

  stop(): void {
    this.#eventLoop.stop();
    this.#gc.stop();
  }
}

/** The part of a /status document that says how the process is. */
export function processReport(view: ProcessView): { readonly [name: string]: unknown } {
  const { quantiles } = view.eventLoopDelay;
  return {
    memory: { resident_bytes: view.residentBytes, heap_used_bytes: view.heapUsedBytes, heap_total_bytes: view.heapTotalBytes, external_bytes: view.externalBytes },
    event_loop: { delay_p50_ms: milliseconds(quantiles['0.5']), delay_p99_ms: milliseconds(quantiles['0.99']), delay_max_ms: milliseconds(quantiles['1']), busy_seconds: view.eventLoopBusySeconds },
    garbage_collection: Object.fromEntries([...view.gc].map(([kind, { count, seconds }]) => [kind, { count, seconds }])),
    file_descriptors: { open: view.openFiles ?? null, limit: view.openFilesLimit ?? null },
    system_threads: view.threads ?? null,
    cpu_seconds: { user: view.userCpuSeconds, system: view.systemCpuSeconds },
  };
}

/** The same as metrics; names are the same on both planes. */
export function writeProcessMetrics(text: PrometheusText, view: ProcessView): void {
  text.gauge('holdfast_resident_memory_bytes', 'Memory of the process', [{ value: view.residentBytes }]);
  text.gauge('holdfast_heap_used_bytes', 'JavaScript objects of the main thread, with those that nobody uses any more', [{ value: view.heapUsedBytes }]);
  text.gauge('holdfast_heap_size_bytes', 'What the heap of the main thread has of the system', [{ value: view.heapTotalBytes }]);
  text.gauge('holdfast_external_memory_bytes', 'Memory outside of the heap that objects of the main thread hold', [{ value: view.externalBytes }]);
  text.counter('holdfast_cpu_seconds_total', 'CPU time of the process', [{ labels: { mode: 'user' }, value: view.userCpuSeconds }, { labels: { mode: 'system' }, value: view.systemCpuSeconds }]);
  text.summary('holdfast_event_loop_delay_seconds', 'How late the event loop of the main thread gets to a timer of 10 ms, over the last 30 s', view.eventLoopDelay);
  text.counter('holdfast_event_loop_busy_seconds_total', 'Time in which the event loop of the main thread did something', [{ value: view.eventLoopBusySeconds }]);
  const gc = [...view.gc];
  text.counter('holdfast_gc_runs_total', 'Garbage collections of the main thread', gc.map(([kind, { count }]) => ({ labels: { kind }, value: count })));
  text.counter('holdfast_gc_seconds_total', 'Time that they took', gc.map(([kind, { seconds }]) => ({ labels: { kind }, value: seconds })));
  if (view.openFiles !== undefined) text.gauge('holdfast_open_files', 'File descriptors: connections, files, pipes', [{ value: view.openFiles }]);
  if (view.openFilesLimit !== undefined) text.gauge('holdfast_open_files_limit', 'How many there can be', [{ value: view.openFilesLimit }]);
  if (view.threads !== undefined) text.gauge('holdfast_system_threads', 'Threads of the process as the system counts them', [{ value: view.threads }]);
}

/** Linux. The one that reads the folder is not counted. */
export function openFiles(): number | undefined {
  try {
    return readdirSync('/proc/self/fd').length - 1;
  } catch {
    return undefined;
  }
}

function openFilesLimit(): number | undefined {
  const soft = Number(/^Max open files\s+(\d+)/m.exec(readProc('limits'))?.[1]);
  return Number.isNaN(soft) ? undefined : soft;
}

function systemThreads(): number | undefined {
  const count = Number(/^Threads:\s+(\d+)/m.exec(readProc('status'))?.[1]);
  return Number.isNaN(count) ? undefined : count;
}

function readProc(name: string): string {
  try {
    return readFileSync(`/proc/self/${name}`, 'latin1');
  } catch {
    return '';
  }
}

function milliseconds(seconds = 0): number {
  return Math.round(seconds * 1e6) / 1e3;
}
