import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newId, type GatewayId } from '../../shared/model/ids.ts';
import { decodeFrame } from '../../shared/wire/sync-codec.ts';
import type { OutgoingTransfer } from '../publish/publisher.ts';
import { SharedFrames } from './shared-frames.ts';

test('an announcement is encoded once, and anew when any of its statements was signed again', () => {
  const frames = new SharedFrames();
  const gatewayId = newId<GatewayId>();
  const transfer: OutgoingTransfer = {
    kind: 'snapshot', version: { epoch: 2, sequence: 1 }, contentRoot: '', base: undefined, manifestStatement: 'm', transferStatement: 't', epochStatement: 'e', bytes: Buffer.from('x'), wireHash: '',
  };
  const first = frames.announcement(gatewayId, transfer, 0);
  assert.equal(frames.announcement(gatewayId, { ...transfer }, 0), first);
  for (const statement of ['manifestStatement', 'transferStatement', 'epochStatement'] as const) {
    frames.announcement(gatewayId, transfer, 0);
    const { message } = decodeFrame(Buffer.from(frames.announcement(gatewayId, { ...transfer, [statement]: 'again' }, 0)));
    assert.ok(message.kind === 'snapshot');
    assert.equal(message[statement], 'again');
  }
});
