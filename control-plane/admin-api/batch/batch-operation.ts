/**
 * What a batch asks for: its operations as sent, each with its place in the list; and what is wrong with them. Parsed here for
 * their form alone; what they mean is batch-plan.ts's to find out. Called by v1/batch-routes.ts.
 */
import type { EntityKind, JsonObject, JsonValue } from '../../../shared/model/definition.ts';
import { isJsonObject } from '../../../shared/model/entity-checks.ts';
import { isEntityKind, entityKinds } from '../../../shared/model/registry.ts';
import type { ConfigVersion } from '../../../shared/model/version.ts';
import { didYouMean } from '../../../shared/nearest.ts';
import { Refusal, schemaViolation } from '../answer.ts';
import { parseVersion } from '../v1/own-values.ts';

const OPS = ['create', 'upsert', 'update', 'delete'] as const;
export type BatchOp = (typeof OPS)[number];

export interface BatchOperation {
  /** From 0. */
  readonly position: number;
  readonly op: BatchOp;
  readonly kind: EntityKind;
  /** Id or endpoint key; '' of one that creates. */
  readonly name: string;
  readonly entity: JsonObject;
}

export interface BatchProblem {
  readonly position: number;
  readonly kind: string | null;
  /** As sent; secrets hidden. */
  readonly name: string | null;
  readonly field: string;
  readonly message: string;
}

export interface Batch {
  readonly dryRun: boolean;
  readonly ifVersion: ConfigVersion | undefined;
  /** As sent, well-formed or not. */
  readonly total: number;
  readonly operations: readonly BatchOperation[];
  readonly problems: readonly BatchProblem[];
}

/** As many as one transaction carries out within the time limit of its statements (R5). */
export const MAX_OPERATIONS = 50_000;
/** Problems told of one batch; the number is of all. */
const MAX_PROBLEMS = 1_000;
const MEMBERS = ['dry_run', 'if_version', 'operations'];
const OPERATION_MEMBERS = ['op', 'kind', 'id', 'entity'];

/** Throws a Refusal where the body as a whole is none; problems of single operations are in the batch. */
export function parseBatch(body: JsonObject): Batch {
  for (const name of Object.keys(body)) if (!MEMBERS.includes(name)) throw schemaViolation([{ field: name, message: `unknown field${didYouMean(name, MEMBERS)}` }]);
  const { dry_run: dryRun = false, if_version: ifVersion = null, operations } = body;
  if (typeof dryRun !== 'boolean') throw schemaViolation([{ field: 'dry_run', message: 'expected a boolean' }]);
  const version = typeof ifVersion === 'string' ? parseVersion(ifVersion) : undefined;
  if (ifVersion !== null && version === undefined) throw schemaViolation([{ field: 'if_version', message: 'expected a version as config_version tells it: "1.42"' }]);
  if (!Array.isArray(operations)) throw schemaViolation([{ field: 'operations', message: operations === undefined ? 'required field missing' : 'expected a list' }]);
  const problems: BatchProblem[] = [];
  return { dryRun, ifVersion: version, total: operations.length, operations: operations.flatMap((value: JsonValue, position) => parseOperation(value, position, problems) ?? []), problems };
}

function parseOperation(value: JsonValue, position: number, problems: BatchProblem[]): BatchOperation | undefined {
  const given = isJsonObject(value) ? value : {};
  const { op, kind, id, entity } = given;
  const before = problems.length;
  const add = (field: string, message: string): void => void problems.push({ position, kind: typeof kind === 'string' ? kind : null, name: null, field, message });
  if (!isJsonObject(value)) add('@entity', 'expected an object with op, kind, id and entity');
  for (const name of Object.keys(given)) if (!OPERATION_MEMBERS.includes(name)) add(name, `unknown field${didYouMean(name, OPERATION_MEMBERS)}`);
  const known = OPS.find((candidate) => candidate === op);
  if (known === undefined) add('op', `expected one of: ${OPS.join(', ')}`);
  if (typeof kind !== 'string' || !isEntityKind(kind)) add('kind', `no such kind of entity${didYouMean(typeof kind === 'string' ? kind : '', entityKinds)}`);
  if (known === 'create' ? id !== undefined && id !== null : typeof id !== 'string' || id === '') add('id', known === 'create' ? 'is not for create: give entity.id to choose one' : 'required field missing: the id or endpoint key of the entity');
  if (known === 'delete' ? entity !== undefined && entity !== null : !isJsonObject(entity)) add('entity', known === 'delete' ? 'is not for delete' : 'expected an object');
  if (problems.length > before || known === undefined || typeof kind !== 'string' || !isEntityKind(kind)) return undefined;
  return { position, op: known, kind, name: typeof id === 'string' ? id : '', entity: isJsonObject(entity) ? entity : {} };
}

/** 400 with every problem by the position of its operation. */
export function batchRefused(operations: number, problems: readonly BatchProblem[]): Refusal {
  const refused = new Set(problems.map(({ position }) => position)).size;
  return new Refusal({
    code: 'ADMIN_BATCH_REFUSED',
    status: 400,
    body: {
      message: `${refused} of ${operations} operations can not be done, so nothing was changed`,
      error: 'ADMIN_BATCH_REFUSED',
      problems: problems.toSorted((a, b) => a.position - b.position).slice(0, MAX_PROBLEMS).map(({ position, kind, name, field, message }) => ({ operation: position, kind, id: name, field, message })),
      truncated: problems.length > MAX_PROBLEMS,
    },
  });
}
