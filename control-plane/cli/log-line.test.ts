import { test } from 'node:test';
import assert from 'node:assert/strict';
import { logLine } from './log-line.ts';

const record = {
  request_id: '0f', started_at: '2026-11-22T12:00:01.234Z', status: 503, error_code: 'UPSTREAM_TIMEOUT', method: 'GET', scheme: 'https', host: 'api.test', path: '/invoices/7', query: 'a=1',
  route: { id: 'r', name: 'invoices' }, service: { id: 's', name: null }, consumer: null, target: '10.0.0.7:80', retries: 2, client_address: '192.0.2.7', version: '1.42', total_ms: 1203.4, upstream_ms: 1.234, trace_id: null,
};

test('a record is one line: when, what was answered, what was asked, how long it took, for whom', () => {
  assert.equal(
    logLine(record, false),
    '2026-11-22 12:00:01.234  503  GET  https://api.test/invoices/7?a=1  1203 ms (upstream 1.2 ms)  UPSTREAM_TIMEOUT  route=invoices service=s target=10.0.0.7:80 retries=2 client=192.0.2.7 version=1.42 id=0f',
  );
  assert.match(logLine({ ...record, status: null }, false), / {2}--- {2}GET/);
  assert.equal(logLine({}, false).includes('undefined'), false);
});

test('what a client sent steers no terminal, with colours or without', () => {
  const hostile = { ...record, path: '/\u001b]0;owned\u0007\u202ex', method: 'G\u001b[2JT' };
  for (const steering of ['\u001b', '\u0007', '\u202e']) assert.ok(!logLine(hostile, false).includes(steering));
  const [start = '', ...coloured] = logLine(hostile, true).split('\u001b');
  assert.ok(start === '' && coloured.every((part) => /^\[\d+m/.test(part)), 'nothing but our colours');
  for (const steering of ['\u0007', '\u202e']) assert.ok(!logLine(hostile, true).includes(steering));
  assert.ok(logLine(record, true).includes('\u001b[31m503\u001b[0m'));
});
