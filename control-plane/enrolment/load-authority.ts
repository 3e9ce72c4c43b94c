/**
 * The certificate authorities of the installation: files of one's own, or the store (sealed, so that every instance has
 * them), where the first start makes one. During a rotation there are two: the newest signs data planes, the oldest goes on
 * signing the sync server's certificate until it is retired, so that a data plane which was away meanwhile still knows whom it
 * meets. Whoever has a certificate by the new one got it in a session that told of it. Loaded once by main.ts.
 */
import { readFileSync } from 'node:fs';
import { createHash, X509Certificate, type KeyObject } from 'node:crypto';
import type { Clock } from '../../shared/clock.ts';
import { describeThrown, HoldfastError } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log.ts';
import type { NewSigningKey, SigningKeyStore } from '../store/signing-key-store.ts';
import { createAuthority, openAuthority, type CertificateAuthority, type IssuedCertificate } from './certificate-authority.ts';

export interface LoadAuthorityOptions {
  readonly signingKeys: SigningKeyStore;
  /** PEM files of a CA of one's own; its key must be ECDSA P-256. */
  readonly files: { readonly certificatePath: string; readonly privateKeyPath: string } | undefined;
  readonly clock: Clock;
  readonly log: Logger;
}

/** All authorities in use as one: `certificatePem` has them all, the newest first; `fingerprint` is of the one that signs the server. */
export interface CertificateAuthorities extends CertificateAuthority {
  /** Of all in use. */
  readonly publicKeys: readonly KeyObject[];
  /** Fingerprints of all in use, oldest first. */
  readonly fingerprints: readonly string[];
  /** Files of one's own: they are rotated where they come from. */
  readonly isOwn: boolean;
  /** Signs by the newest, or, for a data plane that can't be told of new authorities, by the oldest. */
  signDataPlane(given: Parameters<CertificateAuthority['signDataPlane']>[0] & { readonly isOldSoftware?: boolean }): Promise<IssuedCertificate>;
  /** Reads them again. Never rejects: what was known stays in use, and the log says why. */
  refresh(): Promise<void>;
  /** Told after a change; must not throw. Returns what ends the subscription. */
  subscribe(listener: () => void): () => void;
}

export async function loadAuthority(options: LoadAuthorityOptions): Promise<CertificateAuthorities> {
  const { files, signingKeys, clock, log } = options;
  if (files !== undefined) {
    const own = await openAuthority({ certificatePem: readPem(files.certificatePath), privateKeyPem: readPem(files.privateKeyPath) });
    return new LoadedAuthorities({ read: () => Promise.resolve([own]), isOwn: true, clock, log }, [own]);
  }
  const read = (): Promise<readonly CertificateAuthority[]> => readAuthorities(signingKeys);
  for (;;) {
    const stored = await read();
    if (stored.length > 0) return new LoadedAuthorities({ read, isOwn: false, clock, log }, stored);
    const made = await newAuthorityKey(clock.nowMs());
    await signingKeys.insertKey(made);
    log.info({ event: 'authority-created', fingerprint: made.keyId }, 'made the certificate authority of this installation');
  }
}

/** A new authority as the store keeps it. */
export async function newAuthorityKey(nowMs: number): Promise<NewSigningKey> {
  const made = await createAuthority(nowMs);
  const certificate = new X509Certificate(made.certificatePem);
  return {
    purpose: 'certificate-authority', keyId: createHash('sha256').update(certificate.raw).digest('hex'), scope: undefined, certificate: made.certificatePem, privateKey: made.privateKeyPem,
    publicKey: certificate.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  };
}

/** Those in use, oldest first: instances that start at once agree. */
async function readAuthorities(signingKeys: SigningKeyStore): Promise<readonly CertificateAuthority[]> {
  const keys = await signingKeys.listKeys('certificate-authority', undefined);
  const usable = keys.flatMap(({ certificate, privateKey, retiredAt }) => (certificate === undefined || privateKey === undefined || retiredAt !== undefined ? [] : [{ certificatePem: certificate, privateKeyPem: privateKey }]));
  return Promise.all(usable.map(openAuthority));
}

interface LoadedFrom {
  /** Oldest first. */
  readonly read: () => Promise<readonly CertificateAuthority[]>;
  readonly isOwn: boolean;
  readonly clock: Clock;
  readonly log: Logger;
}

const RETRY_MS = 1_000;

class LoadedAuthorities implements CertificateAuthorities {
  readonly #from: LoadedFrom;
  readonly #listeners = new Set<() => void>();
  #oldestFirst: readonly CertificateAuthority[];

  constructor(from: LoadedFrom, oldestFirst: readonly CertificateAuthority[]) {
    this.#from = from;
    this.#oldestFirst = oldestFirst;
  }

  get isOwn(): boolean {
    return this.#from.isOwn;
  }

  get certificatePem(): string {
    return this.#oldestFirst.toReversed().map(({ certificatePem }) => certificatePem.trim()).join('\n');
  }

  get fingerprint(): string {
    return this.#oldest.fingerprint;
  }

  get fingerprints(): readonly string[] {
    return this.#oldestFirst.map(({ fingerprint }) => fingerprint);
  }

  get publicKey(): KeyObject {
    return this.#oldest.publicKey;
  }

  get publicKeys(): readonly KeyObject[] {
    return this.#oldestFirst.map(({ publicKey }) => publicKey);
  }

  signDataPlane(given: Parameters<CertificateAuthorities['signDataPlane']>[0]): Promise<IssuedCertificate> {
    const newest = this.#oldestFirst.at(-1);
    return (given.isOldSoftware === true || newest === undefined ? this.#oldest : newest).signDataPlane(given);
  }

  issueServer(given: Parameters<CertificateAuthority['issueServer']>[0]): ReturnType<CertificateAuthority['issueServer']> {
    return this.#oldest.issueServer(given);
  }

  async refresh(): Promise<void> {
    const { read: readAgain, clock, log } = this.#from;
    try {
      const before = this.fingerprints.join();
      const read = await readAgain();
      if (read.length === 0) return;
      this.#oldestFirst = read;
      if (this.fingerprints.join() === before) return;
      log.info({ event: 'authorities-changed', fingerprints: this.fingerprints }, 'the certificate authorities changed');
      for (const listener of this.#listeners) listener();
    } catch (thrown) {
      log.error({ event: 'authorities-not-read', reason: describeThrown(thrown) }, 'changed certificate authorities could not be read; what was known stays in use, tried again soon');
      clock.after(RETRY_MS, () => void this.refresh());
    }
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  get #oldest(): CertificateAuthority {
    const [oldest] = this.#oldestFirst;
    if (oldest !== undefined) return oldest;
    throw new HoldfastError({ code: 'ENROL_AUTHORITY_UNUSABLE', source: 'control-plane', publicMessage: 'there is no certificate authority in use' });
  }
}

function readPem(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new HoldfastError({
      code: 'ENROL_AUTHORITY_UNUSABLE',
      source: 'control-plane',
      publicMessage: 'the certificate authority is not usable: a file of it can not be read',
      message: `the certificate authority is not usable: ${path} can not be read (${describeThrown(cause)}); give the path of a readable PEM file`,
      cause,
    });
  }
}
