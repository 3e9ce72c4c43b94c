/**
 * One file of the configuration cache: a configuration, whole or as the change from another one, with the statements that
 * prove it. The checksum tells a torn or rotten file from a whole one; what is trusted is decided by verification alone (S3).
 * Written and read by snapshot-cache.ts.
 *
 *   magic (16 bytes) | header length u32 LE | header, JSON | body | SHA-256 of all before
 */
import { createHash } from 'node:crypto';
import { formatVersion, type ConfigVersion } from '../../shared/model/version.ts';
import type { TransferFraming } from '../../shared/trust/verify-transfer.ts';
import type { ContentProof } from './config-content.ts';
import { isCount, isRecord, parseVersionedRoot, type VersionedRoot } from './versioned-root.ts';

export interface CacheRecord {
  readonly version: ConfigVersion;
  /** Lower-case hex. */
  readonly contentRoot: string;
  /** Null: whole. Otherwise what the change starts from. */
  readonly base: VersionedRoot | null;
  readonly framing: TransferFraming;
  readonly proof: ContentProof;
  /** As received, or for a `local` framing zstd of an encoded snapshot content. */
  readonly body: Uint8Array;
}

/** What a file name says; the content must agree. Keys are `epoch.sequence-` and the first 16 digits of the content root. */
export interface RecordName {
  readonly name: string;
  readonly version: ConfigVersion;
  readonly key: string;
  /** Undefined: whole. */
  readonly baseKey: string | undefined;
}

const MAGIC = Buffer.from('holdfast-cache 1');
const HASH_BYTES = 32;
const MOST_HEADER_BYTES = 1024 * 1024;
const NAME = /^((\d{1,15})\.(\d{1,15})-[0-9a-f]{16})(?:\.from-(\d{1,15}\.\d{1,15}-[0-9a-f]{16}))?\.config$/;

export function keyOf({ version, contentRoot }: VersionedRoot): string {
  return `${formatVersion(version)}-${contentRoot.slice(0, 16)}`;
}

export function recordNameOf(record: VersionedRoot & { readonly base: VersionedRoot | null }): RecordName {
  const key = keyOf(record);
  const baseKey = record.base === null ? undefined : keyOf(record.base);
  return { name: baseKey === undefined ? `${key}.config` : `${key}.from-${baseKey}.config`, version: record.version, key, baseKey };
}

/** Undefined for files that are not records. */
export function parseRecordName(name: string): RecordName | undefined {
  const match = NAME.exec(name);
  if (match === null) return undefined;
  const [, key = '', epoch, sequence, baseKey] = match;
  return { name, version: { epoch: Number(epoch), sequence: Number(sequence) }, key, baseKey };
}

/** The parts of the file, in order. */
export function encodeRecord(record: CacheRecord): readonly Uint8Array[] {
  const { body, ...header } = record;
  const headerBytes = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(headerBytes.length);
  const parts = [MAGIC, length, headerBytes, body];
  const digest = createHash('sha256');
  for (const part of parts) digest.update(part);
  return [...parts, digest.digest()];
}

/** The record in a file, or the sentence that says why there is none. Its statements are unverified. */
export function decodeRecord(file: Buffer): CacheRecord | string {
  const headerAt = MAGIC.length + 4;
  if (file.length < headerAt + HASH_BYTES || !file.subarray(0, MAGIC.length).equals(MAGIC)) return 'it is cut off or not a cache file';
  const end = file.length - HASH_BYTES;
  if (!createHash('sha256').update(file.subarray(0, end)).digest().equals(file.subarray(end))) return 'its checksum does not hold: it is torn, rotten or altered';
  const headerLength = file.readUInt32LE(MAGIC.length);
  if (headerLength > MOST_HEADER_BYTES || headerAt + headerLength > end) return 'its header is too long';
  try {
    const header: unknown = JSON.parse(file.toString('utf8', headerAt, headerAt + headerLength));
    return parseHeader(header, file.subarray(headerAt + headerLength, end)) ?? 'its header is not in the known form';
  } catch {
    return 'its header is not JSON';
  }
}

function parseHeader(header: unknown, body: Uint8Array): CacheRecord | undefined {
  const versioned = parseVersionedRoot(header);
  if (versioned === undefined || !isRecord(header)) return undefined;
  const base = header['base'] === null ? null : parseVersionedRoot(header['base']);
  const framing = parseFraming(header['framing']);
  const proof = parseProof(header['proof']);
  if (base === undefined || framing === undefined || proof === undefined) return undefined;
  return { ...versioned, base, framing, proof, body };
}

function parseFraming(value: unknown): TransferFraming | undefined {
  if (!isRecord(value)) return undefined;
  const { kind, transferStatement, inflatedLength } = value;
  if (kind === 'signed' && typeof transferStatement === 'string') return { kind, transferStatement };
  return kind === 'local' && isCount(inflatedLength) ? { kind, inflatedLength } : undefined;
}

function parseProof(value: unknown): ContentProof | undefined {
  if (!isRecord(value)) return undefined;
  const { manifestStatement, epochStatement, rootStatements, delegationStatement } = value;
  if (typeof manifestStatement !== 'string' || typeof epochStatement !== 'string' || typeof delegationStatement !== 'string') return undefined;
  if (!Array.isArray(rootStatements) || !rootStatements.every((statement) => typeof statement === 'string')) return undefined;
  return { manifestStatement, epochStatement, rootStatements, delegationStatement };
}
