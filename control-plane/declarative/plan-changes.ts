/**
 * From a declarative content and the entities of a gateway to a plan: what to create, to change, to delete, and what stays; or to
 * everything that is wrong, by its place in the content. Pure but for ids, keys and time, which are given. Used by
 * apply-content.ts, for a dry run and for the real one alike.
 */
import { defined } from '../../shared/assert.ts';
import type { Clock } from '../../shared/clock.ts';
import type { Entity, EntityKind, JsonObject, JsonValue } from '../../shared/model/definition.ts';
import type { PartialValues } from '../../shared/model/apply-partials.ts';
import { isJsonObject } from '../../shared/model/entity-checks.ts';
import type { EntityId, GatewayId } from '../../shared/model/ids.ts';
import { parseEntity, type ParseResult } from '../../shared/model/parse-entity.ts';
import type { PluginSource } from '../../shared/model/parse-plugin.ts';
import { randomKey } from '../../shared/model/random-key.ts';
import type { FieldChange } from '../../shared/model/redact.ts';
import { definitionOf, entityKinds } from '../../shared/model/registry.ts';
import { referencesOf } from '../store/entity-record.ts';
import type { ContentPasswords } from './content-passwords.ts';
import type { ContentProblems, ProblemEntity } from './content-problem.ts';
import type { ContentScope } from './content-scope.ts';
import type { CurrentEntities, CurrentEntity } from './current-entities.ts';
import type { DesiredContent } from './desired-entities.ts';
import { nameOf, type ContentPath } from './file-layout.ts';
import { matchEntities, type MatchedEntity } from './match-entities.ts';
import { Pauses } from './pauses.ts';
import { isSameEntity, shownChanges } from './shown-changes.ts';

/** What the entities of a plan are checked against, besides their definitions. */
export interface PlanRules {
  readonly plugins: PluginSource;
  readonly clock: Clock;
}

export type PlannedEntity = {
  readonly kind: EntityKind;
  readonly id: EntityId;
  readonly name: string | undefined;
  /** Empty where nothing that is told changes. */
  readonly changes: readonly FieldChange[];
  /** In the content; undefined for what is not in it. */
  readonly path: ContentPath | undefined;
} & (
  | { readonly action: 'create'; readonly before: undefined; readonly after: Entity }
  | { readonly action: 'update'; readonly before: Entity; readonly after: Entity }
  /** `goesWith`: not selected itself, but it belongs to something that is deleted. */
  | { readonly action: 'delete'; readonly before: Entity; readonly after: undefined; readonly goesWith: boolean }
  | { readonly action: 'none'; readonly before: Entity; readonly after: Entity }
);

export interface PlanOptions {
  readonly gatewayId: GatewayId;
  readonly mode: 'sync' | 'apply';
  readonly rules: PlanRules;
  readonly passwords: ContentPasswords;
  /** What the caller may see; everything where it is not said. */
  readonly sees?: (entity: CurrentEntity) => boolean;
  /** Whose secrets the caller may see; everybody's where it is not said. Others' are kept where the content does not say them. */
  readonly mayReveal?: (entity: CurrentEntity) => boolean;
}

/** In the order of dependence; what goes stands behind, dependants first. */
export function planChanges(content: DesiredContent, current: CurrentEntities, scope: ContentScope, options: PlanOptions, problems: ContentProblems): Promise<readonly PlannedEntity[]> {
  const planning = new Planning(current, scope, options, problems);
  return planning.plan(content);
}

class Planning {
  readonly #current: CurrentEntities;
  readonly #scope: ContentScope;
  readonly #options: PlanOptions;
  readonly #problems: ContentProblems;
  /** As the content describes them; they stand before the plugins that take them. */
  readonly #partials = new Map<string, Entity>();

  constructor(current: CurrentEntities, scope: ContentScope, options: PlanOptions, problems: ContentProblems) {
    this.#current = current;
    this.#scope = scope;
    this.#options = options;
    this.#problems = problems;
  }

  async plan(content: DesiredContent): Promise<readonly PlannedEntity[]> {
    const { gatewayId, mode, rules, sees = () => true } = this.#options;
    const pauses = new Pauses(rules.clock);
    const matched = await matchEntities(content, {
      gatewayId, sees, pauses, current: this.#current, scope: this.#scope, deletesAbsent: mode === 'sync',
      complete: (kind, input) => {
        const result = this.#parse(kind, input, undefined);
        return result.kind === 'entity' ? result.entity : undefined;
      },
    }, this.#problems);
    const described: PlannedEntity[] = [];
    for (const entity of await this.#options.passwords.settle(matched, content.passwordsAreHashed, this.#problems)) {
      await pauses.due();
      const planned = this.#planOne(entity);
      if (planned !== undefined) described.push(planned);
    }
    const written = [...described, ...this.#pluginsOfChangedPartials(described)];
    // What could not be matched or parsed must not look as if it were absent.
    if (mode === 'apply' || this.#problems.list.length > 0) return written;
    const kept = new Set(written.map(({ kind, id }) => `${kind} ${id}`));
    return [...written, ...(await this.#planDeletes(kept, pauses))];
  }

  async #planDeletes(kept: ReadonlySet<string>, pauses: Pauses): Promise<readonly PlannedEntity[]> {
    const absent = entityKinds.flatMap((kind) => [...this.#current.ofKind(kind).values()].filter(({ id, entity }) => !kept.has(`${kind} ${id}`) && this.#scope.has(kind, entity)));
    const isAbsent = new Set(absent.map(({ kind, id }) => `${kind} ${id}`));
    const goingWith = this.#current.dependantsOf(absent).filter(({ kind, id }) => !kept.has(`${kind} ${id}`) && !isAbsent.has(`${kind} ${id}`));
    const planned: PlannedEntity[] = [];
    for (const [goesWith, some] of [[false, absent], [true, goingWith]] as const) {
      for (const gone of some) {
        await pauses.due();
        planned.push(this.#delete(gone, goesWith));
      }
    }
    return planned.toSorted((a, b) => entityKinds.indexOf(b.kind) - entityKinds.indexOf(a.kind));
  }

  #delete({ kind, id, entity }: CurrentEntity, goesWith: boolean): PlannedEntity {
    return { action: 'delete', kind, id, name: nameOf(kind, entity), before: entity, after: undefined, goesWith, path: undefined, changes: this.#changes(kind, entity, undefined) };
  }

  /** Undefined where it has problems. */
  #planOne({ desired, id, input, previous }: MatchedEntity): PlannedEntity | undefined {
    const { kind, path } = desired;
    const whole = this.#withKeptValues(kind, this.#withSelectTags({ ...input, id }), previous?.entity);
    const result = this.#parse(kind, whole, previous?.entity, previous !== undefined && this.#options.mayReveal?.(previous) === false);
    if (result.kind === 'problems') {
      for (const problem of result.problems) this.#problems.ofEntity(problemEntity(kind, id, whole), path, problem);
      return undefined;
    }
    const after = result.entity;
    if (kind === 'partials') this.#partials.set(id, after);
    if (this.#scope.skips(kind, after)) {
      this.#problems.ofEntity(problemEntity(kind, id, whole), path, { field: '@entity', message: 'belongs to consumers, which are to be left out: take it out of the files, or leave out skip_consumers' });
      return undefined;
    }
    const name = nameOf(kind, after);
    if (previous === undefined) return { action: 'create', kind, id, name, path, before: undefined, after, changes: this.#changes(kind, undefined, after) };
    return this.#updateOrNone(previous, after, path);
  }

  #updateOrNone({ kind, id, entity: before }: CurrentEntity, after: Entity, path: ContentPath | undefined): PlannedEntity {
    const same = isSameEntity(definitionOf(kind), before, after, this.#options.rules.plugins);
    return { action: same ? 'none' : 'update', kind, id, name: nameOf(kind, after), path, before, after, changes: same ? [] : this.#changes(kind, before, after) };
  }

  /** Plugins that the content does not describe, and that take a partial which it changes. */
  #pluginsOfChangedPartials(described: readonly PlannedEntity[]): readonly PlannedEntity[] {
    const changed = new Map(described.flatMap((entity) => (entity.kind === 'partials' && entity.action === 'update' ? [[entity.id, entity]] : [])));
    if (changed.size === 0) return [];
    const own = new Set(described.flatMap(({ kind, id }) => (kind === 'plugins' ? [id] : [])));
    return [...this.#current.ofKind('plugins').values()].flatMap((plugin) => {
      const partial = referencesOf(definitionOf('plugins'), plugin.entity).map(({ id }) => changed.get(id)).find((one) => one !== undefined);
      // Under sync, one that is not described and in the scope goes.
      if (own.has(plugin.id) || partial === undefined || (this.#options.mode === 'sync' && this.#scope.has('plugins', plugin.entity))) return [];
      const result = this.#parse('plugins', plugin.entity, plugin.entity);
      if (result.kind === 'entity') return [this.#updateOrNone(plugin, result.entity, undefined)];
      for (const { field, message } of result.problems) this.#problems.ofEntity(problemEntity('partials', partial.id, partial.after ?? {}), partial.path ?? [], { field: '@entity', message: `plugin ${plugin.id}, which takes it, could not work with it: ${field}: ${message}` });
      return [];
    });
  }

  #partialOf(id: string): PartialValues | undefined {
    const partial = this.#partials.get(id) ?? this.#current.get('partials', id)?.entity;
    const config = partial?.['config'];
    const type = partial?.['type'];
    return typeof type === 'string' && isJsonObject(config) ? { type, config } : undefined;
  }

  #parse(kind: EntityKind, input: JsonObject, previous: Entity | undefined, secretsHidden = false): ParseResult {
    const { rules, gatewayId } = this.#options;
    const { created_at: createdAt, updated_at: _, ...told } = input;
    const given = previous === undefined && createdAt !== undefined ? { ...told, created_at: createdAt } : told;
    return parseEntity(definitionOf(kind), given, {
      ...rules.plugins, secretsHidden, partialOf: (id) => this.#partialOf(id), ...(previous === undefined ? { mode: 'create' } : { mode: 'replace', previous }),
      // Every input that is kept has its id by now.
      newId: () => gatewayId, newKey: randomKey, nowSeconds: Math.floor(rules.clock.nowMs() / 1000),
    });
  }

  #changes(kind: EntityKind, before: Entity | undefined, after: Entity | undefined): readonly FieldChange[] {
    return shownChanges(definitionOf(kind), before, after, this.#options.rules.plugins);
  }

  #withSelectTags(input: JsonObject): JsonObject {
    const { selectTags } = this.#scope;
    const given = input['tags'] ?? [];
    if (selectTags.length === 0 || !Array.isArray(given)) return input;
    const own: readonly JsonValue[] = given;
    return { ...input, tags: [...own, ...selectTags.filter((tag) => !own.includes(tag))] };
  }

  /**
   * A key that was made stays: another one at every run would lock everybody out. So does a secret that must be there and is not in
   * the file: dumps leave it out for who may not reveal it, and passwords for everybody.
   */
  #withKeptValues(kind: EntityKind, input: JsonObject, previous: Entity | undefined): JsonObject {
    const kept = definitionOf(kind).fields.filter(({ name, auto, secret, required }) => (auto !== undefined || (secret !== undefined && required === true)) && (input[name] ?? null) === null);
    if (kept.length === 0 || previous === undefined) return input;
    return { ...input, ...Object.fromEntries(kept.map(({ name }) => [name, defined(previous[name], name)])) };
  }
}

export function problemEntity(kind: EntityKind, id: string, input: JsonObject): ProblemEntity {
  const name = nameOf(kind, input);
  return { kind, id, input, ...(name === undefined ? {} : { name }), ...(input['tags'] === undefined ? {} : { tags: input['tags'] }) };
}
