/**
 * Names with wildcards as keys of an index: instead of comparing a name with every pattern, all patterns that could take it are
 * looked up. For hosts and server names (SNI), whose one `*` is the first or the last label and stands for one or more labels.
 */

/** Longer than any name in the DNS: such a name is taken by no pattern. */
export const MAX_NAME_LENGTH = 255;

/** Dots of a pattern with a wildcard: how many there are behind a `*` at the start, less than 0 before one at the end; 0 for a plain name. */
export function wildcardShape(pattern: string): number {
  if (!pattern.includes('*')) return 0;
  const dots = pattern.split('.').length - 1;
  return pattern.startsWith('*') ? dots : -dots;
}

/**
 * Every pattern that takes the name: itself, `*.b.c`, `*.c`, `a.*`, `a.b.*`. With `shapes`, only such as have one of these: a client
 * may send a name of a hundred labels, and the patterns there are have few shapes (R5).
 */
export function wildcardKeys(name: string, shapes?: ReadonlySet<number>): readonly string[] {
  if (name.length > MAX_NAME_LENGTH) return [];
  const keys = [name];
  if (shapes?.size === 0) return keys;
  const dots = name.split('.').length - 1;
  for (let dot = name.indexOf('.'), index = 0; dot >= 0; dot = name.indexOf('.', dot + 1), index += 1) {
    if (shapes === undefined || shapes.has(dots - index)) keys.push(`*${name.slice(dot)}`);
    if (shapes === undefined || shapes.has(-index - 1)) keys.push(`${name.slice(0, dot + 1)}*`);
  }
  return keys;
}
