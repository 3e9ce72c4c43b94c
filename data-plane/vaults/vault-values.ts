/**
 * What the references of a configuration stand for now, as the agent hands it to the proxy threads: plain data. Secret, and never
 * written anywhere as it is.
 */

/** `problem`: code and reason, for people; never a value. */
export type VaultValue = { readonly kind: 'value'; readonly value: string } | { readonly kind: 'missing'; readonly problem: string };

/** By the text of the reference. */
export type VaultValues = ReadonlyMap<string, VaultValue>;

/** Absent counts as equal to absent only. */
export function isSameValue(one: VaultValue | undefined, other: VaultValue | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  return one.kind === 'value' ? other.kind === 'value' && one.value === other.value : other.kind === 'missing' && one.problem === other.problem;
}

export function areSameValues(one: VaultValues, other: VaultValues): boolean {
  return one.size === other.size && [...one].every(([text, value]) => isSameValue(value, other.get(text)));
}
