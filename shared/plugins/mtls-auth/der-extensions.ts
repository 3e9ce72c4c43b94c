/** The extensions of certificates, CRLs and OCSP answers (RFC 5280 §4.1, §5.1; RFC 6960 §4.4): one form for all. */
import { BOOLEAN, type DerReader, OCTET_STRING, SEQUENCE } from './der-reader.ts';

export interface Extension {
  readonly isCritical: boolean;
  readonly value: Uint8Array;
}

/** Object ids as lower-case hex of their encoding. */
export const EXTENSION = {
  keyUsage: '551d0f',
  basicConstraints: '551d13',
  deltaListIndicator: '551d1b',
  issuingDistributionPoint: '551d1c',
  crlDistributionPoints: '551d1f',
  extendedKeyUsage: '551d25',
  authorityInformation: '2b06010505070101',
} as const;

/** By object id. `inside` is the explicit tag, undefined where there are none. One that is there twice throws: readers would differ. */
export function readExtensions(inside: DerReader | undefined): ReadonlyMap<string, Extension> {
  const found = new Map<string, Extension>();
  const list = inside?.enter(SEQUENCE);
  inside?.close();
  while (list !== undefined && !list.isAtEnd) {
    const one = list.enter(SEQUENCE);
    const id = one.objectId();
    const isCritical = one.tag() === BOOLEAN && one.contents(BOOLEAN)[0] !== 0;
    if (found.has(id)) throw new Error('an extension is there twice');
    found.set(id, { isCritical, value: one.contents(OCTET_STRING) });
    one.close();
  }
  return found;
}

/** Whether there is one that must be understood and is not. */
export function hasUnknownCritical(extensions: ReadonlyMap<string, Extension>, known: readonly string[]): boolean {
  for (const [id, { isCritical }] of extensions) if (isCritical && !known.includes(id)) return true;
  return false;
}
