/** How blame is told: as JSON, and as text for people, most useful first. Called by request-routes.ts. */
import type { JsonObject } from '../../../shared/model/definition.ts';
import { compareVersions, formatVersion, type ConfigVersion } from '../../../shared/model/version.ts';
import { showAlarm } from './alarm-routes.ts';
import type { Blame } from './blame.ts';
import type { EntityNames } from './entity-names.ts';
import { showTime, showVersion } from './own-values.ts';
import { showSource } from './quarantine-routes.ts';
import { differenceAsText, showDifference } from './release-diff.ts';
import { showRecord } from './request-filter.ts';

export function showBlame(names: EntityNames, blame: Blame): JsonObject {
  const { found, release } = blame;
  return {
    request: showRecord(names, found),
    version: showVersion(found.record.version),
    release: release === undefined ? null : { version: showVersion(release.version), base_version: showVersion(release.base), author: release.author, created_at: showTime(release.createdAt) },
    changes: blame.differences.map((difference) => ({ ...showDifference(difference), concerns_request: difference.concerns })),
    truncated: blame.truncated,
    last_changes: blame.lastChanges.map((change) => ({
      kind: change.kind, id: change.id, name: change.name ?? null, op: change.op, actor: change.actor, request_id: change.requestId, at: showTime(change.at), version: showVersion(change.version),
      release: change.release === undefined ? null : { version: showVersion(change.release.version), author: change.release.author, created_at: showTime(change.release.createdAt) },
    })),
    errors_by_version: blame.errors.map(({ version, failed, failedHere }) => ({ version: showVersion(version), failed, failed_here: failedHere })),
    quarantined: blame.quarantined.map((entry) => ({ kind: entry.kind, id: entry.id, name: entry.name ?? null, code: entry.code, reason: entry.reason, source: showSource(entry.source) })),
    alarms: blame.alarms.map(showAlarm),
    notes: blame.notes,
  };
}

/** Several lines. */
export function blameAsText(names: EntityNames, blame: Blame): string {
  const { found: { record }, release } = blame;
  const concerned = blame.differences.filter((difference) => difference.concerns);
  const others = blame.differences.length - concerned.length;
  const sections: readonly (readonly string[])[] = [
    requestLines(names, blame),
    release === undefined ? [] : [
      `ran on ${formatVersion(release.version)}, published ${release.createdAt.toISOString()} by ${release.author}${release.base === undefined ? '' : `, after ${formatVersion(release.base)}`}`,
      concerned.length === 0 ? 'which changed nothing of what served this request' : 'which changed of what served this request:',
      ...concerned.flatMap((difference) => indented(differenceAsText(difference))),
      ...(others === 0 && !blame.truncated ? [] : [`  ${blame.truncated ? 'more' : String(others)} besides, which did not serve it: holdfast releases diff ${formatVersion(release.version)}`]),
    ],
    blame.lastChanges.length === 0 ? [] : ['what served it was changed last:', ...blame.lastChanges.map(({ kind, id, name, op, actor, at, version, release: own }) => `  ${formatVersion(version)}  ${at.toISOString()}  ${op === 'delete' ? 'deleted ' : ''}${kind} ${name ?? id}, by ${actor}${own === undefined ? '' : `, in release ${formatVersion(own.version)}`}`)],
    blame.errors.length === 0 ? [] : ['failed requests of the route, a day around it:', ...blame.errors.map(({ version, failed, failedHere }) => `  ${formatVersion(version)}${isSame(version, record.version) ? ' (this)' : ''}: ${failed}, of which the gateway answered ${failedHere}`)],
    blame.quarantined.length === 0 ? [] : ['in quarantine:', ...blame.quarantined.map(({ kind, id, name, code, reason }) => `  ${kind} ${name ?? id}: ${code}, ${reason}`)],
    blame.alarms.length === 0 ? [] : ['alarms around it:', ...blame.alarms.map(({ code, detail, raisedAt, clearedAt }) => `  ${raisedAt.toISOString()}  ${code}: ${detail}${clearedAt === undefined ? '' : ` (cleared ${clearedAt.toISOString()})`}`)],
    blame.notes.map((note) => `note: ${note}`),
  ];
  return `${sections.filter((lines) => lines.length > 0).map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

function requestLines(names: EntityNames, { found }: Blame): readonly string[] {
  const { record, dataPlaneId } = found;
  const status = record.status === 0 ? 'no status: the client went away' : String(record.status);
  const place = [['route', record.routeId], ['service', record.serviceId], ['consumer', record.consumerId]] as const;
  const facts = [
    ...place.flatMap(([thing, id]) => (id === '' ? [] : [`${thing} ${nameIn(names.show(id), 'name', id)}`])),
    ...(record.target === '' ? [] : [`target ${record.target}${record.retries > 0 ? ` after ${record.retries} retries` : ''}`]),
    `data plane ${nameIn(names.showDataPlane(dataPlaneId), 'hostname', dataPlaneId)}`,
  ];
  return [
    `${record.method} ${record.scheme === '' ? '' : `${record.scheme}://`}${record.host}${record.path}: ${status}${record.errorCode === '' ? '' : ` ${record.errorCode}`}${record.generated ? ', answered by the gateway' : ''}, ${new Date(record.startedMicros / 1000).toISOString()}, ${milliseconds(record.totalMicros)} ms`,
    facts.join(', '),
  ];
}

/** What the gateway answers itself takes a fraction of one. */
function milliseconds(micros: number): number {
  return micros >= 10_000 ? Math.round(micros / 1000) : Number((micros / 1000).toPrecision(2));
}

function nameIn(shown: JsonObject | null, field: 'name' | 'hostname', id: string): string {
  const name = shown?.[field];
  return typeof name === 'string' ? name : id;
}

function isSame(one: ConfigVersion, other: ConfigVersion): boolean {
  return compareVersions(one, other) === 0;
}

function indented(text: string): readonly string[] {
  return text.split('\n').map((line) => `  ${line}`);
}
