/**
 * `holdfast logs`: access records that match, oldest of them first, and with `--follow` those that come. The search has the truth; the
 * live tail is bounded and says what it left out. When it breaks it is opened again where it was.
 */
import { systemClock, type Clock } from '../../shared/clock.ts';
import { describeThrown, HoldfastError } from '../../shared/errors.ts';
import { recordOf, recordsOf, type Told } from './admin-answer.ts';
import { get, openStream } from './admin-client.ts';
import { logsSettings, type LogsSettings } from './analytics-settings.ts';
import { command, type Command, type Output } from './command.ts';
import { readEvents } from './event-stream.ts';
import { logLine } from './log-line.ts';
import { processTerminal } from './terminal.ts';
import { terminalJson, terminalLine } from './terminal-text.ts';

const PAGE = 1_000;
const COUNT = 100;
const COUNT_BEFORE_FOLLOWING = 10;
const REOPEN_AFTER_MS = 1_000;
/** The tail says every 15 s that it is there. */
const SILENT_FOR_MS = 45_000;
/** More than a page of the tail, and than what is searched at once. */
const SHOWN_IDS = 2_000;

export const LOGS_COMMAND: Command = command({
  name: 'logs', about: 'show access records of requests; with --follow, as they come', settings: logsSettings, run: logsUntilSignal,
  usage: 'logs [--follow] [--status 5xx --route NAME --consumer NAME --min-duration 500ms] [settings]',
  summary: 'Shows the records of single requests that match, in the order of time: errors and slow ones, and of the rest those that were sampled. "holdfast blame ID" tells of one by which configuration it ran, and whose that was.',
});

async function logsUntilSignal(settings: LogsSettings, output: Output): Promise<void> {
  const stopping = new AbortController();
  const stop = (): void => stopping.abort();
  process.once('SIGTERM', stop).once('SIGINT', stop);
  try {
    await showLogs(settings, output, { signal: stopping.signal, clock: systemClock, colours: processTerminal().colours });
  } finally {
    process.off('SIGTERM', stop).off('SIGINT', stop);
  }
}

export interface LogsOptions {
  /** Ends what follows. */
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly colours: boolean;
}

/** Resolves when all are shown; with `follow`, when the signal comes. Throws what the admin API refuses. */
export async function showLogs(settings: LogsSettings, output: Output, { signal, clock, colours }: LogsOptions): Promise<void> {
  const show = (record: Told): void => output.out(settings.json ? terminalJson(record, 0) : logLine(record, colours));
  if (!settings.follow) {
    const found = await newest(settings, settings.count ?? COUNT);
    for (const record of found) show(record);
    if (found.length === 0) output.err('no record matches; errors and slow requests of the last hour are looked for, more with --from -7d; of other requests those that the plugin access-records has sampled');
    return;
  }
  if (settings.from !== undefined || settings.to !== undefined || settings.requestId !== undefined) {
    throw new HoldfastError({ code: 'CLI_MISUSED', source: 'gateway', publicMessage: '--follow shows what comes; leave --from, --to and --request-id away' });
  }
  return followLogs(settings, output, show, { signal, clock });
}

/** Beyond the first time a stream that can not be had is told of once, and tried again. */
async function followLogs(settings: LogsSettings, output: Output, show: (record: Told) => void, { signal, clock }: Pick<LogsOptions, 'signal' | 'clock'>): Promise<void> {
  const shown = new ShownIds();
  let [opened, isTold, lastEventId]: [boolean, boolean, string | undefined] = [false, false, undefined];
  while (!signal.aborted) {
    try {
      const events = readEvents(await openStream(settings, pathOf(settings, '/tail', filtersOf(settings)), signal, { lastEventId, silentForMs: SILENT_FOR_MS }));
      [opened, isTold] = [true, false];
      for await (const { type, data, id } of events) {
        const told = recordOf(JSON.parse(data));
        // What comes after this comes by the stream; what was before is searched.
        if (type === 'following') for (const record of await newest(settings, settings.count ?? COUNT_BEFORE_FOLLOWING)) shown.once(record, show);
        else if (type === 'record') shown.once(told, show);
        else if (type === 'dropped') output.err(terminalLine(`… more came than this stream takes: what was stored from ${timeIn(told['from'])} to ${timeIn(told['to'])} is left out here; holdfast logs --from … finds it`));
        lastEventId = id ?? lastEventId;
      }
    } catch (thrown) {
      if (signal.aborted) return;
      if (!opened || (thrown instanceof HoldfastError && !thrown.retryable)) throw thrown;
      if (!isTold) output.err(terminalLine(`the stream broke (${describeThrown(thrown)}); trying again`));
      isTold = true;
    }
    if (!signal.aborted) await pause(clock, signal);
  }
}

/** A record that was searched may come by the stream too, and one of a page that broke off comes again: each is shown once. */
class ShownIds {
  readonly #ids = new Set<unknown>();

  once(record: Told, show: (record: Told) => void): void {
    const id = record['request_id'];
    if (this.#ids.has(id)) return;
    show(record);
    this.#ids.add(id);
    if (this.#ids.size > SHOWN_IDS) this.#ids.delete(this.#ids.values().next().value);
  }
}

function timeIn(value: unknown): string {
  return typeof value === 'string' ? value : 'then';
}

/** So many of the newest that match, oldest first. */
async function newest(settings: LogsSettings, count: number): Promise<readonly Told[]> {
  const found: Told[] = [];
  for (let offset: unknown = ''; typeof offset === 'string' && found.length < count; ) {
    const page = await get(settings, pathOf(settings, '', { ...filtersOf(settings), from: settings.from, to: settings.to, request_id: settings.requestId, size: String(Math.min(PAGE, count - found.length)), offset: offset === '' ? undefined : offset }));
    found.push(...recordsOf(page['data']));
    offset = page['offset'];
  }
  return found.slice(0, count).reverse();
}

function filtersOf(settings: LogsSettings): Readonly<Record<string, string | undefined>> {
  const status = settings.status;
  const isClass = status !== undefined && /^[0-9]xx$|^none$/i.test(status);
  return {
    route: settings.route, service: settings.service, consumer: settings.consumer, ...(isClass ? { status_class: status } : { status }),
    min_ms: settings.minDuration === undefined ? undefined : String(settings.minDuration), error_code: settings.errorCode, trace_id: settings.traceId, path: settings.path,
  };
}

function pathOf({ gateway }: LogsSettings, rest: string, query: Readonly<Record<string, string | undefined>>): string {
  const words = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) words.set(name, value);
  return `/${encodeURIComponent(gateway)}/v1/requests${rest}?${words.toString()}`;
}

async function pause(clock: Clock, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const stop = (): void => resolve();
  const timer = clock.after(REOPEN_AFTER_MS, resolve, { keepAlive: true });
  signal.addEventListener('abort', stop, { once: true });
  await promise;
  signal.removeEventListener('abort', stop);
  timer.cancel();
}
