/** Random lives of streams: however client and upstream end them, each is recorded once (R4), nothing stays behind, and the origins see whole requests alone (R2). */
import assert from 'node:assert/strict';
import type { ServerHttp2Stream } from 'node:http2';
import { FLAG, frame, FRAME, block, FrameClient, uint32, type Fields } from './support/http2-frames.ts';
import { startHttp2Origin } from './support/http2-origin.ts';
import { scenario } from './support/scenario.ts';
import { response } from './support/recording-origin.ts';
import { staticConfig } from './support/static-config.ts';
import { waitUntil } from './support/wait-until.ts';

const SEED = 20_261_121;
const CONNECTIONS = 60;
const STREAMS = 12;

function generator(seed: number): <T>(choices: readonly T[]) => T {
  let state = seed;
  return (choices) => {
    state = (state * 48_271) % 2_147_483_647;
    const chosen = choices[state % choices.length];
    if (chosen === undefined) throw new Error('nothing to choose from');
    return chosen;
  };
}

const UPSTREAM: Readonly<Record<string, (stream: ServerHttp2Stream) => void>> = {
  answers: (stream) => stream.respond({ ':status': 200 }, { endStream: true }),
  echoes: (stream) => {
    stream.respond({ ':status': 200 });
    stream.pipe(stream);
  },
  'speaks at length': (stream) => {
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    stream.end(Buffer.alloc(100_000));
  },
  'resets at once': (stream) => stream.close(2),
  'refuses': (stream) => stream.close(7),
  'resets in the middle': (stream) => {
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' });
    stream.write(Buffer.alloc(1_000), () => stream.destroy(new Error('cut')));
  },
  'ends its connection': (stream) => stream.session?.destroy(),
  'says GOAWAY': (stream) => {
    stream.session?.goaway(0);
    stream.respond({ ':status': 200 }, { endStream: true });
  },
  'says nothing': () => undefined,
};

scenario('a storm of streams', {
  responder: ({ target }) => (target.includes('mute') ? undefined : response('x'.repeat(3_000))),
  proxy: { limits: { sendTimeoutMs: 150, bodyTimeoutMs: 150, abandonedAfterMs: 50, maxHttp2ResetsPerSecond: 1_000, idleTimeoutMs: 500 } },
}, async ({ port, proxy, serve, records, logLines, origin }) => {
  const choose = generator(SEED);
  const upstream = await startHttp2Origin((stream, path) => UPSTREAM[decodeURIComponent(path.slice(1))]?.(stream));
  const timeouts = { retries: 1, readTimeoutMs: 120, writeTimeoutMs: 120 };
  serve(staticConfig({ routes: [
    { path: '/h2', stripPath: true, protocols: ['http', 'grpc'], service: { protocol: 'grpc', port: upstream.port, ...timeouts } },
    { path: '/h1', stripPath: false, protocols: ['http'], service: { port: origin.port, ...timeouts } },
  ] }));
  let sent = 0;
  const life = async (): Promise<void> => {
    const client = await FrameClient.open(port);
    for (let count = 0; count < STREAMS; count++) {
      const id = count * 2 + 1;
      const path = choose([...Object.keys(UPSTREAM).map((name) => `/h2/${encodeURIComponent(name)}`), '/h1/a', '/h1/mute', '/none']);
      const fields: Fields = [[':method', choose(['GET', 'POST', 'POST'])], [':scheme', 'http'], [':authority', 'a.test'], [':path', path], ['te', 'trailers'],
        ...choose<Fields>([[], [], [['content-type', 'application/grpc']], [['content-type', 'application/grpc'], ['grpc-timeout', choose(['1n', '5m', '40m', '1S'])]]])];
      const reset = frame(FRAME.RST_STREAM, 0, id, uint32(choose([0, 8, 2])));
      const data = frame(FRAME.DATA, 0, id, Buffer.alloc(50));
      const end = choose([frame(FRAME.DATA, FLAG.END_STREAM, id, Buffer.alloc(50)), frame(FRAME.HEADERS, FLAG.END_STREAM | FLAG.END_HEADERS, id, block([['x-t', '1']]))]);
      const whole = choose([true, false, false]);
      if (client.closed) break;
      sent += 1;
      client.send(frame(FRAME.HEADERS, FLAG.END_HEADERS | (whole ? FLAG.END_STREAM : 0), id, block(fields)));
      await pause(choose([0, 0, 0, 1, 5, 20]));
      switch (choose(['whole', 'whole', 'whole', 'reset', 'half and reset', 'whole and reset', 'never'])) {
        case 'whole': if (!whole) client.send(data, end); break;
        case 'reset': client.send(reset); break;
        case 'half and reset':
          if (!whole) client.send(data);
          await pause(choose([0, 1, 10, 30]));
          client.send(reset);
          break;
        case 'whole and reset':
          if (!whole) client.send(data, end);
          await pause(choose([0, 1, 10, 30]));
          client.send(reset);
          break;
        default:
      }
    }
    client.send(frame(FRAME.WINDOW_UPDATE, 0, 0, uint32(choose([1, 1_000_000]))), frame(FRAME.PING, 0, 0, Buffer.alloc(8)));
    await waitUntil('all of it to be read', () => client.closed || client.of(FRAME.PING).length > 0);
    if (choose([true, false])) await pause(choose([1, 50, 200]));
    client.close();
  };
  try {
    for (let round = 0; round < CONNECTIONS; round += 10) await Promise.all(Array.from({ length: 10 }, life));
    await waitUntil('all to be over', () => proxy.stats().activeRequests === 0 && proxy.stats().connections === 0 && proxy.stats().busyUpstream === 0);
    assert.deepEqual([records.length, proxy.stats().endedRequests], [sent, sent]);
    assert.ok(new Set(records.map(({ status }) => status)).size >= 5, 'many kinds of ends');
    assert.deepEqual(logLines().filter((line) => line.includes('"level":50')), []);
  } finally {
    await upstream.close();
  }
});

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => (ms === 0 ? setImmediate(resolve) : setTimeout(resolve, ms)));
}
