/**
 * The configurations of one proxy thread: what it serves, what it prepares beside it, and what must be let go once the
 * last request pinned to it has ended (R3). Used by proxy-thread.ts; the agent's side of it is proxy-pool.ts.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { defined } from '../../shared/assert.ts';
import type { Clock } from '../../shared/clock.ts';
import { describeThrown, HoldfastError } from '../../shared/errors.ts';
import type { JsonObject } from '../../shared/model/definition.ts';
import type { ExplainQuestion } from '../../shared/model/explain-question.ts';
import type { ActiveConfig } from '../config/active-config.ts';
import { compileConfig } from '../config/compile.ts';
import type { CompileResult, CompileServices } from '../config/compile-contract.ts';
import type { CompiledConfig } from '../config/compiled-config.ts';
import { mergePacked, readPacked } from '../config/packed-changes.ts';
import { runAtOnce, runInSlices } from '../config/run-in-slices.ts';
import type { ExplainSurroundings } from '../explain/explain-request.ts';
import type { VaultValues } from '../vaults/vault-values.ts';
import { routeLabels, type LabelPair, type RouteLabels } from './route-labels.ts';
import type { FromThread, Prepare, ToThread } from './thread-messages.ts';

/** The longest that a request waits for a configuration being built. */
const SLICE_MS = 2;
/** Questions that wait or are being answered. */
const MOST_QUESTIONS = 4;
/** Shorter than the agent waits (proxy-pool.ts): nobody hears what is told later. */
const EXPLAIN_FOR_MS = 3_500;

export class ThreadConfigs {
  readonly #services: CompileServices;
  readonly #clock: Clock;
  #active: CompiledConfig | undefined;
  /** For what is prepared from now on. */
  vaultValues: VaultValues = new Map();
  /** Whether anybody may be pinned to the active one. */
  #handedOut = false;
  readonly #prepared = new Map<number, CompiledConfig>();
  #explaining = 0;
  #explanations: Promise<unknown> = Promise.resolve();

  constructor(services: CompileServices, clock: Clock) {
    this.#services = services;
    this.#clock = clock;
  }

  /** What a request that begins now is pinned to. */
  readonly current = (): ActiveConfig | undefined => {
    this.#handedOut = true;
    return this.#active;
  };

  /** To be called when the last request pinned to a configuration that was swapped out has ended. */
  readonly released = (config: ActiveConfig): void => {
    if (isCompiled(config)) config.release();
  };

  /** Builds a configuration beside the active one; in slices while requests are served. One at a time. Never rejects. */
  async prepare(order: Prepare, isServing: boolean): Promise<FromThread> {
    const { applyId } = order;
    let result: CompileResult;
    try {
      result = await this.#compile(order, isServing);
    } catch (thrown) {
      const reason = `it could not be compiled: ${describeThrown(thrown)}`;
      return { kind: 'refused', applyId, code: 'CONFIG_COMPILE_FAILED', reasons: [reason] };
    }
    if (result.kind === 'refused') {
      const reasons = result.problems.map((problem) => `${problem.kind} ${problem.id}: ${problem.code}: ${problem.reason}`);
      return { kind: 'refused', applyId, code: result.problems[0]?.code ?? 'CONFIG_COMPILE_FAILED', reasons };
    }
    this.#prepared.set(applyId, result.config);
    return { kind: 'prepared', applyId, quarantined: result.quarantined };
  }

  /** Serves what was prepared, from the next request on. */
  commit(applyId: number): void {
    const next = this.#prepared.get(applyId);
    if (next === undefined) return;
    this.#prepared.delete(applyId);
    const previous = this.#active;
    this.#active = next;
    // The proxy tells the end only of configurations that it has seen.
    if (!this.#handedOut) previous?.release();
    this.#handedOut = false;
  }

  /** Instead of commit. */
  discard(applyId: number): void {
    this.#prepared.get(applyId)?.release();
    this.#prepared.delete(applyId);
  }

  /** What routes and consumers are called, by what serves now. */
  labelsOf(pairs: readonly LabelPair[]): readonly RouteLabels[] {
    const config = this.#active;
    return config === undefined ? [] : pairs.map((pair) => routeLabels(config, pair));
  }

  /** What would become of a request, by what serves now. One question after the other, a few at a time (R5). Never rejects. */
  async explain({ explainId, question }: Extract<ToThread, { kind: 'explain' }>, around: ExplainSurroundings): Promise<FromThread> {
    if (this.#explaining >= MOST_QUESTIONS) return { kind: 'not-explained', explainId, reason: 'too many questions at once; try again' };
    const untilMs = this.#clock.monotonicMs() + EXPLAIN_FOR_MS;
    this.#explaining += 1;
    const answer = this.#explanations.then(() => this.#explain(question, around, untilMs));
    this.#explanations = answer.then(() => (this.#explaining -= 1));
    const told = await answer;
    return typeof told === 'string' ? { kind: 'not-explained', explainId, reason: told } : { kind: 'explained', explainId, explanation: told };
  }

  /** The explanation, or why there is none. Never rejects. */
  async #explain(question: ExplainQuestion, around: ExplainSurroundings, untilMs: number): Promise<JsonObject | string> {
    const config = this.#active;
    if (config === undefined) return 'no configuration is served yet';
    const isLate = (): boolean => this.#clock.monotonicMs() > untilMs;
    try {
      // Loaded when asked for: it would cost every start some of its time (S2).
      const { explainRequest } = await import('../explain/explain-request.ts');
      const explanation = isLate() ? undefined : await runInSlices(explainRequest(config, question, around), { sliceMs: SLICE_MS, clock: this.#clock, pause: () => nextTurn(), isCancelled: isLate });
      return explanation ?? 'it took too long';
    } catch (thrown) {
      return thrown instanceof HoldfastError ? thrown.publicMessage : describeThrown(thrown);
    }
  }

  async #compile({ version, contentRoot, reset, parts, contentKeys }: Prepare, isServing: boolean): Promise<CompileResult> {
    const changes = reset ? mergePacked(parts) : readAll(parts);
    const work = compileConfig(this.#active, { version, contentRoot, reset, changes, contentKeys, vaultValues: this.vaultValues }, this.#services);
    if (!isServing) return runAtOnce(work);
    return defined(await runInSlices(work, { sliceMs: SLICE_MS, clock: this.#clock, pause: () => nextTurn() }), 'the result of a compilation that nobody cancels');
  }
}

function* readAll(parts: readonly SharedArrayBuffer[]): ReturnType<typeof readPacked> {
  for (const part of parts) yield* readPacked(part);
}

function isCompiled(config: ActiveConfig): config is CompiledConfig {
  return 'release' in config;
}
