/**
 * What installation administrators do with the keys under which secrets stand at rest: see how far a rotation is, begin one for
 * a tenant or for all, wrap everything under a new key-encryption key. Called by admin-api/v1/secret-key-routes.ts; the work of
 * a rotation is data-key-rotator.ts's.
 */
import { HoldfastError } from '../../shared/errors.ts';
import type { TenantId } from '../../shared/model/ids.ts';
import type { DataKeyRotation } from '../store/key-rotation-store.ts';
import type { Actor } from '../store/scope.ts';
import type { Store } from '../store/store.ts';

export interface SecretKeyStatus {
  readonly encryptingKeys: readonly { readonly keyId: number; readonly seals: boolean; readonly here: boolean; readonly values: number }[];
  readonly rotations: readonly (DataKeyRotation & { readonly tenantName: string })[];
}

export interface Rewrapped {
  readonly keyId: number;
  readonly values: number;
  /** Wrapped keys that were taken away because nothing stands under them. */
  readonly forgotten: number;
}

const WRAPPED_AT_ONCE = 200;
/** Every instance reads keys much more often than this. */
const GRACE_MS = 3_600_000;

export class SecretKeyDesk {
  readonly #store: Pick<Store, 'keyRotations' | 'tenants'>;

  constructor(store: Pick<Store, 'keyRotations' | 'tenants'>) {
    this.#store = store;
  }

  async status(): Promise<SecretKeyStatus> {
    const { current, here, standing } = await this.#store.keyRotations.encryptingKeys();
    const keyIds = [...new Set([current, ...here, ...standing.map(({ keyId }) => keyId)])];
    const names = new Map((await this.#store.tenants.list()).map(({ id, name }) => [id, name]));
    return {
      encryptingKeys: keyIds.map((keyId) => ({ keyId, seals: keyId === current, here: here.includes(keyId), values: standing.find((key) => key.keyId === keyId)?.values ?? 0 })),
      rotations: (await this.#store.keyRotations.list()).map((rotation) => ({ ...rotation, tenantName: names.get(rotation.tenantId) ?? rotation.tenantId })),
    };
  }

  /** Begins where none is under way. The tenants for which it did; throws KEYS_ROTATION_UNFINISHED where it did for none. */
  async rotateDataKeys(tenantIds: readonly TenantId[], actor: Actor): Promise<readonly { readonly tenantId: TenantId; readonly keyId: number }[]> {
    const begun: { readonly tenantId: TenantId; readonly keyId: number }[] = [];
    for (const tenantId of tenantIds) {
      const keyId = await this.#store.keyRotations.begin(tenantId, actor);
      if (keyId !== undefined) begun.push({ tenantId, keyId });
    }
    if (begun.length > 0) return begun;
    throw new HoldfastError({ code: 'KEYS_ROTATION_UNFINISHED', source: 'downstream', publicMessage: 'a rotation of the data key is under way; "holdfast keys status" tells how far it is' });
  }

  /** What was cut off goes on when it is called again. `renew`: a new key by the command first. */
  async rewrap(renew: boolean): Promise<Rewrapped> {
    const { keyRotations } = this.#store;
    if (renew && (await keyRotations.renewEncryptingKey()) === undefined) {
      throw new HoldfastError({ code: 'KEYS_RENEWED_ELSEWHERE', source: 'downstream', publicMessage: 'the key-encryption key is given by a setting: set the new one as HOLDFAST_KEY_ENCRYPTION_KEY and the old one in HOLDFAST_OTHER_KEY_ENCRYPTION_KEYS' });
    }
    let values = 0;
    for (let wrapped = WRAPPED_AT_ONCE; wrapped === WRAPPED_AT_ONCE; values += wrapped) wrapped = await keyRotations.rewrapSome(WRAPPED_AT_ONCE);
    const forgotten = await keyRotations.forgetEncryptingKeys(GRACE_MS);
    return { keyId: (await keyRotations.encryptingKeys()).current, values, forgotten };
  }
}
