import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { test } from 'node:test';
import { HoldfastError } from '../../shared/errors.ts';
import { newId, type GatewayId, type TenantId } from '../../shared/model/ids.ts';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { accessRecord } from '../../test/support/traffic-scene.ts';
import type { RecordPage } from '../store/record-store.ts';
import { MAXIMUM_TAILS_OF_TENANT, RequestTails } from './request-tail.ts';

const scope = { tenantId: newId<TenantId>(), gatewayId: newId<GatewayId>() };
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Takes all that comes, or nothing at all. */
class Reader extends Writable {
  heard = '';
  readonly #takes: boolean;

  constructor(takes: boolean) {
    super();
    this.#takes = takes;
  }

  override _write(chunk: Buffer, _encoding: string, taken: () => void): void {
    this.heard += String(chunk);
    if (this.#takes) taken();
  }

  events(): readonly string[] {
    return this.heard.split('\n').filter((line) => line.startsWith('event: ')).map((line) => line.slice(7));
  }
}

function start({ search, lastEventId, catchUp }: { readonly search: (after: string | undefined) => RecordPage; readonly lastEventId?: string; readonly catchUp?: <T>(read: () => Promise<T>) => Promise<T> }) {
  const clock = new ManualClock();
  const tails = new RequestTails({ search: async (_scope, _filter, { after }) => search(after) }, clock);
  const options = { scope, filter: {}, lastEventId, catchUp: catchUp ?? ((read) => read()), show: async (records: RecordPage['records']) => records.map(({ record }) => ({ path: record.path })) };
  return { clock, tails, follow: (reader: Reader): void => tails.follow(reader, options) };
}

const quiet = (after: string | undefined): RecordPage => ({ records: [], next: after ?? 'f1' });

test('who takes nothing loses its place when its time is over, and holds up no end', async () => {
  const { clock, tails, follow } = start({ search: quiet });
  const readers = Array.from({ length: MAXIMUM_TAILS_OF_TENANT }, () => new Reader(false));
  for (const reader of readers) follow(reader);
  await settled();
  assert.equal(tails.hasRoom(scope), false);
  clock.advance(600_000);
  await settled();
  clock.advance(60_000);
  await settled();
  assert.ok(readers.every(({ destroyed }) => destroyed));
  assert.equal(tails.hasRoom(scope), true);
  assert.equal(clock.pendingTimers, 0, 'nothing is left of them');

  const last = new Reader(false);
  follow(last);
  await settled();
  let isStopped = false;
  const stopped = tails.stop().then(() => (isStopped = true));
  await settled();
  assert.equal(isStopped, false, 'it has a moment to take the rest');
  clock.advance(2_000);
  await stopped;
  assert.ok(last.destroyed);
});

test('what a client asks to go on from is read in turn with other long questions, up to now', async () => {
  let turns = 0;
  const received = new Date(Date.UTC(2026, 0, 1));
  const page = (count: number, next: string): RecordPage => ({ records: Array.from({ length: count }, () => ({ dataPlaneId: newId(), receivedAt: received, record: accessRecord() })), next });
  const pages = new Map([['f1', page(50, 'f2')], ['f2', page(3, 'f3')], ['f3', page(1, 'f4')]]);
  const { clock, tails, follow } = start({
    search: (after) => pages.get(after ?? '') ?? quiet(after), lastEventId: 'f1',
    catchUp: (read) => {
      turns += 1;
      return read();
    },
  });
  const reader = new Reader(true);
  follow(reader);
  for (let round = 0; round < 5; round += 1) {
    await settled();
    clock.advance(500);
  }
  assert.equal(reader.events().filter((event) => event === 'record').length, 54);
  assert.equal(turns, 2);
  await tails.stop();
});

test('what takes too long to read is left out and said, instead of being asked again and again', async () => {
  let asked = 0;
  const { clock, tails, follow } = start({
    lastEventId: 'f0',
    search: (after) => {
      if (after !== 'f0') return quiet(after);
      asked += 1;
      throw new HoldfastError({ code: 'STORE_TIMEOUT', source: 'control-plane', publicMessage: 'too long' });
    },
  });
  const reader = new Reader(true);
  follow(reader);
  for (let round = 0; round < 10; round += 1) {
    await settled();
    clock.advance(2_000);
  }
  assert.equal(asked, 1);
  assert.match(reader.heard, /id: f1\nevent: dropped\ndata: \{"reason":"too-long","from":null,"to":"2026-/);
  await tails.stop();
});
