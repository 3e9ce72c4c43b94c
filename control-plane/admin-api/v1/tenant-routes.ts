/**
 * `/v1/tenants`: the organisations of an installation, and the first operators of a new one. For installation admins
 * only; everything else in the admin API happens inside the caller's own tenant (T1).
 */
import { parseId, type TenantId } from '../../../shared/model/ids.ts';
import type { Store } from '../../store/store.ts';
import type { Tenant } from '../../store/tenant-store.ts';
import { created, forbidden, NO_CONTENT, notFound, ok } from '../answer.ts';
import { DEFAULT_GATEWAY, param, tenantRoute, type AdminRequest, type Route } from '../route.ts';
import { refuseProblem, storedOrRefuse } from '../store-refusal.ts';
import { newOperatorFields, showOperator } from './operator-routes.ts';
import { ownOperation } from './own-operation.ts';
import { nameType, showTime } from './own-values.ts';

const operation = ownOperation<AdminRequest>();
const nameField = { name: 'name', tag: 1, type: nameType, required: true, description: 'Unique name.' } as const;

export function tenantRoutes(store: Pick<Store, 'tenants' | 'operators' | 'tokens' | 'gateways'>): readonly Route[] {
  const find = async (request: AdminRequest): Promise<Tenant> => {
    const name = param(request, 'id');
    const id = parseId<TenantId>(name);
    const tenant = await (id === undefined ? store.tenants.findByName(name) : store.tenants.get(id));
    if (tenant === undefined) throw notFound();
    return tenant;
  };
  return [
    tenantRoute('/v1/tenants', {
      GET: operation({ permission: { on: 'tenants', verb: 'read' }, summary: 'List tenants', handle: async () => ok({ data: (await store.tenants.list()).map(showTenant), next: null }) }),
      POST: operation({
        permission: { on: 'tenants', verb: 'create' },
        summary: 'Create a tenant, with a gateway called default',
        success: 201,
        body: [nameField],
        handle: async ({ actor }, { name }) => {
          const tenant = storedOrRefuse(await store.tenants.create(name, actor), 'tenants');
          storedOrRefuse(await store.gateways.create(tenant.id, DEFAULT_GATEWAY, actor), 'gateways');
          return created(showTenant(tenant));
        },
      }),
    }),
    tenantRoute('/v1/tenants/:id', {
      GET: operation({ permission: { on: 'tenants', verb: 'read' }, summary: 'Read a tenant', handle: async (request) => ok(showTenant(await find(request))) }),
      PATCH: operation({
        permission: { on: 'tenants', verb: 'update' },
        summary: 'Rename a tenant',
        body: [nameField],
        handle: async (request, { name }) => ok(showTenant(storedOrRefuse(await store.tenants.rename((await find(request)).id, name, request.actor), 'tenants'))),
      }),
      DELETE: operation({
        permission: { on: 'tenants', verb: 'delete' },
        summary: 'Delete a tenant that has no gateways',
        success: 204,
        handle: async (request) => {
          const tenant = await find(request);
          if (tenant.id === request.caller.tenantId) throw forbidden('you can not delete your own tenant');
          const problem = await store.tenants.delete(tenant.id, request.actor);
          if (problem !== undefined) throw refuseProblem(problem, 'tenants');
          return NO_CONTENT;
        },
      }),
    }),
    tenantRoute('/v1/tenants/:id/operators', {
      GET: operation({
        permission: { on: 'tenants', verb: 'read' },
        summary: 'List the operators of a tenant',
        handle: async (request) => ok({ data: (await store.operators.list((await find(request)).id)).map(showOperator), next: null }),
      }),
      POST: operation({
        permission: { on: 'tenants', verb: 'update' },
        summary: 'Create an operator of a tenant, with a token',
        success: 201,
        body: newOperatorFields,
        handle: async (request, { name, role, description }) => {
          const tenant = await find(request);
          const operator = storedOrRefuse(await store.operators.create(tenant.id, { name, role, ...(description === null ? {} : { description }) }, request.actor), 'operators');
          const { text: token } = storedOrRefuse(await store.tokens.create(tenant.id, operator.id, {}, request.actor), 'operators');
          return created({ ...showOperator(operator), token });
        },
      }),
    }),
  ];
}

function showTenant(tenant: Tenant) {
  return { id: tenant.id, name: tenant.name, created_at: showTime(tenant.createdAt) };
}
