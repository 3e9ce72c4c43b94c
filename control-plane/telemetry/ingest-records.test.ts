import { test } from 'node:test';
import assert from 'node:assert/strict';
import { HoldfastError } from '../../shared/errors.ts';
import { createMemoryLogger } from '../../shared/log.ts';
import { newId, type DataPlaneId, type GatewayId, type TenantId } from '../../shared/model/ids.ts';
import { encodeRecordBatch, type RecordBatch } from '../../shared/wire/access-record-codec.ts';
import { accessRecord } from '../../test/support/access-record.ts';
import { createRecordIngest } from './ingest-records.ts';

const source = { tenantId: newId<TenantId>(), gatewayId: newId<GatewayId>(), dataPlaneId: newId<DataPlaneId>(), bootId: newId() };
const batch: RecordBatch = { fromMs: 1, toMs: 2, records: [accessRecord()], drops: [{ reason: 'rate', count: 3 }] };

function scene(answer: () => Promise<'stored' | 'duplicate'>) {
  const { log, lines } = createMemoryLogger('control-plane');
  const stored: RecordBatch[] = [];
  const ingest = createRecordIngest({ storeRecords: (_source, _sequence, given) => (stored.push(given), answer()) }, log);
  return { ingest, stored, lines };
}

test('a batch is decoded and stored; one that was stored before is acknowledged all the same', async () => {
  for (const outcome of ['stored', 'duplicate'] as const) {
    const { ingest, stored } = scene(() => Promise.resolve(outcome));
    await ingest(source, 1, encodeRecordBatch(batch));
    assert.deepEqual(stored, [batch]);
  }
});

test('while the database is away the batch is not acknowledged', async () => {
  const { ingest } = scene(() => Promise.reject(new Error('no database')));
  await assert.rejects(ingest(source, 1, encodeRecordBatch(batch)), /no database/);
});

test('a batch that can never be stored is told in the log and holds nothing back', async () => {
  const refused = new HoldfastError({ code: 'STORE_TELEMETRY_REFUSED', source: 'control-plane', publicMessage: 'no' });
  const { ingest, lines } = scene(() => Promise.reject(refused));
  await ingest(source, 1, encodeRecordBatch(batch));
  await ingest(source, 2, Buffer.from('no batch'));
  assert.deepEqual(lines().map((line) => /"event":"([^"]*)".*"sequence":(\d)/.exec(line)?.slice(1)), [['records-not-storable', '1'], ['records-not-storable', '2']]);
});
