/**
 * What a request makes its own carrying out depend on (RFC 9110 §13): the state of one entity by its ETag, or the version of the
 * whole gateway. Called by entity-operations.ts and v1/batch-routes.ts.
 */
import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { canonicalJson } from '../../shared/model/canonical-json.ts';
import type { JsonObject } from '../../shared/model/definition.ts';
import { formatVersion, type ConfigVersion } from '../../shared/model/version.ts';
import type { StoredEntity } from '../store/entity-reader.ts';
import { Refusal, targetUnreadable } from './answer.ts';

/** Half of a SHA-256: enough to tell states of one entity apart. */
const TAG_BYTES = 16;

/**
 * A strong entity tag: of what is stored, and of what the answer shows of it (names are kept as entities of their own; not everybody
 * sees secrets). The envelopes of secrets are made anew by every write, so the same values written again have another tag.
 */
export function entityTag({ bytes, controlPlaneOnly }: Pick<StoredEntity, 'bytes' | 'controlPlaneOnly'>, shown: JsonObject): string {
  // What was just written has its fields in another order than what comes back from the database.
  const hash = createHash('sha256').update(bytes).update(canonicalJson([controlPlaneOnly, shown]));
  return `"${hash.digest().subarray(0, TAG_BYTES).toString('base64url')}"`;
}

/** Which states of a thing a request is for. */
export interface Preconditions {
  /** If-Match: any existing one, or one of these. */
  readonly match: '*' | readonly string[] | undefined;
  /** If-None-Match: none at all, or none of these. */
  readonly noneMatch: '*' | readonly string[] | undefined;
}

/** Throws a Refusal (400) for what is no list of entity tags. */
export function parsePreconditions(headers: IncomingHttpHeaders): Preconditions {
  return { match: parseTags('If-Match', headers['if-match']), noneMatch: parseTags('If-None-Match', headers['if-none-match']) };
}

export function hasPreconditions({ match, noneMatch }: Preconditions): boolean {
  return match !== undefined || noneMatch !== undefined;
}

/** A write of what has this tag now; undefined for what is not there. Throws a Refusal (412) where the request is for another state. */
export function refuseOtherState({ match, noneMatch }: Preconditions, tag: string | undefined): void {
  // Weak tags never match strongly (RFC 9110 §13.1.1).
  if (match !== undefined && (tag === undefined || (match !== '*' && !match.includes(tag)))) throw changedMeanwhile(tag, tag === undefined ? 'it is not there' : 'it is not as it was then');
  if (noneMatch !== undefined && tag !== undefined && (noneMatch === '*' || noneMatch.map(withoutWeak).includes(tag))) throw changedMeanwhile(tag, noneMatch === '*' ? 'it exists already' : 'it is as it was then');
}

/** True of a read whose asker has this state already: 304. */
export function isKnown({ noneMatch }: Preconditions, tag: string): boolean {
  return noneMatch !== undefined && (noneMatch === '*' || noneMatch.map(withoutWeak).includes(tag));
}

/** 412: the gateway is not at the version that the request is for. */
export function otherVersion(wanted: ConfigVersion, version: ConfigVersion): Refusal {
  const message = `the configuration is at version ${formatVersion(version)}, not at ${formatVersion(wanted)}; nothing was changed: look at what is different (GET /v1/releases/current/diff?from=${formatVersion(wanted)}) and send it again for ${formatVersion(version)}`;
  return new Refusal({ code: 'ADMIN_VERSION_DIFFERS', status: 412, body: { message, error: 'ADMIN_VERSION_DIFFERS', version: formatVersion(version) } });
}

function changedMeanwhile(tag: string | undefined, why: string): Refusal {
  const message = `precondition failed: ${why}; nothing was changed. Read it again and decide anew`;
  return new Refusal({ code: 'ADMIN_PRECONDITION_FAILED', status: 412, body: { message, error: 'ADMIN_PRECONDITION_FAILED', etag: tag ?? null }, ...(tag === undefined ? {} : { headers: { etag: tag } }) });
}

const TAG = '(?:W/)?"[\\x21\\x23-\\x7e\\x80-\\xff]*"';
const TAG_LIST = new RegExp(`^\\s*${TAG}(?:\\s*,\\s*${TAG})*\\s*$`);

function parseTags(name: string, text: string | undefined): Preconditions['match'] {
  if (text === undefined || text.trim() === '*') return text === undefined ? undefined : '*';
  if (!TAG_LIST.test(text)) throw targetUnreadable(`${name} must be * or entity tags in quotes, as ETag gave them`);
  return text.match(new RegExp(TAG, 'g')) ?? [];
}

function withoutWeak(tag: string): string {
  return tag.replace(/^W\//, '');
}
