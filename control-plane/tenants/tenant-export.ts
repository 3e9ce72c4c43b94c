/**
 * Everything of a tenant as one JSON document, written piece by piece so that memory stays flat whatever its size: people,
 * roles, quotas, and each gateway with its entities and data planes. Tokens and keys are not in it, secrets of entities only
 * where they may be revealed. Called by admin-api/v1/tenant-routes.ts.
 */
import type { Entity, JsonValue } from '../../shared/model/definition.ts';
import { entityDefinitions } from '../../shared/model/registry.ts';
import { EVERY_ENTITY } from '../access/policy.ts';
import type { EntityCursor } from '../store/entity-reader.ts';
import { readEntity } from '../store/entity-record.ts';
import type { Gateway } from '../store/gateway-store.ts';
import type { Store } from '../store/store.ts';
import type { Tenant } from '../store/tenant-store.ts';

export type ExportStore = Pick<Store, 'read' | 'secretsOf' | 'gateways' | 'operators' | 'roles' | 'quotas' | 'dataPlanes'>;

const PAGE = 500;

/** Text that together is the document. Each page of entities is of one moment; what is written meanwhile may be in it or not. */
export async function* exportTenant(store: ExportStore, tenant: Tenant, exportedAt: Date, reveal: boolean): AsyncGenerator<string> {
  const { quotas, used } = await store.quotas.get(tenant.id);
  const operators = await store.operators.list(tenant.id);
  const roles = (await store.roles.list(tenant.id)).filter(({ id }) => id !== null);
  const head: JsonValue = {
    exported_at: exportedAt.toISOString(),
    tenant: { id: tenant.id, name: tenant.name, created_at: tenant.createdAt.toISOString() },
    secrets: reveal ? 'revealed' : 'left out',
    quotas: { gateways: quotas.gateways ?? null, data_planes: quotas.dataPlanes ?? null, requests_per_second: quotas.requestsPerSecond ?? null, entities: quotas.entities },
    used: { gateways: used.gateways, data_planes: used.dataPlanes, entities: used.entities },
    operators: operators.map(({ id, name, kind, description, role, disabledAt }) => ({ id, name, kind, description, role, disabled: disabledAt !== undefined })),
    roles: roles.map(({ id, name, description, permissions }) => ({ id, name, description, permissions: permissions.map((grant) => ({ ...grant })) })),
  };
  yield `${JSON.stringify(head, null, 2).slice(0, -2)},\n  "gateways": [`;
  let isFirst = true;
  for (const gateway of await store.gateways.list(tenant.id)) {
    yield isFirst ? '\n' : ',\n';
    isFirst = false;
    yield* exportGateway(store, gateway, reveal);
  }
  yield '\n  ]\n}\n';
}

async function* exportGateway(store: ExportStore, gateway: Gateway, reveal: boolean): AsyncGenerator<string> {
  const dataPlanes = (await store.dataPlanes.list(gateway)).map(({ id, hostname, labels, enrolledAt, revokedAt }) => ({ id, hostname, labels, enrolled_at: enrolledAt.toISOString(), revoked: revokedAt !== undefined }));
  const head = { id: gateway.gatewayId, name: gateway.name, config_version: `${gateway.head.epoch}.${gateway.head.sequence}`, data_planes: dataPlanes };
  yield `${JSON.stringify(head).slice(0, -1)},"entities":{`;
  const secrets = reveal ? await store.secretsOf(gateway) : undefined;
  for (const [index, definition] of entityDefinitions.entries()) {
    yield `${index === 0 ? '' : ','}${JSON.stringify(definition.kind)}:[`;
    let after: EntityCursor | undefined;
    let isFirst = true;
    do {
      const page = await store.read({ ...gateway, access: EVERY_ENTITY }, (reader) => reader.list(definition.kind, { size: PAGE, ...(after === undefined ? {} : { after }) }));
      const entities: readonly Entity[] = page.entities.map((stored) => readEntity(definition, stored, secrets));
      if (entities.length > 0) yield (isFirst ? '\n' : ',\n') + entities.map((entity) => JSON.stringify(entity)).join(',\n');
      isFirst = isFirst && entities.length === 0;
      after = page.next;
    } while (after !== undefined);
    yield ']';
  }
  yield '}}';
}
