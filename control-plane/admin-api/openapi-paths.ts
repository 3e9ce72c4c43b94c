/**
 * The generic paths of every entity for the OpenAPI document: its own collection, the collections nested under what it
 * refers to, and the entity it refers to. The same rules as the admin API's routes, whose test compares the two.
 */
import { defined } from '../../shared/assert.ts';
import type { EntityDefinition, EntityKind, EntityLink, Field, JsonObject, JsonValue } from '../../shared/model/definition.ts';
import { typeName } from '../../shared/model/type-name.ts';
import { errors } from './openapi-errors.ts';

export const LIST_PARAMETERS: JsonObject = {
  size: { name: 'size', in: 'query', description: 'Entities per page.', schema: { type: 'integer', minimum: 1, maximum: 1000, default: 100 } },
  offset: { name: 'offset', in: 'query', description: 'Where the page starts, as the page before said.', schema: { type: 'string' } },
  tags: { name: 'tags', in: 'query', description: 'Only entities with all of these tags (`a,b`) or any of them (`a/b`).', schema: { type: 'string' } },
};

/** Conditions of reads and writes of one entity. */
export const CONDITION_PARAMETERS: JsonObject = {
  ifMatch: { name: 'If-Match', in: 'header', description: 'The ETag of the state that the request is for: 412 where the entity is in another.', schema: { type: 'string' } },
  ifNoneMatch: { name: 'If-None-Match', in: 'header', description: 'Of a read: the ETag that the caller has (304). `*` of a PUT: only create (412).', schema: { type: 'string' } },
};

/** Of writes of what has a password. */
export const PASSWORD_PARAMETERS: JsonObject = {
  skipHash: { name: 'skip_hash', in: 'query', description: 'The password is what Kong stores of it, `sha1(password + consumer id)` in hex, for consumers that keep their ids. It is wrapped, and the password stays the same.', schema: { type: 'boolean', default: false } },
};

/** Path items of all entities by path. */
export function entityPaths(definitions: readonly EntityDefinition[]): JsonObject {
  const byKind = new Map(definitions.map((definition) => [definition.kind, definition]));
  const find = (kind: EntityKind): EntityDefinition => defined(byKind.get(kind), `the definition of ${kind}`);
  return Object.fromEntries(definitions.flatMap((definition) => [...ownPaths(definition), ...nestedPaths(definition, find)]));
}

type PathItem = readonly [path: string, item: JsonObject];

function ownPaths(definition: EntityDefinition): readonly PathItem[] {
  if (!definition.topLevel) return [];
  const collection = `/${definition.path}`;
  return [
    [collection, collectionItem(definition, [], '')],
    [`${collection}/{${keyName(definition)}}`, entityItem(definition, [keyParameter(definition)], '', true)],
  ];
}

/** For each reference: the collection below what is referred to, and from an entity to what it refers to. */
function nestedPaths(definition: EntityDefinition, find: (kind: EntityKind) => EntityDefinition): readonly PathItem[] {
  if (definition.link !== undefined) return linkPaths(definition, definition.link, find);
  return definition.fields.flatMap((field): readonly PathItem[] => {
    if (field.type.kind !== 'reference') return [];
    const parent = find(field.type.to);
    const parents = [keyParameter(parent)];
    const collection = `/${parent.path}/{${keyName(parent)}}/${definition.nestedPath}`;
    const own = `${collection}/{${keyName(definition)}}`;
    const below = `Of${typeName(parent)}`;
    return [
      [collection, collectionItem(definition, parents, below)],
      [own, entityItem(definition, [...parents, keyParameter(definition)], below, true)],
      ...(definition.topLevel ? [referredPath(definition, field, parent)] : []),
    ];
  });
}

/** `/consumer_groups/{consumer_group}/consumers/{consumer}` and the other way round. */
function linkPaths({ kind, fields }: EntityDefinition, [one, other]: EntityLink, find: (kind: EntityKind) => EntityDefinition): readonly PathItem[] {
  const sideOf = (field: string): EntityDefinition => {
    const type = fields.find(({ name }) => name === field)?.type;
    return find(defined(type?.kind === 'reference' ? type.to : undefined, `the kind that ${field} refers to`));
  };
  return [[one, other] as const, [other, one] as const].flatMap(([near, far]): readonly PathItem[] => {
    const [parent, member] = [sideOf(near.field), sideOf(far.field)];
    const [parents, suffix] = [[keyParameter(parent)], `Of${typeName(parent)}`];
    const path = `/${parent.path}/{${keyName(parent)}}/${member.path}`;
    const { get } = collectionItem(member, parents, `In${suffix}`);
    const given = { type: 'object', properties: { [far.word]: { type: 'string', description: `Its id or ${member.endpointKey ?? 'name'}.` } }, required: [far.word], additionalProperties: false };
    const made = { type: 'object', properties: { [near.field]: reference(typeName(parent)), [member.path]: { type: 'array', items: reference(typeName(member)) } }, required: [near.field, member.path] };
    const content = { schema: given };
    return [
      [path, {
        parameters: parents,
        ...(get === undefined ? {} : { get }),
        post: {
          operationId: `add${typeName(member)}${suffix}`, tags: [kind], summary: `Put ${withArticle(member)} there`,
          requestBody: { required: true, content: { 'application/json': content, 'application/x-www-form-urlencoded': content, 'multipart/form-data': content } },
          responses: { 201: answer('Both.', made), ...errors(400, 401, 403, 404, 409, 412, 413, 415, 423) },
        },
        delete: { operationId: `removeAll${typeName(member)}s${suffix}`, tags: [kind], summary: `Take all ${member.kind} out`, responses: { 204: { description: 'None is there.' }, ...errors(401, 403, 404) } },
      }],
      [`${path}/{${keyName(member)}}`, {
        parameters: [...parents, keyParameter(member)],
        get: { operationId: `get${typeName(member)}In${suffix}`, tags: [kind], summary: `Read ${withArticle(member)} that is there`, responses: { 200: answer('The entity.', reference(typeName(member))), ...errors(401, 403, 404) } },
        delete: { operationId: `remove${typeName(member)}${suffix}`, tags: [kind], summary: `Take ${withArticle(member)} out`, responses: { 204: { description: 'Taken out, or was not there.' }, ...errors(401, 403, 404) } },
      }],
    ];
  });
}

/** `/routes/{route}/service`: reads and writes the one entity that is referred to; it can't be deleted from here. */
function referredPath(definition: EntityDefinition, field: Field, parent: EntityDefinition): PathItem {
  return [`/${definition.path}/{${keyName(definition)}}/${field.name}`, entityItem(parent, [keyParameter(definition)], `From${typeName(definition)}`, false)];
}

function collectionItem(definition: EntityDefinition, parameters: readonly JsonValue[], suffix: string): JsonObject {
  const name = typeName(definition);
  const page = {
    type: 'object',
    properties: {
      data: { type: 'array', items: reference(name) },
      next: { type: ['string', 'null'], description: 'Path of the next page.' },
      offset: { type: 'string', description: 'Only where there is a next page.' },
    },
    required: ['data', 'next'],
  };
  return {
    ...(parameters.length === 0 ? {} : { parameters }),
    get: {
      operationId: `list${name}s${suffix}`,
      tags: [definition.kind],
      summary: `List ${definition.kind}`,
      parameters: Object.keys(LIST_PARAMETERS).map((parameter) => ({ $ref: `#/components/parameters/${parameter}` })),
      responses: { 200: answer('A page.', page, definition, 'Page'), ...errors(400, 401, 403, 404) },
    },
    post: {
      operationId: `create${name}${suffix}`,
      tags: [definition.kind],
      summary: `Create ${withArticle(definition)}`,
      ...parameterReferences(passwordParameters(definition)),
      requestBody: body(`${name}Create`, `${name}Create`),
      responses: { 201: answer('Created.', reference(name), definition), ...errors(400, 401, 403, 404, 409, 412, 413, 415, 423) },
    },
  };
}

function entityItem(definition: EntityDefinition, parameters: readonly JsonValue[], suffix: string, isOwn: boolean): JsonObject {
  const name = typeName(definition);
  // Of what is reached through another entity, the state is asked for at its own path.
  const conditions = (...names: readonly string[]): JsonObject => (isOwn ? parameterReferences(names) : {});
  const passwords = passwordParameters(definition);
  const tags = [definition.kind];
  return {
    parameters,
    get: {
      operationId: `get${name}${suffix}`, tags, summary: `Read ${withArticle(definition)}`,
      ...conditions('ifNoneMatch'),
      responses: { 200: answer('The entity.', reference(name), definition), ...(isOwn ? { 304: { description: 'It is as If-None-Match knows it.' } } : {}), ...errors(400, 401, 403, 404) },
    },
    put: {
      operationId: `put${name}${suffix}`, tags, summary: `Create ${withArticle(definition)}, or replace it as a whole`,
      ...conditions('ifMatch', 'ifNoneMatch', ...passwords),
      requestBody: body(`${name}Create`, `${name}Create`),
      responses: { 200: answer('As it is now.', reference(name), definition), ...errors(400, 401, 403, 404, 409, 412, 413, 415, 423) },
    },
    patch: {
      operationId: `patch${name}${suffix}`, tags, summary: `Change some fields of ${withArticle(definition)}; records merge, lists and maps are replaced`,
      ...conditions('ifMatch', ...passwords),
      requestBody: body(`${name}Patch`, 'TagsPatch'),
      responses: { 200: answer('As it is now.', reference(name), definition), ...errors(400, 401, 403, 404, 409, 412, 413, 415, 423) },
    },
    ...(isOwn
      ? {
          delete: {
            operationId: `delete${name}${suffix}`, tags, summary: `Delete ${withArticle(definition)}`,
            ...conditions('ifMatch'),
            responses: { 204: { description: 'Deleted, or was not there.' }, ...errors(400, 401, 403, 404, 412, 423) },
          },
        }
      : {}),
  };
}

function passwordParameters({ fields }: EntityDefinition): readonly string[] {
  return fields.some(({ hashed }) => hashed === true) ? Object.keys(PASSWORD_PARAMETERS) : [];
}

function parameterReferences(names: readonly string[]): JsonObject {
  return names.length === 0 ? {} : { parameters: names.map((parameter) => ({ $ref: `#/components/parameters/${parameter}` })) };
}

function withArticle({ singular }: EntityDefinition): string {
  return `${/^[aeiou]/.test(singular) ? 'an' : 'a'} ${singular}`;
}

function keyName(definition: EntityDefinition): string {
  return definition.singular.replaceAll(/[^a-z]+/g, '_');
}

function keyParameter(definition: EntityDefinition): JsonObject {
  const { endpointKey, nameList } = definition;
  const key = endpointKey !== undefined ? ` or ${endpointKey}` : nameList !== undefined ? `, or one of its ${nameList.name}` : '';
  return { name: keyName(definition), in: 'path', required: true, description: `Its id${key}.`, schema: { type: 'string' } };
}

function reference(schema: string): JsonObject {
  return { $ref: `#/components/schemas/${schema}` };
}

/** With the example of a kind where one is given. */
function answer(description: string, schema: JsonObject, example?: EntityDefinition, suffix: '' | 'Page' = ''): JsonObject {
  return { description, content: { 'application/json': { schema, ...(example === undefined ? {} : exampleReference(`${typeName(example)}${suffix}`)) } } };
}

function exampleReference(name: string): JsonObject {
  return { examples: { example: { $ref: `#/components/examples/${name}` } } };
}

function body(schema: string, example: string): JsonObject {
  const content = { schema: reference(schema) };
  return { required: true, content: { 'application/json': { ...content, ...exampleReference(example) }, 'application/x-www-form-urlencoded': content, 'multipart/form-data': content } };
}
