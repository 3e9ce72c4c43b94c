/**
 * How our own endpoints write what they share: versions, times, labels, names. Called by the routes in this folder.
 */
import type { Field, JsonValue, StringRule, StringType } from '../../../shared/model/definition.ts';
import { formatVersion, NO_VERSION, type ConfigVersion } from '../../../shared/model/version.ts';
import { invalidQuery, schemaViolation } from '../answer.ts';

/** `epoch.sequence`, null before the first. */
export function showVersion(version: ConfigVersion | undefined): JsonValue {
  return version === undefined || (version.epoch === NO_VERSION.epoch && version.sequence === NO_VERSION.sequence) ? null : formatVersion(version);
}

/** ISO 8601 in UTC, null where there is none. */
export function showTime(time: Date | undefined): JsonValue {
  return time === undefined ? null : time.toISOString();
}

/** `epoch.sequence` from a path or query; undefined where it is none. */
export function parseVersion(text: string): ConfigVersion | undefined {
  const match = /^(\d{1,15})\.(\d{1,15})$/.exec(text);
  return match === null ? undefined : { epoch: Number(match[1]), sequence: Number(match[2]) };
}

/** A time in a query: ISO 8601 or whole seconds since the epoch. */
export function parseTime(query: URLSearchParams, name: string): Date | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  const time = new Date(/^\d{1,11}$/.test(text) ? Number(text) * 1000 : /^\d{4}-\d\d-\d\d(?:T[0-9:.]+(?:Z|[+-]\d\d:\d\d))?$/.test(text) ? text : NaN);
  if (Number.isNaN(time.getTime())) throw invalidQuery('options', name, 'must be a time: 2026-01-31T12:00:00Z, 2026-01-31, or seconds since the epoch');
  return time;
}

const MAX_LABELS = 32;
const LABEL_KEY = /^[a-z0-9](?:[a-z0-9._/-]{0,61}[a-z0-9])?$/;
const LABEL_VALUE = /^[A-Za-z0-9._-]{1,63}$/;

const labelKeyRule: StringRule = {
  name: 'label-key',
  check: (text) => (LABEL_KEY.test(text) ? undefined : 'must be named by 1 to 63 of a-z 0-9 . _ / -, beginning and ending with a letter or digit'),
};
const labelValueRule: StringRule = {
  name: 'label-value',
  check: (text) => (LABEL_VALUE.test(text) ? undefined : 'must be 1 to 63 of A-Z a-z 0-9 . _ -'),
};

export const labelsField = {
  name: 'labels',
  tag: 1,
  type: { kind: 'map', keys: { kind: 'string', rules: [labelKeyRule] }, values: { kind: 'string', rules: [labelValueRule] } },
  description: 'What the data plane is known by: `region`, `cloud`, `ring`…',
} as const satisfies Field;

/** Throws a Refusal where there are too many. */
export function checkLabelCount(labels: Readonly<Record<string, string>>): void {
  const count = Object.keys(labels).length;
  if (count > MAX_LABELS) throw schemaViolation([{ field: 'labels', message: `must be at most ${MAX_LABELS}, got ${count}` }]);
}

/** Names of tenants, gateways and operators; which ones may be used is the store's to say (gateway-name.ts). */
export const nameType = { kind: 'string', maxLength: 100 } as const satisfies StringType;
