/** The resolver of the proxy against a real DNS server, and what traffic sees of changes in DNS. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { DnsClient } from '../data-plane/upstreams/dns-client.ts';
import { createLookUp } from '../data-plane/upstreams/system-look-up.ts';
import type { LookUp, NameAnswer } from '../data-plane/upstreams/resolve-address.ts';
import { systemClock } from '../shared/clock.ts';
import { a, cname, srv, startDnsServer, type DnsServerScene } from './support/dns-server.ts';
import { GrpcClient, status } from './support/grpc-scene.ts';
import { startHttp2Origin, type Http2Origin } from './support/http2-origin.ts';
import { response, startRecordingOrigin } from './support/recording-origin.ts';
import { startProxyScene } from './support/proxy-scene.ts';
import { staticConfig, staticUpstream } from './support/static-config.ts';
import { waitUntil } from './support/wait-until.ts';

interface Scene {
  readonly dns: DnsServerScene;
  readonly lookUp: LookUp;
  readonly addresses: (host: string) => Promise<readonly string[]>;
}

function dnsTest(name: string, files: { readonly resolv?: string; readonly hosts?: string; readonly hasIpv6?: boolean }, run: (scene: Scene) => Promise<void>): void {
  test(name, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'holdfast-dns-'));
    const dns = await startDnsServer();
    try {
      await writeFile(join(folder, 'resolv.conf'), `options timeout:1 attempts:1\n${files.resolv ?? ''}`);
      await writeFile(join(folder, 'hosts'), files.hosts ?? '');
      const lookUp = createLookUp({ clock: systemClock, servers: [{ address: '127.0.0.1', port: dns.port }], resolvConfPath: join(folder, 'resolv.conf'), hostsPath: join(folder, 'hosts'), hasIpv6: () => files.hasIpv6 === true });
      await run({ dns, lookUp, addresses: async (host) => (await lookUp(host)).records.map(described) });
    } finally {
      await dns.close();
      await rm(folder, { recursive: true });
    }
  });
}

function described({ address, port, priority, weight }: NameAnswer['records'][number]): string {
  return port === undefined ? address : `${address}:${port} p${priority} w${weight}`;
}

dnsTest('addresses with their TTL, through aliases', {}, async ({ dns, lookUp, addresses }) => {
  dns.zone.set('A plain.test', [a('plain.test', '10.0.0.1', 30), a('plain.test', '10.0.0.2', 30)]);
  assert.deepEqual(await addresses('Plain.test'), ['10.0.0.1', '10.0.0.2']);
  assert.equal((await lookUp('plain.test')).ttlMs, 30_000);
  dns.zone.set('A alias.test', [cname('alias.test', 'plain.test', 5)]);
  assert.deepEqual(await addresses('alias.test'), ['10.0.0.1', '10.0.0.2'], 'the end of the alias is asked for where the answer leaves it open');
  assert.equal((await lookUp('alias.test')).ttlMs, 5_000);
  dns.zone.set('A loop.test', [cname('loop.test', 'pool.test')]);
  dns.zone.set('A pool.test', [cname('pool.test', 'loop.test')]);
  await assert.rejects(lookUp('loop.test'), { code: 'UPSTREAM_DNS_UNANSWERED' });
});

test('a server to which there is no way is one that did not answer', async () => {
  // No datagram goes there without leave to broadcast; as little as to an IPv6 address from a machine without IPv6.
  const client = new DnsClient({ clock: systemClock, servers: [{ address: '255.255.255.255', port: 53 }, { address: 'fe80::1%nowhere', port: 53 }], timeoutMs: 2_000, attempts: 1 });
  await assert.rejects(client.ask('plain.test', 'A'), { code: 'UPSTREAM_DNS_UNANSWERED' });
});

dnsTest('a family that nobody could tell costs its own addresses, and is no answer where there are no others', { hasIpv6: true }, async ({ dns, lookUp, addresses }) => {
  dns.zone.set('A both.test', [a('both.test', '10.0.0.1')]);
  dns.zone.set('AAAA both.test', [a('both.test', 'fd00::1')]);
  dns.zone.set('AAAA six.test', [a('six.test', 'fd00::2')]);
  dns.zone.set('SRV _x._tcp.test', [srv('_x._tcp.test', 'six.test', 80)]);
  assert.deepEqual([await addresses('both.test'), await addresses('six.test')], [['10.0.0.1', 'fd00::1'], ['fd00::2']]);
  dns.behave({ kind: 'servfail', type: 'AAAA' });
  assert.deepEqual(await addresses('both.test'), ['10.0.0.1']);
  await assert.rejects(lookUp('six.test'), { code: 'UPSTREAM_DNS_UNANSWERED' });
  await assert.rejects(lookUp('_x._tcp.test'), { code: 'UPSTREAM_DNS_UNANSWERED' });
  dns.behave({ kind: 'servfail', type: 'A' });
  assert.deepEqual(await addresses('both.test'), ['fd00::1']);
});

dnsTest('no such name is an answer; a server that fails or is silent is none', {}, async ({ dns, lookUp }) => {
  assert.deepEqual(await lookUp('none.test'), { records: [], ttlMs: 2_000 });
  dns.behave({ kind: 'servfail' });
  await assert.rejects(lookUp('none.test'), { code: 'UPSTREAM_DNS_UNANSWERED' });
  dns.behave({ kind: 'silent' });
  await assert.rejects(lookUp('none.test'), /did not answer/);
});

dnsTest('an answer that does not fit comes by TCP', {}, async ({ dns, addresses }) => {
  dns.zone.set('A big.test', Array.from({ length: 200 }, (_, index) => a('big.test', `10.0.0.${index}`)));
  dns.behave({ kind: 'truncate' });
  assert.equal((await addresses('big.test')).length, 200);
  assert.ok(dns.asked.includes('A big.test') && dns.asked.includes('tcp A big.test'));
});

dnsTest('forged datagrams are passed over', {}, async ({ dns, addresses }) => {
  dns.zone.set('A real.test', [a('real.test', '10.0.0.1')]);
  dns.behave({ kind: 'forge-first', address: '10.6.6.6' });
  assert.deepEqual(await addresses('real.test'), ['10.0.0.1']);
});

dnsTest('many names at once are asked a bounded number at a time, and all get their answers', {}, async ({ dns, addresses }) => {
  for (let index = 0; index < 300; index++) dns.zone.set(`A n${index}.test`, [a(`n${index}.test`, `10.1.${index >> 8}.${index & 255}`)]);
  const all = await Promise.all(Array.from({ length: 300 }, (_, index) => addresses(`n${index}.test`)));
  assert.deepEqual(all.map(([address]) => address), Array.from({ length: 300 }, (_, index) => `10.1.${index >> 8}.${index & 255}`));
});

dnsTest('SRV: port, priority and weight of each target; those without an address are left out', {}, async ({ dns, addresses }) => {
  const name = '_http._tcp.svc.test';
  dns.zone.set(`SRV ${name}`, [srv(name, 'one.test', 8_001, 10, 0), srv(name, 'two.test', 8_002, 20, 7), srv(name, 'gone.test', 8_003)]);
  dns.zone.set('A one.test', [a('one.test', '10.0.0.1')]);
  dns.zone.set('A two.test', [a('two.test', '10.0.0.2')]);
  assert.deepEqual(await addresses(name), ['10.0.0.1:8001 p10 w1', '10.0.0.2:8002 p20 w7']);
  dns.zone.set('SRV _none._tcp.svc.test', [srv('_none._tcp.svc.test', '.', 0)]);
  assert.deepEqual(await addresses('_none._tcp.svc.test'), [], 'a target "." says that there is no such service');
});

dnsTest('the hosts file comes first, short names are completed, localhost is always there', { resolv: 'search a.test b.test\noptions ndots:1\n', hosts: '10.9.9.9 fixed\n' }, async ({ dns, addresses }) => {
  dns.zone.set('A short.b.test', [a('short.b.test', '10.0.0.3')]);
  assert.deepEqual(await addresses('short'), ['10.0.0.3']);
  assert.ok(dns.asked.includes('A short.a.test'));
  assert.deepEqual(await addresses('fixed'), ['10.9.9.9']);
  assert.deepEqual(await addresses('localhost'), ['127.0.0.1', '::1']);
  assert.ok(dns.asked.every((question) => !question.includes('fixed') && !question.includes('localhost')));
});

dnsTest('traffic follows DNS: new addresses take over, requests under way finish, old connections go', {}, async ({ dns, lookUp }) => {
  const old = await startRecordingOrigin(() => response('old'));
  const scene = await startProxyScene({ proxy: { lookup: lookUp } });
  try {
    const held: (() => void)[] = [];
    dns.zone.set('A moving.test', [a('moving.test', '127.0.0.1', 1)]);
    const name = '_http._tcp.moving.test';
    const target = (port: number): void => void dns.zone.set(`SRV ${name}`, [srv(name, 'moving.test', port, 0, 1, 1)]);
    target(old.port);
    scene.serve(staticConfig({ routes: [{ path: '/', service: { host: 'u', upstream: staticUpstream([{ host: name, port: 1 }]) } }] }));
    const ask = async (): Promise<string> => (await scene.exchange('GET / HTTP/1.1\r\nHost: a\r\n\r\n')).body;
    assert.equal(await ask(), 'old');
    old.respond((_, socket) => void held.push(() => socket.write(response('slow, but whole'))));
    const slow = ask();
    await waitUntil('a request at the old address', () => held.length === 1);
    target(scene.origin.port);
    await waitUntil('the new address to take over', async () => {
      const answer = await Promise.race([ask(), waitUntil('a held request', () => held.length > 1, 200).then(() => 'held', () => 'late')]);
      for (const release of held.splice(1)) release();
      return answer === 'hello';
    }, 6_000);
    held[0]?.();
    assert.equal(await slow, 'slow, but whole');
    await waitUntil('connections to the old address to go', () => old.openConnections === 0);
    dns.behave({ kind: 'servfail' });
    const asked = dns.asked.length;
    await waitUntil('the name to be asked again, in vain', async () => {
      assert.equal(await ask(), 'hello', 'what was known serves on while nobody answers');
      return dns.asked.length > asked + 1;
    });
  } finally {
    await scene.close();
    await old.close();
  }
});

dnsTest('gRPC follows DNS: calls under way finish on the old connection, which then goes', {}, async ({ dns, lookUp }) => {
  const held: (() => void)[] = [];
  const answering = (reply: string, holds: () => boolean): Promise<Http2Origin> => startHttp2Origin((stream) => {
    const answer = (): void => {
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
      stream.end(Buffer.from([0, 0, 0, 0, reply.length, ...Buffer.from(reply)]));
    };
    stream.resume();
    if (holds()) held.push(answer);
    else answer();
  });
  let holds = false;
  const [old, next] = await Promise.all([answering('old', () => holds), answering('new', () => false)]);
  const scene = await startProxyScene({ proxy: { lookup: lookUp } });
  const client = new GrpcClient(scene.port);
  try {
    const name = '_grpc._tcp.moving.test';
    dns.zone.set('A moving.test', [a('moving.test', '127.0.0.1', 1)]);
    const target = (port: number): void => void dns.zone.set(`SRV ${name}`, [srv(name, 'moving.test', port, 0, 1, 1)]);
    target(old.port);
    const upstream = staticUpstream([{ host: name, port: 1 }]);
    scene.serve(staticConfig({ routes: [{ path: '/', stripPath: false, protocols: ['grpc'], service: { host: 'u', protocol: 'grpc', upstream } }] }));
    const call = async (): Promise<string> => String((await client.unary(Buffer.from('x'))).reply);
    assert.equal(await call(), 'old');
    holds = true;
    const slow = client.unary(Buffer.from('x'));
    await waitUntil('a call at the old address', () => held.length === 1);
    target(next.port);
    await waitUntil('the new address to take over', async () => {
      const answer = await Promise.race([call(), waitUntil('a held call', () => held.length > 1, 300).then(() => 'held', () => 'late')]);
      for (const release of held.splice(1)) release();
      return answer === 'new';
    }, 6_000);
    assert.equal(old.sessions.size, 1);
    held[0]?.();
    const { code, reply } = await slow;
    assert.deepEqual([code, String(reply)], [status.OK, 'old']);
    await waitUntil('the old connection to go', () => old.sessions.size === 0);
  } finally {
    client.close();
    await scene.close();
    await old.close();
    await next.close();
  }
});
