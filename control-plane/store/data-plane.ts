/**
 * What the store knows of a data plane, and its row. Used by data-plane-store.ts and everybody who shows or serves data
 * planes.
 */
import type { DataPlaneId, EntityId, GatewayId, TenantId } from '../../shared/model/ids.ts';
import type { ConfigVersion } from '../../shared/model/version.ts';
import type { Labels } from './join-token-store.ts';
import type { GatewayScope } from './scope.ts';

export interface Certificate {
  /** Hex, as the certificate authority gave it. */
  readonly serial: string;
  /** SHA-256 of the DER. */
  readonly fingerprint: Uint8Array;
  readonly notAfter: Date;
  /** Fingerprint of the authority that signed it, lower-case hex; absent where it is only read. */
  readonly authority?: string;
}

export interface Rejection {
  /** As in ERRORS.md. */
  readonly code: string;
  readonly reasons: readonly string[];
  readonly epoch: number;
  readonly sequence: number;
}

/** An entity of the applied version that the data plane could not use (S6). */
export interface QuarantinedEntity {
  readonly kind: string;
  readonly id: EntityId;
  readonly code: string;
  readonly reason: string;
}

export interface DataPlane extends GatewayScope {
  readonly id: DataPlaneId;
  readonly hostname: string;
  readonly labels: Labels;
  readonly enrolledAt: Date;
  readonly certificate: Certificate;
  readonly revokedAt: Date | undefined;
  readonly revocationReason: string | undefined;
  readonly softwareVersion: string;
  readonly bootId: string | undefined;
  readonly connected: boolean;
  readonly lastSeenAt: Date | undefined;
  /** The newest version offered to it; NO_VERSION before the first. */
  readonly desired: ConfigVersion;
  /** When desired moved last. */
  readonly desiredAt: Date | undefined;
  readonly applied: ConfigVersion;
  readonly appliedRoot: Uint8Array | undefined;
  readonly appliedAt: Date | undefined;
  /** From the first frame to the swap in the last thread; undefined where it was applied while no control plane saw it. */
  readonly appliedTookMs: number | undefined;
  /** What it refused last and has not got past since. */
  readonly rejection: Rejection | undefined;
  readonly quarantined: readonly QuarantinedEntity[];
  /** What it says it accepted when the database was behind that (ahead-store.ts); a later epoch of the gateway gets past it. */
  readonly ahead: ConfigVersion | undefined;
}

/** The columns of a DataPlaneRow, but what it quarantined: of one data plane that may be 200 KB. */
export const COLUMNS_BUT_QUARANTINED =
  'tenant_id, gateway_id, id, hostname, labels, enrolled_at, certificate_serial, certificate_fingerprint, certificate_not_after, revoked_at, revocation_reason, ' +
  'software_version, boot_id, connected, last_seen_at, desired_epoch, desired_sequence, applied_epoch, applied_sequence, applied_root, applied_at, rejection, desired_at, applied_took_ms, ahead_epoch, ahead_sequence';
/** The columns of a DataPlaneRow. */
export const DATA_PLANE_COLUMNS = `${COLUMNS_BUT_QUARANTINED}, quarantined`;

export interface DataPlaneRow {
  readonly tenant_id: TenantId;
  readonly gateway_id: GatewayId;
  readonly id: DataPlaneId;
  readonly hostname: string;
  readonly labels: Labels;
  readonly enrolled_at: Date;
  readonly certificate_serial: string;
  readonly certificate_fingerprint: Buffer;
  readonly certificate_not_after: Date;
  readonly revoked_at: Date | null;
  readonly revocation_reason: string | null;
  readonly software_version: string;
  readonly boot_id: string | null;
  readonly connected: boolean;
  readonly last_seen_at: Date | null;
  readonly desired_epoch: number;
  readonly desired_sequence: number;
  readonly applied_epoch: number;
  readonly applied_sequence: number;
  readonly applied_root: Buffer | null;
  readonly applied_at: Date | null;
  readonly rejection: Rejection | null;
  readonly quarantined: readonly QuarantinedEntity[];
  readonly desired_at: Date | null;
  readonly applied_took_ms: number | null;
  readonly ahead_epoch: number | null;
  readonly ahead_sequence: number | null;
}

export function toDataPlane(row: DataPlaneRow): DataPlane {
  return {
    tenantId: row.tenant_id,
    gatewayId: row.gateway_id,
    id: row.id,
    hostname: row.hostname,
    labels: row.labels,
    enrolledAt: row.enrolled_at,
    certificate: { serial: row.certificate_serial, fingerprint: row.certificate_fingerprint, notAfter: row.certificate_not_after },
    revokedAt: row.revoked_at ?? undefined,
    revocationReason: row.revocation_reason ?? undefined,
    softwareVersion: row.software_version,
    bootId: row.boot_id ?? undefined,
    connected: row.connected,
    lastSeenAt: row.last_seen_at ?? undefined,
    desired: { epoch: row.desired_epoch, sequence: row.desired_sequence },
    applied: { epoch: row.applied_epoch, sequence: row.applied_sequence },
    appliedRoot: row.applied_root ?? undefined,
    desiredAt: row.desired_at ?? undefined,
    appliedAt: row.applied_at ?? undefined,
    appliedTookMs: row.applied_took_ms ?? undefined,
    rejection: row.rejection ?? undefined,
    quarantined: row.quarantined,
    ahead: row.ahead_epoch === null || row.ahead_sequence === null ? undefined : { epoch: row.ahead_epoch, sequence: row.ahead_sequence },
  };
}
