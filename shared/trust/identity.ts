/**
 * Who a data plane is: a SPIFFE ID of UUIDs (never names) as the one subject alternative name of its certificate.
 * The control plane writes it when it signs and reads it on every connection; nothing a data plane says counts instead.
 */
import type { X509Certificate } from 'node:crypto';
import { isUuid, parseId, type DataPlaneId, type GatewayId, type TenantId } from '../model/ids.ts';

export interface DataPlaneIdentity {
  /** A DNS-like name, one per installation: `holdfast.internal`. */
  readonly trustDomain: string;
  readonly tenantId: TenantId;
  readonly gatewayId: GatewayId;
  readonly dataPlaneId: DataPlaneId;
}

/** SPIFFE ID §2.1: lower-case letters, digits, dots, dashes, underscores. */
const TRUST_DOMAIN = /^[a-z0-9][a-z0-9._-]{0,253}$/;
const SPIFFE_ID = /^spiffe:\/\/([a-z0-9._-]+)\/tenant\/([0-9a-f-]+)\/gateway\/([0-9a-f-]+)\/data-plane\/([0-9a-f-]+)$/;

/** True for a name that may stand as trust domain in a SPIFFE ID. */
export function isTrustDomain(name: string): boolean {
  return TRUST_DOMAIN.test(name);
}

/** `spiffe://<trust domain>/tenant/<uuid>/gateway/<uuid>/data-plane/<uuid>`. */
export function formatSpiffeId(identity: DataPlaneIdentity): string {
  return `spiffe://${identity.trustDomain}/tenant/${identity.tenantId}/gateway/${identity.gatewayId}/data-plane/${identity.dataPlaneId}`;
}

/** The identity a SPIFFE ID names; undefined where it is not exactly of our form. */
export function parseSpiffeId(text: string): DataPlaneIdentity | undefined {
  const [, trustDomain = '', tenant = '', gateway = '', dataPlane = ''] = SPIFFE_ID.exec(text) ?? [];
  if (!isTrustDomain(trustDomain) || ![tenant, gateway, dataPlane].every(isUuid)) return undefined;
  const tenantId = parseId<TenantId>(tenant);
  const gatewayId = parseId<GatewayId>(gateway);
  const dataPlaneId = parseId<DataPlaneId>(dataPlane);
  if (tenantId === undefined || gatewayId === undefined || dataPlaneId === undefined) return undefined;
  return { trustDomain, tenantId, gatewayId, dataPlaneId };
}

/**
 * The identity that a certificate proves, whose chain TLS has verified. Undefined unless its one and only subject
 * alternative name is a SPIFFE ID of this trust domain.
 */
export function identityOfCertificate(certificate: X509Certificate, trustDomain: string): DataPlaneIdentity | undefined {
  const names = certificate.subjectAltName;
  if (names === undefined || !names.startsWith('URI:')) return undefined;
  // Node quotes odd values and joins several names by commas; both fall through the pattern.
  const identity = parseSpiffeId(names.slice('URI:'.length));
  return identity?.trustDomain === trustDomain ? identity : undefined;
}
