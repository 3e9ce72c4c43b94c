/**
 * Packs content into what goes over the wire, once for all data planes: encoded, compressed, described by a signed
 * transfer statement. Called by gateway-publisher.ts for releases, for data planes that are further behind and for snapshots.
 */
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { zstdCompress } from 'node:zlib';
import type { ConfigVersion } from '../../shared/model/version.ts';
import type { SigningKey } from '../../shared/trust/statement-keys.ts';
import { signStatement } from '../../shared/trust/statements.ts';
import type { GatewayScope } from '../store/scope.ts';

const compress = promisify(zstdCompress);

export interface PackedTransfer {
  readonly transferStatement: string;
  /** As sent. */
  readonly bytes: Uint8Array;
}

/** `content` is an encoded SnapshotContent where `base` is null, else an encoded DeltaContent. */
export async function packTransfer(given: {
  readonly scope: GatewayScope;
  readonly publishKey: SigningKey;
  readonly base: ConfigVersion | null;
  readonly target: ConfigVersion;
  readonly content: Uint8Array;
}): Promise<PackedTransfer> {
  const bytes = await compress(given.content);
  const transferStatement = await signStatement(
    'transfer',
    {
      format: 1,
      tenant: given.scope.tenantId,
      gateway: given.scope.gatewayId,
      base: given.base,
      target: given.target,
      compression: 'zstd',
      wireHash: createHash('sha256').update(bytes).digest('hex'),
      wireLength: bytes.length,
      inflatedLength: given.content.length,
    },
    given.publishKey,
  );
  return { transferStatement, bytes };
}
