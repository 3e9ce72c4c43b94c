import assert from 'node:assert/strict';
import { PassThrough, type Duplex } from 'node:stream';
import { test } from 'node:test';
import { createMemoryLogger } from '../../shared/log.ts';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { Admission } from './admission.ts';

/** A process that is late with its timers by so much. */
class BusyClock extends ManualClock {
  lateMs = 0;

  override after(delayMs: number, callback: () => void) {
    return super.after(delayMs + this.lateMs, callback);
  }
}

function scene(given: { readonly perSecond: number; readonly atOnce: number }) {
  const clock = new BusyClock();
  const { log, lines } = createMemoryLogger('t');
  const admitted: Duplex[] = [];
  const admission = new Admission({ ...given, clock, log, admit: (connection) => admitted.push(connection) });
  let addresses = 0;
  /** Each from an address of its own, where none is given. */
  const arrive = (count: number, address?: string): readonly Duplex[] =>
    Array.from({ length: count }, () => {
      const connection = new PassThrough();
      admission.arrive(connection, address ?? `address ${(addresses += 1)}`);
      return connection;
    });
  return { clock, admission, admitted, arrive, lines: (event: string) => lines().filter((line) => line.includes(event)) };
}

test('R5: a herd is let in at the pace that is set, and who would wait too long is turned away at once', () => {
  const { clock, admission, admitted, arrive, lines } = scene({ perSecond: 100, atOnce: 10_000 });
  const herd = arrive(2_000);
  assert.equal(admitted.length, 10);
  assert.equal(admission.waiting, 500);
  assert.equal(admission.refused, 1_490);
  assert.equal(herd.filter((connection) => connection.destroyed).length, 1_490);
  clock.advance(1_000);
  assert.ok(admitted.length >= 100 && admitted.length <= 112, `${admitted.length}`);
  clock.advance(5_000);
  assert.ok(admitted.length >= 500 && admitted.length <= 512, `${admitted.length}`);
  assert.equal(admission.waiting, 0);
  assert.equal(lines('connections-turned-away').length, 1, 'said once');
  clock.advance(20_000);
  assert.equal(lines('connections-let-in-again').length, 1);
});

test('only so many are on their way to a Welcome at once', () => {
  const { clock, admission, admitted, arrive } = scene({ perSecond: 10_000, atOnce: 5 });
  arrive(8);
  clock.advance(100);
  assert.equal(admitted.length, 5);
  admission.arrived('address 1');
  admission.arrived('address 2');
  clock.advance(100);
  assert.equal(admitted.length, 7);
});

test('who waits in vain for a place is turned away, and who went away takes no place', () => {
  const { clock, admission, admitted, arrive } = scene({ perSecond: 10_000, atOnce: 1 });
  const [, gone, late] = arrive(3);
  gone?.destroy();
  clock.advance(6_000);
  assert.equal(admission.waiting, 0);
  assert.equal(late?.destroyed, true);
  assert.equal(admission.refused, 1);
  admission.arrived('address 1');
  arrive(1);
  assert.equal(admitted.length, 2);
});

test('R5: whoever opens connections without end and says nothing leaves room for other addresses, to begin and to wait', () => {
  const { clock, admission, admitted, arrive } = scene({ perSecond: 10_000, atOnce: 8 });
  const silent = arrive(5_000, 'silent');
  clock.advance(100);
  assert.equal(admitted.length, 6);
  assert.equal(admission.waiting, 750);
  const honest = arrive(4);
  clock.advance(100);
  assert.deepEqual(honest.map((connection) => admitted.includes(connection)), [true, true, false, false]);
  admission.arrived('address 1');
  clock.advance(100);
  assert.equal(admitted.includes(honest[2] ?? assert.fail()), true);
  // Its own place, when one of it is gone, is its own.
  admission.arrived('silent');
  clock.advance(100);
  assert.equal(silent.filter((connection) => admitted.includes(connection)).length, 7);
});

test('a process that is late with its timers lets in fewer, and more again when it is not', () => {
  const { clock, admitted, arrive } = scene({ perSecond: 1_000, atOnce: 100_000 });
  const inASecond = (): number => {
    const before = admitted.length;
    for (let ms = 0; ms < 1_000; ms += 20) {
      arrive(30);
      clock.advance(20);
    }
    return admitted.length - before;
  };
  assert.ok(inASecond() > 900);
  clock.lateMs = 100;
  inASecond();
  inASecond();
  const busy = inASecond();
  assert.ok(busy < 100, `${busy}`);
  clock.lateMs = 0;
  inASecond();
  inASecond();
  assert.ok(inASecond() > 900);
});

test('stopping closes who waits', () => {
  const { admission, arrive } = scene({ perSecond: 10, atOnce: 1 });
  const herd = arrive(5);
  admission.stop();
  assert.equal(herd.filter((connection) => connection.destroyed).length, 4);
});
