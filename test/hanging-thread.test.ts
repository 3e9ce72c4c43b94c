/** A proxy thread that really hangs, in the code of a plugin: /status/live names it, and the process can still be ended. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { defined } from '../shared/assert.ts';
import { findPluginPackage, loadPlugin } from '../shared/plugin-kit/plugin-package.ts';
import { toSchemaDocument } from '../shared/plugins/schema-document.ts';
import { formatJoinToken } from '../shared/trust/join-token.ts';
import { startTestAdminApi } from './support/admin-api.ts';
import { startControlPlaneParts } from './support/control-plane-parts.ts';
import { DataPlaneProcess } from './support/data-plane-process.ts';
import { openTestStore } from './support/postgres.ts';
import { waitUntil } from './support/wait-until.ts';

/** Waits on memory that nobody wakes it at: for the thread as endless as a loop, but without the CPU. */
const PLUGIN = `export const schema = { name: 'hang', version: '1.0.0', priority: 1, scopes: ['global', 'route'], protocols: ['http', 'https'], description: 'Hangs for one path.', config: [] };
const hang = ({ request }) => { if (request.path === '/hang') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0); return { kind: 'respond', status: 204 }; };
export const create = () => ({ requestHead: (context) => hang(context) });`;

const folder = mkdtempSync(join(tmpdir(), 'holdfast-hang-'));
const place = join(folder, 'hang');
mkdirSync(place);
writeFileSync(join(place, 'index.js'), PLUGIN);

const given = await openTestStore();
const parts = await startControlPlaneParts(given.store);
const { send, tenantId } = await startTestAdminApi({}, given);
let dataPlane: DataPlaneProcess | undefined;
after(async () => {
  await dataPlane?.destroy();
  await parts.stop();
  rmSync(folder, { recursive: true, force: true });
});

test('a plugin that hangs makes the process not live, by the number of the thread, and still ready; it can be ended all the same', { timeout: 60_000 }, async () => {
  const { plugin, hash } = await loadPlugin(findPluginPackage(place, folder));
  (await send('POST', '/v1/plugins', { json: { schema: toSchemaDocument(plugin.schema).document, hash } })).expect(201);
  (await send('POST', '/services', { json: { name: 'any', host: '127.0.0.1', port: 1 } })).expect(201);
  (await send('POST', '/services/any/routes', { json: { name: 'any', paths: ['/'], strip_path: false } })).expect(201);
  (await send('POST', '/routes/any/plugins', { json: { name: 'hang' } })).expect(201);
  const gateway = defined(await given.store.gateways.findByName(tenantId, 'default'), 'the default gateway');
  const one = (dataPlane = await DataPlaneProcess.start({ HOLDFAST_JOIN_TOKEN: formatJoinToken(await parts.joinToken(gateway)), HOLDFAST_PLUGINS: place, HOLDFAST_PROXY_THREADS: '1', HOLDFAST_HANG_AFTER: '3s' }));
  await one.ready();
  const live = (): ReturnType<DataPlaneProcess['get']> => one.get('/status/live', one.statusPort);
  assert.deepEqual([(await one.get('/fine')).status, (await live()).status], [204, 200]);

  const hung = one.get('/hang');
  const { body } = await waitUntil('not live', async () => {
    const answer = await live();
    return answer.status === 503 ? answer : undefined;
  }, 15_000);
  assert.match(body, /proxy thread 0 has given no sign of life for [3-9] s/);
  assert.equal((await one.get('/status/ready', one.statusPort)).status, 200, 'other threads may serve; what to do about it is for the supervisor of /status/live');

  // One signal would do, after the time for requests in flight; the second one is for those who do not wait.
  one.signal('SIGTERM');
  await one.logged('draining');
  one.signal('SIGTERM');
  assert.equal(await one.exited, 1);
  assert.equal((await hung).status, 0);
});
