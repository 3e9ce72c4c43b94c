/** The event stream over HTTP: what is told, what is told again, what is bounded. */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import type { Readable } from 'node:stream';
import { after, test } from 'node:test';
import { request } from 'undici';
import { AlarmDesk } from '../control-plane/alarms/alarm-desk.ts';
import { MAXIMUM_OF_TENANT } from '../control-plane/events/event-hub.ts';
import { defined } from '../shared/assert.ts';
import { systemClock } from '../shared/clock.ts';
import { createMemoryLogger } from '../shared/log.ts';
import { newId, type EntityId } from '../shared/model/ids.ts';
import { startTestAdminApi } from './support/admin-api.ts';
import { applied, FleetScene, version } from './support/fleet-scene.ts';
import { waitUntil } from './support/wait-until.ts';

const { send, store, tenantId, viewerToken, adminToken, base, port, events, stop } = await startTestAdminApi();
const gateway = defined(await store.gateways.findByName(tenantId, 'default'), 'the default gateway');
const fleet = new FleetScene(store, gateway);

interface Heard {
  readonly id: string;
  readonly type: string;
  readonly data: Record<string, unknown>;
}

/** A reader of the stream that keeps what it heard. */
class Ears {
  readonly heard: Heard[] = [];
  readonly #body: Readable;
  ended = false;

  private constructor(body: Readable) {
    this.#body = body;
    let rest = '';
    body.setEncoding('utf8');
    body.on('data', (text: string) => {
      const blocks = (rest + text).split('\n\n');
      rest = blocks.pop() ?? '';
      for (const block of blocks) {
        const fields = new Map(block.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]));
        const [id, type, data] = [fields.get('id'), fields.get('event'), fields.get('data')];
        if (id !== undefined && type !== undefined && data !== undefined) this.heard.push({ id, type, data: JSON.parse(data) });
      }
    });
    body.on('error', () => (this.ended = true));
    body.on('end', () => (this.ended = true));
  }

  static async open(lastEventId?: string): Promise<Ears> {
    const { statusCode, headers, body } = await request(`${base}/v1/events`, { headers: { authorization: `Bearer ${viewerToken}`, ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }) } });
    assert.deepEqual([statusCode, headers['content-type']], [200, 'text/event-stream; charset=utf-8']);
    const ears = new Ears(body);
    open.add(ears);
    return ears;
  }

  hears(type: string, matches: (data: Record<string, unknown>) => boolean = () => true): Promise<Heard> {
    const find = (): Heard | undefined => this.heard.find((event) => event.type === type && matches(event.data));
    return waitUntil(`the event ${type}`, () => (hint(), find()), 20_000).catch((thrown: unknown) => assert.fail(`${String(thrown)} in ${JSON.stringify(this.heard)}`));
  }

  close(): void {
    open.delete(this);
    this.#body.destroy();
  }
}

const open = new Set<Ears>();
/** Spares the tests the second until the next poll; the very first event comes by poll alone. */
function hint(): void {
  if (polled) events.hint(gateway);
}
let polled = false;

after(() => open.forEach((ears) => ears.close()));

test('whoever listens hears of releases, data planes, refusals, quarantine, alarms and freezes', async () => {
  const ears = await Ears.open();
  await ears.hears('convergence', ({ version: of }) => of === null);
  await fleet.publish(1);
  assert.partialDeepStrictEqual((await ears.hears('release')).data, { version: '1.1', base_version: null, author: 'admin', entity_count: 1 });
  polled = true;
  const id = await fleet.enrol('edge');
  const who = { data_plane: { id, hostname: 'edge' } };
  assert.partialDeepStrictEqual((await ears.hears('data-plane-connected')).data, who);
  await ears.hears('convergence', ({ pending }) => pending === 1);
  await fleet.report(id, { rejection: { code: 'CONFIG_COMPILE_FAILED', reasons: ['no'], ...version(1) } });
  assert.deepEqual((await ears.hears('rejected')).data, { ...who, version: '1.1', code: 'CONFIG_COMPILE_FAILED', reasons: ['no'] });
  await fleet.publish(2);
  const plugin = newId<EntityId>();
  await fleet.report(id, applied(2, new Date(), [plugin]));
  const quarantined = { ...who, entity: { kind: 'plugins', id: plugin }, code: 'CONFIG_PLUGIN_UNKNOWN', reason: 'no such plugin' };
  assert.deepEqual((await ears.hears('quarantine-set')).data, quarantined);
  await ears.hears('convergence', ({ version: of, applied: have, quarantining }) => of === '1.2' && have === 1 && quarantining === 1);
  await fleet.report(id, applied(2));
  assert.deepEqual((await ears.hears('quarantine-cleared')).data, quarantined);
  await fleet.report(id, { rejection: { code: 'SYNC_FELL_BACK', reasons: ['crash'], ...version(2) } });
  await ears.hears('fell-back');

  const desk = new AlarmDesk({ store: store.alarms, clock: systemClock, log: createMemoryLogger('test').log });
  desk.raise(gateway, { code: 'TEST_ALARM', dataPlaneId: id, detail: 'look' });
  const raised = await ears.hears('alarm-raised');
  assert.partialDeepStrictEqual(raised.data, { code: 'TEST_ALARM', data_plane_id: id, detail: 'look' });
  desk.settle(gateway, { code: 'TEST_ALARM', dataPlaneId: id });
  assert.equal((await ears.hears('alarm-cleared')).data['id'], raised.data['id']);
  await desk.stop();

  await store.gateways.freeze(gateway, 'audit', { operatorId: null, name: 'tester', requestId: '', address: '' });
  assert.deepEqual((await ears.hears('frozen')).data, { by: 'tester', reason: 'audit' });
  await store.gateways.unfreeze(gateway, { operatorId: null, name: 'tester', requestId: '', address: '' });
  await ears.hears('unfrozen');
  await fleet.report(id, { connected: false });
  await ears.hears('data-plane-gone');
  await fleet.revoke(id);
  await ears.hears('data-plane-revoked');
  // Each was told once.
  for (const type of ['release', 'data-plane-connected', 'rejected', 'frozen'] as const) assert.equal(ears.heard.filter((event) => event.type === type).length, type === 'release' ? 2 : 1, type);
  ears.close();
});

test('whoever comes back hears what it missed, or that it missed something', async () => {
  const ears = await Ears.open();
  const { id: first } = await ears.hears('convergence');
  ears.close();
  await fleet.publish(3);
  const other = await Ears.open(first);
  await other.hears('release', ({ version: of }) => of === '1.3');
  const ids = other.heard.map(({ id }) => id);
  const again = await Ears.open(first);
  await again.hears('release', ({ version: of }) => of === '1.3');
  assert.deepEqual(again.heard.map(({ id }) => id).slice(0, ids.length), ids, 'the same events have the same ids');
  for (const unknown of ['ffffffffffff-7', 'nonsense', `${first.split('-')[0] ?? ''}-999999`, `${first.split('-')[0] ?? ''}-x`]) {
    const stranger = await Ears.open(unknown);
    await stranger.hears('reset');
    await stranger.hears('convergence', ({ version: of }) => of === '1.3');
    stranger.close();
  }
  other.close();
  again.close();
});

test('a herd is told of in one word', async () => {
  const ears = await Ears.open();
  await ears.hears('convergence');
  const many = await Promise.all(Array.from({ length: 30 }, (_, index) => fleet.enrol(`herd-${index}`)));
  await ears.hears('convergence', ({ selected }) => selected === 30);
  const report = applied(3, new Date(), Array.from({ length: 20 }, () => newId<EntityId>()));
  await store.dataPlanes.report(many.map((id) => ({ ...gateway, dataPlaneId: id, sessionId: fleet.sessionOf(id), sessionAgeMs: 0, report })));
  await ears.hears('reset');
  await ears.hears('convergence', ({ applied: have, quarantining }) => have === 30 && quarantining === 30);
  assert.equal(ears.heard.filter(({ type }) => type === 'quarantine-set').length, 0);
  ears.close();
});

test('what one data plane quarantines in great number is told in one word, and so is its end', async () => {
  const ears = await Ears.open();
  await ears.hears('convergence');
  const many = Array.from({ length: 30 }, () => newId<EntityId>());
  const id = await fleet.enrol('overwhelmed', {}, applied(3, new Date(), many.slice(0, 2)));
  await ears.hears('quarantine-set', ({ entity }) => JSON.stringify(entity).includes(many[1] ?? ''));
  await fleet.report(id, applied(3, new Date(), many));
  await ears.hears('reset', ({ reason }) => String(reason).includes('quarantined'));
  await ears.hears('convergence', ({ quarantining }) => quarantining === 31);
  ears.heard.length = 0;
  await fleet.report(id, applied(3));
  await ears.hears('convergence', ({ quarantining }) => quarantining === 30);
  assert.deepEqual(ears.heard.map(({ type }) => type), ['reset', 'convergence']);
  ears.close();
});

test('who may listen, and how many', async () => {
  (await send('GET', '/v1/events', { token: null })).expect(401);
  (await send('GET', '/nowhere/v1/events')).expect(404);
  assert.equal((await send('HEAD', '/v1/events')).expect(200).text, '');
  // Never reads, and is let go of all the same.
  const silent = connect(port, '127.0.0.1');
  silent.write(`GET /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${adminToken}\r\n\r\n`);
  const ears = await Promise.all(Array.from({ length: MAXIMUM_OF_TENANT - 1 }, () => Ears.open()));
  await waitUntil('no room', async () => (await headStatus()) === 503, 20_000);
  assert.equal((await send('GET', '/v1/events')).expect(503).at('error'), 'ADMIN_EVENTS_EXHAUSTED');
  ears[0]?.close();
  const late = await waitUntil('room', () => Ears.open().catch(() => undefined), 20_000);
  await stop();
  await waitUntil('all streams to end', () => late.ended);
  silent.destroy();
});

async function headStatus(): Promise<number> {
  return (await send('HEAD', '/v1/events')).status;
}
