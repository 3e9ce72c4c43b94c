/**
 * What installation administrators do with keys while the control plane runs: see what there is and what waits for the root
 * keys, import what was signed offline, rotate, retire, begin a new epoch. Whatever is stored was verified as a data plane
 * verifies it. Called by admin-api/v1/key-routes.ts.
 */
import type { Clock } from '../../shared/clock.ts';
import { HoldfastError } from '../../shared/errors.ts';
import { formatVersion } from '../../shared/model/version.ts';
import { verifyEpoch } from '../../shared/trust/root-set.ts';
import { formatSigningKey, generateSigningKey } from '../../shared/trust/statement-keys.ts';
import { newAuthorityKey, type CertificateAuthorities } from '../enrolment/load-authority.ts';
import type { GatewayTrust, SigningMaterial } from '../publish/signing-material.ts';
import type { ContentKeyState } from '../store/content-key-store.ts';
import type { GatewayScope } from '../store/scope.ts';
import type { GatewayPlace, KeyChange } from '../store/signing-key-store.ts';
import type { Store } from '../store/store.ts';
import { verifyImport } from './verify-import.ts';
import { signStatements, type OpenStatement, type StatementFile } from './statement-file.ts';

export interface KeyDeskOptions {
  readonly store: Pick<Store, 'signingKeys' | 'contentKeys' | 'ahead'>;
  readonly signing: SigningMaterial;
  readonly authority: CertificateAuthorities;
  readonly clock: Clock;
}

export interface GatewayKeys {
  readonly gateway: GatewayPlace;
  /** Undefined where it waits for its first delegation: it publishes nothing. */
  readonly trust: GatewayTrust | undefined;
  /** A statement about it waits for signatures. */
  readonly isPending: boolean;
  readonly contentKeys: readonly ContentKeyState[];
}

export interface KeyStatus {
  readonly rootSet: { readonly version: number; readonly threshold: number; readonly fingerprint: string; readonly keyIds: readonly string[] };
  /** A root key that signs by itself is at the control plane that answered. */
  readonly canSign: boolean;
  readonly publishKeys: readonly KeyInUse[];
  readonly authorities: readonly KeyInUse[];
  readonly authoritiesAreFiles: boolean;
  readonly gateways: readonly GatewayKeys[];
}

export interface KeyInUse {
  readonly keyId: string;
  readonly createdAt: Date | undefined;
  readonly retiredAt: Date | undefined;
}

/** What a rotation led to; `pending` is to be signed by holders of root keys, where it has statements. */
export interface Rotated {
  readonly keyId: string;
  readonly pending: StatementFile;
}

const MOST_ATTEMPTS = 5;

export class KeyDesk {
  readonly #options: KeyDeskOptions;

  constructor(options: KeyDeskOptions) {
    this.#options = options;
  }

  async status(): Promise<KeyStatus> {
    const { store, signing, authority } = this.#options;
    const { rootSet } = signing;
    const gateways: GatewayKeys[] = [];
    for (const gateway of await store.signingKeys.listGateways()) {
      const [trust, waiting, contentKeys] = [await this.#trustOf(gateway), await this.#pendingFor(gateway), await store.contentKeys.list(gateway)];
      gateways.push({ gateway, trust, isPending: waiting.length > 0, contentKeys });
    }
    const [publishKeys, authorities] = await Promise.all([store.signingKeys.listKeys('publish', undefined), store.signingKeys.listKeys('certificate-authority', undefined)]);
    return {
      rootSet: { version: rootSet.version, threshold: rootSet.threshold, fingerprint: rootSet.fingerprint, keyIds: [...rootSet.keys.keys()] },
      canSign: signing.rootKey !== undefined,
      publishKeys,
      authorities: authority.isOwn ? authority.fingerprints.map((keyId) => ({ keyId, createdAt: undefined, retiredAt: undefined })) : authorities,
      authoritiesAreFiles: authority.isOwn,
      gateways,
    };
  }

  /** Why a gateway publishes nothing: the code, as in ERRORS.md; undefined where nothing keeps it from it. */
  async whyNotPublishing(scope: GatewayScope): Promise<'PUBLISH_DELEGATION_PENDING' | 'PUBLISH_DATA_PLANES_AHEAD' | undefined> {
    if ((await this.#trustOf(scope)) === undefined) return 'PUBLISH_DELEGATION_PENDING';
    return (await this.#options.store.ahead.find(scope)) === undefined ? undefined : 'PUBLISH_DATA_PLANES_AHEAD';
  }

  /** What waits for signatures of the root set in use, in a file for its holders. */
  async pending(): Promise<StatementFile> {
    const { store, signing } = this.#options;
    await signing.refresh();
    const statements: OpenStatement[] = [];
    for (const gateway of await store.signingKeys.listGateways()) statements.push(...(await this.#pendingFor(gateway)));
    return { rootStatements: signing.rootStatements, statements };
  }

  /** Verifies all of it and stores it, or throws KEYS_IMPORT_REFUSED with the reason and stores nothing. */
  async import(file: StatementFile, change: KeyChange): Promise<number> {
    const { store, signing } = this.#options;
    for (let attempt = 1; attempt <= MOST_ATTEMPTS; attempt += 1) {
      await signing.refresh();
      const statements = await verifyImport(file, {
        rootStatements: signing.rootStatements,
        gateways: await store.signingKeys.listGateways(),
        publishKeyIds: (await store.signingKeys.listKeys('publish', undefined)).filter(({ retiredAt }) => retiredAt === undefined).map(({ keyId }) => keyId),
        stored: (kind, scope) => store.signingKeys.listStatements(kind, scope),
      });
      if (await store.signingKeys.storeStatements(statements, change)) {
        await signing.refresh();
        return statements.length;
      }
    }
    throw new HoldfastError({ code: 'KEYS_IMPORT_REFUSED', source: 'downstream', publicMessage: 'nothing was imported: other statements are being stored at the same time; try again' });
  }

  /** Signs for every gateway where the root key is here; else what is to be signed comes back, and the old key signs until then. */
  async rotatePublish(change: KeyChange): Promise<Rotated> {
    const key = generateSigningKey();
    await this.#options.store.signingKeys.addKey({ purpose: 'publish', keyId: key.keyId, scope: undefined, publicKey: key.publicKey, certificate: undefined, privateKey: formatSigningKey(key) }, change);
    return { keyId: key.keyId, pending: await this.pending() };
  }

  /** A second authority: data planes are told of it now, change over within minutes, and then the old one can be retired. */
  async rotateAuthority(change: KeyChange): Promise<string> {
    const { store, authority, clock } = this.#options;
    if (authority.isOwn) throw new HoldfastError({ code: 'KEYS_AUTHORITY_OWN', source: 'downstream', publicMessage: 'the certificate authority is a file of your own (HOLDFAST_AUTHORITY_CERTIFICATE_FILE): rotate it where it comes from' });
    const inUse = (await store.signingKeys.listKeys('certificate-authority', undefined)).filter(({ retiredAt }) => retiredAt === undefined);
    if (inUse.length > 1) throw new HoldfastError({ code: 'KEYS_ROTATION_UNFINISHED', source: 'downstream', publicMessage: `two certificate authorities are in use already; retire ${inUse[0]?.keyId ?? 'the older one'} first` });
    const made = await newAuthorityKey(clock.nowMs());
    await store.signingKeys.addKey(made, change);
    await authority.refresh();
    return made.keyId;
  }

  async rotateContent(scope: GatewayScope, change: KeyChange) {
    return this.#options.store.contentKeys.rotate(scope, change.actor);
  }

  /** Throws KEYS_STILL_NEEDED with the names of who needs it. */
  async retirePublish(keyId: string, change: KeyChange): Promise<void> {
    const { store, signing } = this.#options;
    const key = (await store.signingKeys.listKeys('publish', undefined)).find((candidate) => candidate.keyId === keyId && candidate.retiredAt === undefined);
    if (key === undefined) throw unknown(`there is no publish key ${keyId} in use; "holdfast keys status" lists them`);
    await signing.refresh();
    const users: string[] = [];
    for (const gateway of await store.signingKeys.listGateways()) {
      const trust = await this.#trustOf(gateway);
      if (trust?.publishKey.keyId === keyId) users.push(gateway.name);
    }
    if (signing.publishKey.keyId === keyId) throw stillNeeded(`publish key ${keyId} is the newest; rotate first`);
    if (users.length > 0) throw stillNeeded(`publish key ${keyId} signs for ${named(users)}: these wait for new delegations; "holdfast keys pending" writes them out`);
    await store.signingKeys.retireKey('publish', keyId, change);
    await signing.refresh();
  }

  async retireAuthority(keyId: string, change: KeyChange): Promise<void> {
    const { store, authority } = this.#options;
    const inUse = (await store.signingKeys.listKeys('certificate-authority', undefined)).filter(({ retiredAt }) => retiredAt === undefined);
    if (!inUse.some((key) => key.keyId === keyId)) throw unknown(`there is no certificate authority ${keyId} in use; "holdfast keys status" lists them`);
    if (inUse.at(-1)?.keyId === keyId) throw stillNeeded(`certificate authority ${keyId} is the newest; rotate first`);
    const certified = await store.signingKeys.listCertifiedBy(keyId);
    if (certified.length > 0) throw stillNeeded(`data planes have certificates by ${keyId} and would be shut out: ${named(certified.map(({ hostname, id }) => `${hostname} (${id})`))}; they change over when they are connected, or revoke them`);
    await store.signingKeys.retireKey('certificate-authority', keyId, change);
    await authority.refresh();
  }

  async retireContent(scope: GatewayScope, keyId: number, change: KeyChange): Promise<void> {
    const outcome = await this.#options.store.contentKeys.retire(scope, keyId, change.actor);
    switch (outcome.kind) {
      case 'retired':
        return undefined;
      case 'unknown':
        throw unknown(`the gateway has no content key ${keyId}; "holdfast keys status" lists them`);
      case 'in-use':
        throw stillNeeded(`content key ${keyId} is the newest; rotate first`);
      case 'needed':
        throw stillNeeded(`data planes serve versions that stand under content key ${keyId}: ${named(outcome.by.map(({ hostname, id }) => `${hostname} (${id})`))}; wait until they have applied ${formatVersion(outcome.from)}, or revoke them`);
    }
  }

  /** Begins the next epoch, past whatever data planes have, where the root key is here; else its statement comes back to be signed. */
  async bumpEpoch(scope: GatewayScope, change: KeyChange): Promise<{ readonly epoch: number; readonly pending: StatementFile }> {
    const { store, signing } = this.#options;
    const gateway = (await store.signingKeys.listGateways()).find(({ gatewayId }) => gatewayId === scope.gatewayId);
    if (gateway === undefined) throw unknown('there is no such gateway');
    const ahead = await store.ahead.find(scope);
    const epoch = Math.max(gateway.epoch, ahead?.version.epoch ?? 0) + 1;
    await signing.refresh();
    const statement = this.#epochStatement(gateway, epoch, `gateway "${gateway.name}" of tenant "${gateway.tenantName}" begins epoch ${epoch}; data planes have up to ${formatVersion(ahead?.version ?? { epoch: gateway.epoch, sequence: gateway.headSequence })}`);
    const file: StatementFile = { rootStatements: signing.rootStatements, statements: [statement] };
    if (signing.rootKey === undefined) return { epoch, pending: file };
    await this.import((await signStatements(file, signing.rootKey)).file, change);
    return { epoch, pending: { ...file, statements: [] } };
  }

  async #trustOf(gateway: GatewayScope): Promise<GatewayTrust | undefined> {
    try {
      return await this.#options.signing.trustFor(gateway);
    } catch (thrown) {
      if (thrown instanceof HoldfastError && thrown.code === 'PUBLISH_DELEGATION_PENDING') return undefined;
      throw thrown;
    }
  }

  /** A delegation to the newest publish key by the newest root set, and the epoch's statement by it. */
  async #pendingFor(gateway: GatewayPlace): Promise<readonly OpenStatement[]> {
    const { store, signing, clock } = this.#options;
    const { rootSet, publishKey } = signing;
    const trust = await this.#trustOf(gateway);
    const pending: OpenStatement[] = [];
    const place = `gateway "${gateway.name}" of tenant "${gateway.tenantName}"`;
    if (trust?.publishKey.keyId !== publishKey.keyId || trust.rootSet.version !== rootSet.version) {
      const newest = (await store.signingKeys.listStatements('delegation', gateway)).at(-1);
      const claims = { format: 1, tenant: gateway.tenantId, gateway: gateway.gatewayId, serial: (newest?.ordinal ?? 0) + 1, keys: [publishKey.publicKey], issuedAt: clock.nowMs() } as const;
      pending.push({ kind: 'delegation', claims, signatures: [], about: `${place}: publish key ${publishKey.keyId}` });
    }
    if (gateway.epoch > 1) {
      const stored = (await store.signingKeys.listStatements('epoch', gateway)).find(({ ordinal }) => ordinal === gateway.epoch);
      const holds = stored !== undefined && (await verifyEpoch(stored.statement, rootSet, gateway)).kind === 'verified';
      if (!holds && signing.rootKey === undefined) pending.push(this.#epochStatement(gateway, gateway.epoch, `${place} is in epoch ${gateway.epoch}: said again by the new root set`));
    }
    return pending;
  }

  #epochStatement(gateway: GatewayScope, epoch: number, about: string): OpenStatement {
    return { kind: 'epoch', claims: { format: 1, tenant: gateway.tenantId, gateway: gateway.gatewayId, epoch, issuedAt: this.#options.clock.nowMs() }, signatures: [], about };
  }
}

function named(names: readonly string[]): string {
  const shown = names.slice(0, 10).join(', ');
  return names.length > 10 ? `${shown} and more` : shown;
}

function stillNeeded(publicMessage: string): HoldfastError {
  return new HoldfastError({ code: 'KEYS_STILL_NEEDED', source: 'downstream', publicMessage });
}

function unknown(publicMessage: string): HoldfastError {
  return new HoldfastError({ code: 'KEYS_UNKNOWN', source: 'downstream', publicMessage });
}
