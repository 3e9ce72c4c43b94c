/**
 * What the control plane signs with, and the chain of trust up to it. At the very first start it makes a root set of one
 * key (its private half goes into a file of mode 0600 and nowhere else) and a publish key (sealed in the store, so that
 * every instance has it). The root key is needed only to admit new gateways, new publish keys and new epochs: between
 * those its file may be kept offline. Loaded once by main.ts.
 */
import { existsSync } from 'node:fs';
import type { Clock } from '../../shared/clock.ts';
import { HoldfastError } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log.ts';
import { fingerprintOfRootBundle, signBundle, verifyDelegation, verifyEpoch, verifyRootChain, type RootSet } from '../../shared/trust/root-set.ts';
import { formatSigningKey, generateSigningKey, parseSigningKey, type SigningKey } from '../../shared/trust/statement-keys.ts';
import type { RootClaims } from '../../shared/trust/statement-claims.ts';
import type { GatewayScope } from '../store/scope.ts';
import { readOrCreateSecretFile } from '../store/secret-file.ts';
import type { SigningKeyStore } from '../store/signing-key-store.ts';

export interface SigningMaterialOptions {
  readonly signingKeys: SigningKeyStore;
  /** Private root key, PKCS #8 PEM. Made at the first start of the installation. */
  readonly rootKeyPath: string;
  readonly clock: Clock;
  readonly log: Logger;
}

const FIRST_ROOT_VERSION = 1;

/** Reads the installation's keys and statements, making them at the first start. */
export async function loadSigningMaterial(options: SigningMaterialOptions): Promise<SigningMaterial> {
  const rootStatements = await readOrCreateRootSet(options);
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
  return new SigningMaterial(options, rootStatements, verified.rootSet, readRootKey(options, verified.rootSet), await readOrCreatePublishKey(options.signingKeys));
}

export class SigningMaterial {
  /** Bundles, oldest first, for Welcome and enrolment. */
  readonly rootStatements: readonly string[];
  readonly rootSet: RootSet;
  /** Signs manifests, transfers and heads of every gateway. */
  readonly publishKey: SigningKey;
  readonly #options: SigningMaterialOptions;
  readonly #rootKey: SigningKey | undefined;
  readonly #delegations = new Map<string, Promise<string>>();
  readonly #epochs = new Map<string, Promise<string>>();

  constructor(options: SigningMaterialOptions, rootStatements: readonly string[], rootSet: RootSet, rootKey: SigningKey | undefined, publishKey: SigningKey) {
    this.#options = options;
    this.rootStatements = rootStatements;
    this.rootSet = rootSet;
    this.#rootKey = rootKey;
    this.publishKey = publishKey;
  }

  /** The bundle that lets our publish key sign for this gateway; made at its first use. */
  delegationFor(scope: GatewayScope): Promise<string> {
    return remember(this.#delegations, scope.gatewayId, () => this.#readOrSignDelegation(scope));
  }

  /** The bundle that lets a gateway begin this epoch; '' for the first, which needs none. */
  epochStatementFor(scope: GatewayScope, epoch: number): Promise<string> {
    if (epoch <= 1) return Promise.resolve('');
    return remember(this.#epochs, `${scope.gatewayId}/${epoch}`, () => this.#readOrSignEpoch(scope, epoch));
  }

  async #readOrSignDelegation(scope: GatewayScope): Promise<string> {
    const { signingKeys } = this.#options;
    for (;;) {
      const stored = await signingKeys.listStatements('delegation', scope);
      const newest = stored.at(-1);
      if (newest !== undefined) {
        const verdict = await verifyDelegation(newest.statement, this.rootSet, scope);
        if (verdict.kind === 'verified' && verdict.publishKeys.keys.has(this.publishKey.keyId)) return newest.statement;
      }
      const serial = (newest?.ordinal ?? 0) + 1;
      const statement = await signBundle(
        'delegation',
        { format: 1, tenant: scope.tenantId, gateway: scope.gatewayId, serial, keys: [this.publishKey.publicKey], issuedAt: this.#options.clock.nowMs() },
        [this.#neededRootKey(`gateway ${scope.gatewayId} has no delegation yet`)],
      );
      if (await signingKeys.insertStatement('delegation', scope, serial, statement)) return statement;
    }
  }

  async #readOrSignEpoch(scope: GatewayScope, epoch: number): Promise<string> {
    const { signingKeys } = this.#options;
    for (;;) {
      const stored = (await signingKeys.listStatements('epoch', scope)).find(({ ordinal }) => ordinal === epoch);
      if (stored !== undefined && (await verifyEpoch(stored.statement, this.rootSet, scope)).kind === 'verified') return stored.statement;
      const statement = await signBundle(
        'epoch',
        { format: 1, tenant: scope.tenantId, gateway: scope.gatewayId, epoch, issuedAt: this.#options.clock.nowMs() },
        [this.#neededRootKey(`gateway ${scope.gatewayId} begins epoch ${epoch}`)],
      );
      if (stored !== undefined || (await signingKeys.insertStatement('epoch', scope, epoch, statement))) return statement;
    }
  }

  #neededRootKey(why: string): SigningKey {
    if (this.#rootKey !== undefined) return this.#rootKey;
    throw new HoldfastError({
      code: 'PUBLISH_ROOT_KEY_OFFLINE',
      source: 'control-plane',
      publicMessage: 'the root key is needed and is offline',
      message: `${why} and the root key is not at ${this.#options.rootKeyPath}; put its file there and restart, and take it away again afterwards`,
    });
  }
}

async function readOrCreateRootSet(options: SigningMaterialOptions): Promise<readonly string[]> {
  const { signingKeys, rootKeyPath, clock, log } = options;
  for (;;) {
    const stored = await signingKeys.listStatements('root', undefined);
    if (stored.length > 0) return stored.map(({ statement }) => statement);
    const rootKey = parseSigningKey(readOrCreateSecretFile(rootKeyPath, () => formatSigningKey(generateSigningKey())));
    const claims: RootClaims = { format: 1, version: FIRST_ROOT_VERSION, threshold: 1, keys: [rootKey.publicKey], issuedAt: clock.nowMs() };
    await signingKeys.insertKey({ purpose: 'root', keyId: rootKey.keyId, scope: undefined, publicKey: rootKey.publicKey, certificate: undefined, privateKey: undefined });
    if (await signingKeys.insertStatement('root', undefined, FIRST_ROOT_VERSION, await signBundle('root', claims, [rootKey]))) {
      log.info({ event: 'root-set-created', key: rootKey.keyId, path: rootKeyPath }, 'made the root key set of this installation; keep a copy of its key file in a safe place');
    }
  }
}

/** The root key, where its file is here and it alone is enough to sign. */
function readRootKey(options: SigningMaterialOptions, rootSet: RootSet): SigningKey | undefined {
  const { rootKeyPath, log } = options;
  if (!existsSync(rootKeyPath)) {
    log.info({ event: 'root-key-offline', path: rootKeyPath }, 'the root key is offline: new gateways need it');
    return undefined;
  }
  const rootKey = parseSigningKey(readOrCreateSecretFile(rootKeyPath, () => ''));
  if (rootSet.keys.has(rootKey.keyId) && rootSet.threshold === 1) return rootKey;
  log.warn({ event: 'root-key-not-in-set', path: rootKeyPath, key: rootKey.keyId }, 'the root key in the file can not sign for this installation by itself; it is not used');
  return undefined;
}

/** The oldest key in use, so that instances that start at once agree. */
async function readOrCreatePublishKey(signingKeys: SigningKeyStore): Promise<SigningKey> {
  for (;;) {
    const usable = (await signingKeys.listKeys('publish', undefined)).find((key) => key.retiredAt === undefined && key.privateKey !== undefined);
    if (usable?.privateKey !== undefined) return parseSigningKey(usable.privateKey);
    const key = generateSigningKey();
    await signingKeys.insertKey({ purpose: 'publish', keyId: key.keyId, scope: undefined, publicKey: key.publicKey, certificate: undefined, privateKey: formatSigningKey(key) });
  }
}

/** Makes each value once; a failure is not remembered. */
function remember(values: Map<string, Promise<string>>, key: string, make: () => Promise<string>): Promise<string> {
  const known = values.get(key);
  if (known !== undefined) return known;
  const made = make();
  values.set(key, made);
  made.catch(() => values.delete(key));
  return made;
}
