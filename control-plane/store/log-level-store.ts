/**
 * The log level that an operator wants all control planes to have for a while: the last order, which each instance reads once in a
 * while (log-level-watch.ts). Belongs to no tenant.
 */
import type { SwitchableLevel } from '../../shared/log-level-switch.ts';
import type { Database } from './database.ts';

export interface LogLevelOrder {
  readonly level: SwitchableLevel;
  readonly until: Date;
  /** For the log. */
  readonly orderedBy: string;
}

export interface LogLevelStore {
  /** Takes the place of the order before. */
  order(order: LogLevelOrder): Promise<void>;
  /** Undefined where nothing was ordered yet. Its time may be over. */
  last(): Promise<LogLevelOrder | undefined>;
}

export function createLogLevelStore(database: Database): LogLevelStore {
  return {
    async order({ level, until, orderedBy }) {
      await database.query(
        { role: 'holdfast_publisher', mode: 'write' },
        'INSERT INTO log_level_orders (level, until, ordered_by) VALUES ($1, $2, $3) ON CONFLICT (single_row) DO UPDATE SET level = excluded.level, until = excluded.until, ordered_by = excluded.ordered_by',
        [level, until, orderedBy]);
    },

    async last() {
      const [row] = await database.query<{ readonly level: SwitchableLevel; readonly until: Date; readonly ordered_by: string }>(
        { role: 'holdfast_publisher', mode: 'snapshot' }, 'SELECT level, until, ordered_by FROM log_level_orders');
      return row === undefined ? undefined : { level: row.level, until: row.until, orderedBy: row.ordered_by };
    },
  };
}
