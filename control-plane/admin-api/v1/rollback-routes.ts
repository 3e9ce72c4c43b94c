/**
 * `/v1/releases/:version/rollback`: restores the configuration of a release as a new version, and tells for each entity what was
 * done or why not. Used by release-routes.ts.
 */
import { unreachable } from '../../../shared/assert.ts';
import type { JsonObject } from '../../../shared/model/definition.ts';
import { formatVersion } from '../../../shared/model/version.ts';
import type { RolledBackEntity } from '../../store/rollback.ts';
import type { SkipReason } from '../../store/rollback-plan.ts';
import type { Store } from '../../store/store.ts';
import { notFound, ok } from '../answer.ts';
import { gatewayRoute, param, type GatewayRequest, type Route } from '../route.ts';
import { ownOperation } from './own-operation.ts';
import { parseVersion, showVersion } from './own-values.ts';

const operation = ownOperation<GatewayRequest>();
/** Entities in one answer; the counts are of all. */
const MAX_ENTITIES = 1000;

export function rollbackRoutes(store: Pick<Store, 'rollBack'>): readonly Route[] {
  return [
    gatewayRoute('/v1/releases/:version/rollback', {
      POST: operation({
        permission: { on: 'releases', verb: 'rollback' },
        summary: 'Restore the configuration of a release, as one write and a new version',
        body: [
          { name: 'include_credentials', tag: 1, type: { kind: 'boolean' }, default: false, description: 'Also restore credentials and certificates with their private keys; else those that were revoked since stay revoked.' },
          { name: 'dry_run', tag: 2, type: { kind: 'boolean' }, default: false, description: 'Tell what would be done and do nothing.' },
          { name: 'while_frozen', tag: 3, type: { kind: 'boolean' }, default: false, description: 'Roll back a gateway that is frozen; it stays frozen.' },
          { name: 'reason', tag: 4, type: { kind: 'string', maxLength: 500 }, default: 'not given', description: 'For the audit.' },
        ],
        handle: async (request, input) => {
          const { gateway, actor } = request;
          const to = parseVersion(param(request, 'version'));
          if (to === undefined) throw notFound();
          const result = await store.rollBack(gateway, actor, { to, includeCredentials: input.include_credentials, dryRun: input.dry_run, whileFrozen: input.while_frozen, reason: input.reason });
          if (result.kind === 'no-such-release') throw notFound();
          const { version, entities } = result.report;
          const answer = ok({
            rolled_back_to: formatVersion(to), dry_run: input.dry_run, version: showVersion(version), counts: countOutcomes(entities),
            // What asks for attention first.
            entities: entities.toSorted((a, b) => attention(b) - attention(a)).slice(0, MAX_ENTITIES).map(showEntity),
            truncated: entities.length > MAX_ENTITIES,
          });
          return version === undefined ? answer : { ...answer, headers: { 'x-holdfast-config-version': formatVersion(version) } };
        },
      }),
    }),
  ];
}

/** That credentials stay as they are is what was asked for. */
function attention({ reason }: RolledBackEntity): number {
  return reason === undefined ? 0 : reason.kind === 'holds-secret' ? 1 : 2;
}

function countOutcomes(entities: readonly RolledBackEntity[]): JsonObject {
  const count = (outcome: RolledBackEntity['outcome']): number => entities.filter((entity) => entity.outcome === outcome).length;
  return { created: count('create'), updated: count('update'), deleted: count('delete'), deleted_with: count('delete-with'), skipped: count('skip') };
}

const OUTCOMES = { create: 'created', update: 'updated', delete: 'deleted', 'delete-with': 'deleted-with', skip: 'skipped' } as const;

function showEntity({ kind, id, name, outcome, wanted, reason }: RolledBackEntity): JsonObject {
  return {
    kind, id, name: name ?? null, outcome: OUTCOMES[outcome],
    ...(outcome === 'delete-with' ? { message: 'goes with what it belongs to, which was not there then' } : {}),
    ...(reason === undefined ? {} : { would_have_been: OUTCOMES[wanted], reason: reason.kind, message: explain(reason, wanted) }),
  };
}

function explain(reason: SkipReason, wanted: RolledBackEntity['wanted']): string {
  switch (reason.kind) {
    case 'holds-secret':
      return `${wanted === 'create' ? 'was deleted since and does not come back' : 'stays as it is'}: credentials and private keys are restored only with include_credentials`;
    case 'secret-not-kept':
      return 'stays as it is: a control plane of before 0.3 changed it and did not keep its secret';
    case 'unreadable':
      return `stays as it is: ${reason.problem}`;
    case 'reference-missing':
      return `stays as it is: its ${reason.field} of then, ${reason.to} ${reason.id}, is not there and not restored`;
    case 'referenced-by':
      return `stays: ${reason.by} ${reason.id}, which is not restored, refers to it`;
    case 'unique':
      return `stays as it is: its ${reason.fields.join(' and ')} of then belongs to ${reason.ownerId}, which is not restored`;
    default:
      return unreachable(reason);
  }
}
