/**
 * Rules of alerts, and what becomes of one from look to look: a condition that is met is pending until it has been met for long enough, then
 * it fires, is repeated now and then, and is resolved when it is over. Pure; alert-watch.ts looks, store/alert-store.ts keeps.
 */

export const ALERT_KINDS = ['error_rate', 'latency', 'silence', 'drift', 'certificate_expiry', 'spool', 'stale_config', 'alarm'] as const;
export type AlertKind = (typeof ALERT_KINDS)[number];
export const ALERT_GROUPINGS = ['none', 'route', 'service', 'consumer', 'data_plane'] as const;
export type AlertGrouping = (typeof ALERT_GROUPINGS)[number];
export const ALERT_QUANTILES = ['p50', 'p90', 'p95', 'p99'] as const;
export const ALERT_MEASURES = ['request', 'upstream', 'gateway'] as const;
export const SEVERITIES = ['info', 'warning', 'critical'] as const;

export interface AlertRuleContent {
  readonly name: string;
  readonly kind: AlertKind;
  /** error_rate and spool: percent; latency: milliseconds; silence and stale_config: seconds; certificate_expiry: days. Not used by drift and alarm. */
  readonly threshold: number;
  readonly quantile: (typeof ALERT_QUANTILES)[number];
  readonly measure: (typeof ALERT_MEASURES)[number];
  /** What error_rate and latency are of. */
  readonly windowSeconds: number;
  /** How long the condition must be met before it fires. */
  readonly forSeconds: number;
  /** How long it must not be met before it is over: what comes and goes is one alert. */
  readonly resolveSeconds: number;
  /** Below so many requests in the window nothing is said of them. */
  readonly minRequests: number;
  readonly groupBy: AlertGrouping;
  /** Of error_rate and latency: ids; empty: all. */
  readonly routes: readonly string[];
  readonly services: readonly string[];
  readonly consumers: readonly string[];
  /** Of data planes: all must be there. Alarms of the gateway as a whole have none. */
  readonly labels: Readonly<Record<string, string>>;
  /** Of alarms (ERRORS.md); empty: all. */
  readonly codes: readonly string[];
  readonly severity: (typeof SEVERITIES)[number];
  /** Names of webhooks of the tenant; empty: all of them. */
  readonly webhooks: readonly string[];
  /** What still fires is told again after so long; 0: never. */
  readonly repeatSeconds: number;
  readonly enabled: boolean;
}

/** What a rule was met by: the gateway as a whole (''), a group, a data plane, an alarm. */
export interface Finding {
  readonly subject: string;
  readonly value: number;
  /** For people. */
  readonly detail: string;
  /** Nobody can know: what stands goes on, and nothing begins. */
  readonly unsure?: true;
}

export interface AlertState {
  readonly subject: string;
  readonly state: 'pending' | 'firing';
  readonly since: Date;
  /** Undefined while it is pending. */
  readonly firedAt: Date | undefined;
  /** Undefined while nobody was told: it is pending, or the rule was muted when it fired. */
  readonly toldAt: Date | undefined;
  /** Since when it is not met any more; undefined while it is. */
  readonly absentSince: Date | undefined;
  readonly value: number;
  readonly detail: string;
}

export interface AlertEvent {
  readonly type: 'alert.firing' | 'alert.repeated' | 'alert.resolved';
  readonly state: AlertState;
  readonly resolvedAt: Date | undefined;
}

export interface NextStates {
  readonly states: readonly AlertState[];
  readonly events: readonly AlertEvent[];
  /** Findings for which there was no room. */
  readonly leftOut: number;
}

export type Pace = Pick<AlertRuleContent, 'forSeconds' | 'resolveSeconds' | 'repeatSeconds'> & { readonly isMuted: boolean };

/** What one rule may be met by at a time (R5). */
export const MOST_STATES = 200;

/**
 * What the states are after a look that found this, and what is to be told. A pending one that is not found is gone without a word, a firing one is
 * over once it has been absent for long enough. While the rule is muted no beginning is told; every beginning that was told has its end told.
 */
export function nextStates(pace: Pace, before: readonly AlertState[], findings: readonly Finding[], now: Date): NextStates {
  const known = new Map(before.map((state) => [state.subject, state]));
  const events: AlertEvent[] = [];
  const states: AlertState[] = [];
  const fresh: Finding[] = [];
  for (const finding of findings) {
    const past = known.get(finding.subject);
    known.delete(finding.subject);
    if (past !== undefined) states.push(goneOn(pace, past, finding, now, events));
    else if (finding.unsure !== true) fresh.push(finding);
  }
  for (const past of known.values()) {
    if (past.state === 'pending') continue;
    const absentSince = past.absentSince ?? now;
    if (now.getTime() - absentSince.getTime() < pace.resolveSeconds * 1_000) states.push({ ...past, absentSince });
    else if (past.toldAt !== undefined) events.push({ type: 'alert.resolved', state: past, resolvedAt: now });
  }
  // Who stood has its place before who is new: a rule that is met by more than there is room for would else tell of comings and goings that are none.
  const room = Math.max(0, MOST_STATES - states.length);
  for (const finding of fresh.slice(0, room)) states.push(goneOn(pace, undefined, finding, now, events));
  return { states, events, leftOut: fresh.length - Math.min(room, fresh.length) };
}

function goneOn(pace: Pace, past: AlertState | undefined, { subject, value, detail }: Finding, now: Date, events: AlertEvent[]): AlertState {
  const since = past?.since ?? now;
  const isFiring = past?.state === 'firing' || now.getTime() - since.getTime() >= pace.forSeconds * 1_000;
  const met = { subject, since, value, detail, absentSince: undefined };
  if (!isFiring) return { ...met, state: 'pending', firedAt: undefined, toldAt: undefined };
  const firedAt = past?.firedAt ?? now;
  const toldAt = past?.toldAt;
  const isDue = !pace.isMuted && (toldAt === undefined || (pace.repeatSeconds > 0 && now.getTime() - toldAt.getTime() >= pace.repeatSeconds * 1_000));
  const state: AlertState = { ...met, state: 'firing', firedAt, toldAt: isDue ? now : toldAt };
  if (isDue) events.push({ type: toldAt === undefined ? 'alert.firing' : 'alert.repeated', state, resolvedAt: undefined });
  return state;
}
