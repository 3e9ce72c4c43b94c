/** Seeded random frames from hostile parts: whatever comes, the origin sees well-formed requests alone (the scenario's oracle, R2), nothing of ours throws, and others are served. */
import assert from 'node:assert/strict';
import { Http2Client } from './support/http2-client.ts';
import { block, FLAG, frame, FRAME, FrameClient, uint32, type Fields } from './support/http2-frames.ts';
import { scenario } from './support/scenario.ts';
import { waitUntil } from './support/wait-until.ts';

const CONNECTIONS = 150;
const FRAMES = 12;
const SEED = 20_261_121;

/** Park and Miller's generator: the same run every time. */
function generator(seed: number): <T>(choices: readonly T[]) => T {
  let state = seed;
  return (choices) => {
    state = (state * 48_271) % 2_147_483_647;
    const chosen = choices[state % choices.length];
    if (chosen === undefined) throw new Error('nothing to choose from');
    return chosen;
  };
}

const NAMES = [':method', ':path', ':scheme', ':authority', ':status', 'host', 'content-length', 'transfer-encoding', 'connection', 'cookie', 'te', 'x-a', 'X-B', 'x a', 'expect', 'upgrade', 'trailer', '', 'x_a', 'x-consumer-id'];
const VALUES = ['GET', 'POST', 'HEAD', 'CONNECT', 'OPTIONS', '/', '/a/../b', '*', '/%2e%2e/x', 'http', 'https', 'a.test', 'a.test:80', 'b.test', '5', '0', '-1', '05', 'chunked', 'close', 'trailers', 'gzip', '100-continue', 'x\r\ny: z', 'x\0y', ' x', '', '\xff', 'GET / HTTP/1.1\r\nHost: evil\r\n\r\n', 'x'.repeat(300)];
const STREAMS = [0, 1, 1, 1, 3, 3, 5, 2, 7];

scenario('hostile frames in any order', {}, async ({ port, proxy, origin, logLines }) => {
  const choose = generator(SEED);
  const numbers = Array.from({ length: 256 }, (_, index) => index);
  const fields = (): Fields => {
    const valid: Fields = [[':method', choose(['GET', 'POST'])], [':scheme', 'http'], [':authority', 'a.test'], [':path', '/']];
    const list = choose([0, 1, 1]) === 1 ? [...valid] : [];
    for (let count = choose([0, 1, 2, 3]); count > 0; count--) list.splice(choose([list.length, list.length, 0, 2]), 0, [choose(NAMES), choose(VALUES)]);
    return list;
  };
  const data = (): Buffer => Buffer.from(choose(VALUES), 'latin1');
  const next = (): Buffer => {
    const stream = choose(STREAMS);
    switch (choose([0, 0, 0, 1, 1, 2, 3, 4, 5, 6, 7])) {
      case 0: return frame(FRAME.HEADERS, choose([4, 5, 5, 0, 1, 12, 36]), stream, block(fields()));
      case 1: return frame(FRAME.DATA, choose([0, 1, 8]), stream, data());
      case 2: return frame(FRAME.CONTINUATION, choose([0, FLAG.END_HEADERS]), stream, block(fields()));
      case 3: return frame(FRAME.RST_STREAM, 0, stream, uint32(choose([0, 8, 2])));
      case 4: return frame(FRAME.WINDOW_UPDATE, 0, stream, uint32(choose([0, 1, 65_535, 0x7fffffff])));
      case 5: return frame(FRAME.SETTINGS, choose([0, 1]), choose([0, 0, 1]), Buffer.from(choose([[], [0, 4, 0, 0, 0, 0], [0, 4, 0xff, 0xff, 0xff, 0xff], [0, 1, 0, 0, 0, 0], [0, 3]])));
      case 6: return frame(choose([FRAME.PRIORITY, FRAME.PUSH_PROMISE, FRAME.GOAWAY, 0xbb]), choose([0, 4]), stream, Buffer.from([choose(numbers), choose(numbers), 0, 0, 0, 1, 0, 0]));
      default: return Buffer.from(Array.from({ length: 16 }, () => choose(numbers)));
    }
  };
  /** A stream whose frames are in order, whatever they say. */
  const stream = (id: number): Buffer => {
    const head = block(fields());
    switch (choose([0, 0, 1, 2, 3])) {
      case 0: return frame(FRAME.HEADERS, FLAG.END_HEADERS | FLAG.END_STREAM, id, head);
      case 1: return Buffer.concat([frame(FRAME.HEADERS, FLAG.END_HEADERS, id, head), frame(FRAME.DATA, 0, id, data()), frame(FRAME.DATA, FLAG.END_STREAM, id, data())]);
      case 2: return Buffer.concat([frame(FRAME.HEADERS, FLAG.END_HEADERS, id, head), frame(FRAME.DATA, 0, id, data()), frame(FRAME.HEADERS, FLAG.END_HEADERS | FLAG.END_STREAM, id, block([[choose(NAMES), choose(VALUES)]]))]);
      default: return Buffer.concat([frame(FRAME.HEADERS, FLAG.END_HEADERS, id, head), frame(FRAME.DATA, 0, id, data()), frame(FRAME.RST_STREAM, 0, id, uint32(8))]);
    }
  };
  for (let connection = 0; connection < CONNECTIONS; connection++) {
    const client = await FrameClient.open(port);
    const isWild = connection % 5 === 0;
    for (let count = 0; count < FRAMES; count++) client.send(isWild ? next() : stream(count * 2 + 1));
    client.send(frame(FRAME.PING, 0, 0, Buffer.alloc(8)));
    await waitUntil('an answer to the ping, or the end', () => client.closed || client.of(FRAME.PING).length > 0);
    client.close();
  }
  await waitUntil('all to be over', () => proxy.stats().activeRequests === 0 && proxy.stats().connections === 0);
  assert.deepEqual(logLines().filter((line) => line.includes('"level":50')), []);
  assert.ok(origin.requests.length > CONNECTIONS, `${origin.requests.length} requests got through`);
  const other = await Http2Client.open(port);
  assert.equal((await other.exchange({})).status, 200);
  other.close();
});
