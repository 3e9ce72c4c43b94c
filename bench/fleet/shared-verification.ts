/**
 * The verification of a data plane, done once per process for what is the same for all of its simulated data planes: statements of a Welcome,
 * announcements, heads, and whole transfers by shared/trust's verifyTransfer (S3). Whoever received bytes has compared their hash with the
 * signed one before it asks here, so that nobody takes a configuration on the word of another. Used by simulated-data-plane.ts.
 */
import { LRUCache } from 'lru-cache';
import type { ConfigVersion } from '../../shared/model/version.ts';
import type { ContentTree } from '../../shared/trust/content-hash.ts';
import type { Refusal } from '../../shared/trust/refusal.ts';
import { verifyDelegation, verifyRootChain, type PublishKeys, type RootSet } from '../../shared/trust/root-set.ts';
import type { ManifestClaims, TransferClaims } from '../../shared/trust/statement-claims.ts';
import { verifyStatement, type Audience } from '../../shared/trust/statements.ts';
import { verifyTransfer } from '../../shared/trust/verify-transfer.ts';
import type { Delta, Snapshot } from '../../shared/wire/sync-message.ts';

/** What a data plane serves: one object for all of the process that serve the same. */
export interface SharedConfiguration {
  readonly version: ConfigVersion;
  readonly contentRoot: string;
  readonly tree: ContentTree;
}

/** What a Welcome's statements prove. */
export interface SharedTrust {
  readonly rootSet: RootSet;
  readonly publishKeys: PublishKeys;
}

export interface VerifiedAnnouncement {
  readonly kind: 'announced';
  readonly manifest: ManifestClaims;
  readonly transfer: TransferClaims;
}

export interface SharedVerificationOptions {
  readonly audience: Audience;
  readonly rootFingerprint: string;
  readonly softwareVersion: string;
}

/** As a data plane's own settings have it. */
const MAXIMUM_BYTES = 1024 * 1024 * 1024;
/** Statements and transfers that are remembered; a fleet is at a few versions at a time. */
const REMEMBERED = 256;

export class SharedVerification {
  readonly #options: SharedVerificationOptions;
  readonly #trust = new LRUCache<string, Promise<SharedTrust | Refusal>>({ max: REMEMBERED });
  readonly #announcements = new LRUCache<string, Promise<VerifiedAnnouncement | Refusal>>({ max: REMEMBERED });
  readonly #heads = new LRUCache<string, Promise<Refusal | undefined>>({ max: REMEMBERED });
  readonly #transfers = new LRUCache<string, Promise<SharedConfiguration | Refusal>>({ max: REMEMBERED });
  #verified = 0;

  constructor(options: SharedVerificationOptions) {
    this.#options = options;
  }

  /** Distinct transfers verified so far. */
  get verified(): number {
    return this.#verified;
  }

  trust(statements: { readonly rootStatements: readonly string[]; readonly delegationStatement: string }): Promise<SharedTrust | Refusal> {
    return once(this.#trust, [...statements.rootStatements, statements.delegationStatement].join(' '), async () => {
      const root = await verifyRootChain(statements.rootStatements, this.#options.rootFingerprint);
      if (root.kind === 'refused') return root;
      const delegation = await verifyDelegation(statements.delegationStatement, root.rootSet, this.#options.audience);
      return delegation.kind === 'refused' ? delegation : { rootSet: root.rootSet, publishKeys: delegation.publishKeys };
    });
  }

  /** Undefined where it holds. */
  head(statement: string, { publishKeys }: SharedTrust): Promise<Refusal | undefined> {
    return once(this.#heads, statement, async () => {
      const verified = await verifyStatement('head', statement, publishKeys.keys, publishKeys.audience);
      return verified.kind === 'refused' ? verified : undefined;
    });
  }

  announcement({ manifestStatement, transferStatement }: Snapshot | Delta, { publishKeys }: SharedTrust): Promise<VerifiedAnnouncement | Refusal> {
    return once(this.#announcements, `${manifestStatement} ${transferStatement}`, async () => {
      const manifest = await verifyStatement('manifest', manifestStatement, publishKeys.keys, publishKeys.audience);
      if (manifest.kind === 'refused') return manifest;
      const transfer = await verifyStatement('transfer', transferStatement, publishKeys.keys, publishKeys.audience);
      return transfer.kind === 'refused' ? transfer : { kind: 'announced', manifest: manifest.claims, transfer: transfer.claims };
    });
  }

  /**
   * The whole transfer, from what `base` is. The hash of `wireBytes` is in the signed statement that is part of the key, and the caller has
   * compared it, so the same key means the same bytes.
   */
  transfer(announcement: Snapshot | Delta, wireBytes: Uint8Array, trust: SharedTrust, base: SharedConfiguration | undefined): Promise<SharedConfiguration | Refusal> {
    const { manifestStatement, transferStatement } = announcement;
    const epochStatement = announcement.kind === 'snapshot' ? announcement.epochStatement : '';
    const key = `${base === undefined ? '' : `${base.version.epoch}.${base.version.sequence} ${base.contentRoot}`} ${manifestStatement} ${transferStatement} ${epochStatement}`;
    return once(this.#transfers, key, async () => {
      this.#verified += 1;
      const verified = await verifyTransfer(
        { manifestStatement, framing: { kind: 'signed', transferStatement }, epochStatement, wireBytes },
        { ...trust, highest: base, base, acceptOlder: false, softwareVersion: this.#options.softwareVersion, maximumInflatedBytes: MAXIMUM_BYTES },
      );
      if (verified.kind === 'refused') return verified;
      const { version, contentRoot, tree } = verified;
      return { version, contentRoot, tree };
    });
  }
}

/** Also shared by those who ask while the first one is under way. */
function once<T>(known: LRUCache<string, Promise<T>>, key: string, verify: () => Promise<T>): Promise<T> {
  const before = known.get(key);
  if (before !== undefined) return before;
  const pending = verify();
  known.set(key, pending);
  return pending;
}
