/**
 * Which keys may sign for this gateway: the root set, walked from the fingerprint that the join token pinned, and the
 * publish keys it delegates to. Only ever moves forward; kept on disk, so that what was learnt is not forgotten. Used by the
 * sync client for Welcome, heads and transfers.
 */
import { describeThrown } from '../../shared/errors.ts';
import { refused, type Refusal } from '../../shared/trust/refusal.ts';
import { verifyDelegation, verifyRootChain, type PublishKeys, type RootSet } from '../../shared/trust/root-set.ts';
import type { Audience } from '../../shared/trust/statements.ts';
import { isRecord } from '../config/versioned-root.ts';
import type { Disk } from '../state/disk.ts';
import { readJson, replaceJson } from '../state/durable-file.ts';

export interface TrustStatements {
  /** Bundles, oldest first. */
  readonly rootStatements: readonly string[];
  /** A bundle. */
  readonly delegationStatement: string;
}

export interface Trust extends TrustStatements {
  readonly rootSet: RootSet;
  readonly publishKeys: PublishKeys;
}

export interface TrustAnchorOptions {
  readonly disk: Disk;
  readonly path: string;
  readonly audience: Audience;
  /** SHA-256 of the pinned root statement's payload, lower-case hex. */
  readonly rootFingerprint: string;
}

export class TrustAnchor {
  readonly #options: TrustAnchorOptions;
  #trust: Trust | undefined;
  #learning: Promise<unknown> = Promise.resolve();

  private constructor(options: TrustAnchorOptions) {
    this.#options = options;
  }

  /** Reads what was learnt before; what is missing or damaged is learnt again from the next Welcome. */
  static async open(options: TrustAnchorOptions): Promise<TrustAnchor> {
    const anchor = new TrustAnchor(options);
    const stored = parseStatements(await readJson(options.disk, options.path));
    const trust = stored === undefined ? undefined : await anchor.#verify(stored);
    if (trust?.kind === 'trusted') anchor.#trust = trust.trust;
    return anchor;
  }

  get current(): Trust | undefined {
    return this.#trust;
  }

  /**
   * Takes the statements of a Welcome or Trust where they hold and lead on from what is known; otherwise says why not. One
   * after the other: of a connection that is over, older ones may still be being verified.
   */
  learn(statements: TrustStatements): Promise<{ readonly kind: 'trusted'; readonly trust: Trust } | Refusal> {
    const learning = this.#learning.then(() => this.#learn(statements));
    this.#learning = learning.catch(() => undefined);
    return learning;
  }

  async #learn(statements: TrustStatements): Promise<{ readonly kind: 'trusted'; readonly trust: Trust } | Refusal> {
    const known = this.#trust;
    const verified = await this.#verify(statements);
    if (verified.kind === 'refused') return verified;
    const { trust } = verified;
    const refusal = known === undefined ? undefined : await leadsOn(trust, known);
    if (refusal !== undefined) return refusal;
    if (known?.delegationStatement !== trust.delegationStatement || known.rootStatements.length !== trust.rootStatements.length) {
      try {
        await replaceJson(this.#options.disk, this.#options.path, { rootStatements: trust.rootStatements, delegationStatement: trust.delegationStatement });
      } catch (thrown) {
        return refused({ code: 'SYNC_TRUST_NOT_KEPT', reason: `the state folder can't be written: ${describeThrown(thrown)}` });
      }
    }
    this.#trust = trust;
    return verified;
  }

  async #verify({ rootStatements, delegationStatement }: TrustStatements): Promise<{ readonly kind: 'trusted'; readonly trust: Trust } | Refusal> {
    const root = await verifyRootChain(rootStatements, this.#options.rootFingerprint);
    if (root.kind === 'refused') return root;
    const delegation = await verifyDelegation(delegationStatement, root.rootSet, this.#options.audience);
    if (delegation.kind === 'refused') return delegation;
    return { kind: 'trusted', trust: { rootStatements, delegationStatement, rootSet: root.rootSet, publishKeys: delegation.publishKeys } };
  }
}

/**
 * Undefined where the offered trust is the known one or comes after it. The chain is walked from the newest set known here:
 * keys of an earlier one, whoever has them by now, can't sign a second history.
 */
async function leadsOn(offered: Trust, known: Trust): Promise<Refusal | undefined> {
  if (offered.rootSet.version < known.rootSet.version) {
    return refused({ code: 'SYNC_TRUST_OLDER', reason: `root set ${offered.rootSet.version} was offered, ${known.rootSet.version} is known` });
  }
  const walked = await verifyRootChain(offered.rootStatements, known.rootSet.fingerprint);
  if (walked.kind === 'refused') return refused({ code: 'SYNC_TRUST_FORKED', reason: `the root sets offered do not lead on from root set ${known.rootSet.version} as it is known here` });
  const { serial, keys } = offered.publishKeys;
  if (serial < known.publishKeys.serial) {
    return refused({ code: 'SYNC_TRUST_OLDER', reason: `delegation ${serial} was offered, ${known.publishKeys.serial} is known` });
  }
  const isOther = serial === known.publishKeys.serial && [...keys.keys()].sort().join() !== [...known.publishKeys.keys.keys()].sort().join();
  return isOther ? refused({ code: 'SYNC_TRUST_FORKED', reason: `delegation ${serial} names other keys than delegation ${serial} as it is known here` }) : undefined;
}

function parseStatements(value: unknown): TrustStatements | undefined {
  if (!isRecord(value)) return undefined;
  const { rootStatements, delegationStatement } = value;
  if (!Array.isArray(rootStatements) || !rootStatements.every((statement) => typeof statement === 'string') || typeof delegationStatement !== 'string') return undefined;
  return { rootStatements, delegationStatement };
}
