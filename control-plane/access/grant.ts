/**
 * One permission of a role or a token: who has it may (or, with `deny`, may not) do these verbs to these resources, in these
 * gateways, to entities with these tags. Stored as JSON; checked where it comes in (admin-api/v1/grant-fields.ts).
 */
import { isOfEntities, type Resource, type Verb } from './permission.ts';

export interface Grant {
  /** One matching `deny` outweighs any number of `allow`. */
  readonly effect: 'allow' | 'deny';
  /** Names of gateways, `*` standing for any text. What belongs to the tenant as a whole needs `*` alone. */
  readonly gateways: readonly string[];
  /** `*`: everything, also what later versions add. */
  readonly resources: readonly (Resource | '*')[];
  readonly verbs: readonly (Verb | '*')[];
  /** Only entities that carry all of these; nothing but entities can be named then. Empty: all. */
  readonly tags: readonly string[];
}

export const ANY = '*';

/** True where the grant is about the verb on the resource, in some gateway and for some tags. */
export function isAbout({ resources, verbs }: Grant, on: Resource, verb: Verb): boolean {
  if (!verbs.includes(ANY) && !verbs.includes(verb)) return false;
  return resources.includes(ANY) || resources.includes(on) || (isOfEntities(on) && resources.includes('entities'));
}

/** Whether it counts in this gateway; undefined asks for the tenant as a whole. */
export function countsIn({ gateways }: Grant, gateway: string | undefined): boolean {
  return gateways.some((pattern) => pattern === ANY || (gateway !== undefined && matches(pattern, gateway)));
}

/** Of what stands in gateways, tags are asked of entities alone: a grant with tags gives nothing else. */
export function countsFor(grant: Grant, on: Resource): boolean {
  return grant.tags.length === 0 || isOfEntities(on);
}

/** `prod-*` matches `prod-eu`; a pattern as text is matched by a wider pattern. */
export function matches(pattern: string, text: string): boolean {
  const [first = '', ...rest] = pattern.split(ANY);
  if (rest.length === 0) return pattern === text;
  const last = rest.at(-1) ?? '';
  if (!text.startsWith(first) || !text.endsWith(last) || text.length < first.length + last.length) return false;
  let from = first.length;
  for (const part of rest.slice(0, -1)) {
    const found = text.indexOf(part, from);
    if (found === -1 || found + part.length > text.length - last.length) return false;
    from = found + part.length;
  }
  return true;
}
