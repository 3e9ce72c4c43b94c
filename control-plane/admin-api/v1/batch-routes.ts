/**
 * `/v1/gateways/:gateway/batch`: many operations on entities in one transaction and one release, all of them or none.
 */
import type { JsonObject } from '../../../shared/model/definition.ts';
import { definitionOf } from '../../../shared/model/registry.ts';
import { compareVersions, formatVersion, type ConfigVersion } from '../../../shared/model/version.ts';
import type { EntityWriter } from '../../store/entity-writer.ts';
import type { GatewaySecrets } from '../../store/secret-box.ts';
import { inParallel, MOST_PASSWORDS, passwordFieldOf, TOO_MANY_PASSWORDS, withHashedPassword } from '../../passwords/incoming-passwords.ts';
import { lookUp } from '../batch/batch-lookups.ts';
import { batchRefused, MAX_OPERATIONS, parseBatch, type Batch, type BatchOperation } from '../batch/batch-operation.ts';
import { BatchPlan, type PlannedOperation } from '../batch/batch-plan.ts';
import { ok, schemaViolation, unsupportedMediaType, type Answer } from '../answer.ts';
import type { EntityRules } from '../entity-collection.ts';
import type { EntityStore } from '../entity-transactions.ts';
import { otherVersion } from '../preconditions.ts';
import { namedGatewayRoute, type GatewayRequest, type Route } from '../route.ts';
import { parseSkipHash } from '../skip-hash.ts';
import { showVersion } from './own-values.ts';

export function batchRoutes(store: EntityStore, rules: EntityRules): readonly Route[] {
  return [
    namedGatewayRoute('/v1/gateways/:gateway/batch', {
      POST: {
        // What each operation does is permitted where it is written (change-permissions.ts).
        permission: { on: 'entities', verb: ['create', 'update', 'delete'] },
        description: { summary: `Carry out up to ${MAX_OPERATIONS} operations on entities in one transaction and one release, or none of them`, bodySchema: BODY, bodyExample: BATCH_EXAMPLE },
        maxItems: MAX_OPERATIONS,
        handle: (request) => carryOut(store, rules, request),
      },
    }),
  ];
}

async function carryOut(store: EntityStore, rules: EntityRules, request: GatewayRequest): Promise<Answer> {
  // A form carries text only, and who has thousands of entities has JSON.
  if (request.body.kind === 'form') throw unsupportedMediaType();
  const { gateway, actor } = request;
  const batch = parseBatch(request.body.value);
  if (batch.ifVersion !== undefined && compareVersions(batch.ifVersion, gateway.head) !== 0) throw otherVersion(batch.ifVersion, gateway.head);
  const hashed = await withHashedPasswords(batch, parseSkipHash(request.query));
  const secrets = await store.secretsOf(gateway);
  const { value: results, version } = await store.write(gateway, actor, (writer) => write(writer, rules, secrets, hashed));
  const answer = ok(showBatch(batch, results, version));
  return version === undefined ? answer : { ...answer, headers: { 'x-holdfast-config-version': formatVersion(version) } };
}

/** Before the transaction: hashing passwords takes longer than one should last. Throws a Refusal where there are too many. */
async function withHashedPasswords(batch: Batch, areHashed: boolean): Promise<Batch> {
  const isAffected = ({ op, kind, entity }: BatchOperation): boolean => op !== 'delete' && typeof entity[passwordFieldOf(definitionOf(kind))?.name ?? ''] === 'string';
  if (batch.operations.filter(isAffected).length > MOST_PASSWORDS) throw schemaViolation([{ field: 'operations', message: TOO_MANY_PASSWORDS }]);
  const problems = [...batch.problems];
  const operations = await inParallel(batch.operations, async (operation): Promise<readonly BatchOperation[]> => {
    if (!isAffected(operation)) return [operation];
    const { position, kind, name, entity } = operation;
    const hashed = await withHashedPassword(definitionOf(kind), entity, areHashed);
    if (hashed.kind === 'input') return [{ ...operation, entity: hashed.input }];
    problems.push({ position, kind, name: name === '' ? null : name, ...hashed.problem });
    return [];
  });
  return { ...batch, operations: operations.flat(), problems };
}

/** Throws a Refusal where anything stands against any of the operations: all of that is told, and nothing stays. */
async function write(writer: EntityWriter, rules: EntityRules, secrets: GatewaySecrets, batch: Batch): Promise<readonly PlannedOperation[]> {
  const plan = new BatchPlan(rules, secrets, await lookUp(writer, batch.operations), (kind, tags) => writer.mayReveal(kind, tags));
  for (const operation of batch.operations) plan.add(operation);
  for (const problem of await writer.writeMany(plan.writes.map((planned) => planned.write))) plan.tell(problem);
  const problems = [...batch.problems, ...plan.problems];
  if (problems.length > 0) throw batchRefused(batch.total, problems);
  // Now that all entities are held nobody can come in between any more.
  const head = batch.ifVersion === undefined ? undefined : await writer.holdHead();
  if (batch.ifVersion !== undefined && head !== undefined && compareVersions(batch.ifVersion, head) !== 0) throw otherVersion(batch.ifVersion, head);
  if (batch.dryRun) writer.onlyTry();
  return plan.results;
}

function showBatch({ dryRun }: Batch, results: readonly PlannedOperation[], version: ConfigVersion | undefined): JsonObject {
  const count = (action: PlannedOperation['action']): number => results.filter((result) => result.action === action).length;
  return {
    version: showVersion(version),
    dry_run: dryRun,
    summary: { created: count('created'), updated: count('updated'), deleted: count('deleted'), unchanged: count('unchanged') },
    results: results.map(({ operation, action, id, name }) => ({ op: operation.op, kind: operation.kind, id: id ?? null, action, ...(name === undefined ? {} : { name }) })),
  };
}

/** For the OpenAPI document; test/admin-batch.test.ts sends it. */
export const BATCH_EXAMPLE: JsonObject = {
  dry_run: false,
  operations: [
    { op: 'upsert', kind: 'services', id: 'billing', entity: { url: 'https://billing.internal:8443/v1', tags: ['team-a'] } },
    { op: 'upsert', kind: 'routes', id: 'invoices', entity: { paths: ['/invoices'], service: { name: 'billing' } } },
    { op: 'update', kind: 'services', id: 'billing', entity: { retries: 3 } },
    { op: 'delete', kind: 'consumers', id: 'who-left' },
  ],
};

const BODY: JsonObject = {
  type: 'object',
  additionalProperties: false,
  required: ['operations'],
  properties: {
    dry_run: { type: 'boolean', default: false, description: 'Tell what would be done and do nothing.' },
    if_version: { type: ['string', 'null'], default: null, description: 'Do nothing (412) where the configuration is not at this version.', examples: ['1.42'] },
    operations: {
      type: 'array',
      maxItems: MAX_OPERATIONS,
      description: 'Done in their order: one may name what an earlier one makes.',
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['op', 'kind'],
        properties: {
          op: { enum: ['create', 'upsert', 'update', 'delete'], description: '`upsert` replaces as a whole what is there (PUT), `update` changes fields (PATCH); deleting what is not there changes nothing.' },
          kind: { type: 'string', description: 'As a path of the admin API names it in `/schemas`: `services`, `keyauth_credentials`.' },
          id: { type: 'string', description: 'Id or endpoint key; not of `create`.' },
          entity: { type: 'object', description: 'As in the body of a single write; references by id or endpoint key. Not of `delete`.' },
        },
      },
    },
  },
};
