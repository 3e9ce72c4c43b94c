/**
 * How entities stand in a declarative file (decK's format), read off their definitions: a list for each kind at the top, and
 * inside an entity the lists of those that refer to it. Adding a kind of entity adds its lists. Read by desired-entities.ts,
 * export-content.ts, and the CLI.
 */
import type { EntityDefinition, EntityKind, Field, JsonObject } from '../../shared/model/definition.ts';
import { definitionOf, entityDefinitions } from '../../shared/model/registry.ts';

/** Steps from the top of a file to a value in it; positions in lists from 0. */
export type ContentPath = readonly (string | number)[];

export const FORMAT_VERSIONS = ['1.1', '3.0'] as const;

/** Names at the top that are no kind of entity. */
export const TOP_NAMES = ['_format_version', '_info', '_plugin_configs', '_transform', '_workspace', '_konnect', '_comment', '_ignore'] as const;
export const INFO_NAMES = ['select_tags', 'default_lookup_tags', 'defaults', 'consumer_group_policy_overrides', 'skip_hash_for_basic_auth', 'include_plugin_definitions'] as const;
/** In any entity; they say nothing about it. */
export const REMARKS: ReadonlySet<string> = new Set(['_comment', '_ignore']);
/** In a plugin: the name of a shared config. */
export const SHARED_CONFIG = '_config';

/** What decK's files may hold and this gateway has not. Empty lists of them are passed over. */
export const UNAVAILABLE_LISTS: ReadonlySet<string> = new Set([
  'licenses', 'rbac_roles', 'filter_chains', 'custom_entities', 'cloned_plugins', 'custom_plugins', 'service_packages', 'degraphql_routes', 'graphql_ratelimiting_cost_decorations',
]);

/** A list inside an entity: of which kind, and by which of their fields they refer to it. */
export interface ChildList {
  readonly name: string;
  readonly kind: EntityKind;
  readonly by: string;
  /** Where the list names the other side of a link: the field for it, and what it refers to. */
  readonly link?: { readonly field: string; readonly to: EntityKind };
}

/** decK's names for the two sides of a membership. */
const LINK_LISTS: Readonly<Record<string, string>> = { consumers: 'groups', consumer_groups: 'consumers' };

interface ReferenceField {
  readonly field: string;
  readonly to: EntityKind;
  readonly onDelete: 'cascade' | 'restrict';
}

/** The fields of an entity that are a reference by themselves. */
export function referenceFields(definition: EntityDefinition): readonly ReferenceField[] {
  return definition.fields.flatMap((field: Field) => (field.type.kind === 'reference' ? [{ field: field.name, to: field.type.to, onDelete: field.type.onDelete }] : []));
}

/** An entity that says nothing but that two others belong together. */
function linkOf(definition: EntityDefinition): readonly [ReferenceField, ReferenceField] | undefined {
  const [one, other, ...more] = referenceFields(definition);
  return one !== undefined && other !== undefined && more.length === 0 && definition.fields.length === 2 ? [one, other] : undefined;
}

const childLists = new Map<EntityKind, readonly ChildList[]>();

export function childListsOf(kind: EntityKind): readonly ChildList[] {
  const known = childLists.get(kind);
  if (known !== undefined) return known;
  const lists = entityDefinitions.flatMap((definition): readonly ChildList[] => {
    const link = linkOf(definition);
    if (link !== undefined) {
      return [link, link.toReversed()].flatMap(([near, far]) => {
        const name = near?.to === kind ? LINK_LISTS[kind] : undefined;
        return name === undefined || near === undefined || far === undefined ? [] : [{ name, kind: definition.kind, by: near.field, link: { field: far.field, to: far.to } }];
      });
    }
    const reference = referenceFields(definition).find(({ to }) => to === kind);
    return reference === undefined ? [] : [{ name: definition.kind, kind: definition.kind, by: reference.field }];
  });
  childLists.set(kind, lists);
  return lists;
}

/** True where a dump shows such an entity inside the one that the field names, and not beside it. */
export function belongsInside(definition: EntityDefinition, field: string): boolean {
  return referenceFields(definition).some((reference) => reference.field === field && (reference.onDelete === 'cascade' || definition.kind === 'routes'));
}

/** By which people know the entity; undefined where it has no name. */
export function nameOf(kind: EntityKind, entity: JsonObject): string | undefined {
  const definition = definitionOf(kind);
  const key = definition.endpointKey;
  const isSecret = definition.fields.some(({ name, secret }) => name === key && secret !== undefined);
  const name = (key === undefined || isSecret ? undefined : entity[key]) ?? (definition.fields.some((field: Field) => field.name === 'name') ? entity['name'] : undefined);
  return typeof name === 'string' ? name : undefined;
}

/** `services.0.routes.1.paths.0` for people: `services[0].routes[1].paths[0]`. */
export function showPath(path: ContentPath): string {
  return path.map((step, index) => (typeof step === 'number' ? `[${step}]` : index === 0 ? step : `.${step}`)).join('');
}
