/** `/status` and the three questions a supervisor asks: does it live, may traffic come, does the database answer. Pure. */
import { processReport } from '../../shared/process-vitals.ts';
import type { ControlPlaneView } from './control-plane-view.ts';

/** Undefined where requests may come; else why not. The database's absence is no reason: reads are answered, data planes are kept. */
export function whyNotReady({ phase }: ControlPlaneView): string | undefined {
  if (phase === 'starting') return 'starting: the database is prepared or waited for';
  return phase === 'stopping' ? 'stopping: what has begun is finished, nothing new should come' : undefined;
}

/** Undefined where it answers. */
export function whyNoDatabase({ parts, nowMs }: Pick<ControlPlaneView, 'parts' | 'nowMs'>): string | undefined {
  const state = parts?.database.state;
  if (state === undefined || state.kind === 'unknown') return 'the database was not reached yet';
  return state.kind === 'answers' ? undefined : `the database does not answer since ${Math.round((nowMs - state.sinceMs) / 1000)} s: reads are answered from memory, writes with 503`;
}

export function statusReport(view: ControlPlaneView): object {
  const { parts } = view;
  const notReady = whyNotReady(view);
  const noDatabase = whyNoDatabase(view);
  return {
    role: 'control_plane',
    version: view.softwareVersion,
    hostname: view.hostname,
    started_at: new Date(view.startedAtMs).toISOString(),
    phase: view.phase,
    ready: notReady === undefined,
    not_ready_reason: notReady ?? null,
    database: { reachable: noDatabase === undefined, reason: noDatabase ?? null, ...(parts === undefined ? {} : { connections: parts.database.pool }) },
    ...(parts === undefined ? {} : {
      sessions: Object.fromEntries(parts.sync.countByState()),
      admin: { requests_total: parts.admin.counters.requestsTotal, requests_active: parts.admin.counters.requestsActive, connections_active: parts.admin.counters.connectionsActive, answered_from_memory: parts.admin.meter.fromMemory.value },
      telemetry: { behind_reason: parts.telemetry.whyBehind() ?? null },
      open_alarms: Object.fromEntries(parts.alarms.countByCode()),
    }),
    ...processReport(view.process),
  };
}
