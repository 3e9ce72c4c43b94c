/**
 * Puts the entities of a roll back into the tables. Called by rollback.ts with a plan that fits together and the gateway's
 * head locked.
 */
import { entityKinds } from '../../shared/model/registry.ts';
import type { Transaction } from './database.ts';
import type { EntityChange } from './entity-changes.ts';
import type { EntityRecord } from './entity-record.ts';
import { writeEntitySets } from './entity-tables.ts';
import type { Candidate, RollbackPlan } from './rollback-plan.ts';
import type { GatewayScope } from './scope.ts';

/** The changes that were made, dependants before what they hang on where they are deleted, after it otherwise. */
export async function restoreEntities(transaction: Transaction, scope: GatewayScope, { apply, cascade }: RollbackPlan): Promise<readonly EntityChange[]> {
  const gone = [...apply.filter(({ action }) => action === 'delete'), ...cascade].sort((a, b) => entityKinds.indexOf(b.kind) - entityKinds.indexOf(a.kind));
  const written = apply.flatMap(toWritten).sort((a, b) => entityKinds.indexOf(a.record.kind) - entityKinds.indexOf(b.record.kind));
  const recordsOf = (wanted: Written['action']): readonly EntityRecord[] => written.flatMap(({ record, action }) => (action === wanted ? [record] : []));
  await writeEntitySets(transaction, scope, { gone, created: recordsOf('create'), replaced: recordsOf('update') });
  return [
    ...gone.map((entity): EntityChange => ({ kind: entity.kind, id: entity.id, action: 'delete', before: entity.now, after: undefined, privateBefore: entity.privateNow ?? {} })),
    ...written.map(({ record, action, now, privateNow }): EntityChange => ({ kind: record.kind, id: record.id, action, before: now, after: record.bytes, privateBefore: privateNow ?? {} })),
  ];
}

interface Written extends Pick<Candidate, 'now' | 'privateNow'> {
  readonly record: EntityRecord;
  readonly action: 'create' | 'update';
}

function toWritten({ action, restored, now, privateNow }: Candidate): readonly Written[] {
  return restored === undefined || action === 'delete' ? [] : [{ record: restored, action, now, privateNow }];
}
