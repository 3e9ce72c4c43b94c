import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { Transfer } from '../../shared/trust/verify-transfer.ts';
import type { Snapshot } from '../../shared/wire/sync-message.ts';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { createTestTrust, signSnapshot, someLeaves, type TestTrust } from '../../test/support/signed-content.ts';
import { waitUntil } from '../../test/support/wait-until.ts';
import { CHUNK_WINDOW, CREDIT_STEP, LEAST_BYTES_A_MINUTE, TransferIntake, type ReceivedOffer } from './transfer-intake.ts';
import type { Trust } from './trust-anchor.ts';

let testTrust: TestTrust;
let first: Transfer;
let second: Transfer;

before(async () => {
  testTrust = await createTestTrust();
  first = await signSnapshot(testTrust, { epoch: 1, sequence: 1 }, someLeaves(1_000));
  second = await signSnapshot(testTrust, { epoch: 1, sequence: 2 }, someLeaves(1_000));
});

function scene(maximumBytes = 1_000_000) {
  const complete: ReceivedOffer[] = [];
  const rejected: string[] = [];
  const violations: string[] = [];
  const clock = new ManualClock();
  let credit = 0;
  const trust: Trust = { rootSet: testTrust.rootSet, publishKeys: testTrust.publishKeys, rootStatements: [testTrust.rootStatement], delegationStatement: testTrust.delegationStatement };
  const intake = new TransferIntake({
    trust: () => trust,
    clock,
    maximumBytes,
    complete: (offer) => complete.push(offer),
    reject: (_announcement, code) => rejected.push(code),
    giveCredit: (chunks) => (credit += chunks),
    violated: (reason) => violations.push(reason),
  });
  intake.restart();
  return { intake, clock, complete, rejected, violations, credit: () => credit };
}

function announce(transfer: Transfer, transferId: number): Snapshot {
  const transferStatement = transfer.framing.kind === 'signed' ? transfer.framing.transferStatement : '';
  return { kind: 'snapshot', transferId, manifestStatement: transfer.manifestStatement, transferStatement, compression: 'zstd', epochStatement: '', startOffset: 0 };
}

function sendChunks(intake: TransferIntake, transfer: Transfer, transferId: number, upTo = transfer.wireBytes.length): number {
  let count = 0;
  for (let offset = 0; offset < upTo; offset += 1_000, count++) intake.take({ kind: 'chunk', transferId, offset, bytes: transfer.wireBytes.subarray(offset, Math.min(upTo, offset + 1_000)) });
  return count;
}

test('a transfer arrives whole, and its chunks give their credit back, several at once', async () => {
  const { intake, complete, credit } = scene();
  intake.take(announce(first, 1));
  const chunks = sendChunks(intake, first, 1);
  const offer = await waitUntil('the offer', () => complete[0]);
  assert.deepEqual(Buffer.from(offer.wireBytes), Buffer.from(first.wireBytes));
  assert.ok(chunks > CREDIT_STEP, `${chunks}`);
  assert.equal(credit(), CHUNK_WINDOW + chunks - (chunks % CREDIT_STEP));
});

test('a newer offer takes the place of an unfinished one, whose late chunks are dropped', async () => {
  const { intake, complete, violations } = scene();
  intake.take(announce(first, 1));
  sendChunks(intake, first, 1, 3_000);
  intake.take(announce(second, 2));
  intake.take({ kind: 'chunk', transferId: 1, offset: 3_000, bytes: first.wireBytes.subarray(3_000, 4_000) });
  sendChunks(intake, second, 2);
  const offer = await waitUntil('the offer', () => complete[0]);
  assert.equal(offer.announcement.transferId, 2);
  assert.deepEqual(violations, []);
  assert.equal(complete.length, 1);
});

test('a chunk at the wrong place, or beyond the signed length, is a violation', async () => {
  for (const offset of [1_000, first.wireBytes.length]) {
    const { intake, violations } = scene();
    intake.take(announce(first, 1));
    intake.take({ kind: 'chunk', transferId: 1, offset, bytes: new Uint8Array(10) });
    assert.match(await waitUntil('a violation', () => violations[0]), /out of order or too long/);
  }
  const { intake, violations } = scene();
  intake.take(announce(first, 1));
  intake.take({ kind: 'chunk', transferId: 1, offset: 0, bytes: new Uint8Array(first.wireBytes.length + 1) });
  assert.match(await waitUntil('a violation', () => violations[0]), /out of order or too long/);
});

test('an offer above the configured cap is refused before a byte of it is taken', async () => {
  const { intake, rejected, complete } = scene(1_000);
  intake.take(announce(first, 1));
  sendChunks(intake, first, 1);
  assert.equal(await waitUntil('a refusal', () => rejected[0]), 'TRANSFER_TOO_LARGE');
  await pause(1);
  assert.deepEqual(complete, []);
});

test('an offer that is signed by a stranger is refused before a byte of it is taken', async () => {
  const stranger = { ...(await createTestTrust()), audience: testTrust.audience };
  const forged = await signSnapshot(stranger, { epoch: 1, sequence: 3 }, someLeaves(1));
  const { intake, rejected } = scene();
  intake.take(announce(forged, 1));
  assert.equal(await waitUntil('a refusal', () => rejected[0]), 'TRUST_KEY_UNKNOWN');
  const mixed = scene();
  mixed.intake.take({ ...announce(first, 1), transferStatement: announce(forged, 1).transferStatement });
  assert.equal(await waitUntil('a refusal', () => mixed.rejected[0]), 'TRUST_KEY_UNKNOWN');
});

test('a snapshot announced as a delta is a violation', async () => {
  const { intake, violations } = scene();
  const { epochStatement: _none, ...announcement } = announce(first, 1);
  intake.take({ ...announcement, kind: 'delta' });
  assert.match(await waitUntil('a violation', () => violations[0]), /announced a delta/);
});

test('a new session forgets what the old one left unfinished', async () => {
  const { intake, complete, violations } = scene();
  intake.take(announce(first, 1));
  sendChunks(intake, first, 1, 2_000);
  intake.restart();
  intake.take(announce(second, 1));
  sendChunks(intake, second, 1);
  const offer = await waitUntil('the offer', () => complete[0]);
  assert.deepEqual(Buffer.from(offer.wireBytes), Buffer.from(second.wireBytes));
  assert.deepEqual(violations, []);
});

/** What is there after so many bytes and a cut. */
async function cutAfter(upTo: number) {
  const cut = scene();
  cut.intake.take(announce(first, 1));
  sendChunks(cut.intake, first, 1, upTo);
  await waitUntil('the bytes', () => cut.intake.partial?.bytes === upTo);
  cut.intake.cutOff();
  return cut;
}

test('what a cut left is named and goes on, also where a little less of it is told of', async () => {
  for (const startOffset of [3_000, 1_000]) {
    const { intake, complete, violations } = await cutAfter(3_000);
    assert.equal(intake.partial?.bytes, 3_000);
    intake.take({ kind: 'chunk', transferId: 1, offset: 3_000, bytes: first.wireBytes.subarray(3_000, 4_000) });
    intake.restart();
    intake.take({ ...announce(first, 7), startOffset });
    for (let offset = startOffset; offset < first.wireBytes.length; offset += 1_000) intake.take({ kind: 'chunk', transferId: 7, offset, bytes: first.wireBytes.subarray(offset, offset + 1_000) });
    assert.deepEqual(Buffer.from((await waitUntil('the offer', () => complete[0] ?? (violations.length > 0 ? assert.fail(violations[0]) : undefined))).wireBytes), Buffer.from(first.wireBytes));
    assert.equal(intake.partial, undefined);
  }
});

test('what goes on beyond what is there, or is another transfer, is a violation', async () => {
  for (const announcement of [{ ...announce(first, 7), startOffset: 4_000 }, { ...announce(second, 7), startOffset: 3_000 }]) {
    const { intake, violations } = await cutAfter(3_000);
    intake.restart();
    intake.take(announcement);
    assert.match(await waitUntil('a violation', () => violations[0]), /of which that much is not here/);
  }
});

test('R5: what a cut left is given up for another transfer', async () => {
  const { intake } = await cutAfter(3_000);
  intake.restart();
  intake.take(announce(second, 1));
  await waitUntil('nothing to be left', () => intake.partial === undefined);
});

test('R5: a flood of frames beyond the credit is a violation, not memory', () => {
  const { intake, violations } = scene();
  const chunk = { kind: 'chunk', transferId: 9, offset: 0, bytes: new Uint8Array(200 * 1024) } as const;
  for (let count = 0; count < CHUNK_WINDOW; count++) intake.take(chunk);
  assert.deepEqual(violations, [], 'even the largest frames within the window');
  for (let count = 0; count < 100; count++) intake.take(chunk);
  assert.match(violations[0] ?? '', /more than its credit/);
  const announced = scene();
  for (let count = 0; count < 400; count++) announced.intake.take({ ...announce(first, count), epochStatement: 'x'.repeat(50_000) });
  assert.match(announced.violations[0] ?? '', /more than its credit/);
});

/** The beginning of a large configuration that does not compress. */
async function largeOffer() {
  const large = await signSnapshot(testTrust, { epoch: 1, sequence: 3 }, someLeaves(16).map((leaf) => ({ ...leaf, entity: randomBytes(LEAST_BYTES_A_MINUTE) })));
  const dripping = scene(10_000_000);
  let received = 0;
  /** That many bytes more, taken. */
  const drip = async (bytes: number): Promise<void> => {
    dripping.intake.take({ kind: 'chunk', transferId: 1, offset: received, bytes: large.wireBytes.subarray(received, received + bytes) });
    received += bytes;
    await waitUntil('the bytes', () => (dripping.intake.partial?.bytes ?? 0) === received || undefined);
  };
  const announceAgain = async (): Promise<void> => {
    const before = dripping.intake.partial?.bytes;
    dripping.intake.take({ ...announce(large, 1), startOffset: received });
    await waitUntil('the announcement', () => dripping.intake.partial?.bytes === before);
    await pause(1);
  };
  dripping.intake.take(announce(large, 1));
  await drip(LEAST_BYTES_A_MINUTE);
  return { ...dripping, drip, announceAgain };
}

test('slow drip: a transfer that hardly moves for a minute ends the session; what is there is kept', async () => {
  const { intake, clock, violations, drip } = await largeOffer();
  clock.advance(60_000);
  for (let minute = 0; minute < 3; minute++) {
    await drip(LEAST_BYTES_A_MINUTE);
    clock.advance(60_000);
  }
  assert.deepEqual(violations, [], 'slow, but it moves');
  await drip(1);
  clock.advance(59_999);
  assert.deepEqual(violations, []);
  clock.advance(1);
  assert.match(violations[0] ?? '', /1 bytes of a configuration in a minute/);
  intake.cutOff();
  assert.equal(intake.partial?.bytes, 4 * LEAST_BYTES_A_MINUTE + 1);
  assert.equal(clock.pendingTimers, 0);
});

test('slow drip: announcing it again gives no new minute', async () => {
  const { clock, violations, drip, announceAgain } = await largeOffer();
  clock.advance(60_000);
  for (let second = 0; second < 60; second += 20) {
    await announceAgain();
    await drip(1);
    clock.advance(20_000);
  }
  assert.match(violations[0] ?? '', /3 bytes of a configuration in a minute/);
});

test('slow drip: nothing is watched where nothing is unfinished', async () => {
  const { intake, clock, complete, rejected } = scene();
  intake.take(announce(first, 1));
  sendChunks(intake, first, 1);
  await waitUntil('the offer', () => complete[0]);
  assert.equal(clock.pendingTimers, 0);
  const small = scene(1_000);
  small.intake.take(announce(first, 1));
  await waitUntil('a refusal', () => small.rejected[0]);
  assert.equal(small.clock.pendingTimers, 0);
  assert.deepEqual(rejected, []);
});

test('what can not be taken ends the session, and what the next one brings is received', async (context) => {
  const { intake, complete, violations } = scene();
  const noMemory = context.mock.method(Buffer, 'alloc', () => {
    throw new RangeError('Array buffer allocation failed');
  });
  intake.take(announce(first, 1));
  assert.match(await waitUntil('a violation', () => violations[0]), /allocation failed/);
  noMemory.mock.restore();
  intake.restart();
  intake.take(announce(second, 1));
  sendChunks(intake, second, 1);
  assert.equal((await waitUntil('the offer', () => complete[0])).announcement.transferId, 1);
});
