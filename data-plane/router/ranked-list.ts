/** Sorted lists that nobody changes: the routers' candidates, best first. */

/** The list with the item at its place. */
export function inserted<T>(list: readonly T[], item: T, compare: (a: T, b: T) => number): readonly T[] {
  let [from, to] = [0, list.length];
  while (from < to) {
    const middle = (from + to) >>> 1;
    const other = list[middle];
    if (other !== undefined && compare(other, item) <= 0) from = middle + 1;
    else to = middle;
  }
  return list.toSpliced(from, 0, item);
}
