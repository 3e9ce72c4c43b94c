/** Every flood of frames ends its connection and nobody else's: by our bounds, which say so, or by those of Node and nghttp2 (R5). */
import assert from 'node:assert/strict';
import { Http2Client } from './support/http2-client.ts';
import { block, CODE, FLAG, frame, FRAME, FrameClient, GET, POST, uint32, type Fields } from './support/http2-frames.ts';
import type { ProxyScene, SceneOptions } from './support/proxy-scene.ts';
import { response } from './support/recording-origin.ts';
import { scenario } from './support/scenario.ts';
import { waitUntil } from './support/wait-until.ts';

const LIMITS = { maxHttp2ResetsPerSecond: 20, maxHttp2PingsPerSecond: 20, maxHttp2SettingsPerSecond: 5, maxHttp2IdleTalkBytesPerSecond: 16_384, maxHttp2Streams: 8 };
const OPTIONS: SceneOptions = { proxy: { limits: LIMITS } };

/** The connection ended for this reason, and the proxy serves others. */
async function assertRefused({ proxy, port, logLines }: ProxyScene, client: FrameClient, code: string): Promise<void> {
  await client.waitForEnd();
  assert.ok(client.goawayCodes.every((each) => each === CODE.ENHANCE_YOUR_CALM));
  assert.equal(proxy.stats().refusals[code], 1);
  assert.ok(logLines().some((line) => line.includes(code)));
  await assertServes(port);
}

async function assertServes(port: number): Promise<void> {
  const other = await Http2Client.open(port);
  assert.equal((await other.exchange({})).status, 200);
  other.close();
}

scenario('rapid resets (CVE-2023-44487)', OPTIONS, async (scene) => {
  const client = await FrameClient.open(scene.port);
  for (let stream = 1; stream < 100; stream += 2) {
    client.headers(stream, GET);
    client.send(frame(FRAME.RST_STREAM, 0, stream, uint32(CODE.CANCEL)));
  }
  await assertRefused(scene, client, 'HTTP2_RESET_FLOOD');
  await waitUntil('all of them to end', () => scene.proxy.stats().activeRequests === 0);
});

scenario('requests that are malformed count as resets', OPTIONS, async (scene) => {
  const client = await FrameClient.open(scene.port);
  for (let stream = 1; stream < 100; stream += 2) client.headers(stream, [...GET, ['content-length', '+0']]);
  await waitUntil('an end', () => client.closed || client.of(FRAME.RST_STREAM).length === 50);
  await assertServes(scene.port);
});

scenario('pings', OPTIONS, async (scene) => {
  const client = await FrameClient.open(scene.port);
  for (let count = 0; count < 50; count++) client.send(frame(FRAME.PING, 0, 0, Buffer.alloc(8)));
  await assertRefused(scene, client, 'HTTP2_PING_FLOOD');
  assert.equal(client.goawayCodes.length, 1);
});

scenario('settings', OPTIONS, async (scene) => {
  const client = await FrameClient.open(scene.port);
  for (let count = 0; count < 50; count++) client.send(frame(FRAME.SETTINGS, 0, 0));
  await assertRefused(scene, client, 'HTTP2_SETTINGS_FLOOD');
});

for (const [what, bytes] of [
  ['PRIORITY frames', frame(FRAME.PRIORITY, 0, 1, Buffer.from([0, 0, 0, 0, 1]))],
  ['WINDOW_UPDATE frames', frame(FRAME.WINDOW_UPDATE, 0, 0, uint32(1))],
  ['frames of unknown types', frame(0xfa, 0, 0, Buffer.alloc(64))],
] as const) {
  scenario(what, OPTIONS, async (scene) => {
    const client = await FrameClient.open(scene.port);
    const many = Buffer.concat(Array.from({ length: 4_000 }, () => bytes));
    client.send(many);
    await assertRefused(scene, client, 'HTTP2_FRAME_FLOOD');
  });
}

scenario('padding', OPTIONS, async (scene) => {
  const client = await FrameClient.open(scene.port);
  client.headers(1, POST, false);
  const padded = frame(FRAME.DATA, FLAG.PADDED, 1, Buffer.concat([Buffer.of(255), Buffer.from('x'), Buffer.alloc(255)]));
  client.send(Buffer.concat(Array.from({ length: 200 }, () => padded)));
  await assertRefused(scene, client, 'HTTP2_FRAME_FLOOD');
});

scenario('a client that takes much may say much: window updates for a long download are no flood', {
  proxy: { limits: LIMITS }, responder: () => response('x'.repeat(4_000_000)),
}, async ({ port, proxy }) => {
  const client = await Http2Client.open(port);
  for (let count = 0; count < 4; count++) assert.equal((await client.exchange({})).body.length, 4_000_000);
  assert.deepEqual(proxy.stats().refusals, {});
  client.close();
});

/** Ended by Node or nghttp2, which have their own words for it. */
async function assertEnded({ port }: ProxyScene, client: FrameClient): Promise<void> {
  await client.waitForEnd();
  await assertServes(port);
}

scenario('empty DATA frames (Node)', OPTIONS, async (scene) => {
  const client = await FrameClient.open(scene.port);
  client.headers(1, POST, false);
  client.send(Buffer.concat(Array.from({ length: 1_200 }, () => frame(FRAME.DATA, 0, 1))));
  await assertEnded(scene, client);
});

scenario('endless CONTINUATION frames (nghttp2)', OPTIONS, async (scene) => {
  const client = await FrameClient.open(scene.port);
  client.send(frame(FRAME.HEADERS, FLAG.END_STREAM, 1, block(GET)));
  client.send(Buffer.concat(Array.from({ length: 100 }, (_, index) => frame(FRAME.CONTINUATION, 0, 1, block([[`x-${index}`, 'y']])))));
  await assertEnded(scene, client);
});

scenario('empty CONTINUATION frames (nghttp2)', OPTIONS, async (scene) => {
  const client = await FrameClient.open(scene.port);
  client.send(frame(FRAME.HEADERS, FLAG.END_STREAM, 1, block(GET)));
  client.send(Buffer.concat(Array.from({ length: 100 }, () => frame(FRAME.CONTINUATION, 0, 1))));
  await assertEnded(scene, client);
});

scenario('too many entries in SETTINGS (Node)', OPTIONS, async (scene) => {
  const client = await FrameClient.open(scene.port);
  const entry = Buffer.from([0, 3, 0, 0, 0, 100]);
  client.send(frame(FRAME.SETTINGS, 0, 0, Buffer.concat(Array.from({ length: 200 }, () => entry))));
  await assertEnded(scene, client);
});

scenario('answers that nobody reads: pings whose acknowledgements pile up (nghttp2)', { proxy: { limits: { maxHttp2PingsPerSecond: 1_000_000 } } }, async (scene) => {
  const client = await FrameClient.open(scene.port);
  client.socket.pause();
  const pings = Buffer.concat(Array.from({ length: 2_000 }, () => frame(FRAME.PING, 0, 0, Buffer.alloc(8))));
  for (let count = 0; count < 100 && scene.proxy.stats().connections === 0; count++) await new Promise(setImmediate);
  for (let count = 0; count < 1_000 && scene.proxy.stats().connections === 1; count++) {
    client.send(pings);
    await new Promise(setImmediate);
  }
  await waitUntil('the connection to be ended', () => scene.proxy.stats().connections === 0);
  client.close();
  await assertServes(scene.port);
});

const HUGE: Fields = Array.from({ length: 200 }, (_, index) => [`x-${index}`, 'y'] as const);

/** One field of 4,000 bytes put into the table, then named by a byte each time: 90 times as much as was sent. */
function bomb(): Buffer {
  const name = Buffer.from('x-bomb', 'latin1');
  const value = Buffer.alloc(4_000 - name.length - 32, 0x62);
  const indexed = Buffer.concat([Buffer.of(0x40, name.length), name, Buffer.of(127, ((value.length - 127) % 128) + 128, Math.floor((value.length - 127) / 128)), value]);
  return Buffer.concat([block(GET), indexed, Buffer.alloc(90, 0xbe)]);
}

scenario('header lists are bounded as they are decoded, in fields and in bytes', OPTIONS, async ({ port, origin }) => {
  const client = await FrameClient.open(port);
  client.send(frame(FRAME.SETTINGS, FLAG.ACK, 0));
  client.headers(1, [...GET, ...HUGE]);
  client.send(frame(FRAME.HEADERS, FLAG.END_HEADERS | FLAG.END_STREAM, 3, bomb()));
  client.headers(5, GET);
  assert.deepEqual([await client.answered(1), await client.answered(3), await client.answered(5)], [false, false, true]);
  assert.deepEqual([await client.resetCode(1), await client.resetCode(3)], [CODE.ENHANCE_YOUR_CALM, CODE.ENHANCE_YOUR_CALM]);
  assert.equal(origin.requests.length, 1);
  client.close();
});

scenario('a client that never acknowledges the settings is held to the same bounds', OPTIONS, async ({ port, origin, proxy }) => {
  const client = await FrameClient.open(port);
  client.send(frame(FRAME.HEADERS, FLAG.END_HEADERS | FLAG.END_STREAM, 1, bomb()));
  client.send(frame(FRAME.HEADERS, FLAG.END_HEADERS, 3, bomb()));
  assert.deepEqual([await client.answered(1), await client.answered(3)], [true, true]);
  assert.deepEqual([proxy.stats().refusals, origin.requests.length], [{ HTTP1_HEAD_TOO_LARGE: 2 }, 0]);
  client.close();
});

scenario('streams beyond the bound are refused, and the others go on', { proxy: { limits: LIMITS }, responder: () => undefined }, async ({ port, proxy }) => {
  const client = await FrameClient.open(port);
  for (let stream = 1; stream < 41; stream += 2) client.headers(stream, GET);
  await waitUntil('eight requests', () => proxy.stats().activeRequests === 8);
  await waitUntil('the others to be refused', () => client.of(FRAME.RST_STREAM).length > 0 || client.closed);
  assert.ok(proxy.stats().activeRequests <= 8);
  client.close();
  await waitUntil('the rest to end', () => proxy.stats().activeRequests === 0);
});

scenario('bytes that are no HTTP/2 behind the preface end the connection', OPTIONS, async (scene) => {
  const client = await FrameClient.open(scene.port);
  client.send(Buffer.from('GET / HTTP/1.1\r\nHost: a.test\r\n\r\n'));
  await assertEnded(scene, client);
  assert.equal(scene.proxy.stats().refusals['HTTP2_CONNECTION_INVALID'], 1);
});

scenario('a client that does not let go is cut: after idleness, and after a flood whose answer it does not take', { proxy: { limits: { ...LIMITS, idleTimeoutMs: 30, lingerTimeoutMs: 30 } } }, async ({ port, proxy }) => {
  const idle = await FrameClient.open(port, true);
  await waitUntil('it to be there', () => proxy.stats().connections === 1);
  await waitUntil('it to be gone', () => proxy.stats().connections === 0);
  const deaf = await FrameClient.open(port, true);
  deaf.socket.pause();
  deaf.send(Buffer.concat(Array.from({ length: 50 }, () => frame(FRAME.PING, 0, 0, Buffer.alloc(8)))));
  await waitUntil('the flood to be noticed', () => proxy.stats().refusals['HTTP2_PING_FLOOD'] === 1);
  await waitUntil('it to be gone', () => proxy.stats().connections === 0);
  idle.close();
  deaf.close();
});
