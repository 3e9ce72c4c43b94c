/** What the sessions of a sync server share: what it is given (start-control-plane.ts) and what it adds (sync-server.ts). */
import type { Clock } from '../../shared/clock.ts';
import type { Logger } from '../../shared/log.ts';
import type { ConfigVersion } from '../../shared/model/version.ts';
import type { Alarms } from '../alarms/alarm-desk.ts';
import type { PurgeDesk } from '../cache-purges/purge-desk.ts';
import type { CountDesk, CountDeskOptions } from '../cluster-counters/count-desk.ts';
import type { RegisteredHash } from '../plugins/differing-plugins.ts';
import type { CertificateAuthorities } from '../enrolment/load-authority.ts';
import type { PublishMeter } from '../publish/publish-meter.ts';
import type { Publisher } from '../publish/publisher.ts';
import type { SigningMaterial } from '../publish/signing-material.ts';
import type { DataPlaneStore } from '../store/data-plane-store.ts';
import type { ReleaseStore } from '../store/release-store.ts';
import type { GatewayScope } from '../store/scope.ts';
import type { SigningKeyStore } from '../store/signing-key-store.ts';
import type { Ingest } from '../telemetry/ingest.ts';
import type { FleetDirectory } from './fleet-directory.ts';
import type { ReportWriter } from './report-writer.ts';
import type { Session } from './session.ts';
import type { SharedFrames } from './shared-frames.ts';
import type { TelemetryCredits } from './telemetry-credit.ts';
import type { TrustPush } from './trust-push.ts';

export interface SessionDependencies {
  readonly dataPlanes: Pick<DataPlaneStore, 'members' | 'report' | 'setCertificate'>;
  readonly releases: Pick<ReleaseStore, 'get'>;
  readonly contentKeys: Pick<SigningKeyStore, 'listContentKeys'>;
  readonly publisher: Publisher;
  readonly authority: CertificateAuthorities;
  readonly signing: Pick<SigningMaterial, 'trustFor' | 'subscribe' | 'hasSigned'>;
  readonly ingest: Ingest;
  /** Of access records; absent where none are taken. */
  readonly ingestRecords?: Ingest;
  /** For what an operator must know of a data plane. */
  readonly alarms: Alarms;
  /** Told of what was applied. */
  readonly meter?: PublishMeter;
  /** How this instance shares the counts of limits with others; absent where there are no others. */
  readonly shareCounts?: CountDeskOptions['share'];
  /** Told to data planes; absent where nobody orders any. */
  readonly purges?: Pick<PurgeDesk, 'join' | 'leave'>;
  /** Of custom plugins; absent where there are none. */
  readonly registeredHash?: RegisteredHash;
  readonly certificateLifetimeMs: number;
  readonly softwareVersion: string;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly log: Logger;
}

/** How a session ends, and when its data plane may come back. */
export interface SessionEnd {
  readonly code: string;
  readonly reason: string;
  readonly retryAfterMs: number;
}

export interface SessionServices extends SessionDependencies {
  readonly directory: FleetDirectory;
  readonly reports: ReportWriter;
  readonly trust: TrustPush;
  readonly counts: CountDesk;
  readonly frames: SharedFrames;
  /** Content root of a release, lower-case hex. */
  readonly rootOf: (scope: GatewayScope, version: ConfigVersion) => Promise<string | undefined>;
  /** Takes the data plane's place among the sessions, before Welcome; returns why it may not. */
  readonly takePlace: (session: Session) => SessionEnd | undefined;
  /** What a session that is welcomed now may have on its way. */
  readonly telemetryCredits: () => TelemetryCredits;
  /** A later session at another control plane counts, or this data plane is not in the store. */
  readonly outlived: (session: Session) => void;
  /** A superseded start of its process came back, so often within some minutes. */
  readonly bootReturned: (session: Session, times: number) => void;
  /** Once, when the session is over. */
  readonly closed: (session: Session) => void;
}
