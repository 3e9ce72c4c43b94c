/**
 * What of a database is in a backup: every table of the schema with every column that holds something of its own, in an order in
 * which references are there before what refers. Read from the database's own catalogue, so that no new table is forgotten. Partitions are
 * no tables here: their rows are those of the whole, and go where they belong when they come back.
 */
import type { ClientBase } from 'pg';
import { HoldfastError } from '../../../shared/errors.ts';
import type { TableHead } from './backup-format.ts';

/** Says itself which migrations ran; the header has it. */
const HISTORY = 'schema_migrations';

/** Throws BACKUP_INCOMPLETE where rows of a table would be hidden from who backs up. */
export async function listTables(client: ClientBase): Promise<readonly TableHead[]> {
  const { rows: hidden } = await client.query<{ readonly name: string }>(
    `SELECT c.relname AS name FROM pg_class c WHERE c.relnamespace = 'holdfast'::regnamespace AND c.relkind IN ('r', 'p') AND c.relrowsecurity
     AND NOT EXISTS (SELECT FROM pg_policies p WHERE p.schemaname = 'holdfast' AND p.tablename = c.relname AND p.policyname = 'backup')`,
  );
  if (hidden.length > 0) {
    const names = hidden.map(({ name }) => name).join(', ');
    throw new HoldfastError({ code: 'BACKUP_INCOMPLETE', source: 'control-plane', publicMessage: 'not all of the database can be read', message: `a backup would lack rows of ${names}: start a control plane of this release once, so that the schema is brought up to date` });
  }
  const { rows: columns } = await client.query<{ readonly name: string; readonly columns: readonly string[] }>(
    `SELECT c.relname AS name, array_agg(a.attname::text ORDER BY a.attnum) AS columns FROM pg_class c
     JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
     WHERE c.relnamespace = 'holdfast'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relname <> $1 GROUP BY c.relname ORDER BY c.relname`,
    [HISTORY],
  );
  const { rows: references } = await client.query<{ readonly from: string; readonly to: string }>(
    `SELECT f.relname AS "from", t.relname AS "to" FROM pg_constraint r JOIN pg_class f ON f.oid = r.conrelid JOIN pg_class t ON t.oid = r.confrelid
     WHERE r.contype = 'f' AND f.relnamespace = 'holdfast'::regnamespace AND f.oid <> t.oid`,
  );
  const order = inOrder(columns.map(({ name }) => name), references);
  return order.flatMap((name) => columns.filter((row) => row.name === name).map((row) => ({ table: name, columns: row.columns })));
}

/** What is referred to comes first. */
function inOrder(names: readonly string[], references: readonly { readonly from: string; readonly to: string }[]): readonly string[] {
  const placed: string[] = [];
  let waiting = [...names];
  while (waiting.length > 0) {
    const free = waiting.filter((name) => references.every(({ from, to }) => from !== name || placed.includes(to)));
    if (free.length === 0) throw new Error(`internal invariant broken: the tables ${waiting.join(', ')} refer to each other in a circle`);
    placed.push(...free);
    waiting = waiting.filter((name) => !free.includes(name));
  }
  return placed;
}
