/** The schemas of custom plugins, as they were registered: appended to, never changed. Belongs to no tenant. */
import type { JsonObject } from '../../shared/model/definition.ts';
import { defined } from '../../shared/assert.ts';
import type { Database } from './database.ts';

export interface RegisteredPlugin {
  readonly name: string;
  readonly version: string;
  /** SHA-256 over the files of the plugin, lower-case hex. */
  readonly hash: string;
  /** As shared/plugins/schema-document.ts reads it. */
  readonly schema: JsonObject;
  readonly registeredAt: Date;
  readonly registeredBy: string;
}

export interface PluginStore {
  /** What is registered now: this, or what was there before under the same name and version. */
  register(plugin: Omit<RegisteredPlugin, 'registeredAt'>): Promise<RegisteredPlugin>;
  list(): Promise<readonly RegisteredPlugin[]>;
  /** How many there are: nothing is ever changed or taken away, so what has not grown is the same. */
  count(): Promise<number>;
}

const COLUMNS = 'name, version, hash, schema, registered_at AS "registeredAt", registered_by AS "registeredBy"';
const READ = { role: 'holdfast_publisher', mode: 'snapshot' } as const;

export function createPluginStore(database: Database): PluginStore {
  return {
    register: ({ name, version, hash, schema, registeredBy }) =>
      database.transaction({ role: 'holdfast_publisher', mode: 'write' }, async (transaction) => {
        await transaction.query(
          'INSERT INTO registered_plugins (name, version, hash, schema, registered_by) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING',
          [name, version, hash, JSON.stringify(schema), registeredBy]);
        const [row] = await transaction.query<RegisteredPlugin>(`SELECT ${COLUMNS} FROM registered_plugins WHERE name = $1 AND version = $2`, [name, version]);
        return defined(row, 'what was just stored');
      }),

    list: () => database.query<RegisteredPlugin>(READ, `SELECT ${COLUMNS} FROM registered_plugins ORDER BY name, registered_at`),

    async count() {
      const [row] = await database.query<{ readonly count: number }>(READ, 'SELECT count(*)::int AS count FROM registered_plugins');
      return row?.count ?? 0;
    },
  };
}
