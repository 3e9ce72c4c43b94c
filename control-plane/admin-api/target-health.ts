/**
 * How an upstream's targets are, in Kong's words, from what the connected data planes see: a target is UNHEALTHY where at least one
 * of them sends it nothing at all (none of its addresses takes requests there), DNS_ERROR where one of them finds no address for
 * its name, HEALTHCHECKS_OFF where nobody would notice or no data plane reports. Pure; used by upstream-health-routes.ts.
 */
import { isIP } from 'node:net';
import type { Entity, JsonObject, JsonValue } from '../../shared/model/definition.ts';
import { isJsonObject } from '../../shared/model/entity-checks.ts';
import { splitPort } from '../../shared/model/string-rules.ts';
import type { AddressSeen, HealthSeen, SeenBy, TargetSeen } from '../store/health-store.ts';

export type KongHealth = 'HEALTHY' | 'UNHEALTHY' | 'DNS_ERROR' | 'HEALTHCHECKS_OFF';

/** A target with `health` and `data`, as Kong answers it, and under `data_planes` who sees it otherwise. */
export function targetWithHealth(upstream: Entity, target: Entity, seen: HealthSeen): JsonObject {
  const told = seen.targets.get(target.id);
  const health = healthOf(upstream, target, seen);
  const { host, port } = splitPort(textOf(target['target'])) ?? { host: textOf(target['target']), port: undefined };
  const weight = weightOf(target);
  const known: readonly AddressSeen[] = told?.addresses ?? [];
  const addresses = known.length > 0 || isIP(host) === 0 ? known : [{ ip: host, port: port ?? 0, down: 0 }];
  const available = addresses.length === 0 ? 0 : (addresses.filter(({ down }) => down === 0).length / addresses.length) * weight;
  return {
    ...target,
    health,
    data: {
      host, port: port ?? null, nodeWeight: weight,
      addresses: addresses.map((address) => ({ ip: address.ip, port: address.port, weight, health: address.down > 0 ? 'UNHEALTHY' : health === 'HEALTHCHECKS_OFF' ? health : 'HEALTHY' })),
      weight: { total: weight, available, unavailable: weight - available },
    },
    data_planes: {
      connected: seen.connected, reporting: seen.reporting, unhealthy: told?.unhealthy ?? 0, dns_error: told?.dnsError ?? 0, not_healthy: (told?.notHealthy ?? []).map(showSeenBy),
    },
  };
}

/** Enough of the weight takes requests (`healthchecks.threshold`), and some of it. */
export function balancerHealth(upstream: Entity, targets: readonly Entity[], seen: HealthSeen): 'HEALTHY' | 'UNHEALTHY' {
  const weigh = (some: readonly Entity[]): number => some.reduce((sum, target) => sum + weightOf(target), 0);
  const total = weigh(targets);
  const available = weigh(targets.filter((target) => !isDown(seen.targets.get(target.id))));
  const threshold = isJsonObject(upstream['healthchecks']) ? Number(upstream['healthchecks']['threshold'] ?? 0) : 0;
  return available > 0 && (available / total) * 100 >= threshold ? 'HEALTHY' : 'UNHEALTHY';
}

function healthOf(upstream: Entity, target: Entity, seen: HealthSeen): KongHealth {
  const told = seen.targets.get(target.id);
  if (told !== undefined && told.unhealthy > 0) return 'UNHEALTHY';
  if (told !== undefined && told.dnsError > 0) return 'DNS_ERROR';
  return seen.reporting === 0 || weightOf(target) === 0 || !isWatched(upstream) ? 'HEALTHCHECKS_OFF' : 'HEALTHY';
}

function isDown(told: TargetSeen | undefined): boolean {
  return told !== undefined && told.unhealthy + told.dnsError > 0;
}

/** Whether anything could find out that a target is down. */
function isWatched(upstream: Entity): boolean {
  const checks = upstream['healthchecks'];
  const outliers = upstream['outlier_detection'];
  const numbers = (value: JsonValue | undefined, names: readonly string[]): boolean => isJsonObject(value) && names.some((name) => Number(value[name] ?? 0) > 0);
  const active = isJsonObject(checks) ? checks['active'] : undefined;
  const passive = isJsonObject(checks) ? checks['passive'] : undefined;
  return (
    (isJsonObject(active) && (numbers(active['healthy'], ['interval']) || numbers(active['unhealthy'], ['interval']))) ||
    (isJsonObject(passive) && numbers(passive['unhealthy'], ['tcp_failures', 'timeouts', 'http_failures'])) ||
    numbers(outliers, ['consecutive_failures'])
  );
}

function showSeenBy({ dataPlaneId, hostname, health, addresses }: SeenBy): JsonObject {
  return {
    id: dataPlaneId, hostname, health,
    addresses: addresses.map(({ ip, port, state, cause, since }) => ({ ip, port, state, cause: cause === '' ? null : cause, since: new Date(since).toISOString() })),
  };
}

function weightOf(target: Entity): number {
  return typeof target['weight'] === 'number' ? target['weight'] : 0;
}

function textOf(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : '';
}
