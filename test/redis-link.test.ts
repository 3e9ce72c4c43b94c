/** `services.redis` against a real redis-server: what it answers, and how little a server that is down, gone or asleep costs. */
import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { test, type TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { RedisLink, RedisLinks } from '../data-plane/plugin-services/redis-link.ts';
import { systemClock } from '../shared/clock.ts';
import type { RedisOptions } from '../shared/plugins/plugin-services.ts';
import { startRedis, withoutRedis, type RedisServer } from './support/redis-server.ts';
import { testCertificate } from './support/test-certificates.ts';
import { waitUntil } from './support/wait-until.ts';

const skip = withoutRedis;
const UNAVAILABLE = { code: 'REDIS_UNAVAILABLE' };

function optionsOf({ host, port }: Pick<RedisServer, 'host' | 'port'>, over: Partial<RedisOptions> = {}): RedisOptions {
  return { host, port, username: null, password: null, database: 0, tls: undefined, connectTimeoutMs: 2_000, timeoutMs: 2_000, ...over };
}

function linkTo(t: TestContext, server: RedisOptions) {
  const changes: string[] = [];
  const link = new RedisLink({ server, clock: systemClock, random: Math.random, changed: (state, reason) => void changes.push(state === 'up' ? 'up' : `down: ${reason}`) });
  t.after(() => link.close());
  return { link, changes };
}

test('answers come as the protocol has them, binary strings untouched', { skip }, async (t) => {
  const { link } = linkTo(t, optionsOf(await startRedis()));
  const bytes = Uint8Array.of(0, 255, 13, 10, 128);
  assert.equal(await link.command('SET', 'k', bytes), 'OK');
  assert.deepEqual(Buffer.from(await link.command('GET', 'k') as Uint8Array), Buffer.from(bytes));
  assert.deepEqual([await link.command('GET', 'none'), await link.command('INCRBY', 'n', 41), await link.command('INCRBY', 'n', 1)], [null, 41, 42]);
  assert.deepEqual(await link.command('MGET', 'k', 'none'), [Buffer.from(bytes), null]);
  await assert.rejects(link.command('INCR', 'k'), { code: 'REDIS_REFUSED', message: /not an integer/ });
  assert.equal(await link.command('ECHO', 'after a refusal').then(String), 'after a refusal');
});

test('a script goes once, then by its digest; also after the server forgot it', { skip }, async (t) => {
  const { link } = linkTo(t, optionsOf(await startRedis()));
  const script = "return {KEYS[1], tonumber(ARGV[1]) + 1, redis.call('INCR', KEYS[1])}";
  const run = async (): Promise<unknown> => link.script(script, ['key'], [1]).then((reply) => JSON.stringify(Array.isArray(reply) ? reply.map((part) => (part instanceof Uint8Array ? Buffer.from(part).toString() : part)) : reply));
  assert.equal(await run(), '["key",2,1]');
  assert.equal(await run(), '["key",2,2]');
  await link.command('SCRIPT', 'FLUSH');
  assert.deepEqual(await Promise.all([run(), run()]), ['["key",2,3]', '["key",2,4]']);
  await assert.rejects(link.script('return redis.call("NONE")', [], []), { code: 'REDIS_REFUSED' });
});

test('200 at once against a limit of 100 in a script: exactly 100', { skip }, async (t) => {
  const server = optionsOf(await startRedis());
  const [one, other] = [linkTo(t, server).link, linkTo(t, server).link];
  const script = "local n = tonumber(redis.call('GET', KEYS[1]) or '0'); if n >= 100 then return 0 end; redis.call('INCR', KEYS[1]); return 1";
  const answers = await Promise.all(Array.from({ length: 200 }, (_, index) => (index % 2 === 0 ? one : other).script(script, ['limit'], [])));
  assert.equal(answers.filter((answer) => answer === 1).length, 100);
});

test('user, password, database and TLS', { skip }, async (t) => {
  const { cert, key } = await testCertificate({ names: ['localhost'] });
  const server = await startRedis({ password: 'p w', tls: { cert, key }, words: ['--user', 'ann', 'on', '>secret word', '~*', '+@all'] });
  const tls = { verify: false, serverName: null };
  const { link } = linkTo(t, optionsOf(server, { password: 'p w', database: 3, tls }));
  await link.command('SET', 'k', 'v');
  assert.equal(String(await link.command('CLIENT', 'INFO')).includes(' db=3 '), true);
  assert.equal(String(await linkTo(t, optionsOf(server, { username: 'ann', password: 'secret word', tls })).link.command('ACL', 'WHOAMI')), 'ann');
  const refused: readonly (readonly [Partial<RedisOptions>, RegExp])[] = [
    [{ tls }, /NOAUTH/], [{ password: 'other', tls }, /WRONGPASS/], [{ password: 'p w', database: 99, tls }, /out of range/], [{ password: 'p w', tls: { verify: true, serverName: 'localhost' } }, /self-signed/], [{ password: 'p w' }, /./],
  ];
  for (const [over, reason] of refused) {
    const { link: other, changes } = linkTo(t, optionsOf(server, over));
    await assert.rejects(other.command('GET', 'k'), (error: Error) => reason.test(error.message) && !/p w|other/.test(error.message), JSON.stringify(over));
    assert.ok(changes.length <= 1);
  }
});

test('a server that dies refuses what waits and what comes, at once; it is used again once it is back', { skip }, async (t) => {
  const server = await startRedis();
  const { link, changes } = linkTo(t, optionsOf(server));
  await link.command('SET', 'k', 'v');
  server.pause();
  const waiting = Promise.allSettled(Array.from({ length: 50 }, () => link.command('GET', 'k')));
  await server.kill();
  assert.ok((await waiting).every((settled) => settled.status === 'rejected' && settled.reason.code === 'REDIS_UNAVAILABLE'));
  const before = performance.now();
  for (let index = 0; index < 1_000; index += 1) await assert.rejects(link.command('GET', 'k'), UNAVAILABLE);
  assert.ok(performance.now() - before < 1_000, 'a thousand refusals take no time');
  assert.equal(changes.length, 1);
  await server.start();
  await waitUntil('the link to be up again', () => link.command('GET', 'k').then((value) => value === null, () => false));
  assert.deepEqual([changes.length, changes[1]], [2, 'up']);
});

test('a server that stands still costs the first command its timeout and the next ones nothing', { skip }, async (t) => {
  const server = await startRedis();
  const { link } = linkTo(t, optionsOf(server, { timeoutMs: 150 }));
  await link.command('PING');
  server.pause();
  t.after(() => server.resume());
  const before = performance.now();
  await assert.rejects(link.command('PING'), { code: 'REDIS_UNAVAILABLE', message: /no answer in 150 ms/ });
  assert.ok(performance.now() - before >= 149);
  assert.equal(link.state, 'down');
  // Its system goes on taking connections: what asks now and then, over several attempts to connect, waits for none of them.
  let slowestMs = 0;
  for (const until = performance.now() + 700; performance.now() < until; await pause(20)) {
    const askedAtMs = performance.now();
    await assert.rejects(link.command('PING'), UNAVAILABLE);
    slowestMs = Math.max(slowestMs, performance.now() - askedAtMs);
  }
  assert.ok(slowestMs < 100, `${slowestMs} ms`);
  server.resume();
  await waitUntil('the link to be up again', () => link.state === 'up');
  assert.equal(await link.command('PING'), 'PONG');
});

test('nobody there, somebody who is no Redis, an address that clouds give credentials at, and a link that was closed', { skip }, async (t) => {
  const server = await startRedis();
  await server.kill();
  await assert.rejects(linkTo(t, optionsOf(server)).link.command('PING'), { code: 'REDIS_UNAVAILABLE', message: /ECONNREFUSED/ });
  const silent = createServer(() => undefined).listen(0, '127.0.0.1');
  t.after(() => silent.close());
  await waitUntil('a port', () => silent.address());
  const port = (silent.address() as { readonly port: number }).port;
  await assert.rejects(linkTo(t, optionsOf({ host: '127.0.0.1', port }, { password: 'x', connectTimeoutMs: 100, timeoutMs: 100 })).link.command('PING'), UNAVAILABLE);
  for (const host of ['169.254.169.254', 'fd00:ec2::254']) await assert.rejects(linkTo(t, optionsOf({ host, port: 6379 })).link.command('PING'), /credentials/);
  const { link } = linkTo(t, optionsOf(server));
  link.close();
  await assert.rejects(link.command('PING'), { message: /not used any more/ });
});

test('more commands than can wait are refused, and those that wait are answered', { skip }, async (t) => {
  const { link } = linkTo(t, optionsOf(await startRedis(), { timeoutMs: 10_000 }));
  const settled = await Promise.allSettled(Array.from({ length: 17_000 }, () => link.command('PING')));
  assert.deepEqual([settled.filter(({ status }) => status === 'fulfilled').length, settled.at(-1)?.status], [16_384, 'rejected']);
  assert.equal(await link.command('PING'), 'PONG');
});

test('equal options share a link, which ends with the last of them', () => {
  const links = new RedisLinks((server) => new RedisLink({ server, clock: systemClock, random: Math.random, changed: () => undefined }));
  const here = { host: '127.0.0.1', port: 1 };
  const [one, two, other] = [links.open(optionsOf(here)), links.open(optionsOf(here)), links.open(optionsOf(here, { database: 1 }))];
  assert.deepEqual([one.link === two.link, one.link === other.link, links.size], [true, false, 2]);
  one.release();
  assert.equal(two.link.state, 'unused');
  two.release();
  assert.deepEqual([two.link.state, links.size], ['closed', 1]);
});
