import { test } from 'node:test';
import assert from 'node:assert/strict';
import { readEvents, type StreamEvent } from './event-stream.ts';

async function read(chunks: readonly Uint8Array[]): Promise<readonly StreamEvent[]> {
  const found: StreamEvent[] = [];
  for await (const event of readEvents((async function* () { yield* chunks; })())) found.push(event);
  return found;
}

test('events are the same however the bytes are cut, and comments are none', async () => {
  const bytes = Buffer.from('retry: 1000\n\n: still here\n\nid: 1\nevent: record\ndata: {"path":"/größe"}\n\ndata: plain\n\nevent: cut');
  const expected = [{ type: 'record', data: '{"path":"/größe"}', id: '1' }, { type: 'message', data: 'plain', id: undefined }];
  assert.deepEqual(await read([bytes]), expected);
  assert.deepEqual(await read([...bytes].map((byte) => Uint8Array.of(byte))), expected);
});

test('an event without an end is refused instead of kept', async () => {
  const chunk = Buffer.alloc(1_048_576, 'x');
  await assert.rejects(read([chunk, chunk, chunk, chunk, chunk]), /too long/);
});
