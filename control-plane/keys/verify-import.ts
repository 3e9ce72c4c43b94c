/**
 * Whether signed statements may be stored: as a data plane would judge them, and so that nothing of what is published would
 * lose its proof by it. All or nothing. Called by key-desk.ts.
 */
import { HoldfastError } from '../../shared/errors.ts';
import { fingerprintOfRootBundle, verifyDelegation, verifyEpoch, verifyRootChain, type RootSet } from '../../shared/trust/root-set.ts';
import { keyIdOf } from '../../shared/trust/statement-keys.ts';
import type { GatewayScope } from '../store/scope.ts';
import type { GatewayPlace, NewStatement, StoredStatement } from '../store/signing-key-store.ts';
import { bundleOf, type OpenStatement, type StatementFile } from './statement-file.ts';

export interface ImportContext {
  /** As stored. */
  readonly rootStatements: readonly string[];
  readonly gateways: readonly GatewayPlace[];
  /** In use. */
  readonly publishKeyIds: readonly string[];
  readonly stored: (kind: 'delegation' | 'epoch', scope: GatewayScope) => Promise<readonly StoredStatement[]>;
}

/** Every Welcome carries the chain, in one frame with all else (MAXIMUM_FRAME_BYTES). */
const MAXIMUM_CHAIN_LENGTH = 128 * 1024;
const MAXIMUM_DELEGATION_LENGTH = 32 * 1024;

type Of<Kind extends OpenStatement['kind']> = Extract<OpenStatement, { kind: Kind }>;

/** Root sets first. Throws KEYS_IMPORT_REFUSED with the reason. */
export async function verifyImport(file: StatementFile, context: ImportContext): Promise<readonly NewStatement[]> {
  if (file.statements.length === 0) throw refused('the file holds no statements');
  const statements: NewStatement[] = [];
  let rootStatements = context.rootStatements;
  const roots = file.statements.filter((statement): statement is Of<'root'> => statement.kind === 'root');
  for (const root of roots.toSorted((a, b) => a.claims.version - b.claims.version)) {
    const bundle = bundleOf(root);
    rootStatements = [...rootStatements, bundle];
    await newestOf(rootStatements);
    statements.push({ kind: 'root', scope: undefined, ordinal: root.claims.version, statement: bundle });
  }
  const length = rootStatements.reduce((sum, statement) => sum + statement.length, 0);
  if (length > MAXIMUM_CHAIN_LENGTH) throw refused(`the chain of root sets would have ${length} characters, more than the ${MAXIMUM_CHAIN_LENGTH} that a data plane can be told at once; let fewer holders sign`);
  const rootSet = await newestOf(rootStatements);
  for (const statement of file.statements) {
    if (statement.kind === 'root') continue;
    const { tenant: tenantId, gateway: gatewayId } = statement.claims;
    const gateway = context.gateways.find((candidate) => candidate.gatewayId === gatewayId && candidate.tenantId === tenantId);
    if (gateway === undefined) throw refused(`it speaks of gateway ${gatewayId}, which is not here (any more)`);
    statements.push(statement.kind === 'delegation' ? await verifyOneDelegation(statement, gateway, rootSet, file, context) : await verifyOneEpoch(statement, gateway, rootSet));
  }
  return statements;
}

async function newestOf(rootStatements: readonly string[]): Promise<RootSet> {
  const verdict = await verifyRootChain(rootStatements, fingerprintOfRootBundle(rootStatements[0] ?? ''));
  if (verdict.kind === 'verified') return verdict.rootSet;
  throw refused(`${verdict.code}: ${verdict.reasons.join('; ')}`);
}

async function verifyOneDelegation(statement: Of<'delegation'>, gateway: GatewayPlace, rootSet: RootSet, file: StatementFile, context: ImportContext): Promise<NewStatement> {
  const bundle = bundleOf(statement);
  if (bundle.length > MAXIMUM_DELEGATION_LENGTH) throw refused(`the delegation of gateway "${gateway.name}" has ${bundle.length} characters, more than ${MAXIMUM_DELEGATION_LENGTH}; let fewer holders sign`);
  const verdict = await verifyDelegation(bundle, rootSet, gateway);
  if (verdict.kind === 'refused') throw refused(`the delegation of gateway "${gateway.name}": ${verdict.code}: ${verdict.reasons.join('; ')}`);
  const { serial, keys } = statement.claims;
  const newest = (await context.stored('delegation', gateway)).at(-1)?.ordinal ?? 0;
  if (serial <= newest) throw refused(`the delegation of gateway "${gateway.name}" has serial ${serial}, ${newest} is stored already; make it anew with "holdfast keys pending"`);
  const foreign = keys.map(keyIdOf).find((keyId) => !context.publishKeyIds.includes(keyId));
  if (foreign !== undefined) throw refused(`the delegation of gateway "${gateway.name}" names publish key ${foreign}, which is not in use here`);
  // Under a new root set the epoch's statement of the old one proves nothing any more.
  if (gateway.epoch > 1 && !file.statements.some((other) => other.kind === 'epoch' && other.claims.gateway === gateway.gatewayId)) {
    const epoch = (await context.stored('epoch', gateway)).find(({ ordinal }) => ordinal === gateway.epoch);
    if (epoch === undefined || (await verifyEpoch(epoch.statement, rootSet, gateway)).kind === 'refused') {
      throw refused(`gateway "${gateway.name}" is in epoch ${gateway.epoch}, whose statement the new root set must sign too; import both together, as "holdfast keys pending" writes them`);
    }
  }
  return { kind: 'delegation', scope: gateway, ordinal: serial, statement: bundle };
}

async function verifyOneEpoch(statement: Of<'epoch'>, gateway: GatewayPlace, rootSet: RootSet): Promise<NewStatement> {
  const bundle = bundleOf(statement);
  const verdict = await verifyEpoch(bundle, rootSet, gateway);
  if (verdict.kind === 'refused') throw refused(`the epoch of gateway "${gateway.name}": ${verdict.code}: ${verdict.reasons.join('; ')}`);
  const { epoch } = statement.claims;
  if (epoch < gateway.epoch) throw refused(`gateway "${gateway.name}" is in epoch ${gateway.epoch} already, the statement is for ${epoch}`);
  return { kind: 'epoch', scope: gateway, ordinal: epoch, statement: bundle };
}

function refused(reason: string): HoldfastError {
  return new HoldfastError({ code: 'KEYS_IMPORT_REFUSED', source: 'downstream', publicMessage: `nothing was imported: ${reason}` });
}
