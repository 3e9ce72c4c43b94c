import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refusalResponse, verdictResponse } from './generated-response.ts';
import { asGrpcAnswer } from './grpc-answer.ts';
import { REFUSALS } from './refusals.ts';

test('a refusal becomes a status in the head, keeps its code, and is counted as what it is', () => {
  const answer = asGrpcAnswer(refusalResponse(REFUSALS.noRoute, undefined, 'id'));
  assert.deepEqual([answer.status, answer.countsAs, answer.contentType, answer.body.length], [200, 404, 'application/grpc', 0]);
  assert.equal(answer.extraLines, 'grpc-status: 12\r\ngrpc-message: no Route matched with those values\r\nX-Holdfast-Error: PROXY_ROUTE_MISSING\r\n');
});

test('each HTTP status has its gRPC status', () => {
  for (const [status, grpc] of [[401, 16], [403, 7], [404, 12], [413, 8], [429, 8], [500, 13], [502, 14], [503, 14], [504, 4], [418, 2], [301, 2]] as const) {
    assert.match(asGrpcAnswer(verdictResponse({ kind: 'respond', status }, undefined, 'id')).extraLines, new RegExp(`^grpc-status: ${grpc}\r\n`));
  }
});

test('a message can hold anything and stays one line', () => {
  const answer = asGrpcAnswer(verdictResponse({ kind: 'respond', status: 403, message: '100 % nö\r\ngrpc-status: 0' }, undefined, 'id'));
  assert.equal(answer.extraLines, 'grpc-status: 7\r\ngrpc-message: 100 %25 n%C3%B6%0D%0Agrpc-status: 0\r\n');
});

test('what is no error stays as it is', () => {
  const answer = verdictResponse({ kind: 'respond', status: 200, message: 'hello' }, undefined, 'id');
  assert.equal(asGrpcAnswer(answer), answer);
});
