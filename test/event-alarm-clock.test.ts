/** A command that waits wakes by events where there are any, and by time where the stream is broken. */
import assert from 'node:assert/strict';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { EventAlarmClock } from '../control-plane/cli/event-alarm-clock.ts';
import { ManualClock } from './support/manual-clock.ts';
import { waitUntil } from './support/wait-until.ts';

const streams: ServerResponse[] = [];
const server = createServer((_request, response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write(': hello\n\n');
  streams.push(response);
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
after(() => {
  server.closeAllConnections();
  server.close();
});
const address: AddressInfo | string | null = server.address();
const access = { adminUrl: `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`, adminToken: undefined };

/** Whether a wait is over, and what to do until it is. */
function waiting(events: EventAlarmClock): { readonly isOver: () => boolean; readonly over: Promise<void> } {
  let isOver = false;
  const over = events.wait(100, 10_000).then(() => void (isOver = true));
  return { isOver: () => isOver, over };
}

test('an event ends a wait, comments do not, and neither ends it before the least', async () => {
  const clock = new ManualClock();
  const events = new EventAlarmClock(access, '/v1/events', clock);
  const stream = await waitUntil('the stream', () => streams[0]);
  const { isOver, over } = waiting(events);
  stream.write('id: 1\nevent: release\ndata: {}\n\n');
  await waitUntil('the event to be there', async () => {
    clock.advance(99 - clock.monotonicMs());
    await turn();
    return true;
  });
  assert.equal(isOver(), false);
  await waitUntil('the wait to be over', async () => {
    clock.advance(1);
    await turn();
    return isOver();
  });
  await over;
  assert.ok(clock.monotonicMs() < 10_000, 'by the event, not by time');

  const next = waiting(events);
  stream.write(': still here\n\n');
  clock.advance(100);
  await turn();
  clock.advance(9_000);
  await turn();
  assert.equal(next.isOver(), false);
  stream.write('event: convergence\ndata: {}\n\n');
  await next.over;
  events.stop();
});

test('without a stream it wakes by time, and opens another one', async () => {
  const clock = new ManualClock();
  const count = streams.length;
  const events = new EventAlarmClock(access, '/v1/events', clock);
  const stream = await waitUntil('the stream', () => streams[count]);
  stream.destroy();
  const { isOver, over } = waiting(events);
  await waitUntil('the wait to be over', async () => {
    clock.advance(1_000);
    await turn();
    return isOver();
  });
  await over;
  await waitUntil('another stream', () => {
    clock.advance(1_000);
    return streams.length > count + 1;
  });
  events.stop();
});
