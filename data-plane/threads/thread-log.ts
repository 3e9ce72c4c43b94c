/**
 * One path for all log lines: a proxy thread logs into messages, the agent writes them with its own logger, in its own
 * format, so lines of several threads never mix on the descriptor. thread-log.ts is both ends of it.
 */
import { Writable } from 'node:stream';
import { createLogger, type Logger, type LogLevel } from '../../shared/log.ts';
import { parseLogArea, type LogArea } from '../../shared/log-areas.ts';

/** The logger of a proxy thread: each line goes to `post`, which sends it to the agent. */
export function createThreadLogger(level: LogLevel, post: (line: string) => void): Logger {
  const destination = new Writable({
    decodeStrings: false,
    write(chunk: string | Buffer, _encoding, done) {
      post(chunk.toString());
      done();
    },
  });
  return createLogger({ part: 'proxy-thread', level, pretty: false, destination });
}

const METHODS: ReadonlyMap<number, 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal'> = new Map([
  [10, 'trace'], [20, 'debug'], [30, 'info'], [40, 'warn'], [50, 'error'], [60, 'fatal'],
]);

/** Writes a thread's line with the agent's logger of the same area, as one of the agent's part with the thread's number on it. */
export function forwardThreadLine(logOf: (area: LogArea | undefined) => Logger, thread: number, line: string): void {
  const { level, msg, time: _time, part: _part, area, ...fields } = parseLine(line);
  logOf(typeof area === 'string' ? parseLogArea(area) : undefined)[METHODS.get(Number(level)) ?? 'info']({ ...fields, thread }, typeof msg === 'string' ? msg : '');
}

function parseLine(line: string): Readonly<Record<string, unknown>> {
  try {
    const parsed: unknown = JSON.parse(line);
    if (typeof parsed === 'object' && parsed !== null) return { ...parsed };
  } catch {
    // Not our format: kept as it is.
  }
  return { msg: line };
}
