/**
 * One round of the parsers' fuzzing: a stream of messages is read whole by the engine's parsers, by llhttp and by the oracle's
 * reader, and once more by the engine's in pieces. Counts what happened and keeps what must be looked at.
 */
import { KNOWN_AGAINST_NODE, KNOWN_AGAINST_ORACLE, judge, sameReading, type Judgement } from './differences.ts';
import { generateStream, mutate, type MessageKind } from './generate-message.ts';
import type { Random } from './random.ts';
import { readAsEngine } from './read-as-engine.ts';
import { readAsNode } from './read-as-node.ts';
import { readStrictly } from './read-strictly.ts';

const MAX_FINDINGS = 20;
/** Longer streams are cut at some positions only. */
const MAX_EVERY_CUT = 400;

export class FuzzCounts {
  streams = 0;
  readings = 0;
  /** Messages that the engine accepted. */
  accepted = 0;
  /** Streams that the engine refused at some point, by why. */
  readonly refused = new Map<string, number>();
  /** Differences that are explained, by why and reader. */
  readonly known = new Map<string, number>();
  /** Where the engine is stricter than another reader. */
  readonly stricter = new Map<string, number>();
  readonly findings: string[] = [];

  finding(what: string, stream: Buffer): void {
    if (this.findings.length < MAX_FINDINGS) this.findings.push(`${what}\n    in ${JSON.stringify(stream.toString('latin1'))}`);
  }
}

export function count(into: Map<string, number>, key: string): void {
  into.set(key, (into.get(key) ?? 0) + 1);
}

/** `corpus`: streams to bend besides the generated ones. */
export function fuzzParsers(random: Random, corpus: readonly string[], counts: FuzzCounts): void {
  const kind: MessageKind = random.chance(0.65) ? 'request' : 'response';
  const [first, ...rest] = corpus;
  const fromCorpus = kind === 'request' && first !== undefined && random.chance(0.2);
  const made = fromCorpus ? random.pick([first, ...rest]) : generateStream(random, kind);
  const stream = Buffer.from(fromCorpus || random.chance(0.45) ? mutate(random, made) : made, 'latin1');
  counts.streams += 1;
  const whole = readAsEngine(stream, kind, []);
  counts.readings += 3;
  counts.accepted += whole.messages.length;
  if (whole.outcome === 'refused') count(counts.refused, whole.why);
  note(counts, 'llhttp', judge(whole, readAsNode(stream, kind), KNOWN_AGAINST_NODE, stream), stream);
  note(counts, 'oracle', judge(whole, readStrictly(stream, kind), KNOWN_AGAINST_ORACLE, stream), stream);
  for (const cuts of cutsOf(random, stream.length)) {
    counts.readings += 1;
    if (!sameReading(whole, readAsEngine(stream, kind, cuts))) return counts.finding(`reads otherwise when cut at ${cuts.join(', ')}`, stream);
  }
}

function cutsOf(random: Random, length: number): readonly (readonly number[])[] {
  const some = [random.cuts(length, 1), random.cuts(length, 5), random.cuts(length, 40)];
  if (length > MAX_EVERY_CUT || !random.chance(0.03)) return some;
  const each = Array.from({ length: length - 1 }, (_, at) => [at + 1]);
  return [...some, ...each, each.flat()];
}

function note(counts: FuzzCounts, reader: string, judgement: Judgement, stream: Buffer): void {
  switch (judgement.kind) {
    case 'same':
      return undefined;
    case 'stricter':
      return count(counts.stricter, `${reader}: ${judgement.why}`);
    case 'known':
      return count(counts.known, `${reader}: ${judgement.why}`);
    case 'finding':
      return counts.finding(`${reader}: ${judgement.what}`, stream);
  }
}
