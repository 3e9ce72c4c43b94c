/**
 * Where the certificate authority comes from: files of one's own, or the store (sealed, so that every instance has it), where
 * the first start of an installation makes one. Called once by main.ts.
 */
import { readFileSync } from 'node:fs';
import { createHash, X509Certificate } from 'node:crypto';
import type { Clock } from '../../shared/clock.ts';
import { describeThrown, HoldfastError } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log.ts';
import type { SigningKeyStore } from '../store/signing-key-store.ts';
import { createAuthority, openAuthority, type CertificateAuthority } from './certificate-authority.ts';

export interface LoadAuthorityOptions {
  readonly signingKeys: SigningKeyStore;
  /** PEM files of a CA of one's own; its key must be ECDSA P-256. */
  readonly files: { readonly certificatePath: string; readonly privateKeyPath: string } | undefined;
  readonly clock: Clock;
  readonly log: Logger;
}

export async function loadAuthority(options: LoadAuthorityOptions): Promise<CertificateAuthority> {
  const { files, signingKeys, clock, log } = options;
  if (files !== undefined) return openAuthority({ certificatePem: readPem(files.certificatePath), privateKeyPem: readPem(files.privateKeyPath) });
  for (;;) {
    // The oldest one in use, so that instances that start at once agree.
    const stored = (await signingKeys.listKeys('certificate-authority', undefined)).find((key) => key.retiredAt === undefined);
    if (stored?.certificate !== undefined && stored.privateKey !== undefined) {
      return openAuthority({ certificatePem: stored.certificate, privateKeyPem: stored.privateKey });
    }
    const made = await createAuthority(clock.nowMs());
    const certificate = new X509Certificate(made.certificatePem);
    const keyId = createHash('sha256').update(certificate.raw).digest('hex');
    await signingKeys.insertKey({
      purpose: 'certificate-authority', keyId, scope: undefined, certificate: made.certificatePem, privateKey: made.privateKeyPem,
      publicKey: certificate.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    });
    log.info({ event: 'authority-created', fingerprint: keyId }, 'made the certificate authority of this installation');
  }
}

function readPem(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new HoldfastError({
      code: 'ENROL_AUTHORITY_UNUSABLE',
      source: 'control-plane',
      publicMessage: 'the certificate authority is not usable: a file of it can not be read',
      message: `the certificate authority is not usable: ${path} can not be read (${describeThrown(cause)}); give the path of a readable PEM file`,
      cause,
    });
  }
}
