/**
 * What each kind of statement says. One table of claims and their rules gives both the types and the strict parser:
 * a missing, unknown or ill-formed claim refuses the statement. Changing a row changes a format that data planes in
 * the field verify: raise `format` and keep reading the old one.
 */
import type { ConfigVersion } from '../model/version.ts';
import { parseId, type GatewayId, type TenantId } from '../model/ids.ts';

/** Reads one claim; undefined where the value breaks the claim's rule. */
type Claim<T> = (value: unknown) => T | undefined;
type Claims = { readonly [name: string]: Claim<unknown> };
type ClaimValues<C extends Claims> = { readonly [Name in keyof C]: C[Name] extends Claim<infer T> ? T : never };

const MAXIMUM_KEYS = 16;

const format: Claim<1> = (value) => (value === 1 ? 1 : undefined);
const flag: Claim<boolean> = (value) => (typeof value === 'boolean' ? value : undefined);
/** Whole numbers that JavaScript holds exactly. */
const count: Claim<number> = (value) => (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined);
const positive: Claim<number> = (value) => (count(value) === 0 ? undefined : count(value));
const tenant: Claim<TenantId> = (value) => canonicalId<TenantId>(value);
const gateway: Claim<GatewayId> = (value) => canonicalId<GatewayId>(value);
/** SHA-256, lower-case hex. */
const hash: Claim<string> = (value) => matching(value, /^[0-9a-f]{64}$/);
const softwareVersion: Claim<string> = (value) => matching(value, /^\d{1,5}\.\d{1,5}\.\d{1,5}$/);
const compression: Claim<'zstd' | 'none'> = (value) => (value === 'zstd' || value === 'none' ? value : undefined);
const baseVersion: Claim<ConfigVersion | null> = (value) => (value === null ? null : version(value));
/** Raw Ed25519 public keys, base64url, at least one, none twice. */
const publicKeys: Claim<readonly string[]> = (value) => {
  if (!Array.isArray(value) || value.length === 0 || value.length > MAXIMUM_KEYS) return undefined;
  const keys = value.map(publicKey).filter((key) => key !== undefined);
  return keys.length === value.length && new Set(keys).size === keys.length ? keys : undefined;
};

/** PEM, one after the other; so long that the statement stays within its bound. */
const certificates: Claim<string> = (value) => (typeof value === 'string' && value.length <= 5_000 ? matching(value, /^-----BEGIN CERTIFICATE-----\n/) : undefined);

const audience = { tenant, gateway };

/** Every kind with its claims. Times are epoch milliseconds. */
export const STATEMENT_CLAIMS = {
  /** The installation's root keys; signed by `threshold` of them and, at a rotation, of the set before. */
  root: { format, version: positive, threshold: positive, keys: publicKeys, issuedAt: count },
  /** Which keys may publish for a gateway; signed by the root set. A higher serial replaces a lower one. */
  delegation: { format, ...audience, serial: positive, keys: publicKeys, issuedAt: count },
  /** Binds a version to content. `issuedAt` informs, it decides nothing. */
  manifest: {
    format, ...audience, epoch: positive, sequence: positive, contentRoot: hash, entityCount: count, allowEmpty: flag,
    issuedAt: count, minimumDataPlaneVersion: softwareVersion,
  },
  /** The bytes of one transfer: a snapshot where `base` is null, else the change from `base`. */
  transfer: { format, ...audience, base: baseVersion, target: version, compression, wireHash: hash, wireLength: positive, inflatedLength: count },
  /** What is newest at `issuedAt`; lets a data plane notice that it is being kept on an old version. */
  head: { format, ...audience, epoch: positive, sequence: count, contentRoot: hash, issuedAt: count, expiresAt: count },
  /** The certificate authorities of control planes, newest first; signed by a publish key, because a server's certificate is not enough to name others. */
  authorities: { format, ...audience, certificates, issuedAt: count },
  /** Allows a gateway to start again at a lower sequence (S4); signed by the root set. */
  epoch: { format, ...audience, epoch: positive, issuedAt: count },
  /**
   * How far the audit of a tenant (`account`) is sealed: the number, last row and hash of a seal; signed by a publish key. `removal`: rows
   * up to there were removed by retention. Never sent to data planes.
   */
  audit: { format, account: tenant, seal: positive, lastRow: positive, hash, removal: flag, issuedAt: count },
} satisfies { readonly [kind: string]: Claims };

export type StatementKind = keyof typeof STATEMENT_CLAIMS;
export type StatementClaims = { readonly [Kind in StatementKind]: ClaimValues<(typeof STATEMENT_CLAIMS)[Kind]> };
export type RootClaims = StatementClaims['root'];
export type DelegationClaims = StatementClaims['delegation'];
export type ManifestClaims = StatementClaims['manifest'];
export type TransferClaims = StatementClaims['transfer'];
export type HeadClaims = StatementClaims['head'];
export type EpochClaims = StatementClaims['epoch'];
export type AuditClaims = StatementClaims['audit'];

/** The claims of a payload, or the sentence that says what is wrong with it. */
export function parseClaims<Kind extends StatementKind>(kind: Kind, payload: string): StatementClaims[Kind] | string {
  let given: unknown;
  try {
    given = JSON.parse(payload);
  } catch {
    return 'the payload is not JSON';
  }
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return 'the payload is not a JSON object';
  // One text per payload: no duplicate names, no white space to hide differences in.
  if (JSON.stringify(given) !== payload) return 'the payload is not in its one compact form';
  const rules: Claims = STATEMENT_CLAIMS[kind];
  const values = new Map<string, unknown>(Object.entries(given));
  for (const name of values.keys()) if (!Object.hasOwn(rules, name)) return `the claim "${name}" is unknown`;
  const claims: Record<string, unknown> = {};
  for (const [name, rule] of Object.entries(rules)) {
    const value = rule(values.get(name));
    if (value === undefined) return values.has(name) ? `the claim "${name}" is not valid` : `the claim "${name}" is missing`;
    claims[name] = value;
  }
  return claims as StatementClaims[Kind];
}

/** The one text of some claims: names in the order of the table. */
export function formatClaims<Kind extends StatementKind>(kind: Kind, claims: StatementClaims[Kind]): string {
  const values = new Map<string, unknown>(Object.entries(claims));
  return JSON.stringify(Object.fromEntries(Object.keys(STATEMENT_CLAIMS[kind]).map((name) => [name, values.get(name)])));
}

function version(value: unknown): ConfigVersion | undefined {
  if (typeof value !== 'object' || value === null || Object.keys(value).length !== 2) return undefined;
  const epoch = 'epoch' in value ? positive(value.epoch) : undefined;
  const sequence = 'sequence' in value ? positive(value.sequence) : undefined;
  return epoch === undefined || sequence === undefined ? undefined : { epoch, sequence };
}

function canonicalId<Id extends TenantId | GatewayId>(value: unknown): Id | undefined {
  if (typeof value !== 'string') return undefined;
  const id = parseId<Id>(value);
  return id === value ? id : undefined;
}

function publicKey(value: unknown): string | undefined {
  const text = matching(value, /^[A-Za-z0-9_-]{43}$/);
  return text !== undefined && Buffer.from(text, 'base64url').toString('base64url') === text ? text : undefined;
}

function matching(value: unknown, pattern: RegExp): string | undefined {
  return typeof value === 'string' && pattern.test(value) ? value : undefined;
}
