/**
 * Runs the fuzzer until a time or a number of rounds is reached: parsers against llhttp, the oracle's reader and themselves,
 * every attack case cut at every position, and streams through a running proxy. Used by main.ts and, bounded, by test/fuzz.test.ts.
 */
import { attackFiles, bytesOfCase, type AttackCase } from '../support/attack-case.ts';
import { startAttackScene, type AttackScene } from '../support/attack-scene.ts';
import { FuzzCounts, fuzzParsers } from './fuzz-parsers.ts';
import { fuzzProxy } from './fuzz-proxy.ts';
import { Random } from './random.ts';

/** A round is so many streams for the parsers, one for the proxy, and some cuts of an attack case. */
const PARSER_STREAMS_PER_ROUND = 25;
const CUTS_PER_ROUND = 2;
/** Of larger ones there are too many cuts. */
const MAX_CUT_BYTES = 2_000;

export interface FuzzOptions {
  readonly seed: number;
  /** Whichever comes first. */
  readonly maxRounds: number;
  readonly maxMs: number;
  /** Called now and then. */
  readonly progress?: (result: FuzzResult) => void;
}

export interface FuzzResult {
  readonly seed: number;
  rounds: number;
  readonly parsers: FuzzCounts;
  readonly proxy: FuzzCounts;
  /** Attack cases run at one position each, and how many times all positions of all of them were run. */
  cuts: number;
  allCuts: number;
}

export async function runFuzz({ seed, maxRounds, maxMs, progress }: FuzzOptions): Promise<FuzzResult> {
  const random = new Random(seed);
  const cases = attackFiles().flatMap((file) => file.cases);
  const corpus = cases.map(({ send }) => bytesOfCase(send).toString('latin1')).filter((text) => text.length < MAX_CUT_BYTES);
  const result: FuzzResult = { seed, rounds: 0, parsers: new FuzzCounts(), proxy: new FuzzCounts(), cuts: 0, allCuts: 0 };
  const attacks = await startAttackScene();
  const cuts = new EveryCut(cases, seed);
  const until = performance.now() + maxMs;
  try {
    while (result.rounds < maxRounds && performance.now() < until && result.parsers.findings.length + result.proxy.findings.length === 0) {
      for (let count = 0; count < PARSER_STREAMS_PER_ROUND; count++) fuzzParsers(random, corpus, result.parsers);
      await fuzzProxy(random, attacks, result.proxy);
      for (let count = 0; count < CUTS_PER_ROUND; count++) await cuts.runNext(attacks, result);
      result.rounds += 1;
      if (result.rounds % 5_000 === 0) progress?.(result);
    }
  } finally {
    await attacks.close();
  }
  return result;
}

/** Goes through all attack cases and all positions in them, beginning somewhere. */
class EveryCut {
  readonly #cases: readonly AttackCase[];
  #case: number;
  #at = 1;

  constructor(cases: readonly AttackCase[], seed: number) {
    this.#cases = cases.filter((attack) => attack.whole !== true && lengthOf(attack) <= MAX_CUT_BYTES && lengthOf(attack) > 1);
    this.#case = (seed * 7) % this.#cases.length;
  }

  async runNext(attacks: AttackScene, result: FuzzResult): Promise<void> {
    const attack = this.#cases[this.#case];
    if (attack === undefined) return;
    const problems = await attacks.run(attack, { kind: 'cut', at: this.#at });
    result.cuts += 1;
    if (problems.length > 0) result.proxy.finding(`attack ${attack.name}, cut at ${this.#at}: ${problems.join('; ')}`, bytesOfCase(attack.send));
    this.#at += 1;
    if (this.#at < lengthOf(attack)) return;
    this.#at = 1;
    this.#case = (this.#case + 1) % this.#cases.length;
    if (this.#case === 0) result.allCuts += 1;
  }
}

function lengthOf(attack: AttackCase): number {
  return bytesOfCase(attack.answer ?? attack.send).length;
}

/** The counts as lines of text. */
export function describeResult({ seed, rounds, parsers, proxy, cuts, allCuts }: FuzzResult): string {
  const total = (counts: ReadonlyMap<string, number>): number => [...counts.values()].reduce((sum, each) => sum + each, 0);
  const listed = (counts: ReadonlyMap<string, number>): string => [...counts].toSorted((a, b) => b[1] - a[1]).map(([why, times]) => `\n    ${times} ${why}`).join('');
  return [
    `seed ${seed}, ${rounds} rounds`,
    `  parsers: ${parsers.streams} streams, ${parsers.readings} readings, ${parsers.accepted} messages accepted, ${total(parsers.refused)} streams refused, ${total(parsers.stricter)} times stricter than another reader`,
    `  explained differences: ${total(parsers.known)}${listed(parsers.known)}`,
    `  proxy: ${proxy.streams} streams, ${proxy.accepted} messages accepted, ${total(proxy.refused)} streams refused`,
    `  attack cases cut at one position: ${cuts} (all of them ${allCuts} times)`,
    `  findings: ${parsers.findings.length + proxy.findings.length}`,
    ...[...parsers.findings, ...proxy.findings].map((finding) => `  - ${finding}`),
  ].join('\n');
}
