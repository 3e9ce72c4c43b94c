/**
 * Why a tenant is not served for now, in the same words for its people (admission.ts) and for data planes that want to join
 * (data-plane-store.ts).
 */
import { HoldfastError } from '../../shared/errors.ts';

/** STORE_TENANT_CLOSED. */
export function tenantClosed(name: string | undefined, suspendedReason: string | undefined, deleteAfter: Date | undefined): HoldfastError {
  const tenant = name === undefined ? 'this tenant' : `tenant "${name}"`;
  const why = deleteAfter === undefined ? `is suspended (${suspendedReason ?? 'no reason given'})` : `is going to be deleted for good after ${deleteAfter.toISOString()}`;
  const way = deleteAfter === undefined ? 'resume' : 'restore';
  return new HoldfastError({
    code: 'STORE_TENANT_CLOSED',
    source: 'downstream',
    publicMessage: `${tenant} ${why}: its data planes go on serving, nothing is changed and none joins. An installation admin can ${way} it (POST /v1/tenants/{tenant}/${way})`,
  });
}
