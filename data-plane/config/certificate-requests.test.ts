/** What plugins want of a TLS handshake, where one of them is broken: no handshake, and the plugin is named. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PluginInstance } from '../../shared/plugins/contract.ts';
import { compiled, testServices } from '../../test/support/compile-config.ts';
import { put, testId } from '../../test/support/config-content.ts';
import { defined } from '../../shared/assert.ts';
import { pluginRegistry } from '../../shared/plugins/registry.ts';

test('a plugin that throws, or gives what is no wish, ends the handshake and is named', () => {
  const asker = defined(pluginRegistry.get('mtls-auth'), 'mtls-auth');
  const requestWith = (certificate: () => unknown): unknown => {
    const instance: PluginInstance = { certificate: () => certificate() as undefined };
    const { config } = compiled([put('plugins', { id: testId('1'), name: 'mtls-auth', config: { ca_certificates: [testId('2')] } })], { services: testServices({ plugins: new Map([['mtls-auth', { ...asker, create: () => instance }]]) }) });
    return config.certificateRequest('a.test');
  };
  assert.throws(() => requestWith(() => { throw new Error('boom'); }), /plugin mtls-auth failed in certificate: boom/);
  for (const wrong of [null, true, {}, { kind: 'ask' }, { kind: 'ask', authorities: 'all' }, Promise.reject(new Error('unheard'))]) {
    assert.throws(() => requestWith(() => wrong), /plugin mtls-auth failed in certificate: .*must be undefined or/);
  }
  assert.equal(requestWith(() => undefined), undefined);
});
