/**
 * `npm run generate`: writes the OpenAPI document to test/cases/admin/openapi.json, where a change of the admin API's face shows as a
 * difference. No server and no database: routes are data, and nothing that they would do is done. test/admin-openapi.test.ts compares
 * the file with what a running admin API serves.
 */
import { writeFileSync } from 'node:fs';
import { adminRoutes } from '../control-plane/admin-api/start-admin-api.ts';
import { assert } from '../shared/assert.ts';
import { systemClock } from '../shared/clock.ts';
import { pluginCatalog } from '../shared/plugins/catalog.ts';
import { THIS_VERSION } from '../shared/this-version.ts';

const KNOWN = { catalog: pluginCatalog, clock: systemClock, softwareVersion: THIS_VERSION, publicUrl: new URL('http://127.0.0.1:8001') };

/** Stands for what a route would use only while it answers: any part of it is the same again. */
const stand: object = new Proxy(() => undefined, { get: (_, name) => (name === Symbol.toPrimitive ? () => '' : stand), apply: () => stand });

/** The door: nothing of it is read or called while routes are made, except what is given. */
function standIn<T>(given: object): T {
  return new Proxy(given, { get: (target, name) => (Reflect.get(target, name) as unknown) ?? stand }) as T;
}

const route = adminRoutes(standIn(KNOWN)).find(({ path }) => path === '/openapi.json');
const answer = await route?.operations.GET?.handle(standIn({}));
assert(answer?.body !== undefined, 'the document is served');
writeFileSync(new URL('./cases/admin/openapi.json', import.meta.url), `${JSON.stringify(answer.body, null, 1)}\n`);
