import { test } from 'node:test';
import assert from 'node:assert/strict';
import { HoldfastError } from '../../shared/errors.ts';
import { createMemoryLogger } from '../../shared/log.ts';
import { newId, type DataPlaneId, type GatewayId, type TenantId } from '../../shared/model/ids.ts';
import { skipUnstorable } from './skip-unstorable.ts';

const source = { tenantId: newId<TenantId>(), gatewayId: newId<GatewayId>(), dataPlaneId: newId<DataPlaneId>(), bootId: newId() };

test('while the database is away a batch of access records is not acknowledged', async () => {
  for (const thrown of [new Error('no database'), new HoldfastError({ code: 'STORE_UNAVAILABLE', source: 'control-plane', publicMessage: 'no database', retryable: true })]) {
    await assert.rejects(skipUnstorable(() => Promise.reject(thrown), createMemoryLogger('control-plane').log)(source, 1, Buffer.from('x')), /no database/);
  }
});

test('one that can never be stored is told in the log and holds nothing back', async () => {
  const { log, lines } = createMemoryLogger('control-plane');
  const ingest = skipUnstorable((_source, sequence) => (sequence === 2 ? Promise.resolve() : Promise.reject(new HoldfastError({ code: 'TELEMETRY_MALFORMED', source: 'gateway', publicMessage: 'no' }))), log);
  for (const sequence of [1, 2, 3]) await ingest(source, sequence, Buffer.from('x'));
  assert.deepEqual(lines().map((line) => /"event":"([^"]*)".*"sequence":(\d)/.exec(line)?.slice(1)), [['records-not-storable', '1'], ['records-not-storable', '3']]);
});
