/**
 * Whether a certificate and a private key belong together and can serve TLS, asked of OpenSSL itself: both by the admin
 * API before they are stored, the first again by a data plane that opened them. Never says anything of the key but that.
 */
import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { createSecureContext } from 'node:tls';

/** What may be said of a key without giving it away. OpenSSL's own words are about forms, never about values. */
const REASONS: ReadonlyMap<string, string> = new Map([
  ['ERR_SSL_EE_KEY_TOO_SMALL', 'its key is too short to be safe (RSA needs 2048 bits, ECDSA 224)'],
  ['ERR_SSL_CA_KEY_TOO_SMALL', 'the key of a certificate in the chain is too short to be safe (RSA needs 2048 bits)'],
  ['ERR_SSL_CA_MD_TOO_WEAK', 'a certificate in the chain is signed with a broken digest, such as SHA-1'],
]);

/** Undefined where the two belong together. `certPem` may go on with the chain. 0.1 ms. */
export function problemOfPair(certPem: string, keyPem: string): string | undefined {
  const key = readPrivateKey(keyPem);
  if (typeof key === 'string') return key;
  try {
    return new X509Certificate(certPem).checkPrivateKey(key) ? undefined : 'the key is not that of the certificate';
  } catch {
    return 'the certificate cannot be read';
  }
}

/** Undefined where TLS can be served with a pair whose parts belong together. 0.3 ms. */
export function problemOfServing(certPem: string, keyPem: string): string | undefined {
  try {
    createSecureContext({ cert: certPem, key: keyPem });
    return undefined;
  } catch (thrown) {
    const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : 'unknown error';
    return `TLS cannot be served with the certificate: ${REASONS.get(code) ?? code}`;
  }
}

/** The key, or what is wrong with it. */
export function readPrivateKey(pem: string): KeyObject | string {
  if (/ENCRYPTED/.test(pem)) return 'the key is protected by a passphrase: give it without (openssl pkey -in key.pem)';
  try {
    return createPrivateKey(pem);
  } catch {
    return 'the key cannot be read: expected a private key in PEM';
  }
}
