/**
 * `/v1/quotas`: what the caller's tenant may use and what it does use; `/v1/tenants/{tenant}/quotas`: the same of any tenant,
 * set by installation admins.
 */
import type { EntityKind, Field, JsonObject } from '../../../shared/model/definition.ts';
import { isJsonObject } from '../../../shared/model/entity-checks.ts';
import { entityKinds, isEntityKind } from '../../../shared/model/registry.ts';
import { didYouMean } from '../../../shared/nearest.ts';
import type { QuotaStore, Quotas } from '../../store/quota-store.ts';
import type { Store } from '../../store/store.ts';
import type { TenantId } from '../../../shared/model/ids.ts';
import { ok, schemaViolation } from '../answer.ts';
import { tenantRoute, type AdminRequest, type Route } from '../route.ts';
import { storedOrRefuse } from '../store-refusal.ts';
import { ownOperation } from './own-operation.ts';
import { findTenant } from './tenant-routes.ts';

const operation = ownOperation<AdminRequest>();
const MOST = 1_000_000_000;
const count = { kind: 'integer', between: [0, MOST] } as const;
const quotaFields = [
  { name: 'gateways', tag: 1, type: count, nullable: true, description: 'Gateways at most; null for no limit.' },
  { name: 'data_planes', tag: 2, type: count, nullable: true, description: 'Data planes at most that are not revoked, over all gateways; null for no limit.' },
  { name: 'requests_per_second', tag: 3, type: { kind: 'integer', between: [1, 1_000_000] }, nullable: true, description: 'Requests to the admin API at each control plane; null for no limit.' },
  { name: 'entities', tag: 4, type: { kind: 'map', keys: { kind: 'string' }, values: count }, description: 'By kind, over all gateways: `{"routes": 1000}`. Replaces all of them; kinds that are not named have no limit.' },
] as const satisfies readonly Field[];

export function quotaRoutes(store: Pick<Store, 'quotas' | 'tenants'>): readonly Route[] {
  return [
    tenantRoute('/v1/quotas', {
      GET: operation({ permission: { on: 'quotas', verb: 'read' }, summary: 'Show the quotas of your tenant and what is used of them', handle: async ({ caller }) => ok(await show(store.quotas, caller.tenantId)) }),
    }),
    tenantRoute('/v1/tenants/:id/quotas', {
      GET: operation({ permission: { on: 'tenants', verb: 'read' }, summary: 'Show the quotas of a tenant and what is used of them', handle: async (request) => ok(await show(store.quotas, (await findTenant(store, request)).id)) }),
      PATCH: operation({
        permission: { on: 'tenants', verb: 'update' },
        summary: 'Change quotas of a tenant; a limit below what is used takes nothing away',
        body: quotaFields,
        handle: async (request, input) => {
          const tenant = await findTenant(store, request);
          const { quotas } = await store.quotas.get(tenant.id);
          const sent = request.body.kind === 'json' && isJsonObject(request.body.value) ? request.body.value : {};
          /** What is not sent stays, null takes the limit away. */
          const changed = (name: string, value: number | null, present: number | undefined): number | undefined => value ?? (Object.hasOwn(sent, name) ? undefined : present);
          const next: Quotas = {
            gateways: changed('gateways', input.gateways, quotas.gateways),
            dataPlanes: changed('data_planes', input.data_planes, quotas.dataPlanes),
            requestsPerSecond: changed('requests_per_second', input.requests_per_second, quotas.requestsPerSecond),
            entities: input.entities === null ? (Object.hasOwn(sent, 'entities') ? {} : quotas.entities) : parseKinds(input.entities),
          };
          storedOrRefuse(await store.quotas.set(tenant.id, next, request.actor), 'tenants');
          return ok(await show(store.quotas, tenant.id));
        },
      }),
    }),
  ];
}

function parseKinds(given: Readonly<Record<string, number>>): Quotas['entities'] {
  return Object.fromEntries(Object.entries(given).map(([kind, limit]): [EntityKind, number] => {
    if (!isEntityKind(kind)) throw schemaViolation([{ field: `entities.${kind}`, message: `is no kind of entity${didYouMean(kind, entityKinds)}` }]);
    return [kind, limit];
  }));
}

async function show(store: QuotaStore, tenantId: TenantId): Promise<JsonObject> {
  const { quotas, used } = await store.get(tenantId);
  return {
    quotas: { gateways: quotas.gateways ?? null, data_planes: quotas.dataPlanes ?? null, requests_per_second: quotas.requestsPerSecond ?? null, entities: quotas.entities },
    used: { gateways: used.gateways, data_planes: used.dataPlanes, entities: used.entities },
  };
}
