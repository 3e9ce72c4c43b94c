/**
 * Certificates as entities become certificates to serve with: their keys are opened and held against them, once for each
 * that changed. One that cannot be used stays as a certificate without pairs, so that its names are closed and never shown
 * another (S6). Used by compile.ts; private keys are in the clear from here on, and in memory only.
 */
import { X509Certificate } from 'node:crypto';
import { describeThrown } from '../../shared/errors.ts';
import { problemOfPair } from '../../shared/trust/certificate-pair.ts';
import type { ContentSeal } from '../../shared/trust/content-seal.ts';
import type { RuntimeCertificate } from './active-config.ts';
import type { Published } from './config-tables.ts';

/** With what it was made from. */
export interface OpenedCertificate {
  readonly entity: Published<'certificates'>;
  readonly runtime: RuntimeCertificate;
  /** Why it cannot be used; `runtime` has no pairs then. */
  readonly problem: string | undefined;
}

/** `earlier` is used again where it was made of the same. Without a seal nothing opens. */
export function openCertificate(entity: Published<'certificates'>, seal: ContentSeal | undefined, earlier: OpenedCertificate | undefined): OpenedCertificate {
  if (earlier !== undefined && earlier.problem === undefined && isSame(entity, earlier.entity)) return { ...earlier, entity };
  const first = openPair(entity.id, 'key', entity.cert, entity.key_sealed, seal);
  const second = entity.cert_alt === null || entity.key_alt_sealed === null ? undefined : openPair(entity.id, 'key_alt', entity.cert_alt, entity.key_alt_sealed, seal);
  const problem = typeof first === 'string' ? first : typeof second === 'string' ? second : undefined;
  const pairs = [first, second].filter((pair) => typeof pair === 'object');
  return { entity, runtime: { id: entity.id, pairs: problem === undefined ? pairs : [] }, problem };
}

/** Undefined where the authority's certificate can be used. */
export function problemOfAuthority({ cert }: Published<'ca_certificates'>): string | undefined {
  try {
    return new X509Certificate(cert).ca ? undefined : 'the certificate is not that of an authority';
  } catch (thrown) {
    return `the certificate cannot be read: ${describeThrown(thrown)}`;
  }
}

/** Sealing is deterministic, so the same envelope is the same key. */
function isSame(one: Published<'certificates'>, other: Published<'certificates'>): boolean {
  return one.cert === other.cert && one.key_sealed === other.key_sealed && one.cert_alt === other.cert_alt && one.key_alt_sealed === other.key_alt_sealed;
}

function openPair(id: string, field: 'key' | 'key_alt', certPem: string, sealed: string, seal: ContentSeal | undefined): RuntimeCertificate['pairs'][number] | string {
  let keyPem: string;
  try {
    if (seal === undefined) return 'there is no content key to open its private key with';
    keyPem = seal.open({ kind: 'certificates', id, field }, Buffer.from(sealed, 'base64')).toString('utf8');
  } catch (thrown) {
    return `its ${field} cannot be opened: ${describeThrown(thrown)}`;
  }
  return problemOfPair(certPem, keyPem) ?? { certPem, keyPem };
}
