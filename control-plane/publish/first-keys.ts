/**
 * The keys that an installation begins with: a root set of one key, made here, or one that was signed offline; a publish key.
 * Several control planes may start at once: what is stored first counts. Called by signing-material.ts.
 */
import { HoldfastError } from '../../shared/errors.ts';
import { fingerprintOfRootBundle, signBundle, verifyRootChain } from '../../shared/trust/root-set.ts';
import type { RootClaims } from '../../shared/trust/statement-claims.ts';
import { formatSigningKey, generateSigningKey, parseSigningKey } from '../../shared/trust/statement-keys.ts';
import { readOrCreateSecretFile } from '../store/secret-file.ts';
import type { SigningKeyStore } from '../store/signing-key-store.ts';
import type { SigningMaterialOptions } from './signing-material.ts';

const FIRST_ROOT_VERSION = 1;

export async function readOrCreateRootSet({ signingKeys, rootKeyPath, firstRootSet, clock, log }: SigningMaterialOptions): Promise<void> {
  while ((await signingKeys.listStatements('root', undefined)).length === 0) {
    if (firstRootSet !== undefined) {
      await checkFirst(firstRootSet);
      if (await signingKeys.insertStatement('root', undefined, FIRST_ROOT_VERSION, firstRootSet)) {
        log.info({ event: 'root-set-taken', fingerprint: fingerprintOfRootBundle(firstRootSet) }, 'this installation begins with an offline root set; every gateway needs a delegation signed by it ("holdfast keys pending")');
      }
      continue;
    }
    const rootKey = parseSigningKey(readOrCreateSecretFile(rootKeyPath, () => formatSigningKey(generateSigningKey())));
    const claims: RootClaims = { format: 1, version: FIRST_ROOT_VERSION, threshold: 1, keys: [rootKey.publicKey], issuedAt: clock.nowMs() };
    await signingKeys.insertKey({ purpose: 'root', keyId: rootKey.keyId, scope: undefined, publicKey: rootKey.publicKey, certificate: undefined, privateKey: undefined });
    if (await signingKeys.insertStatement('root', undefined, FIRST_ROOT_VERSION, await signBundle('root', claims, [rootKey]))) {
      log.info({ event: 'root-set-created', key: rootKey.keyId, path: rootKeyPath }, 'made the root key set of this installation; keep a copy of its key file in a safe place');
    }
  }
}

/** Instances that start at once may each make one; the newest signs. */
export async function readOrCreatePublishKey(signingKeys: SigningKeyStore): Promise<void> {
  if ((await signingKeys.listKeys('publish', undefined)).some((key) => key.retiredAt === undefined && key.privateKey !== undefined)) return;
  const key = generateSigningKey();
  await signingKeys.insertKey({ purpose: 'publish', keyId: key.keyId, scope: undefined, publicKey: key.publicKey, certificate: undefined, privateKey: formatSigningKey(key) });
}

async function checkFirst(bundle: string): Promise<void> {
  const verdict = await verifyRootChain([bundle], fingerprintOfRootBundle(bundle));
  const problem = verdict.kind === 'refused' ? verdict.reasons.join('; ') : verdict.rootSet.version === FIRST_ROOT_VERSION ? undefined : `it is root set ${verdict.rootSet.version}, an installation begins with 1`;
  if (problem === undefined) return;
  throw new HoldfastError({
    code: 'PUBLISH_FIRST_ROOT_SET_REFUSED',
    source: 'control-plane',
    publicMessage: 'the root set to begin with is refused',
    message: `the file of HOLDFAST_ROOT_SET_FILE is refused: ${problem}; look at it with "holdfast keys show", have it signed with "holdfast keys sign"`,
  });
}
