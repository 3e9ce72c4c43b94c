import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { Writable } from 'node:stream';
import { test } from 'node:test';
import { createMemoryLogger } from '../../shared/log.ts';
import { newId, type DataPlaneId, type GatewayId, type TenantId } from '../../shared/model/ids.ts';
import { ManualClock } from '../../test/support/manual-clock.ts';
import type { FleetState, FleetStateStore, Moment } from '../store/fleet-state-store.ts';
import { EventHub, MAXIMUM_LISTENERS, MAXIMUM_OF_TENANT } from './event-hub.ts';

const scope = { tenantId: newId<TenantId>(), gatewayId: newId<GatewayId>() };

/** A gateway whose open alarms are others at each look. */
function changingGateway(detail: string): FleetStateStore & { looks: number; readonly moments: (Moment | undefined)[] } {
  const store = {
    looks: 0,
    moments: [] as (Moment | undefined)[],
    read: (_scope: unknown, since: Moment | undefined): Promise<FleetState> => {
      store.looks += 1;
      store.moments.push(since);
      const alarm = { id: `alarm-${store.looks}`, code: 'TEST_ALARM', dataPlaneId: undefined, detail };
      return Promise.resolve({ moment: { oldestRunning: store.looks, newest: { epoch: 0, sequence: 0 } }, dataPlanes: [], releases: [], alarms: [alarm], frozen: undefined });
    },
  };
  return store;
}

function hubOf(fleetState: FleetStateStore): { readonly hub: EventHub; readonly clock: ManualClock } {
  const clock = new ManualClock();
  return { hub: new EventHub({ fleetState, clock, log: createMemoryLogger('test').log }), clock };
}

/** Takes what is written, or nothing. */
function reader(reads: boolean): { readonly stream: Writable; readonly text: () => string } {
  let text = '';
  const stream = new Writable({ decodeStrings: false, write: (chunk, _encoding, done) => { text += String(chunk); if (reads) done(); } });
  return { stream, text: () => text };
}

async function pass(clock: ManualClock, seconds: number): Promise<void> {
  // A look that begins before time moves also ends before.
  await turn();
  for (let i = 0; i < seconds; i++) {
    clock.advance(1_000);
    await turn();
  }
}

test('who does not read is cut before it holds more than a bound; who reads hears on', async () => {
  const { hub, clock } = hubOf(changingGateway('x'.repeat(100_000)));
  const [slow, quick] = [reader(false), reader(true)];
  hub.listen(scope, slow.stream, undefined);
  hub.listen(scope, quick.stream, undefined);
  await pass(clock, 30);
  assert.equal(slow.stream.destroyed, true);
  assert.equal(quick.stream.destroyed, false);
  assert.equal(quick.text().match(/event: alarm-raised/g)?.length, 30);
  await hub.stop();
  assert.equal(quick.stream.writableEnded, true);
});

test('however many listen, one look serves all; with the last of them looking ends after a while', async () => {
  const gateway = changingGateway('x');
  const { hub, clock } = hubOf(gateway);
  const readers = Array.from({ length: 20 }, () => reader(true));
  for (const { stream } of readers) hub.listen(scope, stream, undefined);
  await pass(clock, 10);
  assert.equal(gateway.looks, 11);
  assert.deepEqual(gateway.moments.slice(0, 3), [undefined, { oldestRunning: 1, newest: { epoch: 0, sequence: 0 } }, { oldestRunning: 2, newest: { epoch: 0, sequence: 0 } }]);
  for (const { stream } of readers) stream.destroy();
  await turn();
  await pass(clock, 30);
  const { looks } = gateway;
  await pass(clock, 30);
  assert.equal(gateway.looks, looks);
  await hub.stop();
});

test('a hint brings the next look forward, and one after the other does not put it off', async () => {
  const gateway = changingGateway('x');
  const { hub, clock } = hubOf(gateway);
  const { stream } = reader(true);
  hub.hint(scope);
  hub.listen(scope, stream, undefined);
  await turn();
  assert.equal(gateway.looks, 1);
  for (let i = 0; i < 30; i++) {
    hub.hint(scope);
    clock.advance(10);
    await turn();
  }
  assert.equal(gateway.looks, 7, 'every 50 ms');
  await pass(clock, 1);
  assert.equal(gateway.looks, 8, 'then by time alone');
  await hub.stop();
});

test('who left before its stream began, or never reads its end, holds no place', async () => {
  const { hub, clock } = hubOf(changingGateway('x'));
  const { stream: left } = reader(true);
  left.destroy();
  await turn();
  const { stream: deaf } = reader(false);
  for (let i = 1; i < MAXIMUM_OF_TENANT; i++) hub.listen(scope, left, undefined);
  hub.listen(scope, deaf, undefined);
  assert.equal(hub.hasRoom(scope), true);
  await pass(clock, 599);
  assert.equal(deaf.destroyed, false);
  await pass(clock, 20);
  assert.equal(deaf.destroyed, true);
  await hub.stop();
});

test('a tenant leaves room for others, with whatever gateways it listens to', async () => {
  const gateway = changingGateway('x');
  const { hub, clock } = hubOf(gateway);
  const ofTenant = (tenantId = newId<TenantId>()): readonly Writable[] => Array.from({ length: MAXIMUM_OF_TENANT }, () => {
    const { stream } = reader(true);
    hub.listen({ tenantId, gatewayId: newId<GatewayId>() }, stream, undefined);
    return stream;
  });
  const streams = ofTenant(scope.tenantId);
  assert.deepEqual([hub.hasRoom(scope), hub.hasRoom({ tenantId: newId<TenantId>() })], [false, true]);
  for (const stream of streams) stream.destroy();
  await turn();
  assert.equal(hub.hasRoom(scope), true);
  // What was just left is looked at for a while, within the bound.
  for (const stream of [...ofTenant(), ...ofTenant()]) stream.destroy();
  await turn();
  const { looks } = gateway;
  await pass(clock, 1);
  assert.equal(gateway.looks - looks, MAXIMUM_LISTENERS);
  await hub.stop();
});

test('a quiet stream is kept open by comments, and ends after ten minutes', async () => {
  const { hub, clock } = hubOf({ read: () => Promise.resolve({ moment: { oldestRunning: 1, newest: { epoch: 0, sequence: 0 } }, dataPlanes: [], releases: [], alarms: [], frozen: undefined }) });
  const { stream, text } = reader(true);
  hub.listen(scope, stream, undefined);
  await pass(clock, 60);
  assert.equal(text().match(/^: still here$/gm)?.length, 4);
  await pass(clock, 541);
  assert.equal(stream.writableEnded, true);
  await hub.stop();
});

test('a gateway that is gone ends its streams', async () => {
  const { hub, clock } = hubOf({ read: () => Promise.resolve(undefined) });
  const { stream } = reader(true);
  hub.listen(scope, stream, undefined);
  await pass(clock, 1);
  assert.equal(stream.writableEnded, true);
  await hub.stop();
});

test('a data plane that was not seen for a minute is gone, and comes back', async () => {
  const id = newId<DataPlaneId>();
  let lastSeenMs = 0;
  let changed = true;
  const { hub, clock } = hubOf({
    read: () => {
      const dataPlane = { id, hostname: 'edge', connected: true, lastSeenMs, revoked: false, applied: { epoch: 1, sequence: 1 }, rejection: undefined, quarantined: [], quarantinedCount: 0 };
      const dataPlanes = changed ? [dataPlane] : [];
      changed = false;
      return Promise.resolve({ moment: { oldestRunning: 1, newest: { epoch: 1, sequence: 1 } }, dataPlanes, releases: [], alarms: [], frozen: undefined });
    },
  });
  lastSeenMs = clock.nowMs();
  const { stream, text } = reader(true);
  hub.listen(scope, stream, undefined);
  await pass(clock, 59);
  assert.doesNotMatch(text(), /data-plane-gone/);
  await pass(clock, 2);
  assert.match(text(), /event: data-plane-gone\ndata: \{"data_plane":\{"id":"[^"]+","hostname":"edge"\}/);
  lastSeenMs = clock.nowMs();
  changed = true;
  await pass(clock, 1);
  assert.match(text(), /event: data-plane-connected/);
  await hub.stop();
});
