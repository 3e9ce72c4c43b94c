/** What data planes could not use, with its source, and the fleet page by page with what is known of each data plane. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { listDataPlanes } from '../control-plane/cli/data-planes.ts';
import { defined } from '../shared/assert.ts';
import { newId, parseId, type EntityId } from '../shared/model/ids.ts';
import { startTestAdminApi, type AdminAnswer } from './support/admin-api.ts';
import { applied, FleetScene, version } from './support/fleet-scene.ts';
import { telemetryBatch } from './support/telemetry-rows.ts';

const { send, store, tenantId, viewerToken, adminToken, base } = await startTestAdminApi();
const gateway = defined(await store.gateways.findByName(tenantId, 'default'), 'the default gateway');
const fleet = new FleetScene(store, gateway);

function idIn(answer: AdminAnswer): EntityId {
  return defined(parseId<EntityId>(answer.word('id')), 'the id');
}

test('a quarantined entity is listed with who says so, the change that brought it and what refers to it, until it is mended', async () => {
  const service = (await send('POST', '/services', { json: { name: 'shop', host: 'one.test' } })).expect(201);
  const route = (await send('POST', '/services/shop/routes', { json: { name: 'front', paths: ['/'] } })).expect(201);
  const plugin = (await send('POST', '/services/shop/plugins', { json: { name: 'key-auth' } })).expect(201);
  await fleet.publish(3);
  // A later change of it is not what these data planes have.
  (await send('PATCH', '/services/shop', { json: { host: 'two.test' } })).expect(200);
  const [serviceId, routeId, pluginId] = [idIn(service), idIn(route), idIn(plugin)];
  const report = applied(3, new Date(), [pluginId]).applied;
  assert.ok(report !== undefined);
  const both = { applied: { ...report, quarantined: [...report.quarantined, { kind: 'services', id: serviceId, code: 'CONFIG_CERTIFICATE_UNUSABLE', reason: 'no key' }] } };
  const [one, two, gone] = [await fleet.enrol('one', {}, both), await fleet.enrol('two', {}, { applied: report }), await fleet.enrol('gone', {}, { applied: report, connected: false })];
  const revoked = await fleet.enrol('revoked', {}, { applied: report });
  await fleet.revoke(revoked);

  const list = (await send('GET', '/v1/quarantine', { token: viewerToken })).expect(200);
  assert.partialDeepStrictEqual(list.at('data'), [
    {
      entity: { kind: 'plugins', id: pluginId, name: 'key-auth' }, code: 'CONFIG_PLUGIN_UNKNOWN', reason: 'no such plugin',
      data_planes: { count: 3, connected: 2, named: [{ id: one, hostname: 'one' }, { id: two, hostname: 'two' }, { id: gone, hostname: 'gone' }] },
      source: { version: '1.3', actor: 'admin' }, dependants: { count: 0, named: [] },
    },
    {
      entity: { kind: 'services', id: serviceId, name: 'shop' }, code: 'CONFIG_CERTIFICATE_UNUSABLE',
      data_planes: { count: 1, connected: 1 }, source: { version: '1.1', actor: 'admin', request_id: service.headers['x-kong-admin-request-id'] },
      dependants: { count: 2, named: [{ kind: 'plugins', id: pluginId }, { kind: 'routes', id: routeId }] },
    },
  ]);
  const first = (await send('GET', '/v1/quarantine?size=1')).expect(200);
  assert.deepEqual([first.at('data.0'), (await send('GET', first.word('next'))).expect(200).at('data.0')], list.at('data'));
  (await send('GET', '/v1/quarantine?offset=x')).expect(400);
  assert.partialDeepStrictEqual((await send('GET', `/v1/data-planes/${one}`)).expect(200).at('quarantined'), [
    { kind: 'plugins', id: pluginId, name: 'key-auth', code: 'CONFIG_PLUGIN_UNKNOWN', source: { version: '1.3' } }, { kind: 'services', id: serviceId, name: 'shop', source: { version: '1.1' } },
  ]);

  for (const id of [one, two, gone]) await fleet.report(id, applied(4));
  assert.deepEqual((await send('GET', '/v1/quarantine')).expect(200).at('data'), []);
});

test('a data plane shows how long it took, its counts by version and its alarms', async () => {
  const releasedAt = await fleet.publish(7);
  const id = await fleet.enrol('timed', { region: 'eu-west' }, { ...applied(7, new Date(releasedAt.getTime() + 321)), desired: { version: version(7), at: new Date(releasedAt.getTime() + 5) } });
  const batch = (sequence: number, requests: number) => telemetryBatch({
    fromMs: Date.parse('2026-05-01T10:00:00Z'), toMs: Date.parse('2026-05-01T10:00:01Z'), version: version(sequence), versions: [{ version: version(sequence), requests, failed: 2, failedHere: 1 }],
  });
  const source = { ...gateway, dataPlaneId: id, bootId: randomUUID() };
  for (const [index, sequence] of [5, 6, 7].entries()) await store.telemetry.storeBatch(source, index + 1, batch(sequence, sequence * 10));
  await store.alarms.raise(gateway, { code: 'TEST_ALARM', dataPlaneId: id, detail: 'said something' }, 1);
  await store.alarms.settle(gateway, { code: 'TEST_ALARM', dataPlaneId: id });
  const shown = (await send('GET', `/v1/data-planes/${id}`)).expect(200);
  assert.deepEqual(shown.at('time_to_apply_ms'), { transfer: 7, since_release: 321 });
  // At a new session it says again what it has, and what of that it could not use.
  const said = defined(applied(7, new Date(releasedAt.getTime() + 90_000), [newId<EntityId>()]).applied, 'the report');
  await fleet.report(id, { applied: { ...said, already: true } });
  const again = (await send('GET', `/v1/data-planes/${id}`)).expect(200);
  assert.deepEqual([again.at('time_to_apply_ms'), again.at('applied_at'), again.at('quarantined_count')], [shown.at('time_to_apply_ms'), shown.at('applied_at'), 1]);
  await fleet.report(id, applied(7));
  assert.equal(shown.at('desired_at'), new Date(releasedAt.getTime() + 5).toISOString());
  assert.partialDeepStrictEqual(shown.at('requests_by_version'), [{ version: '1.7', requests: 70, failed: 2, failed_here: 1 }, { version: '1.6', requests: 60 }]);
  assert.equal(shown.at('requests_by_version.2'), undefined);
  await fleet.report(id, applied(5));
  assert.partialDeepStrictEqual((await send('GET', `/v1/data-planes/${id}`)).expect(200).at('requests_by_version'), [{ version: '1.7' }, { version: '1.5', requests: 50 }], 'after a fall-back');
  await fleet.report(id, applied(7));
  assert.partialDeepStrictEqual(shown.at('alarms'), [{ code: 'TEST_ALARM', detail: 'said something', cleared_by: 'control-plane' }]);
});

test('of what a data plane quarantined a list names the first ones, and the data plane itself all; of a refusal the first reasons are kept', async () => {
  const many = Array.from({ length: 30 }, () => newId<EntityId>());
  const id = await fleet.enrol('overwhelmed', { state: 'overwhelmed' }, { ...applied(3, new Date(), many), rejection: { code: 'CONFIG_COMPILE_FAILED', reasons: many, ...version(4) } });
  const listed = (await send('GET', '/v1/data-planes?selector=state%3Doverwhelmed')).expect(200);
  const read = (await send('GET', `/v1/data-planes/${id}`)).expect(200);
  const ids = (found: unknown): readonly string[] => (Array.isArray(found) ? found : []).map((one: { readonly id: string }) => one.id);
  assert.deepEqual([ids(listed.at('data.0.quarantined')), listed.at('data.0.quarantined_count')], [many.slice(0, 20), 30]);
  assert.deepEqual([ids(read.at('quarantined')), read.at('quarantined_count')], [many, 30]);
  assert.deepEqual(read.at('rejection.reasons'), many.slice(0, 20));
  await fleet.report(id, applied(3));
});

test('a fleet is listed page by page, by labels, and by the command', async () => {
  const west = await Promise.all(Array.from({ length: 5 }, (_, index) => fleet.enrol(`west-${index}`, { region: 'west', ring: String(index % 2) })));
  const list = async (query: string): Promise<readonly unknown[]> => {
    const found: unknown[] = [];
    for (let path: unknown = `/v1/data-planes?${query}`; typeof path === 'string'; ) {
      const page = (await send('GET', path, { token: viewerToken })).expect(200);
      const data = page.at('data');
      assert.ok(Array.isArray(data));
      found.push(...data.map((dataPlane: { readonly id: string }) => dataPlane.id));
      path = page.at('next');
    }
    return found;
  };
  assert.deepEqual(await list('selector=region%3Dwest&size=2'), west.toSorted());
  assert.equal((await list('selector=region%3Dwest,ring!%3D0')).length, 2);
  assert.equal((await list('size=3')).length, (await list('')).length);
  (await send('GET', `/v1/data-planes?offset=${newId()}`)).expect(200);
  (await send('GET', '/v1/data-planes?offset=1')).expect(400);
  (await send('GET', '/v1/data-planes?selector=a%3D')).expect(400);

  const lines: string[] = [];
  const output = { out: (line: string) => void lines.push(line), err: () => undefined };
  const settings = { adminUrl: base, adminToken, gateway: 'default', selector: 'region in (west,eu-west)', json: false };
  await listDataPlanes(settings, output);
  assert.match(lines[0] ?? '', /^ID +HOSTNAME +STATE +APPLIED +DESIRED +TOOK +REFUSED +QUARANTINED +LABELS$/);
  assert.equal(lines.length, 7);
  assert.match(defined(lines.find((line) => line.includes('timed')), 'the line'), /^[0-9a-f-]{36} +timed +connected +1\.7 +1\.7 +\d+ ms +- +0 +region=eu-west$/);
  lines.length = 0;
  await listDataPlanes({ ...settings, json: true }, output);
  const told: unknown = JSON.parse(lines.join('\n'));
  assert.ok(Array.isArray(told) && told.length === 6);
});
