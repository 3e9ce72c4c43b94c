/** `holdfast logs --follow` against a live tail that breaks off, says what it left out, and is silent: each record is shown once, none is missed. */
import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { test, type TestContext } from 'node:test';
import { showLogs } from '../control-plane/cli/logs.ts';
import { systemClock } from '../shared/clock.ts';
import { ManualClock } from './support/manual-clock.ts';
import { waitUntil } from './support/wait-until.ts';

const record = (path: string): string => `data: ${JSON.stringify({ request_id: path, path })}\n\n`;

/** An admin API of which the test says what each try at the tail gets; the search knows `/old` and `/both`. */
async function follow(context: TestContext, ...tries: readonly ((request: IncomingMessage, response: ServerResponse) => void)[]) {
  const left = [...tries];
  const server = createServer((request, response) => {
    if (request.url?.includes('/v1/requests/tail') !== true) return void response.end(JSON.stringify({ data: ['/both', '/old'].map((path) => ({ request_id: path, path })), offset: null }));
    response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
    left.shift()?.(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const stopping = new AbortController();
  const [out, err]: [string[], string[]] = [[], []];
  const address = server.address();
  const settings = {
    adminUrl: `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`, adminToken: 'hfo_test', gateway: 'default', follow: true, count: undefined, from: undefined, to: undefined, requestId: undefined,
    route: undefined, service: undefined, consumer: undefined, status: undefined, minDuration: undefined, errorCode: undefined, traceId: undefined, path: undefined, json: true,
  };
  // Between two tries nobody waits a second.
  const clock = new ManualClock();
  const hurry = systemClock.every(5, () => clock.advance(1_000));
  const ended = showLogs(settings, { out: (line) => void out.push(line), err: (line) => void err.push(line) }, { signal: stopping.signal, clock, colours: false });
  context.after(async () => {
    stopping.abort();
    hurry.cancel();
    server.closeAllConnections();
    server.close();
    await ended;
  });
  return { err, paths: () => out.map((line) => JSON.parse(line)).map(({ path }: { readonly path: string }) => path) };
}

test('a tail that breaks is taken up behind the last id, and what comes again is shown once', async (context) => {
  const cursors: unknown[] = [];
  const { paths, err } = await follow(context, (request, response) => {
    cursors.push(request.headers['last-event-id']);
    // What was stored between the opening and the search is in both.
    response.write(`id: f1\nevent: following\ndata: {}\n\nevent: record\n${record('/both')}id: f2\nevent: record\n${record('/a')}event: record\n${record('/b')}`, () => response.destroy());
  }, (request, response) => {
    cursors.push(request.headers['last-event-id']);
    response.write(`event: record\n${record('/b')}id: f4\nevent: record\n${record('/c')}`);
  });
  await waitUntil('the last record', () => paths().includes('/c'));
  assert.deepEqual(paths(), ['/old', '/both', '/a', '/b', '/c']);
  assert.deepEqual(cursors, [undefined, 'f2']);
  assert.match(err.join('\n'), /^the stream broke .*; trying again$/);
});

test('a tail that fell behind says from when to when', async (context) => {
  const { err } = await follow(context, (_request, response) => void response.write('id: f9\nevent: dropped\ndata: {"reason":"behind","from":"2026-11-22T07:00:00.000Z","to":"2026-11-22T07:01:30.000Z"}\n\n'));
  await waitUntil('to be told', () => err.length > 0);
  assert.match(err[0] ?? '', /stored from 2026-11-22T07:00:00\.000Z to 2026-11-22T07:01:30\.000Z is left out/);
});

test('one that breaks before it follows is searched when it does', async (context) => {
  const { paths } = await follow(context, (_request, response) => void response.destroy(), (_request, response) => void response.write('id: f1\nevent: following\ndata: {}\n\n'));
  await waitUntil('what there was', () => paths().length === 2);
  assert.deepEqual(paths(), ['/old', '/both']);
});
