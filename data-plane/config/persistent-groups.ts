/**
 * An immutable one-to-many index (the routes of a service, the plugins of a scope) on top of PersistentMap. A draft copies
 * a group when it first touches it and changes it in place from then on, so that building large groups is not quadratic.
 */
import { PersistentMap, type MapDraft } from './persistent-map.ts';

const NO_MEMBERS: ReadonlySet<string> = new Set();

export class PersistentGroups {
  readonly #groups: PersistentMap<ReadonlySet<string>>;

  /** Without an argument there are no groups; the argument is for drafts. */
  constructor(groups: PersistentMap<ReadonlySet<string>> = new PersistentMap()) {
    this.#groups = groups;
  }

  membersOf(group: string): ReadonlySet<string> {
    return this.#groups.get(group) ?? NO_MEMBERS;
  }

  draft(): GroupsDraft {
    return new GroupsDraft(this, this.#groups.draft());
  }
}

/** Changes on top of persistent groups. Not to be used after `finish`. */
export class GroupsDraft {
  readonly #original: PersistentGroups;
  readonly #groups: MapDraft<ReadonlySet<string>>;
  readonly #own = new Map<string, Set<string>>();

  constructor(original: PersistentGroups, groups: MapDraft<ReadonlySet<string>>) {
    this.#original = original;
    this.#groups = groups;
  }

  membersOf(group: string): ReadonlySet<string> {
    return this.#groups.get(group) ?? NO_MEMBERS;
  }

  add(group: string, member: string): void {
    this.#ownGroup(group).add(member);
  }

  remove(group: string, member: string): void {
    if (!this.membersOf(group).has(member)) return;
    const members = this.#ownGroup(group);
    members.delete(member);
    if (members.size > 0) return;
    this.#groups.delete(group);
    this.#own.delete(group);
  }

  /** The groups with the changes; the original itself where there were none. */
  finish(): PersistentGroups {
    const groups = this.#groups.finish();
    return this.#groups.changed ? new PersistentGroups(groups) : this.#original;
  }

  #ownGroup(group: string): Set<string> {
    const own = this.#own.get(group);
    if (own !== undefined) return own;
    const copy = new Set(this.membersOf(group));
    this.#own.set(group, copy);
    this.#groups.set(group, copy);
    return copy;
  }
}
