/** Our own endpoints about the fleet: join tokens, data planes, releases with their differences, exact usage. */
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { Gateway } from '../control-plane/store/gateway-store.ts';
import { defined } from '../shared/assert.ts';
import { newId, parseId, type DataPlaneId, type EntityId } from '../shared/model/ids.ts';
import { startTestAdminApi } from './support/admin-api.ts';
import { report } from './support/store-scene.ts';
import { telemetryBatch, usageRow } from './support/telemetry-rows.ts';
import type { TelemetryBatch, UsageRow } from '../shared/wire/telemetry-codec.ts';

const { send, store, tenantId, viewerToken } = await startTestAdminApi();
const gateway: Gateway = defined(await store.gateways.findByName(tenantId, 'default'), 'the default gateway');

async function enrol(hostname: string, labels: Readonly<Record<string, string>>): Promise<DataPlaneId> {
  const { token, secret } = await store.joinTokens.create(gateway, { uses: 1, expiresAt: new Date(Date.now() + 60_000), labels }, { operatorId: null, name: 'test', requestId: '', address: '' });
  const certificate = { serial: 'AB12', fingerprint: Buffer.alloc(32, 1), notAfter: new Date('2027-01-01T00:00:00Z') };
  const dataPlane = await store.dataPlanes.enrol(token.id, secret, async () => ({ id: newId<DataPlaneId>(), hostname, certificate }));
  return defined(dataPlane, 'the enrolled data plane').id;
}

test('join tokens are made, listed without their text, and revoked', async () => {
  const made = (await send('POST', '/v1/join-tokens', { json: { gateway: 'default', uses: 5, ttl_seconds: 600, labels: { region: 'eu-west' } } })).expect(201);
  assert.partialDeepStrictEqual(made.body, { uses_left: 5, labels: { region: 'eu-west' }, created_by: 'admin', gateway: { name: 'default' }, token: 'hfjoin1_made-up' });
  assert.partialDeepStrictEqual((await send('POST', '/v1/join-tokens')).expect(201).body, { uses_left: 1, labels: {} });
  const list = (await send('GET', '/v1/join-tokens', { token: viewerToken })).expect(200);
  assert.equal(list.at('data.1.id'), made.at('id'));
  assert.ok(!list.text.includes('hfjoin1'));
  (await send('DELETE', `/v1/join-tokens/${made.word('id')}`)).expect(204);
  (await send('DELETE', `/v1/join-tokens/${made.word('id')}`)).expect(204);
  assert.ok(!(await send('GET', '/v1/join-tokens')).text.includes(made.word('id')));
});

test('a data plane shows what it should serve, what it serves, and what it refused', async () => {
  const id = await enrol('edge-1', { region: 'eu-west' });
  assert.partialDeepStrictEqual((await send('GET', `/v1/data-planes/${id}`)).expect(200).body, {
    id, hostname: 'edge-1', labels: { region: 'eu-west' }, connected: false, desired_version: null, applied_version: null, content_root: null, rejection: null, quarantined: [], revoked_at: null,
  });
  const entity = newId<EntityId>();
  await report(store, gateway, id, {
    connected: true, lastSeenAt: new Date('2026-05-01T10:00:00Z'), softwareVersion: '0.1.0', desired: { version: { epoch: 1, sequence: 8 }, at: new Date('2026-05-01T09:59:58Z') },
    applied: { version: { epoch: 1, sequence: 7 }, root: Buffer.alloc(32, 0xab), at: new Date('2026-05-01T09:59:59Z'), tookMs: 7, quarantined: [{ kind: 'routes', id: entity, code: 'CONFIG_PATTERN', reason: 'the pattern is not linear' }] },
  });
  await report(store, gateway, id, { rejection: { code: 'SYNC_ROOT_MISMATCH', reasons: ['root differs'], epoch: 1, sequence: 8 } });
  const shown = (await send('GET', '/v1/data-planes')).expect(200);
  assert.partialDeepStrictEqual(shown.at('data.0'), {
    connected: false, last_seen_at: '2026-05-01T10:00:00.000Z', software_version: '0.1.0', desired_version: '1.8', applied_version: '1.7', content_root: 'ab'.repeat(32),
    quarantined: [{ kind: 'routes', id: entity, code: 'CONFIG_PATTERN', reason: 'the pattern is not linear' }], rejection: { code: 'SYNC_ROOT_MISMATCH', reasons: ['root differs'], version: '1.8' },
    certificate: { serial: 'AB12', not_after: '2027-01-01T00:00:00.000Z' },
  });
  const kong = (await send('GET', '/clustering/data-planes')).expect(200);
  assert.partialDeepStrictEqual(kong.at('data.0'), { id, hostname: 'edge-1', version: '0.1.0', last_seen: 1_777_629_600, config_hash: 'ab'.repeat(16), sync_status: 'unknown', cert_details: { expiry_timestamp: 1_798_761_600 } });
  // Whose control plane was killed was never reported gone; who was not seen for long is not connected.
  await report(store, gateway, id, { lastSeenAt: new Date(Date.now() - 30_000) });
  assert.equal((await send('GET', `/v1/data-planes/${id}`)).at('connected'), true);

  assert.deepEqual((await send('PATCH', `/v1/data-planes/${id}`, { json: { labels: { ring: '2' } } })).expect(200).at('labels'), { ring: '2' });
  (await send('PATCH', `/v1/data-planes/${id}`, { token: viewerToken, json: { labels: {} } })).expect(403);
  const revoked = (await send('POST', `/v1/data-planes/${id}/revoke`, { json: { reason: 'stolen' } })).expect(200);
  assert.equal(revoked.at('revocation_reason'), 'stolen');
  assert.match(revoked.word('revoked_at'), /^\d{4}-/);
  assert.deepEqual((await send('GET', '/clustering/status')).expect(200).body, {});
  (await send('POST', '/v1/gateways', { json: { name: 'elsewhere' } })).expect(201);
  (await send('GET', `/elsewhere/v1/data-planes/${id}`)).expect(404);
  assert.deepEqual((await send('GET', '/elsewhere/v1/data-planes')).expect(200).at('data'), []);
});

test('a release tells entity by entity what it changed, and nothing of a secret', async () => {
  (await send('POST', '/services', { json: { name: 'shop', host: 'one.test' } })).expect(201);
  (await send('POST', '/consumers', { json: { username: 'buyer' } })).expect(201);
  const credential = (await send('POST', '/consumers/buyer/key-auth', { json: { key: 'first-key' } })).expect(201);
  await publish(3);
  (await send('PATCH', '/services/shop', { json: { host: 'two.test' } })).expect(200);
  (await send('PATCH', '/services/shop', { json: { host: 'three.test', retries: 1 } })).expect(200);
  (await send('PATCH', `/key-auths/${credential.word('id')}`, { json: { key: 'second-key' } })).expect(200);
  (await send('POST', '/consumers', { json: { username: 'passing' } })).expect(201);
  (await send('DELETE', '/consumers/passing')).expect(204);
  await publish(8);
  (await send('DELETE', '/consumers/buyer')).expect(204);
  await publish(9);

  const list = (await send('GET', '/v1/releases')).expect(200);
  assert.deepEqual([list.at('data.0.version'), list.at('data.1.version'), list.at('data.2.version')], ['1.9', '1.8', '1.3']);
  const first = (await send('GET', '/v1/releases?size=2')).expect(200);
  assert.equal((await send('GET', first.word('next'))).expect(200).at('data.0.version'), '1.3');

  const second = (await send('GET', '/v1/releases/1.8')).expect(200);
  assert.equal(second.at('base_version'), '1.3');
  const changes = second.at('changes');
  assert.ok(Array.isArray(changes));
  assert.deepEqual(changes.map((change: { readonly op: string; readonly kind: string; readonly changed: readonly string[] }) => [change.op, change.kind, change.changed]), [
    ['update', 'keyauth_credentials', ['key']],
    ['update', 'services', ['host', 'retries']],
  ]);
  assert.partialDeepStrictEqual(changes[1], { before: { host: 'one.test' }, after: { host: 'three.test', retries: 1 }, actor: 'admin' });
  assert.ok(!/first-key|second-key|digest/.test(second.text), second.text);
  const third = (await send('GET', '/v1/releases/1.9', { token: viewerToken })).expect(200).at('changes');
  assert.ok(Array.isArray(third));
  assert.deepEqual(third.map((change: { readonly op: string; readonly kind: string }) => `${change.op} ${change.kind}`), ['delete consumers', 'delete keyauth_credentials']);
});

/** A release up to this sequence, as the publisher would store it. */
async function publish(sequence: number): Promise<void> {
  const base = await store.releases.newest(gateway);
  await store.releases.insert(gateway, {
    version: { epoch: 1, sequence }, base: base?.version, manifestStatement: 'statement', contentRoot: Buffer.alloc(32, sequence), entityCount: sequence, author: 'admin',
    ...(base === undefined ? {} : { delta: { transferStatement: 'statement', bytes: Buffer.from('delta') } }),
  });
}

test('usage sums exactly what was stored, grouped as asked, with what is missing', async () => {
  const [west, east] = [await enrol('west', {}), await enrol('east', {})];
  const [route, consumer] = [newId<EntityId>(), newId<EntityId>()];
  const bootId = randomUUID();
  // Minutes are kept for days; yesterday's are all there.
  const minute = Math.floor((Date.now() - 86_400_000) / 60_000) * 60_000;
  const row = (fields: Partial<UsageRow>) => usageRow({ routeId: route, bytesIn: 10, bytesOut: 100, durationMicros: 1000, ...fields });
  const batch = (fromMs: number, usage: readonly UsageRow[], extra: Partial<TelemetryBatch> = {}) => telemetryBatch({ fromMs, toMs: fromMs + 1000, usage, ...extra });
  const source = (dataPlaneId: DataPlaneId) => ({ tenantId: gateway.tenantId, gatewayId: gateway.gatewayId, dataPlaneId, bootId });
  await store.telemetry.storeBatch(source(west), 1, batch(minute, [row({ requests: 7 }), row({ consumerId: consumer, requests: 2 }), row({ status: 404, requests: 3 })]));
  await store.telemetry.storeBatch(source(west), 1, batch(minute, [row({ requests: 7 })]));
  await store.telemetry.storeBatch(source(east), 1, batch(minute + 60_000, [row({ requests: 5 }), row({ routeId: '', status: 0, requests: 1 })], { drops: [{ reason: 'spool-full', count: 4 }], crashGaps: [{ bootId: randomUUID(), lastFoldMs: minute, atMostMs: 900, lastRatePerSecond: 12.5 }] }));

  const totals = async (query: string): Promise<unknown> => (await send('GET', `/v1/usage${query}`, { token: viewerToken })).expect(200).at('data');
  assert.deepEqual(await totals(''), [{ requests: 18, bytes_in: 50, bytes_out: 500, duration_us: 5000 }]);
  const byClass = await totals('?group_by=status-class');
  assert.ok(Array.isArray(byClass));
  assert.deepEqual(byClass.map((total: { readonly status_class: string; readonly requests: number }) => [total.status_class, total.requests]).toSorted(), [['2xx', 14], ['4xx', 3], ['none', 1]]);
  const byBoth = await totals('?group_by=data_plane,consumer');
  assert.ok(Array.isArray(byBoth));
  assert.deepEqual(byBoth.map((total: { readonly data_plane_id: string; readonly consumer_id: string | null; readonly requests: number }) => [total.data_plane_id === west ? 'west' : 'east', total.consumer_id, total.requests]).toSorted(), [['east', null, 6], ['west', null, 10], ['west', consumer, 2]].toSorted());
  assert.partialDeepStrictEqual(await totals(`?to=${new Date(minute + 60_000).toISOString()}`), [{ requests: 12 }]);
  assert.partialDeepStrictEqual(await totals(`?from=${minute / 1000 + 60}&to=${minute / 1000 + 3_600}`), [{ requests: 6 }]);
  const report = (await send('GET', '/v1/usage')).expect(200);
  assert.deepEqual(report.at('dropped'), [{ data_plane_id: east, reason: 'spool-full', count: 4 }]);
  assert.partialDeepStrictEqual(report.at('lost_at_crash.0'), { data_plane_id: east, at_most_ms: 900, last_rate_per_second: 12.5, last_fold_at: new Date(minute).toISOString() });
  assert.ok(parseId(String(report.at('lost_at_crash.0.boot_id'))) !== undefined);
});
