/**
 * The entities of a declarative file, flat, each with its name and with the names of what it refers to: what the conversions to
 * other tools' files start from. Files of format 1.1 are brought to 3.0.
 */
import { HoldfastError } from '../../shared/errors.ts';
import type { EntityKind, JsonObject, JsonValue } from '../../shared/model/definition.ts';
import { isJsonObject } from '../../shared/model/entity-checks.ts';
import { definitionOf } from '../../shared/model/registry.ts';
import { ContentProblems } from '../declarative/content-problem.ts';
import { readContent, type DesiredEntity } from '../declarative/desired-entities.ts';
import { nameOf, referenceFields, showPath } from '../declarative/file-layout.ts';
import { textAt } from './json-values.ts';

export interface FlatEntity {
  readonly kind: EntityKind;
  /** Its name, its id, or what it is and where it stands: unique in its kind. */
  readonly label: string;
  /** As given, without references and without what is nested in it. */
  readonly fields: JsonObject;
  readonly references: ReadonlyMap<string, FlatReference>;
}

export interface FlatReference {
  readonly to: EntityKind;
  /** The label of the entity, where the file holds it; otherwise what the file says: a name or an id. */
  readonly label: string;
  readonly isInFile: boolean;
}

/** Throws CONVERT_CONTENT_INVALID with all that is wrong. */
export function flatContent(content: JsonObject): readonly FlatEntity[] {
  const problems = new ContentProblems();
  const { entities } = readContent(content, problems);
  if (problems.list.length > 0) throw new HoldfastError({ code: 'CONVERT_CONTENT_INVALID', source: 'gateway', publicMessage: `the file is no declarative configuration: ${problems.list.slice(0, 10).map(({ path, message }) => (path.length === 0 ? message : `${showPath(path)}: ${message}`)).join('; ')}` });
  const labels = new Map<DesiredEntity, string>(entities.map((entity) => [entity, labelOf(entity)]));
  const known = new Set([...labels].map(([{ kind }, label]) => `${kind} ${label}`));
  const idLabels = new Map([...labels].map(([{ kind, input }, label]) => [`${kind} ${textAt(input, 'id')}`, label]));
  return entities.map((entity) => {
    const definition = definitionOf(entity.kind);
    const references = new Map<string, FlatReference>();
    for (const { field, to } of referenceFields(definition)) {
      const given = entity.parent?.field === field ? labels.get(entity.parent.entity) : referred(entity.input[field], to);
      if (given === undefined) continue;
      const label = idLabels.get(`${to} ${given}`) ?? given;
      references.set(field, { to, label, isInFile: known.has(`${to} ${label}`) });
    }
    const fields = Object.fromEntries(Object.entries(entity.input).filter(([name]) => !referenceFields(definition).some(({ field }) => field === name)));
    return { kind: entity.kind, label: labels.get(entity) ?? '', fields, references };
  });
}

function labelOf(entity: DesiredEntity): string {
  const { kind, input, path, parent } = entity;
  const own = nameOf(kind, input) ?? input['instance_name'] ?? input['username'] ?? input['custom_id'] ?? input['group'] ?? input['id'];
  const name = typeof own === 'string' ? own : `${definitionOf(kind).singular} ${path.join('.')}`;
  // A plugin's name says which plugin it is, a target's address is one of many: both have their name from where they stand.
  return parent === undefined || !['plugins', 'targets', 'acls'].includes(kind) ? name : `${labelOf(parent.entity)} ${name}`;
}

function referred(value: JsonValue | undefined, to: EntityKind): string | undefined {
  if (typeof value === 'string') return value;
  if (!isJsonObject(value)) return undefined;
  const key = definitionOf(to).endpointKey;
  const found = value['id'] ?? value['name'] ?? (key === undefined ? undefined : value[key]);
  return typeof found === 'string' ? found : undefined;
}

/** What Kong 3 reads otherwise: until 2.x a path with a sign of expressions was one without saying so. */
export function toNewestFormat(content: JsonObject): JsonObject {
  if (content['_format_version'] !== '1.1') return content;
  return { ...markRegexes(content), _format_version: '3.0' };
}

function markRegexes(content: JsonObject): JsonObject {
  const mapList = (value: JsonValue | undefined, map: (item: JsonObject) => JsonObject): JsonValue | undefined => (Array.isArray(value) ? value.map((item: JsonValue) => (isJsonObject(item) ? map(item) : item)) : value);
  const route = (item: JsonObject): JsonObject => {
    const { paths } = item;
    return Array.isArray(paths) ? { ...item, paths: paths.map((path: JsonValue) => (typeof path === 'string' && /[^A-Za-z0-9._~/%-]/.test(path) && !path.startsWith('~') ? `~${path}` : path)) } : item;
  };
  const withRoutes = (item: JsonObject): JsonObject => ({ ...item, ...defined('routes', mapList(item['routes'], route)) });
  return { ...content, ...defined('routes', mapList(content['routes'], route)), ...defined('services', mapList(content['services'], withRoutes)) };
}

function defined(name: string, value: JsonValue | undefined): JsonObject {
  return value === undefined ? {} : { [name]: value };
}
