/** `services.fetch` against real servers: where it goes and where not, and what an answer may cost. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { test, type TestContext } from 'node:test';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { PluginFetch } from '../data-plane/plugin-services/plugin-fetch.ts';
import { systemClock } from '../shared/clock.ts';
import { testCertificate } from './support/test-certificates.ts';

const WITHIN = { timeoutMs: 5_000, maxBytes: 1_000 };

function fetcher(t: TestContext, networks: readonly string[] = ['127.0.0.0/8', '::1']): PluginFetch {
  const made = new PluginFetch({ clock: systemClock, networks });
  t.after(() => made.close());
  return made;
}

async function origin(t: TestContext, listener: RequestListener, tls?: { readonly cert: string; readonly key: string }): Promise<number> {
  const server = (tls === undefined ? createServer(listener) : createTlsServer(tls, listener)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

test('method, headers and body go there; status, headers and body come back', async (t) => {
  const port = await origin(t, (request, response) => {
    void text(request).then((body) => response.writeHead(418, { 'X-Asked': request.headers['x-asked'] ?? '', 'Set-Cookie': ['a=1', 'b=2'] }).end(`${request.method} ${request.url} ${body}`));
  });
  const answer = await fetcher(t).fetch(`http://127.0.0.1:${port}/a?b=c`, { ...WITHIN, method: 'POST', headers: { 'x-asked': 'yes' }, body: 'told' });
  assert.deepEqual([answer.status, answer.header('x-asked'), answer.header('set-cookie'), answer.header('none'), Buffer.from(answer.body).toString()], [418, 'yes', 'a=1', undefined, 'POST /a?b=c told']);
});

test('an address that is not of the open Internet is not connected to, by whatever name; an operator may allow it', async (t) => {
  let asked = 0;
  const port = await origin(t, (_request, response) => {
    asked += 1;
    response.end('inside');
  });
  const [shut, open] = [fetcher(t, []), fetcher(t)];
  for (const host of ['127.0.0.1', 'localhost', '2130706433', '0x7f.1', '[::ffff:127.0.0.1]', '[::1]', '0', '10.0.0.1', '169.254.169.254', '[fd00:ec2::254]']) {
    await assert.rejects(shut.fetch(`http://${host}:${port}/`, WITHIN), { code: 'FETCH_ADDRESS_REFUSED' }, host);
  }
  await assert.rejects(fetcher(t, ['0.0.0.0/0', '::/0']).fetch('http://169.254.169.254/latest/meta-data', WITHIN), { code: 'FETCH_ADDRESS_REFUSED' }, 'metadata never');
  assert.equal(asked, 0);
  for (const host of ['127.0.0.1', 'localhost']) assert.equal(Buffer.from((await open.fetch(`http://${host}:${port}/`, WITHIN)).body).toString(), 'inside');
});

test('a redirect is an answer, and nobody follows it inside', async (t) => {
  let asked = 0;
  const port = await origin(t, (_request, response) => {
    asked += 1;
    response.writeHead(302, { Location: 'http://169.254.169.254/' }).end();
  });
  const answer = await fetcher(t).fetch(`http://127.0.0.1:${port}/`, WITHIN);
  assert.deepEqual([answer.status, answer.header('location'), asked], [302, 'http://169.254.169.254/', 1]);
});

test('what is no plain http or https URL is refused without repeating it', async (t) => {
  for (const url of ['ftp://a.test/', 'file:///etc/passwd', '/relative', 'http://user:s3cret@a.test/', 'http://', 'gopher://a.test:70/1s3cret']) {
    await assert.rejects(fetcher(t).fetch(url, WITHIN), (error: Error) => 'code' in error && error.code === 'FETCH_URL_INVALID' && !error.message.includes('s3cret'), url);
  }
});

test('an answer that is too large ends, however it says so: length, pieces without end, a bomb', async (t) => {
  const bomb = gzipSync(Buffer.alloc(10_000_000));
  const cases: Readonly<Record<string, RequestListener>> = {
    '/length': (_request, response) => response.end(Buffer.alloc(1_001)),
    '/endless': (_request, response) => {
      const timer = setInterval(() => response.write(Buffer.alloc(400)), 5);
      response.on('close', () => clearInterval(timer));
    },
    '/gzip': (_request, response) => response.writeHead(200, { 'Content-Encoding': 'gzip' }).end(bomb.subarray(0, 900)),
    '/small-bomb': (_request, response) => response.writeHead(200, { 'Content-Encoding': 'gzip' }).end(gzipSync(Buffer.alloc(100_000))),
    '/br': (_request, response) => response.writeHead(200, { 'Content-Encoding': 'br' }).end(brotliCompressSync(Buffer.alloc(1_000_000))),
  };
  const port = await origin(t, (request, response) => cases[request.url ?? '']?.(request, response));
  for (const path of ['/length', '/endless', '/small-bomb', '/br']) await assert.rejects(fetcher(t).fetch(`http://127.0.0.1:${port}${path}`, WITHIN), { code: 'FETCH_TOO_LARGE' }, path);
  await assert.rejects(fetcher(t).fetch(`http://127.0.0.1:${port}/gzip`, WITHIN), { code: /FETCH_(?:FAILED|TOO_LARGE)/ });
});

test('a coding that was not asked for is undone, one that nobody knows is an error', async (t) => {
  const port = await origin(t, (request, response) => response.writeHead(200, { 'Content-Encoding': (request.url ?? '').slice(1) }).end(gzipSync('plain')));
  assert.equal(Buffer.from((await fetcher(t).fetch(`http://127.0.0.1:${port}/gzip`, WITHIN)).body).toString(), 'plain');
  await assert.rejects(fetcher(t).fetch(`http://127.0.0.1:${port}/lzma`, WITHIN), { code: 'FETCH_FAILED', message: /lzma/ });
});

test('time is bounded over all of it, and what is under way in number', async (t) => {
  const port = await origin(t, (request, response) => {
    if (request.url === '/drip') response.write('x');
  });
  const fetching = fetcher(t);
  for (const path of ['/silent', '/drip']) await assert.rejects(fetching.fetch(`http://127.0.0.1:${port}${path}`, { ...WITHIN, timeoutMs: 60 }), { code: 'FETCH_TIMED_OUT' }, path);
  const waiting = Array.from({ length: 64 }, () => fetching.fetch(`http://127.0.0.1:${port}/silent`, { ...WITHIN, timeoutMs: 100 }).catch((error: Error & { readonly code: string }) => error.code));
  await assert.rejects(fetching.fetch(`http://127.0.0.1:${port}/`, WITHIN), { code: 'FETCH_BUSY' });
  assert.deepEqual(new Set(await Promise.all(waiting)), new Set(['FETCH_TIMED_OUT']));
  await assert.rejects(fetching.fetch('http://127.0.0.1:1/', WITHIN), { code: 'FETCH_FAILED', message: /ECONNREFUSED/ });
});

test('TLS is verified against what is trusted: the system, or the given authorities', async (t) => {
  const authority = await testCertificate({ names: ['authority'], isAuthority: true });
  const port = await origin(t, (_request, response) => response.end('over TLS'), await testCertificate({ names: ['localhost'], authority }));
  const fetching = fetcher(t);
  const url = `https://localhost:${port}/`;
  await assert.rejects(fetching.fetch(url, WITHIN), { code: 'FETCH_FAILED' });
  await assert.rejects(fetching.fetch(url, { ...WITHIN, authorities: [(await testCertificate({ isAuthority: true })).cert] }), { code: 'FETCH_FAILED' });
  for (const trust of [{ authorities: [authority.cert] }, { verifyTls: false }]) assert.equal(Buffer.from((await fetching.fetch(url, { ...WITHIN, ...trust })).body).toString(), 'over TLS');
  await assert.rejects(fetching.fetch(`https://127.0.0.1:${port}/`, { ...WITHIN, authorities: [authority.cert] }), { code: 'FETCH_FAILED' }, 'another name');
});
