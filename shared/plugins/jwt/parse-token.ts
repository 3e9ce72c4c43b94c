/**
 * A token in its compact form (RFC 7515 §7.1), taken apart but not believed: nothing here says that it is valid. Of its header only
 * `alg` and `kid` are ever looked at: keys and URLs in it (`jwk`, `jku`, `x5c`, `x5u`) are whoever made it's own. Used by handler.ts.
 */

/** Members by name; what JSON calls `__proto__` is a member like any other. */
export type Members = Readonly<Record<string, unknown>>;

export interface ParsedToken {
  readonly algorithm: string;
  readonly keyId: string | undefined;
  readonly header: Members;
  readonly claims: Members;
  /** What is signed: ASCII. */
  readonly signed: string;
  readonly signature: Uint8Array;
}

/** Longer ones don't fit in a header anyway. */
const MAX_TOKEN = 65_536;
const SEGMENT = /^[A-Za-z0-9_-]+$/;

/** The token, or what is wrong with it. */
export function parseToken(token: string): ParsedToken | string {
  if (token.length > MAX_TOKEN) return 'too long';
  const first = token.indexOf('.');
  const second = token.indexOf('.', first + 1);
  if (first === -1 || second === -1 || token.indexOf('.', second + 1) !== -1) return 'expected three segments';
  const [head, body, tail] = [token.slice(0, first), token.slice(first + 1, second), token.slice(second + 1)];
  if (!SEGMENT.test(head) || !SEGMENT.test(body) || (tail !== '' && !SEGMENT.test(tail))) return 'invalid base64url';
  const header = readJson(head);
  const claims = readJson(body);
  if (header === undefined || claims === undefined) return 'invalid JSON';
  const [algorithm, keyId] = [memberOf(header, 'alg'), memberOf(header, 'kid')];
  if (typeof algorithm !== 'string') return 'invalid alg';
  // What must be understood is not (RFC 7515 §4.1.11).
  if (Object.hasOwn(header, 'crit')) return 'invalid crit';
  return { algorithm, keyId: typeof keyId === 'string' ? keyId : undefined, header, claims, signed: token.slice(0, second), signature: signatureIn(tail) };
}

/** Nobody has signed how a signature is written: in its one form, or it is none. Otherwise one token would have several texts. */
function signatureIn(segment: string): Uint8Array {
  const bytes = Buffer.from(segment, 'base64url');
  return bytes.toString('base64url') === segment ? bytes : new Uint8Array(0);
}

export function memberOf(members: Members, name: string): unknown {
  return Object.hasOwn(members, name) ? members[name] : undefined;
}

function readJson(segment: string): Members | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(segment, 'base64url').toString('utf8'));
    return isMembers(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

export function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
