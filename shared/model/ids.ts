/**
 * Branded identifiers: a tenant's id cannot be passed where a gateway's is wanted. All are lower-case UUID strings;
 * ours are version 7 (RFC 9562 §5.7), so they sort by creation time.
 */
import { randomBytes } from 'node:crypto';

declare const brand: unique symbol;
type Id<Name extends string> = string & { readonly [brand]: Name };

export type TenantId = Id<'tenant'>;
export type GatewayId = Id<'gateway'>;
export type DataPlaneId = Id<'data-plane'>;
export type EntityId = Id<'entity'>;
export type OperatorId = Id<'operator'>;
export type AnyId = TenantId | GatewayId | DataPlaneId | EntityId | OperatorId;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** True for a canonical lower-case UUID of any version. */
export function isUuid(value: string): boolean {
  return UUID.test(value);
}

/** Parses an id at a door (upper case accepted); undefined where it is no UUID. */
export function parseId<T extends AnyId>(value: string): T | undefined {
  const lower = value.toLowerCase();
  return UUID.test(lower) ? (lower as T) : undefined;
}

/** A new UUIDv7. `nowMs` is wall-clock milliseconds. */
export function newId<T extends AnyId>(nowMs: number = Date.now()): T {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(nowMs, 0, 6);
  bytes[6] = 0x70 | ((bytes[6] ?? 0) & 0x0f);
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
  return bytesToId<T>(bytes);
}

/** The 16 bytes of an id, as they stand in hashes and on the wire. */
export function idToBytes(id: AnyId): Uint8Array {
  return Buffer.from(id.replaceAll('-', ''), 'hex');
}

/** Bytes of an id before which a hyphen stands. */
const GROUPS: ReadonlySet<number> = new Set([4, 6, 8, 10]);
const DIGITS = Buffer.from('0123456789abcdef');
const TEXT = Buffer.alloc(36, '-');

/** 16 bytes to the canonical string: one flat string, because there are hundreds of thousands of them in a configuration. */
export function bytesToId<T extends AnyId>(bytes: Uint8Array): T {
  let at = 0;
  for (let index = 0; index < 16; index += 1) {
    const byte = bytes[index] ?? 0;
    if (GROUPS.has(index)) at += 1;
    TEXT[at] = DIGITS[byte >> 4] ?? 0;
    TEXT[at + 1] = DIGITS[byte & 15] ?? 0;
    at += 2;
  }
  return TEXT.toString('latin1') as T;
}
