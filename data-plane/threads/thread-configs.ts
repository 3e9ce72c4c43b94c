/**
 * The configurations of one proxy thread: what it serves, what it prepares beside it, and what must be let go once the
 * last request pinned to it has ended (R3). Used by proxy-thread.ts; the agent's side of it is proxy-pool.ts.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { defined } from '../../shared/assert.ts';
import type { Clock } from '../../shared/clock.ts';
import { describeThrown, HoldfastError } from '../../shared/errors.ts';
import type { ActiveConfig } from '../config/active-config.ts';
import { compileConfig } from '../config/compile.ts';
import type { CompileResult, CompileServices } from '../config/compile-contract.ts';
import type { CompiledConfig } from '../config/compiled-config.ts';
import { mergePacked, readPacked } from '../config/packed-changes.ts';
import { runAtOnce, runInSlices } from '../config/run-in-slices.ts';
import { DEFAULT_PROXY_LIMITS, type ProxyLimits } from '../http1/limits.ts';
import type { FromThread, Prepare, ToThread } from './thread-messages.ts';

/** The longest that a request waits for a configuration being built. */
const SLICE_MS = 2;

export class ThreadConfigs {
  readonly #services: CompileServices;
  readonly #clock: Clock;
  #active: CompiledConfig | undefined;
  /** Whether anybody may be pinned to the active one. */
  #handedOut = false;
  readonly #prepared = new Map<number, CompiledConfig>();

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

  /** What would become of a request, by what serves now. Never rejects. */
  async explain({ explainId, question }: Extract<ToThread, { kind: 'explain' }>, limits: Partial<ProxyLimits>): Promise<FromThread> {
    const config = this.#active;
    if (config === undefined) return { kind: 'not-explained', explainId, reason: 'no configuration is served yet' };
    try {
      // Loaded when asked for: it would cost every start some of its time (S2).
      const { explainRequest, listTargets } = await import('../explain/explain-request.ts');
      const work = explainRequest(config, question, { limits: { ...DEFAULT_PROXY_LIMITS, ...limits }, targetsOf: listTargets });
      const explanation = await runInSlices(work, { sliceMs: SLICE_MS, clock: this.#clock, pause: () => nextTurn() });
      return { kind: 'explained', explainId, explanation: defined(explanation, 'an explanation that nobody cancels') };
    } catch (thrown) {
      return { kind: 'not-explained', explainId, reason: thrown instanceof HoldfastError ? thrown.publicMessage : describeThrown(thrown) };
    }
  }

  async #compile({ version, contentRoot, reset, parts, contentKeys }: Prepare, isServing: boolean): Promise<CompileResult> {
    const changes = reset ? mergePacked(parts) : readAll(parts);
    const work = compileConfig(this.#active, { version, contentRoot, reset, changes, contentKeys }, this.#services);
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
