/**
 * Alerts, from a rule over what data planes told to a signed message that a receiver takes: fired once however many control planes look, sent again
 * until it is taken, resolved when it is over.
 */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, test } from 'node:test';
import { AlertMeter } from '../control-plane/alerts/alert-meter.ts';
import { AlertWatch } from '../control-plane/alerts/alert-watch.ts';
import { WebhookSender } from '../control-plane/alerts/webhook-sender.ts';
import type { GatewayScope } from '../control-plane/store/scope.ts';
import { defined } from '../shared/assert.ts';
import { createMemoryLogger } from '../shared/log.ts';
import { newId } from '../shared/model/ids.ts';
import { LatencySketch } from '../shared/telemetry/latency-sketch.ts';
import { startTestAdminApi } from './support/admin-api.ts';
import { FleetScene } from './support/fleet-scene.ts';
import { ManualClock } from './support/manual-clock.ts';
import { openTestStore } from './support/postgres.ts';
import { TEST_ACTOR } from './support/store-scene.ts';
import { telemetryBatch, usageRow } from './support/telemetry-rows.ts';
import { answeringInTurn, startWebhookReceiver } from './support/webhook-receiver.ts';

/** Time passes when a test says so, for the store too. */
const clock = new ManualClock(Math.floor(Date.now() / 10_000) * 10_000 + 5_000);
const { send, store, tenantId, viewerToken, logLines } = await startTestAdminApi({ clock }, await openTestStore({ clock }));

async function gatewayNamed(name: string): Promise<GatewayScope> {
  const stored = await store.gateways.create(tenantId, name, TEST_ACTOR);
  assert.ok(stored.kind === 'stored');
  return { tenantId, gatewayId: stored.value.gatewayId };
}

/** Two of each, as two control planes have them; they look and send when they are told to. */
function controlPlanes() {
  const { log } = createMemoryLogger('control-plane');
  const both = [0, 1].map(() => {
    const sender = new WebhookSender({ webhooks: store.webhooks, meter: new AlertMeter(), mayAskItself: true, softwareVersion: '0.1.0', clock, random: () => 0.5, log });
    const watch = new AlertWatch({ alerts: store.alerts, webhooks: store.webhooks, meter: new AlertMeter(), analytics: store.analytics, onTold: () => undefined, clock, log });
    after(async () => {
      await watch.stop();
      await sender.stop();
    });
    return { sender, watch };
  });
  return {
    // The first may be one that the clock began before it got so far.
    look: async () => {
      for (let turn = 0; turn < 2; turn += 1) await Promise.all(both.map(({ watch }) => watch.look()));
    },
    send: async () => void (await Promise.all(both.map(({ sender }) => sender.settled()))),
  };
}

test('a rule that is met is told once, signed, until it is taken; and that it is over', async () => {
  const gateway = await gatewayNamed('told');
  const fleet = new FleetScene(store, gateway);
  const planes = controlPlanes();
  const receiver = await startWebhookReceiver(answeringInTurn([500, 302]));
  const webhook = (await send('POST', '/v1/webhooks', { json: { name: 'pager', url: receiver.url } })).expect(201);
  const secret = webhook.word('secret');
  assert.match(secret, /^whsec_/);
  const quiet = await fleet.enrol('quiet', { region: 'eu' }, { connected: false, lastSeenAt: new Date(clock.nowMs() - 120_000) });
  await fleet.enrol('elsewhere', { region: 'us' }, { connected: false, lastSeenAt: new Date(clock.nowMs() - 120_000) });
  const rule = (await send('POST', '/told/v1/alert-rules', { json: { name: 'silent', kind: 'silence', threshold: 60, for_seconds: 30, resolve_seconds: 0, labels: { region: 'eu' }, severity: 'critical', webhooks: ['pager'] } })).expect(201);

  await planes.look();
  await planes.send();
  assert.equal(receiver.received.length, 0);
  assert.partialDeepStrictEqual((await send('GET', '/told/v1/alerts')).expect(200).at('data'), [{ state: 'pending', subject: quiet, rule: { name: 'silent', severity: 'critical' } }]);
  for (let look = 0; look < 3; look += 1) {
    clock.advance(15_000);
    await planes.look();
  }
  await planes.send();
  assert.deepEqual(receiver.received.map(({ type, subject }) => [type, subject]), [['alert.firing', quiet]]);
  const deliveries = async (): Promise<unknown> => (await send('GET', '/v1/webhooks/pager/deliveries')).expect(200).at('data');
  assert.partialDeepStrictEqual(await deliveries(), [{ state: 'retrying', attempts: 1, last_status: 500, last_error: 'the receiver answered 500' }]);
  // A redirect is a failure too; each pause is twice as long.
  clock.advance(5_000);
  await planes.send();
  clock.advance(9_000);
  await planes.send();
  assert.equal(receiver.received.length, 2);
  clock.advance(1_000);
  await planes.send();
  assert.partialDeepStrictEqual(await deliveries(), [{ state: 'delivered', attempts: 3, last_status: 204 }]);
  const [first, second, third] = receiver.received;
  assert.ok(first !== undefined && second?.id === first.id && third?.body === first.body);
  for (const { id, headers, body } of receiver.received) {
    const signature = createHmac('sha256', Buffer.from(secret.slice(6), 'base64')).update(`${id}.${String(headers['webhook-timestamp'])}.${body}`).digest('base64');
    assert.equal(headers['webhook-signature'], `v1,${signature}`);
  }
  assert.match(first.body, /nothing was heard of quiet for 150 s/);

  await fleet.report(quiet, { connected: true, lastSeenAt: new Date(clock.nowMs() + 15_000) });
  clock.advance(15_000);
  await planes.look();
  await planes.send();
  assert.deepEqual(receiver.received.slice(3).map(({ type, subject }) => [type, subject]), [['alert.resolved', quiet]]);
  assert.deepEqual((await send('GET', '/told/v1/alerts')).at('data'), []);

  (await send('POST', '/v1/webhooks/pager/test')).expect(201);
  await planes.send();
  assert.equal(receiver.received.at(-1)?.type, 'webhook.test');
  (await send('DELETE', `/told/v1/alert-rules/${rule.word('id')}`)).expect(204);
  (await send('DELETE', '/v1/webhooks/pager')).expect(204);
  // Neither the address nor the secret stands anywhere.
  const audit = (await send('GET', '/v1/audit?size=1000')).text;
  for (const text of [audit, logLines().join('\n')]) assert.ok(!text.includes(secret) && !text.includes('of-secret-path'));
});

test('each kind of rule finds what it is about', async () => {
  const gateway = await gatewayNamed('kinds');
  const fleet = new FleetScene(store, gateway);
  const planes = controlPlanes();
  const receiver = await startWebhookReceiver();
  (await send('POST', '/v1/webhooks', { json: { name: 'kinds', url: receiver.url } })).expect(201);
  const dataPlaneId = await fleet.enrol('busy', {}, { lastSeenAt: new Date(clock.nowMs()) });
  const [slow, failing] = [newId(), newId()];
  const latency = new LatencySketch();
  latency.add(700_000, 90);
  latency.add(10_000, 10);
  const latencies = { request: latency.encode(), upstream: latency.encode(), gateway: new LatencySketch().encode() };
  const nowMs = clock.nowMs();
  const vitals = {
    atMs: nowMs, spoolBytes: 95, spoolMaxBytes: 100, recordSpoolBytes: 0, recordSpoolMaxBytes: 1, headAgeMs: 900_000, stale: true, certificateValidToMs: 0, residentBytes: 0, heapBytes: 0, loopDelayMicros: 0, openFiles: 0, cpuMs: 0,
    threads: 1, connections: 0, droppedRecords: 0,
  };
  const usage = [usageRow({ routeId: slow, requests: 100, durationMicros: 63_100_000, latencies }), usageRow({ routeId: failing, requests: 60 }), usageRow({ routeId: failing, status: 503, requests: 40 }), usageRow({ routeId: newId(), status: 500, requests: 3 })];
  await store.telemetry.storeBatch({ ...gateway, dataPlaneId, bootId: newId() }, 1, telemetryBatch({ fromMs: nowMs - 20_000, toMs: nowMs - 10_000, usage, vitals }));
  await store.alarms.raise(gateway, { code: 'FLEET_BEHIND', dataPlaneId, detail: 'it lags' }, 1);
  const rules = [
    { name: 'errors', kind: 'error_rate', threshold: 25, group_by: 'route' }, { name: 'all-errors', kind: 'error_rate', threshold: 30 }, { name: 'slow', kind: 'latency', threshold: 500, quantile: 'p50', group_by: 'route' },
    { name: 'fast', kind: 'latency', threshold: 500, quantile: 'p50', measure: 'gateway' }, { name: 'full', kind: 'spool', threshold: 90 }, { name: 'stale', kind: 'stale_config', threshold: 600 },
    { name: 'expiring', kind: 'certificate_expiry', threshold: 400 }, { name: 'drifting', kind: 'drift' }, { name: 'alarmed', kind: 'alarm', codes: ['SYNC_DATA_PLANE_AHEAD'] }, { name: 'silent', kind: 'silence', threshold: 60 },
  ];
  for (const rule of rules) (await send('POST', '/kinds/v1/alert-rules', { json: { webhooks: ['kinds'], resolve_seconds: 0, ...rule } })).expect(201);
  await planes.look();
  await planes.send();
  const told = receiver.received.map(({ body }) => JSON.parse(body) as { readonly data: { readonly rule: { readonly name: string }; readonly subject: string | null; readonly value: number } }).map(({ data }) => [data.rule.name, data.subject, data.value]);
  assert.deepEqual(told.map(([name, subject]) => [name, subject]).toSorted(), [['drifting', `FLEET_BEHIND ${dataPlaneId}`], ['errors', failing], ['expiring', dataPlaneId], ['full', dataPlaneId], ['slow', slow], ['stale', dataPlaneId]].toSorted());
  assert.equal(told.find(([name]) => name === 'errors')?.[2], 40);
  assert.ok(Math.abs(Number(told.find(([name]) => name === 'slow')?.[2]) - 700) <= 7);
  // What goes on is told again after a while, and no sooner.
  const before = receiver.received.length;
  clock.advance(3 * 3_600_000);
  // Nobody looked for as long: silence is told once somebody has listened for its time.
  for (let look = 0; look < 6; look += 1) {
    await planes.look();
    clock.advance(15_000);
  }
  await planes.send();
  assert.deepEqual(receiver.received.slice(before).map(({ type }) => type).toSorted(), ['alert.firing', 'alert.resolved', 'alert.resolved', 'alert.resolved']);
  for (const { name } of rules) (await send('DELETE', `/kinds/v1/alert-rules/${name}`)).expect(204);
  (await send('DELETE', '/v1/webhooks/kinds')).expect(204);
});

test('who gives up, who is refused, and who may do what', async () => {
  const gateway = await gatewayNamed('given-up');
  const planes = controlPlanes();
  const receiver = await startWebhookReceiver(answeringInTurn([410, ...Array<number>(30).fill(500)]));
  (await send('POST', '/v1/webhooks', { json: { name: 'gone', url: receiver.url } })).expect(201);
  (await send('POST', '/v1/webhooks/gone/test')).expect(201);
  await planes.send();
  const state = async (): Promise<unknown> => (await send('GET', '/v1/webhooks/gone/deliveries')).expect(200).at('data.0.state');
  assert.equal(await state(), 'given_up');
  (await send('POST', '/v1/webhooks/gone/test')).expect(201);
  for (let hours = 0; hours < 26; hours += 1) {
    await planes.send();
    clock.advance(3_600_000);
  }
  assert.equal(await state(), 'given_up', (await send('GET', '/v1/webhooks/gone/deliveries')).text.slice(0, 400));
  assert.ok(receiver.received.length < 40, `${receiver.received.length} attempts`);
  // To this machine, where that is not allowed, nothing is sent.
  const guarded = new WebhookSender({ webhooks: store.webhooks, meter: new AlertMeter(), mayAskItself: false, softwareVersion: '0.1.0', clock, random: () => 0.5, log: createMemoryLogger('control-plane').log });
  const sent = receiver.received.length;
  (await send('POST', '/v1/webhooks/gone/test')).expect(201);
  await guarded.settled();
  await guarded.stop();
  assert.equal(receiver.received.length, sent);
  assert.match(String((await send('GET', '/v1/webhooks/gone/deliveries')).at('data.0.last_error')), /127\.0\.0\.1 is this machine/);

  const shown = (await send('GET', '/v1/webhooks/gone', { token: viewerToken })).expect(200);
  assert.deepEqual([shown.at('url'), shown.at('secret'), shown.word('origin')], [undefined, undefined, new URL(receiver.url).origin]);
  (await send('POST', '/v1/webhooks', { token: viewerToken, json: { name: 'x', url: 'https://x.test' } })).expect(403);
  (await send('PUT', '/v1/webhooks/gone', { json: { name: 'gone', url: 'https://other.test/' } })).expect(400);
  (await send('PUT', '/v1/webhooks/gone', { json: { name: 'gone-2', enabled: false } })).expect(200);
  for (const [json, message] of [
    [{ name: 'a', kind: 'error_rate' }, /threshold.*required/], [{ name: 'a', kind: 'error_rate', threshold: 101 }, /at most 100/], [{ name: 'a', kind: 'eror_rate', threshold: 1 }, /error_rate/],
    [{ name: 'a', kind: 'drift', webhooks: ['nobody'] }, /there is no webhook \\"nobody\\"; there are gone-2/], [{ name: 'a', kind: 'drift', treshold: 1 }, /threshold/], [{ name: 'a', kind: 'latency', threshold: 1, routes: ['orders'] }, /routes/],
  ] as const) {
    assert.match((await send('POST', '/given-up/v1/alert-rules', { json })).expect(400).text, message);
  }
  for (const [json, message] of [[{ name: 'b', url: 'ftp://x.test' }, /https URL/], [{ name: 'b', url: 'https://user:word@x.test' }, /without user/], [{ name: 'b', url: 'https://x.test', secret: 'short' }, /whsec_/], [{ name: 'b' }, /url/]] as const) {
    assert.match((await send('POST', '/v1/webhooks', { json })).expect(400).text, message);
  }
  assert.equal((await store.alerts.list(gateway)).length, 0);
  assert.ok(defined(await store.webhooks.find(tenantId, 'gone-2'), 'it').enabled === false);
});
