/** What a control plane sees of a data plane that is connected to it, for /metrics. */
import type { DataPlaneId } from '../../shared/model/ids.ts';

export interface SeenDataPlane {
  readonly dataPlaneId: DataPlaneId;
  /** As it says. */
  readonly hostname: string;
  readonly softwareVersion: string;
  /** Monotonic milliseconds of its last frame. */
  readonly heardAtMs: number;
  /** Of what it serves, lower-case hex; undefined where that is nothing, or not known. */
  readonly contentRoot: string | undefined;
  /** Of the certificate that it connected with, as Node writes it; '' where the connection is gone. */
  readonly certificateEnds: string;
}
