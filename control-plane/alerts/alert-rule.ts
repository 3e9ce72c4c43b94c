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
  /** Below so many requests in the window nothing is said of them. */
  readonly minRequests: number;
  readonly groupBy: AlertGrouping;
  /** Ids; empty: all. */
  readonly routes: readonly string[];
  readonly services: readonly string[];
  readonly consumers: readonly string[];
  /** Of data planes: all must be there. */
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
}

export interface AlertState {
  readonly subject: string;
  readonly state: 'pending' | 'firing';
  readonly since: Date;
  /** Undefined while it is pending. */
  readonly firedAt: Date | undefined;
  readonly toldAt: Date | undefined;
  readonly value: number;
  readonly detail: string;
}

export interface AlertEvent {
  readonly type: 'alert.firing' | 'alert.repeated' | 'alert.resolved';
  readonly state: AlertState;
  readonly resolvedAt: Date | undefined;
}

/** What the states are after a look that found this, and what is to be told. What is not found any more is over; pending ones go without a word. */
export function nextStates(rule: Pick<AlertRuleContent, 'forSeconds' | 'repeatSeconds'>, before: readonly AlertState[], findings: readonly Finding[], now: Date): { readonly states: readonly AlertState[]; readonly events: readonly AlertEvent[] } {
  const known = new Map(before.map((state) => [state.subject, state]));
  const events: AlertEvent[] = [];
  const states = findings.map(({ subject, value, detail }): AlertState => {
    const past = known.get(subject);
    known.delete(subject);
    const since = past?.since ?? now;
    const seen = { subject, since, value, detail };
    if (past?.state === 'firing') {
      const isDue = rule.repeatSeconds > 0 && now.getTime() - (past.toldAt ?? now).getTime() >= rule.repeatSeconds * 1_000;
      const state: AlertState = { ...seen, state: 'firing', firedAt: past.firedAt, toldAt: isDue ? now : past.toldAt };
      if (isDue) events.push({ type: 'alert.repeated', state, resolvedAt: undefined });
      return state;
    }
    if (now.getTime() - since.getTime() < rule.forSeconds * 1_000) return { ...seen, state: 'pending', firedAt: undefined, toldAt: undefined };
    const state: AlertState = { ...seen, state: 'firing', firedAt: now, toldAt: now };
    events.push({ type: 'alert.firing', state, resolvedAt: undefined });
    return state;
  });
  for (const over of known.values()) if (over.state === 'firing') events.push({ type: 'alert.resolved', state: over, resolvedAt: now });
  return { states, events };
}
