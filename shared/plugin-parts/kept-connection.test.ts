/** A kept connection: one for all who send at a time, gone when it is idle or stalls, and made again after it broke. */
import assert from 'node:assert/strict';
import { Duplex } from 'node:stream';
import { test } from 'node:test';
import { defined } from '../assert.ts';
import { KeptConnection } from './kept-connection.ts';

/** A receiver that takes what it is sent, or holds it until told. */
class Receiver extends Duplex {
  readonly got: string[] = [];
  isStalled = false;

  constructor() {
    super({ allowHalfOpen: false });
  }

  override _write(piece: Buffer, _encoding: string, done: (problem?: Error) => void): void {
    if (this.isStalled) return;
    this.got.push(piece.toString());
    done();
  }

  override _read(): void {
    // It says nothing.
  }
}

interface Scene {
  readonly connection: KeptConnection;
  readonly made: Receiver[];
  readonly timers: Set<{ readonly ms: number; readonly run: () => void }>;
  now: number;
  failsToConnect: boolean;
}

function scene(keepaliveMs = 60_000): Scene {
  const timers: Scene['timers'] = new Set();
  const made: Receiver[] = [];
  const services = {
    clock: { nowMs: () => all.now, monotonicMs: () => all.now },
    every: (ms: number, run: () => void) => {
      const timer = { ms, run };
      timers.add(timer);
      return { cancel: () => void timers.delete(timer) };
    },
    connect: async () => {
      await Promise.resolve();
      if (all.failsToConnect) throw new Error('nobody there');
      const receiver = new Receiver();
      made.push(receiver);
      return receiver;
    },
  };
  const all: Scene = { connection: new KeptConnection(services, { host: 'logs.example', port: 1, tls: undefined, timeoutMs: 500, keepaliveMs }), made, timers, now: 0, failsToConnect: false };
  return all;
}

const fire = ({ timers }: Scene, ms: number): void => {
  for (const timer of [...timers]) if (timer.ms === ms) timer.run();
};
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('who sends at the same time shares the connection, in order', async () => {
  const { connection, made, timers } = scene();
  await Promise.all(['a', 'b', 'c'].map((text) => connection.send(Buffer.from(text))));
  await connection.send(Buffer.from('d'));
  assert.deepEqual(made.map(({ got }) => got.join('')), ['abcd']);
  assert.deepEqual([...timers].map(({ ms }) => ms), [60_000], 'only the one for idleness runs');
});

test('a receiver that ends or breaks the connection gets another one, and what was on its way is refused for a retry', async () => {
  const here = scene();
  await here.connection.send(Buffer.from('a'));
  here.made[0]?.push(null);
  await turn();
  await here.connection.send(Buffer.from('b'));
  const second = defined(here.made[1], 'a second connection');
  second.isStalled = true;
  const sending = assert.rejects(here.connection.send(Buffer.from('c')), { code: 'CONNECT_FAILED', retryable: true, message: 'logs.example:1: the connection broke' });
  second.destroy();
  await sending;
  await here.connection.send(Buffer.from('c'));
  assert.deepEqual([here.made.map(({ got }) => got.join('')), here.timers.size], [['a', 'b', 'c'], 1]);
});

test('a receiver that stops reading costs one timeout, not the queue', async () => {
  const here = scene();
  await here.connection.send(Buffer.from('a'));
  const first = defined(here.made[0], 'a connection');
  first.isStalled = true;
  const sending = assert.rejects(here.connection.send(Buffer.from('b')), { code: 'CONNECT_FAILED', retryable: true, message: 'logs.example:1: it did not take all in 500 ms' });
  fire(here, 500);
  await sending;
  assert.equal(first.destroyed, true);
  await turn();
  await here.connection.send(Buffer.from('b'));
  assert.deepEqual(here.made.map(({ got }) => got.join('')), ['a', 'b']);
});

test('it ends when nobody sent for a while, not before; with 0 after each send', async () => {
  const here = scene(1_000);
  await here.connection.send(Buffer.from('a'));
  here.now = 900;
  await here.connection.send(Buffer.from('b'));
  here.now = 1_000;
  fire(here, 1_000);
  assert.equal(here.made[0]?.writableEnded, false);
  here.now = 2_000;
  fire(here, 1_000);
  assert.equal(here.made[0]?.writableEnded, true);
  await turn();
  assert.equal(here.timers.size, 0);
  const none = scene(0);
  await none.connection.send(Buffer.from('a'));
  await none.connection.send(Buffer.from('b'));
  assert.deepEqual([none.made.map(({ got, writableEnded }) => [got.join(''), writableEnded]), none.timers.size], [[['a', true], ['b', true]], 0]);
});

test('a connection that can not be had fails all who wait for it, and is asked for again by the next', async () => {
  const here = scene();
  here.failsToConnect = true;
  const outcomes = await Promise.allSettled([here.connection.send(Buffer.from('a')), here.connection.send(Buffer.from('b'))]);
  assert.deepEqual(outcomes.map(({ status }) => status), ['rejected', 'rejected']);
  here.failsToConnect = false;
  await here.connection.send(Buffer.from('c'));
  assert.deepEqual(here.made.map(({ got }) => got), [['c']]);
});
