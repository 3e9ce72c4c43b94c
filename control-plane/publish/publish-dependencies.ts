/** What publishing needs from outside; given by main.ts, or by a test. */
import type { Clock } from '../../shared/clock.ts';
import type { Logger } from '../../shared/log.ts';
import type { Alarms } from '../alarms/alarm-desk.ts';
import type { AheadStore } from '../store/ahead-store.ts';
import type { ChangeReader } from '../store/change-reader.ts';
import type { ReleaseStore } from '../store/release-store.ts';
import type { PublishMeter } from './publish-meter.ts';
import type { SigningMaterial } from './signing-material.ts';

export interface PublishDependencies {
  readonly releases: ReleaseStore;
  readonly changes: ChangeReader;
  readonly signing: SigningMaterial;
  /** Data planes that accepted more than is stored here: nothing is published over what they have. */
  readonly ahead: Pick<AheadStore, 'find'>;
  /** For what keeps a gateway from being published until somebody acts. */
  readonly alarms: Alarms;
  readonly meter?: PublishMeter;
  readonly clock: Clock;
  readonly log: Logger;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}
