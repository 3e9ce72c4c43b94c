/** Conflicts that a real Postgres finds between transactions: the loser runs again, its work counts once, and it is counted. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DatabaseMeter } from '../control-plane/store/database-meter.ts';
import { Database, type Transaction } from '../control-plane/store/database.ts';
import { withClient } from '../control-plane/store/prepare-database.ts';
import { systemClock } from '../shared/clock.ts';
import { createMemoryLogger } from '../shared/log.ts';
import { openTestStore } from './support/postgres.ts';
import { createGateway } from './support/store-scene.ts';

const { store, database: opened } = await openTestStore();
const meter = new DatabaseMeter(systemClock);
const database = new Database({ ...opened, log: createMemoryLogger('test').log, clock: systemClock, meter, poolSize: 4, statementTimeoutMs: 10_000 });
const WRITE = { role: 'holdfast_publisher', mode: 'write' } as const;

function retriesOf(sqlstate: string): number {
  return meter.retries.entries().find(({ labels }) => labels['sqlstate'] === sqlstate)?.value.value ?? 0;
}

test('a serialization failure (40001): the transaction runs again on what the other one wrote', async (t) => {
  t.after(() => database.stop());
  const revision = 'SELECT revision FROM trust_state';
  const [before] = await database.query<{ readonly revision: number }>(WRITE, revision);
  let attempts = 0;
  const seen = await database.transaction(WRITE, async (transaction) => {
    attempts += 1;
    await transaction.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ');
    const [row] = await transaction.query<{ readonly revision: number }>(revision);
    if (attempts === 1) await withClient(opened.superuserConnectionString, (client) => client.query('UPDATE holdfast.trust_state SET revision = revision + 10'));
    await transaction.query('UPDATE trust_state SET revision = revision + 1');
    return row?.revision;
  });
  assert.deepEqual([attempts, seen], [2, (before?.revision ?? 0) + 10]);
  assert.equal((await database.query<{ readonly revision: number }>(WRITE, revision))[0]?.revision, (before?.revision ?? 0) + 11);
  assert.equal(retriesOf('40001'), 1);

  await t.test('a deadlock (40P01): who is chosen runs again, and both are done once', async () => {
    const [one, other] = [await createGateway(store), await createGateway(store)];
    const bump = (transaction: Transaction, gatewayId: string): Promise<unknown> => transaction.query('UPDATE gateways SET fleet_revision = fleet_revision + 1 WHERE id = $1', [gatewayId]);
    const read = () => database.query<{ readonly fleet_revision: number }>(WRITE, 'SELECT fleet_revision FROM gateways WHERE id = ANY($1)', [[one.gatewayId, other.gatewayId]]);
    const sum = (rows: readonly { readonly fleet_revision: number }[]): number => rows.reduce((total, row) => total + row.fleet_revision, 0);
    const first = sum(await read());
    const held = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    let runs = 0;
    const crossing = (index: number, from: string, to: string): Promise<void> =>
      database.transaction(WRITE, async (transaction) => {
        runs += 1;
        await bump(transaction, from);
        held[index]?.resolve();
        await Promise.all(held.map(({ promise }) => promise));
        await bump(transaction, to);
      });
    await Promise.all([crossing(0, one.gatewayId, other.gatewayId), crossing(1, other.gatewayId, one.gatewayId)]);
    assert.equal(sum(await read()) - first, 4);
    const lost = retriesOf('40P01');
    assert.ok(lost >= 1, 'Postgres may find more than one');
    assert.equal(runs, 2 + lost);
    const outcomes = meter.transactions.entries().filter(({ labels }) => labels['mode'] === 'write').map(({ labels, value }) => [labels['outcome'], value.count]);
    assert.equal(outcomes.find(([outcome]) => outcome === 'failed')?.[1], 1 + lost);
    assert.equal(meter.state.kind, 'answers', 'a conflict is an answer');
  });

  await t.test('what never ends losing is told as busy, and may be sent again', async () => {
    const losing = database.transaction(WRITE, (transaction) => transaction.query("DO $$ BEGIN RAISE EXCEPTION 'lost' USING ERRCODE = 'serialization_failure'; END $$"));
    await assert.rejects(losing, { code: 'STORE_BUSY', retryable: true });
    assert.equal(retriesOf('40001'), 8);
  });
});
