/** A version together with its content: what is compared, stored and reported where a configuration is meant. */
import type { ConfigVersion } from '../../shared/model/version.ts';

export interface VersionedRoot {
  readonly version: ConfigVersion;
  /** Lower-case hex. */
  readonly contentRoot: string;
}

export function isSameConfig(a: VersionedRoot | undefined, b: VersionedRoot | undefined): boolean {
  return a !== undefined && b !== undefined && a.version.epoch === b.version.epoch && a.version.sequence === b.version.sequence && a.contentRoot === b.contentRoot;
}

/** From JSON in a state file; undefined where it is anything else. */
export function parseVersionedRoot(value: unknown): VersionedRoot | undefined {
  if (!isRecord(value)) return undefined;
  const { version, contentRoot } = value;
  if (!isRecord(version) || typeof contentRoot !== 'string' || !/^[0-9a-f]{64}$/.test(contentRoot)) return undefined;
  const { epoch, sequence } = version;
  return isCount(epoch) && isCount(sequence) ? { version: { epoch, sequence }, contentRoot } : undefined;
}

/** True for a JSON object. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** True for a whole number from 0 that is held exactly. */
export function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
