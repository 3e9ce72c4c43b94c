/**
 * One file of the configuration cache: a configuration, whole or as the change from another one, with the statements that
 * prove it. Encrypted under a key that only this data plane has (state-seal.ts): useless elsewhere (T2), and proof that it was
 * accepted here once. What is trusted is decided by verification all the same (S3). Written and read by snapshot-cache.ts.
 *
 *   magic (16 bytes) | name of the key (8) | salt (32) | header length u32 LE | header, JSON | body, AES-256-GCM | tag (16)
 *
 * All before the body is its associated data. Earlier releases did not encrypt: magic | header length | header | body |
 * SHA-256 of all before.
 */
import { createHash } from 'node:crypto';
import { formatVersion, type ConfigVersion } from '../../shared/model/version.ts';
import type { TransferFraming } from '../../shared/trust/verify-transfer.ts';
import { SALT_BYTES, SEAL_NAME_BYTES, TAG_BYTES, type StateSeal } from '../state/state-seal.ts';
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

export interface DecodedRecord {
  readonly record: CacheRecord;
  /** False: written by a release that did not encrypt, or by anybody. */
  readonly isSealed: boolean;
}

/** What a file name says; the content must agree. Keys are `epoch.sequence-` and the first 16 digits of the content root. */
export interface RecordName {
  readonly name: string;
  readonly version: ConfigVersion;
  readonly key: string;
  /** Undefined: whole. */
  readonly baseKey: string | undefined;
}

const MAGIC = Buffer.from('holdfast-cache 2');
const UNSEALED_MAGIC = Buffer.from('holdfast-cache 1');
const SALT_AT = MAGIC.length + SEAL_NAME_BYTES;
const HEADER_AT = SALT_AT + SALT_BYTES + 4;
const UNSEALED_HEADER_AT = UNSEALED_MAGIC.length + 4;
const HASH_BYTES = 32;
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
export function encodeRecord(record: CacheRecord, seal: StateSeal): readonly Uint8Array[] {
  const { body, ...header } = record;
  const headerBytes = Buffer.from(JSON.stringify(header));
  const before = Buffer.alloc(HEADER_AT + headerBytes.length);
  const { ciphertext, tag } = seal.encrypt(body, (salt) => {
    before.set(MAGIC);
    before.set(seal.name, MAGIC.length);
    before.set(salt, SALT_AT);
    before.writeUInt32LE(headerBytes.length, HEADER_AT - 4);
    before.set(headerBytes, HEADER_AT);
    return before;
  });
  return [before, ciphertext, tag];
}

/** The record in a file, or the sentence that says why there is none. Its statements are unverified. */
export function decodeRecord(file: Buffer, seal: StateSeal): DecodedRecord | string {
  const magic = file.subarray(0, MAGIC.length);
  if (magic.equals(UNSEALED_MAGIC)) return decodeUnsealed(file);
  if (!magic.equals(MAGIC) || file.length < HEADER_AT + TAG_BYTES) return 'it is cut off or not a cache file';
  if (!file.subarray(MAGIC.length, SALT_AT).equals(seal.name)) return 'it was written under another key: by another data plane, or before this one got a new identity';
  const bodyAt = HEADER_AT + file.readUInt32LE(HEADER_AT - 4);
  const end = file.length - TAG_BYTES;
  if (bodyAt > end) return 'its header is too long';
  const body = seal.decrypt({ salt: file.subarray(SALT_AT, SALT_AT + SALT_BYTES), ciphertext: file.subarray(bodyAt, end), tag: file.subarray(end) }, file.subarray(0, bodyAt));
  if (body === undefined) return 'its seal does not hold: it is torn, rotten or altered';
  const record = readHeader(file.toString('utf8', HEADER_AT, bodyAt), body);
  return typeof record === 'string' ? record : { record, isSealed: true };
}

function decodeUnsealed(file: Buffer): DecodedRecord | string {
  const end = file.length - HASH_BYTES;
  if (end < UNSEALED_HEADER_AT) return 'it is cut off or not a cache file';
  if (!createHash('sha256').update(file.subarray(0, end)).digest().equals(file.subarray(end))) return 'its checksum does not hold: it is torn, rotten or altered';
  const bodyAt = UNSEALED_HEADER_AT + file.readUInt32LE(UNSEALED_MAGIC.length);
  if (bodyAt > end) return 'its header is too long';
  const record = readHeader(file.toString('utf8', UNSEALED_HEADER_AT, bodyAt), file.subarray(bodyAt, end));
  return typeof record === 'string' ? record : { record, isSealed: false };
}

function readHeader(text: string, body: Uint8Array): CacheRecord | string {
  try {
    const header: unknown = JSON.parse(text);
    return parseHeader(header, body) ?? 'its header is not in the known form';
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
