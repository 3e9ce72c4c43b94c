import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseHeaders, tell } from './explain.ts';
import { terminalJson } from './terminal-text.ts';

const ANSWER = {
  version: '1.9', data_plane: 'dp', request: { method: 'GET', scheme: 'http', host: 'x', port: 80, path: '/a', query: '', http_version: '1.1', client_ip: '127.0.0.1' }, tls: { certificate: 'default' },
  outcome: { kind: 'forwarded' }, route: { id: 'r', name: 'first', matched_path: '/a', captures: { 1: 'seven' } },
  plugins: [{ name: 'key-auth', priority: 1250, scope: ['service'], phases: ['requestHead'], quarantined: 'CONFIG_PLUGIN_UNKNOWN' }],
  plugins_not_run: [{ id: 'p', name: 'key-auth', why_not: 'it is disabled' }],
  service: {
    id: 's', name: null, protocol: 'http', host: 'up', port: 80, upstream: { algorithm: 'round-robin' }, targets_in_all: 3,
    targets: [{ target: 'a:1', weight: 100, failover: false, addresses: [{ address: '10.0.0.1', state: 'closed', reason: null }, { address: '10.0.0.2', state: 'open', reason: 'tcp' }] }, { target: 'b:1', weight: 7, failover: true, addresses: [] }],
  },
  upstream_request: { method: 'GET', path: '/', host: null },
  others: [{ id: 'o', name: 'other', why_not: 'methods asks for ["POST"], the request has "GET"' }], others_in_all: 1,
};

test('an answer is told in lines', () => {
  assert.deepEqual(tell(ANSWER), [
    'configuration 1.9, told by data plane dp',
    'request       GET http://x:80/a (HTTP/1.1 from 127.0.0.1)',
    'certificate   default',
    'outcome       forwarded, unless a plugin answers',
    'route         first (r), matched "/a", captures 1=seven',
    'plugins       1. key-auth (1250, service: requestHead), quarantined: CONFIG_PLUGIN_UNKNOWN',
    '  not run     key-auth (p): it is disabled',
    'service       s, http://up:80 (upstream, round-robin)',
    '  target      a:1, weight 100, 10.0.0.1 healthy, 10.0.0.2 left out (tcp)',
    '  target      b:1, weight 7, failover',
    '  target      … (2 of 3 are shown)',
    '  sent as     GET /',
    'not taken     other (o): methods asks for ["POST"], the request has "GET"',
  ]);
});

test('a plugin is told with its group, its ordering and its condition', () => {
  const limit = { name: 'rate-limiting', priority: 910, scope: ['route', 'consumer_group'], consumer_group: { id: 'g', name: 'gold' }, phases: ['requestHead'], ordering: { before: ['key-auth', 'acl'], after: [] }, condition: 'http.method == "GET"', quarantined: null };
  const told = tell({ ...ANSWER, consumer: { found: true, id: 'c', username: 'ann', groups: ['gold', 'staff'] }, plugins: [limit] });
  assert.ok(told.includes('consumer      ann, in gold, staff'));
  assert.ok(told.includes('plugins       1. rate-limiting (910, route+consumer_group gold: requestHead), before key-auth and acl, where http.method == "GET"'));
});

test('whatever an answer holds, no control character reaches a terminal', () => {
  const hostile = fc.oneof(fc.constantFrom('\u001b]0;owned\u0007', '\u009b2J', 'a\r\nroute  none', '\u202egpj', '\u2066'), fc.jsonValue());
  const replaced = (value: unknown, by: unknown): unknown => {
    if (Array.isArray(value)) return value.map((item: unknown) => replaced(item, by));
    if (typeof value === 'object' && value !== null) return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, replaced(item, by)]));
    return by;
  };
  fc.assert(
    fc.property(hostile, fc.subarray(Object.keys(ANSWER)), (by, names) => {
      const answer = Object.fromEntries(Object.entries(ANSWER).map(([name, value]) => [name, names.includes(name) ? replaced(value, by) : value]));
      for (const line of tell({ ...answer, [typeof by === 'string' ? by : 'more']: by })) assert.doesNotMatch(line, /[\p{Cc}\u202a-\u202e\u2066-\u2069]/u);
    }),
  );
});

test('the same answer as JSON keeps its values without steering a terminal', () => {
  const answer = { name: 'a\u001b[2J\u009b2J\u007f\u202e\n' };
  assert.doesNotMatch(terminalJson(answer).replaceAll('\n', ''), /[\p{Cc}\u202a-\u202e]/u);
  assert.deepEqual(JSON.parse(terminalJson(answer)), answer);
});

test('headers are name=value or name: value; what follows a comma belongs to the value before', () => {
  assert.deepEqual(parseHeaders(['x-a=1', 'accept: text/html', 'text/plain', 'x-a=2']), { 'x-a': ['1', '2'], accept: ['text/html,text/plain'] });
  assert.throws(() => parseHeaders(['nothing']), { code: 'CLI_HEADER_INVALID' });
});
