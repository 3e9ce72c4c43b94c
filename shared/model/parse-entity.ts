/**
 * From what a client sent to an entity: unknown fields refused, shorthands expanded, patches merged, defaults filled
 * in, every value and every rule over several fields checked. Called by the admin API for each write. Pure: ids, keys
 * and time are given. Foreign keys are checked for form here; that they exist is the store's to say.
 */
import { defined } from '../assert.ts';
import type { PartialOf } from './apply-partials.ts';
import { commonFields } from './common-fields.ts';
import type { Entity, EntityDefinition, JsonObject, JsonValue, Problem } from './definition.ts';
import { expandShorthands } from './expand-shorthands.ts';
import { isJsonObject } from './entity-checks.ts';
import { keepSecrets } from './keep-secrets.ts';
import { takeJsonObject } from './json-door.ts';
import { mergeEntity } from './merge-entity.ts';
import { parseFields, parseValue, refuseUnknownFields, type FieldContext } from './parse-fields.ts';
import { parsePartialConfig } from './parse-partial.ts';
import { parsePluginConfig, pluginChecks, withPluginDefaults, type PluginSource } from './parse-plugin.ts';
import { configFieldsOfEntity, configNamedBy, parseVaultConfig, vaultChecks } from './parse-vault.ts';
import { ProblemList } from './problems.ts';

export interface ParseOptions extends PluginSource {
  /**
   * `create`: POST. `replace`: PUT; fields not given go back to their defaults, `id` and `created_at` stay those of
   * `previous` where there is one. `merge`: PATCH; needs `previous`; records merge deeply, lists and maps are replaced,
   * null resets a field to its default.
   */
  readonly mode: 'create' | 'replace' | 'merge';
  /** The entity as it is now, secrets in the clear. */
  readonly previous?: Entity;
  /** A new UUIDv7. */
  readonly newId: () => string;
  /** A new random secret for a credential that came without one (`randomKey`). */
  readonly newKey: () => string;
  /** Wall clock, whole seconds. */
  readonly nowSeconds: number;
  /** Whoever writes may not see the secrets of `previous`: in a config, leaving one out or sending null does not remove it (keep-secrets.ts). */
  readonly secretsHidden?: boolean;
  /** The partials that a plugin may name; none where not given. */
  readonly partialOf?: PartialOf;
}

export type ParseResult =
  /** `names` is what the definition's name list was given; undefined where it was not. */
  | { readonly kind: 'entity'; readonly entity: Entity; readonly names: readonly string[] | undefined }
  | { readonly kind: 'problems'; readonly problems: readonly Problem[] };

/** Parses one write. Never throws on bad input; every problem names its path (`@entity` for rules over several fields). */
export function parseEntity(definition: EntityDefinition, input: unknown, options: ParseOptions): ParseResult {
  const problems = new ProblemList();
  const taken = takeJsonObject(input, problems);
  if (taken === undefined) return refused(problems);
  refuseUnknownFields(taken, inputNames(definition), '', problems);

  const expanded = expandShorthands(definition, taken, problems, options.nowSeconds);
  const merged = withKeptSecrets(definition, mergePrevious(definition, expanded, options), options);
  const whole = withPluginDefaults(definition, withIdentity(merged, expanded, problems, options), options.pluginSchemaOf, options.partialOf ?? (() => undefined), problems);
  const tooMuch = (definition.bounds ?? []).flatMap((rule) => rule.check(whole));
  if (tooMuch.length > 0) return { kind: 'problems', problems: tooMuch };
  const context: FieldContext = {
    problems,
    newKey: options.newKey,
    parsePluginConfig: (value, path) => {
      if (definition.kind === 'vaults') return parseVaultConfig(whole['name'], value, path, context);
      if (definition.kind === 'partials') return parsePartialConfig(whole['type'], value, path, context);
      return parsePluginConfig(whole, value, path, context, options);
    },
  };
  const common = parseFields(commonFields, whole, '', context);
  const own = parseFields(definition.fields, whole, '', context);
  const names = parseNames(definition, taken, context);
  const { id } = common;
  if (problems.problems.length > 0 || typeof id !== 'string') return refused(problems);

  const { tags, ...identity } = common;
  const entity: Entity = { ...identity, id: id.toLowerCase(), ...own, tags: tags ?? null };
  const checks = [...(definition.checks ?? []), ...pluginChecks(definition, entity, options), ...vaultChecks(definition, entity)];
  for (const problem of checks.flatMap((rule) => rule.check(entity, options.previous))) problems.add(problem.field, problem.message);
  return problems.problems.length > 0 ? refused(problems) : { kind: 'entity', entity, names };
}

function parseNames({ nameList }: EntityDefinition, input: JsonObject, context: FieldContext): readonly string[] | undefined {
  const given = nameList === undefined ? undefined : input[nameList.name];
  if (nameList === undefined || given === undefined) return undefined;
  const parsed = given === null ? [] : parseValue(nameList.type, given, nameList.name, context);
  return Array.isArray(parsed) ? parsed.filter((name: JsonValue) => typeof name === 'string') : undefined;
}

/** Every name an input may have: common fields, own fields, shorthands, the name list. */
export function inputNames(definition: EntityDefinition): readonly string[] {
  const all = [...commonFields, ...definition.fields, ...(definition.shorthands ?? []), ...(definition.nameList === undefined ? [] : [definition.nameList])];
  return [...new Set(all.map((field) => field.name))];
}

function refused(problems: ProblemList): ParseResult {
  return { kind: 'problems', problems: problems.problems };
}

function mergePrevious(definition: EntityDefinition, input: JsonObject, options: ParseOptions): JsonObject {
  if (options.mode !== 'merge') return input;
  const previous = defined(options.previous, 'the previous entity of a merge');
  return mergeEntity(definition, previous, input, options.pluginSchemaOf);
}

function withKeptSecrets(definition: EntityDefinition, input: JsonObject, { previous, pluginSchemaOf, secretsHidden = false }: ParseOptions): JsonObject {
  const naming = configNamedBy(definition);
  const [config, before] = [input['config'] ?? {}, previous?.['config']];
  if (definition.configSecrets === undefined || previous === undefined || input[naming] !== previous[naming] || !isJsonObject(config) || !isJsonObject(before)) return input;
  const fields = configFieldsOfEntity(definition, input[naming], pluginSchemaOf) ?? [];
  return { ...input, config: keepSecrets(fields, config, before, secretsHidden) };
}

/** Who the entity is and when it was made are not up to the client once it exists. */
function withIdentity(whole: JsonObject, input: JsonObject, problems: ProblemList, options: ParseOptions): JsonObject {
  const { previous, nowSeconds } = options;
  const id = input['id'] ?? previous?.id ?? options.newId();
  if (previous !== undefined && typeof id === 'string' && id.toLowerCase() !== previous.id) problems.add('id', 'immutable field cannot be updated');
  const createdAt = input['created_at'] ?? previous?.['created_at'] ?? nowSeconds;
  // Kong's targets carry milliseconds behind the point.
  return { ...whole, id, created_at: typeof createdAt === 'number' ? Math.floor(createdAt) : createdAt, updated_at: nowSeconds };
}
