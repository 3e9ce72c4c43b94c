/**
 * Logging of our own processes: pino, one event per line, a stable `event` name on each. A human format on a terminal
 * (`pretty`), JSON otherwise. Secrets never reach a logger: types that hold them have no enumerable secret fields.
 */
import { pino, type Logger as PinoLogger, type LoggerOptions } from 'pino';
import { PassThrough } from 'node:stream';
import pinoPretty from 'pino-pretty';
import { systemClock, type Clock } from './clock.ts';
import { LogRepeats } from './log-repeats.ts';

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
  /** Of the bound on repeats. */
  readonly clock?: Clock;
}

/** One logger per process or thread. Synchronous writes to the descriptor, so that a crash loses no line. */
export function createLogger(options: LogOptions): Logger {
  const base = { level: options.level, base: { part: options.part }, timestamp: pino.stdTimeFunctions.isoTime, hooks: { logMethod: boundRepeats(new LogRepeats(options.clock ?? systemClock)) } };
  const target = options.destination ?? pino.destination({ fd: 1, sync: true });
  if (!options.pretty) return pino(base, target);
  const pretty = pinoPretty({ colorize: true, ignore: 'pid,hostname,part,area,event', translateTime: 'SYS:HH:MM:ss.l', singleLine: true, messageFormat: '{if part}{part}{end}{if area}/{area}{end}  {msg}{if event}  [{event}]{end}', destination: target, sync: true });
  return pino(base, pretty);
}

/** Before a line is put together: what repeats too often costs a look into a table. */
function boundRepeats(repeats: LogRepeats): NonNullable<NonNullable<LoggerOptions['hooks']>['logMethod']> {
  return function write(this: PinoLogger, words, method, level): void {
    const fields: unknown = words[0];
    const event = typeof fields === 'object' && fields !== null && 'event' in fields && typeof fields.event === 'string' ? fields.event : undefined;
    if (event === undefined || repeats.mayWrite(event, level, () => problemOf(fields, words[1]), (repeated, leftOut) => this.warn({ event: 'log-repeats-suppressed', repeated, leftOut }, `${repeated}: ${leftOut} more lines in 10 s were left out`))) method.apply(this, words);
  };
}

/** Which of a line's fields say what it is about, and why. */
const TELLING = ['code', 'plugin', 'pluginId', 'route', 'service', 'upstream', 'target', 'host', 'vault', 'dataPlaneId', 'reason'] as const;
/** Of each. */
const MOST_LETTERS = 100;

/** What tells one problem from another under the same event. */
function problemOf(fields: unknown, message: unknown): string {
  const told = typeof fields === 'object' && fields !== null ? Object.entries(fields).filter(([name]) => TELLING.some((one) => one === name)) : [];
  return [message, ...told.map(([, value]) => value)].map((value) => (typeof value === 'string' ? value.slice(0, MOST_LETTERS) : typeof value === 'number' ? String(value) : '')).join('\n');
}

/** A logger that keeps its lines, for tests that assert on what an operator would read. */
export function createMemoryLogger(part: string): { readonly log: Logger; readonly lines: () => readonly string[] } {
  const stream = new PassThrough();
  const lines: string[] = [];
  stream.on('data', (chunk: Buffer) => lines.push(...chunk.toString('utf8').split('\n').filter((line) => line !== '')));
  return { log: pino({ level: 'trace', base: { part } }, stream), lines: () => lines };
}
