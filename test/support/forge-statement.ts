/**
 * Signed statements (compact JWS) altered as an attacker would: header or claims changed, the signature kept, dropped or
 * made anew in some other way. For the tests of tampering.
 */

export interface Forgery {
  /** Members of the header to replace or add. */
  readonly header?: Readonly<Record<string, unknown>>;
  /** Claims to replace or add. */
  readonly claims?: Readonly<Record<string, unknown>>;
  /** Makes a signature over the altered statement; without it the old one stays. */
  readonly sign?: (input: Buffer) => Uint8Array;
}

export function forgeStatement(statement: string, { header, claims, sign }: Forgery): string {
  const [oldHeader = '', oldPayload = '', oldSignature = ''] = statement.split('.');
  const input = `${alter(oldHeader, header)}.${alter(oldPayload, claims)}`;
  return `${input}.${sign === undefined ? oldSignature : Buffer.from(sign(Buffer.from(input))).toString('base64url')}`;
}

/** What a statement claims, unverified. */
export function claimsIn(statement: string): Readonly<Record<string, unknown>> {
  return parse(statement.split('.')[1] ?? '');
}

function alter(segment: string, over: Readonly<Record<string, unknown>> | undefined): string {
  return over === undefined ? segment : Buffer.from(JSON.stringify({ ...parse(segment), ...over })).toString('base64url');
}

function parse(segment: string): Readonly<Record<string, unknown>> {
  const value: unknown = JSON.parse(Buffer.from(segment, 'base64url').toString('utf8'));
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
