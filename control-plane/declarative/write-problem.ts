/**
 * What the store refused of a plan, in words that fit a file: mostly what changed between planning and writing. Used by
 * apply-content.ts.
 */
import { unreachable } from '../../shared/assert.ts';
import type { Problem } from '../../shared/model/definition.ts';
import { definitionOf } from '../../shared/model/registry.ts';
import type { StoreProblem } from '../store/store-problem.ts';
import type { PlannedEntity } from './plan-changes.ts';

export function tellWriteProblem(problem: StoreProblem, { kind, action }: Pick<PlannedEntity, 'kind' | 'action'>): Problem {
  const { singular } = definitionOf(kind);
  switch (problem.kind) {
    case 'unique':
      return { field: problem.fields[0] ?? '@entity', message: `${problem.fields.join(' and ')} must be unique: ${singular} ${problem.ownerId} has ${problem.fields.length === 1 ? 'it' : 'them'} already` };
    case 'exists':
      return { field: 'id', message: `a ${singular} with this id came into being meanwhile: run again` };
    case 'reference-missing':
      return { field: problem.field, message: `${definitionOf(problem.to).singular} ${problem.id} is not there any more: run again` };
    case 'referenced-by':
      return { field: '@entity', message: `can not be deleted: ${definitionOf(problem.by).singular} ${problem.id}, which stays, refers to it by its ${problem.field}` };
    case 'not-found':
      return { field: '@entity', message: action === 'delete' ? 'was deleted meanwhile: run again' : 'is not there any more: run again' };
    case 'written-by-newer':
      return { field: '@entity', message: `a newer control plane wrote into field ${problem.field} of it what this one does not know and would lose: upgrade this one` };
    case 'protocols-apart':
      return { field: 'protocols', message: problem.message };
    case 'unstorable-text':
      return { field: problem.field, message: 'holds characters that can not be stored' };
    case 'role-missing':
      return { field: 'role', message: `there is no role "${problem.name}"` };
    case 'name-refused':
    case 'not-empty':
      return { field: '@entity', message: problem.message };
    default:
      return unreachable(problem);
  }
}
