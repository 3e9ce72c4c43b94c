/**
 * `/v1/roles`: named sets of permissions, the built-in ones and the tenant's own; `/v1/me`: what the caller may do. Nobody
 * makes or changes a role that holds more than they have.
 */
import type { JsonObject } from '../../../shared/model/definition.ts';
import type { Role } from '../../store/role-store.ts';
import type { Store } from '../../store/store.ts';
import { created, forbidden, NO_CONTENT, notFound, ok } from '../answer.ts';
import { param, tenantRoute, type AdminRequest, type Caller, type Route } from '../route.ts';
import type { SessionCookies } from '../session-cookie.ts';
import { refuseProblem, storedOrRefuse } from '../store-refusal.ts';
import { permissionsType, refuseExcess, showGrants, toGrants } from './grant-fields.ts';
import { ownOperation } from './own-operation.ts';
import { nameType, showTime } from './own-values.ts';

const operation = ownOperation<AdminRequest>();
const nameField = { name: 'name', tag: 1, type: nameType, description: 'Unique name; not that of a built-in role.' } as const;
const descriptionField = { name: 'description', tag: 2, type: { kind: 'string', maxLength: 500 }, description: 'For people.' } as const;
const permissionsField = { name: 'permissions', tag: 3, type: permissionsType, description: 'What whoever has the role may do; what nothing allows is refused.' } as const;

export function roleRoutes(store: Pick<Store, 'roles'>, cookies: SessionCookies): readonly Route[] {
  const find = async (request: AdminRequest): Promise<Role> => {
    const name = param(request, 'id');
    const role = (await store.roles.list(request.caller.tenantId)).find((candidate) => candidate.name === name || (candidate.id !== null && candidate.id === name.toLowerCase()));
    if (role === undefined) throw notFound();
    return role;
  };
  const findOwn = async (request: AdminRequest): Promise<Role & { readonly id: string }> => {
    const role = await find(request);
    if (role.id === null) throw forbidden(`${role.name} is a built-in role, which nobody can change; make one of your own (POST /v1/roles)`);
    refuseExcess(request.caller, [role.permissions], `the role "${role.name}"`);
    return { ...role, id: role.id };
  };
  return [
    tenantRoute('/v1/roles', {
      GET: operation({ permission: { on: 'roles', verb: 'read' }, summary: 'List roles, the built-in ones first', handle: async ({ caller }) => ok({ data: (await store.roles.list(caller.tenantId)).map(showRole), next: null }) }),
      POST: operation({
        permission: { on: 'roles', verb: 'create' },
        summary: 'Create a role',
        success: 201,
        body: [{ ...nameField, required: true }, descriptionField, { ...permissionsField, required: true }],
        handle: async ({ caller, actor }, { name, description, permissions: given }) => {
          const permissions = toGrants(given);
          refuseExcess(caller, [permissions], 'this role');
          return created(showRole(storedOrRefuse(await store.roles.create(caller.tenantId, { name, description: description ?? '', permissions }, actor), 'roles')));
        },
      }),
    }),
    tenantRoute('/v1/roles/:id', {
      GET: operation({ permission: { on: 'roles', verb: 'read' }, summary: 'Read a role', handle: async (request) => ok(showRole(await find(request))) }),
      PATCH: operation({
        permission: { on: 'roles', verb: 'update' },
        summary: 'Change a role; it counts for everybody who has it within five seconds',
        body: [nameField, descriptionField, permissionsField],
        handle: async (request, { name, description, permissions: given }) => {
          const role = await findOwn(request);
          const permissions = given === null ? undefined : toGrants(given);
          if (permissions !== undefined) refuseExcess(request.caller, [permissions], 'this role');
          const change = { ...(name === null ? {} : { name }), ...(description === null ? {} : { description }), ...(permissions === undefined ? {} : { permissions }) };
          return ok(showRole(storedOrRefuse(await store.roles.update(request.caller.tenantId, role.id, change, request.actor), 'roles')));
        },
      }),
      DELETE: operation({
        permission: { on: 'roles', verb: 'delete' },
        summary: 'Delete a role that nobody has',
        success: 204,
        handle: async (request) => {
          const problem = await store.roles.delete(request.caller.tenantId, (await findOwn(request)).id, request.actor);
          if (problem !== undefined) throw refuseProblem(problem, 'roles');
          return NO_CONTENT;
        },
      }),
    }),
    tenantRoute('/v1/me', {
      GET: operation({ permission: { on: 'me', verb: 'read' }, summary: 'Tell who you are and what you may do', handle: async ({ caller, headers }) => ok({ ...showCaller(caller), csrf_token: cookies.csrfTokenOf(headers) }) }),
    }),
  ];
}

function showRole({ id, name, description, permissions, createdAt, updatedAt }: Role): JsonObject {
  return { id, name, description, built_in: id === null, permissions: showGrants(permissions), created_at: showTime(createdAt), updated_at: showTime(updatedAt) };
}

/** `permissions` are lists, each of which must allow something: the roles', and the token's where it is narrower. */
function showCaller({ tenantId, operatorId, kind, name, credential, roles, installationAdmin, policy, tenant }: Caller): JsonObject {
  return {
    tenant: { id: tenantId }, id: operatorId, kind, name, credential: credential ?? null, roles, installation_admin: installationAdmin,
    permissions: policy.lists.map(showGrants), requests_per_second: tenant.requestsPerSecond ?? null,
  };
}
