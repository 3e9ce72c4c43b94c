import assert from 'node:assert/strict';
import { test } from 'node:test';
import { entityDefinitions } from '../../shared/model/registry.ts';
import { refuseGatewayName, refuseName } from './gateway-name.ts';

test('a gateway is not named like a path of the admin API, in any case', () => {
  const words = ['v1', 'status', 'Status', 'openapi.json', 'clustering', 'schemas', ...entityDefinitions.map((definition) => definition.path)];
  for (const word of words) assert.match(refuseGatewayName(word) ?? '', /starts a path/, word);
  for (const word of ['default', 'eu-west', 'services2', 'Team.A_1~x']) assert.equal(refuseGatewayName(word), undefined, word);
});

test('names stand in paths as they are', () => {
  for (const name of ['', 'a b', 'a/b', '.hidden', '-x', 'ü', 'a?b', 'a%20', 'x'.repeat(101), 'nul\0']) assert.notEqual(refuseName(name), undefined, name);
});
