/** A file of the configuration cache as earlier releases wrote it: not encrypted, with a checksum. What an upgrade finds. */
import { createHash } from 'node:crypto';
import type { CacheRecord } from '../../data-plane/config/cache-record.ts';

export function encodeUnsealedRecord({ body, ...header }: CacheRecord): Buffer {
  const headerBytes = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(headerBytes.length);
  const all = Buffer.concat([Buffer.from('holdfast-cache 1'), length, headerBytes, body]);
  return Buffer.concat([all, createHash('sha256').update(all).digest()]);
}
