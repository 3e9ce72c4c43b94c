/**
 * What goes wrong around alerts: two control planes that look at once, receivers that hang, answer at length or are many, secrets that can not be
 * read, clocks that jump, outages of the control planes themselves, more than there is room for.
 */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, test } from 'node:test';
import { Client } from 'pg';
import { AlertMeter } from '../control-plane/alerts/alert-meter.ts';
import { AlertWatch } from '../control-plane/alerts/alert-watch.ts';
import { WebhookSender } from '../control-plane/alerts/webhook-sender.ts';
import type { AlertRule } from '../control-plane/store/alert-store.ts';
import type { GatewayScope } from '../control-plane/store/scope.ts';
import { defined } from '../shared/assert.ts';
import { createMemoryLogger } from '../shared/log.ts';
import { startTestAdminApi } from './support/admin-api.ts';
import { FleetScene } from './support/fleet-scene.ts';
import { ManualClock } from './support/manual-clock.ts';
import { openTestStore } from './support/postgres.ts';
import { TEST_ACTOR } from './support/store-scene.ts';
import { waitUntil } from './support/wait-until.ts';
import { startWebhookReceiver } from './support/webhook-receiver.ts';

const clock = new ManualClock(Math.floor(Date.now() / 10_000) * 10_000);
const { send, store, database, tenantId } = await startTestAdminApi({ clock }, await openTestStore({ clock }));
const { log } = createMemoryLogger('control-plane');
const superuser = new Client({ connectionString: database.superuserConnectionString, options: '-c search_path=holdfast' });
superuser.on('error', () => undefined);
await superuser.connect();
after(() => superuser.end());

interface NamedGateway extends GatewayScope {
  readonly name: string;
}

async function gatewayNamed(name: string): Promise<NamedGateway> {
  const stored = await store.gateways.create(tenantId, name, TEST_ACTOR);
  assert.ok(stored.kind === 'stored');
  return { tenantId, gatewayId: stored.value.gatewayId, name };
}

/** Sends only when it is told to. */
function sender(): WebhookSender {
  const made = new WebhookSender({ webhooks: store.webhooks, meter: new AlertMeter(), mayAskItself: true, softwareVersion: '0.1.0', clock: new ManualClock(clock.nowMs()), random: () => 0.5, log });
  after(() => made.stop());
  return made;
}

function watch(): AlertWatch {
  const made = new AlertWatch({ alerts: store.alerts, webhooks: store.webhooks, meter: new AlertMeter(), analytics: store.analytics, onTold: () => undefined, clock, log });
  after(() => made.stop());
  return made;
}

async function ruleOf(gateway: NamedGateway, json: object): Promise<AlertRule> {
  const id = (await send('POST', `/${gateway.name}/v1/alert-rules`, { json: { kind: 'drift', ...json } })).expect(201).word('id');
  return defined(await store.alerts.find(gateway, id), 'the rule');
}

async function webhook(name: string, url: string, secret?: string): Promise<void> {
  (await send('POST', '/v1/webhooks', { json: { name, url, ...(secret === undefined ? {} : { secret }) } })).expect(201);
}

const deliveries = async (name: string): Promise<readonly { readonly state: string; readonly attempts: number; readonly last_error: string | null }[]> => Object((await send('GET', `/v1/webhooks/${name}/deliveries?size=1000`)).expect(200).at('data'));
const ping = async (name: string): Promise<unknown> => (await send('POST', `/v1/webhooks/${name}/test`)).expect(201);
const message = (): string => '{}';
const finding = (subject: string) => ({ subject, value: 1, detail: subject });

test('two looks at one rule at the same time tell of it once', async () => {
  const rule = await ruleOf(await gatewayNamed('twice'), { name: 'twice' });
  const told = await Promise.all([0, 1, 2, 3].map(() => store.alerts.apply(rule, [finding('a')], message)));
  assert.deepEqual(told.flatMap(({ events }) => events).map(({ type }) => type), ['alert.firing']);
});

test('a look that took longer than the one after it changes nothing', async () => {
  const gateway = await gatewayNamed('late');
  const { id } = await ruleOf(gateway, { name: 'late', resolve_seconds: 0 });
  const claimed = async (): Promise<AlertRule> => {
    clock.advance(15_000);
    for (let found = await store.alerts.claim(100, 15_000); found.length > 0; found = await store.alerts.claim(100, 15_000)) for (const rule of found) if (rule.id === id) return rule;
    return assert.fail('not claimed');
  };
  const slow = await claimed();
  await store.alerts.apply(await claimed(), [], message);
  assert.equal((await store.alerts.apply(slow, [finding('a')], message)).kind, 'outdated');
});

test('a receiver that hangs holds up its own messages alone, and no stop', async () => {
  const dead = await startWebhookReceiver(() => undefined);
  const live = await startWebhookReceiver();
  await webhook('dead', dead.url);
  for (let index = 0; index < 30; index += 1) await ping('dead');
  await webhook('live', live.url);
  await ping('live');
  const sending = sender();
  sending.wake();
  await waitUntil('the live one has its message', () => live.received.length === 1);
  assert.ok(dead.received.length <= 4, `${dead.received.length} at once`);
  const begun = performance.now();
  await sending.stop();
  assert.ok(performance.now() - begun < 3_000, 'a stop does not wait for receivers');
  (await send('DELETE', '/v1/webhooks/dead')).expect(204);
});

test('a webhook whose secret can not be read keeps none of the others waiting', async () => {
  const live = await startWebhookReceiver();
  await webhook('broken', live.url);
  await webhook('whole', live.url);
  await superuser.query("UPDATE webhooks SET sealed = '\\x00010203' WHERE name = 'broken'");
  await ping('broken');
  await ping('whole');
  await sender().settled();
  assert.equal(live.received.length, 1);
  assert.match((await deliveries('broken'))[0]?.last_error ?? '', /read/);
});

test('who answers 2xx has taken it, whatever comes after the status', async () => {
  const talkative = await startWebhookReceiver((response) => void response.writeHead(200).write('x'));
  await webhook('talkative', talkative.url);
  await ping('talkative');
  await sender().settled();
  assert.deepEqual((await deliveries('talkative')).map(({ state }) => state), ['delivered']);
  (await send('DELETE', '/v1/webhooks/talkative')).expect(204);
});

test('who is told of an end was told of the beginning before', async () => {
  let failures = 1;
  const receiver = await startWebhookReceiver((response) => void response.writeHead(failures-- > 0 ? 500 : 204).end());
  const gateway = await gatewayNamed('ordered');
  await webhook('ordered', receiver.url);
  const rule = await ruleOf(gateway, { name: 'ordered', webhooks: ['ordered'], resolve_seconds: 0 });
  await store.alerts.apply(rule, [finding('a')], ({ type }) => JSON.stringify({ type, data: { subject: 'a' } }));
  await sender().settled();
  clock.advance(1_000);
  const again = { ...rule, turn: 1 };
  await store.alerts.apply(again, [], ({ type }) => JSON.stringify({ type, data: { subject: 'a' } }));
  await sender().settled();
  assert.deepEqual(receiver.received.map(({ type }) => type), ['alert.firing']);
  clock.advance(5_000);
  await sender().settled();
  await sender().settled();
  assert.deepEqual(receiver.received.map(({ type }) => type), ['alert.firing', 'alert.firing', 'alert.resolved']);
});

test('messages that wait for one webhook take no room of another, and what finds no room is said', async () => {
  const gateway = await gatewayNamed('full');
  const receiver = await startWebhookReceiver();
  for (const name of ['full', 'roomy']) await webhook(name, receiver.url);
  await superuser.query("INSERT INTO webhook_deliveries (tenant_id, webhook_id, event_id, body, created_at, due_at) SELECT tenant_id, id, gen_random_uuid(), '{}', $1, $2 FROM webhooks, generate_series(1, 5000) WHERE name = 'full'", [new Date(clock.nowMs()), new Date(clock.nowMs() + 3_600_000)]);
  const rule = await ruleOf(gateway, { name: 'full', webhooks: ['full', 'roomy'] });
  await store.alerts.apply(rule, [finding('a')], () => '{"type":"x","data":{}}');
  assert.deepEqual((await deliveries('roomy')).map(({ state }) => state), ['waiting']);
  assert.match((await send('POST', '/v1/webhooks/full/test')).expect(409).text, /wait/);
  await superuser.query('DELETE FROM webhook_deliveries');
});

test('a rule is looked at again when a clock that went too far is put right', async () => {
  const { id } = await ruleOf(await gatewayNamed('jumped'), { name: 'jumped' });
  clock.jump(7_200_000);
  const looking = watch();
  await looking.look();
  clock.jump(-7_200_000);
  await superuser.query('UPDATE alert_rules SET looked_at = NULL');
  clock.advance(60_000);
  await waitUntil('it is looked at', async () => {
    await looking.look();
    return (await superuser.query('SELECT FROM alert_rules WHERE id = $1 AND looked_at IS NOT NULL', [id])).rowCount === 1;
  });
  await looking.stop();
});

test('after an outage of the control planes nobody is called silent before they had the time to come back', async () => {
  const gateway = await gatewayNamed('outage');
  const fleet = new FleetScene(store, gateway);
  const looking = watch();
  const gone = await fleet.enrol('gone', {}, { connected: false, lastSeenAt: new Date(clock.nowMs() - 300_000) });
  const back = await fleet.enrol('back', {}, { connected: false, lastSeenAt: new Date(clock.nowMs()) });
  await ruleOf(gateway, { name: 'silent', kind: 'silence', threshold: 120, resolve_seconds: 0 });
  await looking.look();
  const standing = async () => (await store.alerts.standing(gateway)).map(({ subject }) => subject);
  assert.deepEqual(await standing(), [gone]);
  // Nobody looks for an hour: the database was away, or all of us.
  await looking.stop();
  clock.advance(3_600_000);
  const later = watch();
  await later.look();
  assert.deepEqual(await standing(), [gone], 'what stood stands, and nothing is new');
  await fleet.report(back, { connected: true, lastSeenAt: new Date(clock.nowMs() + 120_000) });
  for (let turn = 0; turn < 9; turn += 1) {
    clock.advance(15_000);
    await later.look();
  }
  assert.deepEqual(await standing(), [gone]);
  await fleet.report(back, { connected: false, lastSeenAt: new Date(clock.nowMs() - 121_000) });
  clock.advance(15_000);
  await later.look();
  assert.deepEqual((await standing()).toSorted(), [gone, back].toSorted());
  await later.stop();
});

test('a rule that is met by more than can stand keeps to those that stood before, and says how many it left out', async () => {
  const gateway = await gatewayNamed('many');
  const rule = await ruleOf(gateway, { name: 'many', webhooks: [] });
  const found = (from: number) => Array.from({ length: 200 }, (_, index) => finding(String(from + index)));
  await store.alerts.apply(rule, found(0), message);
  const { events } = await store.alerts.apply({ ...rule, turn: 1 }, [...found(1_000), ...found(0)], message);
  assert.deepEqual(events, []);
  assert.equal((await send('GET', `/many/v1/alert-rules/${rule.id}`)).expect(200).at('left_out'), 200);
  await superuser.query('DELETE FROM webhook_deliveries');
});

test('a webhook that a rule names is neither removed nor renamed', async () => {
  const gateway = await gatewayNamed('named');
  await webhook('named-one', 'https://receiver.test/');
  await ruleOf(gateway, { name: 'names-it', webhooks: ['named-one'] });
  assert.match((await send('DELETE', '/v1/webhooks/named-one')).expect(409).text, /names-it/);
  assert.match((await send('PUT', '/v1/webhooks/named-one', { json: { name: 'renamed' } })).expect(409).text, /names-it/);
});

test('a rule that is disabled or removed while it fires says that it is over', async () => {
  const gateway = await gatewayNamed('removed');
  const receiver = await startWebhookReceiver();
  await webhook('removed', receiver.url);
  for (const [name, end] of [['disabled', (id: string) => send('PUT', `/removed/v1/alert-rules/${id}`, { json: { name: 'disabled', kind: 'drift', enabled: false, webhooks: ['removed'] } })], ['deleted', (id: string) => send('DELETE', `/removed/v1/alert-rules/${id}`)]] as const) {
    const rule = await ruleOf(gateway, { name, webhooks: ['removed'] });
    await store.alerts.apply(rule, [finding('a')], ({ type }) => JSON.stringify({ type, data: { subject: 'a' } }));
    assert.ok((await end(rule.id)).status < 300);
    await sender().settled();
    await sender().settled();
    assert.deepEqual(receiver.received.splice(0).map(({ type, subject }) => [type, subject]), [['alert.firing', 'a'], ['alert.resolved', 'a']], name);
  }
  assert.deepEqual(await store.alerts.standing(gateway), []);
});

test('labels choose among alarms of data planes too; what has no effect on a kind of rule is refused', async () => {
  const gateway = await gatewayNamed('chosen');
  const fleet = new FleetScene(store, gateway);
  const [here, there] = [await fleet.enrol('here', { region: 'eu' }), await fleet.enrol('there', { region: 'us' })];
  for (const dataPlaneId of [here, there]) await store.alarms.raise(gateway, { code: 'FLEET_BEHIND', dataPlaneId, detail: 'it lags' }, 1);
  await ruleOf(gateway, { name: 'drift', labels: { region: 'eu' } });
  const looking = watch();
  await looking.look();
  await looking.stop();
  assert.deepEqual((await store.alerts.standing(gateway)).map(({ subject }) => subject), [`FLEET_BEHIND ${here}`]);
  for (const [json, words] of [
    [{ kind: 'silence', threshold: 60, group_by: 'route' }, /group_by.*silence/], [{ kind: 'drift', codes: ['FLEET_BEHIND'] }, /codes.*drift/], [{ kind: 'spool', threshold: 5, window_seconds: 60 }, /window_seconds.*spool/],
    [{ kind: 'error_rate', threshold: 1, quantile: 'p50' }, /quantile.*error_rate/], [{ kind: 'error_rate', threshold: 0 }, /above 0/], [{ kind: 'silence', threshold: 20 }, /at least 60/],
  ] as const) assert.match((await send('POST', '/chosen/v1/alert-rules', { json: { name: 'x', ...json } })).expect(400).text, words);
});

test('a muted rule tells nothing until it is over, but the end of what it told before', async () => {
  const gateway = await gatewayNamed('muted');
  const rule = await ruleOf(gateway, { name: 'muted', webhooks: [], resolve_seconds: 0 });
  const events = async (turn: number, subjects: readonly string[]) => (await store.alerts.apply({ ...defined(await store.alerts.find(gateway, rule.id), 'it'), turn }, subjects.map(finding), message)).events.map(({ type, state }) => `${type} ${state.subject}`);
  assert.deepEqual(await events(0, ['a']), ['alert.firing a']);
  const muted = (await send('POST', `/muted/v1/alert-rules/${rule.id}/mute`, { json: { minutes: 60, reason: 'we move' } })).expect(200);
  assert.match(muted.word('muted_until'), /Z$/);
  assert.deepEqual(await events(1, ['b', 'c']), ['alert.resolved a']);
  assert.deepEqual(await events(2, ['b']), []);
  clock.advance(3_600_000);
  assert.deepEqual(await events(3, ['b']), ['alert.firing b']);
});

test('after a secret was changed, messages are signed with the old one too, for a day and for the same host', async () => {
  const receiver = await startWebhookReceiver();
  const [older, newer] = [`whsec_${Buffer.alloc(32, 1).toString('base64')}`, `whsec_${Buffer.alloc(32, 2).toString('base64')}`];
  await webhook('rotated', receiver.url, older);
  (await send('PUT', '/v1/webhooks/rotated', { json: { name: 'rotated', secret: newer } })).expect(200);
  await ping('rotated');
  await sender().settled();
  clock.jump(25 * 3_600_000);
  await ping('rotated');
  await sender().settled();
  const signedBy = receiver.received.map(({ id, body, headers }) => {
    const signature = (secret: string): string => `v1,${createHmac('sha256', Buffer.from(secret.slice(6), 'base64')).update(`${id}.${String(headers['webhook-timestamp'])}.${body}`).digest('base64')}`;
    const given = String(headers['webhook-signature']).split(' ');
    return [given.length, given.includes(signature(newer)), given.includes(signature(older))];
  });
  assert.deepEqual(signedBy, [[2, true, true], [1, true, false]]);
});

test('a disabled webhook is sent nothing, and takes no test', async () => {
  const receiver = await startWebhookReceiver();
  await webhook('off', receiver.url);
  await ping('off');
  (await send('PUT', '/v1/webhooks/off', { json: { name: 'off', enabled: false } })).expect(200);
  await sender().settled();
  assert.equal(receiver.received.length, 0);
  assert.match((await send('POST', '/v1/webhooks/off/test')).expect(400).text, /disabled/);
  // What waited for longer than a day is given up when it is enabled again.
  clock.jump(25 * 3_600_000);
  (await send('PUT', '/v1/webhooks/off', { json: { name: 'off' } })).expect(200);
  await sender().settled();
  assert.equal(receiver.received.length, 0);
  assert.deepEqual((await deliveries('off')).map(({ state }) => state), ['given_up']);
});
