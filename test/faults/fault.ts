/**
 * What a fault of the matrix is: a scene it wants, what it does to it, what must hold beside what always must (README.md).
 * Each is written down once and run by main.ts (in full), by `--smoke` and by test/faults.test.ts (in short).
 */
import { Random } from '../fuzz/random.ts';
import type { FaultScene, SceneOptions } from './fault-scene.ts';

/** Figures and words for the table, in the order in which they are shown. */
export type Measured = Readonly<Record<string, number | string>>;

export interface FaultRun {
  readonly random: Random;
  /** The essential form, a few seconds: for CI. */
  readonly short: boolean;
}

export interface Fault {
  readonly name: string;
  /** What must hold beside what always must. */
  readonly mustHold: string;
  readonly scene: SceneOptions;
  /** Part of the matrix in its short form, for CI. */
  readonly smoke: boolean;
  /** Why it can't be done here; undefined where it can. */
  readonly whyNot?: () => string | undefined;
  /** How long it may take in full, without the scene's start. */
  readonly boundMs: number;
  /** Does the harm and undoes it. Throws where something did not hold. */
  run(scene: FaultScene, run: FaultRun): Promise<Measured>;
}

/** Every fault draws from a sequence of its own, so that it is the same alone (`--only`) and in the matrix. */
export function randomOf(seed: number, name: string): Random {
  let mixed = seed;
  for (const character of name) mixed = Math.imul(mixed ^ (character.codePointAt(0) ?? 0), 16_777_619);
  return new Random(mixed);
}
