/**
 * `holdfast gateway watch`: keeps a gateway as files say. It reads them when they change and every so often, plans, tells what differs
 * and why (the files changed, or somebody changed the gateway by hand), and applies it. A broken file changes nothing. Runs until
 * SIGTERM or SIGINT, which end it after the round that is under way.
 */
import { createHash } from 'node:crypto';
import type { Clock, TimerHandle } from '../../shared/clock.ts';
import { systemClock } from '../../shared/clock.ts';
import { describeThrown, HoldfastError } from '../../shared/errors.ts';
import { mergeFiles, type MergedContent } from '../declarative/merge-files.ts';
import { recordsOf, type Told } from './admin-answer.ts';
import { AdminRefusal } from './admin-client.ts';
import { command, type Command, type Output } from './command.ts';
import { contentInvalid, gatewayOf, sendContent, type PlanTarget } from './declarative-client.ts';
import { watchSettings, type WatchSettings } from './declarative-settings.ts';
import { hasChanges, planLines, summaryLine, withoutVariables } from './show-plan.ts';
import { processTerminal } from './terminal.ts';
import { terminalLine } from './terminal-text.ts';
import { cell } from './text-table.ts';
import { openSource, type WatchSource } from './watch-source.ts';

/** Editors and git write several times for one change. */
const SETTLE_MS = 200;
/** Rounds at once because others wrote in between; then the interval. */
const MOST_TRIES = 3;

export const WATCH_COMMAND: Command = command({
  name: 'gateway watch', about: 'keep a gateway as the files of a folder or git checkout say', usage: 'gateway watch FOLDER|FILE… [--prune] [settings]',
  settings: watchSettings, words: { least: 1, most: 100, areFiles: true }, run: watchUntilSignal,
  summary: 'Keeps a gateway as files say: applies them when they change, and tells and undoes what was changed by hand. Of a git checkout only what is committed counts. A broken file changes nothing.',
});

async function watchUntilSignal(settings: WatchSettings, output: Output, words: readonly string[]): Promise<number> {
  const stopping = new AbortController();
  const stop = (): void => stopping.abort();
  process.once('SIGTERM', stop).once('SIGINT', stop);
  try {
    const source = await openSource(words, settings.source);
    return await new GatewayWatch(settings, output, source, systemClock, processTerminal().colours).run(stopping.signal);
  } finally {
    process.off('SIGTERM', stop).off('SIGINT', stop);
  }
}

type RoundResult = 'in-place' | 'differs' | 'failed';

export class GatewayWatch {
  readonly #settings: WatchSettings;
  readonly #output: Output;
  readonly #source: WatchSource;
  readonly #clock: Clock;
  readonly #colours: boolean;
  /** Of the content that the gateway was last found or made to follow. */
  #placed: string | undefined;
  #lastTold = '';
  #extra: { readonly state: string; readonly entities: readonly Told[] } = { state: '', entities: [] };

  constructor(settings: WatchSettings, output: Output, source: WatchSource, clock: Clock, colours: boolean) {
    this.#settings = settings;
    this.#output = output;
    this.#source = source;
    this.#clock = clock;
    this.#colours = colours;
  }

  /** Returns the exit code. */
  async run(signal: AbortSignal): Promise<number> {
    if (this.#settings.once) return (await this.#round()) === 'in-place' ? 0 : 1;
    const alarm = new Alarm(this.#clock);
    const watching = this.#source.onChange(() => alarm.ringAfter(SETTLE_MS));
    signal.addEventListener('abort', () => alarm.ringAfter(0));
    try {
      while (!signal.aborted) {
        await this.#round();
        if (!signal.aborted) await alarm.wait(this.#settings.interval);
      }
    } finally {
      watching.stop();
    }
    return 0;
  }

  async #round(): Promise<RoundResult> {
    try {
      for (let turn = 1; ; turn += 1) {
        const result = await this.#reconcile();
        if (result !== 'overtaken') return result;
        if (turn === MOST_TRIES) return 'differs';
      }
    } catch (thrown) {
      if (!(thrown instanceof HoldfastError)) throw thrown;
      this.#tell(this.#output.err, 'failed', [`holdfast: ${describeThrown(thrown)}`], { code: thrown.code, message: thrown.message });
      return 'failed';
    }
  }

  async #reconcile(): Promise<RoundResult | 'overtaken'> {
    const { prune, reportOnly } = this.#settings;
    const { texts, from } = await this.#source.read();
    const merged = mergeFiles(texts, process.env);
    if (merged.problems.length > 0) throw contentInvalid(merged.problems);
    const target = this.#target(merged);
    const mode = prune ? 'sync' : 'apply';
    const digest = createHash('sha256').update(JSON.stringify(merged.content)).digest('hex');
    const plan = withoutVariables(await sendContent(target, merged, { mode, dryRun: true }), process.env);
    const version = cell(plan['planned_for']);
    if (!hasChanges(plan)) {
      this.#placed = digest;
      const extra = prune ? [] : await this.#notInFiles(target, merged, `${digest} ${version}`);
      this.#tell(this.#output.out, 'in-place', [`gateway ${target.gateway} is as ${from} says, at version ${version}`, ...extra.map((entity) => `  not in the files: ${cell(entity['kind'])} ${cell(entity['name'] ?? entity['id'])} (--prune deletes it)`)], { from, version, not_in_files: extra.map(({ kind, id, name }) => ({ kind, id, name })) });
      return 'in-place';
    }
    const byHand = this.#placed === digest;
    const why = byHand ? `gateway ${target.gateway} was changed by hand (GET /v1/audit tells by whom); ${from} says otherwise:` : `${from} and gateway ${target.gateway} differ:`;
    this.#tell(this.#output.out, byHand ? 'drift' : 'differs', [why, ...planLines(plan, this.#colours)], { from, version, entities: plan['entities'] });
    if (reportOnly) return 'differs';
    try {
      const done = await sendContent(target, merged, { mode, dryRun: false, ifVersion: version });
      this.#placed = digest;
      this.#tell(this.#output.out, 'applied', [`applied: ${summaryLine(done)}; version ${cell(done['version'])}`], { from, version: done['version'], summary: done['summary'] });
      return 'in-place';
    } catch (thrown) {
      if (thrown instanceof AdminRefusal && thrown.status === 412) return 'overtaken';
      throw thrown;
    }
  }

  /** What a sync would delete; nothing where it can not be told. Asked once for a state of files and gateway. */
  async #notInFiles(target: PlanTarget, merged: MergedContent, state: string): Promise<readonly Told[]> {
    if (this.#extra.state === state) return this.#extra.entities;
    let entities: readonly Told[] = [];
    try {
      entities = recordsOf((await sendContent(target, merged, { mode: 'sync', dryRun: true }))['entities']).filter(({ action }) => action === 'delete');
    } catch (thrown) {
      // Files may name what only the gateway has; then a sync is refused, and there is nothing to list.
      if (!(thrown instanceof HoldfastError) || thrown.code !== 'CLI_CONTENT_INVALID') throw thrown;
    }
    this.#extra = { state, entities };
    return entities;
  }

  #target({ content }: MergedContent): PlanTarget {
    const { adminUrl, adminToken, gateway, selectTags, skipConsumers } = this.#settings;
    return { adminUrl, adminToken, gateway: gateway ?? gatewayOf(content) ?? 'default', selectTags, skipConsumers };
  }

  /** The same again is not told again. */
  #tell(write: (line: string) => void, event: string, lines: readonly string[], facts: Told): void {
    const told = JSON.stringify([event, facts]);
    if (told === this.#lastTold) return;
    this.#lastTold = told;
    if (this.#settings.json) return this.#output.out(JSON.stringify({ event, ...facts }));
    for (const line of lines) for (const one of line.split('\n')) write(this.#colours ? one : terminalLine(one));
  }
}

/** Rings once for all that asked for it meanwhile, also while nobody waits. */
class Alarm {
  readonly #clock: Clock;
  #timer: TimerHandle | undefined;
  #rung = false;
  #wake: (() => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  ringAfter(delayMs: number): void {
    this.#timer?.cancel();
    this.#timer = this.#clock.after(delayMs, () => {
      this.#rung = true;
      this.#wake?.();
    });
  }

  async wait(atMostMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    // Keeps the process alive, which nothing else does between rounds.
    const interval = this.#clock.after(atMostMs, resolve, { keepAlive: true });
    this.#wake = resolve;
    if (!this.#rung) await promise;
    this.#rung = false;
    this.#wake = undefined;
    interval.cancel();
  }
}
