/** HTTPS to upstreams: verified by the default trust store, pooled like the rest, responses through the same reader. */
import 'reflect-metadata';
import assert from 'node:assert/strict';
import { createServer } from 'node:tls';
import { X509CertificateGenerator, KeyUsagesExtension, KeyUsageFlags, BasicConstraintsExtension, SubjectAlternativeNameExtension, PemConverter } from '@peculiar/x509';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { plainAnswer } from './support/name-answers.ts';
import { scenario } from './support/scenario.ts';
import { staticConfig } from './support/static-config.ts';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const HELLO = 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecret';

/** A certificate for these names that is its own authority. */
async function selfSigned(names: readonly string[]): Promise<{ readonly key: string; readonly cert: string }> {
  const keys = await crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const cert = await X509CertificateGenerator.createSelfSigned({
    serialNumber: '01', name: `CN=${names[0] ?? ''}`, notBefore: new Date(Date.now() - 60_000), notAfter: new Date(Date.now() + 3_600_000), signingAlgorithm: ALGORITHM, keys,
    extensions: [
      new BasicConstraintsExtension(true, 1, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.digitalSignature, true),
      new SubjectAlternativeNameExtension(names.map((value) => ({ type: value === '127.0.0.1' ? 'ip' : 'dns', value }))),
    ],
  });
  return { key: PemConverter.encode(await crypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY'), cert: cert.toString('pem') };
}

scenario('an HTTPS upstream is reached by its name, verified, and its connections are kept', { proxy: { lookup: async () => plainAnswer(['127.0.0.1']) } }, async ({ connect, serve, proxy, logLines }) => {
  const identity = await selfSigned(['secure.test', '127.0.0.1']);
  const names: unknown[] = [];
  const bodies: string[] = [];
  const server = createServer(identity, (socket) => {
    names.push(socket.servername);
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => {
      bodies.push(bytes.toString('latin1'));
      socket.write(HELLO);
    });
  });
  const port = await new Promise<number>((resolve) => server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    resolve(typeof address === 'object' && address !== null ? address.port : 0);
  }));
  try {
    const client = await connect();
    const ask = async (host: string): Promise<readonly [number, string | undefined]> => {
      serve(staticConfig({ routes: [{ path: '/', service: { protocol: 'https', host, port } }] }));
      client.send('GET /x HTTP/1.1\r\nHost: a\r\n\r\n');
      const answer = await client.response();
      return [answer.status, answer.header('x-holdfast-error')];
    };
    assert.deepEqual(await ask('secure.test'), [502, 'UPSTREAM_CONNECT_FAILED'], 'nobody vouches for it');
    assert.ok(logLines().some((line) => line.includes('self-signed')));

    setDefaultCACertificates([...getCACertificates('default'), identity.cert]);
    for (let count = 0; count < 3; count++) assert.deepEqual(await ask('secure.test'), [200, undefined]);
    assert.deepEqual(names.at(-1), 'secure.test');
    assert.ok(bodies[0]?.includes(`Host: secure.test:${port}\r\n`));
    assert.deepEqual([proxy.stats().idleUpstream, proxy.stats().openedUpstream], [1, 2]);

    assert.deepEqual(await ask('other.test'), [502, 'UPSTREAM_CONNECT_FAILED'], 'a certificate for another name');
    assert.deepEqual(await ask('127.0.0.1'), [200, undefined], 'an address in the certificate');
  } finally {
    server.close();
  }
});
