/** What the sessions of a sync server share; put together by sync-server.ts. */
import type { Clock } from '../../shared/clock.ts';
import type { Logger } from '../../shared/log.ts';
import type { Alarms } from '../alarms/alarm-desk.ts';
import type { CertificateAuthorities } from '../enrolment/load-authority.ts';
import type { Publisher } from '../publish/publisher.ts';
import type { SigningMaterial } from '../publish/signing-material.ts';
import type { DataPlaneStore } from '../store/data-plane-store.ts';
import type { ReleaseStore } from '../store/release-store.ts';
import type { SigningKeyStore } from '../store/signing-key-store.ts';
import type { Ingest } from '../telemetry/ingest.ts';

export interface SessionDependencies {
  readonly dataPlanes: Pick<DataPlaneStore, 'get' | 'list' | 'report' | 'setCertificate'>;
  readonly releases: Pick<ReleaseStore, 'get'>;
  readonly contentKeys: Pick<SigningKeyStore, 'listContentKeys'>;
  readonly publisher: Publisher;
  readonly authority: CertificateAuthorities;
  readonly signing: Pick<SigningMaterial, 'trustFor' | 'subscribe'>;
  readonly ingest: Ingest;
  /** For what an operator must know of a data plane. */
  readonly alarms: Alarms;
  readonly certificateLifetimeMs: number;
  readonly softwareVersion: string;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly log: Logger;
}
