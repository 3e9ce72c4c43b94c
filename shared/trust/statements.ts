/**
 * Signed statements: compact JWS (RFC 7515), Ed25519 and nothing else (RFC 9864), a `typ` of its own for each kind, so
 * that one kind can never pass for another. The control plane signs; data planes verify push, cache and backup with the
 * same functions (S3). What several root keys sign together is a bundle: compact statements over one payload, joined by `~`.
 */
import { CompactSign, compactVerify } from 'jose';
import { assert } from '../assert.ts';
import type { GatewayId, TenantId } from '../model/ids.ts';
import { refused, type Refusal } from './refusal.ts';
import { formatClaims, parseClaims, type StatementClaims, type StatementKind } from './statement-claims.ts';
import type { KeySet, SigningKey } from './statement-keys.ts';

/** Whom a statement is for. The root statement is for the whole installation and has none. */
export interface Audience {
  readonly tenantId: TenantId;
  readonly gatewayId: GatewayId;
}

export interface VerifiedStatement<Kind extends StatementKind> {
  readonly kind: 'verified';
  readonly claims: StatementClaims[Kind];
  /** The signed payload, byte for byte. */
  readonly payload: string;
  readonly keyId: string;
}

/** Checked before anything is decoded. A root or delegation statement with the most keys allowed is below 3 KiB. */
const MAXIMUM_STATEMENT_LENGTH = 8 * 1024;
const ALGORITHM = 'Ed25519';
const SEGMENT = /^[A-Za-z0-9_-]+$/;

/** Signs claims as a statement of a kind; claims that no verifier would take are a defect of the caller. */
export async function signStatement<Kind extends StatementKind>(kind: Kind, claims: StatementClaims[Kind], key: SigningKey): Promise<string> {
  const payload = formatClaims(kind, claims);
  const parsed = parseClaims(kind, payload);
  assert(typeof parsed !== 'string', `the claims of a ${kind} statement are in form (${payload})`);
  return new CompactSign(Buffer.from(payload))
    .setProtectedHeader({ alg: ALGORITHM, typ: typeOf(kind), kid: key.keyId })
    .sign(key.privateKey);
}

/**
 * Verifies one statement against the keys that may sign it. Order: size, form, header, key, signature, claims,
 * audience; nothing of the payload is looked at before the signature held.
 */
export async function verifyStatement<Kind extends StatementKind>(
  kind: Kind,
  statement: string,
  keys: KeySet,
  audience: Audience | undefined,
): Promise<VerifiedStatement<Kind> | Refusal> {
  const keyId = readKeyId(kind, statement);
  if (typeof keyId !== 'string') return keyId;
  const key = keys.get(keyId);
  if (key === undefined) return refused({ code: 'TRUST_KEY_UNKNOWN', reason: `the ${kind} statement is signed by a key that may not sign it` });
  let payload: string;
  try {
    const verified = await compactVerify(statement, key, { algorithms: [ALGORITHM] });
    payload = Buffer.from(verified.payload).toString('utf8');
  } catch {
    return refused({ code: 'TRUST_SIGNATURE_INVALID', reason: `the signature of the ${kind} statement does not hold` });
  }
  const claims = parseClaims(kind, payload);
  if (typeof claims === 'string') return malformed(kind, claims);
  if (!isFor(claims, audience)) return refused({ code: 'TRUST_AUDIENCE_MISMATCH', reason: `the ${kind} statement is for another tenant or gateway` });
  return { kind: 'verified', claims, payload, keyId };
}

/** The key id that a statement of ours names, unverified; '' where it names none. */
export function keyIdOfStatement(statement: string): string {
  const [protectedHeader = ''] = statement.split('.');
  try {
    const header: unknown = JSON.parse(Buffer.from(protectedHeader, 'base64url').toString('utf8'));
    return typeof header === 'object' && header !== null && 'kid' in header && typeof header.kid === 'string' ? header.kid : '';
  } catch {
    return '';
  }
}

function typeOf(kind: StatementKind): string {
  return `holdfast-${kind}+jws`;
}

function malformed(kind: StatementKind, what: string): Refusal {
  return refused({ code: 'TRUST_STATEMENT_MALFORMED', reason: `the ${kind} statement is refused: ${what}` });
}

/** Size, form and header; what is returned is the key id that the header names. */
function readKeyId(kind: StatementKind, statement: string): string | Refusal {
  if (statement.length > MAXIMUM_STATEMENT_LENGTH) return malformed(kind, `it is longer than ${MAXIMUM_STATEMENT_LENGTH} characters`);
  const segments = statement.split('.');
  const [protectedHeader] = segments;
  if (protectedHeader === undefined || segments.length !== 3 || !segments.every(isCanonicalBase64Url)) return malformed(kind, 'it is not a compact JWS');
  let header: unknown;
  try {
    header = JSON.parse(Buffer.from(protectedHeader, 'base64url').toString('utf8'));
  } catch {
    return malformed(kind, 'its header is not JSON');
  }
  if (typeof header !== 'object' || header === null) return malformed(kind, 'its header is not an object');
  // Exactly these three: `crit`, `jwk`, `jku`, `x5c` and the like have no meaning here and are refused with all others.
  if (Object.keys(header).sort().join() !== 'alg,kid,typ' || !('alg' in header && 'kid' in header && 'typ' in header)) {
    return malformed(kind, 'its header must have alg, typ and kid and nothing else');
  }
  if (header.alg !== ALGORITHM) return malformed(kind, `its algorithm is not ${ALGORITHM}`);
  if (header.typ !== typeOf(kind)) return malformed(kind, `its type is not ${typeOf(kind)}`);
  return typeof header.kid === 'string' ? header.kid : malformed(kind, 'its key id is not a string');
}

/** One text per byte sequence: the unused bits of the last character must be zero. */
function isCanonicalBase64Url(segment: string): boolean {
  return SEGMENT.test(segment) && Buffer.from(segment, 'base64url').toString('base64url') === segment;
}

function isFor(claims: StatementClaims[StatementKind], audience: Audience | undefined): boolean {
  if (!('tenant' in claims)) return audience === undefined;
  return claims.tenant === audience?.tenantId && claims.gateway === audience.gatewayId;
}
