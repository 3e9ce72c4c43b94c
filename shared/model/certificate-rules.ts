/**
 * Rules on certificates and private keys in PEM, for the entities that hold them. No message repeats any part of what was
 * given: it might be a key.
 */
import { X509Certificate } from 'node:crypto';
import { problemOfPair, problemOfServing, readPrivateKey } from '../trust/certificate-pair.ts';
import type { EntityCheck, JsonObject, Problem, StringRule } from './definition.ts';
import { entityRule } from './entity-checks.ts';
import { looksLikeReference } from '../vaults/vault-reference.ts';

const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----[A-Za-z0-9+/=\s]+?-----END \1-----/g;

/** One certificate or several, the first being the one that counts. */
export const certificateChainRule: StringRule = { name: 'certificate-chain', check: (text) => problemOfCertificates(text) };

export const oneCertificateRule: StringRule = {
  name: 'certificate',
  check: (text) => problemOfCertificates(text) ?? (blocksOf(text).length === 1 ? undefined : 'expected one certificate: make an entity of each'),
};

export const privateKeyRule: StringRule = {
  name: 'private-key',
  check: (text) => {
    const key = readPrivateKey(text);
    return typeof key === 'string' ? `invalid key: ${key}${hintOfForm(text)}` : undefined;
  },
};

/** `cert` and `key` belong together and can be served. Both absent is fine. Where one refers to a vault, data planes look. */
export function matchingPair(certField: string, keyField: string): EntityCheck {
  return entityRule(`\`${keyField}\` is the private key of \`${certField}\`, and both can be served.`, (entity) => {
    const [cert, key] = [entity[certField], entity[keyField]];
    if (typeof cert !== 'string' && typeof key !== 'string') return [];
    if (typeof cert !== 'string') return [{ field: certField, message: `must be given together with '${keyField}'` }];
    if (typeof key !== 'string') return [{ field: keyField, message: `must be given together with '${certField}'` }];
    const problem = looksLikeReference(cert) || looksLikeReference(key) ? undefined : (problemOfPair(cert, key) ?? problemOfServing(cert, key));
    return problem === undefined ? [] : [{ field: keyField, message: `does not go with '${certField}': ${problem}` }];
  });
}

/** Clients choose between the two by key type, so two of one type could not be told apart. */
export const differentKeyTypes: EntityCheck = entityRule('`cert` and `cert_alt` have keys of different types.', (entity) => {
  const [type, other] = [keyTypeOf(entity['cert']), keyTypeOf(entity['cert_alt'])];
  if (type === undefined || type !== other) return [];
  return [{ field: 'cert_alt', message: `must have a key of another type than 'cert' (such as RSA and ECDSA), both have ${type}` }];
});

/** Of a certificate authority, and valid when it is first written: one that has expired since may still be tagged. */
export const certificateAuthority: EntityCheck = entityRule('The certificate is that of a certificate authority (CA:TRUE); a new one has not expired.', (entity, previous) => {
  const cert = entity['cert'];
  if (typeof cert !== 'string') return [];
  const parsed = new X509Certificate(cert);
  const problem = !parsed.ca ? "is not that of a certificate authority: it lacks the basic constraint 'CA:TRUE'" : previous?.['cert'] !== cert && hasExpired(parsed, entity) ? `expired on ${parsed.validToDate.toISOString()}` : undefined;
  return problem === undefined ? [] : [authorityProblem(problem)];
});

/** SHA-256 of the certificate's DER form, lower-case hex; undefined where it is none. */
export function certificateDigest(pem: string): string | undefined {
  try {
    return new X509Certificate(pem).fingerprint256.replaceAll(':', '').toLowerCase();
  } catch {
    return undefined;
  }
}

function authorityProblem(message: string): Problem {
  return { field: 'cert', message };
}

/** `updated_at` is the time of the write. */
function hasExpired(certificate: X509Certificate, entity: JsonObject): boolean {
  return certificate.validToDate.getTime() <= Number(entity['updated_at']) * 1_000;
}

function keyTypeOf(cert: unknown): string | undefined {
  return typeof cert === 'string' && !looksLikeReference(cert) ? new X509Certificate(cert).publicKey.asymmetricKeyType : undefined;
}

interface Block {
  readonly label: string;
  readonly text: string;
}

function blocksOf(text: string): readonly Block[] {
  return [...text.matchAll(BLOCK)].map(([block, label = '']) => ({ label, text: block }));
}

/** What `curl -d` does to Base64: a + in a form means a space. */
function hintOfForm(pem: string): string {
  const isDamaged = pem.split('\n').some((line) => /^[A-Za-z0-9+/ ]{40,}={0,2}\r?$/.test(line) && line.trim().includes(' '));
  return isDamaged ? '; it has spaces where a + may have been: send forms with curl -F or --data-urlencode' : '';
}

function problemOfCertificates(text: string): string | undefined {
  if (text.includes('PRIVATE KEY-----')) return 'invalid certificate: it holds a private key, which belongs in a field of its own';
  const blocks = blocksOf(text);
  if (blocks.length === 0) return 'invalid certificate: expected PEM (-----BEGIN CERTIFICATE-----)';
  for (const [index, block] of blocks.entries()) {
    if (block.label !== 'CERTIFICATE') return `invalid certificate: block ${index + 1} is no certificate`;
    if (certificateDigest(block.text) === undefined) return `invalid certificate: block ${index + 1} cannot be read${hintOfForm(block.text)}`;
  }
  return undefined;
}
