/** `services.connect` against real servers: where it goes and where not, what it trusts, and that nothing stays open behind an instance. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { test, type TestContext } from 'node:test';
import { connect as connectTls, createServer as createTlsServer, TLSSocket } from 'node:tls';
import { ThreadPluginServices } from '../data-plane/plugin-services/thread-plugin-services.ts';
import { systemClock } from '../shared/clock.ts';
import { createMemoryLogger } from '../shared/log.ts';
import { mapCounterTable } from '../shared/plugin-kit/map-counter-table.ts';
import { testAuthority, testCertificate, type TestCertificate } from './support/test-certificates.ts';
import { waitUntil } from './support/wait-until.ts';

const WITHIN = { timeoutMs: 5_000 };

function thread(fetchNetworks: readonly string[] = ['127.0.0.0/8', '::1']): ThreadPluginServices {
  return new ThreadPluginServices({ clock: systemClock, counters: mapCounterTable(), random: () => 0, log: createMemoryLogger('test').log, fetchNetworks, logOf: () => ({ warn: () => undefined }) });
}

const lend = (services: ThreadPluginServices, id = '1') => services.servicesOf({ id, name: 'plugin', consumerGroupId: undefined });

async function listen(t: TestContext, server: Server): Promise<{ readonly port: number; readonly open: Set<Socket> }> {
  const open = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.on('error', () => undefined).on('close', () => open.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    for (const socket of open) socket.destroy();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, open };
}

const echo = (socket: Socket): void => void socket.on('error', () => undefined).pipe(socket);

async function said(connection: Duplex, word: string): Promise<string> {
  connection.write(word);
  const [bytes] = await once(connection, 'data');
  return String(bytes);
}

test('bytes go there and come back; what is open is counted until it is closed, by whichever side', async (t) => {
  const { port, open } = await listen(t, createServer(echo));
  const services = thread();
  const { given } = lend(services);
  const [mine, theirs] = [await given.connect('localhost', port, WITHIN), await given.connect('127.0.0.1', port, WITHIN)];
  assert.deepEqual([await said(mine, 'one'), await said(theirs, 'two'), services.connections.size], ['one', 'two', 2]);
  mine.destroy();
  await waitUntil('mine is gone', () => open.size === 1 && services.connections.size === 1);
  for (const socket of open) socket.resetAndDestroy();
  // An error that the plugin does not listen for ends nothing but the connection.
  await waitUntil('theirs is gone', () => services.connections.size === 0 && theirs.destroyed);
});

test('an address that is not of the open Internet is not connected to, by whatever name; an operator may allow it', async (t) => {
  let asked = 0;
  const { port } = await listen(t, createServer(() => (asked += 1)));
  const { given } = lend(thread([]));
  for (const host of ['127.0.0.1', 'localhost', '', '2130706433', '0x7f.1', '::ffff:127.0.0.1', '::1', '0', '10.0.0.1', '169.254.169.254', 'fe80::1%lo', 'fd00:ec2::254']) {
    for (const tls of [undefined, { verify: false, serverName: 'ldap.example' }]) {
      await assert.rejects(given.connect(host, port, { ...WITHIN, ...(tls === undefined ? {} : { tls }) }), { code: 'CONNECT_ADDRESS_REFUSED' }, host);
    }
  }
  await assert.rejects(lend(thread(['0.0.0.0/0', '::/0'])).given.connect('169.254.169.254', 389, WITHIN), { code: 'CONNECT_ADDRESS_REFUSED' }, 'metadata never');
  assert.equal(asked, 0);
});

test('TLS trusts whom it is told to, for the name that it is told; STARTTLS goes over what was given', async (t) => {
  const authority = await testAuthority();
  const own: TestCertificate = await testCertificate({ names: ['ldap.example'], authority });
  const { port } = await listen(t, createTlsServer({ cert: own.cert, key: own.key }, echo));
  const { given } = lend(thread());
  const authorities = [authority.cert];
  const ask = async (tls: { readonly verify: boolean; readonly serverName: string | null; readonly authorities?: readonly string[] }): Promise<string> => said(await given.connect('localhost', port, { ...WITHIN, tls }), 'secret');
  assert.equal(await ask({ verify: true, serverName: 'ldap.example', authorities }), 'secret');
  assert.equal(await ask({ verify: false, serverName: null }), 'secret');
  await assert.rejects(ask({ verify: true, serverName: 'ldap.example' }), { code: 'CONNECT_FAILED' }, 'an authority of nobody');
  await assert.rejects(ask({ verify: true, serverName: null, authorities }), { code: 'CONNECT_FAILED', message: /altnames/ }, 'the name of another');
  await assert.rejects(ask({ verify: true, serverName: 'ldap.example', authorities: ['no certificate'] }), { code: 'CONNECT_FAILED' });

  const starting = await listen(t, createServer((socket) => void socket.once('data', () => {
    socket.write('go');
    echo(new TLSSocket(socket, { isServer: true, cert: own.cert, key: own.key }));
  })));
  const plain = await given.connect('127.0.0.1', starting.port, WITHIN);
  assert.equal(await said(plain, 'STARTTLS'), 'go');
  const secured = connectTls({ socket: plain, ca: authorities, servername: 'ldap.example' });
  await once(secured, 'secureConnect');
  assert.deepEqual([secured.authorized, await said(secured, 'secret')], [true, 'secret']);
  secured.destroy();
});

test('who does not answer in time, is not there, or is one too many is refused', async (t) => {
  const { port, open } = await listen(t, createServer((socket) => void socket.resume()));
  const services = thread();
  const { given } = lend(services);
  await assert.rejects(given.connect('127.0.0.1', port, { timeoutMs: 30, tls: { verify: false, serverName: null } }), { code: 'CONNECT_TIMED_OUT' });
  const closed = createServer().listen(0, '127.0.0.1');
  await once(closed, 'listening');
  const { port: nobody } = closed.address() as AddressInfo;
  await new Promise((resolve) => closed.close(resolve));
  await assert.rejects(given.connect('127.0.0.1', nobody, WITHIN), { code: 'CONNECT_FAILED', message: /ECONNREFUSED/ });
  for (const wrong of [70_000, -1, Number.NaN]) await assert.rejects(given.connect('127.0.0.1', wrong, WITHIN), { code: 'CONNECT_FAILED' });
  await waitUntil('none is open', () => services.connections.size === 0 && open.size === 0);
  const all = await Promise.all(Array.from({ length: 64 }, () => given.connect('127.0.0.1', port, WITHIN)));
  await assert.rejects(given.connect('127.0.0.1', port, WITHIN), { code: 'CONNECT_BUSY' });
  all[0]?.destroy();
  await waitUntil('there is room', () => services.connections.size === 63);
  (await given.connect('127.0.0.1', port, WITHIN)).destroy();
  for (const connection of all) connection.destroy();
});

test('with the instance its connections end, also those on their way, and it gets no more', async (t) => {
  const { port, open } = await listen(t, createServer(echo));
  const services = thread();
  const [one, two] = [lend(services), lend(services, '2')];
  const kept = await two.given.connect('127.0.0.1', port, WITHIN);
  const gone = await one.given.connect('127.0.0.1', port, WITHIN);
  const onItsWay = one.given.connect('127.0.0.1', port, { timeoutMs: 60_000, tls: { verify: false, serverName: null } });
  one.release();
  await assert.rejects(onItsWay, { code: 'CONNECT_FAILED', message: /closed/ });
  await assert.rejects(one.given.connect('127.0.0.1', port, WITHIN), { code: 'CONNECT_FAILED', message: /closed/ });
  await waitUntil('only the other’s is open', () => gone.destroyed && services.connections.size === 1 && open.size === 1);
  assert.equal(await said(kept, 'still here'), 'still here');
  two.release();
});

test('plugins that send logs to receivers that do not answer leave room for those that ask for keys', async (t) => {
  const { port } = await listen(t, createServer());
  const services = thread();
  const [log, other] = [lend(services, 'log'), lend(services, 'other')];
  log.given.queue({ maxBatchEntries: 1, maxDelayMs: 0, maxEntries: 1, maxBytes: 0, maxRetryMs: 0, initialRetryDelayMs: 1, maxRetryDelayMs: 1, concurrency: 16 }, async () => undefined);
  const codeOf = (thrown: Error & { readonly code?: string }): string => thrown.code ?? '';
  const url = `http://127.0.0.1:${port}/`;
  const fetches = Array.from({ length: 64 }, () => log.given.fetch(url, { timeoutMs: 200, maxBytes: 1 }).then(() => '', codeOf));
  await assert.rejects(other.given.fetch(url, { timeoutMs: 20, maxBytes: 1 }), { code: 'FETCH_TIMED_OUT' });
  assert.equal((await Promise.all(fetches)).filter((code) => code === 'FETCH_BUSY').length, 16);
  const connections = await Promise.allSettled(Array.from({ length: 64 }, () => log.given.connect('127.0.0.1', port, WITHIN)));
  assert.equal(connections.filter(({ status }) => status === 'rejected').length, 16);
  (await other.given.connect('127.0.0.1', port, WITHIN)).destroy();
  log.release();
  await waitUntil('all are closed', () => services.connections.size === 0);
  services.fetching.close();
});
