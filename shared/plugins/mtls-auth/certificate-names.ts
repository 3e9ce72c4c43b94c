/**
 * The names in a client's certificate, as clients are looked up by them. Read once for each connection, off the certificate itself and
 * not off a text that was made of it. Names that could be read in two ways (control characters, several common names) are none.
 */
import { X509Certificate } from 'node:crypto';
import type { ClientCertificate } from '../contract.ts';

export interface CertificateNames {
  /** Undefined where the subject has none, or several. */
  readonly commonName: string | undefined;
  /** Alternative names, in their order, then the common name. */
  readonly all: readonly string[];
  /** `DNS:a.example, URI:spiffe://…`, without names that a comma would make ambiguous; undefined where there are none. */
  readonly alternativeNames: string | undefined;
}

const KINDS: ReadonlySet<string> = new Set(['DNS', 'email', 'URI', 'IP Address']);
const CONTROL = /\p{Cc}/u;
/** As many are compared; more of them in one certificate are no names of a client. */
const MAX_NAMES = 64;

/** By the certificate of a connection, which lives as long as that. */
const known = new WeakMap<ClientCertificate, CertificateNames>();

export function namesIn(certificate: ClientCertificate): CertificateNames {
  const found = known.get(certificate);
  if (found !== undefined) return found;
  const commonName = commonNameIn(certificate.der);
  const alternative = certificate.alternativeNames.slice(0, MAX_NAMES).filter(isPlain);
  const values = alternative.map((name) => name.slice(name.indexOf(':') + 1));
  const unambiguous = alternative.filter((name) => !name.includes(','));
  const names: CertificateNames = {
    commonName,
    all: [...new Set([...values, ...(commonName === undefined ? [] : [commonName])])],
    alternativeNames: unambiguous.length === 0 ? undefined : unambiguous.join(', '),
  };
  known.set(certificate, names);
  return names;
}

function isPlain(name: string): boolean {
  const colon = name.indexOf(':');
  return KINDS.has(name.slice(0, colon)) && colon < name.length - 1 && !CONTROL.test(name);
}

function commonNameIn(der: Uint8Array): string | undefined {
  // Typed as text, but a list where there are several.
  const { CN: name }: { readonly CN?: unknown } = new X509Certificate(der).toLegacyObject().subject;
  return typeof name === 'string' && name !== '' && !CONTROL.test(name) ? name : undefined;
}
