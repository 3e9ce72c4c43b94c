/**
 * What the declarative endpoints answer: plans, contents and what is wrong with them, Kong's `flattened_errors` among it. Secrets
 * are named and never shown (T2). Used by v1/declarative-routes.ts and config-routes.ts.
 */
import { unreachable } from '../../shared/assert.ts';
import type { JsonObject, JsonValue } from '../../shared/model/definition.ts';
import type { PluginSource } from '../../shared/model/parse-plugin.ts';
import { redactEntity } from '../../shared/model/redact.ts';
import { definitionOf } from '../../shared/model/registry.ts';
import { formatVersion } from '../../shared/model/version.ts';
import type { ContentResult } from '../declarative/apply-content.ts';
import { MAX_CONTENT_PROBLEMS, type ContentProblem, type ProblemEntity } from '../declarative/content-problem.ts';
import { showPath } from '../declarative/file-layout.ts';
import type { PlannedEntity } from '../declarative/plan-changes.ts';
import { forbidden, Refusal, type Answer } from './answer.ts';
import { otherVersion } from './preconditions.ts';

type Done = Extract<ContentResult, { readonly kind: 'done' }>;

/** The plan that was carried out, or would be; the refusal thrown otherwise. */
export function doneOrRefuse(result: ContentResult, plugins: PluginSource, flatten = false): Done {
  switch (result.kind) {
    case 'done':
      return result;
    case 'problems':
      throw contentInvalid(result.problems, plugins, flatten);
    case 'forbidden':
      throw forbidden(`this would ${result.verb} ${definitionOf(result.entity.kind).singular} ${result.seen ? (result.entity.name ?? result.entity.id) : 'entities that you may not see'}, which your roles do not let you`);
    case 'version-differs':
      throw otherVersion(result.wanted, result.version);
    default:
      return unreachable(result);
  }
}

/** Headers that tell the version of a change. */
export function withVersion(answer: Answer, { version }: Done): Answer {
  return version === undefined ? answer : { ...answer, headers: { ...answer.headers, 'x-holdfast-config-version': formatVersion(version) } };
}

export function countActions(plan: readonly PlannedEntity[]): JsonObject {
  const count = (action: PlannedEntity['action']): number => plan.filter((planned) => planned.action === action).length;
  return { created: count('create'), updated: count('update'), deleted: count('delete'), unchanged: count('none') };
}

/** Entities that stay are counted only. */
export function showPlan(plan: readonly PlannedEntity[]): readonly JsonValue[] {
  return plan.filter(({ action }) => action !== 'none').map((planned) => ({
    action: planned.action, kind: planned.kind, id: planned.id, name: planned.name ?? null,
    ...(planned.action === 'delete' && planned.goesWith ? { message: 'goes with what it belongs to' } : {}),
    changes: planned.changes.map(({ field, before, after }) => ({ field, before, after })),
  }));
}

/** Kong's code 14. Each problem with its path in the content, from which the CLI finds the line. */
function contentInvalid(problems: readonly ContentProblem[], plugins: PluginSource, flatten: boolean): Refusal {
  const [first] = problems;
  const more = problems.length > 1 ? ` (and ${problems.length === MAX_CONTENT_PROBLEMS ? 'many' : problems.length - 1} more)` : '';
  const where = first === undefined || first.path.length === 0 ? '' : `${showPath(first.path)}: `;
  return new Refusal({
    code: 'ADMIN_CONTENT_INVALID',
    status: 400,
    body: {
      code: 14, name: 'invalid declarative configuration', error: 'ADMIN_CONTENT_INVALID',
      message: `declarative config is invalid: ${where}${first?.message ?? ''}${more}`,
      ...(flatten
        ? { fields: fieldsOf(problems.filter(({ entity }) => entity === undefined)), flattened_errors: flattened(problems, plugins) }
        : { problems: problems.map(({ path, field, message, entity, other }) => ({ path, field, message, ...(other === undefined ? {} : { other_path: other }), ...(entity === undefined ? {} : { kind: entity.kind, id: entity.id ?? null, name: entity.name ?? null }) })) }),
    },
  });
}

function fieldsOf(problems: readonly ContentProblem[]): JsonObject {
  return Object.fromEntries(problems.map(({ path, message }) => [path.length === 0 ? '@content' : showPath(path), message]));
}

/** One entry for each entity that something is wrong with. */
function flattened(problems: readonly ContentProblem[], plugins: PluginSource): readonly JsonObject[] {
  const found = problems.flatMap(({ entity, field, message }) => (entity === undefined ? [] : [{ entity, field, message }]));
  return [...Map.groupBy(found, ({ entity }) => `${entity.kind} ${entity.id ?? ''} ${JSON.stringify(entity.input)}`).values()].flatMap((some) => {
    const [first] = some;
    if (first === undefined) return [];
    const errors = some.map(({ field, message }) => (field === '@entity' ? { type: 'entity', message } : { type: 'field', field, message }));
    return [{ ...entityFacts(first.entity, plugins), errors }];
  });
}

function entityFacts({ kind, id, name, tags, input }: ProblemEntity, plugins: PluginSource): JsonObject {
  const definition = definitionOf(kind);
  return {
    entity_type: definition.singular.replaceAll(/[ -]/g, '_'),
    ...(id === undefined ? {} : { entity_id: id }), ...(name === undefined ? {} : { entity_name: name }), ...(tags === undefined ? {} : { entity_tags: tags }),
    entity: redactEntity(definition, input, (plugin) => plugins.pluginSchemaOf(plugin)?.config),
  };
}
