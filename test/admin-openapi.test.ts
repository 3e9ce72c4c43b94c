/**
 * The OpenAPI document is part of the public face: it equals the committed one, and it and the server agree on paths and
 * methods in both directions. After an intended change: npm run generate
 */
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { THIS_VERSION } from '../shared/this-version.ts';
import { startTestAdminApi } from './support/admin-api.ts';

const GOLDEN = new URL('./cases/admin/openapi.json', import.meta.url);
const METHODS = ['get', 'post', 'put', 'patch', 'delete'];

const { send } = await startTestAdminApi({ softwareVersion: THIS_VERSION });
const document = (await send('GET', '/openapi.json')).expect(200);

function documented(): readonly (readonly [path: string, methods: readonly string[]])[] {
  const paths = document.at('paths');
  assert.ok(typeof paths === 'object' && paths !== null);
  return Object.entries(paths).map(([path, item]) => [path, METHODS.filter((method) => Object.hasOwn(Object(item), method)).map((method) => method.toUpperCase())]);
}

test('the document is the committed one', () => {
  const text = `${JSON.stringify(document.body, null, 1)}\n`;
  assert.ok(text === readFileSync(GOLDEN, 'utf8'), 'the OpenAPI document differs from test/cases/admin/openapi.json; look at the difference and, where it is meant, update it with npm run generate');
});

test('every documented path and method is served', async () => {
  const paths = documented();
  assert.ok(paths.length > 50);
  for (const [path, methods] of paths) {
    const answer = (await send('OPTIONS', path.replace('/{gateway}/', '/default/').replaceAll(/\{[a-z_]+\}/g, 'x'))).expect(204);
    assert.deepEqual(String(answer.headers['allow']).split(', ').filter((method) => method !== 'HEAD' && method !== 'OPTIONS').toSorted(), [...methods].toSorted(), path);
  }
});

test('every served path is documented', async () => {
  const known = new Set(documented().map(([path]) => path.replaceAll(/\{[a-z_]+\}/g, '{}')));
  const served = (await send('GET', '/endpoints')).expect(200).at('data');
  assert.ok(Array.isArray(served) && served.length > 50);
  // Kong's second name for a list.
  const missing = served.filter((path: string) => !known.has(path.replaceAll(/\{[a-z_]+\}/g, '{}')) && !path.endsWith('/targets/all'));
  assert.deepEqual(missing, []);
});
