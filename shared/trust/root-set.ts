/**
 * The root key set of an installation: which keys are above all others and how many must sign. It signs its own
 * successor (TUF's rotation), the delegation of publish keys to gateways, and epoch bumps. A data plane pins one set by the
 * fingerprint in its join token and walks from there. What several keys sign is a bundle: compact statements over the
 * same payload, joined by `~`; with a threshold of one, a bundle is a plain statement.
 */
import { createHash } from 'node:crypto';
import { refused, type Refusal } from './refusal.ts';
import type { DelegationClaims, EpochClaims, RootClaims, StatementClaims } from './statement-claims.ts';
import { parseClaims } from './statement-claims.ts';
import { toKeySet, type KeySet, type SigningKey } from './statement-keys.ts';
import { signStatement, verifyStatement, type Audience } from './statements.ts';

export interface RootSet {
  readonly version: number;
  readonly threshold: number;
  readonly keys: KeySet;
  /** SHA-256 of the root statement's payload, lower-case hex: what join tokens pin. */
  readonly fingerprint: string;
}

/** The keys that may sign manifests, transfers and heads of one gateway. */
export interface PublishKeys {
  readonly audience: Audience;
  /** Strictly rises; a data plane keeps the highest it saw. */
  readonly serial: number;
  readonly keys: KeySet;
}

export interface VerifiedRootChain {
  readonly kind: 'verified';
  /** The newest. */
  readonly rootSet: RootSet;
  /** From the pinned one on, oldest first. */
  readonly rootSets: readonly RootSet[];
}

const BUNDLE_SEPARATOR = '~';
const MAXIMUM_BUNDLE_LENGTH = 64 * 1024;
const MAXIMUM_CHAIN = 64;

/** Signs claims with several keys: what verifyBundle takes. */
export async function signBundle<Kind extends 'root' | 'delegation' | 'epoch'>(kind: Kind, claims: StatementClaims[Kind], signers: readonly SigningKey[]): Promise<string> {
  return (await Promise.all(signers.map((key) => signStatement(kind, claims, key)))).join(BUNDLE_SEPARATOR);
}

/**
 * Walks root statements, oldest first, from the pinned set to the newest. The first one that counts has the pinned
 * fingerprint; every later one is the next version, signed by enough keys of the set before and enough of its own.
 */
export async function verifyRootChain(bundles: readonly string[], pinnedFingerprint: string): Promise<VerifiedRootChain | Refusal> {
  if (bundles.length > MAXIMUM_CHAIN) return refused({ code: 'TRUST_ROOT_CHAIN_BROKEN', reason: `the chain of root sets has more than ${MAXIMUM_CHAIN} links` });
  let current: RootSet | undefined;
  const rootSets: RootSet[] = [];
  for (const bundle of bundles) {
    const next = readRootSet(bundle);
    if (next.kind === 'refused') return next;
    if (current === undefined && next.rootSet.fingerprint !== pinnedFingerprint) continue;
    const refusal = await checkSuccession(bundle, next.rootSet, current);
    if (refusal !== undefined) return refusal;
    current = next.rootSet;
    rootSets.push(current);
  }
  if (current === undefined) return refused({ code: 'TRUST_ROOT_UNPINNED', reason: 'none of the root sets offered has the pinned fingerprint' });
  return { kind: 'verified', rootSet: current, rootSets };
}

/** What a join token pins of a root bundle, which must be one of our own. */
export function fingerprintOfRootBundle(bundle: string): string {
  return fingerprintOf(payloadOf(bundle));
}

/** Verifies which keys may publish for a tenant's gateway. */
export async function verifyDelegation(bundle: string, rootSet: RootSet, audience: Audience): Promise<{ readonly kind: 'verified'; readonly publishKeys: PublishKeys } | Refusal> {
  const verified = await verifyBundle('delegation', bundle, rootSet, audience);
  if (verified.kind === 'refused') return verified;
  const claims: DelegationClaims = verified.claims;
  return { kind: 'verified', publishKeys: { audience, serial: claims.serial, keys: toKeySet(claims.keys) } };
}

/** Verifies that the root set lets a gateway begin a new epoch (S4). */
export async function verifyEpoch(bundle: string, rootSet: RootSet, audience: Audience): Promise<{ readonly kind: 'verified'; readonly claims: EpochClaims } | Refusal> {
  return verifyBundle('epoch', bundle, rootSet, audience);
}

/** Enough different keys of the set over one and the same payload. */
async function verifyBundle<Kind extends 'root' | 'delegation' | 'epoch'>(
  kind: Kind,
  bundle: string,
  signers: { readonly keys: KeySet; readonly threshold: number },
  audience: Audience | undefined,
): Promise<{ readonly kind: 'verified'; readonly claims: StatementClaims[Kind]; readonly payload: string } | Refusal> {
  const statements = splitBundle(bundle);
  if (statements === undefined) return refused({ code: 'TRUST_STATEMENT_MALFORMED', reason: `the ${kind} bundle is too long` });
  const verdicts = await Promise.all(statements.map((statement) => verifyStatement(kind, statement, signers.keys, audience)));
  const signed = new Set<string>();
  let first: { readonly claims: StatementClaims[Kind]; readonly payload: string } | undefined;
  let refusal: Refusal | undefined;
  for (const verdict of verdicts) {
    if (verdict.kind === 'refused') {
      refusal ??= verdict;
      continue;
    }
    first ??= verdict;
    if (verdict.payload !== first.payload) return refused({ code: 'TRUST_STATEMENT_MALFORMED', reason: `the statements of the ${kind} bundle say different things` });
    signed.add(verdict.keyId);
  }
  if (first === undefined || signed.size < signers.threshold) {
    // With one signer its own refusal says more than the count.
    if (refusal !== undefined && signed.size === 0) return refusal;
    return refused({ code: 'TRUST_THRESHOLD_NOT_MET', reason: `the ${kind} bundle has ${signed.size} of ${signers.threshold} signatures that count` });
  }
  return { kind: 'verified', claims: first.claims, payload: first.payload };
}

/** What a bundle claims to be, unverified. */
function readRootSet(bundle: string): { readonly kind: 'read'; readonly rootSet: RootSet } | Refusal {
  const payload = payloadOf(bundle);
  const claims = parseClaims('root', payload);
  if (typeof claims === 'string') return refused({ code: 'TRUST_STATEMENT_MALFORMED', reason: `the root statement is refused: ${claims}` });
  if (claims.threshold > claims.keys.length) return refused({ code: 'TRUST_STATEMENT_MALFORMED', reason: 'the root statement asks for more signatures than it has keys' });
  return { kind: 'read', rootSet: toRootSet(claims, payload) };
}

async function checkSuccession(bundle: string, next: RootSet, previous: RootSet | undefined): Promise<Refusal | undefined> {
  const byItself = await verifyBundle('root', bundle, next, undefined);
  if (byItself.kind === 'refused') return byItself;
  if (fingerprintOf(byItself.payload) !== next.fingerprint) return refused({ code: 'TRUST_ROOT_CHAIN_BROKEN', reason: 'the root bundle says different things' });
  if (previous === undefined) return undefined;
  if (next.version !== previous.version + 1) {
    return refused({ code: 'TRUST_ROOT_CHAIN_BROKEN', reason: `root set ${next.version} does not follow root set ${previous.version}` });
  }
  const byPrevious = await verifyBundle('root', bundle, previous, undefined);
  return byPrevious.kind === 'refused' ? byPrevious : undefined;
}

function toRootSet(claims: RootClaims, payload: string): RootSet {
  return { version: claims.version, threshold: claims.threshold, keys: toKeySet(claims.keys), fingerprint: fingerprintOf(payload) };
}

/** Of the first statement, unverified; '' where there is none. */
function payloadOf(bundle: string): string {
  const [statement = ''] = splitBundle(bundle) ?? [];
  return Buffer.from(statement.split('.')[1] ?? '', 'base64url').toString('utf8');
}

function fingerprintOf(payload: string): string {
  return createHash('sha256').update(payload).digest('hex');
}

function splitBundle(bundle: string): readonly string[] | undefined {
  return bundle.length > MAXIMUM_BUNDLE_LENGTH ? undefined : bundle.split(BUNDLE_SEPARATOR);
}
