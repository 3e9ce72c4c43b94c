/**
 * How large a regular expression becomes once its counted repeats are written out: what compiling it costs, in the control
 * plane and in every proxy thread. From the text alone, because compiling is what this guards. Used by entities/route-bounds.ts.
 */
const QUOTED = /\\Q([^]*?)(?:\\E|$)/y;
const ESCAPE = /\\(?:[pPx]\{[^}]*\}|[^])/y;
const CLASS = /\[\^?\]?(?:\[:\^?\w+:\]|\\[^]|[^\]\\])*\]/y;
const COUNTED = /\{(\d+)(?:,(\d*))?\}/y;

/** What all regular expressions of one route may take together: they compile within some 100 ms. */
export const MAX_REGEX_STEPS = 50_000;

/** At least half the number of steps of the compiled program (RE2 syntax), in practice rather more than all. Linear in the length of the text; means nothing for what does not compile. */
export function estimateRegexSize(pattern: string): number {
  const around: number[] = [];
  let size = 0;
  /** What a repeat that follows would repeat. */
  let last = 0;
  const add = (steps: number): void => {
    size += steps;
    last = steps;
  };
  for (let at = 0; at < pattern.length; ) {
    const take = (token: RegExp): RegExpExecArray | null => {
      token.lastIndex = at;
      const taken = token.exec(pattern);
      at += taken?.[0].length ?? 0;
      return taken;
    };
    const character = pattern[at];
    if (character === '\\') {
      const quoted = take(QUOTED);
      if (quoted !== null) add(quoted[1]?.length ?? 0);
      else if (take(ESCAPE) === null) return size;
      else add(1);
    } else if (character === '[') {
      // One that is not closed does not compile; looking for its end again and again would cost the square of the length.
      if (take(CLASS) === null) return size;
      add(1);
    } else if (character === '{') {
      const counted = take(COUNTED);
      if (counted === null) {
        at += 1;
        add(1);
      } else {
        size -= last;
        add((last + 1) * Math.max(Number(counted[1]), Number(counted[2] ?? 0)) + 1);
      }
    } else {
      at += 1;
      if (character === '(') {
        around.push(size);
        size = 0;
      } else if (character === ')' && around.length > 0) {
        const group = size + 2;
        size = around.pop() ?? 0;
        add(group);
      } else add(1);
    }
  }
  return around.reduce((sum, outer) => sum + outer, size);
}
