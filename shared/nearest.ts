import { distance } from 'fastest-levenshtein';

/** The known name nearest to a mistyped one, or undefined where nothing is close enough to be a typing slip: some of what was typed must be right. */
export function nearestName(unknown: string, known: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.min(unknown.length, Math.max(2, Math.floor(unknown.length / 3)) + 1);
  for (const candidate of known) {
    // The distance is no less than that; and what was typed may be megabytes long.
    if (Math.abs(candidate.length - unknown.length) >= bestDistance) continue;
    const d = distance(unknown.toLowerCase(), candidate.toLowerCase());
    if (d < bestDistance) {
      best = candidate;
      bestDistance = d;
    }
  }
  return best;
}

/** ` (did you mean "x"?)`, or nothing: to be appended to a refusal. */
export function didYouMean(unknown: string, known: Iterable<string>): string {
  const nearest = nearestName(unknown, known);
  return nearest === undefined ? '' : ` (did you mean "${nearest}"?)`;
}
