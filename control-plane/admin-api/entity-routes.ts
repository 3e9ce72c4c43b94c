/**
 * The Kong-compatible paths of all entities, generated from the definitions: collections, single entities, both nested
 * under what they refer to, and the entity that a reference names. Adding an entity adds its paths.
 */
import { defined } from '../../shared/assert.ts';
import type { EntityDefinition, EntityKind, EntityLink, Field, LinkField } from '../../shared/model/definition.ts';
import { entityDefinitions } from '../../shared/model/registry.ts';
import { EntityCollection, type EntityRules } from './entity-collection.ts';
import { EntityOperations, type Place } from './entity-operations.ts';
import type { EntityStore } from './entity-transactions.ts';
import { groupAnswer } from './group-answer.ts';
import { LinkOperations, type LinkSide } from './link-operations.ts';
import { RelatedOperations } from './related-operations.ts';
import { gatewayRoute, type GatewayRequest, type Operations, type Route } from './route.ts';

export interface EntityRoutesOptions extends EntityRules {
  readonly store: EntityStore;
}

export function entityRoutes(options: EntityRoutesOptions): readonly Route[] {
  const collections = new Map<EntityKind, EntityCollection>(entityDefinitions.map((definition) => [definition.kind, new EntityCollection(definition, options)]));
  return [...collections.values()].flatMap((collection) => {
    const { definition } = collection;
    if (definition.link !== undefined) return linkRoutes(options, collection, collections, definition.link);
    const operations = new EntityOperations(options.store, collection, undefined);
    const own = definition.topLevel ? [gatewayRoute(`/${definition.path}`, operations.ofMany()), gatewayRoute(`/${definition.path}/:id`, operationsOfOne(options, operations, collection, collections), secretParams(definition))] : [];
    const nested = referencesOf(definition).flatMap(([field, kind]) => {
      const target = collections.get(kind);
      if (target === undefined || !target.definition.topLevel) return [];
      return [...nestedRoutes(options, collection, { field, collection: target }), ...relatedRoutes(options, collection, { field, collection: target })];
    });
    return [...own, ...nested];
  }).map((route) => ({ ...route, gatewayMayBeOld: true }));
}

function referencesOf(definition: EntityDefinition): readonly (readonly [field: string, to: EntityKind])[] {
  return definition.fields.flatMap((field: Field) => (field.type.kind === 'reference' ? [[field.name, field.type.to] as const] : []));
}

/** `/services/:parent/routes` and `/services/:parent/routes/:id`. */
function nestedRoutes(options: EntityRoutesOptions, collection: EntityCollection, place: Place): readonly Route[] {
  const { definition } = collection;
  const operations = new EntityOperations(options.store, collection, place);
  const path = `/${place.collection.definition.path}/:parent/${definition.nestedPath}`;
  const { GET: list } = operations.ofMany();
  // Kong's second name for a collection that exists nowhere else: /upstreams/:parent/targets/all.
  const all = definition.topLevel || list === undefined ? [] : [gatewayRoute(`${path}/all`, { GET: list })];
  return [gatewayRoute(path, operations.ofMany()), ...all, gatewayRoute(`${path}/:id`, operations.ofOne(), secretParams(definition))];
}

/** What can be done with one of a collection; a consumer group is answered as Kong's clients read it. */
function operationsOfOne(options: EntityRoutesOptions, operations: EntityOperations, { definition }: EntityCollection, collections: ReadonlyMap<EntityKind, EntityCollection>): Operations<GatewayRequest> {
  const { GET: get, ...others } = operations.ofOne();
  const links = collections.get('consumer_group_consumers');
  if (definition.kind !== 'consumer_groups' || get === undefined || links?.definition.link === undefined) return operations.ofOne();
  const [group, consumer] = linkSides(links, collections, links.definition.link);
  const { GET: members } = new LinkOperations(options.store, links, group, consumer).ofMany();
  return { ...others, GET: members === undefined ? get : groupAnswer(get, members) };
}

function linkSides(links: EntityCollection, collections: ReadonlyMap<EntityKind, EntityCollection>, [one, other]: EntityLink): readonly [LinkSide, LinkSide] {
  const kindOf = new Map(referencesOf(links.definition));
  const side = ({ field, word }: LinkField): LinkSide => ({ field, word, collection: defined(collections.get(defined(kindOf.get(field), 'a reference field')), 'the kind it refers to') });
  return [side(one), side(other)];
}

/** `/consumer_groups/:parent/consumers/:id` and `/consumers/:parent/consumer_groups/:id`. */
function linkRoutes(options: EntityRoutesOptions, links: EntityCollection, collections: ReadonlyMap<EntityKind, EntityCollection>, link: EntityLink): readonly Route[] {
  const [one, other] = linkSides(links, collections, link);
  return [[one, other] as const, [other, one] as const].flatMap(([near, far]) => {
    const operations = new LinkOperations(options.store, links, near, far);
    const path = `/${near.collection.definition.path}/:parent/${far.collection.definition.path}`;
    return [gatewayRoute(path, operations.ofMany()), gatewayRoute(`${path}/:id`, operations.ofOne())];
  });
}

/** `/routes/:id/service`: the entity that a reference names. */
function relatedRoutes(options: EntityRoutesOptions, collection: EntityCollection, place: Place): readonly Route[] {
  const { definition } = collection;
  if (!definition.topLevel) return [];
  return [gatewayRoute(`/${definition.path}/:id/${place.field}`, new RelatedOperations(options.store, collection, place).ofOne(), secretParams(definition))];
}

/** A credential may be named by its key. */
function secretParams({ fields, endpointKey }: EntityDefinition): readonly string[] {
  return fields.some((field: Field) => field.name === endpointKey && field.secret !== undefined) ? ['id'] : [];
}
