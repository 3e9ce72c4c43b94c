/**
 * Who issued a client's certificate, whose certificate that is, and so on up to an authority that the plugin trusts. OpenSSL has
 * found such a way in the handshake and does not tell which; here it is found again among the configured authorities and what the
 * client sent, and only by signatures: what a client sends may bear anybody's name and public key. Used by revocation-check.ts.
 */
import { X509Certificate } from 'node:crypto';
import type { ConfigLookup } from '../config-lookup.ts';
import type { ClientCertificate } from '../contract.ts';

/** A certificate that somebody else issued. */
export interface IssuedCertificate {
  readonly certificate: X509Certificate;
  readonly issuer: X509Certificate;
}

export interface PathEnds {
  /** Ids of `ca_certificates`. */
  readonly authorities: readonly string[];
  /** Whether the way may end at one that another has issued; it then ends at the first. */
  readonly allowPartial: boolean;
}

/** No honest chain is longer. */
const LONGEST = 16;

/** From the client's certificate up, without that at the end, which vouches for itself. Undefined where a link is not known here. */
export function issuingPath({ der, chain }: ClientCertificate, { authorities, allowPartial }: PathEnds, config: ConfigLookup): readonly IssuedCertificate[] | undefined {
  const trusted = authorities.flatMap((id) => {
    const pem = config.caCertificate(id);
    return pem === undefined ? [] : [new X509Certificate(pem)];
  });
  // Of two certificates of one authority that which ends the way.
  const candidates = [...trusted.filter(isSelfIssued), ...trusted, ...chain.map((raw) => new X509Certificate(raw))];
  const path: IssuedCertificate[] = [];
  let certificate = new X509Certificate(der);
  while (path.length < LONGEST) {
    const { fingerprint256 } = certificate;
    const isTrusted = trusted.some((authority) => authority.fingerprint256 === fingerprint256);
    if (isTrusted && (allowPartial || hasIssued(certificate, certificate))) return path;
    const issuer = candidates.find((candidate) => candidate.fingerprint256 !== fingerprint256 && hasIssued(candidate, certificate));
    if (issuer === undefined) return undefined;
    path.push({ certificate, issuer });
    certificate = issuer;
  }
  return undefined;
}

function isSelfIssued({ subject, issuer }: X509Certificate): boolean {
  return subject === issuer;
}

function hasIssued(authority: X509Certificate, certificate: X509Certificate): boolean {
  return authority.ca && certificate.checkIssued(authority) && certificate.verify(authority.publicKey);
}
