/**
 * `/v1/operators`: who may use the admin API of the caller's tenant, and their tokens. A token is shown once, when it is
 * made; only its digest is stored.
 */
import type { JsonObject } from '../../../shared/model/definition.ts';
import { parseId, type OperatorId } from '../../../shared/model/ids.ts';
import type { Clock } from '../../../shared/clock.ts';
import type { Operator } from '../../store/operator-store.ts';
import type { Store } from '../../store/store.ts';
import { created, forbidden, NO_CONTENT, notFound, ok } from '../answer.ts';
import { param, tenantRoute, type AdminRequest, type Route } from '../route.ts';
import { refuseProblem, storedOrRefuse } from '../store-refusal.ts';
import { ownOperation } from './own-operation.ts';
import { nameType, showTime } from './own-values.ts';

const operation = ownOperation<AdminRequest>();

export const newOperatorFields = [
  { name: 'name', tag: 1, type: nameType, required: true, description: 'Unique name, shown in the audit.' },
  { name: 'role', tag: 2, type: { kind: 'string', oneOf: ['admin', 'viewer'] }, required: true, description: '`admin` may do everything; `viewer` may read, never secrets.' },
] as const;

const TEN_YEARS_S = 315_360_000;
const ttlField = { name: 'ttl_seconds', tag: 1, type: { kind: 'integer', between: [60, TEN_YEARS_S] }, description: 'Seconds until the token expires; never where not given.' } as const;

export function operatorRoutes(store: Pick<Store, 'operators'>, clock: Clock): readonly Route[] {
  const find = async (request: AdminRequest): Promise<Operator> => {
    const name = param(request, 'id');
    const id = parseId<OperatorId>(name);
    const operator = (await store.operators.list(request.caller.tenantId)).find((candidate) => (id === undefined ? candidate.name === name : candidate.id === id));
    if (operator === undefined) throw notFound();
    return operator;
  };
  return [
    tenantRoute('/v1/operators', {
      GET: operation({ permission: { on: 'operators', verb: 'read' }, summary: 'List operators', handle: async ({ caller }) => ok({ data: (await store.operators.list(caller.tenantId)).map(showOperator), next: null }) }),
      POST: operation({
        permission: { on: 'operators', verb: 'create' },
        summary: 'Create an operator',
        success: 201,
        body: newOperatorFields,
        handle: async ({ caller, actor }, operator) => created(showOperator(storedOrRefuse(await store.operators.create(caller.tenantId, operator, actor), 'operators'))),
      }),
    }),
    tenantRoute('/v1/operators/:id', {
      GET: operation({ permission: { on: 'operators', verb: 'read' }, summary: 'Read an operator', handle: async (request) => ok(showOperator(await find(request))) }),
      PATCH: operation({
        permission: { on: 'operators', verb: 'update' },
        summary: 'Disable an operator, or enable it again',
        body: [{ name: 'disabled', tag: 1, type: { kind: 'boolean' }, required: true, description: 'The tokens of a disabled operator are refused.' }],
        handle: async (request, { disabled }) => {
          const operator = await find(request);
          if (operator.id === request.caller.operatorId) throw forbidden('you can not disable yourself');
          if (operator.installationAdmin && !request.caller.installationAdmin) throw forbidden('only an installation admin may do this to one');
          const problem = await store.operators.setDisabled(operator.tenantId, operator.id, disabled, request.actor);
          if (problem !== undefined) throw refuseProblem(problem, 'operators');
          return ok(showOperator(await find(request)));
        },
      }),
    }),
    tenantRoute('/v1/operators/:id/tokens', {
      POST: operation({
        permission: { on: 'tokens', verb: 'create' },
        summary: 'Create a token for an operator; it is shown this once',
        success: 201,
        body: [ttlField],
        handle: async (request, { ttl_seconds: ttlSeconds }) => {
          const operator = await find(request);
          if (operator.installationAdmin && !request.caller.installationAdmin) throw forbidden('only an installation admin may do this to one');
          const expiresAt = ttlSeconds === null ? undefined : new Date(clock.nowMs() + ttlSeconds * 1000);
          const { tokenId, token } = storedOrRefuse(await store.operators.createToken(operator.tenantId, operator.id, expiresAt === undefined ? {} : { expiresAt }, request.actor), 'operators');
          return created({ id: tokenId, operator: { id: operator.id }, token, expires_at: showTime(expiresAt) });
        },
      }),
    }),
    tenantRoute('/v1/tokens/:id', {
      DELETE: operation({
        permission: { on: 'tokens', verb: 'delete' },
        summary: 'Revoke a token',
        success: 204,
        handle: async (request) => {
          const id = parseId(param(request, 'id'));
          const problem = id === undefined ? undefined : await store.operators.revokeToken(request.caller.tenantId, id, request.actor);
          if (problem !== undefined && problem.kind !== 'not-found') throw refuseProblem(problem, 'tokens');
          return NO_CONTENT;
        },
      }),
    }),
  ];
}

export function showOperator(operator: Operator): JsonObject {
  return {
    id: operator.id,
    name: operator.name,
    role: operator.role,
    installation_admin: operator.installationAdmin,
    disabled: operator.disabledAt !== undefined,
    created_at: showTime(operator.createdAt),
  };
}
