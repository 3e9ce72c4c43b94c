/**
 * Who is at the other end of a TLS connection: read from the client certificate alone. A certificate that expired, but is
 * otherwise ours, gets as far as Renew within a grace period, so that a long outage strands nobody. Called by sync-server.ts.
 */
import type { X509Certificate, KeyObject } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import { identityOfCertificate, type DataPlaneIdentity } from '../../shared/trust/identity.ts';

/** How long after its end a certificate may still be renewed. */
export const RENEWAL_GRACE_MS = 90 * 86_400_000;
const CLIENT_AUTHENTICATION = '1.3.6.1.5.5.7.3.2';

export type PeerVerdict =
  | { readonly kind: 'peer'; readonly identity: DataPlaneIdentity; readonly tls: TLSSocket; readonly validity: 'valid' | 'expired' }
  | { readonly kind: 'refused'; readonly code: string; readonly message: string };

export interface PeerRules {
  readonly trustDomain: string;
  /** Of the authorities in use. */
  readonly authorityKeys: readonly KeyObject[];
  readonly nowMs: number;
}

export function readPeer(socket: TLSSocket, rules: PeerRules): PeerVerdict {
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) return { kind: 'refused', code: 'SYNC_CERTIFICATE_MISSING', message: 'a client certificate is needed; join with a join token to get one' };
  const validity = validityOf(certificate, socket.authorized, rules);
  if (validity === 'refused') {
    return { kind: 'refused', code: 'SYNC_CERTIFICATE_REFUSED', message: 'the client certificate is not signed by this installation, or expired too long ago; join again with a new join token' };
  }
  const identity = identityOfCertificate(certificate, rules.trustDomain);
  if (identity === undefined) return { kind: 'refused', code: 'SYNC_IDENTITY_INVALID', message: 'the client certificate does not name a data plane of this trust domain' };
  return { kind: 'peer', identity, tls: socket, validity };
}

/**
 * TLS reports one error of several, so "expired" from it would not mean that the rest is well: an expired certificate is
 * checked against the authorities' keys here.
 */
function validityOf(certificate: X509Certificate, authorized: boolean, { authorityKeys, nowMs }: PeerRules): 'valid' | 'expired' | 'refused' {
  const endMs = Date.parse(certificate.validTo);
  if (authorized && nowMs <= endMs) return 'valid';
  const lateMs = nowMs - endMs;
  if (!(lateMs > 0 && lateMs <= RENEWAL_GRACE_MS) || certificate.ca) return 'refused';
  return certificate.keyUsage?.includes(CLIENT_AUTHENTICATION) === true && authorityKeys.some((key) => certificate.verify(key)) ? 'expired' : 'refused';
}
