/**
 * Whether one set of permissions holds all of another, so that nobody gives away more than they have. Careful rather than
 * clever: a single grant must cover each part of what is given, so two that only together would do are not enough. Used
 * wherever a role, a token or an operator is made or changed.
 */
import { ANY, isAbout, matches, type Grant } from './grant.ts';
import { isOfEntities, resources, VERBS, type Resource, type Verb } from './permission.ts';

type Policies = readonly (readonly Grant[])[];

/** A word for what `theirs` gives and `mine` does not; undefined where it gives nothing more. */
export function findExcess(mine: Policies, theirs: Policies): string | undefined {
  // What several lists let through together is within each of them, so one of theirs that is within mine is enough.
  for (const list of mine) {
    const excesses = theirs.map((other) => excessOf(list, other));
    if (!excesses.includes(undefined)) return excesses[0];
  }
  return undefined;
}

function excessOf(mine: readonly Grant[], theirs: readonly Grant[]): string | undefined {
  for (const given of theirs) {
    if (given.effect === 'deny') continue;
    for (const resource of expandResources(given)) {
      for (const verb of expandVerbs(given)) {
        for (const gateway of given.gateways) {
          const part = { resource, verb, gateway, tags: given.tags };
          const had = mine.some((grant) => grant.effect === 'allow' && holds(grant, part));
          const forbidden = mine.filter((grant) => grant.effect === 'deny' && touches(grant, part)).some((grant) => !theirs.some((other) => other.effect === 'deny' && isWithin(grant, other)));
          if (!had || forbidden) return `${verb === ANY ? 'everything' : verb} on ${resource === ANY ? 'everything' : resource}${gateway === ANY ? '' : ` in ${gateway}`}${given.tags.length === 0 ? '' : ` with the tags ${given.tags.join(', ')}`}`;
        }
      }
    }
  }
  return undefined;
}

interface Part {
  readonly resource: Resource | '*';
  readonly verb: Verb | '*';
  /** A name or a pattern. */
  readonly gateway: string;
  readonly tags: readonly string[];
}

function expandResources({ resources: named }: Grant): readonly (Resource | '*')[] {
  return named.includes(ANY) ? [ANY] : named;
}

function expandVerbs({ verbs }: Grant): readonly (Verb | '*')[] {
  return verbs.includes(ANY) ? [ANY] : verbs;
}

/** All of the part: what asks for everything is held only by what gives everything. */
function holds(grant: Grant, { resource, verb, gateway, tags }: Part): boolean {
  const hasVerb = grant.verbs.includes(ANY) || (verb === ANY ? VERBS.every((one) => grant.verbs.includes(one)) : grant.verbs.includes(verb));
  const hasResource = grant.resources.includes(ANY) || (resource !== ANY && (grant.resources.includes(resource) || (isOfEntities(resource) && grant.resources.includes('entities'))));
  return hasVerb && hasResource && grant.gateways.some((pattern) => matches(pattern, gateway)) && grant.tags.every((tag) => tags.includes(tag));
}

/** Some of the part, as far as resource and verb tell. */
function touches(grant: Grant, { resource, verb }: Part): boolean {
  const those: readonly Resource[] = resource === ANY || resource === 'entities' ? resources : [resource];
  return those.some((one) => VERBS.some((other) => (verb === ANY || verb === other) && isAbout(grant, one, other)));
}

/** All that the inner one is about, the outer one is about too. */
function isWithin(inner: Grant, outer: Grant): boolean {
  return expandResources(inner).every((resource) => expandVerbs(inner).every((verb) => inner.gateways.every((gateway) => holds(outer, { resource, verb, gateway, tags: inner.tags }))));
}
