/** The times of a token (RFC 7519 §4.1.4, §4.1.5). Used by handler.ts at every request. */
import { memberOf, type Members } from './parse-token.ts';
import type { JwtConfig } from './schema.ts';

/** Seconds since the epoch. `wrong`: there is something, and it is no number. */
export interface TokenTimes {
  readonly expiresAt: number | 'wrong' | undefined;
  readonly notBefore: number | 'wrong' | undefined;
}

export function timesIn(claims: Members): TokenTimes {
  return { expiresAt: timeOf(memberOf(claims, 'exp')), notBefore: timeOf(memberOf(claims, 'nbf')) };
}

function timeOf(claim: unknown): number | 'wrong' | undefined {
  // What is written as 1e999 is no time at which anything ends.
  return claim === undefined || (typeof claim === 'number' && Number.isFinite(claim)) ? claim : 'wrong';
}

/**
 * By claim, what is wrong with it, as Kong answers; undefined where nothing is. Those that are asked for must be there. A token of an
 * issuer (`isOfIssuer`) keeps to what it says, asked or not, and must end.
 */
export function timesProblem({ expiresAt, notBefore }: TokenTimes, { claims_to_verify: asked, maximum_expiration: most }: JwtConfig, isOfIssuer: boolean, nowSeconds: number): Readonly<Record<string, string>> | undefined {
  const exp = isOfIssuer || asked?.includes('exp') === true ? expProblem(expiresAt, most, nowSeconds) : undefined;
  const nbf = asked?.includes('nbf') === true || (isOfIssuer && notBefore !== undefined) ? nbfProblem(notBefore, nowSeconds) : undefined;
  if (exp === undefined && nbf === undefined) return undefined;
  return { ...(exp === undefined ? {} : { exp }), ...(nbf === undefined ? {} : { nbf }) };
}

function expProblem(exp: TokenTimes['expiresAt'], most: number, nowSeconds: number): string | undefined {
  if (typeof exp !== 'number') return 'must be a number';
  if (exp <= nowSeconds) return 'token expired';
  return most > 0 && exp - nowSeconds > most ? 'exceeds maximum allowed expiration' : undefined;
}

function nbfProblem(nbf: TokenTimes['notBefore'], nowSeconds: number): string | undefined {
  if (typeof nbf !== 'number') return 'must be a number';
  return nbf > nowSeconds ? 'token not valid yet' : undefined;
}
