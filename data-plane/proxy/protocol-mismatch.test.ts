import { test } from 'node:test';
import assert from 'node:assert/strict';
import { protocolMismatch, type ProtocolFacts } from './protocol-mismatch.ts';

function answerTo(protocols: readonly string[], facts: Partial<ProtocolFacts>): string {
  const mismatch = protocolMismatch(new Set(protocols), { scheme: 'http', httpVersion: '1.1', contentType: undefined, ...facts });
  if (mismatch === undefined) return 'served';
  if (mismatch.kind === 'https') return 'https';
  return mismatch.kind === 'grpc-status' ? `grpc-status ${mismatch.status}` : `${mismatch.refusal.status} ${mismatch.refusal.message}`;
}

test('a route for http serves both schemes, one for https alone asks for it', () => {
  assert.deepEqual([answerTo(['http', 'https'], {}), answerTo(['http', 'https'], { scheme: 'https' })], ['served', 'served']);
  assert.deepEqual([answerTo(['http'], {}), answerTo(['http'], { scheme: 'https' })], ['served', 'served']);
  assert.deepEqual([answerTo(['https'], {}), answerTo(['https'], { scheme: 'https' })], ['https', 'served']);
});

test('a gRPC route tells other clients what it wants', () => {
  const grpc = { contentType: 'application/grpc+proto', httpVersion: '2' } as const;
  assert.equal(answerTo(['grpc', 'grpcs'], grpc), 'served');
  assert.equal(answerTo(['grpc'], { ...grpc, contentType: 'Application/GRPC' }), 'served');
  assert.equal(answerTo(['grpc'], { ...grpc, httpVersion: '1.1' }), '426 Please use HTTP2 protocol');
  assert.equal(answerTo(['grpc'], { ...grpc, contentType: 'application/json' }), '415 Non-gRPC request matched gRPC route');
  assert.equal(answerTo(['grpc'], { httpVersion: '2' }), '415 Non-gRPC request matched gRPC route');
});

test('a route for grpcs alone is served over TLS alone, and says so as gRPC does', () => {
  const grpc = { contentType: 'application/grpc', httpVersion: '2' } as const;
  assert.deepEqual([answerTo(['grpcs'], grpc), answerTo(['grpcs'], { ...grpc, scheme: 'https' }), answerTo(['grpc', 'grpcs'], grpc)], ['grpc-status 1', 'served', 'served']);
});
