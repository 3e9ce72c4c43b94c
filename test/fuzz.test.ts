/**
 * A bounded run of the fuzzer with fixed seeds (`npm run fuzz` goes on for hours): llhttp, the oracle's reader and the engine agree
 * on whatever the engine accepts, cuts change nothing, and what passes through a proxy stays what it was.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judge, KNOWN_AGAINST_NODE } from './fuzz/differences.ts';
import { readAsEngine } from './fuzz/read-as-engine.ts';
import { readAsNode } from './fuzz/read-as-node.ts';
import type { Reading } from './fuzz/reading.ts';
import { runFuzz } from './fuzz/run-fuzz.ts';

for (const seed of [1, 20_261_121]) {
  test(`nothing is found with seed ${seed}`, async () => {
    const { parsers, proxy, rounds, cuts } = await runFuzz({ seed, maxRounds: 400, maxMs: 4_000 });
    assert.deepEqual([...parsers.findings, ...proxy.findings], []);
    assert.ok(rounds > 20 && cuts > 20 && parsers.accepted > 100 && proxy.accepted > 3, `only ${rounds} rounds, ${parsers.accepted} and ${proxy.accepted} messages`);
  });
}

test('the comparison sees what differs', () => {
  const stream = Buffer.from('POST /a HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5\r\n\r\nhello');
  const engine = readAsEngine(stream, 'request', []);
  assert.deepEqual(judge(engine, readAsNode(stream, 'request'), KNOWN_AGAINST_NODE, stream), { kind: 'same' });
  const [message] = engine.messages;
  assert.ok(message !== undefined);
  const altered: readonly Partial<typeof message>[] = [{ body: 'hell' }, { line: 'POST /b' }, { minor: 0 }, { fields: [['host', 'b.test']] }];
  for (const change of altered) {
    const other: Reading = { ...engine, messages: [{ ...message, ...change }] };
    assert.equal(judge(engine, other, KNOWN_AGAINST_NODE, stream).kind, 'finding', JSON.stringify(change));
  }
  assert.equal(judge(engine, { messages: [], outcome: 'refused', why: 'HPE_INVALID_HEADER_TOKEN' }, KNOWN_AGAINST_NODE, stream).kind, 'finding');
  assert.equal(judge(engine, { messages: [], outcome: 'incomplete', why: '' }, KNOWN_AGAINST_NODE, stream).kind, 'finding');
  assert.equal(judge({ ...engine, messages: [] }, engine, KNOWN_AGAINST_NODE, stream).kind, 'finding', 'a message that the engine did not see');
});
