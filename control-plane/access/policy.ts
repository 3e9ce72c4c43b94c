/**
 * What a caller may do: the grants of its roles, and of its token where that is narrower. Deny by default; one deny
 * outweighs all that allow. Made by admission.ts for each caller, asked by it for each operation, and by the store for each
 * entity that is read or written (EntityAccess).
 */
import type { EntityKind } from '../../shared/model/definition.ts';
import { entityKinds } from '../../shared/model/registry.ts';
import { countsFor, countsIn, isAbout, type Grant } from './grant.ts';
import { placeOf, type Permission, type Resource, type Verb } from './permission.ts';

/** Which entities of a kind a verb may be done to: those that match one of `allow` and none of `deny`, each a set of tags. */
export interface TagRule {
  readonly allow: readonly (readonly string[])[];
  readonly deny: readonly (readonly string[])[];
}

/** What may be done to the entities of one gateway; what store.read and store.write are given. */
export interface EntityAccess {
  /** True where nothing needs to be looked at: the verb may be done to every entity of the kind. */
  readonly mayAll: (kind: EntityKind, verb: Verb) => boolean;
  readonly may: (kind: EntityKind, verb: Verb, tags: readonly string[]) => boolean;
  /** All of these must let an entity through. */
  readonly rulesFor: (kind: EntityKind, verb: Verb) => readonly TagRule[];
}

/** For the control plane itself. */
export const EVERY_ENTITY: EntityAccess = { mayAll: () => true, may: () => true, rulesFor: () => [] };

export class Policy {
  /** Of roles, which add up; then of a token, which narrows. */
  readonly lists: readonly (readonly Grant[])[];
  readonly #installationAdmin: boolean;
  readonly #gateways = new Map<string, EntityAccess>();

  constructor(lists: readonly (readonly Grant[])[], installationAdmin: boolean) {
    this.lists = lists;
    this.#installationAdmin = installationAdmin;
  }

  /** Whether an operation may be begun. Without a gateway, what is decided gateway by gateway is allowed where it is in some gateway. */
  allows({ on, verb }: Permission, gateway: string | undefined): boolean {
    const verbs = typeof verb === 'string' ? [verb] : verb;
    const kinds: readonly Resource[] = on === 'entities' ? [on, ...entityKinds] : [on];
    return kinds.some((resource) => verbs.some((one) => this.#allowsOne(resource, one, gateway)));
  }

  /** What may be done to entities of a gateway; kept, because a gateway is asked for with every request. */
  entitiesOf(gateway: string): EntityAccess {
    const known = this.#gateways.get(gateway);
    if (known !== undefined) return known;
    const access = new PolicyInGateway(this.lists, gateway);
    if (this.#gateways.size >= MOST_KEPT) this.#gateways.clear();
    this.#gateways.set(gateway, access);
    return access;
  }

  /** Whether more would be permitted in a gateway called `name` than in one called `before`. */
  gainsIn(name: string, before: string): boolean {
    return this.lists.some((grants) => grants.some((grant) => {
      const [more, less] = grant.effect === 'allow' ? [name, before] : [before, name];
      return countsIn(grant, more) && !countsIn(grant, less);
    }));
  }

  #allowsOne(on: Resource, verb: Verb, gateway: string | undefined): boolean {
    const place = placeOf(on);
    if (place === 'everybody' && verb === 'read') return true;
    if (place === 'installation' && !this.#installationAdmin) return false;
    const counts = (grant: Grant): boolean => (place === 'gateway' ? gateway === undefined || countsIn(grant, gateway) : countsIn(grant, undefined));
    return this.lists.every((grants) => {
      const about = grants.filter((grant) => isAbout(grant, on, verb) && countsFor(grant, on) && counts(grant));
      const denied = about.some((grant) => grant.effect === 'deny' && grant.tags.length === 0 && (place !== 'gateway' || gateway !== undefined || countsIn(grant, undefined)));
      return !denied && about.some((grant) => grant.effect === 'allow');
    });
  }
}

/** Gateways of one caller; more are worked out again. */
const MOST_KEPT = 100;

class PolicyInGateway implements EntityAccess {
  readonly #lists: readonly (readonly Grant[])[];
  readonly #rules = new Map<string, readonly TagRule[]>();

  constructor(lists: readonly (readonly Grant[])[], gateway: string) {
    this.#lists = lists.map((grants) => grants.filter((grant) => countsIn(grant, gateway)));
  }

  /** One rule for each list that does not let all through. */
  rulesFor(kind: EntityKind, verb: Verb): readonly TagRule[] {
    const key = `${verb} ${kind}`;
    const known = this.#rules.get(key);
    if (known !== undefined) return known;
    const rules = this.#lists.flatMap((grants) => {
      const about = grants.filter((grant) => isAbout(grant, kind, verb));
      const allow = about.filter(({ effect }) => effect === 'allow').map(({ tags }) => tags);
      const deny = about.filter(({ effect }) => effect === 'deny').map(({ tags }) => tags);
      if (deny.length === 0 && allow.some((tags) => tags.length === 0)) return [];
      return [deny.some((tags) => tags.length === 0) ? { allow: [], deny: [] } : { allow, deny }];
    });
    this.#rules.set(key, rules);
    return rules;
  }

  mayAll(kind: EntityKind, verb: Verb): boolean {
    return this.rulesFor(kind, verb).length === 0;
  }

  may(kind: EntityKind, verb: Verb, tags: readonly string[]): boolean {
    const carries = (wanted: readonly string[]): boolean => wanted.every((tag) => tags.includes(tag));
    return this.rulesFor(kind, verb).every((rule) => rule.allow.some(carries) && !rule.deny.some(carries));
  }
}
