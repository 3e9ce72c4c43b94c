/**
 * A file of statements that goes from one holder of a root key to the next: what is to be signed, the signatures so far, and
 * the root sets that decide whose count. Works without network or database. The chain in the file is believed only as far as
 * who reads it compares its fingerprint; what counts in the end is checked by the control plane and by every data plane.
 * Used by the CLI (offline) and by key-desk.ts.
 */
import { HoldfastError } from '../../shared/errors.ts';
import { fingerprintOfRootBundle, verifyRootChain, type RootSet } from '../../shared/trust/root-set.ts';
import { formatClaims, parseClaims, type StatementClaims } from '../../shared/trust/statement-claims.ts';
import { toKeySet, type KeySet, type SigningKey } from '../../shared/trust/statement-keys.ts';
import { signStatement, verifyStatement } from '../../shared/trust/statements.ts';

export type RootSignedKind = 'root' | 'delegation' | 'epoch';

/** One statement with the signatures it has; `about` is for people and decides nothing. */
export type OpenStatement = { readonly [Kind in RootSignedKind]: { readonly kind: Kind; readonly claims: StatementClaims[Kind]; readonly signatures: readonly string[]; readonly about: string } }[RootSignedKind];

export interface StatementFile {
  /** Bundles, oldest first; empty before an installation's first root set. */
  readonly rootStatements: readonly string[];
  readonly statements: readonly OpenStatement[];
}

/** Whose signatures a statement needs. */
export interface Quorum {
  /** `root set 2`. */
  readonly name: string;
  readonly threshold: number;
  readonly signedBy: readonly string[];
  /** Members of the set that have not signed. */
  readonly open: readonly string[];
}

export interface StatementState {
  readonly statement: OpenStatement;
  /** A new root set needs two: of the set before, and its own. */
  readonly quorums: readonly Quorum[];
  readonly isComplete: boolean;
}

const FORMAT = 'holdfast-statements-1';
const MOST_STATEMENTS = 10_000;
const MOST_SIGNATURES = 32;

/** Throws KEYS_FILE_INVALID. */
export function parseStatementFile(text: string): StatementFile {
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch {
    throw invalid('it is not JSON');
  }
  return readStatementFile(given);
}

/** The same from a request's body. Throws KEYS_FILE_INVALID. */
export function readStatementFile(given: unknown): StatementFile {
  if (!isRecord(given) || given['format'] !== FORMAT) throw invalid(`it does not say "format": "${FORMAT}"`);
  const { root_statements: roots, statements } = given;
  if (!isTexts(roots) || !Array.isArray(statements) || statements.length > MOST_STATEMENTS) throw invalid('"root_statements" and "statements" must be lists');
  return { rootStatements: roots, statements: statements.map(readStatement) };
}

export function formatStatementFile(file: StatementFile): string {
  return `${JSON.stringify(showStatementFile(file), null, 2)}\n`;
}

/** As JSON shows it. */
export function showStatementFile({ rootStatements, statements }: StatementFile) {
  const shown = statements.map((statement) => ({ kind: statement.kind, about: statement.about, payload: payloadOf(statement), signatures: [...statement.signatures] }));
  return { format: FORMAT, root_statements: [...rootStatements], statements: shown };
}

/** What verifyBundle takes: signatures over just what the statement shows, so that what is read here and what is verified is one. */
export function bundleOf(statement: OpenStatement): string {
  const payload = Buffer.from(payloadOf(statement)).toString('base64url');
  return statement.signatures.filter((signature) => signature.split('.')[1] === payload).join('~');
}

/**
 * Adds a key's signature wherever it counts and is missing. Throws KEYS_KEY_NOT_IN_SET where it counts nowhere, so that nobody
 * believes to have signed.
 */
export async function signStatements(file: StatementFile, key: SigningKey): Promise<{ readonly file: StatementFile; readonly signed: number }> {
  const states = await stateOf(file);
  let signed = 0;
  const statements = await Promise.all(
    states.map(async ({ statement, quorums }) => {
      if (!quorums.some(({ open }) => open.includes(key.keyId))) return statement;
      signed += 1;
      return withSignature(statement, await signOpen(statement, key));
    }),
  );
  if (signed === 0 && !states.some(({ quorums }) => quorums.some(({ signedBy }) => signedBy.includes(key.keyId)))) {
    throw new HoldfastError({ code: 'KEYS_KEY_NOT_IN_SET', source: 'gateway', publicMessage: `key ${key.keyId} is in none of the root sets whose signatures these statements need; "holdfast keys show" lists those that are` });
  }
  return { file: { ...file, statements }, signed };
}

/** Who has signed what, and who is missing. Signatures that do not hold or do not count are not there. Throws KEYS_FILE_INVALID where the chain of root sets does not hold. */
export async function stateOf(file: StatementFile): Promise<readonly StatementState[]> {
  const current = await newestRootSet(file.rootStatements);
  return Promise.all(file.statements.map((statement) => stateOfOne(statement, current)));
}

/** The same statements with the signatures of all files. Throws KEYS_FILE_INVALID where they are about other things. */
export function mergeStatementFiles([first, ...others]: readonly [StatementFile, ...StatementFile[]]): StatementFile {
  const statements = [...first.statements];
  for (const { statements: more } of others) {
    for (const statement of more) {
      const index = statements.findIndex((known) => known.kind === statement.kind && payloadOf(known) === payloadOf(statement));
      const known = statements[index];
      if (known === undefined) statements.push(statement);
      else statements[index] = statement.signatures.reduce(withSignature, known);
    }
  }
  return { rootStatements: first.rootStatements, statements };
}

/** The set whose signatures count now; undefined before the first. */
export async function newestRootSet(rootStatements: readonly string[]): Promise<RootSet | undefined> {
  const [first] = rootStatements;
  if (first === undefined) return undefined;
  const verdict = await verifyRootChain(rootStatements, fingerprintOfRootBundle(first));
  if (verdict.kind === 'verified') return verdict.rootSet;
  throw invalid(`its root sets do not hold: ${verdict.reasons.join('; ')}`);
}

async function stateOfOne(statement: OpenStatement, current: RootSet | undefined): Promise<StatementState> {
  const sets = [
    ...(current === undefined ? [] : [{ name: `root set ${current.version}`, threshold: current.threshold, keys: current.keys }]),
    ...(statement.kind === 'root' ? [{ name: `root set ${statement.claims.version} (the new one)`, threshold: statement.claims.threshold, keys: toKeySet(statement.claims.keys) }] : []),
  ];
  const quorums = await Promise.all(sets.map(async ({ name, threshold, keys }): Promise<Quorum> => {
    const signedBy = await signersOf(statement, keys);
    return { name, threshold, signedBy, open: [...keys.keys()].filter((keyId) => !signedBy.includes(keyId)) };
  }));
  return { statement, quorums, isComplete: quorums.length > 0 && quorums.every(({ signedBy, threshold }) => signedBy.length >= threshold) };
}

async function signersOf(statement: OpenStatement, keys: KeySet): Promise<readonly string[]> {
  const audience = statement.kind === 'root' ? undefined : { tenantId: statement.claims.tenant, gatewayId: statement.claims.gateway };
  const verdicts = await Promise.all(statement.signatures.map((signature) => verifyStatement(statement.kind, signature, keys, audience)));
  const payload = payloadOf(statement);
  return [...new Set(verdicts.flatMap((verdict) => (verdict.kind === 'verified' && verdict.payload === payload ? [verdict.keyId] : [])))];
}

function withSignature(statement: OpenStatement, signature: string): OpenStatement {
  return statement.signatures.includes(signature) ? statement : { ...statement, signatures: [...statement.signatures, signature] };
}

function signOpen(statement: OpenStatement, key: SigningKey): Promise<string> {
  switch (statement.kind) {
    case 'root':
      return signStatement('root', statement.claims, key);
    case 'delegation':
      return signStatement('delegation', statement.claims, key);
    case 'epoch':
      return signStatement('epoch', statement.claims, key);
  }
}

function payloadOf(statement: OpenStatement): string {
  switch (statement.kind) {
    case 'root':
      return formatClaims('root', statement.claims);
    case 'delegation':
      return formatClaims('delegation', statement.claims);
    case 'epoch':
      return formatClaims('epoch', statement.claims);
  }
}

function readStatement(given: unknown): OpenStatement {
  if (!isRecord(given)) throw invalid('a statement is not an object');
  const { kind, about, payload, signatures } = given;
  if (typeof payload !== 'string' || typeof about !== 'string' || !isTexts(signatures) || signatures.length > MOST_SIGNATURES) throw invalid('a statement lacks "payload", "about" or "signatures"');
  switch (kind) {
    case 'root': {
      const claims = read(kind, payload);
      if (claims.threshold > claims.keys.length) throw invalid(`root set ${claims.version} asks for more signatures than it has keys`);
      return { kind, claims, signatures, about };
    }
    case 'delegation':
      return { kind, claims: read(kind, payload), signatures, about };
    case 'epoch':
      return { kind, claims: read(kind, payload), signatures, about };
    default:
      throw invalid('the kind of a statement must be root, delegation or epoch');
  }
}

function read<Kind extends RootSignedKind>(kind: Kind, payload: string): StatementClaims[Kind] {
  const claims = parseClaims(kind, payload);
  if (typeof claims === 'string') throw invalid(`a ${kind} statement is refused: ${claims}`);
  // Names in another order would be another payload than the one that is signed.
  if (formatClaims(kind, claims) !== payload) throw invalid(`a ${kind} statement does not have its claims in their order`);
  return claims;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function invalid(what: string): HoldfastError {
  return new HoldfastError({ code: 'KEYS_FILE_INVALID', source: 'gateway', publicMessage: `the statement file is not usable: ${what}; make it again with "holdfast keys pending --out" or "holdfast keys root propose"` });
}
