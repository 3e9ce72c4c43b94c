/**
 * Certificates and private keys for tests, made at run time: authorities, leaves below them, self-signed ones, with RSA or
 * ECDSA keys, valid or not.
 */
import 'reflect-metadata';
import { BasicConstraintsExtension, type Extension, ExtendedKeyUsage, ExtendedKeyUsageExtension, KeyUsageFlags, KeyUsagesExtension, PemConverter, SubjectAlternativeNameExtension, X509Certificate, X509CertificateGenerator } from '@peculiar/x509';
import { randomBytes, webcrypto } from 'node:crypto';
import { isIP } from 'node:net';

const ECDSA = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

export interface TestCertificate {
  /** PEM; with the authority behind it where there is one. */
  readonly cert: string;
  /** PKCS #8 PEM. */
  readonly key: string;
  readonly keys: webcrypto.CryptoKeyPair;
  readonly algorithm: typeof ECDSA | webcrypto.RsaHashedKeyGenParams;
}

export interface CertificateOptions {
  /** DNS names and addresses; the first is also the common name. */
  readonly names?: readonly string[];
  /** Instead of the common name. */
  readonly subject?: string;
  /** Behind the names. */
  readonly otherNames?: readonly { readonly type: 'dns' | 'email' | 'url'; readonly value: string }[];
  /** ECDSA P-256 where not said: RSA takes a while to make. */
  readonly keyType?: 'ecdsa' | 'rsa';
  readonly rsaBits?: number;
  /** Who signs; itself where not said. */
  readonly authority?: TestCertificate;
  /** May sign others. */
  readonly isAuthority?: boolean;
  /** Object ids, of one that is no authority; for servers and clients where not said. */
  readonly purposes?: readonly string[];
  /** Besides the usual ones. */
  readonly extensions?: readonly Extension[];
  /** Instead of one of its own, for which there is then no private key here. */
  readonly publicKey?: webcrypto.CryptoKey;
  readonly notBefore?: Date;
  readonly notAfter?: Date;
}

export async function testCertificate(options: CertificateOptions = {}): Promise<TestCertificate> {
  const { names = ['test'], keyType = 'ecdsa', rsaBits = 2048, authority, isAuthority = false } = options;
  const algorithm = keyType === 'ecdsa' ? ECDSA : { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', modulusLength: rsaBits, publicExponent: new Uint8Array([1, 0, 1]) };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const issuer = authority === undefined ? undefined : new X509Certificate(firstBlock(authority.cert));
  const certificate = await X509CertificateGenerator.create({
    serialNumber: `01${randomBytes(8).toString('hex')}`,
    subject: options.subject ?? `CN=${names[0] ?? 'test'}`,
    issuer: issuer?.subject ?? options.subject ?? `CN=${names[0] ?? 'test'}`,
    notBefore: options.notBefore ?? new Date(Date.now() - 60_000),
    notAfter: options.notAfter ?? new Date(Date.now() + 86_400_000),
    publicKey: options.publicKey ?? keys.publicKey,
    signingKey: authority?.keys.privateKey ?? keys.privateKey,
    signingAlgorithm: authority?.algorithm ?? algorithm,
    extensions: [
      new BasicConstraintsExtension(isAuthority, isAuthority ? 2 : undefined, true),
      new KeyUsagesExtension(isAuthority ? KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign : KeyUsageFlags.digitalSignature | KeyUsageFlags.keyEncipherment, true),
      ...(isAuthority ? [] : [new ExtendedKeyUsageExtension([...(options.purposes ?? [ExtendedKeyUsage.serverAuth, ExtendedKeyUsage.clientAuth])])]),
      new SubjectAlternativeNameExtension([...names.map((value) => ({ type: isIP(value) === 0 ? 'dns' as const : 'ip' as const, value })), ...(options.otherNames ?? [])]),
      ...(options.extensions ?? []),
    ],
  });
  const own = `${certificate.toString('pem')}\n`;
  return {
    cert: authority === undefined ? own : own + authority.cert,
    key: `${PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY')}\n`,
    keys,
    algorithm,
  };
}

/** An authority's own certificate. */
export function testAuthority(name = 'Test authority'): Promise<TestCertificate> {
  return testCertificate({ names: [name], isAuthority: true });
}

/** The first certificate of a chain. */
export function firstBlock(pem: string): string {
  return `${pem.slice(0, pem.indexOf('-----END CERTIFICATE-----'))}-----END CERTIFICATE-----\n`;
}
