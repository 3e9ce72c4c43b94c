/**
 * How rows of the audit are sealed: a seal lists its rows by id and hash, and its own hash covers the seal before it. Pure; used
 * by audit-chain-store.ts to seal and by control-plane/audit to verify, online and on a file.
 */
import { createHash } from 'node:crypto';
import type { TenantId } from '../../shared/model/ids.ts';

export interface AuditSeal {
  /** 1, 2, 3…; the one after the last that retention removed comes first. */
  readonly number: number;
  /** Of its last row. */
  readonly lastId: number;
  readonly entries: readonly SealEntry[];
  /** 32 bytes. */
  readonly hash: Uint8Array;
}

export interface SealEntry {
  readonly id: number;
  /** 32 bytes (audit-row.ts). */
  readonly hash: Uint8Array;
}

const ENTRY_BYTES = 40;

/** What the first seal of a tenant follows. */
export function genesisHash(tenantId: TenantId | string): Buffer {
  return createHash('sha256').update(`holdfast audit of ${tenantId}`).digest();
}

export function sealHash(before: Uint8Array, number: number, entries: Uint8Array): Buffer {
  const place = Buffer.alloc(8);
  place.writeBigUInt64BE(BigInt(number));
  return createHash('sha256').update(before).update(place).update(entries).digest();
}

export function encodeEntries(entries: readonly SealEntry[]): Buffer {
  const bytes = Buffer.alloc(entries.length * ENTRY_BYTES);
  for (const [index, { id, hash }] of entries.entries()) {
    bytes.writeBigUInt64BE(BigInt(id), index * ENTRY_BYTES);
    bytes.set(hash, index * ENTRY_BYTES + 8);
  }
  return bytes;
}

export function decodeEntries(encoded: Uint8Array): readonly SealEntry[] {
  const bytes = Buffer.from(encoded.buffer, encoded.byteOffset, encoded.byteLength);
  return Array.from({ length: Math.floor(bytes.length / ENTRY_BYTES) }, (_, index) => {
    const start = index * ENTRY_BYTES;
    return { id: Number(bytes.readBigUInt64BE(start)), hash: bytes.subarray(start + 8, start + ENTRY_BYTES) };
  });
}
