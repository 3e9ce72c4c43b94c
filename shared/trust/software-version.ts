/** Software versions `x.y.z` as manifests compare them. A pre-release suffix of a running build counts as its release. */

/** Negative where `a` is older than `b`, 0 where equal. Text that is no version counts as 0.0.0, the oldest. */
export function compareSoftwareVersions(a: string, b: string): number {
  const left = numbersOf(a);
  const right = numbersOf(b);
  for (const [index, number] of left.entries()) {
    const difference = number - (right[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

function numbersOf(text: string): readonly [number, number, number] {
  const [, major = '0', minor = '0', patch = '0'] = /^(\d+)\.(\d+)\.(\d+)/.exec(text) ?? [];
  return [Number(major), Number(minor), Number(patch)];
}
