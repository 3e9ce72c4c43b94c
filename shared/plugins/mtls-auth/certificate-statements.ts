/**
 * What a certificate says that revocation depends on (RFC 5280 §4): who issued it under which number, what it may sign, and where its
 * issuer tells whether it still stands. OpenSSL has verified the certificate before; what it can't tell through Node is read here.
 */
import { hash, type X509Certificate } from 'node:crypto';
import { BIT_STRING, BOOLEAN, context, contextValue, DerReader, INTEGER, SEQUENCE } from './der-reader.ts';
import { EXTENSION, type Extension, readExtensions } from './der-extensions.ts';

const OCSP_ACCESS = '2b06010505073001';
const OCSP_SIGNING = '2b06010505070309';
const URI = contextValue(6);
/** No certificate says more where it counts. */
const MOST_URLS = 2;
const LONGEST_URL = 2_048;

export interface CertificateStatements {
  readonly certificate: X509Certificate;
  /** As it is encoded, without tag and length. */
  readonly serialNumber: Uint8Array;
  /** DER. */
  readonly issuer: Uint8Array;
  readonly subject: Uint8Array;
  /** SHA-1 of the public key's bits: how OCSP names an issuer or a responder. */
  readonly keyHash: Uint8Array;
  /** The same bits. */
  readonly keyBits: Uint8Array;
  readonly isAuthority: boolean;
  /** Also where it does not say what it may sign. */
  readonly maySignLists: boolean;
  readonly maySignOcsp: boolean;
  /** HTTP(S) URLs, in their order. */
  readonly ocspUrls: readonly string[];
  readonly listUrls: readonly string[];
}

/** Throws where it is not a certificate as RFC 5280 has it. */
export function statementsOf(certificate: X509Certificate): CertificateStatements {
  const whole = new DerReader(certificate.raw).enter(SEQUENCE);
  const body = whole.enter(SEQUENCE);
  body.enterIf(context(0));
  const serialNumber = body.contents(INTEGER);
  body.element(SEQUENCE);
  const issuer = body.element(SEQUENCE);
  body.element(SEQUENCE);
  const subject = body.element(SEQUENCE);
  const key = body.enter(SEQUENCE);
  key.element(SEQUENCE);
  const keyBits = key.bitString();
  // Unique ids, which nobody uses.
  for (const tag of [1, 2]) if (body.tag() === contextValue(tag)) body.contents(contextValue(tag));
  const extensions = readExtensions(body.enterIf(context(3)));
  return {
    certificate, serialNumber, issuer, subject, keyBits,
    keyHash: hash('sha1', keyBits, 'buffer'),
    isAuthority: isAuthority(extensions.get(EXTENSION.basicConstraints)),
    maySignLists: maySignLists(extensions.get(EXTENSION.keyUsage)),
    maySignOcsp: usagesIn(extensions.get(EXTENSION.extendedKeyUsage)).includes(OCSP_SIGNING),
    ocspUrls: usable(ocspUrlsIn(extensions.get(EXTENSION.authorityInformation))),
    listUrls: usable(listUrlsIn(extensions.get(EXTENSION.crlDistributionPoints))),
  };
}

/** The URIs among `GeneralNames`, behind whose tag the reader is. */
export function urisIn(names: DerReader): readonly string[] {
  const uris: string[] = [];
  while (!names.isAtEnd) {
    const tag = names.tag();
    const value = names.contents(tag);
    if (tag === URI) uris.push(Buffer.from(value).toString('latin1'));
  }
  return uris;
}

function isAuthority(extension: Extension | undefined): boolean {
  if (extension === undefined) return false;
  const inside = new DerReader(extension.value).enter(SEQUENCE);
  return inside.tag() === BOOLEAN && inside.contents(BOOLEAN)[0] !== 0;
}

/** Bit 6 of the key usage, cRLSign. */
function maySignLists(extension: Extension | undefined): boolean {
  if (extension === undefined) return true;
  const [, bits = 0] = new DerReader(extension.value).contents(BIT_STRING);
  return (bits & 0x02) !== 0;
}

function usagesIn(extension: Extension | undefined): readonly string[] {
  if (extension === undefined) return [];
  const list = new DerReader(extension.value).enter(SEQUENCE);
  const usages: string[] = [];
  while (!list.isAtEnd) usages.push(list.objectId());
  return usages;
}

function ocspUrlsIn(extension: Extension | undefined): readonly string[] {
  if (extension === undefined) return [];
  const list = new DerReader(extension.value).enter(SEQUENCE);
  const urls: string[] = [];
  while (!list.isAtEnd) {
    const access = list.enter(SEQUENCE);
    if (access.objectId() === OCSP_ACCESS) urls.push(...urisIn(access));
  }
  return urls;
}

/** Of points whose list is the issuer's own and for all reasons. */
function listUrlsIn(extension: Extension | undefined): readonly string[] {
  if (extension === undefined) return [];
  const list = new DerReader(extension.value).enter(SEQUENCE);
  const urls: string[] = [];
  while (!list.isAtEnd) {
    const point = list.enter(SEQUENCE);
    const fullName = point.enterIf(context(0))?.enterIf(context(0));
    if (fullName !== undefined && point.isAtEnd) urls.push(...urisIn(fullName));
  }
  return urls;
}

function usable(urls: readonly string[]): readonly string[] {
  return urls.filter((url) => /^https?:\/\//i.test(url) && url.length <= LONGEST_URL).slice(0, MOST_URLS);
}
