/** From what a person writes to what is listened on. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseSettings } from '../../shared/settings.ts';
import { dataPlaneSettings } from '../settings.ts';
import { downstreamTlsOf, listenersOf } from './listen-settings.ts';

function parse(environment: Readonly<Record<string, string>>, text = ''): ReturnType<typeof parseSettings<typeof dataPlaneSettings>> {
  return parseSettings(dataPlaneSettings, { environment: { ...environment, ...(text === '' ? {} : { HOLDFAST_CONFIG: '/file' }) }, arguments: [], readFile: () => text, workingFolder: '/' });
}

test('HTTP and HTTPS by default; streams and the PROXY protocol where asked for', () => {
  const listener = (kind: string, host: string, port: number, proxyProtocol = false): object => ({ kind, host, port, proxyProtocol });
  assert.deepEqual(listenersOf(parse({})), [listener('http', '0.0.0.0', 8000), listener('https', '0.0.0.0', 8443)]);
  assert.deepEqual(
    listenersOf(parse({ HOLDFAST_PROXY_LISTEN: '[::]:80  proxy_protocol, 10.0.0.1:81', HOLDFAST_PROXY_TLS_LISTEN: 'off', HOLDFAST_STREAM_LISTEN: '0.0.0.0:9000,0.0.0.0:9443 tls proxy_protocol' })),
    [listener('http', '::', 80, true), listener('http', '10.0.0.1', 81), listener('tcp', '0.0.0.0', 9000), listener('tls', '0.0.0.0', 9443, true)],
  );
  assert.deepEqual(listenersOf(parse({}, 'proxy_listen: ["0.0.0.0:1", "0.0.0.0:2 proxy_protocol"]\nproxy_tls_listen: off\n')), [listener('http', '0.0.0.0', 1), listener('http', '0.0.0.0', 2, true)]);
});

for (const [text, rule] of [
  ['8000', /must be host:port/], ['0.0.0.0:70000', /must be host:port/], ['0.0.0.0', /must be host:port/], [',', /must name an address, or be off/], ['off, 0.0.0.0:1', /must be host:port/],
  ['0.0.0.0:8000 ssl', /has the option "ssl" at 0\.0\.0\.0:8000, which is not known here; there is proxy_protocol/],
  ['0.0.0.0:8000 proxy_protocoll', /did you mean "?proxy_protocol/],
  ['0.0.0.0:8000 proxy_protocol proxy_protocol', /has an option twice/], ['0.0.0.0:8000,0.0.0.0:8000', /has 0\.0\.0\.0:8000 twice/],
] as const) {
  test(`"${text}" is refused by its rule`, () => assert.throws(() => parse({ HOLDFAST_PROXY_LISTEN: text }), rule));
}

test('how TLS is ended', () => {
  const pair = { certPem: 'c', keyPem: 'k' };
  assert.deepEqual(downstreamTlsOf(parse({}), pair), { minVersion: 'TLSv1.2', ciphers: undefined, defaultCertificate: pair, requestsClientCertificates: false });
  assert.deepEqual(
    downstreamTlsOf(parse({ HOLDFAST_TLS_MIN_VERSION: '1.3', HOLDFAST_TLS_CIPHERS: 'X', HOLDFAST_TLS_UNKNOWN_NAME: 'refuse', HOLDFAST_TLS_CLIENT_CERTIFICATES: 'request' }), pair),
    { minVersion: 'TLSv1.3', ciphers: 'X', defaultCertificate: undefined, requestsClientCertificates: true },
  );
});
