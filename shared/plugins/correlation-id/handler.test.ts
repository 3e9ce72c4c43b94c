import { describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { defined } from '../../assert.ts';
import { pluginContext, pluginRun, pluginServices, type HostParts } from '../../plugin-kit/plugin-host.ts';
import { correlationIdFactory } from './handler.ts';
import { correlationIdSchema, type CorrelationIdConfig } from './schema.ts';

const UUID = '[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}';

function instanceOf(given: Partial<CorrelationIdConfig> = {}) {
  return correlationIdFactory.create({ header_name: 'X-Id', generator: 'uuid', echo_downstream: false, ...given }, pluginServices({ clock: { nowMs: () => 1_700_000_000_123, monotonicMs: () => 0 } }));
}

function run(instance: ReturnType<typeof instanceOf>, parts: HostParts = {}) {
  const context = pluginContext(parts);
  assert.equal(pluginRun(instance).head(context), undefined);
  return context;
}

const idOf = (instance: ReturnType<typeof instanceOf>, parts: HostParts = {}): string => defined(run(instance, parts).upstreamHeaderValues('x-id')[0], 'an id');

describe('an id that is made', () => {
  test('is another UUID for each request', () => {
    const instance = instanceOf();
    const [one, two] = [idOf(instance), idOf(instance)];
    assert.match(one, new RegExp(`^${UUID}$`));
    assert.notEqual(one, two);
  });

  test('is one UUID and a counter, another UUID for another instance', () => {
    const instance = instanceOf({ generator: 'uuid#counter' });
    const [one, two] = [idOf(instance), idOf(instance)];
    assert.match(one, new RegExp(`^${UUID}#1$`));
    assert.equal(two, one.replace(/1$/, '2'));
    assert.notEqual(idOf(instanceOf({ generator: 'uuid#counter' })), one);
  });

  test('is address, port, process and thread, client port, counter and time', () => {
    const instance = instanceOf({ generator: 'tracker' });
    const parts: HostParts = { localAddress: '192.0.2.1', localPort: 8000, clientPort: 5 };
    assert.equal(idOf(instance, parts), `192.0.2.1-8000-${process.pid}.0-5-1-1700000000.123`);
    assert.equal(idOf(instance, parts), `192.0.2.1-8000-${process.pid}.0-5-2-1700000000.123`);
  });
});

describe('an id that a client sent', () => {
  test('goes on as it is, untouched', () => {
    assert.deepEqual(run(instanceOf(), { headers: [['x-ID', 'abc 1/2#3']] }).effects, []);
  });

  test('is replaced where it is empty, too long, not printable ASCII, or there twice', () => {
    for (const odd of ['', 'x'.repeat(257), 'ä', 'a\tb', 'a\u0000b', '\u00ff']) assert.match(idOf(instanceOf(), { headers: [['x-id', odd]] }), new RegExp(`^${UUID}$`), odd);
    const twice = run(instanceOf(), { headers: [['x-id', 'one'], ['X-Id', 'two']] });
    assert.equal(twice.upstreamHeaderValues('x-id').length, 1);
    assert.match(twice.upstreamHeaderValues('x-id')[0] ?? '', new RegExp(`^${UUID}$`));
    assert.equal(idOf(instanceOf(), { headers: [['x-id', 'x'.repeat(256)]] }).length, 256);
  });
});

test('the client gets the id that the backend gets, where it is to be echoed', () => {
  assert.deepEqual(run(instanceOf({ echo_downstream: true }), { headers: [['x-id', 'mine']] }).effects, ['set-response X-Id: mine']);
  const made = run(instanceOf({ echo_downstream: true }));
  assert.equal(made.responseHeaders.get('X-Id'), made.upstreamHeaderValues('x-id')[0]);
  assert.equal(run(instanceOf()).responseHeaders.size, 0);
});

test('the header is none that a message is framed or routed by', () => {
  const { type } = defined(correlationIdSchema.config.find(({ name }) => name === 'header_name'), 'header_name');
  assert.ok(type.kind === 'string' && 'rules' in type);
  for (const bad of ['Content-Length', 'transfer-encoding', 'Host', 'Connection', 'X-Kong-Request-Id', 'a b', 'a\r\nb']) assert.notEqual(type.rules[0].check(bad), undefined, bad);
  for (const good of ['Kong-Request-ID', 'X-Correlation-ID', 'X-Request-Id']) assert.equal(type.rules[0].check(good), undefined, good);
});
