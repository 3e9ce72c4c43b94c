/**
 * The verification of what lies in the cache: the same as that of a push (S3), with the statements that were kept beside
 * it. The root set is walked from the fingerprint that the join token pinned, never from anything in the cache.
 *
 * The rule where keys were rotated: a file that our own key sealed was accepted here when its delegation was current, so it stays
 * usable although the publish key that signed it may be out of use, even stolen, by now (S5). A file without our seal must be signed
 * under a delegation as new as the newest we know, as a push must. Whoever has the publish key and the disk, but not our key, gets nothing in.
 */
import { refused, type Refusal } from '../../shared/trust/refusal.ts';
import { verifyDelegation, verifyRootChain, type PublishKeys, type RootSet } from '../../shared/trust/root-set.ts';
import type { Audience } from '../../shared/trust/statements.ts';
import { verifyTransfer, type VerifiedTransfer } from '../../shared/trust/verify-transfer.ts';
import type { DecodedRecord } from './cache-record.ts';
import type { ConfigContent, ContentProof } from './config-content.ts';
import type { VersionedRoot } from './versioned-root.ts';

export interface RecordVerification {
  readonly audience: Audience;
  /** SHA-256 of the root statement's payload, from the join token. */
  readonly rootFingerprint: string;
  readonly highest: () => VersionedRoot | undefined;
  /** Serial of the newest delegation known; undefined before the first. */
  readonly delegationSerial: () => number | undefined;
  readonly softwareVersion: string;
  readonly maximumInflatedBytes: number;
}

type TrustedKeys = { readonly kind: 'verified'; readonly rootSet: RootSet; readonly publishKeys: PublishKeys };

/** Verifies one record on top of what it starts from; a chain of records with one set of keys verifies those once. */
export function createRecordVerifier(options: RecordVerification): (decoded: DecodedRecord, base: ConfigContent | undefined) => Promise<VerifiedTransfer | Refusal> {
  const keysOf = new Map<string, Promise<TrustedKeys | Refusal>>();
  return async ({ record, isSealed }, base) => {
    const { proof } = record;
    const name = JSON.stringify([proof.rootStatements, proof.delegationStatement]);
    const pending = keysOf.get(name) ?? verifyKeys(proof, options);
    keysOf.set(name, pending);
    const keys = await pending;
    if (keys.kind === 'refused') return keys;
    const known = options.delegationSerial() ?? 0;
    if (!isSealed && keys.publishKeys.serial < known) {
      return refused({ code: 'CACHE_KEYS_OUTDATED', reason: `it is signed under delegation ${keys.publishKeys.serial}, ${known} is known, and it has no seal that says it was accepted here before` });
    }
    return verifyTransfer(
      { manifestStatement: proof.manifestStatement, framing: record.framing, epochStatement: proof.epochStatement, wireBytes: record.body },
      {
        rootSet: keys.rootSet,
        publishKeys: keys.publishKeys,
        highest: options.highest(),
        base,
        acceptOlder: true,
        softwareVersion: options.softwareVersion,
        maximumInflatedBytes: options.maximumInflatedBytes,
      },
    );
  };
}

async function verifyKeys(proof: ContentProof, { rootFingerprint, audience }: RecordVerification): Promise<TrustedKeys | Refusal> {
  const root = await verifyRootChain(proof.rootStatements, rootFingerprint);
  if (root.kind === 'refused') return root;
  const delegation = await verifyDelegation(proof.delegationStatement, root.rootSet, audience);
  return delegation.kind === 'refused' ? delegation : { kind: 'verified', rootSet: root.rootSet, publishKeys: delegation.publishKeys };
}
