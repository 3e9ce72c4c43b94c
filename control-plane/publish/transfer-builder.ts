/**
 * Packs content into what goes over the wire, once for all data planes: encoded, compressed, described by a signed
 * transfer statement. Every instance makes the same bytes of the same content (leaves in one order, one setting of zstd, no time
 * in the statement), so a transfer that one began another can finish. Called by gateway-publisher.ts and publisher.ts.
 */
import { createHash } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { constants, createZstdCompress, zstdCompress } from 'node:zlib';
import type { ConfigVersion } from '../../shared/model/version.ts';
import type { SigningKey } from '../../shared/trust/statement-keys.ts';
import { signStatement } from '../../shared/trust/statements.ts';
import type { GatewayScope } from '../store/scope.ts';

const compress = promisify(zstdCompress);
const ZSTD = { params: { [constants.ZSTD_c_compressionLevel]: 3 } };

export interface PackedTransfer {
  readonly transferStatement: string;
  /** As sent. */
  readonly bytes: Uint8Array;
}

/** `content`, in one piece or in parts, is an encoded SnapshotContent where `base` is null, else an encoded DeltaContent. */
export async function packTransfer(given: {
  readonly scope: GatewayScope;
  readonly publishKey: SigningKey;
  readonly base: ConfigVersion | null;
  readonly target: ConfigVersion;
  readonly content: Uint8Array | Iterable<Uint8Array>;
}): Promise<PackedTransfer> {
  const { content } = given;
  const { bytes, inflatedLength } = content instanceof Uint8Array ? { bytes: await compress(content, ZSTD), inflatedLength: content.length } : await compressParts(content);
  const transferStatement = await signStatement(
    'transfer',
    {
      format: 1,
      tenant: given.scope.tenantId,
      gateway: given.scope.gatewayId,
      base: given.base,
      target: given.target,
      compression: 'zstd',
      wireHash: wireHashOf(bytes),
      wireLength: bytes.length,
      inflatedLength,
    },
    given.publishKey,
  );
  return { transferStatement, bytes };
}

/** Lower-case hex, as in the transfer statement. */
export function wireHashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Each part is made, compressed on another thread, and then it is somebody else's turn. */
async function compressParts(parts: Iterable<Uint8Array>): Promise<{ readonly bytes: Uint8Array; readonly inflatedLength: number }> {
  let inflatedLength = 0;
  const compressed: Buffer[] = [];
  await pipeline(
    async function* () {
      for (const part of parts) {
        inflatedLength += part.length;
        yield part;
        await new Promise(setImmediate);
      }
    },
    createZstdCompress(ZSTD),
    async (source: AsyncIterable<Buffer>) => {
      for await (const chunk of source) compressed.push(chunk);
    },
  );
  return { bytes: Buffer.concat(compressed), inflatedLength };
}
