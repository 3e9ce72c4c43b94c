/**
 * Permissions as the admin API takes and shows them, in roles and tokens: each field checked, unknown words refused with the
 * nearest known one. Used by role-routes.ts and token-routes.ts.
 */
import type { Field, JsonObject, StringRule } from '../../../shared/model/definition.ts';
import type { RecordOf } from '../../../shared/model/entity-types.ts';
import { tagsField } from '../../../shared/model/common-fields.ts';
import { didYouMean } from '../../../shared/nearest.ts';
import { findExcess } from '../../access/covers.ts';
import { ANY, type Grant } from '../../access/grant.ts';
import { isOfEntities, isResource, isVerb, resources, VERBS, type Resource, type Verb } from '../../access/permission.ts';
import { forbidden, schemaViolation } from '../answer.ts';
import type { Caller } from '../route.ts';

/** In one role or token (R5). */
const MOST_GRANTS = 100;
const MOST_WORDS = 1_000;

const resourceRule: StringRule = {
  name: 'resource',
  check: (text) => (text === ANY || isResource(text) ? undefined : `must be "*", "entities" (all kinds), a kind of entity, or one of ${resources.filter((one) => one.includes('-')).slice(0, 4).join(', ')}…${didYouMean(text, resources)}`),
};
const verbRule: StringRule = {
  name: 'verb',
  check: (text) => (text === ANY || isVerb(text) ? undefined : `must be "*" or one of ${VERBS.join(', ')}${didYouMean(text, VERBS)}`),
};
const gatewayRule: StringRule = {
  name: 'gateway-pattern',
  check: (text) => (/^[A-Za-z0-9*][A-Za-z0-9._~*-]{0,99}$/.test(text) ? undefined : 'must be the name of a gateway, in which * stands for any text'),
};

export const grantFields = [
  { name: 'effect', tag: 1, type: { kind: 'string', oneOf: ['allow', 'deny'] }, default: 'allow', description: 'One `deny` outweighs all that allow.' },
  { name: 'gateways', tag: 2, type: { kind: 'set', of: { kind: 'string', rules: [gatewayRule] }, minLength: 1 }, default: ['*'], description: 'Names of gateways, `*` standing for any text. Operators, roles, tokens and the audit need `*`.' },
  { name: 'resources', tag: 3, type: { kind: 'set', of: { kind: 'string', rules: [resourceRule] }, minLength: 1 }, required: true, description: '`*`, `entities`, kinds of entities, or what the control plane has besides.' },
  { name: 'verbs', tag: 4, type: { kind: 'set', of: { kind: 'string', rules: [verbRule] }, minLength: 1 }, required: true, description: `\`*\` or some of ${VERBS.join(', ')}.` },
  { name: 'tags', tag: 5, type: { kind: 'set', of: tagsField.type.of }, default: [], description: 'Only entities that carry all of these; what is created or changed must carry them too.' },
] as const satisfies readonly Field[];

/** A list of permissions as a field of a body. */
export const permissionsType = { kind: 'array', of: { kind: 'record', fields: grantFields } } as const satisfies Field['type'];

/** Throws a Refusal for too many, and for what says two things at once. */
export function toGrants(given: readonly RecordOf<typeof grantFields>[]): readonly Grant[] {
  const words = given.reduce((sum, grant) => sum + grant.gateways.length + grant.resources.length + grant.verbs.length + grant.tags.length, 0);
  if (given.length > MOST_GRANTS || words > MOST_WORDS) throw schemaViolation([{ field: 'permissions', message: `must be at most ${MOST_GRANTS}, with ${MOST_WORDS} gateways, resources, verbs and tags together: make them wider, or several roles` }]);
  return given.map(({ effect, gateways, resources: named, verbs, tags }, index): Grant => {
    const on = named.filter((text): text is Resource | '*' => text === ANY || isResource(text));
    const beyond = tags.length === 0 ? undefined : on.find((resource) => resource === ANY || !isOfEntities(resource));
    if (beyond !== undefined) throw schemaViolation([{ field: `permissions.${index + 1}.tags`, message: `are of entities alone: name "entities" or kinds of them in resources, not "${beyond}"` }]);
    return { effect: effect === 'deny' ? 'deny' : 'allow', gateways, resources: on, verbs: verbs.filter((text): text is Verb | '*' => text === ANY || isVerb(text)), tags };
  });
}

/** Throws a Refusal (403) where the permissions, all of which must let something through, hold more than the caller has. */
export function refuseExcess(caller: Caller, lists: readonly (readonly Grant[])[], what: string): void {
  const excess = findExcess(caller.policy.lists, lists);
  if (excess !== undefined) throw forbidden(`${what} holds more than you have: ${excess}`);
}

export function showGrants(grants: readonly Grant[]): readonly JsonObject[] {
  return grants.map(({ effect, gateways, resources: on, verbs, tags }) => ({ effect, gateways, resources: on, verbs, tags }));
}
