/**
 * Writes entities of one gateway inside one transaction and collects the change rows. Used through Store.write.
 */
import type { EntityKind } from '../../shared/model/definition.ts';
import type { EntityId } from '../../shared/model/ids.ts';
import type { EntityReader, StoredEntity } from './entity-reader.ts';
import type { EntityRecord } from './entity-record.ts';
import type { StoreProblem } from './store-problem.ts';

/** A call that returns a problem has changed nothing; undefined means done. */
export interface EntityWriter extends EntityReader {
  /** Like get, and nobody else changes or deletes it before this transaction ends: read-modify-write needs it. */
  getForUpdate(kind: EntityKind, id: EntityId): Promise<StoredEntity | undefined>;
  insert(record: EntityRecord): Promise<StoreProblem | undefined>;
  /** Replaces the whole entity. */
  update(record: EntityRecord): Promise<StoreProblem | undefined>;
  /** With everything that cascades; each deleted entity has a change row of its own, dependants first. */
  delete(kind: EntityKind, id: EntityId): Promise<StoreProblem | undefined>;
  /** Undoes the whole transaction when `work` returns; for writes of several entities that stand or fall together. */
  abandon(): void;
}
