/**
 * From what the store says no to, to Kong's error bodies. Called wherever a write meets the store.
 */
import { unreachable } from '../../shared/assert.ts';
import type { Entity, EntityDefinition } from '../../shared/model/definition.ts';
import type { StoreProblem, Stored } from '../store/store-problem.ts';
import { foreignKeyViolation, notFound, primaryKeyViolation, referencedBy, Refusal, schemaViolation, uniqueViolation } from './answer.ts';

/** The refusal of a write of `entity`, whose values the answer repeats, secrets excepted. */
export function refuseEntity(problem: StoreProblem, definition: EntityDefinition, entity: Entity): Refusal {
  if (problem.kind !== 'unique') return refuseProblem(problem, definition.kind);
  const secrets = new Set(definition.fields.filter((field) => field.secret !== undefined).map((field) => field.name));
  return uniqueViolation(Object.fromEntries(problem.fields.map((field) => [field, secrets.has(field) ? '(hidden)' : (entity[field] ?? null)])));
}

/** `kind` names what was to be written or deleted. */
export function refuseProblem(problem: StoreProblem, kind: string): Refusal {
  switch (problem.kind) {
    case 'unique':
      return uniqueViolation(Object.fromEntries(problem.fields.map((field, index) => [field, problem.values[index] ?? null])));
    case 'exists':
      return primaryKeyViolation(problem.id);
    case 'reference-missing':
      return foreignKeyViolation(problem.field, problem.id, problem.to);
    case 'referenced-by':
      return referencedBy(problem.by, kind);
    case 'not-found':
      return notFound();
    case 'written-by-newer': {
      const message = `a newer control plane wrote into field ${problem.field} of this entity what this one does not know and would lose; change it there, or upgrade this one`;
      return new Refusal({ code: 'ADMIN_ENTITY_NEWER', status: 409, body: { message, error: 'ADMIN_ENTITY_NEWER' } });
    }
    case 'protocols-apart':
      return schemaViolation([{ field: 'protocols', message: problem.message }]);
    case 'unstorable-text':
      return schemaViolation([{ field: problem.field, message: 'holds characters that can not be stored' }]);
    case 'name-refused':
      return schemaViolation([{ field: 'name', message: problem.message }]);
    case 'role-missing':
      return schemaViolation([{ field: 'role', message: `there is no role "${problem.name}": GET /v1/roles lists them` }]);
    case 'not-empty':
      return new Refusal({ code: 'ADMIN_NOT_EMPTY', status: 409, body: { message: problem.message, error: 'ADMIN_NOT_EMPTY' } });
    default:
      return unreachable(problem);
  }
}

/** The stored value, or the refusal thrown. */
export function storedOrRefuse<T>(result: Stored<T>, kind: string): T {
  if (result.kind === 'stored') return result.value;
  throw refuseProblem(result, kind);
}
