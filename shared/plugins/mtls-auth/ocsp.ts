/**
 * OCSP (RFC 6960): the question about one certificate, and what of an answer counts: signed by the issuer, or by somebody whom the
 * issuer itself has given a certificate for that purpose, about this very certificate, now. No nonce is sent: responders that
 * prepare their answers leave it out, and then it proves nothing. Used by revocation-check.ts.
 */
import { hash, X509Certificate } from 'node:crypto';
import { statementsOf, type CertificateStatements } from './certificate-statements.ts';
import { hasUnknownCritical, readExtensions } from './der-extensions.ts';
import { context, contextValue, DerReader, ENUMERATED, GENERALIZED_TIME, INTEGER, OCTET_STRING, SEQUENCE } from './der-reader.ts';
import { isSignedBy, readSigned, type SignedStatement } from './signed-statement.ts';
import { CLOCK_SKEW_MS, type Statement } from './statement.ts';

const BASIC_RESPONSE = '2b0601050507300101';
const SHA1 = '2b0e03021a';
const HASHES: ReadonlyMap<string, 'sha1' | 'sha256'> = new Map([[SHA1, 'sha1'], ['608648016503040201', 'sha256']]);
const STATUSES: ReadonlyMap<number, Statement['status']> = new Map([[contextValue(0), 'good'], [context(1), 'revoked'], [contextValue(2), 'unknown']]);
/** RFC 6960 §4.2.1. */
const REFUSALS: ReadonlyMap<number, string> = new Map([[1, 'malformedRequest'], [2, 'internalError'], [3, 'tryLater'], [5, 'sigRequired'], [6, 'unauthorized']]);
/** An answer that does not say how long it holds must be as fresh as this. */
const FRESH_MS = 600_000;
/** Certificates behind an answer that are looked at. */
const MOST_DELEGATES = 4;

/** DER, unsigned. The names are hashed by SHA-1, which every responder knows (RFC 5019 §2.1.1); nothing rests on it but which one is meant. */
export function ocspRequest({ serialNumber, issuer }: CertificateStatements, { keyHash }: CertificateStatements): Uint8Array {
  const algorithm = der(SEQUENCE, Buffer.from(`0605${SHA1}0500`, 'hex'));
  const certificateId = der(SEQUENCE, algorithm, der(OCTET_STRING, hash('sha1', issuer, 'buffer')), der(OCTET_STRING, keyHash), der(INTEGER, serialNumber));
  return der(SEQUENCE, der(SEQUENCE, der(SEQUENCE, der(SEQUENCE, certificateId))));
}

/** Throws, with the reason, where the answer is none that counts. */
export function readOcspAnswer(bytes: Uint8Array, certificate: CertificateStatements, issuer: CertificateStatements, nowMs: number): Statement {
  const basic = basicResponseIn(bytes);
  const signed = readSigned(basic);
  const delegates = delegatesIn(basic.enterIf(context(0)));
  basic.close();

  const data = new DerReader(signed.signed).enter(SEQUENCE);
  data.enterIf(context(0));
  const isResponder = responderTest(data);
  if (!isSignedByResponder(signed, isResponder, issuer, delegates, nowMs)) throw new Error("the answer is not signed by the issuer or somebody whom it has given a certificate for that, or not in a way that is taken");
  data.time();
  const responses = data.enter(SEQUENCE);
  if (hasUnknownCritical(readExtensions(data.enterIf(context(1))), [])) throw new Error('the answer has a critical extension that is not known here');
  data.close();
  let found: Statement | undefined;
  while (!responses.isAtEnd) {
    const statement = readSingle(responses.enter(SEQUENCE), certificate, issuer, nowMs);
    // The worse counts, whatever the order.
    if (statement !== undefined && (found === undefined || statement.status === 'revoked' || found.status === 'good')) found = statement;
  }
  if (found === undefined) throw new Error('the answer says nothing of this certificate that holds now');
  return found;
}

function basicResponseIn(bytes: Uint8Array): DerReader {
  const outer = new DerReader(bytes);
  const response = outer.enter(SEQUENCE);
  outer.close();
  const [status = -1] = response.contents(ENUMERATED);
  if (status !== 0) throw new Error(`the responder refuses: ${REFUSALS.get(status) ?? status}`);
  const typed = response.enter(context(0)).enter(SEQUENCE);
  if (typed.objectId() !== BASIC_RESPONSE) throw new Error('the answer is of a type that is not known here');
  return new DerReader(typed.contents(OCTET_STRING)).enter(SEQUENCE);
}

function delegatesIn(certificates: DerReader | undefined): readonly Uint8Array[] {
  const list = certificates?.enter(SEQUENCE);
  const found: Uint8Array[] = [];
  while (list !== undefined && !list.isAtEnd && found.length < MOST_DELEGATES) found.push(list.element(SEQUENCE));
  return found;
}

/** By the name or the hash of the key that the answer gives. */
function responderTest(data: DerReader): (candidate: CertificateStatements) => boolean {
  const byName = data.enterIf(context(1));
  if (byName !== undefined) {
    const name = Buffer.from(byName.element(SEQUENCE));
    return ({ subject }) => name.equals(subject);
  }
  const keyHash = Buffer.from(data.enter(context(2)).contents(OCTET_STRING));
  return (candidate) => keyHash.equals(candidate.keyHash);
}

function isSignedByResponder(signed: SignedStatement, isResponder: (candidate: CertificateStatements) => boolean, issuer: CertificateStatements, delegates: readonly Uint8Array[], nowMs: number): boolean {
  if (isResponder(issuer) && isSignedBy(signed, issuer.certificate.publicKey)) return true;
  for (const raw of delegates) {
    const delegate = statementsOf(new X509Certificate(raw));
    if (isResponder(delegate) && isDelegateOf(issuer, delegate, nowMs) && isSignedBy(signed, delegate.certificate.publicKey)) return true;
  }
  return false;
}

/** RFC 6960 §4.2.2.2. Whether the delegate's own certificate was revoked is not asked: it should be short-lived. */
function isDelegateOf({ certificate: issuer }: CertificateStatements, { certificate, maySignOcsp }: CertificateStatements, nowMs: number): boolean {
  if (!maySignOcsp || certificate.validFromDate.getTime() > nowMs || certificate.validToDate.getTime() < nowMs) return false;
  // Not by `verify`, to which a weak hash is as good as another; in a handshake OpenSSL looks at that.
  return certificate.checkIssued(issuer) && isSignedBy(readSigned(new DerReader(certificate.raw).enter(SEQUENCE)), issuer.publicKey);
}

/** Undefined where it is about another certificate or another time. */
function readSingle(single: DerReader, certificate: CertificateStatements, issuer: CertificateStatements, nowMs: number): Statement | undefined {
  const isMeant = isAbout(single.enter(SEQUENCE), certificate, issuer);
  const status = STATUSES.get(single.tag());
  if (status === undefined) throw new Error('the answer has a status that there is not');
  single.contents(single.tag());
  const thisUpdateMs = single.time();
  const next = single.enterIf(context(0));
  const nextUpdateMs = next?.tag() === GENERALIZED_TIME ? next.time() : undefined;
  if (hasUnknownCritical(readExtensions(single.enterIf(context(1))), [])) throw new Error('the answer has a critical extension that is not known here');
  single.close();
  const holdsUntilMs = nextUpdateMs ?? thisUpdateMs + FRESH_MS;
  return isMeant && thisUpdateMs <= nowMs + CLOCK_SKEW_MS && nowMs < holdsUntilMs ? { status, nextUpdateMs } : undefined;
}

function isAbout(id: DerReader, { serialNumber, issuer }: CertificateStatements, { keyBits }: CertificateStatements): boolean {
  const algorithm = HASHES.get(id.enter(SEQUENCE).objectId());
  if (algorithm === undefined) return false;
  const isSame = (expected: Uint8Array, tag: number): boolean => Buffer.from(expected).equals(id.contents(tag));
  return isSame(hash(algorithm, issuer, 'buffer'), OCTET_STRING) && isSame(hash(algorithm, keyBits, 'buffer'), OCTET_STRING) && isSame(serialNumber, INTEGER);
}

/** Of a request there is nothing longer than 127 bytes. */
function der(tag: number, ...contents: readonly Uint8Array[]): Uint8Array {
  const joined = Buffer.concat(contents);
  if (joined.length > 127) throw new Error('the number of the certificate is too long');
  return Buffer.concat([Uint8Array.of(tag, joined.length), joined]);
}
