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
  /** The only one, as long as there has been no other. */
  #single: string | undefined;
  #small: Set<string> | undefined;
  #large: MapDraft<true> | undefined;

  constructor(members: Members) {
    if (members instanceof LargeGroup) this.#large = members.byName.draft();
    else for (const member of members) this.add(member);
  }

  get size(): number {
    return this.#large?.size ?? this.#small?.size ?? (this.#single === undefined ? 0 : 1);
  }

  has(member: string): boolean {
    return this.#large === undefined ? this.#small?.has(member) ?? this.#single === member : this.#large.get(member) === true;
  }

  add(member: string): void {
    if (this.#large !== undefined) this.#large.set(member, true);
    else if (this.#small === undefined && (this.#single === undefined || this.#single === member)) this.#single = member;
    else this.#addToSmall(member);
  }

  remove(member: string): void {
    if (this.#single === member) this.#single = undefined;
    this.#small?.delete(member);
    this.#large?.delete(member);
  }

  finish(): Members {
    if (this.#large !== undefined) return new LargeGroup(this.#large.finish());
    return this.#small ?? (this.#single === undefined ? NO_MEMBERS : new SingleMember(this.#single));
  }

  #addToSmall(member: string): void {
    const small = this.#small ?? new Set(this.#single === undefined ? [] : [this.#single]);
    this.#single = undefined;
    this.#small = small.add(member);
    if (small.size <= MAX_SMALL) return;
    const large = new PersistentMap<true>().draft();
    for (const one of small) large.set(one, true);
    this.#large = large;
    this.#small = undefined;
  }
}

/** Most groups are: a consumer has one key. A sixth of the memory of a Set. */
class SingleMember implements Members {
  readonly #member: string;

  constructor(member: string) {
    this.#member = member;
  }

  get size(): number {
    return 1;
  }

  has(member: string): boolean {
    return member === this.#member;
  }

  *[Symbol.iterator](): Generator<string> {
    yield this.#member;
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
