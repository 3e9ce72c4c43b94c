/**
 * A data plane's key pair and its certificate requests (PKCS #10). The key is made on the data plane and never leaves it;
 * the request carries nothing but the public key, because the control plane alone decides who the key belongs to.
 */
import 'reflect-metadata';
import { Pkcs10CertificateRequestGenerator } from '@peculiar/x509';
import { createPrivateKey, generateKeyPairSync, webcrypto, type KeyObject } from 'node:crypto';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

/** A new P-256 private key in PKCS #8 PEM. Secret: for a file of mode 0600. */
export function generateDataPlaneKey(): string {
  return generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/** A certificate request for this key, DER. Enrolment sends it in base64, Renew as it is. */
export async function createCertificateRequest(privateKeyPem: string): Promise<Uint8Array> {
  const privateKey = createPrivateKey(privateKeyPem);
  const request = await Pkcs10CertificateRequestGenerator.create({ name: 'CN=holdfast data plane', keys: await toKeyPair(privateKey), signingAlgorithm: ALGORITHM });
  return new Uint8Array(request.rawData);
}

async function toKeyPair(key: KeyObject): Promise<webcrypto.CryptoKeyPair> {
  const { d, ...publicJwk } = key.export({ format: 'jwk' });
  return {
    privateKey: await webcrypto.subtle.importKey('jwk', { ...publicJwk, ...(d === undefined ? {} : { d }) }, ALGORITHM, false, ['sign']),
    publicKey: await webcrypto.subtle.importKey('jwk', publicJwk, ALGORITHM, true, ['verify']),
  };
}
