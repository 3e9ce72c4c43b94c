/**
 * A client's groups as backends read them in X-Authenticated-Groups and X-Consumer-Groups: separated by commas. Used by the engine and by acl.
 */

/** Empty where there are none. One with a comma is left out: a backend would read two, of which the client may have chosen the second. */
export function groupList(groups: readonly string[]): string {
  return groups.filter(isOne).join(', ');
}

/** Whether it would be read as what it is. */
export function isOne(group: string): boolean {
  return !group.includes(',');
}
