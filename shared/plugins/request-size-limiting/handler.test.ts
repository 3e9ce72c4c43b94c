import { test } from 'node:test';
import assert from 'node:assert/strict';
import { pluginContext, pluginRun, pluginServices } from '../../plugin-kit/plugin-host.ts';
import { requestSizeLimitingFactory } from './handler.ts';
import type { RequestSizeLimitingConfig } from './schema.ts';

function judge(given: Partial<RequestSizeLimitingConfig>, headers: Readonly<Record<string, string>>) {
  const instance = requestSizeLimitingFactory.create({ allowed_payload_size: 10, size_unit: 'bytes', require_content_length: false, ...given }, pluginServices());
  const context = pluginContext({ method: 'POST', headers: Object.entries(headers) });
  const verdict = pluginRun(instance).head(context);
  return { answer: verdict === undefined ? 'passes' : `${verdict.status} ${verdict.message}`, effects: context.effects };
}

test('a body passes up to its last byte, in each unit', () => {
  for (const [size_unit, bytes] of [['bytes', 10], ['kilobytes', 10_240], ['megabytes', 10_485_760]] as const) {
    assert.equal(judge({ size_unit }, { 'content-length': String(bytes) }).answer, 'passes', size_unit);
    assert.equal(judge({ size_unit }, { 'content-length': String(bytes + 1) }).answer, '413 Request size limit exceeded', size_unit);
  }
  assert.equal(judge({ allowed_payload_size: 0 }, { 'content-length': '0' }).answer, 'passes');
  assert.equal(judge({ allowed_payload_size: 0 }, { 'content-length': '1' }).answer, '413 Request size limit exceeded');
});

test('numbers beyond what a double holds are still too large', () => {
  for (const length of ['99999999999999999999', '9'.repeat(400), '00000000000000000000011']) assert.equal(judge({}, { 'content-length': length }).answer, '413 Request size limit exceeded', length);
});

test('who asked before sending is told that the expectation failed', () => {
  assert.equal(judge({}, { 'content-length': '11', expect: '100-Continue' }).answer, '417 Request size limit exceeded');
  assert.equal(judge({}, { 'content-length': '10', expect: '100-continue' }).answer, 'passes');
});

test('a body without a length is counted as it comes, or refused where one is required', () => {
  assert.deepEqual(judge({}, { 'transfer-encoding': 'chunked' }), { answer: 'passes', effects: ['limit-body 10 → 413'] });
  assert.deepEqual(judge({ require_content_length: true }, { 'transfer-encoding': 'chunked' }), { answer: '411 A valid Content-Length header is required', effects: [] });
});

test('a request without a body passes always', () => {
  assert.deepEqual(judge({ allowed_payload_size: 0, require_content_length: true }, {}), { answer: 'passes', effects: [] });
});
