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

/** Undefined where the client showed none. */
export function clientCertificateOf(socket: TLSSocket, authorities: readonly RuntimeCaCertificate[], nowMs: number): ClientCertificate | undefined {
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
    verifiedBy: socket.authorized ? vouchers(leaf, chain, authorities, nowMs) : [],
  };
}

/** What it sent behind its own, in the order of issue, completed from the configured authorities (Node does both). */
function chainOf(socket: TLSSocket): readonly X509Certificate[] {
  const chain: X509Certificate[] = [];
  let current = socket.getPeerCertificate(true);
  while (current.issuerCertificate !== undefined && current.issuerCertificate.fingerprint256 !== current.fingerprint256 && chain.length < MAX_CHAIN) {
    current = current.issuerCertificate;
    chain.push(new X509Certificate(current.raw));
  }
  return chain;
}

/**
 * The configured authorities on the way from the leaf up, whether the client sent them or not. What it sent counts as far as each has
 * issued the one before by its signature: Node puts them in a row by their names, which anybody can take.
 */
function vouchers(leaf: X509Certificate, sent: readonly X509Certificate[], authorities: readonly RuntimeCaCertificate[], nowMs: number): readonly string[] {
  const known = authorities.map((authority) => ({ id: authority.id, certificate: parsed(authority) }));
  const reached = [leaf];
  for (const [at, certificate] of sent.entries()) {
    const below = reached[at];
    if (below === undefined || !isValidAt(certificate, nowMs) || !hasIssued(certificate, below)) break;
    reached.push(certificate);
  }
  const found = new Set<string>();
  for (let at = 0; at < reached.length && at < MAX_CHAIN; at++) {
    const current = reached[at];
    for (const { id, certificate } of known) {
      if (current === undefined || found.has(id) || !isValidAt(certificate, nowMs)) continue;
      const isItself = certificate.fingerprint256 === current.fingerprint256;
      if (!isItself && !hasIssued(certificate, current)) continue;
      found.add(id);
      if (!isItself) reached.push(certificate);
    }
  }
  return [...found];
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
