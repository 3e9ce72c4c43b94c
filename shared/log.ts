/**
 * Logging of our own processes: pino, one event per line, a stable `event` name on each. A human format on a terminal
 * (`pretty`), JSON otherwise. Secrets never reach a logger: types that hold them have no enumerable secret fields.
 */
import { pino, type Logger as PinoLogger } from 'pino';
import { PassThrough } from 'node:stream';
import pinoPretty from 'pino-pretty';

export type Logger = PinoLogger;
export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';

export interface LogOptions {
  /** `control-plane`, `data-plane`, `proxy-thread`…: the `part` field of each line. */
  readonly part: string;
  readonly level: LogLevel;
  /** Human lines instead of JSON. */
  readonly pretty: boolean;
  /** Where lines go; file descriptor 1 by default. */
  readonly destination?: NodeJS.WritableStream;
}

/** One logger per process or thread. Synchronous writes to the descriptor, so that a crash loses no line. */
export function createLogger(options: LogOptions): Logger {
  const base = { level: options.level, base: { part: options.part }, timestamp: pino.stdTimeFunctions.isoTime };
  const target = options.destination ?? pino.destination({ fd: 1, sync: true });
  if (!options.pretty) return pino(base, target);
  const pretty = pinoPretty({ colorize: true, ignore: 'pid,hostname,part,event', messageFormat: '[{part}] {msg} ({event})', destination: target, sync: true });
  return pino(base, pretty);
}

/** A logger that keeps its lines, for tests that assert on what an operator would read. */
export function createMemoryLogger(part: string): { readonly log: Logger; readonly lines: () => readonly string[] } {
  const stream = new PassThrough();
  const lines: string[] = [];
  stream.on('data', (chunk: Buffer) => lines.push(...chunk.toString('utf8').split('\n').filter((line) => line !== '')));
  return { log: pino({ level: 'trace', base: { part } }, stream), lines: () => lines };
}
