/**
 * The audit as JSON lines: `start`, signed checkpoints, then each seal with its rows behind it, the rows that are not sealed yet, and
 * `end`. Written by the admin API (export), read by `holdfast audit verify` from there or from a file, with checkpoints that
 * were kept elsewhere.
 */
import { HoldfastError } from '../../shared/errors.ts';
import { isJsonObject } from '../../shared/model/entity-checks.ts';
import type { JsonObject, JsonValue } from '../../shared/model/definition.ts';
import type { TenantId } from '../../shared/model/ids.ts';
import type { AuditClaims } from '../../shared/trust/statement-claims.ts';
import { toKeySet, type KeySet } from '../../shared/trust/statement-keys.ts';
import { verifyStatement } from '../../shared/trust/statements.ts';
import type { AuditChainStore, ChainEnd } from '../store/audit-chain-store.ts';
import { hashAuditContent } from '../store/audit-row.ts';
import { decodeEntries, encodeEntries } from '../store/audit-seal.ts';
import { AuditVerifier, type AuditVerdict } from './verify-audit.ts';

export const AUDIT_FORMAT = 'holdfast-audit-1';
export const CHECKPOINT_FORMAT = 'holdfast-audit-checkpoint-1';
const SEALS_AT_ONCE = 20;
const ROWS_AT_ONCE = 1_000;
const CHECKPOINTS = 1_000;

/** One line after the other, without line ends; throws where retention removes what is still to come. `publicKeys`: of the installation's publish keys, old ones too. */
export async function* exportAudit(chain: AuditChainStore, tenantId: TenantId, publicKeys: readonly string[]): AsyncGenerator<string> {
  // Checkpoints before the end of the chain: none may name a seal that comes later.
  const [{ lastId }, checkpoints, end, floor] = [await chain.moment(), await chain.checkpoints(tenantId, CHECKPOINTS), await chain.endOf(tenantId), await chain.floorOf(tenantId)];
  // After each reading, because rows go after the floor has moved: what retention takes away meanwhile would look like rows that somebody deleted.
  const refuseRemoval = async (): Promise<void> => {
    if ((await chain.floorOf(tenantId))?.number !== floor?.number) throw new Error('retention removed rows during the export; it is to be asked for again');
  };
  yield line({ type: 'start', format: AUDIT_FORMAT, tenant_id: tenantId, floor: floor === undefined ? null : showEnd(floor), keys: [...publicKeys] });
  // That of the removal may be older than all of these.
  const statements = new Set([...(floor?.removal === undefined ? [] : [floor.removal]), ...checkpoints.map(({ statement }) => statement)]);
  for (const statement of statements) yield line({ type: 'checkpoint', statement });
  let at: Pick<ChainEnd, 'number' | 'lastId'> = floor ?? { number: 0, lastId: 0 };
  while (at.number < end.number) {
    const seals = await chain.seals(tenantId, at.number, SEALS_AT_ONCE);
    await refuseRemoval();
    if (seals.length === 0) break;
    for (const seal of seals.filter(({ number }) => number <= end.number)) {
      yield line({ type: 'seal', ...showEnd(seal), entries: encodeEntries(seal.entries).toString('base64') });
      yield* rowLines(chain, tenantId, at.lastId, seal.lastId, refuseRemoval);
      at = seal;
    }
    if ((seals.at(-1)?.number ?? 0) >= end.number) break;
  }
  yield* rowLines(chain, tenantId, at.lastId, Math.max(lastId, at.lastId), refuseRemoval);
  yield line({ type: 'end' });
}

async function* rowLines(chain: AuditChainStore, tenantId: TenantId, afterId: number, upToId: number, refuseRemoval: () => Promise<void>): AsyncGenerator<string> {
  for (let after = afterId; ; ) {
    const rows = await chain.rows(tenantId, after, upToId, ROWS_AT_ONCE);
    await refuseRemoval();
    for (const row of rows) yield line({ type: 'row', ...row });
    const last = rows.at(-1);
    if (last === undefined || rows.length < ROWS_AT_ONCE) return;
    after = last.id;
  }
}

/** A signed checkpoint as it is kept elsewhere. */
export function checkpointDocument(statement: string, publicKey: string): JsonObject {
  return { format: CHECKPOINT_FORMAT, statement, public_key: publicKey };
}

export interface VerifyOptions {
  /** Documents of checkpoints that were kept elsewhere. */
  readonly checkpoints: readonly string[];
  /** Ids of the keys that may have signed, as they were written down; empty: those that the export and the checkpoints name. */
  readonly keyIds: readonly string[];
}

export interface VerifiedAudit {
  readonly tenantId: string;
  readonly verdict: AuditVerdict;
  /** By which keys its checkpoints are signed. */
  readonly keyIds: readonly string[];
}

/** Reads up to the first thing that is wrong. Throws AUDIT_FILE_MALFORMED, and AUDIT_CHECKPOINT_INVALID where a signature does not hold. */
export async function verifyLines(lines: AsyncIterable<string>, options: VerifyOptions): Promise<VerifiedAudit> {
  const kept = options.checkpoints.map(parseCheckpoint);
  let start: Started | undefined;
  let verifier: AuditVerifier | undefined;
  const statements = kept.map(({ statement }) => statement);
  let keyIds: readonly string[] = [];
  let isComplete = false;
  for await (const text of lines) {
    if (text.trim() === '') continue;
    const given = parseLine(text);
    if (given['type'] === 'start') start = readStart(given);
    else if (given['type'] === 'checkpoint') statements.push(textOf(given, 'statement'));
    else {
      if (start === undefined) throw malformed('it does not begin with a line of type "start"');
      if (verifier === undefined) {
        const keys = chooseKeys([...start.keys, ...kept.map(({ publicKey }) => publicKey)], options.keyIds);
        const signed = await Promise.all(statements.map((statement, index) => verifyCheckpoint(statement, keys, index < kept.length)));
        const ours = checkTenant(signed.filter((one) => one !== undefined), start.tenantId);
        keyIds = [...new Set(ours.map(({ keyId }) => keyId))];
        verifier = new AuditVerifier({ tenantId: start.tenantId, floor: start.floor, checkpoints: ours.map(({ claims }) => claims) });
      }
      if (given['type'] === 'end') isComplete = true;
      else if ((given['type'] === 'seal' ? verifier.takeSeal(readSeal(given)) : verifier.takeRow(readRow(given))) !== undefined) {
        isComplete = true;
        break;
      }
    }
  }
  if (start === undefined || verifier === undefined || !isComplete) throw malformed('it is not complete: its last line is not of type "end"');
  return { tenantId: start.tenantId, verdict: verifier.finish(), keyIds };
}

interface Started {
  readonly tenantId: string;
  readonly floor: ChainEnd | undefined;
  readonly keys: readonly string[];
}

interface SignedCheckpoint {
  readonly claims: AuditClaims;
  readonly keyId: string;
}

function chooseKeys(publicKeys: readonly string[], keyIds: readonly string[]): KeySet {
  const all = toKeySet([...new Set(publicKeys)]);
  return keyIds.length === 0 ? all : new Map([...all].filter(([keyId]) => keyIds.includes(keyId)));
}

/** One from the export that another key signed says nothing; one that somebody kept must hold. */
async function verifyCheckpoint(statement: string, keys: KeySet, isKept: boolean): Promise<SignedCheckpoint | undefined> {
  const verdict = await verifyStatement('audit', statement, keys, undefined);
  if (verdict.kind === 'verified') return { claims: verdict.claims, keyId: verdict.keyId };
  if (verdict.code === 'TRUST_KEY_UNKNOWN' && !isKept) return undefined;
  throw new HoldfastError({ code: 'AUDIT_CHECKPOINT_INVALID', source: 'control-plane', publicMessage: `a checkpoint of the audit does not hold: ${verdict.reasons.join('; ')}` });
}

function checkTenant(signed: readonly SignedCheckpoint[], tenantId: string): readonly SignedCheckpoint[] {
  const other = signed.find(({ claims }) => claims.account !== tenantId);
  if (other === undefined) return signed;
  throw new HoldfastError({ code: 'AUDIT_CHECKPOINT_INVALID', source: 'control-plane', publicMessage: `a checkpoint is of tenant ${other.claims.account}, and the audit of tenant ${tenantId}` });
}

function parseCheckpoint(text: string): { readonly statement: string; readonly publicKey: string } {
  const document = parseLine(text);
  if (document['format'] !== CHECKPOINT_FORMAT) throw malformed(`a checkpoint's format must be "${CHECKPOINT_FORMAT}"`);
  return { statement: textOf(document, 'statement'), publicKey: publicKeyOf(document['public_key']) };
}

function readStart(given: JsonObject): Started {
  if (given['format'] !== AUDIT_FORMAT) throw malformed(`its format must be "${AUDIT_FORMAT}"`);
  const keys = given['keys'];
  const floor = given['floor'];
  return { tenantId: textOf(given, 'tenant_id'), floor: isJsonObject(floor) ? readEnd(floor) : undefined, keys: Array.isArray(keys) ? keys.map(publicKeyOf) : [] };
}

function readSeal(given: JsonObject): Parameters<AuditVerifier['takeSeal']>[0] {
  return { ...readEnd(given), entries: decodeEntries(Buffer.from(textOf(given, 'entries'), 'base64')) };
}

function readRow(given: JsonObject): Parameters<AuditVerifier['takeRow']>[0] {
  if (given['type'] !== 'row') throw malformed(`a line has the unknown type ${JSON.stringify(given['type'] ?? null)}`);
  const { type: _, ...row } = given;
  return { id: numberOf(row, 'id'), hash: hashAuditContent(row) };
}

function showEnd({ number, lastId, hash }: ChainEnd): JsonObject {
  return { number, last_row: lastId, hash: Buffer.from(hash).toString('hex') };
}

function readEnd(given: JsonValue | undefined): ChainEnd {
  if (given === undefined || !isJsonObject(given)) throw malformed('a place in the chain is no object');
  return { number: numberOf(given, 'number'), lastId: numberOf(given, 'last_row'), hash: Buffer.from(textOf(given, 'hash'), 'hex') };
}

function publicKeyOf(value: JsonValue | undefined): string {
  if (typeof value === 'string' && /^[A-Za-z0-9_-]{43}$/.test(value)) return value;
  throw malformed('a public key is not 32 bytes in base64url');
}

function textOf(given: JsonObject, name: string): string {
  const value = given[name];
  if (typeof value === 'string') return value;
  throw malformed(`"${name}" is no text`);
}

function numberOf(given: JsonObject, name: string): number {
  const value = given[name];
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
  throw malformed(`"${name}" is no whole number`);
}

function parseLine(text: string): JsonObject {
  try {
    const parsed: JsonValue = JSON.parse(text);
    if (isJsonObject(parsed)) return parsed;
  } catch {
    // Told below.
  }
  throw malformed(`a line is no JSON object: ${text.slice(0, 60)}`);
}

function line(value: JsonObject): string {
  return JSON.stringify(value);
}

function malformed(what: string): HoldfastError {
  return new HoldfastError({ code: 'AUDIT_FILE_MALFORMED', source: 'gateway', publicMessage: `this is no export of an audit, or not a whole one: ${what}` });
}
