/**
 * How many data planes must have a version, and whether they do, or never will: pure, so that every case is under test. Used by
 * publish.ts.
 */
import { HoldfastError } from '../../shared/errors.ts';

/** `99%` of those counted, or a number of them. */
export type Quorum = { readonly kind: 'percent'; readonly percent: number } | { readonly kind: 'count'; readonly count: number };

/** What the convergence endpoint says, as far as it decides. */
export interface Progress {
  /** All that the selector selects. */
  readonly selected: number;
  /** Those of which the quorum is asked. */
  readonly counted: number;
  readonly applied: number;
  /** Refused or fell back, and not to be offered this again. */
  readonly refusedForGood: number;
}

export type Verdict = 'converged' | 'waiting' | 'refused' | 'nothing-selected';

/** Throws CLI_QUORUM_INVALID. */
export function parseQuorum(text: string): Quorum {
  const [, number = '', percent] = /^(\d{1,9}(?:\.\d{1,3})?)(%?)$/.exec(text) ?? [];
  const value = Number(number);
  if (percent === '%' && value > 0 && value <= 100) return { kind: 'percent', percent: value };
  if (percent === '' && Number.isInteger(value) && value >= 1) return { kind: 'count', count: value };
  throw new HoldfastError({ code: 'CLI_QUORUM_INVALID', source: 'gateway', publicMessage: `--quorum takes a share or a number of data planes, not "${text}": --quorum 99%, --quorum 3` });
}

/** Of so many data planes; at least one. */
export function neededOf(quorum: Quorum, counted: number): number {
  if (quorum.kind === 'count') return quorum.count;
  // In thousandths of a percent, because 0.07 * 100 is not 7.
  return Math.max(1, Math.ceil((counted * Math.round(quorum.percent * 1000)) / 100_000));
}

/**
 * `refused`: those that are selected would have been enough, and without those that refused they are not, even if all others applied
 * it, also those that are not connected now. Where more are asked for than there are, more are waited for.
 */
export function judge(quorum: Quorum, { selected, counted, applied, refusedForGood }: Progress): Verdict {
  if (selected === 0) return 'nothing-selected';
  if (applied >= neededOf(quorum, counted)) return 'converged';
  const needed = neededOf(quorum, selected);
  return needed <= selected && selected - refusedForGood < needed ? 'refused' : 'waiting';
}
