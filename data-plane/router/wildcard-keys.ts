/**
 * Names with wildcards as keys of an index: instead of comparing a name with every pattern, all patterns that could take it are
 * looked up. For hosts and server names (SNI), whose one `*` is the first or the last label and stands for one or more labels.
 */

/** Longer than any name in the DNS: such a name is taken by no pattern. */
export const MAX_NAME_LENGTH = 255;

/** Every pattern that takes the name: itself, `*.b.c`, `*.c`, `a.*`, `a.b.*`. */
export function wildcardKeys(name: string): readonly string[] {
  if (name.length > MAX_NAME_LENGTH) return [];
  const keys = [name];
  for (let dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1)) keys.push(`*${name.slice(dot)}`, `${name.slice(0, dot + 1)}*`);
  return keys;
}
