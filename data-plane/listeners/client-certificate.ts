/**
 * What a client showed in its TLS handshake, as plugins see it (shared/plugins/contract.ts), and which of the configured
 * authorities vouch for it. OpenSSL has verified the chain (dates, signatures, purposes, path lengths); here it is only named
 * whom it leads to. Called once per connection, by intake.ts.
 */
import { X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import type { ClientCertificate } from '../../shared/plugins/contract.ts';
import type { RuntimeCaCertificate } from '../config/active-config.ts';

/** No honest chain is longer. */
const MAX_CHAIN = 16;

/** A certificate as Node tells of it, and the one that it takes for its issuer's. */
interface PeerLink {
  readonly raw: Buffer;
  readonly fingerprint256: string;
  readonly issuerCertificate?: PeerLink;
}

/** What a handshake brought. */
export interface PeerHandshake extends Pick<TLSSocket, 'authorized' | 'authorizationError' | 'getPeerX509Certificate'> {
  getPeerCertificate(detailed: true): PeerLink;
}

/** Undefined where the client showed none. */
export function clientCertificateOf(socket: PeerHandshake, authorities: readonly RuntimeCaCertificate[], nowMs: number): ClientCertificate | undefined {
  const leaf = socket.getPeerX509Certificate();
  if (leaf === undefined) return undefined;
  const chain = chainOf(socket);
  return {
    subject: onOneLine(leaf.subject),
    issuer: onOneLine(leaf.issuer),
    serialNumber: leaf.serialNumber.toLowerCase(),
    fingerprint: plainHex(leaf.fingerprint256),
    alternativeNames: leaf.subjectAltName === undefined ? [] : splitNames(leaf.subjectAltName),
    notBeforeMs: leaf.validFromDate.getTime(),
    notAfterMs: leaf.validToDate.getTime(),
    der: leaf.raw,
    chain: chain.map(({ raw }) => raw),
    verifiedBy: isVerified(socket) ? vouchers(leaf, chain, authorities, nowMs) : [],
  };
}

/**
 * Also where OpenSSL found nothing else wrong than that the chain ends at a configured authority which another has issued: whether that
 * is enough is a plugin's business. That error (its code 2) is told only behind a trusted certificate, and any later one stands in its place.
 */
function isVerified(socket: PeerHandshake): boolean {
  return socket.authorized || String(socket.authorizationError) === 'UNABLE_TO_GET_ISSUER_CERT';
}

/** What it sent behind its own, in the order of issue, completed from the configured authorities, as far as Node tells. */
function chainOf(socket: PeerHandshake): readonly X509Certificate[] {
  const chain: X509Certificate[] = [];
  let current = socket.getPeerCertificate(true);
  while (current.issuerCertificate !== undefined && current.issuerCertificate.fingerprint256 !== current.fingerprint256 && chain.length < MAX_CHAIN) {
    current = current.issuerCertificate;
    chain.push(new X509Certificate(current.raw));
  }
  return chain;
}

interface Known {
  readonly id: string;
  readonly certificate: X509Certificate;
}

/**
 * The configured authorities on the way from the leaf up, whether the client sent them or not. OpenSSL has found such a way; where the links
 * between are not known here (Node from 24.21 on keeps what a client sent to itself, its issue 65579), the authorities count that are
 * on every way there is.
 */
function vouchers(leaf: X509Certificate, sent: readonly X509Certificate[], authorities: readonly RuntimeCaCertificate[], nowMs: number): readonly string[] {
  const known = authorities.map((authority): Known => ({ id: authority.id, certificate: parsed(authority) })).filter(({ certificate }) => isValidAt(certificate, nowMs));
  const found = authoritiesAbove(linked(leaf, sent, nowMs), known);
  if (found.size > 0) return [...found];
  // Also from those that are not valid now: OpenSSL does not look at the dates of the last one.
  const ways = authorities.map((authority) => authoritiesAbove([parsed(authority)], known));
  return known.map(({ id }) => id).filter((id) => ways.every((way) => way.has(id)));
}

/** The leaf, and what was sent behind it as far as each has issued the one before by its signature: Node puts them in a row by their names, which anybody can take. */
function linked(leaf: X509Certificate, sent: readonly X509Certificate[], nowMs: number): readonly X509Certificate[] {
  const chain = [leaf];
  for (const [at, certificate] of sent.entries()) {
    const below = chain[at];
    if (below === undefined || !isValidAt(certificate, nowMs) || !hasIssued(certificate, below)) break;
    chain.push(certificate);
  }
  return chain;
}

/** Ids of those among the known that are in the chain or have issued what is. */
function authoritiesAbove(chain: readonly X509Certificate[], known: readonly Known[]): ReadonlySet<string> {
  const reached = [...chain];
  const found = new Set<string>();
  for (let at = 0; at < reached.length && at < MAX_CHAIN; at++) {
    const current = reached[at];
    for (const { id, certificate } of known) {
      if (current === undefined || found.has(id)) continue;
      const isItself = certificate.fingerprint256 === current.fingerprint256;
      if (!isItself && !hasIssued(certificate, current)) continue;
      found.add(id);
      if (!isItself) reached.push(certificate);
    }
  }
  return found;
}

function hasIssued(authority: X509Certificate, certificate: X509Certificate): boolean {
  return authority.ca && certificate.checkIssued(authority) && certificate.verify(authority.publicKey);
}

const PARSED = new WeakMap<RuntimeCaCertificate, X509Certificate>();

function parsed(authority: RuntimeCaCertificate): X509Certificate {
  const known = PARSED.get(authority) ?? new X509Certificate(authority.certPem);
  PARSED.set(authority, known);
  return known;
}

function isValidAt(certificate: X509Certificate, nowMs: number): boolean {
  return certificate.validFromDate.getTime() <= nowMs && nowMs <= certificate.validToDate.getTime();
}

/** Node puts each part on a line of its own. */
function onOneLine(name: string): string {
  return name.split('\n').filter((part) => part !== '').join(', ');
}

function plainHex(fingerprint: string): string {
  return fingerprint.replaceAll(':', '').toLowerCase();
}

/** Node quotes a name (as JSON) that has a comma or a quote in it. */
function splitNames(text: string): readonly string[] {
  const names: string[] = [];
  for (const [, kind = '', quoted, plain = ''] of text.matchAll(/\s*([A-Za-z ]+):(?:("(?:[^"\\]|\\.)*")|([^,"]*))(?:,|$)/g)) {
    const value: unknown = quoted === undefined ? plain : JSON.parse(quoted);
    names.push(`${kind}:${String(value)}`);
  }
  return names;
}
