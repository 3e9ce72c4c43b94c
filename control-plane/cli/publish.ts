/**
 * `holdfast publish`: tells how far a release has got, and with `--wait` waits until so many data planes have it. The convergence
 * endpoint has the truth and is asked every second; the event stream only says when to ask earlier, so nothing is lost with
 * it. Progress goes to standard error, the result to standard output, and the exit code tells scripts.
 */
import type { Clock } from '../../shared/clock.ts';
import { describeThrown, HoldfastError } from '../../shared/errors.ts';
import { recordOf, recordsOf, type Told } from './admin-answer.ts';
import { AdminRefusal, get } from './admin-client.ts';
import { EventAlarmClock } from './event-alarm-clock.ts';
import type { Output } from './command.ts';
import { judge, neededOf, parseQuorum, type Progress, type Quorum, type Verdict } from './quorum.ts';
import type { PublishSettings } from './settings.ts';
import { terminalJson, terminalLine } from './terminal-text.ts';

/** Stable: scripts and pipelines go by them. 1 is a wrong use, as of every command. */
export const PUBLISH_EXIT_CODES = {
  /** The quorum has the version. Also without --wait, where the state was told. */
  converged: 0,
  timeout: 2,
  /** So many refused it, or fell back, that the quorum can't be reached any more. */
  refused: 3,
  /** The selector selects no data plane. */
  'nothing-selected': 4,
  /** The admin API does not answer, or does not allow it. */
  unavailable: 5,
} as const;

type Result = keyof typeof PUBLISH_EXIT_CODES;

const POLL_INTERVAL_MS = 1_000;
/** Events come in bursts: one question for all of them, and where an answer takes its time (a large fleet) fewer questions. */
const SHORTEST_INTERVAL_MS = 100;
const REST_PER_QUESTION = 4;
/** The last question gets at least so long, past the end of the time. */
const SHORTEST_ANSWER_MS = 2_000;
/** Data planes named in the result. */
const NAMED = 5;

/** Returns the exit code. Throws what is wrong use. */
export async function publish(settings: PublishSettings, output: Output, clock: Clock): Promise<number> {
  const quorum = parseQuorum(settings.quorum);
  const begunMs = clock.monotonicMs();
  try {
    const first = await readState(settings, settings.version ?? 'newest', clock, settings.timeout);
    if (!settings.wait) return tell(settings, output, { result: undefined, state: first, quorum, waitedMs: 0 });
    const awaited = await waitFor(settings, output, clock, { quorum, begunMs, first });
    return tell(settings, output, { ...awaited, quorum });
  } catch (thrown) {
    const isUnavailable = thrown instanceof HoldfastError && (thrown.code === 'CLI_ADMIN_UNREACHABLE' || (thrown instanceof AdminRefusal && (thrown.status === 401 || thrown.status === 403 || thrown.status >= 500)));
    if (!isUnavailable) throw thrown;
    output.err(terminalLine(`holdfast: ${thrown.message}`));
    if (settings.json) output.out(terminalJson({ result: 'unavailable' }));
    return PUBLISH_EXIT_CODES.unavailable;
  }
}

interface Waiting {
  readonly quorum: Quorum;
  /** Before the first question: it is part of the time. */
  readonly begunMs: number;
  readonly first: Told;
}

/** Throws when the admin API can't be asked at the end; what comes before is waited out. */
async function waitFor(settings: PublishSettings, output: Output, clock: Clock, { quorum, begunMs, first }: Waiting): Promise<{ readonly result: Result; readonly state: Told; readonly waitedMs: number }> {
  const version = String(first['version']);
  const events = new EventAlarmClock(settings, `/${encodeURIComponent(settings.gateway)}/v1/events`, clock);
  let state = first;
  let problem: unknown;
  let told = '';
  let askedMs = 0;
  try {
    for (;;) {
      const verdict: Verdict = judge(quorum, progressOf(state));
      const line = problem === undefined ? progressLine(state, quorum) : `the admin API can not be asked (${describeThrown(problem)}); trying on`;
      if (line !== told) output.err(terminalLine(line));
      told = line;
      const waitedMs = Math.round(clock.monotonicMs() - begunMs);
      if (problem === undefined && verdict !== 'waiting') return { result: verdict, state, waitedMs };
      if (waitedMs >= settings.timeout) {
        if (problem !== undefined) throw problem;
        return { result: 'timeout', state, waitedMs };
      }
      const leftMs = settings.timeout - waitedMs;
      await events.wait(Math.min(leftMs, Math.max(SHORTEST_INTERVAL_MS, REST_PER_QUESTION * askedMs)), Math.min(leftMs, POLL_INTERVAL_MS));
      const askedAtMs = clock.monotonicMs();
      try {
        state = await readState(settings, version, clock, settings.timeout - (clock.monotonicMs() - begunMs));
        problem = undefined;
      } catch (thrown) {
        if (!(thrown instanceof HoldfastError) || !thrown.retryable) throw thrown;
        problem = thrown;
      }
      askedMs = Math.min(POLL_INTERVAL_MS, clock.monotonicMs() - askedAtMs);
    }
  } finally {
    events.stop();
  }
}

async function readState(settings: PublishSettings, version: string, clock: Clock, withinMs: number): Promise<Told> {
  const query = new URLSearchParams({ include: settings.include, ...(settings.selector === undefined ? {} : { selector: settings.selector }) });
  const ending = new AbortController();
  const timer = clock.after(Math.max(SHORTEST_ANSWER_MS, withinMs), () => ending.abort());
  try {
    return await get(settings, `/${encodeURIComponent(settings.gateway)}/v1/releases/${encodeURIComponent(version)}/convergence?${query.toString()}`, ending.signal);
  } finally {
    timer.cancel();
  }
}

function tell({ json }: PublishSettings, output: Output, told: { readonly result: Result | undefined; readonly state: Told; readonly quorum: Quorum; readonly waitedMs: number }): number {
  const { result, state, quorum, waitedMs } = told;
  const needed = neededOf(quorum, progressOf(state).counted);
  if (json) output.out(terminalJson({ ...(result === undefined ? {} : { result, waited_ms: waitedMs }), needed, ...state }));
  else for (const line of [headline(result, state, needed, waitedMs), ...details(state)]) output.out(terminalLine(line));
  return result === undefined ? PUBLISH_EXIT_CODES.converged : PUBLISH_EXIT_CODES[result];
}

function headline(result: Result | undefined, state: Told, needed: number, waitedMs: number): string {
  const { applied, counted } = progressOf(state);
  const share = `${String(state['version'])} is applied by ${applied} of ${counted} data planes`;
  const after = `after ${(waitedMs / 1000).toFixed(1)} s`;
  switch (result) {
    case undefined:
      return share;
    case 'converged':
      return `converged: ${share} (${needed} needed) ${after}`;
    case 'timeout':
      return `timeout: ${share} (${needed} needed) ${after}${state['release'] === null ? '; it is not published' : ''}`;
    case 'refused':
      return `refused: ${share}, and too many refused it for the quorum of ${needed} ${after}`;
    default:
      return 'no data plane is selected';
  }
}

function details(state: Told): readonly string[] {
  const counts = ['pending', 'rejected', 'fell_back', 'disconnected', 'quarantining'].filter((name) => numberOf(state, name) > 0).map((name) => `${numberOf(state, name)} ${name.replace('_', ' ')}`);
  const times = recordOf(state['time_to_apply_ms']);
  const outstanding = recordsOf(state['outstanding']);
  return [
    ...(counts.length === 0 ? [] : [`  ${counts.join(', ')}`]),
    ...(numberOf(state, 'quarantining') === 0 ? [] : ['  what they could not use, and whose change it was: GET /v1/quarantine']),
    ...(numberOf(times, 'measured') === 0 ? [] : [`  time to apply: half within ${numberOf(times, 'p50')} ms, 99 % within ${numberOf(times, 'p99')} ms, all within ${numberOf(times, 'max')} ms`]),
    ...recordsOf(state['rejections']).map((one) => `  ${numberOf(one, 'count')} × ${String(one['code'])}: ${Array.isArray(one['reasons']) ? one['reasons'].join('; ') : ''}`),
    ...outstanding.slice(0, NAMED).map((one) => `  ${String(one['hostname'])} (${String(one['id'])}): ${String(one['state'])}, serves ${typeof one['applied_version'] === 'string' ? one['applied_version'] : 'nothing'}`),
    ...(outstanding.length > NAMED ? ['  …'] : []),
  ];
}

function progressLine(state: Told, quorum: Quorum): string {
  const { applied, counted } = progressOf(state);
  const others = ['pending', 'rejected', 'fell_back', 'disconnected'].filter((name) => numberOf(state, name) > 0).map((name) => `, ${numberOf(state, name)} ${name.replace('_', ' ')}`);
  return `${String(state['version'])}: ${applied} of ${counted} applied (${neededOf(quorum, counted)} needed)${others.join('')}${state['release'] === null ? ', not published yet' : ''}`;
}

function progressOf(state: Told): Progress {
  return { selected: numberOf(state, 'selected'), counted: numberOf(state, 'counted'), applied: numberOf(state, 'applied'), refusedForGood: numberOf(state, 'refused_for_good') };
}

function numberOf(state: Told, name: string): number {
  const value = state[name];
  return typeof value === 'number' ? value : 0;
}
