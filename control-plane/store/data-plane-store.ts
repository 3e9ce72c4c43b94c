/**
 * Data planes: enrolled with a join token, revoked by an operator, their state reported by sessions. What sessions write
 * goes through the publisher's role, everything else through the app's with the tenant set (T1).
 */
import type { DataPlaneId, EntityId } from '../../shared/model/ids.ts';
import type { ConfigVersion } from '../../shared/model/version.ts';
import type { Actor, GatewayScope } from './scope.ts';
import type { StoreProblem } from './store-problem.ts';

export type Labels = Readonly<Record<string, string>>;

export interface Certificate {
  /** Upper-case hex, as x509 shows it. */
  readonly serial: string;
  /** SHA-256 of the DER. */
  readonly fingerprint: Uint8Array;
  readonly notAfter: Date;
}

export interface Rejection {
  readonly code: string;
  readonly reasons: readonly string[];
  readonly epoch: number;
  readonly sequence: number;
}

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
  readonly applied: ConfigVersion;
  readonly appliedRoot: Uint8Array | undefined;
  readonly appliedAt: Date | undefined;
  /** What it refused last and has not got past since. */
  readonly rejection: Rejection | undefined;
  readonly quarantined: readonly QuarantinedEntity[];
}

/** What a session learned; absent fields stay as they are. */
export interface DataPlaneReport {
  readonly connected?: boolean;
  readonly lastSeenAt?: Date;
  readonly hostname?: string;
  readonly softwareVersion?: string;
  readonly bootId?: string;
  readonly desired?: ConfigVersion;
  /** Clears the rejection of this and older versions. */
  readonly applied?: { readonly version: ConfigVersion; readonly root: Uint8Array; readonly at: Date; readonly quarantined: readonly QuarantinedEntity[] };
  readonly rejection?: Rejection;
}

export interface NewDataPlane {
  readonly id: DataPlaneId;
  readonly hostname: string;
  readonly labels: Labels;
  readonly certificate: Certificate;
}

export interface DataPlaneStore {
  /** Uses the join token once and stores the data plane, both or neither. Undefined where the token is not (any more) usable. */
  enrol(joinTokenId: string, secret: Uint8Array, makeDataPlane: (token: { readonly scope: GatewayScope; readonly labels: Labels }) => Promise<NewDataPlane>): Promise<DataPlane | undefined>;
  list(scope: GatewayScope): Promise<readonly DataPlane[]>;
  get(scope: GatewayScope, id: DataPlaneId): Promise<DataPlane | undefined>;
  setLabels(scope: GatewayScope, id: DataPlaneId, labels: Labels, actor: Actor): Promise<StoreProblem | undefined>;
  /** Idempotent. Every control-plane instance hears of it through the change feed (onDataPlanesChanged). */
  revoke(scope: GatewayScope, id: DataPlaneId, reason: string, actor: Actor): Promise<StoreProblem | undefined>;
  /** From the session of this data plane; false where there is no such data plane. */
  report(scope: GatewayScope, id: DataPlaneId, report: DataPlaneReport): Promise<boolean>;
  /** After a renewal. */
  setCertificate(scope: GatewayScope, id: DataPlaneId, certificate: Certificate): Promise<void>;
}
