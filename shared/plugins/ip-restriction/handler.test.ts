import { describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { pluginContext, pluginRun, pluginServices } from '../../plugin-kit/plugin-host.ts';
import type { Verdict } from '../contract.ts';
import { ipRestrictionFactory } from './handler.ts';
import { ipRestrictionSchema, type IpRestrictionConfig } from './schema.ts';

const DEFAULTS: IpRestrictionConfig = { allow: null, deny: null, status: null, message: null };
const instanceOf = (given: Partial<IpRestrictionConfig>) => ipRestrictionFactory.create({ ...DEFAULTS, ...given }, pluginServices());

function answer(given: Partial<IpRestrictionConfig>, clientAddress: string, headers: readonly (readonly [string, string])[] = []): Verdict | undefined {
  return pluginRun(instanceOf(given)).head(pluginContext({ clientAddress, headers }));
}

function stream(given: Partial<IpRestrictionConfig>, clientAddress: string) {
  const { config, route } = pluginContext();
  return instanceOf(given).stream?.({ protocol: 'tcp', clientAddress, clientPort: 1, localAddress: '127.0.0.1', localPort: 2, serverName: undefined, route, service: undefined, config });
}

describe('who passes', () => {
  test('allow: its addresses alone', () => {
    assert.equal(answer({ allow: ['192.0.2.0/24'] }, '192.0.2.9'), undefined);
    assert.deepEqual(answer({ allow: ['192.0.2.0/24'] }, '192.0.3.9'), { kind: 'respond', status: 403, message: 'IP address not allowed: 192.0.3.9' });
  });

  test('deny: all others', () => {
    assert.equal(answer({ deny: ['2001:db8::/32'] }, '2001:db9::1'), undefined);
    assert.equal(answer({ deny: ['2001:db8::/32'] }, '2001:db8::1')?.status, 403);
    assert.equal(answer({ deny: ['2001:db8::/32'], allow: [] }, '192.0.2.1'), undefined);
  });

  test('deny wins over allow', () => {
    assert.equal(answer({ allow: ['10.0.0.0/8'], deny: ['10.1.0.0/16'] }, '10.1.2.3')?.status, 403);
    assert.equal(answer({ allow: ['10.0.0.0/8'], deny: ['10.1.0.0/16'] }, '10.2.2.3'), undefined);
  });
});

describe('attacks', () => {
  test('an IPv4 client that comes over an IPv6 socket is still that client', () => {
    assert.equal(answer({ deny: ['10.1.2.3'] }, '::ffff:10.1.2.3')?.status, 403);
    assert.equal(answer({ allow: ['10.1.2.3'] }, '::ffff:a01:203'), undefined);
  });

  test('what headers say changes nothing', () => {
    for (const name of ['X-Forwarded-For', 'X-Real-IP', 'Forwarded', 'True-Client-IP']) assert.equal(answer({ allow: ['10.0.0.1'] }, '192.0.2.1', [[name, '10.0.0.1']])?.status, 403);
  });

  test('a client without an address passes neither list', () => {
    for (const odd of ['', 'unix:', '1.2.3', '0x0a.0.0.1', '010.0.0.1']) {
      assert.equal(answer({ deny: ['10.0.0.1'] }, odd)?.status, 403, odd);
      assert.equal(answer({ allow: ['0.0.0.0/0', '::/0'] }, odd)?.status, 403, odd);
    }
  });
});

test('status and message are as configured', () => {
  assert.deepEqual(answer({ deny: ['10.0.0.1'], status: 451, message: 'not here' }, '10.0.0.1'), { kind: 'respond', status: 451, message: 'not here' });
});

test('on a stream the same rules hold: the connection is refused', () => {
  assert.equal(stream({ allow: ['10.0.0.0/8'] }, '::ffff:10.0.0.1'), undefined);
  assert.deepEqual(stream({ allow: ['10.0.0.0/8'] }, '192.0.2.1'), { kind: 'refuse', reason: 'IP address not allowed: 192.0.2.1' });
  assert.equal(stream({ deny: ['10.0.0.0/8'] }, 'unix:')?.kind, 'refuse');
});

test('the control plane wants one of the lists', () => {
  const problems = (config: object) => ipRestrictionSchema.checks.flatMap(({ check }) => check({ config: { ...DEFAULTS, ...config } })).length;
  assert.deepEqual([problems({}), problems({ allow: [], deny: [] }), problems({ allow: ['10.0.0.1'] }), problems({ deny: ['10.0.0.1'] })], [1, 1, 0, 0]);
});
