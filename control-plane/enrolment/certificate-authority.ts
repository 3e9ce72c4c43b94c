/**
 * The installation's own certificate authority: signs data planes (identity as a SPIFFE ID) and the sync server. It takes
 * nothing from a request but the public key, so no name can be smuggled in. A CA of one's own (certificate and key in
 * PEM) is opened the same way. Called by enrolment, by sessions for Renew, and by the sync server.
 */
import 'reflect-metadata';
import {
  AuthorityKeyIdentifierExtension, BasicConstraintsExtension, ExtendedKeyUsage, ExtendedKeyUsageExtension, KeyUsageFlags, KeyUsagesExtension,
  Pkcs10CertificateRequest, PublicKey, SubjectAlternativeNameExtension, SubjectKeyIdentifierExtension, X509Certificate, X509CertificateGenerator,
  type Extension, type JsonGeneralNames,
} from '@peculiar/x509';
import { createHash, createPrivateKey, createPublicKey, randomBytes, webcrypto, X509Certificate as NodeCertificate, type KeyObject } from 'node:crypto';
import { isIP } from 'node:net';
import { HoldfastError } from '../../shared/errors.ts';
import { formatSpiffeId, type DataPlaneIdentity } from '../../shared/trust/identity.ts';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const MAXIMUM_REQUEST_BYTES = 8 * 1024;
/**
 * Certificates begin in the past, because the other machine's clock may be behind ours: those of data planes by so much, or
 * by a tenth of their life where that is less, that of the server by all that its authority allows.
 */
const CLOCK_SKEW_MS = 2 * 3_600_000;
const SKEW_SHARE = 0.1;
const CA_LIFETIME_MS = 10 * 365 * 86_400_000;

export interface AuthorityFiles {
  readonly certificatePem: string;
  /** PKCS #8 PEM. Secret. */
  readonly privateKeyPem: string;
}

export interface IssuedCertificate {
  /** PEM, leaf first, then the CA. */
  readonly chainPem: string;
  /** Upper-case hex. */
  readonly serial: string;
  /** SHA-256 of the DER. */
  readonly fingerprint: Uint8Array;
  readonly notAfter: Date;
  /** Fingerprint of the CA that signed it. */
  readonly authority: string;
}

export interface CertificateAuthority {
  readonly certificatePem: string;
  /** SHA-256 of the CA certificate's DER, lower-case hex: what join tokens pin. */
  readonly fingerprint: string;
  /** For checking a certificate that TLS refuses only because it expired. */
  readonly publicKey: KeyObject;
  /** Signs the key of a data plane's request for an identity that the control plane decided. */
  signDataPlane(given: { readonly publicKey: PublicKey; readonly identity: DataPlaneIdentity; readonly nowMs: number; readonly lifetimeMs: number }): Promise<IssuedCertificate>;
  /** A new key and certificate for the sync server; `names` are host names and IP addresses. */
  issueServer(given: { readonly names: readonly string[]; readonly nowMs: number; readonly lifetimeMs: number }): Promise<IssuedCertificate & { readonly privateKeyPem: string }>;
}

/** A new CA: P-256, ten years, may sign leaves only. */
export async function createAuthority(nowMs: number): Promise<AuthorityFiles> {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: newSerial(),
    name: 'CN=Holdfast certificate authority',
    notBefore: new Date(nowMs - CLOCK_SKEW_MS),
    notAfter: new Date(nowMs + CA_LIFETIME_MS),
    keys,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificatePem: certificate.toString('pem'), privateKeyPem: await exportPem(keys.privateKey) };
}

/** Opens a CA; throws ENROL_AUTHORITY_UNUSABLE where certificate and key don't belong together or may not sign. */
export async function openAuthority(files: AuthorityFiles): Promise<CertificateAuthority> {
  const certificate = new NodeCertificate(files.certificatePem);
  const privateKey = createPrivateKey(files.privateKeyPem);
  if (!certificate.checkPrivateKey(privateKey)) throw unusable('its certificate is for another key');
  if (!certificate.ca) throw unusable('its certificate may not sign others (basic constraints)');
  if (createPublicKey(privateKey).export({ format: 'jwk' }).crv !== 'P-256') throw unusable('its key is not ECDSA P-256');
  const signingKey = await webcrypto.subtle.importKey('pkcs8', privateKey.export({ type: 'pkcs8', format: 'der' }), ALGORITHM, false, ['sign']);
  return new OpenAuthority(files.certificatePem, signingKey);
}

/** The public key of a certificate request whose signature holds; throws ENROL_CERTIFICATE_REQUEST_INVALID. Everything else in it is ignored. */
export async function readCertificateRequest(der: Uint8Array): Promise<PublicKey> {
  if (der.length > MAXIMUM_REQUEST_BYTES) throw requestInvalid(`it has more than ${MAXIMUM_REQUEST_BYTES} bytes`);
  let request: Pkcs10CertificateRequest;
  let holds: boolean;
  try {
    request = new Pkcs10CertificateRequest(Uint8Array.from(der));
    const { kty, crv } = createPublicKey({ key: Buffer.from(request.publicKey.rawData), type: 'spki', format: 'der' }).export({ format: 'jwk' });
    if (kty !== 'EC' || crv !== 'P-256') throw requestInvalid('its key must be ECDSA P-256');
    holds = await request.verify();
  } catch (cause) {
    throw cause instanceof HoldfastError ? cause : requestInvalid('it is not a PKCS #10 request in DER', cause);
  }
  if (!holds) throw requestInvalid('it is not signed by its own key');
  return request.publicKey;
}

class OpenAuthority implements CertificateAuthority {
  readonly certificatePem: string;
  readonly fingerprint: string;
  readonly publicKey: KeyObject;
  readonly #certificate: X509Certificate;
  readonly #signingKey: webcrypto.CryptoKey;

  constructor(certificatePem: string, signingKey: webcrypto.CryptoKey) {
    const parsed = new NodeCertificate(certificatePem);
    this.certificatePem = parsed.toString();
    this.fingerprint = createHash('sha256').update(parsed.raw).digest('hex');
    this.publicKey = parsed.publicKey;
    this.#certificate = new X509Certificate(Uint8Array.from(parsed.raw));
    this.#signingKey = signingKey;
  }

  signDataPlane(given: { readonly publicKey: PublicKey; readonly identity: DataPlaneIdentity; readonly nowMs: number; readonly lifetimeMs: number }): Promise<IssuedCertificate> {
    return this.#sign({
      publicKey: given.publicKey,
      subject: `CN=${given.identity.dataPlaneId}`,
      names: [{ type: 'url', value: formatSpiffeId(given.identity) }],
      // Key agreement, because content keys are wrapped to this key.
      extensions: [
        new KeyUsagesExtension(KeyUsageFlags.digitalSignature | KeyUsageFlags.keyAgreement, true),
        new ExtendedKeyUsageExtension([ExtendedKeyUsage.clientAuth]),
      ],
      nowMs: given.nowMs,
      lifetimeMs: given.lifetimeMs,
      fromMs: given.nowMs - Math.min(CLOCK_SKEW_MS, given.lifetimeMs * SKEW_SHARE),
    });
  }

  async issueServer(given: { readonly names: readonly string[]; readonly nowMs: number; readonly lifetimeMs: number }): Promise<IssuedCertificate & { readonly privateKeyPem: string }> {
    const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
    const issued = await this.#sign({
      publicKey: await PublicKey.create(keys.publicKey),
      subject: 'CN=holdfast control plane',
      names: given.names.map((name) => ({ type: isIP(name) === 0 ? 'dns' : 'ip', value: name })),
      extensions: [new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true), new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth])],
      nowMs: given.nowMs,
      lifetimeMs: given.lifetimeMs,
      fromMs: 0,
    });
    return { ...issued, privateKeyPem: await exportPem(keys.privateKey) };
  }

  async #sign(given: {
    readonly publicKey: PublicKey;
    readonly subject: string;
    readonly names: JsonGeneralNames;
    readonly extensions: readonly Extension[];
    readonly nowMs: number;
    readonly lifetimeMs: number;
    /** Not before its authority's own begin. */
    readonly fromMs: number;
  }): Promise<IssuedCertificate> {
    const [caNotBeforeMs, caNotAfterMs] = [this.#certificate.notBefore.getTime(), this.#certificate.notAfter.getTime()];
    const certificate = await X509CertificateGenerator.create({
      serialNumber: newSerial(),
      subject: given.subject,
      issuer: this.#certificate.subjectName,
      notBefore: new Date(Math.max(given.fromMs, caNotBeforeMs)),
      notAfter: new Date(Math.min(given.nowMs + given.lifetimeMs, caNotAfterMs)),
      publicKey: given.publicKey,
      signingKey: this.#signingKey,
      signingAlgorithm: ALGORITHM,
      extensions: [
        new BasicConstraintsExtension(false, undefined, true),
        ...given.extensions,
        new SubjectAlternativeNameExtension(given.names),
        await AuthorityKeyIdentifierExtension.create(this.#certificate),
        await SubjectKeyIdentifierExtension.create(given.publicKey),
      ],
    });
    return {
      chainPem: `${certificate.toString('pem').trim()}\n${this.certificatePem.trim()}\n`,
      serial: certificate.serialNumber.toUpperCase(),
      fingerprint: createHash('sha256').update(new Uint8Array(certificate.rawData)).digest(),
      notAfter: certificate.notAfter,
      authority: this.fingerprint,
    };
  }
}

/** 127 random bits, positive and without a leading zero byte (RFC 5280 §4.1.2.2). */
function newSerial(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes.toString('hex');
}

async function exportPem(key: webcrypto.CryptoKey): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key));
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }).export({ type: 'pkcs8', format: 'pem' }).toString();
}

function unusable(what: string): HoldfastError {
  return new HoldfastError({ code: 'ENROL_AUTHORITY_UNUSABLE', source: 'control-plane', publicMessage: `the certificate authority is not usable: ${what}` });
}

function requestInvalid(what: string, cause?: unknown): HoldfastError {
  return new HoldfastError({ code: 'ENROL_CERTIFICATE_REQUEST_INVALID', source: 'control-plane', publicMessage: `the certificate request is refused: ${what}`, cause });
}
