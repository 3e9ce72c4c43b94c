/**
 * What there is to tell about a control plane at one moment, gathered by control-plane-status.ts, told by status-report.ts and
 * control-plane-metrics.ts. Holds no secrets and nothing of a single tenant.
 */
import type { AlertMeter } from '../alerts/alert-meter.ts';
import type { ServerCounters } from '../admin-api/http-server.ts';
import type { RequestMeter } from '../admin-api/request-meter.ts';
import type { SeenDataPlane } from '../sync/seen-data-plane.ts';
import type { PublishMeter } from '../publish/publish-meter.ts';
import type { DatabaseMeter } from '../store/database-meter.ts';
import type { TelemetryMeter } from '../telemetry/telemetry-meter.ts';
import type { ForwarderView } from '../sinks/forwarder.ts';
import type { ProcessView } from '../../shared/process-vitals.ts';

export interface ControlPlaneView {
  readonly softwareVersion: string;
  readonly hostname: string;
  /** Wall clock, milliseconds. */
  readonly startedAtMs: number;
  readonly nowMs: number;
  /** `starting` also while a database is waited for. */
  readonly phase: 'starting' | 'serving' | 'stopping';
  readonly process: ProcessView;
  /** From the moment on in which all of it runs. */
  readonly parts: PartsView | undefined;
  /** Monotonic milliseconds, for what the parts measure with. */
  readonly monotonicMs: number;
  /** HOLDFAST_KONG_METRICS. */
  readonly kongMetrics: boolean;
}

export interface PartsView {
  readonly database: DatabaseMeter;
  readonly admin: { readonly meter: RequestMeter; readonly counters: ServerCounters };
  readonly publish: PublishMeter;
  readonly telemetry: TelemetryMeter;
  readonly sync: { readonly turnedAway: number; countByState(): ReadonlyMap<string, number>; seen(most: number): Iterable<SeenDataPlane> };
  readonly alarms: { countByCode(): ReadonlyMap<string, number> };
  readonly alerts: AlertMeter;
  readonly sinks: { view(): readonly ForwarderView[] };
}
