/**
 * `/v1/tenants`: the organisations of an installation, their first operators, and their life: suspended and resumed, deleted
 * with a time to restore them, exported. For installation admins only; everything else in the admin API happens inside the
 * caller's own tenant (T1), whose owners may export it too.
 */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Clock } from '../../../shared/clock.ts';
import type { JsonObject } from '../../../shared/model/definition.ts';
import { parseId, type TenantId } from '../../../shared/model/ids.ts';
import type { Permission } from '../../access/permission.ts';
import type { Store } from '../../store/store.ts';
import type { Tenant } from '../../store/tenant-store.ts';
import { exportTenant, type ExportStore } from '../../tenants/tenant-export.ts';
import { created, forbidden, invalidQuery, NO_CONTENT, notFound, ok, type Answer } from '../answer.ts';
import { DEFAULT_GATEWAY, param, tenantRoute, type AdminRequest, type Route } from '../route.ts';
import { refuseProblem, storedOrRefuse } from '../store-refusal.ts';
import { newOperatorFields, showOperator } from './operator-routes.ts';
import { ownOperation } from './own-operation.ts';
import { nameType, showTime } from './own-values.ts';

const operation = ownOperation<AdminRequest>();
const nameField = { name: 'name', tag: 1, type: nameType, required: true, description: 'Unique name.' } as const;
const reasonField = { name: 'reason', tag: 1, type: { kind: 'string', maxLength: 500 }, required: true, description: 'Told to everybody of the tenant who is refused, and kept in the audit.' } as const;
const revealParameter = { name: 'reveal', description: '`1`: with the secrets of entities in the clear, for who may reveal them.' } as const;

export interface TenantRoutesOptions {
  readonly store: Pick<Store, 'tenants' | 'tokens' | 'audit'> & ExportStore;
  /** How long a tenant that was deleted can be restored. */
  readonly deletionGraceMs: number;
  readonly clock: Clock;
}

export function tenantRoutes({ store, deletionGraceMs, clock }: TenantRoutesOptions): readonly Route[] {
  const find = (request: AdminRequest): Promise<Tenant> => findTenant(store, request);
  /** Nobody shuts the door behind themselves: then nobody could open it. */
  const findOther = async (request: AdminRequest, verb: string): Promise<Tenant> => {
    const tenant = await find(request);
    if (tenant.id === request.caller.tenantId) throw forbidden(`you can not ${verb} your own tenant`);
    return tenant;
  };
  const exportFor = async (request: AdminRequest, tenant: Tenant, toReveal: Permission): Promise<Answer> => {
    const reveal = isSet(request, 'reveal');
    if (reveal && !request.caller.policy.allows(toReveal, undefined)) throw forbidden(`you have no permission to reveal secrets (reveal on ${toReveal.on})`);
    await store.audit.add({ tenantId: tenant.id, actor: request.actor, action: reveal ? 'export-revealed' : 'export', subjectKind: 'tenants', subjectId: tenant.id, details: { name: tenant.name } });
    // A reader that goes away, or a database: the document has no end then, and the connection is cut.
    const stream: NonNullable<Answer['stream']> = (response) => void pipeline(Readable.from(exportTenant(store, tenant, new Date(clock.nowMs()), reveal)), response).catch(() => undefined);
    return { status: 200, headers: { 'content-type': 'application/json; charset=utf-8', 'content-disposition': `attachment; filename="${tenant.name}.json"` }, stream };
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
        summary: 'Delete a tenant: without gateways at once (204), otherwise for good after a grace period in which it can be restored (202)',
        success: 204,
        handle: async (request) => {
          const tenant = await findOther(request, 'delete');
          const problem = await store.tenants.delete(tenant.id, request.actor);
          if (problem === undefined || problem.kind === 'not-found') return NO_CONTENT;
          if (problem.kind !== 'not-empty') throw refuseProblem(problem, 'tenants');
          return { status: 202, body: showTenant(storedOrRefuse(await store.tenants.deleteAfter(tenant.id, deletionGraceMs, request.actor), 'tenants')) };
        },
      }),
    }),
    tenantRoute('/v1/tenants/:id/suspend', {
      POST: operation({
        permission: { on: 'tenants', verb: 'update' },
        summary: 'Suspend a tenant: its admin API refuses and no data plane joins; those that have joined go on serving',
        body: [reasonField],
        handle: async (request, { reason }) => ok(showTenant(storedOrRefuse(await store.tenants.suspend((await findOther(request, 'suspend')).id, reason, request.actor), 'tenants'))),
      }),
    }),
    tenantRoute('/v1/tenants/:id/resume', {
      POST: operation({
        permission: { on: 'tenants', verb: 'update' },
        summary: 'Let a suspended tenant go on',
        handle: async (request) => ok(showTenant(storedOrRefuse(await store.tenants.resume((await find(request)).id, request.actor), 'tenants'))),
      }),
    }),
    tenantRoute('/v1/tenants/:id/restore', {
      POST: operation({
        permission: { on: 'tenants', verb: 'update' },
        summary: 'Restore a tenant that was deleted, within its grace period',
        handle: async (request) => ok(showTenant(storedOrRefuse(await store.tenants.restore((await find(request)).id, request.actor), 'tenants'))),
      }),
    }),
    tenantRoute('/v1/tenants/:id/export', {
      GET: operation({
        permission: { on: 'tenants', verb: 'export' },
        summary: 'Everything of a tenant as one JSON document',
        query: [revealParameter],
        handle: async (request) => exportFor(request, await find(request), { on: 'tenants', verb: 'reveal' }),
      }),
    }),
    tenantRoute('/v1/export', {
      GET: operation({
        permission: { on: 'tenant', verb: 'export' },
        summary: 'Everything of your own tenant as one JSON document',
        query: [revealParameter],
        handle: async (request) => {
          const tenant = await store.tenants.get(request.caller.tenantId);
          if (tenant === undefined) throw notFound();
          return exportFor(request, tenant, { on: 'tenant', verb: 'reveal' });
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
          // In one's own tenant this way is no way around what one may give.
          if (tenant.id === request.caller.tenantId) throw forbidden('create operators of your own tenant by POST /v1/operators');
          const operator = storedOrRefuse(await store.operators.create(tenant.id, { name, role, ...(description === null ? {} : { description }) }, request.actor), 'operators');
          const { text: token } = storedOrRefuse(await store.tokens.create(tenant.id, operator.id, {}, request.actor), 'operators');
          return created({ ...showOperator(operator), token });
        },
      }),
    }),
  ];
}

/** By the path's id or name. Throws a Refusal (404). */
export async function findTenant(store: Pick<Store, 'tenants'>, request: AdminRequest): Promise<Tenant> {
  const name = param(request, 'id');
  const id = parseId<TenantId>(name);
  const tenant = await (id === undefined ? store.tenants.findByName(name) : store.tenants.get(id));
  if (tenant === undefined) throw notFound();
  return tenant;
}

function isSet({ query }: AdminRequest, name: string): boolean {
  const value = query.get(name) ?? '0';
  if (value !== '0' && value !== '1') throw invalidQuery('options', name, 'must be 1 or 0');
  return value === '1';
}

function showTenant({ id, name, createdAt, suspended, leaving }: Tenant): JsonObject {
  return {
    id, name, created_at: showTime(createdAt),
    suspended: suspended === undefined ? null : { at: showTime(suspended.at), by: suspended.by, reason: suspended.reason },
    deletion: leaving === undefined ? null : { at: showTime(leaving.at), by: leaving.by },
  };
}
