/**
 * Partials and the plugins that take them: a plugin's config gets their values when it is written, and all plugins of a partial are
 * written again when it changes, in the same transaction. What one of them could not work with is refused. Used by entity-collection.ts.
 */
import { parseId, type EntityId } from '../../shared/model/ids.ts';
import type { PartialOf, PartialValues } from '../../shared/model/apply-partials.ts';
import { canonicalJson } from '../../shared/model/canonical-json.ts';
import type { Entity, JsonObject, JsonValue, Problem } from '../../shared/model/definition.ts';
import { isJsonObject } from '../../shared/model/entity-checks.ts';
import { parseEntity } from '../../shared/model/parse-entity.ts';
import type { PluginSource } from '../../shared/model/parse-plugin.ts';
import { definitionOf } from '../../shared/model/registry.ts';
import { assert } from '../../shared/assert.ts';
import type { EntityReader, StoredEntity } from '../store/entity-reader.ts';
import { buildEntityRecord, readEntity, type EntityRecord } from '../store/entity-record.ts';
import type { EntityWriter } from '../store/entity-writer.ts';
import type { GatewaySecrets } from '../store/secret-box.ts';
import { schemaViolation } from './answer.ts';
import { refuseProblem } from './store-refusal.ts';

const [plugins, partials] = [definitionOf('plugins'), definitionOf('partials')];

/** The partials that a plugin names, or named before; in a write held until it ends, so that what is put into its config stays true. Without `secrets` theirs are null. */
export async function partialsOf(reader: EntityReader | EntityWriter, secrets: GatewaySecrets | undefined, ...documents: readonly (JsonObject | undefined)[]): Promise<PartialOf> {
  const found = new Map<string, PartialValues>();
  for (const id of new Set(documents.flatMap(partialIdsIn))) {
    const stored = 'getForUpdate' in reader ? await reader.getForUpdate('partials', id) : await reader.get('partials', id);
    if (stored !== undefined) found.set(id, valuesOf(readEntity(partials, stored, secrets)));
  }
  return (id) => found.get(id);
}

/** Writes the plugins of a partial again, with its values as they are now. Throws a Refusal that names the plugin which could not work with them. */
export async function rewritePlugins(writer: EntityWriter, partial: Entity, rules: { readonly plugins: PluginSource; readonly nowSeconds: number }, secrets: GatewaySecrets): Promise<void> {
  const id = parseId<EntityId>(partial.id);
  assert(id !== undefined, 'the id of an entity');
  const problems: Problem[] = [];
  const records: EntityRecord[] = [];
  for (const stored of await writer.referrersForUpdate('partials', id)) {
    if (stored.kind !== 'plugins') continue;
    const previous = readEntity(plugins, stored, secrets);
    const others = await partialsOf(writer, secrets, previous);
    const partialOf: PartialOf = (other) => (other === partial.id ? valuesOf(partial) : others(other));
    const result = parseEntity(plugins, {}, { ...rules.plugins, mode: 'merge', previous, partialOf, newId: () => stored.id, newKey: () => '', nowSeconds: rules.nowSeconds });
    if (result.kind === 'problems') {
      const isSeen = (await writer.get('plugins', stored.id)) !== undefined;
      problems.push(...result.problems.map((problem) => (isSeen ? refusedBy(stored, problem) : REFUSED_BY_ANOTHER)));
    }
    else if (canonicalJson(result.entity['config'] ?? null) !== canonicalJson(previous['config'] ?? null)) records.push(buildEntityRecord(plugins, result.entity, secrets));
  }
  if (problems.length > 0) throw schemaViolation(problems);
  const [refused] = await writer.writeMany(records.map((record) => ({ op: 'update', record })));
  if (refused !== undefined) throw refuseProblem(refused.problem, 'plugins');
}

const REFUSED_BY_ANOTHER: Problem = { field: '@entity', message: 'a plugin that you may not see takes it and could not work with it' };

function refusedBy({ id, published }: StoredEntity, { field, message }: Problem): Problem {
  const name = [published['instance_name'], published['name']].find((text) => typeof text === 'string') ?? '';
  return { field: '@entity', message: `plugin ${name} (${id}), which takes it, could not work with it: ${field === '@entity' ? '' : `${field}: `}${message}` };
}

function valuesOf({ type, config }: JsonObject): PartialValues {
  return { type: typeof type === 'string' ? type : '', config: isJsonObject(config) ? config : {} };
}

function partialIdsIn(document: JsonObject | undefined): readonly EntityId[] {
  const links = document?.['partials'];
  if (!Array.isArray(links)) return [];
  return links.flatMap((link: JsonValue) => (isJsonObject(link) && typeof link['id'] === 'string' ? (parseId<EntityId>(link['id']) ?? []) : []));
}
