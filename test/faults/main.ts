/**
 * `npm run faults`: the fault matrix over real processes. Each fault has a fresh installation, under load from its start to
 * its end; the table says what must hold, what was measured, and whether it held. See README.md here.
 */
import { randomInt } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { didYouMean } from '../../shared/nearest.ts';
import { CleanUp } from './clean-up.ts';
import type { Fault } from './fault.ts';
import { FAULTS } from './matrix.ts';
import { runFault, type FaultResult } from './run-fault.ts';

const USAGE = `usage: npm run faults -- [--only name,name] [--seed N] [--smoke] [--at-once N] [--list]
  --only a,b   these faults alone
  --at-once N  so many faults at a time (default 2)
  --seed N     draws what was drawn in an earlier run (a whole number; printed by every run)
  --smoke      the essential faults in a short form
  --list       names the faults and what must hold`;
const LARGEST_SEED = 1_000_000_000;
const RESULTS = new URL('../../bench/results/faults.json', import.meta.url);

const print = (text: string): void => void process.stdout.write(`${text}\n`);

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { only: { type: 'string' }, 'at-once': { type: 'string', default: '2' }, seed: { type: 'string' }, smoke: { type: 'boolean', default: false }, list: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } } });
  if (values.help) return print(USAGE);
  const chosen = choose(values.only, values.smoke);
  if (values.list) return printList(chosen);
  const seed = values.seed === undefined ? randomInt(LARGEST_SEED) : bounded('seed', values.seed, 0, LARGEST_SEED);
  print(`${chosen.length} faults with seed ${seed}${values.smoke ? ', in short' : ''}; again with: npm run faults -- --seed ${seed}${values.only === undefined ? '' : ` --only ${values.only}`}${values.smoke ? ' --smoke' : ''}`);
  const begun = performance.now();
  const results = await runAll(chosen, { seed, short: values.smoke, atOnce: bounded('at-once', values['at-once'], 1, 8) });
  const seconds = Math.round((performance.now() - begun) / 1000);
  printTable(chosen, results);
  const broken = results.filter(({ verdict }) => verdict === 'broken');
  print(`\n${results.length - broken.length} of ${results.length} held or were skipped, in ${seconds} s, seed ${seed}`);
  if (values.only === undefined && !values.smoke) writeFileSync(RESULTS, `${JSON.stringify({ command: 'npm run faults', seed, seconds, results: results.map((result) => ({ ...result, mustHold: chosen.find(({ name }) => name === result.fault)?.mustHold })) }, null, 1)}\n`);
  process.exitCode = broken.length === 0 ? 0 : 1;
  return undefined;
}

/** So many at a time, because faults wait most of the time. In the order in which they were chosen. */
async function runAll(chosen: readonly Fault[], { seed, short, atOnce }: { readonly seed: number; readonly short: boolean; readonly atOnce: number }): Promise<readonly FaultResult[]> {
  const results = new Map<string, FaultResult>();
  const waiting = [...chosen];
  await Promise.all(Array.from({ length: atOnce }, async () => {
    for (let fault = waiting.shift(); fault !== undefined && !interrupted; fault = waiting.shift()) {
      const cleanUp = new CleanUp();
      underWay.add(cleanUp);
      const result = await runFault(fault, { seed, short, cleanUp });
      underWay.delete(cleanUp);
      results.set(fault.name, result);
      if (!interrupted) print(progressOf(result));
    }
  }));
  return chosen.flatMap(({ name }) => results.get(name) ?? []);
}

const underWay = new Set<CleanUp>();
let interrupted = false;

/** Ctrl-C takes down what runs, and a second one ends at once. */
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (interrupted) process.exit(1);
    interrupted = true;
    print(`\n${signal}: taking everything down`);
    void Promise.all([...underWay].map((cleanUp) => cleanUp.run())).then((left) => {
      for (const problem of left.flat()) print(`left behind: ${problem}`);
      process.exit(130);
    });
  });
}

function bounded(name: string, text: string, minimum: number, maximum: number): number {
  const value = Number(text);
  if (text === '' || !Number.isInteger(value) || value < minimum || value > maximum) throw new Error(`--${name} takes a whole number from ${minimum} to ${maximum}, not "${text}"\n${USAGE}`);
  return value;
}

function choose(only: string | undefined, smoke: boolean): readonly Fault[] {
  if (only === undefined) return smoke ? FAULTS.filter((fault) => fault.smoke) : FAULTS;
  return only.split(',').map((name) => {
    const fault = FAULTS.find((known) => known.name === name);
    if (fault === undefined) throw new Error(`there is no fault "${name}"${didYouMean(name, FAULTS.map((known) => known.name))}\n${USAGE}`);
    return fault;
  });
}

function printList(faults: readonly Fault[]): void {
  for (const { name, mustHold, whyNot } of faults) {
    const why = whyNot?.();
    print(`${name}: ${mustHold}${why === undefined ? '' : ` (not here: ${why})`}`);
  }
}

function progressOf(result: FaultResult): string {
  switch (result.verdict) {
    case 'held':
      return `held     ${result.fault} (${result.seconds} s)`;
    case 'broken':
      return `BROKEN   ${result.fault} (${result.seconds} s): ${result.problem}`;
    case 'skipped':
      return `skipped  ${result.fault}: ${result.problem}`;
  }
}

function printTable(faults: readonly Fault[], results: readonly FaultResult[]): void {
  print('\n| fault | must hold (and always: 0 failed requests, changes arrive, versions do not go down, counts are exact) | measured | verdict | s |');
  print('|---|---|---|---|--:|');
  for (const result of results) {
    const mustHold = faults.find(({ name }) => name === result.fault)?.mustHold ?? '';
    const measured = result.verdict === 'held' ? Object.entries(result.measured).map(([name, value]) => `${name} ${value}`).join(', ') : result.problem.split('\n')[0];
    print(`| ${result.fault} | ${mustHold} | ${measured} | ${result.verdict} | ${result.verdict === 'skipped' ? '' : result.seconds} |`);
  }
}

try {
  await main();
} catch (thrown) {
  process.stderr.write(`${thrown instanceof Error ? thrown.message : String(thrown)}\n`);
  process.exitCode = 2;
}
