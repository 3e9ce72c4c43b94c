/** All faults, in the order in which they are run. A new one is a line here. */
import { cacheDamaged } from './cache-fault.ts';
import { controlPlaneKilled, controlPlaneStopped } from './control-plane-faults.ts';
import { dataPlaneKilled, diskFull, poisonedConfig } from './data-plane-faults.ts';
import { oldBackup, postgresKilled, postgresStopped } from './database-faults.ts';
import type { Fault } from './fault.ts';
import { herd } from './herd-fault.ts';
import { instanceKilled, instanceStalled } from './instance-faults.ts';
import { flappingLink, packetLoss, partitionBothWays, partitionToControlPlane, partitionToDataPlane, slowLink } from './network-faults.ts';

export const FAULTS: readonly Fault[] = [
  // The longest first: others go on beside it.
  poisonedConfig,
  controlPlaneKilled, controlPlaneStopped,
  partitionBothWays, partitionToControlPlane, partitionToDataPlane, packetLoss, slowLink, flappingLink,
  postgresKilled, postgresStopped, oldBackup,
  instanceStalled, instanceKilled, herd,
  dataPlaneKilled, cacheDamaged, diskFull,
];
