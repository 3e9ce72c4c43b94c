/**
 * `npm run fuzz -- --minutes 30 --seed 1`: fuzzes the wire engine and a running proxy until the time is over or something is
 * found, prints what was done, and ends with 1 where something was found. Without a seed it takes one and says which.
 */
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { describeResult, runFuzz } from './run-fuzz.ts';

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '5' }, seed: { type: 'string' } } });
const minutes = Number(values.minutes);
const seed = values.seed === undefined ? randomInt(1_000_000_000) : Number(values.seed);
if (!(minutes > 0) || !Number.isInteger(seed)) {
  process.stderr.write('usage: npm run fuzz -- --minutes 30 --seed 1   (minutes above 0, a whole number as seed)\n');
  process.exit(2);
}
const print = (text: string): void => void process.stdout.write(`${text}\n`);
print(`fuzzing for ${minutes} minutes with seed ${seed}`);
const result = await runFuzz({ seed, maxRounds: Number.POSITIVE_INFINITY, maxMs: minutes * 60_000, progress: (soFar) => print(describeResult(soFar)) });
print(describeResult(result));
process.exitCode = result.parsers.findings.length + result.proxy.findings.length === 0 ? 0 : 1;
