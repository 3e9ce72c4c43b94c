/** Runs one fault from its scene to its verdict, within its bound, and leaves nothing behind. Called by main.ts for each. */
import type { CleanUp } from './clean-up.ts';
import { randomOf, type Fault, type Measured } from './fault.ts';
import { FaultScene } from './fault-scene.ts';

export type FaultResult =
  | { readonly fault: string; readonly verdict: 'held'; readonly seconds: number; readonly measured: Measured }
  | { readonly fault: string; readonly verdict: 'broken'; readonly seconds: number; readonly problem: string }
  | { readonly fault: string; readonly verdict: 'skipped'; readonly problem: string };

/** A scene's start and its end, beside what the fault itself may take. */
const AROUND_MS = 120_000;

/** Never rejects. `cleanUp` undoes everything: it is run here, and by whoever is told to stop in the middle. */
export async function runFault(fault: Fault, options: { readonly seed: number; readonly short: boolean; readonly cleanUp: CleanUp }): Promise<FaultResult> {
  const why = fault.whyNot?.();
  if (why !== undefined) return { fault: fault.name, verdict: 'skipped', problem: why };
  const { cleanUp } = options;
  const begun = performance.now();
  const seconds = (): number => Math.round((performance.now() - begun) / 100) / 10;
  let result: FaultResult;
  try {
    const measured = await within(fault.boundMs + AROUND_MS, act(fault, cleanUp, options));
    result = { fault: fault.name, verdict: 'held', seconds: seconds(), measured };
  } catch (thrown) {
    result = { fault: fault.name, verdict: 'broken', seconds: seconds(), problem: thrown instanceof Error ? thrown.message : String(thrown) };
  }
  const left = await cleanUp.run();
  return left.length === 0 ? result : { fault: fault.name, verdict: 'broken', seconds: seconds(), problem: `left behind: ${left.join('; ')}${result.verdict === 'broken' ? `; before that: ${result.problem}` : ''}` };
}

async function act(fault: Fault, cleanUp: CleanUp, { seed, short }: { readonly seed: number; readonly short: boolean }): Promise<Measured> {
  const scene = await FaultScene.start(fault.scene, cleanUp);
  const own = await fault.run(scene, { random: randomOf(seed, fault.name), short });
  return { ...own, ...(await scene.settle()) };
}

async function within<T>(boundMs: number, work: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`it was not over within ${boundMs} ms`)), boundMs);
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
    // What it still does fails when its scene is taken down, and says nothing then.
    work.catch(() => undefined);
  }
}
