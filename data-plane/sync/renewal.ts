/** When a certificate is to be renewed, and whether what came is worth keeping. Pure; called by sync-client.ts. */
import { X509Certificate, type KeyObject } from 'node:crypto';
import { describeThrown } from '../../shared/errors.ts';
import { identityOfCertificate } from '../../shared/trust/identity.ts';
import { isIssuedByKnown, type Enrolment } from './identity-store.ts';

/** Share of its life after which a certificate is renewed, and by how much the fleet is spread around it. */
const RENEW_AT_SHARE = 2 / 3;
const SPREAD_SHARE = 0.1;

/** Epoch milliseconds. `jitter` is uniform in [0, 1) and stays the same for the life of the process. */
export function renewalDueAtMs(certificate: X509Certificate, jitter: number): number {
  const fromMs = certificate.validFromDate.getTime();
  const lifeMs = certificate.validToDate.getTime() - fromMs;
  return fromMs + lifeMs * (RENEW_AT_SHARE + SPREAD_SHARE * (jitter - 0.5));
}

/** How long a fleet takes to change over to certificates by a new authority. */
const CHANGE_OVER_MS = 10 * 60_000;

/** Monotonic milliseconds: when to ask for a certificate by the new authority that was learnt of at `learntAtMs`. */
export function changeOverDueAtMs(learntAtMs: number, jitter: number): number {
  return learntAtMs + jitter * CHANGE_OVER_MS;
}

export function isExpired(certificate: X509Certificate, nowMs: number): boolean {
  return certificate.validToDate.getTime() <= nowMs;
}

/** Undefined where a new chain is for the same identity and key, by an authority that is known, and valid now; else what is wrong with it. */
export function acceptRenewed(certificateChain: string, current: { readonly enrolment: Enrolment; readonly privateKey: KeyObject; readonly nowMs: number }): string | undefined {
  const { enrolment, privateKey, nowMs } = current;
  let leaf: X509Certificate;
  try {
    leaf = new X509Certificate(certificateChain);
  } catch (thrown) {
    return `it is no certificate: ${describeThrown(thrown)}`;
  }
  const identity = identityOfCertificate(leaf, enrolment.trustDomain);
  if (identity?.dataPlaneId !== enrolment.dataPlaneId || identity.gatewayId !== enrolment.gatewayId || identity.tenantId !== enrolment.tenantId) return 'it is for somebody else';
  if (!leaf.checkPrivateKey(privateKey)) return 'it is for another key';
  if (!isIssuedByKnown({ ...enrolment, certificateChain })) return 'it is signed by no authority that is known here';
  return isExpired(leaf, nowMs) ? 'it has expired already' : undefined;
}
