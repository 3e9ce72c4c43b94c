/** What Prometheus reads of a data plane that has had traffic: counted, named, within promtool's rules; and levels of its log by area. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, test } from 'node:test';
import { defined } from '../shared/assert.ts';
import { formatJoinToken } from '../shared/trust/join-token.ts';
import { THIS_VERSION } from '../shared/this-version.ts';
import { startTestAdminApi } from './support/admin-api.ts';
import { startControlPlaneParts } from './support/control-plane-parts.ts';
import { DataPlaneProcess } from './support/data-plane-process.ts';
import { openTestStore } from './support/postgres.ts';
import { checkWithPromtool, parseOpenMetrics, parsePrometheusText, type Family } from './support/prometheus-parser.ts';
import { waitUntil } from './support/wait-until.ts';

const given = await openTestStore();
const parts = await startControlPlaneParts(given.store);
const api = await startTestAdminApi({ askDataPlane: (...question) => parts.server.ask(...question) }, given);
const { send } = api;
const gateway = defined(await given.store.gateways.findByName(api.tenantId, 'default'), 'the default gateway');
const origin = createServer((_request, response) => response.end('hello'));
await new Promise<void>((resolve) => origin.listen(0, '127.0.0.1', resolve));
const bound = origin.address();
const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
let dataPlane: DataPlaneProcess | undefined;
after(async () => {
  await dataPlane?.destroy();
  origin.closeAllConnections();
  origin.close();
  await parts.stop();
});

test("requests, latencies and exemplars are told by route, in names of Kong's where the plugin asks for them, and promtool is content", { timeout: 60_000 }, async (t) => {
  (await send('POST', '/services', { json: { name: 'shop', host: '127.0.0.1', port } })).expect(201);
  (await send('POST', '/services', { json: { name: 'gone', host: '127.0.0.1', port: 1, retries: 0 } })).expect(201);
  for (const [name, service] of [['orders', 'shop'], ['plain', 'shop'], ['broken', 'gone']] as const) (await send('POST', `/services/${service}/routes`, { json: { name, paths: [`/${name}`] } })).expect(201);
  (await send('POST', '/consumers', { json: { username: 'ann' } })).expect(201);
  (await send('POST', '/consumers/ann/key-auth', { json: { key: 'right' } })).expect(201);
  (await send('POST', '/routes/orders/plugins', { json: { name: 'key-auth', config: {} } })).expect(201);
  (await send('POST', '/routes/orders/plugins', { json: { name: 'prometheus', config: { per_consumer: true, status_code_metrics: true, latency_metrics: true, bandwidth_metrics: true } } })).expect(201);
  const process = (dataPlane = await DataPlaneProcess.start({ HOLDFAST_JOIN_TOKEN: formatJoinToken(await parts.joinToken(gateway)), HOLDFAST_PROXY_THREADS: '1', HOLDFAST_LOG_LEVELS: 'telemetry=warn' }));
  await process.ready();
  const ask = async (path: string, headers: Readonly<Record<string, string>> = {}): Promise<number> => (await fetch(`http://127.0.0.1:${process.proxyPort}${path}`, { headers })).status;
  const scrape = async (accept: string): Promise<string> => (await fetch(`http://127.0.0.1:${process.statusPort}/metrics`, { headers: { accept } })).text();
  assert.deepEqual([await ask('/orders', { apikey: 'right' }), await ask('/orders', { apikey: 'right' }), await ask('/orders'), await ask('/plain'), await ask('/broken'), await ask('/none')], [200, 200, 401, 200, 502, 404]);

  const families = await waitUntil('all six are counted', async () => {
    const read = parsePrometheusText(await scrape('text/plain'));
    return sum(read, 'holdfast_requests_total') === 6 && sum(read, 'holdfast_proxy_thread_heap_used_bytes') > 1e6 ? read : undefined;
  });
  const names = new Map(defined(families.get('holdfast_route_info'), 'route_info').samples.map(({ labels }) => [labels['name'], labels]));
  assert.deepEqual([...names.keys()].toSorted(), ['broken', 'orders', 'plain']);
  assert.equal(names.get('orders')?.['service'], 'shop');
  const ofOrders = { route: names.get('orders')?.['route'] ?? '' };
  assert.equal(sum(families, 'holdfast_request_duration_seconds', 'holdfast_request_duration_seconds_count', ofOrders), 3);
  assert.equal(sum(families, 'holdfast_upstream_duration_seconds', 'holdfast_upstream_duration_seconds_count', ofOrders), 2);
  assert.equal(sum(families, 'holdfast_telemetry_produced_requests_total'), 6);
  assert.ok(sum(families, 'holdfast_open_files') > 10 && sum(families, 'holdfast_gc_runs_total') > 0);
  assert.equal(sum(families, 'holdfast_live'), 1);

  await t.test('Kong: in the scope of the plugin only, by consumer and source', () => {
    const counted = defined(families.get('kong_http_requests_total'), 'kong_http_requests_total').samples.map(({ labels: { service, route, code, source, consumer }, value }) => [service, route, code, source, consumer, value]);
    assert.deepEqual(counted.toSorted(), [['shop', 'orders', '200', 'service', 'ann', 2], ['shop', 'orders', '401', 'exit', '', 1]]);
    assert.equal(sum(families, 'kong_request_latency_ms', 'kong_request_latency_ms_count', { route: 'orders' }), 3);
  });

  await t.test('promtool has nothing to say, and OpenMetrics leads from a failed request to its id', async () => {
    const isKongs = (complaint: string): boolean => complaint.startsWith('kong_');
    checkWithPromtool(await scrape('text/plain'), isKongs);
    const broken = await waitUntil('the exemplar of the 502', async () => parseOpenMetrics(await scrape('application/openmetrics-text; version=1.0.0')).exemplars.find(({ sample }) => sample.includes(names.get('broken')?.['route'] ?? '-')));
    assert.match(broken.labels['request_id'] ?? '', /^[0-9a-f]{32}$/);
  });

  await t.test('its control plane sees it', () => {
    const [seen] = [...parts.server.seen(10)];
    assert.equal(seen?.softwareVersion, THIS_VERSION);
    assert.match(seen.contentRoot ?? '', /^[0-9a-f]{64}$/);
    assert.ok(Date.parse(seen.certificateEnds) > Date.now());
    assert.deepEqual([...parts.server.seen(0)], []);
  });

  await t.test('one area of its log is switched at run time, and comes back', async () => {
    const { data } = (await send('GET', '/v1/data-planes')).expect(200).body as { readonly data: readonly { readonly id: string }[] };
    const path = `/v1/data-planes/${data[0]?.id ?? ''}/log-level`;
    assert.deepEqual((await send('GET', path)).expect(200).at('areas.telemetry.level'), 'warn');
    (await send('PUT', `${path}/debug?area=sync&timeout=1`)).expect(200);
    await process.logged('log-level', ({ msg }) => msg.startsWith('log level debug of sync'));
    await process.logged('log-level', ({ msg }) => msg === 'log level info of sync again');
    assert.match((await send('PUT', `${path}/debug?area=synk`)).expect(400).text, /did you mean/i);
  });
});

function sum(families: ReadonlyMap<string, Family>, family: string, sample = family, labels: Readonly<Record<string, string>> = {}): number {
  const rows = defined(families.get(family), family).samples.filter((row) => row.name === sample && Object.entries(labels).every(([label, text]) => row.labels[label] === text));
  return rows.reduce((total, { value }) => total + value, 0);
}
