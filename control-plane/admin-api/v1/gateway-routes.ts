/**
 * `/v1/gateways`: the configuration scopes of a tenant. A gateway may not be called like the first word of any path,
 * because `/{gateway}/services` must not mean anything else.
 */
import type { JsonObject } from '../../../shared/model/definition.ts';
import { parseId, type GatewayId } from '../../../shared/model/ids.ts';
import type { KeyDesk } from '../../keys/key-desk.ts';
import type { Store } from '../../store/store.ts';
import type { Gateway } from '../../store/gateway-store.ts';
import type { Permission, Verb } from '../../access/permission.ts';
import { created, forbidden, NO_CONTENT, notFound, ok } from '../answer.ts';
import { param, tenantRoute, type AdminRequest, type Caller, type Route } from '../route.ts';
import { refuseProblem, storedOrRefuse } from '../store-refusal.ts';
import { ownOperation } from './own-operation.ts';
import { nameType, showTime, showVersion } from './own-values.ts';

const operation = ownOperation<AdminRequest>();
const READ: Permission = { on: 'gateways', verb: 'read' };
const nameField = { name: 'name', tag: 1, type: nameType, required: true, description: 'Unique name; not the first word of a path.' } as const;

export function gatewayRoutes(store: Pick<Store, 'gateways'>, keys: Pick<KeyDesk, 'whyNotPublishing'>): readonly Route[] {
  /** One that may not be read is not there; whether more may be done to it than that is asked here too, since the path's word may be an id. */
  const find = async (request: AdminRequest, verb: Verb = 'read'): Promise<Gateway> => {
    const { tenantId } = request.caller;
    const name = param(request, 'id');
    const gatewayId = parseId<GatewayId>(name);
    const gateway = await (gatewayId === undefined ? store.gateways.findByName(tenantId, name) : store.gateways.get({ tenantId, gatewayId }));
    if (gateway === undefined || !request.caller.policy.allows(READ, gateway.name)) throw notFound();
    if (!request.caller.policy.allows({ on: 'gateways', verb }, gateway.name)) throw forbidden(`you have no permission to ${verb} the gateway "${gateway.name}"`);
    return gateway;
  };
  return [
    tenantRoute('/v1/gateways', {
      GET: operation({ permission: { on: 'gateways', verb: 'read' }, summary: 'List gateways', handle: async ({ caller }) => ok({ data: (await store.gateways.list(caller.tenantId)).filter(({ name }) => caller.policy.allows(READ, name)).map(showGateway), next: null }) }),
      POST: operation({
        permission: { on: 'gateways', verb: 'create' },
        summary: 'Create a gateway',
        success: 201,
        body: [nameField],
        handle: async ({ caller, actor }, { name }) => {
          refuseName(caller, 'create', name);
          return created(showGateway(storedOrRefuse(await store.gateways.create(caller.tenantId, name, actor), 'gateways')));
        },
      }),
    }),
    tenantRoute('/v1/gateways/:id', {
      GET: operation({
        permission: { on: 'gateways', verb: 'read' },
        summary: 'Read a gateway, and why it publishes nothing where it does not',
        handle: async (request) => {
          const gateway = await find(request);
          return ok({ ...showGateway(gateway), publishes_nothing_because: (await keys.whyNotPublishing(gateway)) ?? null });
        },
      }),
      PATCH: operation({
        permission: { on: 'gateways', verb: 'update' },
        summary: 'Rename a gateway',
        body: [nameField],
        handle: async (request, { name }) => {
          const gateway = await find(request, 'update');
          refuseName(request.caller, 'update', name);
          // Permissions count by name: whoever could choose it would choose what they may do.
          if (request.caller.policy.gainsIn(name, gateway.name)) throw forbidden(`in a gateway called "${name}" you may do more than in "${gateway.name}": let somebody rename it who may do the same in both`);
          return ok(showGateway(storedOrRefuse(await store.gateways.rename(gateway, name, request.actor), 'gateways')));
        },
      }),
      DELETE: operation({
        permission: { on: 'gateways', verb: 'delete' },
        summary: 'Delete a gateway that has neither entities nor data planes',
        success: 204,
        handle: async (request) => {
          const problem = await store.gateways.delete(await find(request, 'delete'), request.actor);
          if (problem !== undefined) throw refuseProblem(problem, 'gateways');
          return NO_CONTENT;
        },
      }),
    }),
    tenantRoute('/v1/gateways/:id/freeze', {
      POST: operation({
        permission: { on: 'gateways', verb: 'freeze' },
        summary: 'Freeze a gateway: its configuration is not written, revocations go on',
        body: [{ name: 'reason', tag: 1, type: { kind: 'string', maxLength: 500 }, required: true, description: 'Told to everybody whose write is refused, and kept in the audit.' }],
        handle: async (request, { reason }) => ok(showGateway(storedOrRefuse(await store.gateways.freeze(await find(request, 'freeze'), reason, request.actor), 'gateways'))),
      }),
    }),
    tenantRoute('/v1/gateways/:id/unfreeze', {
      POST: operation({
        permission: { on: 'gateways', verb: 'freeze' },
        summary: 'Let the configuration of a gateway be written again',
        handle: async (request) => ok(showGateway(storedOrRefuse(await store.gateways.unfreeze(await find(request, 'freeze'), request.actor), 'gateways'))),
      }),
    }),
  ];
}

function refuseName(caller: Caller, verb: Verb, name: string): void {
  if (!caller.policy.allows({ on: 'gateways', verb }, name)) throw forbidden(`you have no permission to ${verb} a gateway called "${name}"`);
}

function showGateway(gateway: Gateway): JsonObject {
  const { frozen } = gateway;
  return {
    id: gateway.gatewayId, name: gateway.name, created_at: showTime(gateway.createdAt), config_version: showVersion(gateway.head),
    frozen: frozen === undefined ? null : { at: showTime(frozen.at), by: frozen.by, reason: frozen.reason },
  };
}
