/**
 * Parsing in tests: fixed ids, key and time, the real plugin catalog, and assertions that compare what a client would
 * be told. Used by the tests beside shared/model.
 */
import assert from 'node:assert/strict';
import type { Entity, EntityDefinition, EntityKind, JsonObject } from '../../shared/model/definition.ts';
import { parseEntity, type ParseOptions } from '../../shared/model/parse-entity.ts';
import { formatSchemaViolation } from '../../shared/model/problems.ts';
import { definitionOf } from '../../shared/model/registry.ts';
import { pluginCatalog } from '../../shared/plugins/catalog.ts';

export const ID = '01a1fe71-b792-71c2-a993-3a158bc013f5';
export const OTHER_ID = '01a1fe71-b79b-7dc5-8e3f-92ee2e561a39';
export const NOW = 1_700_000_000;
export const KEY = 'made-up-random-key';

export const createOptions: ParseOptions = {
  mode: 'create',
  pluginSchemaOf: (name) => pluginCatalog.get(name),
  pluginNames: [...pluginCatalog.keys()],
  newId: () => ID,
  newKey: () => KEY,
  nowSeconds: NOW,
};

/** The entity, or a failed assertion with the message the client would get. */
export function accepted(kind: EntityKind | EntityDefinition, input: unknown, options: Partial<ParseOptions> = {}): Entity {
  const definition = typeof kind === 'string' ? definitionOf(kind) : kind;
  const result = parseEntity(definition, input, { ...createOptions, ...options });
  if (result.kind === 'entity') return result.entity;
  assert.fail(formatSchemaViolation(result.problems));
}

/** What a client is told, without the words `schema violation`; fails where the input is accepted. */
export function refusal(kind: EntityKind | EntityDefinition, input: unknown, options: Partial<ParseOptions> = {}): string {
  const definition = typeof kind === 'string' ? definitionOf(kind) : kind;
  const result = parseEntity(definition, input, { ...createOptions, ...options });
  assert.equal(result.kind, 'problems', 'the input was accepted');
  if (result.kind !== 'problems') return '';
  return result.problems.map(({ field, message }) => `${field}: ${message}`).join('; ');
}

/** Asserts that the entity has these values, whatever else it has. */
export function assertHas(entity: Entity, expected: JsonObject): void {
  assert.deepEqual(Object.fromEntries(Object.keys(expected).map((name) => [name, entity[name]])), expected);
}
