/** Whether the database is there, may be served from, has this release's schema and the right time. A check of doctor/main.ts. */
import type { Clock } from '../../shared/clock.ts';
import { describeThrown, HoldfastError } from '../../shared/errors.ts';
import { compareClocks } from '../../shared/doctor/machine-checks.ts';
import { fail, ok, warn, type Finding } from '../../shared/doctor/run-doctor.ts';
import { inspectDatabase } from '../store/inspect-database.ts';

export async function checkDatabase(connectionString: string, poolSize: number, clock: Clock): Promise<readonly Finding[]> {
  const beforeMs = clock.nowMs();
  let seen;
  try {
    seen = await inspectDatabase(connectionString);
  } catch (thrown) {
    const advice = thrown instanceof HoldfastError && thrown.retryable ? 'start it, or correct HOLDFAST_DATABASE_URL; a control plane waits for it' : 'do what the message says';
    return [fail(describeThrown(thrown), advice)];
  }
  const time = compareClocks('the database', seen.nowMs, { beforeMs, afterMs: clock.nowMs(), precisionMs: 1 });
  return [ok(`PostgreSQL ${seen.serverVersion} lets us in as ${seen.login}, who is no superuser`), schema(seen), connections(seen, poolSize), time];
}

function schema({ migrations }: Awaited<ReturnType<typeof inspectDatabase>>): Finding {
  switch (migrations.kind) {
    case 'empty':
      return ok('it is empty: the first start makes the schema');
    case 'up-to-date':
      return ok(`its schema is this release's (${migrations.newest})`);
    case 'behind':
      return warn(`its schema lacks ${migrations.missing.join(', ')}`, 'the next start of a control plane of this release adds it; those of the release before go on beside it');
    case 'foreign':
      return fail(migrations.why, 'start the release that the message names');
  }
}

function connections({ connectionLimit, connectionsUsed }: Awaited<ReturnType<typeof inspectDatabase>>, poolSize: number): Finding {
  const told = `${connectionsUsed} of ${connectionLimit} connections are used; this control plane takes up to ${poolSize + 2}`;
  return connectionLimit - connectionsUsed > poolSize + 1 ? ok(told) : warn(told, 'raise max_connections, or lower HOLDFAST_DATABASE_POOL_SIZE');
}
