import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseSettings } from '../shared/settings.ts';
import { checkSettings } from './check-settings.ts';
import { dataPlaneSettings } from './settings.ts';

function check(environment: Readonly<Record<string, string>>): void {
  checkSettings(parseSettings(dataPlaneSettings, { environment, arguments: [], readFile: () => '', workingFolder: '/' }));
}

test('what a person would write is taken', () => {
  check({});
  check({ HOLDFAST_CONTROL_PLANE_URLS: 'https://a:8005,https://[::1]:8005,https://b,https://c:443', HOLDFAST_CONTROL_PLANE_PROXY: 'http://u:p@proxy:3128', HOLDFAST_TRUSTED_IPS: '10.0.0.0/8,::1', HOLDFAST_DNS_RESOLVERS: '10.0.0.2,[fd00::2]:5353' });
});

test('a slip is refused with its setting and the way out, and without a password', () => {
  for (const url of ['http://a:8005', 'https://a:8005/', 'https://a/b', 'a:8005', 'https://u@a']) assert.throws(() => check({ HOLDFAST_CONTROL_PLANE_URLS: url }), /HOLDFAST_CONTROL_PLANE_URLS has ".*"; write each as https:\/\/host:port/, url);
  assert.throws(() => check({ HOLDFAST_CONTROL_PLANE_URLS: ' , ' }), /names none/);
  for (const proxy of ['proxy:3128', 'https://u:secret@proxy', 'http://u:secret@proxy/path']) {
    assert.throws(() => check({ HOLDFAST_CONTROL_PLANE_PROXY: proxy }), (thrown) => thrown instanceof Error && thrown.message.includes('HOLDFAST_CONTROL_PLANE_PROXY') && !thrown.message.includes('secret'), proxy);
  }
  assert.throws(() => check({ HOLDFAST_DNS_RESOLVERS: '10.0.0.2,dns.test' }), /HOLDFAST_DNS_RESOLVERS has "dns\.test"; write each as an IP address or address:port/);
  check({ HOLDFAST_PLUGIN_FETCH_NETWORKS: '10.20.0.0/16,127.0.0.1,fd00::/8' });
  for (const network of ['10.0.0.0/33', 'keys.test']) assert.throws(() => check({ HOLDFAST_PLUGIN_FETCH_NETWORKS: network }), /HOLDFAST_PLUGIN_FETCH_NETWORKS has ".*"; write each as an IP address or a CIDR block/, network);
  assert.throws(() => check({ HOLDFAST_TRUSTED_IPS: '10.0.0.0/33' }), /10\.0\.0\.0\/33/);
});

test('where it listens: each place once, PROXY protocol only with somebody to believe, ciphers that exist', () => {
  check({ HOLDFAST_PROXY_LISTEN: '0.0.0.0:8000, [::]:8000, 127.0.0.1:0, 127.0.0.1:0', HOLDFAST_STREAM_LISTEN: '0.0.0.0:9000,0.0.0.0:9443 tls' });
  check({ HOLDFAST_PROXY_LISTEN: '0.0.0.0:8000 proxy_protocol', HOLDFAST_TRUSTED_IPS: '10.0.0.0/8', HOLDFAST_TLS_CIPHERS: 'TLS_AES_256_GCM_SHA384:ECDHE-RSA-AES128-GCM-SHA256' });
  for (const environment of [{ HOLDFAST_PROXY_TLS_LISTEN: '0.0.0.0:8000' }, { HOLDFAST_STREAM_LISTEN: '127.0.0.1:8443' }, { HOLDFAST_STREAM_LISTEN: '127.0.0.1:8007' }] as const) {
    assert.throws(() => check(environment), /are the same place to listen on; change one of HOLDFAST_PROXY_LISTEN/, JSON.stringify(environment));
  }
  assert.throws(() => check({ HOLDFAST_PROXY_LISTEN: 'off', HOLDFAST_PROXY_TLS_LISTEN: 'off' }), /nothing is listened on/);
  assert.throws(() => check({ HOLDFAST_PROXY_LISTEN: '0.0.0.0:8000 proxy_protocol' }), /HOLDFAST_TRUSTED_IPS/);
  assert.throws(() => check({ HOLDFAST_TLS_CIPHERS: 'ROT13' }), /HOLDFAST_TLS_CIPHERS .*"ROT13"/);
});
