/**
 * What the control plane signs with, and the chain of trust up to it, as it is now: read again whenever the store says that
 * keys changed, so that no rotation needs a restart. At the very first start it makes a root set of one key (its private half
 * goes into a file of mode 0600 and nowhere else) and a publish key (sealed in the store, so that every instance has it). Root
 * keys are needed only to admit new gateways, publish keys and epochs; where they are offline, what waits for them waits
 * alone: other gateways are not touched. Loaded once by main.ts.
 */
import { existsSync } from 'node:fs';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../../shared/clock.ts';
import { describeThrown, HoldfastError } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log.ts';
import { compareVersions, type ConfigVersion } from '../../shared/model/version.ts';
import { fingerprintOfRootBundle, signBundle, verifyDelegation, verifyEpoch, verifyRootChain, type RootSet } from '../../shared/trust/root-set.ts';
import { parseSigningKey, toKeySet, type SigningKey } from '../../shared/trust/statement-keys.ts';
import { keyIdOfStatement, signStatement, verifyStatement } from '../../shared/trust/statements.ts';
import type { GatewayScope } from '../store/scope.ts';
import { readOrCreateSecretFile } from '../store/secret-file.ts';
import type { SigningKeyStore, StoredSigningKey, StoredStatement } from '../store/signing-key-store.ts';
import { readOrCreatePublishKey, readOrCreateRootSet } from './first-keys.ts';

export interface SigningMaterialOptions {
  readonly signingKeys: SigningKeyStore;
  /** Private root key, PKCS #8 PEM. Made at the first start of the installation. */
  readonly rootKeyPath: string;
  /** A signed root set (bundle) to begin with instead: its keys are offline from the start. Only read where there is none yet. */
  readonly firstRootSet?: string;
  readonly clock: Clock;
  readonly log: Logger;
}

/** All that a data plane of one gateway must be shown, and what to sign for it with. These fit together. */
export interface GatewayTrust {
  /** Bundles, oldest first, up to the root set that signed the delegation. */
  readonly rootStatements: readonly string[];
  /** The last of them. */
  readonly rootSet: RootSet;
  /** A bundle. */
  readonly delegationStatement: string;
  readonly serial: number;
  /** Signs manifests, transfers and heads. */
  readonly publishKey: SigningKey;
}

/**
 * Told after the change: what is asked for from then on is new. Without a gateway, before those that are affected: something
 * changed for the installation, which may be an authority. Must not throw.
 */
export type TrustListener = (changed: GatewayScope | undefined) => void;

/** What the installation has, whatever the gateway. */
interface Keys {
  readonly rootStatements: readonly string[];
  /** One for each of the statements. */
  readonly rootSets: readonly RootSet[];
  readonly rootKey: SigningKey | undefined;
  /** In use, newest first. */
  readonly publishKeys: readonly SigningKey[];
  /** Public keys of all there ever were: what is stored was signed by one of them. */
  readonly allPublishKeys: readonly string[];
}

const GATEWAYS_AT_ONCE = 8;
const RETRY_MS = 1_000;
/** Statements that were signed again after a rotation. */
const RESIGNED = 1_000;

/** Reads the installation's keys and statements, making them at the first start. */
export async function loadSigningMaterial(options: SigningMaterialOptions): Promise<SigningMaterial> {
  await readOrCreateRootSet(options);
  await readOrCreatePublishKey(options.signingKeys);
  const keys = await readKeys(options);
  if (keys.rootKey === undefined) {
    const { rootKeyPath, log } = options;
    if (existsSync(rootKeyPath)) log.warn({ event: 'root-key-not-in-set', path: rootKeyPath }, 'the root key in the file can not sign for this installation by itself; it is not used');
    else log.info({ event: 'root-key-offline', path: rootKeyPath }, 'the root keys are offline: new gateways, publish keys and epochs wait for them ("holdfast keys pending")');
  }
  return new SigningMaterial(options, keys);
}

export class SigningMaterial {
  readonly #options: SigningMaterialOptions;
  readonly #gateways = new Map<string, { readonly scope: GatewayScope; readonly trust: Promise<GatewayTrust> }>();
  readonly #epochs = new Map<string, Promise<string>>();
  readonly #resigned = new LRUCache<string, Promise<string>>({ max: RESIGNED });
  readonly #listeners = new Set<TrustListener>();
  #keys: Keys;
  #refreshing: Promise<void> = Promise.resolve();

  constructor(options: SigningMaterialOptions, keys: Keys) {
    this.#options = options;
    this.#keys = keys;
  }

  /** Bundles, oldest first: the whole chain, which may be ahead of what a gateway has a delegation under. */
  get rootStatements(): readonly string[] {
    return this.#keys.rootStatements;
  }

  get rootSet(): RootSet {
    return newestOf(this.#keys).rootSet;
  }

  /** The newest publish key; a gateway uses it as soon as a delegation names it. */
  get publishKey(): SigningKey {
    return newestOf(this.#keys).publishKey;
  }

  /** The root key, where it is here and its signature alone is enough; for what key-desk.ts decides to sign. */
  get rootKey(): SigningKey | undefined {
    return this.#keys.rootKey;
  }

  /** Returns what ends the subscription. */
  subscribe(listener: TrustListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /**
   * What holds for a gateway now; a delegation is signed where one is missing and the root key is here. Rejects with
   * PUBLISH_DELEGATION_PENDING where it is not.
   */
  trustFor(scope: GatewayScope): Promise<GatewayTrust> {
    const known = this.#gateways.get(scope.gatewayId);
    if (known !== undefined) return known.trust;
    const trust = this.#readTrust(scope, this.#keys);
    this.#gateways.set(scope.gatewayId, { scope, trust });
    trust.catch(() => {
      if (this.#gateways.get(scope.gatewayId)?.trust === trust) this.#gateways.delete(scope.gatewayId);
    });
    return trust;
  }

  /** The bundle that lets a gateway begin this epoch; '' for the first, which needs none. */
  epochStatementFor(scope: GatewayScope, epoch: number): Promise<string> {
    if (epoch <= 1) return Promise.resolve('');
    const key = `${scope.gatewayId}/${epoch}`;
    const known = this.#epochs.get(key);
    if (known !== undefined) return known;
    const statement = this.#readOrSignEpoch(scope, epoch);
    this.#epochs.set(key, statement);
    statement.catch(() => this.#epochs.delete(key));
    return statement;
  }

  /**
   * A stored statement as a data plane takes it now: itself where the gateway's current key signed it, else the same claims
   * signed again. Ed25519 signs deterministically, so every instance makes the same bytes. Refuses what none of our keys signed.
   */
  async currentStatement(kind: 'manifest' | 'transfer', scope: GatewayScope, statement: string): Promise<string> {
    const { publishKey } = await this.trustFor(scope);
    if (keyIdOfStatement(statement) === publishKey.keyId) return statement;
    const place = `${publishKey.keyId} ${statement}`;
    const known = this.#resigned.get(place);
    if (known !== undefined) return known;
    const resigned = this.#signAgain(kind, scope, statement, publishKey);
    this.#resigned.set(place, resigned);
    resigned.catch(() => this.#resigned.delete(place));
    return resigned;
  }

  /** Whether a publish key that is or was ours signed a manifest of this version for the gateway. */
  async hasSigned(scope: GatewayScope, manifestStatement: string, version: ConfigVersion): Promise<boolean> {
    const verified = await this.#verifyOwn('manifest', scope, manifestStatement);
    return verified.kind === 'verified' && compareVersions(verified.claims, version) === 0;
  }

  /** The installation's keys changed: everything is read again, and listeners hear of each gateway for which it is different now. */
  refresh(): Promise<void> {
    const work = async (): Promise<void> => {
      const keys = await readKeys(this.#options);
      this.#epochs.clear();
      this.#keys = keys;
      for (const listener of this.#listeners) listener(undefined);
      const scopes = [...this.#gateways.values()].map(({ scope }) => scope);
      for (let start = 0; start < scopes.length; start += GATEWAYS_AT_ONCE) await Promise.all(scopes.slice(start, start + GATEWAYS_AT_ONCE).map((scope) => this.#refreshOne(scope)));
    };
    return this.#inTurn(work, () => void this.refresh());
  }

  /** The statements of one gateway changed. */
  refreshGateway(scope: GatewayScope): Promise<void> {
    const work = async (): Promise<void> => {
      for (const key of this.#epochs.keys()) if (key.startsWith(`${scope.gatewayId}/`)) this.#epochs.delete(key);
      if (this.#gateways.has(scope.gatewayId)) await this.#refreshOne(scope);
    };
    return this.#inTurn(work, () => void this.refreshGateway(scope));
  }

  /** The gateway is gone. */
  forget(scope: GatewayScope): void {
    this.#gateways.delete(scope.gatewayId);
  }

  /** What was there stays in use until what replaces it is read. */
  async #refreshOne(scope: GatewayScope): Promise<void> {
    const before = await this.#gateways.get(scope.gatewayId)?.trust.catch(() => undefined);
    try {
      const trust = await this.#readTrust(scope, this.#keys);
      if (before !== undefined && isSame(before, trust)) return;
      this.#gateways.set(scope.gatewayId, { scope, trust: Promise.resolve(trust) });
    } catch (thrown) {
      if (!(thrown instanceof HoldfastError) || thrown.code !== 'PUBLISH_DELEGATION_PENDING') throw thrown;
      this.#gateways.delete(scope.gatewayId);
      this.#options.log.error({ event: 'gateway-not-delegated', gateway: scope.gatewayId, reason: describeThrown(thrown) }, describeThrown(thrown));
      return;
    }
    for (const listener of this.#listeners) listener(scope);
  }

  /** Whoever tells of a change tells once, so what could not be read is read again. */
  #inTurn(work: () => Promise<void>, again: () => void): Promise<void> {
    this.#refreshing = this.#refreshing.then(work).catch((thrown: unknown) => {
      this.#options.log.error({ event: 'keys-not-read', reason: describeThrown(thrown) }, 'changed keys could not be read; what was known stays in use, tried again soon');
      this.#options.clock.after(RETRY_MS, again);
    });
    return this.#refreshing;
  }

  /**
   * Under the newest root set that has a delegation naming a key of ours. Before a delegation is signed, keys are read again,
   * after the delegations: an instance that has not heard of a rotation yet could take it back otherwise.
   */
  async #readTrust(scope: GatewayScope, known: Keys): Promise<GatewayTrust> {
    const { signingKeys, clock } = this.#options;
    for (let keys = known; ; ) {
      const newestFirst = (await signingKeys.listStatements('delegation', scope)).toReversed();
      let found = await findDelegation(newestFirst, scope, keys);
      if (found === undefined || !isNewest(found, keys)) {
        this.#keys = keys = await readKeys(this.#options);
        found = await findDelegation(newestFirst, scope, keys);
      }
      if (found !== undefined && (isNewest(found, keys) || keys.rootKey === undefined)) return found;
      if (keys.rootKey === undefined) throw delegationPending(scope);
      const serial = (newestFirst[0]?.ordinal ?? 0) + 1;
      const { publishKey } = newestOf(keys);
      const statement = await signBundle(
        'delegation',
        { format: 1, tenant: scope.tenantId, gateway: scope.gatewayId, serial, keys: [publishKey.publicKey], issuedAt: clock.nowMs() },
        [keys.rootKey],
      );
      await signingKeys.insertStatement('delegation', scope, serial, statement);
    }
  }

  async #readOrSignEpoch(scope: GatewayScope, epoch: number): Promise<string> {
    const { signingKeys, clock } = this.#options;
    const { rootSet } = await this.trustFor(scope);
    for (;;) {
      const stored = (await signingKeys.listStatements('epoch', scope)).find(({ ordinal }) => ordinal === epoch);
      if (stored !== undefined && (await verifyEpoch(stored.statement, rootSet, scope)).kind === 'verified') return stored.statement;
      const { rootKey } = this.#keys;
      if (rootKey === undefined) throw epochPending(scope, epoch);
      const statement = await signBundle('epoch', { format: 1, tenant: scope.tenantId, gateway: scope.gatewayId, epoch, issuedAt: clock.nowMs() }, [rootKey]);
      if (stored !== undefined || (await signingKeys.insertStatement('epoch', scope, epoch, statement))) return statement;
    }
  }

  #verifyOwn<Kind extends 'manifest' | 'transfer'>(kind: Kind, scope: GatewayScope, statement: string): ReturnType<typeof verifyStatement<Kind>> {
    return verifyStatement(kind, statement, toKeySet(this.#keys.allPublishKeys), scope);
  }

  async #signAgain(kind: 'manifest' | 'transfer', scope: GatewayScope, statement: string, publishKey: SigningKey): Promise<string> {
    const verified = await this.#verifyOwn(kind, scope, statement);
    if (verified.kind === 'verified') return signStatement(kind, verified.claims, publishKey);
    throw new HoldfastError({
      code: 'PUBLISH_STATEMENT_FOREIGN',
      source: 'control-plane',
      publicMessage: 'a stored release was not signed by this installation',
      message: `a stored ${kind} of gateway ${scope.gatewayId} was signed by none of this installation's publish keys (${verified.reasons.join('; ')}); it is not sent. Was the database changed by hand?`,
    });
  }
}

/** From the newest root set down. */
async function findDelegation(newestFirst: readonly StoredStatement[], scope: GatewayScope, keys: Keys): Promise<GatewayTrust | undefined> {
  for (let index = keys.rootSets.length - 1; index >= 0; index -= 1) {
    const rootSet = keys.rootSets[index];
    if (rootSet === undefined) continue;
    for (const { statement: delegationStatement } of newestFirst) {
      const verdict = await verifyDelegation(delegationStatement, rootSet, scope);
      if (verdict.kind === 'refused') continue;
      const publishKey = keys.publishKeys.find(({ keyId }) => verdict.publishKeys.keys.has(keyId));
      // An older serial is refused by every data plane that saw this one.
      if (publishKey === undefined) break;
      return { rootStatements: keys.rootStatements.slice(0, index + 1), rootSet, delegationStatement, serial: verdict.publishKeys.serial, publishKey };
    }
  }
  return undefined;
}

async function readKeys(options: SigningMaterialOptions): Promise<Keys> {
  const { signingKeys } = options;
  const rootStatements = (await signingKeys.listStatements('root', undefined)).map(({ statement }) => statement);
  const [first = ''] = rootStatements;
  const verified = await verifyRootChain(rootStatements, fingerprintOfRootBundle(first));
  if (verified.kind === 'refused') {
    throw new HoldfastError({
      code: 'PUBLISH_ROOT_SET_INVALID',
      source: 'control-plane',
      publicMessage: 'the root key set in the database does not verify',
      message: `the root key set in the database does not verify: ${verified.reasons.join('; ')}; restore the database from a backup`,
    });
  }
  const stored = (await signingKeys.listKeys('publish', undefined)).toReversed();
  const publishKeys = stored.flatMap(toUsable);
  if (publishKeys.length === 0) {
    throw new HoldfastError({ code: 'PUBLISH_KEY_MISSING', source: 'control-plane', publicMessage: 'there is no publish key in use', message: 'the database has no publish key that is in use; restore it from a backup' });
  }
  return { rootStatements, rootSets: verified.rootSets, rootKey: readRootKey(options, verified.rootSet), publishKeys, allPublishKeys: stored.map(({ publicKey }) => publicKey) };
}

function toUsable({ privateKey, retiredAt }: StoredSigningKey): readonly SigningKey[] {
  return privateKey === undefined || retiredAt !== undefined ? [] : [parseSigningKey(privateKey)];
}

/** The root key, where its file is here and it alone is enough to sign. */
function readRootKey({ rootKeyPath }: SigningMaterialOptions, rootSet: RootSet): SigningKey | undefined {
  if (!existsSync(rootKeyPath)) return undefined;
  const rootKey = parseSigningKey(readOrCreateSecretFile(rootKeyPath, () => ''));
  return rootSet.keys.has(rootKey.keyId) && rootSet.threshold === 1 ? rootKey : undefined;
}

function newestOf({ rootSets, publishKeys }: Keys): { readonly rootSet: RootSet; readonly publishKey: SigningKey } {
  const rootSet = rootSets.at(-1);
  const publishKey = publishKeys[0];
  if (rootSet !== undefined && publishKey !== undefined) return { rootSet, publishKey };
  throw new HoldfastError({ code: 'PUBLISH_KEY_MISSING', source: 'control-plane', publicMessage: 'there is no publish key in use' });
}

/** Whether nothing is to be signed for the gateway. */
function isNewest({ publishKey, rootSet }: GatewayTrust, keys: Keys): boolean {
  const newest = newestOf(keys);
  return publishKey.keyId === newest.publishKey.keyId && rootSet.version === newest.rootSet.version;
}

function isSame(a: GatewayTrust, b: GatewayTrust): boolean {
  return a.delegationStatement === b.delegationStatement && a.rootStatements.length === b.rootStatements.length && a.publishKey.keyId === b.publishKey.keyId;
}

function delegationPending(scope: GatewayScope): HoldfastError {
  return new HoldfastError({
    code: 'PUBLISH_DELEGATION_PENDING',
    source: 'control-plane',
    retryable: true,
    publicMessage: 'the gateway waits for a delegation signed by the root keys',
    message: `gateway ${scope.gatewayId} publishes nothing yet: the root keys are offline and no delegation names a publish key for it; have what "holdfast keys pending" writes out signed, then "holdfast keys import" it`,
  });
}

function epochPending(scope: GatewayScope, epoch: number): HoldfastError {
  return new HoldfastError({
    code: 'PUBLISH_ROOT_KEY_OFFLINE',
    source: 'control-plane',
    publicMessage: 'the root keys are needed and are offline',
    message: `epoch ${epoch} of gateway ${scope.gatewayId} has no statement signed by the root set in use; have what "holdfast keys pending" writes out signed, then "holdfast keys import" it`,
  });
}
