/**
 * A certificate revocation list (RFC 5280 §5): whether it is the issuer's own, signed and of today, and whether a certificate is on it.
 * Lists that speak of some certificates only count for those; indirect ones, ones for some reasons only and mere changes to
 * another list are refused. Used by revocation-check.ts.
 */
import { urisIn, type CertificateStatements } from './certificate-statements.ts';
import { EXTENSION, type Extension, hasUnknownCritical, readExtensions } from './der-extensions.ts';
import { context, contextValue, DerReader, GENERALIZED_TIME, INTEGER, SEQUENCE, UTC_TIME } from './der-reader.ts';
import { isSignedBy, readSigned } from './signed-statement.ts';
import { CLOCK_SKEW_MS, type Statement } from './statement.ts';

export interface RevocationList {
  readonly nextUpdateMs: number;
  /** The entries, DER, as they stand in the list. */
  readonly entries: Uint8Array;
  readonly scope: ListScope;
}

/** Of which certificates of its issuer a list speaks. */
interface ListScope {
  /** Only of those that name one of these URLs as where it is; undefined: of all. */
  readonly urls: readonly string[] | undefined;
  readonly of: 'all' | 'authorities' | 'others';
}

/** Throws, with the reason, where it is not to be used. `bytes` must not change afterwards. */
export function readRevocationList(bytes: Uint8Array, issuer: CertificateStatements, nowMs: number): RevocationList {
  const outer = new DerReader(bytes);
  const whole = outer.enter(SEQUENCE);
  outer.close();
  const signed = readSigned(whole);
  whole.close();
  const list = new DerReader(signed.signed).enter(SEQUENCE);
  if (list.tag() === INTEGER) list.contents(INTEGER);
  if (!Buffer.from(signed.algorithm).equals(list.element(SEQUENCE))) throw new Error('the list names two signature algorithms');
  if (!Buffer.from(issuer.subject).equals(list.element(SEQUENCE))) throw new Error("the list is not the issuer's");
  const thisUpdateMs = list.time();
  if (list.tag() !== UTC_TIME && list.tag() !== GENERALIZED_TIME) throw new Error('the list does not say when the next one comes');
  const nextUpdateMs = list.time();
  const entries = list.tag() === SEQUENCE ? list.contents(SEQUENCE) : new Uint8Array();
  const extensions = readExtensions(list.enterIf(context(0)));
  list.close();
  if (extensions.has(EXTENSION.deltaListIndicator)) throw new Error('the list has only the changes to another list');
  if (hasUnknownCritical(extensions, [EXTENSION.issuingDistributionPoint])) throw new Error('the list has a critical extension that is not known here');
  if (thisUpdateMs > nowMs + CLOCK_SKEW_MS) throw new Error('the list is of the future');
  if (nextUpdateMs <= nowMs) throw new Error('the list has expired');
  if (!issuer.maySignLists || !isSignedBy(signed, issuer.certificate.publicKey)) throw new Error('the list is not signed by the issuer');
  return { nextUpdateMs, entries, scope: readScope(extensions.get(EXTENSION.issuingDistributionPoint)) };
}

/** Throws where the list does not speak of it. Some 10 ms for 300,000 entries. */
export function statementOfList({ entries, scope, nextUpdateMs }: RevocationList, certificate: CertificateStatements): Statement {
  if (isListed(entries, certificate.serialNumber)) return { status: 'revoked', nextUpdateMs };
  if (scope.of !== 'all' && (scope.of === 'authorities') !== certificate.isAuthority) throw new Error('the list is for certificates of another kind');
  if (scope.urls !== undefined && !scope.urls.some((url) => certificate.listUrls.includes(url))) throw new Error('the list is for other certificates of the issuer');
  return { status: 'good', nextUpdateMs };
}

function isListed(entries: Uint8Array, serialNumber: Uint8Array): boolean {
  const reader = new DerReader(entries);
  while (!reader.isAtEnd) {
    const end = reader.step(SEQUENCE);
    if (reader.holdsNumber(serialNumber, reader.step(INTEGER))) return true;
    reader.goTo(end);
  }
  return false;
}

/** RFC 5280 §5.2.5. */
function readScope(extension: Extension | undefined): ListScope {
  if (extension === undefined) return { urls: undefined, of: 'all' };
  const point = new DerReader(extension.value).enter(SEQUENCE);
  const name = point.enterIf(context(0));
  const urls = name === undefined ? undefined : urisIn(name.enter(context(0)));
  const isSet = (number: number): boolean => point.tag() === contextValue(number) && point.contents(contextValue(number))[0] !== 0;
  const isOfOthers = isSet(1);
  const isOfAuthorities = isSet(2);
  if (!point.isAtEnd || (isOfOthers && isOfAuthorities)) throw new Error('the list is for some reasons, for attributes, or for other issuers');
  return { urls, of: isOfAuthorities ? 'authorities' : isOfOthers ? 'others' : 'all' };
}
