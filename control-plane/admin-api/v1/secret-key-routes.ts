/**
 * `/v1/secret-keys`: the keys under which secrets stand at rest (T2), for installation administrators. Never shows a key.
 */
import type { SecretKeyDesk } from '../../keys/secret-key-desk.ts';
import type { Store } from '../../store/store.ts';
import { notFound, ok } from '../answer.ts';
import { tenantRoute, type AdminRequest, type Route } from '../route.ts';
import { ownOperation } from './own-operation.ts';
import { nameType, showTime } from './own-values.ts';

const operation = ownOperation<AdminRequest>();

export function secretKeyRoutes(desk: SecretKeyDesk, store: Pick<Store, 'tenants'>): readonly Route[] {
  return [
    tenantRoute('/v1/secret-keys', {
      GET: operation({
        permission: { on: 'secret-keys', verb: 'read' },
        summary: 'Show key-encryption keys, what stands under each, and how far rotations of data keys are',
        handle: async () => {
          const { encryptingKeys, rotations } = await desk.status();
          return ok({
            key_encryption_keys: encryptingKeys.map(({ keyId, seals, here, values }) => ({ key_id: keyId, seals, here, values })),
            data_key_rotations: rotations.map((rotation) => ({
              tenant: rotation.tenantName, key_id: rotation.toKey, phase: rotation.phase, looked_at: rotation.lookedAt, resealed: rotation.resealed,
              started_at: showTime(rotation.startedAt), finished_at: showTime(rotation.finishedAt),
            })),
          });
        },
      }),
    }),
    tenantRoute('/v1/secret-keys/rotate', {
      POST: operation({
        permission: { on: 'secret-keys', verb: 'update' },
        summary: 'Make a new data key for a tenant, or for all, and seal its secrets again in the background',
        body: [{ name: 'tenant', tag: 1, type: nameType, description: 'Name of the tenant; all where not given.' }],
        handle: async ({ actor }, { tenant: name }) => {
          const tenants = (await store.tenants.list()).filter((tenant) => name === null || tenant.name === name);
          if (tenants.length === 0) throw notFound();
          const begun = await desk.rotateDataKeys(tenants.map(({ id }) => id), actor);
          const nameOf = new Map(tenants.map((tenant) => [tenant.id, tenant.name]));
          return ok({ data: begun.map(({ tenantId, keyId }) => ({ tenant: nameOf.get(tenantId) ?? tenantId, key_id: keyId })) });
        },
      }),
    }),
    tenantRoute('/v1/secret-keys/rewrap', {
      POST: operation({
        permission: { on: 'secret-keys', verb: 'update' },
        summary: 'Wrap all data keys and private keys under the key-encryption key in use',
        body: [{ name: 'renew', tag: 1, type: { kind: 'boolean' }, default: false, description: 'First make a new key-encryption key, wrapped by the program of HOLDFAST_KEY_ENCRYPTION_COMMAND.' }],
        handle: async (_request, { renew }) => {
          const { keyId, values, forgotten } = await desk.rewrap(renew);
          return ok({ key_id: keyId, values, forgotten });
        },
      }),
    }),
  ];
}
