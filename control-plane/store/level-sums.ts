/**
 * Rows of a family added up in memory, and put into the table of a level: counts are added to what stands there, sketches merged with it.
 * Only for the one transaction that holds the family's watermark (roll-up-store.ts): what it reads nobody changes meanwhile.
 */
import type { Transaction, SqlValue } from './database.ts';
import { PackSum } from './latency-pack.ts';
import { floorTo, type Family, type Level } from './telemetry-families.ts';

/** As the driver gives a row of a family: its keys and counts by name. */
export interface FamilyRow {
  readonly tenant_id: string;
  readonly gateway_id: string;
  readonly at: Date;
  readonly latencies: Uint8Array | null;
  readonly [column: string]: string | number | Date | Uint8Array | null;
}

interface Sum {
  readonly tenantId: string;
  readonly gatewayId: string;
  readonly atMs: number;
  readonly keys: readonly (string | number)[];
  readonly counts: number[];
  readonly latencies: PackSum;
}

/** Rows of one statement: parameters are held in memory twice. */
const ROWS_AT_ONCE = 500;

export class LevelSums {
  readonly #family: Family;
  readonly #widthMs: number;
  readonly #sums = new Map<string, Sum>();

  constructor(family: Family, widthMs: number) {
    this.#family = family;
    this.#widthMs = widthMs;
  }

  get size(): number {
    return this.#sums.size;
  }

  add(row: FamilyRow): void {
    const { keys, counts, measures } = this.#family;
    const atMs = floorTo(row.at.getTime(), this.#widthMs);
    let name = `${row.gateway_id}/${atMs}`;
    for (const key of keys) name += `\0${String(row[key.name])}`;
    let sum = this.#sums.get(name);
    if (sum === undefined) {
      sum = { tenantId: row.tenant_id, gatewayId: row.gateway_id, atMs, keys: keys.map((key) => keyOf(row[key.name])), counts: counts.map(() => 0), latencies: new PackSum(measures) };
      this.#sums.set(name, sum);
    }
    for (let index = 0; index < counts.length; index += 1) sum.counts[index] = (sum.counts[index] ?? 0) + Number(row[counts[index] ?? '']);
    sum.latencies.add(row.latencies);
  }

  /** Adds all to the level, `breathe` between pieces, and is empty then. */
  async putInto(transaction: Transaction, level: Level, breathe: () => Promise<void>): Promise<void> {
    const sums = [...this.#sums.values()];
    this.#sums.clear();
    for (let at = 0; at < sums.length; at += ROWS_AT_ONCE) await this.#put(transaction, level, sums.slice(at, at + ROWS_AT_ONCE), breathe);
  }

  async #put(transaction: Transaction, level: Level, sums: readonly Sum[], breathe: () => Promise<void>): Promise<void> {
    const { tables, keys, counts } = this.#family;
    const table = tables[level];
    const keyNames = ['tenant_id', 'gateway_id', 'at', ...keys.map(({ name }) => name)];
    const keyTypes = ['uuid', 'uuid', 'timestamptz', ...keys.map(({ type }) => type)];
    const keyValues: SqlValue[] = [
      sums.map(({ tenantId }) => tenantId), sums.map(({ gatewayId }) => gatewayId), sums.map(({ atMs }) => new Date(atMs)),
      ...keys.map((_key, index) => sums.map((sum) => sum.keys[index] ?? '')),
    ];
    const known = await transaction.query<{ readonly place: number; readonly latencies: Uint8Array }>(
      `SELECT k.place, t.latencies FROM unnest(${keyTypes.map((type, index) => `$${index + 1}::${type}[]`).join(', ')}) WITH ORDINALITY AS k (${keyNames.join(', ')}, place)
       JOIN ${table}_latencies t ON ${keyNames.map((name) => `t.${name} = k.${name}`).join(' AND ')}`,
      keyValues,
    );
    for (const { place, latencies } of known) {
      sums[place - 1]?.latencies.add(latencies);
      await breathe();
    }
    const latencies: (Uint8Array | null)[] = [];
    for (const sum of sums) {
      latencies.push(sum.latencies.encode());
      await breathe();
    }
    const columns = [...keyNames, ...counts];
    const types = [...keyTypes, ...counts.map(() => 'bigint')];
    await transaction.query(
      `INSERT INTO ${table} AS t (${columns.join(', ')}) SELECT * FROM unnest(${types.map((type, index) => `$${index + 1}::${type}[]`).join(', ')})
       ON CONFLICT (${keyNames.join(', ')}) DO UPDATE SET ${counts.map((name) => `${name} = least(t.${name} + excluded.${name}, ${Number.MAX_SAFE_INTEGER})`).join(', ')}`,
      [...keyValues, ...counts.map((_name, index) => sums.map((sum) => Math.min(sum.counts[index] ?? 0, Number.MAX_SAFE_INTEGER)))],
    );
    await transaction.query(
      `INSERT INTO ${table}_latencies AS t (${keyNames.join(', ')}, latencies)
       SELECT * FROM unnest(${[...keyTypes, 'bytea'].map((type, index) => `$${index + 1}::${type}[]`).join(', ')}) AS r (${keyNames.join(', ')}, latencies) WHERE r.latencies IS NOT NULL
       ON CONFLICT (${keyNames.join(', ')}) DO UPDATE SET latencies = excluded.latencies`,
      [...keyValues, latencies],
    );
  }
}

function keyOf(value: string | number | Date | Uint8Array | null | undefined): string | number {
  return typeof value === 'number' ? value : String(value);
}
