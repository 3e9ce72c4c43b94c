/** gRPC end to end, with gRPC's own client and server: all four shapes, deadlines, cancellation, metadata, and what goes wrong in gRPC's words. */
import assert from 'node:assert/strict';
import { drained, GrpcClient, Metadata, startGrpcServer, status, type GrpcHandlers, type StatusObject } from './support/grpc-scene.ts';
import { startHttp2Origin } from './support/http2-origin.ts';
import type { ProxyScene, SceneOptions } from './support/proxy-scene.ts';
import { scenario } from './support/scenario.ts';
import { staticConfig, type StaticPlugin } from './support/static-config.ts';
import { waitUntil } from './support/wait-until.ts';

interface GrpcScene extends ProxyScene {
  readonly client: GrpcClient;
  readonly kill: () => void;
}

interface GrpcOptions {
  readonly handlers?: GrpcHandlers;
  readonly plugins?: readonly StaticPlugin[];
  readonly proxy?: SceneOptions['proxy'];
}

/** A gRPC server behind a proxy with one route for all, and a client before it. */
function grpcScenario(name: string, { handlers = {}, plugins = [], proxy = {} }: GrpcOptions, run: (scene: GrpcScene) => Promise<void>): void {
  scenario(name, { proxy }, async (scene) => {
    const server = await startGrpcServer(handlers);
    const client = new GrpcClient(scene.port);
    scene.serve(staticConfig({ routes: [{ path: '/', stripPath: false, protocols: ['grpc'], plugins, service: { protocol: 'grpc', port: server.port, retries: 0 } }] }));
    try {
      await run({ ...scene, client, kill: server.kill });
    } finally {
      client.close();
      server.kill();
    }
  });
}

/** How a handler of a call with one reply fails. */
type Answer = (error: Partial<StatusObject>) => void;

const HELLO = Buffer.from('hello');

grpcScenario('unary calls share one connection on both sides', {}, async ({ client, proxy, records }) => {
  const outcomes = await Promise.all(Array.from({ length: 50 }, () => client.unary(HELLO)));
  assert.ok(outcomes.every(({ code, reply }) => code === status.OK && reply?.equals(HELLO) === true));
  assert.equal(proxy.stats().connections, 1);
  assert.deepEqual([records.length, new Set(records.map((record) => record.status))], [50, new Set([200])]);
});

grpcScenario('a client streams, a server streams', {}, async ({ client }) => {
  const collected = await new Promise<Buffer | undefined>((resolve) => {
    const call = client.collect((_error, reply) => resolve(reply));
    for (const piece of ['a', 'b', 'c']) call.write(Buffer.from(piece));
    call.end();
  });
  assert.equal(String(collected), 'abc');
  const { messages, code } = await drained(client.expand(Buffer.from('xyz')));
  assert.deepEqual([messages.map(String), code], [['x', 'y', 'z'], status.OK]);
});

grpcScenario('both stream at the same time: each message is answered before the next is sent', {}, async ({ client }) => {
  const call = client.chat();
  const all = drained(call);
  for (let count = 0; count < 5; count++) {
    const answer = new Promise((resolve) => call.once('data', resolve));
    call.write(Buffer.from(String(count)));
    assert.equal(String(await answer), String(count));
  }
  call.end();
  const { messages, code } = await all;
  assert.deepEqual([messages.map(String), code], [['0', '1', '2', '3', '4'], status.OK]);
});

grpcScenario('a server that answers before the client has ended is heard', {
  handlers: { collect: (call: NodeJS.EventEmitter, answer: Answer) => void call.once('data', () => answer({ code: status.FAILED_PRECONDITION, details: 'enough' })) },
}, async ({ client, proxy }) => {
  const error = await new Promise<{ readonly code: number; readonly details: string } | null>((resolve) => {
    const call = client.collect((failure) => resolve(failure));
    call.write(HELLO);
  });
  assert.deepEqual([error?.code, error?.details], [status.FAILED_PRECONDITION, 'enough']);
  await waitUntil('the call to end', () => proxy.stats().activeRequests === 0);
});

grpcScenario('metadata goes both ways, in head and trailers, text and binary', {
  handlers: {
    unary: (call: { metadata: Metadata; sendMetadata: (initial: Metadata) => void }, answer: (error: null, reply: Buffer, trailing: Metadata) => void) => {
      const initial = new Metadata();
      initial.set('x-echo', call.metadata.get('x-text')[0] ?? '');
      call.sendMetadata(initial);
      const trailing = new Metadata();
      trailing.set('x-bytes-bin', call.metadata.get('x-bytes-bin')[0] ?? '');
      answer(null, HELLO, trailing);
    },
  },
}, async ({ client }) => {
  const metadata = new Metadata();
  metadata.set('x-text', 'some text');
  metadata.set('x-bytes-bin', Buffer.from([0, 255, 13, 10]));
  const { code, initial, trailing } = await client.unary(HELLO, metadata);
  assert.deepEqual([code, initial?.get('x-echo'), trailing?.get('x-bytes-bin')], [status.OK, ['some text'], [Buffer.from([0, 255, 13, 10])]]);
});

grpcScenario('an error of the server arrives with code, text and metadata', {
  handlers: { unary: (_call: unknown, answer: Answer) => answer({ code: status.NOT_FOUND, details: 'kein Büch', metadata: new Metadata() }) },
}, async ({ client, records }) => {
  const { code, details, reply } = await client.unary(HELLO);
  assert.deepEqual([code, details, reply], [status.NOT_FOUND, 'kein Büch', undefined]);
  assert.equal(records[0]?.status, 200);
});

grpcScenario('messages of a megabyte, compressed ones and many small ones come whole', {}, async ({ client }) => {
  const large = Buffer.alloc(1_048_576, 'holdfast ');
  const { code, reply } = await client.unary(large);
  assert.deepEqual([code, reply?.equals(large)], [status.OK, true]);
  const { messages } = await drained(client.expand(Buffer.alloc(5_000, 'm')));
  assert.equal(messages.length, 5_000);
});

grpcScenario('compression between the peers is theirs', {}, async ({ port }) => {
  const client = new GrpcClient(port, { 'grpc.default_compression_algorithm': 2 });
  const large = Buffer.alloc(100_000, 'holdfast ');
  const { code, reply } = await client.unary(large);
  assert.deepEqual([code, reply?.equals(large)], [status.OK, true]);
  client.close();
});

scenario('a deadline ends the call with DEADLINE_EXCEEDED and lets the server know', {}, async ({ port, serve, proxy, records }) => {
  // gRPC's own server keeps to the deadline itself: this one is no gRPC server.
  const silent = await startHttp2Origin(() => undefined);
  serve(staticConfig({ routes: [{ path: '/', protocols: ['grpc'], service: { protocol: 'grpc', port: silent.port } }] }));
  const client = new GrpcClient(port);
  const metadata = new Metadata();
  metadata.set('grpc-timeout', '50m');
  const { code, details } = await client.unary(HELLO, metadata);
  assert.deepEqual([code, details], [status.DEADLINE_EXCEEDED, 'Deadline Exceeded']);
  assert.deepEqual(proxy.stats().refusals, { GRPC_DEADLINE_EXCEEDED: 1 });
  await waitUntil('the server to hear of it', () => silent.resets.length === 1);
  assert.deepEqual([records[0]?.status, proxy.stats().busyUpstream], [504, 0]);
  client.close();
  await silent.close();
});

scenario('a deadline also ends a call that is being answered', {}, async ({ port, serve, proxy }) => {
  const stuck = await startHttp2Origin((stream) => {
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' });
    stream.write(Buffer.concat([Buffer.from([0, 0, 0, 0, HELLO.length]), HELLO]));
  });
  serve(staticConfig({ routes: [{ path: '/', protocols: ['grpc'], service: { protocol: 'grpc', port: stuck.port } }] }));
  const client = new GrpcClient(port);
  const metadata = new Metadata();
  metadata.set('grpc-timeout', '100m');
  const { messages, code } = await drained(client.expand(HELLO, {}, metadata));
  assert.deepEqual([messages.map(String), code], [['hello'], status.DEADLINE_EXCEEDED]);
  await waitUntil('the server to hear of it', () => stuck.resets.length === 1 && proxy.stats().activeRequests === 0);
  client.close();
  await stuck.close();
});

grpcScenario('a client that cancels ends the call at the server', {
  handlers: { chat: (call: NodeJS.EventEmitter & { write: (piece: Buffer) => void }) => { call.on('cancelled', () => cancelled.push(1)); call.on('data', () => call.write(HELLO)); call.on('error', () => undefined); } },
}, async ({ client, proxy }) => {
  const call = client.chat();
  const all = drained(call);
  call.write(HELLO);
  await new Promise((resolve) => call.once('data', resolve));
  call.cancel();
  assert.equal((await all).code, status.CANCELLED);
  await waitUntil('the server to hear of it', () => cancelled.length === 1);
  await waitUntil('the call to end', () => proxy.stats().activeRequests === 0);
});
const cancelled: number[] = [];

grpcScenario('a server killed in the middle of a stream is UNAVAILABLE, never a complete stream', {
  handlers: { expand: (call: { write: (piece: Buffer) => void }) => call.write(HELLO) },
}, async ({ client, kill }) => {
  const call = client.expand(HELLO);
  const all = drained(call);
  await new Promise((resolve) => call.once('data', resolve));
  kill();
  const { messages, code } = await all;
  assert.deepEqual([messages.map(String), code], [['hello'], status.UNAVAILABLE]);
});

grpcScenario('a server that is not there is UNAVAILABLE', {}, async ({ client, kill, proxy, records }) => {
  kill();
  await waitUntil('the answer', async () => (await client.unary(HELLO)).code === status.UNAVAILABLE);
  assert.equal(proxy.stats().refusals['UPSTREAM_CONNECT_FAILED'], 1);
  assert.equal(records.at(-1)?.status, 502);
});

grpcScenario('a plugin that refuses is heard in gRPC\'s words', {
  plugins: [{ name: 'guard', instance: { requestHead: () => ({ kind: 'respond', status: 401, message: 'who are you?' }) } }],
}, async ({ client }) => {
  const { code, details } = await client.unary(HELLO);
  assert.deepEqual([code, details], [status.UNAUTHENTICATED, 'who are you?']);
});

scenario('no route is UNIMPLEMENTED', { routes: () => [] }, async ({ port }) => {
  const client = new GrpcClient(port);
  const { code, details } = await client.unary(HELLO);
  assert.deepEqual([code, details], [status.UNIMPLEMENTED, 'no Route matched with those values']);
  client.close();
});
