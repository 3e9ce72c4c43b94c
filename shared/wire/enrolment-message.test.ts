import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newId } from '../model/ids.ts';
import { parseEnrolAnswer, parseEnrolRequest } from './enrolment-message.ts';

const request = { tokenId: newId(), secret: 'a'.repeat(43), certificateRequest: 'AAAA', hostname: 'eu-1', softwareVersion: '0.1.0' };
const pem = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
const answer = {
  trustDomain: 'holdfast', tenantId: newId(), gatewayId: newId(), dataPlaneId: newId(), certificateChain: pem, caCertificates: pem,
  rootStatements: ['a.b.c'], delegationStatement: 'a.b.c~d.e.f', labels: { region: 'eu-west' },
};

test('request and answer survive their JSON', () => {
  assert.deepEqual(parseEnrolRequest(JSON.stringify(request)), request);
  assert.deepEqual(parseEnrolAnswer(JSON.stringify(answer)), answer);
});

test('an answer with a field missing, unknown or of another type is refused by its name', () => {
  for (const name of Object.keys(answer)) {
    const { [name]: _, ...without } = Object.fromEntries(Object.entries(answer));
    assert.throws(() => parseEnrolAnswer(JSON.stringify(without)), new RegExp(`"${name}" is missing`));
    for (const wrong of [7, null, '', [7], { x: 7 }]) {
      if (name === 'rootStatements' && Array.isArray(wrong)) continue;
      assert.throws(() => parseEnrolAnswer(JSON.stringify({ ...answer, [name]: wrong })), { code: 'ENROL_MESSAGE_INVALID' }, `${name} ${JSON.stringify(wrong)}`);
    }
  }
  assert.throws(() => parseEnrolAnswer(JSON.stringify({ ...answer, more: 1 })), /"more" is unknown/);
  assert.throws(() => parseEnrolAnswer('<html>'), /not JSON/);
});
