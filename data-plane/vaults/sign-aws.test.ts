import assert from 'node:assert/strict';
import { test } from 'node:test';
import { signAws } from './sign-aws.ts';

/** Of AWS's published test suite for signature version 4. */
const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY', sessionToken: undefined };
const place = { region: 'us-east-1', service: 'service', nowMs: Date.UTC(2015, 7, 30, 12, 36, 0) };

test("requests are signed as in AWS's own test suite", () => {
  const request = { url: 'https://example.amazonaws.com/', headers: {}, body: '' };
  const authorization = (method: 'GET' | 'POST'): string => signAws({ method, ...request }, credentials, place)['authorization'] ?? '';
  assert.equal(authorization('GET'), 'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31');
  assert.match(authorization('POST'), /Signature=5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b$/);
});

test('temporary credentials show their token, signed', () => {
  const headers = signAws({ method: 'GET', url: 'https://example.amazonaws.com/', headers: {}, body: '' }, { ...credentials, sessionToken: 'token' }, place);
  assert.equal(headers['x-amz-security-token'], 'token');
  assert.match(headers['authorization'] ?? '', /SignedHeaders=host;x-amz-date;x-amz-security-token,/);
});
