/** All faults, in the order in which they are run. A new one is a line here. */
import { controlPlaneKilled, controlPlaneStopped } from './control-plane-faults.ts';
import type { Fault } from './fault.ts';

export const FAULTS: readonly Fault[] = [controlPlaneKilled, controlPlaneStopped];
