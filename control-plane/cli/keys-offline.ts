/**
 * The parts of `holdfast keys` that need neither network nor database: made for the machine where root keys are kept. A
 * private key goes into a file of mode 0600 and is never printed (T2). Called by keys.ts.
 */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { describeThrown, HoldfastError } from '../../shared/errors.ts';
import { formatSigningKey, generateSigningKey, keyIdOf, parseSigningKey } from '../../shared/trust/statement-keys.ts';
import {
  formatStatementFile, mergeStatementFiles, newestRootSet, parseStatementFile, signStatements, stateOf, type OpenStatement, type StatementFile, type StatementState,
} from '../keys/statement-file.ts';
import { readOrCreateSecretFile } from '../store/secret-file.ts';
import type { Output } from './command.ts';
import type { NewRootKeySettings, ProposeSettings, ShowSettings, SignSettings } from './keys-settings.ts';
import { terminalJson, terminalLine } from './terminal-text.ts';

/** The public key alone goes to standard output. */
export function newRootKey({ out }: NewRootKeySettings, output: Output): void {
  refuseExisting(out);
  const key = generateSigningKey();
  readOrCreateSecretFile(out, () => formatSigningKey(key));
  output.err(`The private root key is in ${out}: keep it offline, and a copy in another safe place. Status and show name it ${key.keyId}. Its public key, for "holdfast keys root propose --keys":`);
  output.out(key.publicKey);
}

export async function proposeRootSet({ out, keys, threshold, previous }: ProposeSettings, output: Output, nowMs: number): Promise<void> {
  refuseExisting(out);
  const rootStatements = previous === undefined ? [] : readStatements(previous).rootStatements;
  const before = await newestRootSet(rootStatements);
  if (previous !== undefined && before === undefined) throw misused(`${previous} holds no root set to follow; write it with "holdfast keys pending --out"`);
  const version = (before?.version ?? 0) + 1;
  if (keys.length === 0) throw misused('--keys is needed: the public keys of all members, as "holdfast keys root new-key" prints them');
  const wrong = keys.find((key) => !/^[A-Za-z0-9_-]{43}$/.test(key));
  if (wrong !== undefined) throw misused(`--keys: "${wrong}" is no public key; it has 43 characters, as "holdfast keys root new-key" prints it`);
  if (new Set(keys).size !== keys.length) throw misused('--keys names a key twice');
  if (threshold > keys.length) throw misused(`--threshold ${threshold} is more than the ${keys.length} keys there are`);
  const statement: OpenStatement = { kind: 'root', claims: { format: 1, version, threshold, keys, issuedAt: nowMs }, signatures: [], about: `root set ${version}: ${threshold} of ${keys.length} keys` };
  const file: StatementFile = { rootStatements, statements: [statement] };
  // Read back: what nobody could read must not go from hand to hand.
  parseStatementFile(formatStatementFile(file));
  writeNew(out, formatStatementFile(file));
  output.out(`Proposed root set ${version}, ${threshold} of ${keys.length} keys, in ${out}. It is signed with "holdfast keys sign --key KEY ${out}":`);
  for (const line of tell(await stateOf(file))) output.out(line);
}

export async function signFiles({ key }: SignSettings, output: Output, files: readonly string[]): Promise<void> {
  const signingKey = readKey(key);
  for (const path of files) {
    const { file, signed } = await signStatements(readStatements(path), signingKey);
    replace(path, formatStatementFile(file));
    output.out(signed === 0 ? `${path}: key ${signingKey.keyId} had signed already.` : `${path}: key ${signingKey.keyId} signed ${signed} of ${file.statements.length} statements.`);
    for (const line of tell(await stateOf(file))) output.out(line);
  }
}

export async function showFiles({ output: form }: ShowSettings, output: Output, files: readonly string[]): Promise<void> {
  const file = readAll(files);
  const states = await stateOf(file);
  const rootSet = await newestRootSet(file.rootStatements);
  if (form === 'json') {
    const statements = states.map(({ statement: { kind, about, claims }, quorums, isComplete }) => ({ kind, about, claims, complete: isComplete, quorums }));
    output.out(terminalJson({ root_set: rootSet === undefined ? null : { version: rootSet.version, fingerprint: rootSet.fingerprint }, statements }));
    return;
  }
  output.out(rootSet === undefined ? 'No root set yet: this begins one.' : `Signed under root set ${rootSet.version}, ${rootSet.threshold} of ${rootSet.keys.size} keys, fingerprint ${rootSet.fingerprint}. Compare it with "holdfast keys status" before you sign.`);
  for (const line of tell(states)) output.out(line);
}

/** One file, with the signatures of all copies of it. Throws KEYS_FILE_INVALID. */
export function readAll(paths: readonly string[]): StatementFile {
  const [first, ...others] = paths.map(readStatements);
  if (first === undefined) throw misused('a statement file is needed');
  return mergeStatementFiles([first, ...others]);
}

/** Throws KEYS_FILE_EXISTS. */
export function writeNew(path: string, text: string): void {
  refuseExisting(path);
  writeFileSync(path, text, { flag: 'wx' });
}

/** What a statement file says, in words; every line safe for a terminal. */
function tell(states: readonly StatementState[]): readonly string[] {
  const lines = states.flatMap(({ statement, quorums, isComplete }) => [
    `${isComplete ? 'complete' : 'open    '}  ${describe(statement)}`,
    ...quorums.map(({ name, threshold, signedBy, open }) => {
      const missing = Math.max(0, threshold - signedBy.length);
      const who = signedBy.length === 0 ? 'nobody signed' : `signed by ${signedBy.join(', ')}`;
      return `            ${name}: ${signedBy.length} of ${threshold}, ${who}${missing === 0 ? '' : `; ${missing} more of ${open.join(', ')}`}`;
    }),
  ]);
  return (lines.length === 0 ? ['Nothing is to be signed.'] : lines).map(terminalLine);
}

function describe(statement: OpenStatement): string {
  const issued = new Date(statement.claims.issuedAt).toISOString();
  switch (statement.kind) {
    case 'root':
      return `root set ${statement.claims.version}, ${issued}: ${statement.claims.threshold} of ${statement.claims.keys.map(keyIdOf).join(', ')} rule this installation`;
    case 'delegation':
      return `delegation ${statement.claims.serial}, ${issued}: ${statement.claims.keys.map(keyIdOf).join(', ')} may publish for gateway ${statement.claims.gateway} of tenant ${statement.claims.tenant} (${statement.about})`;
    case 'epoch':
      return `epoch ${statement.claims.epoch}, ${issued}: gateway ${statement.claims.gateway} of tenant ${statement.claims.tenant} may go back behind what its data planes have (${statement.about})`;
  }
}

function readStatements(path: string): StatementFile {
  try {
    return parseStatementFile(readFileSync(path, 'utf8'));
  } catch (thrown) {
    throw thrown instanceof HoldfastError ? thrown : unreadable(path, thrown);
  }
}

function readKey(path: string) {
  if (!existsSync(path)) throw unreadable(path, new Error('there is no such file'));
  const pem = readOrCreateSecretFile(path, () => '');
  try {
    return parseSigningKey(pem);
  } catch (thrown) {
    // What the parser says of the file's content is not repeated.
    if (thrown instanceof HoldfastError) throw thrown;
    throw unreadable(path, new Error('it holds no private key in PEM'));
  }
}

function refuseExisting(path: string): void {
  if (existsSync(path)) throw new HoldfastError({ code: 'KEYS_FILE_EXISTS', source: 'gateway', publicMessage: `${path} exists and is not overwritten; name another file, or move it away` });
}

/** Whole or not at all: a power cut must not take the signatures that are there. */
function replace(path: string, text: string): void {
  const unfinished = `${path}.${randomUUID()}`;
  writeFileSync(unfinished, text, { flag: 'wx' });
  renameSync(unfinished, path);
}

function unreadable(path: string, thrown: unknown): HoldfastError {
  return new HoldfastError({ code: 'KEYS_FILE_INVALID', source: 'gateway', publicMessage: `${path} can't be read: ${describeThrown(thrown)}` });
}

function misused(message: string): HoldfastError {
  return new HoldfastError({ code: 'CLI_MISUSED', source: 'gateway', publicMessage: message });
}
