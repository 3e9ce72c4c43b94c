/**
 * Whether an audit is as it was written: seals, their rows and signed checkpoints one after the other, in constant memory, up to
 * the first thing that is wrong, which is named. Pure: the same for what the admin API streams and for a file. Used by
 * audit-lines.ts.
 */
import { encodeEntries, genesisHash, sealHash, type AuditSeal } from '../store/audit-seal.ts';
import type { ChainEnd } from '../store/audit-chain-store.ts';
import type { AuditClaims } from '../../shared/trust/statement-claims.ts';

export interface AuditBeginning {
  readonly tenantId: string;
  /** Where the chain begins after removals by retention. */
  readonly floor: ChainEnd | undefined;
  /** Signatures hold, and they are of this tenant. */
  readonly checkpoints: readonly AuditClaims[];
}

export interface HashedRow {
  readonly id: number;
  readonly hash: Uint8Array;
}

export type AuditVerdict =
  | { readonly kind: 'intact'; readonly seals: number; readonly rows: number; readonly unsealed: number; readonly newest: ChainEnd; readonly checkpoints: number }
  | AlteredAudit;

export interface AlteredAudit {
  readonly kind: 'altered';
  /** `truncated`: it and all behind it; `removed`: all before it, by no removal that was signed; `resealed`: the seal of its range is another. */
  readonly what: 'edited' | 'deleted' | 'inserted' | 'reordered' | 'truncated' | 'removed' | 'resealed';
  /** The first row with which something is wrong; of what is no longer known, the last one before. */
  readonly rowId: number;
  readonly message: string;
}

export class AuditVerifier {
  readonly #checkpoints: readonly AuditClaims[];
  #end: ChainEnd;
  #seal: AuditSeal | undefined;
  /** Index into the seal's entries of the row that comes next. */
  #next = 0;
  #lastRowId: number;
  #missing: number | undefined;
  #firstUnsealed: number | undefined;
  #counts = { seals: 0, rows: 0, unsealed: 0 };
  #verdict: AlteredAudit | undefined;

  constructor({ tenantId, floor, checkpoints }: AuditBeginning) {
    this.#checkpoints = checkpoints;
    this.#end = floor ?? { number: 0, lastId: 0, hash: genesisHash(tenantId) };
    this.#lastRowId = this.#end.lastId;
    if (floor !== undefined && !checkpoints.some((claims) => claims.removal && matches(claims, floor))) {
      this.#verdict = altered('removed', floor.lastId, `rows up to ${floor.lastId} are gone, and no removal of them was signed`);
    } else this.#compare(this.#end);
  }

  /** The next seal; its rows follow it. Returns what is wrong, once something is. */
  takeSeal(seal: AuditSeal): AlteredAudit | undefined {
    if (this.#verdict !== undefined) return this.#verdict;
    this.#closeSeal();
    const before = this.#end;
    const first = seal.entries[0]?.id ?? before.lastId;
    if (this.#firstUnsealed !== undefined) return this.#fail('inserted', this.#firstUnsealed, 'it stands between two seals and in neither');
    if (seal.number !== before.number + 1) {
      return seal.number > before.number
        ? this.#fail('deleted', before.lastId + 1, `seal ${before.number + 1} is missing, and with it the rows from ${before.lastId + 1} to ${first - 1}`)
        : this.#fail('reordered', first, `seal ${seal.number} comes after seal ${before.number}`);
    }
    const isWhole = seal.entries.every(({ id }, index) => id > (seal.entries[index - 1]?.id ?? before.lastId)) && seal.entries.at(-1)?.id === seal.lastId;
    if (!isWhole || !Buffer.from(seal.hash).equals(sealHash(before.hash, seal.number, encodeEntries(seal.entries)))) {
      return this.#fail('resealed', first, `seal ${seal.number} does not follow seal ${before.number}: it, or what came before it, was written again; rows from ${first} to ${seal.lastId} are not to be trusted`);
    }
    this.#end = { number: seal.number, lastId: seal.lastId, hash: seal.hash };
    this.#seal = seal;
    this.#next = 0;
    this.#counts.seals += 1;
    this.#compare(this.#end, first);
    return this.#verdict;
  }

  takeRow(row: HashedRow): AlteredAudit | undefined {
    if (this.#verdict !== undefined) return this.#verdict;
    if (row.id <= this.#lastRowId) return this.#fail('reordered', row.id, `it comes after row ${this.#lastRowId}`);
    this.#lastRowId = row.id;
    this.#counts.rows += 1;
    if (row.id > this.#end.lastId) {
      this.#closeSeal();
      if (this.#missing !== undefined) return this.#fail('deleted', this.#missing, 'it was sealed and is not there');
      this.#firstUnsealed ??= row.id;
      this.#counts.unsealed += 1;
      return undefined;
    }
    return this.#compareRow(row);
  }

  /** Nothing follows. */
  finish(): AuditVerdict {
    if (this.#verdict !== undefined) return this.#verdict;
    this.#closeSeal();
    if (this.#missing !== undefined) return this.#fail('truncated', this.#missing, 'it was sealed, and neither it nor any row after it is there');
    const ahead = this.#checkpoints.find(({ seal }) => seal > this.#end.number);
    if (ahead !== undefined) {
      return this.#fail('truncated', this.#end.lastId + 1, `the signed checkpoint of ${new Date(ahead.issuedAt).toISOString()} knows rows up to ${ahead.lastRow} (seal ${ahead.seal}); the audit ends with seal ${this.#end.number} at row ${this.#end.lastId}`);
    }
    return { kind: 'intact', ...this.#counts, newest: this.#end, checkpoints: this.#checkpoints.length };
  }

  #compareRow(row: HashedRow): AlteredAudit | undefined {
    const entries = this.#seal?.entries ?? [];
    while ((entries[this.#next]?.id ?? Infinity) < row.id) {
      this.#missing ??= entries[this.#next]?.id;
      this.#next += 1;
    }
    if (this.#missing !== undefined) return this.#fail('deleted', this.#missing, 'it was sealed and is not there');
    const entry = entries[this.#next];
    if (entry?.id !== row.id) return this.#fail('inserted', row.id, `it is in no seal, and was not there when rows up to ${this.#end.lastId} were sealed`);
    this.#next += 1;
    if (Buffer.from(entry.hash).equals(row.hash)) return undefined;
    const elsewhere = entries.find(({ hash }) => Buffer.from(hash).equals(row.hash));
    return elsewhere === undefined
      ? this.#fail('edited', row.id, 'its content is not what was sealed')
      : this.#fail('reordered', row.id, `its content was sealed as row ${elsewhere.id}`);
  }

  /** Rows of a seal that did not come: deleted, or cut off if none comes any more. */
  #closeSeal(): void {
    this.#missing ??= this.#seal?.entries[this.#next]?.id;
    this.#seal = undefined;
  }

  /** With the checkpoints of this seal. */
  #compare(end: ChainEnd, first = end.lastId): void {
    const other = this.#checkpoints.find((claims) => claims.seal === end.number && !matches(claims, end));
    if (other !== undefined) this.#fail('resealed', first, `seal ${end.number} is not the one that the signed checkpoint of ${new Date(other.issuedAt).toISOString()} names: the chain was written again`);
  }

  #fail(what: AlteredAudit['what'], rowId: number, message: string): AlteredAudit {
    this.#verdict = altered(what, rowId, message);
    return this.#verdict;
  }
}

function matches(claims: AuditClaims, end: ChainEnd): boolean {
  return claims.seal === end.number && claims.lastRow === end.lastId && claims.hash === Buffer.from(end.hash).toString('hex');
}

function altered(what: AlteredAudit['what'], rowId: number, message: string): AlteredAudit {
  return { kind: 'altered', what, rowId, message };
}
