/** R5: a control plane that asks and does not read costs a data plane a bounded amount of memory, then its connection ends. */
import assert from 'node:assert/strict';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { WebSocketServer } from 'ws';
import { createAuthority, openAuthority } from '../control-plane/enrolment/certificate-authority.ts';
import { createFrameSocketOpener, type FrameSocket } from '../data-plane/sync/frame-socket.ts';
import { newId, type GatewayId } from '../shared/model/ids.ts';
import { waitUntil } from './support/wait-until.ts';

const DAY_MS = 86_400_000;
const ANSWER = { kind: 'answer', id: 1, document: new Uint8Array(190 * 1024), problem: '' } as const;
/** Far above what the kernel and we hold. */
const MOST_ANSWERS = 200;

test('answers that nobody reads end the connection', async (context) => {
  const authority = await openAuthority(await createAuthority(Date.now()));
  const issued = await authority.issueServer({ names: ['127.0.0.1'], nowMs: Date.now(), lifetimeMs: DAY_MS });
  const server = createServer({ key: issued.privateKeyPem, cert: issued.chainPem });
  const webSockets = new WebSocketServer({ server, perMessageDeflate: false });
  webSockets.on('connection', (webSocket) => webSocket.pause());
  context.after(() => {
    for (const webSocket of webSockets.clients) webSocket.terminate();
    server.close();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address: AddressInfo | string | null = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;

  const open = createFrameSocketOpener({ gatewayId: newId<GatewayId>(), proxy: undefined, credentials: () => ({ ca: authority.certificatePem, cert: issued.chainPem, key: issued.privateKeyPem }), timeoutMs: 10_000 });
  const violations: string[] = [];
  let isOpen = false;
  const socket: FrameSocket = open(`https://127.0.0.1:${port}`, { opened: () => (isOpen = true), message: () => undefined, violated: (reason) => violations.push(reason), closed: () => undefined });
  await waitUntil('a connection', () => isOpen || undefined);
  let answers = 0;
  for (; answers < MOST_ANSWERS && violations.length === 0; answers += 1) {
    socket.send(ANSWER);
    await new Promise(setImmediate);
  }
  assert.match(violations[0] ?? '', /does not read/);
  assert.ok(answers > 16, 'as many as may be asked at once are no violation');
});
