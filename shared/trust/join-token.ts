/**
 * The join token: what an operator hands to a new data plane. It carries where to go and, by fingerprint, whom to
 * trust there, so that trust never starts from the network. Created by control-plane/enrolment, read by the data plane.
 */
import { HoldfastError } from '../errors.ts';

export interface JoinToken {
  readonly version: 1;
  /** `https://host:port` of control planes, in order of preference; enrolment and sync share it. */
  readonly urls: readonly string[];
  /** UUID; names the token in the store, in lists and in logs. */
  readonly tokenId: string;
  /** 32 random bytes, base64url. The control plane keeps only a digest. */
  readonly secret: string;
  /** SHA-256 of the CA certificate's DER, lower-case hex. */
  readonly caFingerprint: string;
  /** SHA-256 of the root statement's payload, lower-case hex (root-set.ts). */
  readonly rootFingerprint: string;
}

/** A prefix of its own lets secret scanners find leaked tokens. */
const PREFIX = 'hfjoin1_';
const MAXIMUM_LENGTH = 4096;
const FINGERPRINT = /^[0-9a-f]{64}$/;
const SECRET = /^[A-Za-z0-9_-]{43}$/;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The text form: `hfjoin1_` and base64url of a compact JSON array. Secret. */
export function formatJoinToken(token: JoinToken): string {
  const fields = [token.version, token.urls, token.tokenId, token.secret, token.caFingerprint, token.rootFingerprint];
  return PREFIX + Buffer.from(JSON.stringify(fields)).toString('base64url');
}

/** Reads what an operator pasted; throws JOIN_TOKEN_INVALID saying what to do, never quoting the token. */
export function parseJoinToken(text: string): JoinToken {
  const trimmed = text.trim();
  if (!trimmed.startsWith(PREFIX)) throw invalid(`it does not begin with ${PREFIX}`);
  if (trimmed.length > MAXIMUM_LENGTH) throw invalid('it is too long');
  let fields: unknown;
  try {
    fields = JSON.parse(Buffer.from(trimmed.slice(PREFIX.length), 'base64url').toString('utf8'));
  } catch {
    throw invalid('it is incomplete or altered');
  }
  if (!Array.isArray(fields) || fields.length !== 6) throw invalid('it is incomplete or altered');
  const [version, urls, tokenId, secret, caFingerprint, rootFingerprint]: unknown[] = fields;
  if (version !== 1) throw invalid('it was made by a newer control plane; upgrade this data plane');
  if (!isUrlList(urls)) throw invalid('it has no control plane address of the form https://host:port');
  if (!matches(tokenId, UUID) || !matches(secret, SECRET) || !matches(caFingerprint, FINGERPRINT) || !matches(rootFingerprint, FINGERPRINT)) {
    throw invalid('it is incomplete or altered');
  }
  return { version, urls, tokenId, secret, caFingerprint, rootFingerprint };
}

/** True for `https://host[:port]` without path, query or credentials; the port may be 443 in so many words. */
export function isControlPlaneUrl(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url?.protocol === 'https:' && url.href === `${url.origin}/` && !text.endsWith('/');
}

function isUrlList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.length > 0 && value.length <= 16 && value.every((url) => typeof url === 'string' && isControlPlaneUrl(url));
}

function matches(value: unknown, pattern: RegExp): value is string {
  return typeof value === 'string' && pattern.test(value);
}

function invalid(what: string): HoldfastError {
  return new HoldfastError({
    code: 'JOIN_TOKEN_INVALID',
    source: 'gateway',
    publicMessage: `the join token is not valid: ${what}; copy it again, or create a new one with "holdfast join-token create"`,
  });
}
