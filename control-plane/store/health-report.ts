/**
 * What a data plane says of its targets, as it is stored: bounded here once more, because who sends it may not keep to what
 * ours does (R5). Written by data-plane-reports.ts, read by health-store.ts.
 */
import type { TargetHealth } from '../../shared/wire/sync-message.ts';
import { storableText } from './storable-text.ts';

export interface HealthReport {
  readonly targets: readonly TargetHealth[];
  /** Further ones that are down. */
  readonly leftOut: number;
  readonly at: Date;
}

/** One address of a target in `data_plane_health.targets`. */
export interface StoredAddress {
  readonly ip: string;
  readonly port: number;
  readonly state: string;
  readonly cause: string;
  /** Milliseconds since the epoch. */
  readonly since: number;
}

/** A frame has room for some more than ours fill. */
const MOST_BYTES = 256 * 1024;
const ADDRESS_BYTES = 64;

/** By target id. */
export function storableHealth({ targets }: HealthReport): Readonly<Record<string, readonly StoredAddress[]>> {
  let bytes = 0;
  const fitting = targets.filter(({ addresses }) => (bytes += ADDRESS_BYTES + addresses.reduce((sum, { ip, cause }) => sum + ADDRESS_BYTES + ip.length + cause.length, 0)) <= MOST_BYTES);
  return Object.fromEntries(fitting.map(({ id, addresses }) => [id, addresses.map(({ ip, port, state, cause, sinceMs }) => ({ ip: storableText(ip), port: Math.min(port, 65_535), state, cause: storableText(cause), since: sinceMs }))]));
}
