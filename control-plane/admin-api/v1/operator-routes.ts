/**
 * `/v1/operators` and `/v1/service-accounts`: the people and the programs that may use the admin API of the caller's tenant,
 * each with a role. Nobody gives a role, or touches somebody, that holds more than they have.
 */
import type { Field, JsonObject } from '../../../shared/model/definition.ts';
import { parseId, type OperatorId } from '../../../shared/model/ids.ts';
import type { Operator, OperatorKind } from '../../store/operator-store.ts';
import type { Store } from '../../store/store.ts';
import { created, forbidden, NO_CONTENT, notFound, ok } from '../answer.ts';
import { param, tenantRoute, type AdminRequest, type Caller, type Route } from '../route.ts';
import { refuseProblem, storedOrRefuse } from '../store-refusal.ts';
import { refuseExcess } from './grant-fields.ts';
import { ownOperation } from './own-operation.ts';
import { nameType, showTime } from './own-values.ts';

const operation = ownOperation<AdminRequest>();

const roleField = { name: 'role', tag: 2, type: { kind: 'string', maxLength: 100 }, description: 'Name of a role: `owner`, `admin`, `editor`, `viewer`, `auditor` or one of your own (`GET /v1/roles`).' } as const satisfies Field;
const descriptionField = { name: 'description', tag: 3, type: { kind: 'string', maxLength: 500 }, description: 'For people.' } as const satisfies Field;

export const newOperatorFields = [
  { name: 'name', tag: 1, type: nameType, required: true, description: 'Unique name, shown in the audit.' },
  { ...roleField, required: true },
  descriptionField,
] as const;

/** What else uses people: tokens hang on them. */
export type People = Pick<Store, 'operators' | 'roles'>;

export function operatorRoutes(store: People): readonly Route[] {
  return [...routesOf(store, 'operator', '/v1/operators', 'operators', 'an operator'), ...routesOf(store, 'service-account', '/v1/service-accounts', 'service-accounts', 'a service account')];
}

function routesOf(store: People, kind: OperatorKind, path: string, on: 'operators' | 'service-accounts', noun: string): readonly Route[] {
  const find = (request: AdminRequest): Promise<Operator> => findOperator(store, request, kind);
  return [
    tenantRoute(path, {
      GET: operation({ permission: { on, verb: 'read' }, summary: `List ${kind === 'operator' ? 'operators' : 'service accounts'}`, handle: async ({ caller }) => ok({ data: (await store.operators.list(caller.tenantId, kind)).map(showOperator), next: null }) }),
      POST: operation({
        permission: { on, verb: 'create' },
        summary: `Create ${noun}`,
        success: 201,
        body: newOperatorFields,
        handle: async ({ caller, actor }, { name, role, description }) => {
          await refuseRole(store, caller, role);
          return created(showOperator(storedOrRefuse(await store.operators.create(caller.tenantId, { kind, name, role, ...(description === null ? {} : { description }) }, actor), on)));
        },
      }),
    }),
    tenantRoute(`${path}/:id`, {
      GET: operation({ permission: { on, verb: 'read' }, summary: `Read ${noun}`, handle: async (request) => ok(showOperator(await find(request))) }),
      PATCH: operation({
        permission: { on, verb: 'update' },
        summary: `Change ${noun}'s role, disable it, or enable it again; counts within five seconds`,
        body: [{ name: 'disabled', tag: 1, type: { kind: 'boolean' }, description: 'The tokens and sessions of who is disabled are refused.' }, roleField, descriptionField],
        handle: async (request, { disabled, role, description }) => {
          const { caller, actor } = request;
          const operator = await find(request);
          if (operator.id === caller.operatorId && disabled === true) throw forbidden('you can not disable yourself');
          await refuseStronger(store, caller, operator);
          if (role !== null) await refuseRole(store, caller, role);
          const change = { ...(role === null ? {} : { role }), ...(description === null ? {} : { description }), ...(disabled === null ? {} : { disabled }) };
          return ok(showOperator(storedOrRefuse(await store.operators.update(caller.tenantId, operator.id, change, actor), on)));
        },
      }),
      DELETE: operation({
        permission: { on, verb: 'delete' },
        summary: `Delete ${noun} with all its tokens`,
        success: 204,
        handle: async (request) => {
          const { caller, actor } = request;
          const operator = await find(request);
          if (operator.id === caller.operatorId) throw forbidden('you can not delete yourself');
          await refuseStronger(store, caller, operator);
          const problem = await store.operators.delete(caller.tenantId, operator.id, actor);
          if (problem !== undefined && problem.kind !== 'not-found') throw refuseProblem(problem, on);
          return NO_CONTENT;
        },
      }),
    }),
  ];
}

/** By the path's id or name. Throws a Refusal (404). */
export async function findOperator(store: Pick<Store, 'operators'>, request: AdminRequest, kind?: OperatorKind): Promise<Operator> {
  const name = param(request, 'id');
  const id = parseId<OperatorId>(name);
  const operator = await store.operators.find(request.caller.tenantId, id === undefined ? { name } : { id });
  if (operator === undefined || (kind !== undefined && operator.kind !== kind)) throw notFound();
  return operator;
}

/** Whoever could disable, demote or make a token for somebody stronger would have what they have. Throws a Refusal (403). */
export async function refuseStronger(store: People, caller: Caller, operator: Operator): Promise<void> {
  if (operator.installationAdmin && !caller.installationAdmin) throw forbidden('only an installation admin may do this to one');
  const role = await store.roles.findByName(operator.tenantId, operator.role);
  if (role !== undefined) refuseExcess(caller, [role.permissions], `the role of ${operator.name} ("${role.name}")`);
}

/** A role that is not there is the store's to refuse. */
async function refuseRole(store: People, caller: Caller, name: string): Promise<void> {
  const role = await store.roles.findByName(caller.tenantId, name);
  if (role !== undefined) refuseExcess(caller, [role.permissions], `the role "${name}"`);
}

export function showOperator(operator: Operator): JsonObject {
  return {
    id: operator.id,
    name: operator.name,
    kind: operator.kind,
    description: operator.description,
    role: operator.role,
    installation_admin: operator.installationAdmin,
    disabled: operator.disabledAt !== undefined,
    created_at: showTime(operator.createdAt),
  };
}
