/**
 * An immutable one-to-many index (the routes of a service, the plugins of a scope) on top of PersistentMap. A draft copies
 * a group when it first touches it and changes it in place from then on, so that building large groups is not quadratic. A
 * large group is a persistent map itself, so that one route of a service with 100,000 costs no more than any other.
 */
import { PersistentMap, type MapDraft } from './persistent-map.ts';

/** The members of a group, in no order. */
export interface Members extends Iterable<string> {
  readonly size: number;
  has(member: string): boolean;
}

/** Copied whole up to here: some 20 µs. */
const MAX_SMALL = 512;
const NO_MEMBERS: Members = new Set<string>();

export class PersistentGroups {
  readonly #groups: PersistentMap<Members>;

  /** Without an argument there are no groups; the argument is for drafts. */
  constructor(groups: PersistentMap<Members> = new PersistentMap()) {
    this.#groups = groups;
  }

  membersOf(group: string): Members {
    return this.#groups.get(group) ?? NO_MEMBERS;
  }

  draft(): GroupsDraft {
    return new GroupsDraft(this, this.#groups.draft());
  }
}

/** Changes on top of persistent groups. Not to be used after `finish`. */
export class GroupsDraft {
  readonly #original: PersistentGroups;
  readonly #groups: MapDraft<Members>;
  readonly #own = new Map<string, OwnGroup>();

  constructor(original: PersistentGroups, groups: MapDraft<Members>) {
    this.#original = original;
    this.#groups = groups;
  }

  add(group: string, member: string): void {
    this.#ownGroup(group).add(member);
  }

  remove(group: string, member: string): void {
    const members = this.#own.get(group) ?? this.#groups.get(group);
    if (members?.has(member) === true) this.#ownGroup(group).remove(member);
  }

  /** The groups with the changes; the original itself where there were none. */
  finish(): PersistentGroups {
    if (this.#own.size === 0) return this.#original;
    for (const [group, own] of this.#own) {
      if (own.size === 0) this.#groups.delete(group);
      else this.#groups.set(group, own.finish());
    }
    return new PersistentGroups(this.#groups.finish());
  }

  #ownGroup(group: string): OwnGroup {
    const own = this.#own.get(group);
    if (own !== undefined) return own;
    const made = new OwnGroup(this.#groups.get(group) ?? NO_MEMBERS);
    this.#own.set(group, made);
    return made;
  }
}

/** A group that only its draft has seen. */
class OwnGroup {
  readonly #small = new Set<string>();
  #large: MapDraft<true> | undefined;

  constructor(members: Members) {
    if (members instanceof LargeGroup) this.#large = members.byName.draft();
    else for (const member of members) this.#small.add(member);
  }

  get size(): number {
    return this.#large?.size ?? this.#small.size;
  }

  has(member: string): boolean {
    return this.#large === undefined ? this.#small.has(member) : this.#large.get(member) === true;
  }

  add(member: string): void {
    if (this.#large === undefined) {
      this.#small.add(member);
      if (this.#small.size > MAX_SMALL) this.#grow();
    } else this.#large.set(member, true);
  }

  remove(member: string): void {
    this.#small.delete(member);
    this.#large?.delete(member);
  }

  finish(): Members {
    return this.#large === undefined ? this.#small : new LargeGroup(this.#large.finish());
  }

  #grow(): void {
    const large = new PersistentMap<true>().draft();
    for (const member of this.#small) large.set(member, true);
    this.#large = large;
    this.#small.clear();
  }
}

class LargeGroup implements Members {
  readonly byName: PersistentMap<true>;

  constructor(byName: PersistentMap<true>) {
    this.byName = byName;
  }

  get size(): number {
    return this.byName.size;
  }

  has(member: string): boolean {
    return this.byName.has(member);
  }

  *[Symbol.iterator](): Generator<string> {
    for (const [member] of this.byName.entries()) yield member;
  }
}
