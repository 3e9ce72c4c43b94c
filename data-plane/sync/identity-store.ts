/**
 * Who this data plane is, on disk: its key, made here and never sent (mode 0600), and what enrolment gave. One file
 * holds all of the latter, so that it is there as a whole or not at all. Also where renewed certificates go.
 */
import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { join } from 'node:path';
import { describeThrown, HoldfastError } from '../../shared/errors.ts';
import { parseId, type DataPlaneId, type GatewayId, type TenantId } from '../../shared/model/ids.ts';
import type { DataPlaneIdentity } from '../../shared/trust/identity.ts';
import { isRecord } from '../config/versioned-root.ts';
import type { Disk } from '../state/disk.ts';
import { readJson, replaceFile, replaceJson } from '../state/durable-file.ts';

/** All that enrolment left behind. */
export interface Enrolment extends DataPlaneIdentity {
  /** `https://host:port`, from the join token. */
  readonly urls: readonly string[];
  /** What the join token pinned: SHA-256 of the root statement's payload, lower-case hex. */
  readonly rootFingerprint: string;
  /** PEM. */
  readonly caCertificates: string;
  /** PEM, leaf first. */
  readonly certificateChain: string;
}

const KEY_FILE = 'key.pem';
/**
 * Stands before the key (RFC 7468 §2 allows text there) once all of the state folder carries its seal. Kept with the key, because
 * whoever can write all the other files must not be able to undo it.
 */
const SEALED_LINE = 'The state folder is sealed by this key.\n';
const ENROLMENT_FILE = 'enrolment.json';

export class IdentityStore {
  readonly #disk: Disk;
  readonly #folder: string;
  readonly #keyPem: string;
  #isStateSealed: boolean;
  #enrolment: Enrolment | undefined;

  private constructor(disk: Disk, folder: string, keyText: string, enrolment: Enrolment | undefined) {
    this.#disk = disk;
    this.#folder = folder;
    this.#isStateSealed = keyText.startsWith(SEALED_LINE);
    this.#keyPem = this.#isStateSealed ? keyText.slice(SEALED_LINE.length) : keyText;
    this.#enrolment = enrolment;
  }

  /** Makes the key where there is none; keeps it over failed enrolments, so that one can be repeated. */
  static async open(disk: Disk, folder: string): Promise<IdentityStore> {
    await disk.makeFolder(folder);
    const keyFile = join(folder, KEY_FILE);
    const stored = await disk.read(keyFile);
    const keyText = stored?.toString('utf8') ?? SEALED_LINE + (await newKey());
    if (stored === undefined) await replaceFile(disk, keyFile, [Buffer.from(keyText)]);
    return new IdentityStore(disk, folder, keyText, await readEnrolment(disk, folder));
  }

  /** PKCS #8. Secret. */
  get keyPem(): string {
    return this.#keyPem;
  }

  get privateKey(): KeyObject {
    return createPrivateKey(this.#keyPem);
  }

  /** False: what an earlier release left in the state folder may have no seal (state-seal.ts). */
  get isStateSealed(): boolean {
    return this.#isStateSealed;
  }

  /** Everything in the state folder carries the seal of our key from now on. Resolves when that is durable. */
  async stateSealed(): Promise<void> {
    await replaceFile(this.#disk, join(this.#folder, KEY_FILE), [Buffer.from(SEALED_LINE + this.#keyPem)]);
    this.#isStateSealed = true;
  }

  /** Undefined before enrolment. */
  get enrolment(): Enrolment | undefined {
    return this.#enrolment;
  }

  /** Resolves when it is durable. */
  async save(enrolment: Enrolment): Promise<void> {
    await replaceJson(this.#disk, join(this.#folder, ENROLMENT_FILE), enrolment);
    this.#enrolment = enrolment;
  }
}

async function newKey(): Promise<string> {
  // Loaded at the first start only: it would cost every other start a tenth of its time (S2).
  const { generateDataPlaneKey } = await import('../../shared/trust/certificate-request.ts');
  return generateDataPlaneKey();
}

const MOST_AUTHORITIES = 8;
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** The certificates of a PEM bundle; throws where one is none. */
export function splitPem(pem: string): readonly X509Certificate[] {
  return (pem.match(CERTIFICATE) ?? []).map((one) => new X509Certificate(one));
}

/**
 * Undefined where the authorities that a control plane tells of may take the place of those known; else why not. They came
 * over a connection that a known one vouched for, and the one that signed our own certificate must be among them: whoever
 * gives up an authority has given everybody a certificate by another one first.
 */
export function refuseAuthorities(offered: string, certificateChain: string): string | undefined {
  try {
    const authorities = splitPem(offered);
    if (authorities.length === 0 || authorities.length > MOST_AUTHORITIES) return `1 to ${MOST_AUTHORITIES} certificates are expected, ${authorities.length} came`;
    if (!authorities.every(({ ca }) => ca)) return 'one of them may not sign certificates';
    return isIssuedByOneOf(certificateChain, authorities) ? undefined : 'the one that signed our own certificate is not among them';
  } catch (thrown) {
    return describeThrown(thrown);
  }
}

/** Whether the newest authority, the first of them, signed our certificate; where not, a new certificate is due. */
export function isIssuedByNewest({ caCertificates, certificateChain }: Enrolment): boolean {
  return isIssuedByOneOf(certificateChain, splitPem(caCertificates).slice(0, 1));
}

/** Whether an authority that we trust signed our certificate. */
export function isIssuedByKnown({ caCertificates, certificateChain }: Enrolment): boolean {
  return isIssuedByOneOf(certificateChain, splitPem(caCertificates));
}

function isIssuedByOneOf(certificateChain: string, authorities: readonly X509Certificate[]): boolean {
  const leaf = leafOf(certificateChain);
  return authorities.some(({ publicKey }) => leaf.verify(publicKey));
}

/** The first certificate of a PEM chain; throws where there is none. */
export function leafOf(certificateChain: string): X509Certificate {
  return new X509Certificate(certificateChain);
}

/** What is in the identity's folder; undefined before enrolment. Throws DATA_PLANE_IDENTITY_DAMAGED. */
export async function readEnrolment(disk: Disk, folder: string): Promise<Enrolment | undefined> {
  const path = join(folder, ENROLMENT_FILE);
  if ((await disk.read(path)) === undefined) return undefined;
  const enrolment = parseEnrolment(await readJson(disk, path));
  if (enrolment !== undefined) return enrolment;
  throw new HoldfastError({
    code: 'DATA_PLANE_IDENTITY_DAMAGED',
    source: 'gateway',
    publicMessage: 'the identity of this data plane is damaged',
    message: `${path} is damaged; restore it from a backup, or remove the state folder and enrol again with a new join token`,
  });
}

function parseEnrolment(value: unknown): Enrolment | undefined {
  if (!isRecord(value)) return undefined;
  const { trustDomain, rootFingerprint, caCertificates, certificateChain, urls } = value;
  const tenantId = idOf<TenantId>(value['tenantId']);
  const gatewayId = idOf<GatewayId>(value['gatewayId']);
  const dataPlaneId = idOf<DataPlaneId>(value['dataPlaneId']);
  if (tenantId === undefined || gatewayId === undefined || dataPlaneId === undefined || typeof trustDomain !== 'string') return undefined;
  if (typeof rootFingerprint !== 'string' || typeof caCertificates !== 'string' || typeof certificateChain !== 'string') return undefined;
  if (!Array.isArray(urls) || !urls.every((url) => typeof url === 'string')) return undefined;
  try {
    leafOf(certificateChain);
  } catch {
    return undefined;
  }
  return { trustDomain, tenantId, gatewayId, dataPlaneId, urls, rootFingerprint, caCertificates, certificateChain };
}

function idOf<T extends TenantId | GatewayId | DataPlaneId>(value: unknown): T | undefined {
  return typeof value === 'string' ? parseId<T>(value) : undefined;
}
