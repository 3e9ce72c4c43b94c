/**
 * Whether a rule is met now, and by what: asks analytics, the fleet and the alarms for what the rule is about. Called by alert-watch.ts. What
 * is not known meets no rule: no requests have no error rate. Silence is a rule of its own.
 */
import type { Vitals } from '../../shared/wire/telemetry-codec.ts';
import type { AnalyticsFilter, AnalyticsStore, Dimension, Group } from '../store/analytics-store.ts';
import type { AlertFleet, FleetMember, OpenAlarmOfGateway } from '../store/alert-store.ts';
import type { GatewayScope } from '../store/scope.ts';
import type { AlertGrouping, AlertRuleContent, Finding } from './alert-rule.ts';

export interface AlertFacts {
  readonly analytics: Pick<AnalyticsStore, 'totals' | 'vitals'>;
  readonly fleet: AlertFleet;
}

const DIMENSION: Readonly<Record<Exclude<AlertGrouping, 'none'>, Dimension>> = { route: 'route', service: 'service', consumer: 'consumer', data_plane: 'data-plane' };
/** Groups of one rule that are looked at, those with most requests (R5). */
const MOST_GROUPS = 1_000;
/** Vitals that are older say nothing of now: they came late, after an outage. */
const VITALS_FRESH_MS = 300_000;
const DAY_MS = 86_400_000;
const DRIFT_CODES = ['FLEET_BEHIND', 'FLEET_REJECTED', 'FLEET_FELL_BACK', 'FLEET_LARGELY_BEHIND'];

/** `watchedSince`: since when control planes look without a pause, undefined where there never was one. Before it they heard nobody: that is no silence of others. */
export async function findBreaches({ analytics, fleet }: AlertFacts, scope: GatewayScope, rule: AlertRuleContent, watchedSince: Date | undefined, now: Date): Promise<readonly Finding[]> {
  const members = async (): Promise<readonly FleetMember[]> => (await fleet.members(scope)).filter(({ labels }) => Object.entries(rule.labels).every(([key, value]) => labels[key] === value));
  switch (rule.kind) {
    case 'error_rate':
    case 'latency':
      return ofTraffic(rule, (await analytics.totals(scope, { from: new Date(now.getTime() - rule.windowSeconds * 1_000), to: now, groupBy: rule.groupBy === 'none' ? [] : [DIMENSION[rule.groupBy]], filter: filterOf(rule), latencies: rule.kind === 'latency' }, MOST_GROUPS)).groups);
    case 'silence':
      return (await members()).flatMap((member) => silence(member, rule.threshold, watchedSince, now));
    case 'certificate_expiry':
      return (await members()).flatMap((member) => expiry(member, rule.threshold, now));
    case 'spool':
    case 'stale_config': {
      const known = new Map((await members()).map((member) => [member.id, member]));
      const told = new Map((await analytics.vitals(scope)).map(({ dataPlaneId, vitals }) => [dataPlaneId, vitals]));
      return [...known.values()].flatMap((member) => {
        const vitals = told.get(member.id);
        if (rule.kind === 'stale_config') return stale(member, vitals, rule.threshold, watchedSince, now);
        const percent = vitals === undefined || vitals.spoolMaxBytes === 0 ? 0 : (vitals.spoolBytes / vitals.spoolMaxBytes) * 100;
        return percent < rule.threshold ? [] : [{ subject: member.id, value: round(percent), detail: `the telemetry spool of ${member.hostname} is ${round(percent)} % full (${rule.threshold} % is the limit)` }];
      });
    }
    case 'drift':
    case 'alarm': {
      const codes = rule.kind === 'drift' ? DRIFT_CODES : rule.codes;
      const chosen = Object.keys(rule.labels).length === 0 ? undefined : new Set((await members()).map(({ id }) => id));
      const isChosen = ({ code, dataPlaneId }: OpenAlarmOfGateway): boolean => (codes.length === 0 || codes.includes(code)) && (chosen === undefined || (dataPlaneId !== undefined && chosen.has(dataPlaneId)));
      return (await fleet.openAlarms(scope)).filter(isChosen).map(ofAlarm);
    }
  }
}

function filterOf({ routes, services, consumers, labels }: AlertRuleContent): AnalyticsFilter {
  return {
    ...(routes.length === 0 ? {} : { routes }),
    ...(services.length === 0 ? {} : { services }),
    ...(consumers.length === 0 ? {} : { consumers }),
    ...(Object.keys(labels).length === 0 ? {} : { labels: new Map(Object.entries(labels)) }),
  };
}

function ofTraffic(rule: AlertRuleContent, groups: readonly Group[]): readonly Finding[] {
  return groups.flatMap(({ key, requests, errors, latencies }) => {
    if (requests < rule.minRequests || requests === 0) return [];
    const subject = key[0] ?? '';
    const of = rule.groupBy === 'none' ? 'the gateway' : `${rule.groupBy.replace('_', ' ')} ${subject === '' ? '(none)' : subject}`;
    if (rule.kind === 'error_rate') {
      const percent = (errors / requests) * 100;
      return percent < rule.threshold ? [] : [{ subject, value: round(percent), detail: `${round(percent)} % of ${requests} requests of ${of} failed in ${rule.windowSeconds} s (${rule.threshold} % is the limit)` }];
    }
    const quantiles = latencies?.[rule.measure];
    if (quantiles === undefined) return [];
    const ms = quantiles[rule.quantile] / 1_000;
    return ms < rule.threshold ? [] : [{ subject, value: round(ms), detail: `${rule.quantile} of ${rule.measure} latency of ${of} was ${round(ms)} ms in ${rule.windowSeconds} s over ${quantiles.count} requests (${rule.threshold} ms is the limit)` }];
  });
}

function silence({ id, hostname, connected, lastSeenAt, enrolledAt }: FleetMember, thresholdSeconds: number, watchedSince: Date | undefined, now: Date): readonly Finding[] {
  const seconds = (now.getTime() - (lastSeenAt ?? enrolledAt).getTime()) / 1_000;
  if (seconds < thresholdSeconds) return [];
  return [{ subject: id, value: Math.round(seconds), detail: `nothing was heard of ${hostname} for ${Math.round(seconds)} s${connected ? ', though its connection was never closed' : ''} (${thresholdSeconds} s is the limit)`, ...unsureWithin(thresholdSeconds, watchedSince, now) }];
}

function unsureWithin(seconds: number, watchedSince: Date | undefined, now: Date): { readonly unsure?: true } {
  return watchedSince !== undefined && now.getTime() - watchedSince.getTime() < seconds * 1_000 ? { unsure: true } : {};
}

function expiry({ id, hostname, certificateNotAfter }: FleetMember, thresholdDays: number, now: Date): readonly Finding[] {
  const days = (certificateNotAfter.getTime() - now.getTime()) / DAY_MS;
  if (days > thresholdDays) return [];
  return [{ subject: id, value: round(days), detail: days <= 0 ? `the certificate of ${hostname} ended at ${certificateNotAfter.toISOString()}` : `the certificate of ${hostname} ends in ${round(days)} days, at ${certificateNotAfter.toISOString()} (${thresholdDays} days is the limit)` }];
}

/** A data plane that is not heard of can not have been vouched for either. */
function stale(member: FleetMember, told: Vitals | undefined, thresholdSeconds: number, watchedSince: Date | undefined, now: Date): readonly Finding[] {
  const vitals = told !== undefined && now.getTime() - told.atMs < VITALS_FRESH_MS ? told : undefined;
  const silentMs = member.connected ? 0 : now.getTime() - (member.lastSeenAt ?? member.enrolledAt).getTime();
  const toldMs = vitals?.headAgeMs ?? 0;
  const ageMs = Math.max(silentMs, toldMs);
  if (ageMs < thresholdSeconds * 1_000 && !(vitals?.stale === true && vitals.headAgeMs === undefined && member.connected)) return [];
  return [{
    subject: member.id, value: Math.round(ageMs / 1_000), detail: `no control plane has confirmed the configuration of ${member.hostname} for ${Math.round(ageMs / 1_000)} s (${thresholdSeconds} s is the limit)`,
    ...(toldMs < thresholdSeconds * 1_000 ? unsureWithin(thresholdSeconds, watchedSince, now) : {}),
  }];
}

function ofAlarm({ code, dataPlaneId, detail, times }: OpenAlarmOfGateway): Finding {
  return { subject: `${code}${dataPlaneId === undefined ? '' : ` ${dataPlaneId}`}`, value: times, detail: `${code}: ${detail}` };
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
