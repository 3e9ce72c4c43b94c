/** Services at the places that plugins send requests to. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defined } from '../../shared/assert.ts';
import { BASIS, routeAt } from '../../test/support/books-gateway.ts';
import { compiled, testServices } from '../../test/support/compile-config.ts';
import { put, ref, testId } from '../../test/support/config-content.ts';
import type { CompiledConfig } from './compiled-config.ts';

const BLUE = put('upstreams', { id: testId('5'), name: 'blue', host_header: 'blue.example' });
const serviceOf = (config: CompiledConfig) => defined(routeAt(config, '/books').service, 'the service');

test('the name of an upstream entity, or a host; what is not said stays the service\'s', () => {
  const { config } = compiled([...BASIS, BLUE, put('targets', { id: testId('6'), target: '10.0.0.1:80', upstream: ref('5') })]);
  const service = serviceOf(config);
  const [blue, host] = [config.serviceAt(service, { host: 'Blue', protocol: 'https' }), config.serviceAt(service, { host: 'other.test', port: 81 })];
  assert.deepEqual([blue.upstream?.name, blue.protocol, blue.port, blue.tls.serverName, blue.readTimeoutMs, blue.path, blue.id], ['blue', 'https', 9_000, 'blue.example', 1_000, '/api', service.id]);
  assert.deepEqual([host.upstream, host.host, host.protocol, host.port, host.tls.serverName], [undefined, 'other.test', 'http', 81, undefined]);
  assert.equal(config.serviceAt(service, { host: 'other.test', port: 81 }), host, 'the same place, the same object');
  assert.notEqual(config.serviceAt(service, { host: 'other.test', port: 82 }), host);
  for (let index = 0; index < 5_000; index += 1) config.serviceAt(service, { host: `h${index}.test` });
  assert.notEqual(config.serviceAt(service, { host: 'other.test', port: 81 }), host, 'clients that choose hosts fill no memory');
});

test('another port alone; an upstream entity that must be there', () => {
  const { config } = compiled([...BASIS, BLUE]);
  const service = serviceOf(config);
  const { host, port, upstream } = config.serviceAt(service, { port: 82 });
  assert.deepEqual([host, port, upstream], [service.host, 82, undefined]);
  const blue = config.serviceAt(service, { host: 'BLUE', isUpstream: true });
  assert.deepEqual([blue.upstream?.name, config.serviceAt(blue, { port: 82 }).upstream?.name], ['blue', 'blue']);
  assert.equal(config.serviceAt(service, { host: 'green' }).upstream, undefined);
  assert.throws(() => config.serviceAt(service, { host: 'green', isUpstream: true }), { code: 'PLUGIN_TARGET_UNKNOWN', message: /could not find an Upstream named 'green'/ });
  assert.deepEqual([config.upstreamNamed('blue')?.name, config.upstreamNamed('green')], ['blue', undefined]);
});

test('an upstream that is quarantined is no place to send requests to (S6)', () => {
  const services = testServices({ decodeEntity: (kind, bytes) => {
    if (kind === 'upstreams') throw new Error('unreadable');
    return testServices().decodeEntity(kind, bytes);
  } });
  const { config, quarantined } = compiled([...BASIS, BLUE], { services });
  assert.deepEqual(quarantined.map(({ kind }) => kind), ['upstreams']);
  assert.equal(config.upstreamNamed('blue'), undefined);
  assert.throws(() => config.serviceAt(serviceOf(config), { host: 'blue' }), { code: 'PLUGIN_TARGET_QUARANTINED' });
});
