/**
 * deploy/upgrade.md, followed with the release before (N−1) and this one as real processes under traffic: the control plane first,
 * then the data planes one by one, and all the way back. No request may fail, and every change must arrive.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { createServer as createOrigin } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { request } from 'undici';
import { ready, startControlPlane, type Started } from './support/control-plane-process.ts';
import { DataPlaneProcess } from './support/data-plane-process.ts';
import { bootstrapTestDatabase, newServerName } from './support/postgres-server.ts';
import { checkOutPreviousRelease } from './support/previous-release.ts';
import { waitUntil } from './support/wait-until.ts';

const previous = checkOutPreviousRelease();

const FAILED_CHECKS = 3;

/** Where a load balancer sends what: to who says that it is ready. */
class BalancedTraffic {
  readonly #members: { plane: DataPlaneProcess; ready: boolean }[];
  readonly failures: string[] = [];
  #going = true;
  #requests = 0;
  readonly #loops: readonly Promise<void>[];

  constructor(planes: readonly DataPlaneProcess[]) {
    this.#members = planes.map((plane) => ({ plane, ready: true }));
    this.#loops = [this.#send(), this.#send(), ...this.#members.map((member) => this.#watch(member))];
  }

  get requests(): number {
    return this.#requests;
  }

  /** It was started again. Resolves when it gets requests: before that nobody stops the next one. */
  async replace(index: number, plane: DataPlaneProcess): Promise<void> {
    const member = this.#members[index];
    assert.ok(member !== undefined);
    Object.assign(member, { plane, ready: false });
    await waitUntil('it gets requests', () => member.ready, 30_000);
  }

  async stop(): Promise<void> {
    this.#going = false;
    await Promise.all(this.#loops);
  }

  /** As load balancers do, who take nobody out for one check alone: the release before was not ready for the moment of a change. */
  async #watch(member: { plane: DataPlaneProcess; ready: boolean }): Promise<void> {
    let failed = 0;
    while (this.#going) {
      const { plane } = member;
      const isReady = (await plane.get('/status/ready', plane.statusPort)).status === 200;
      failed = isReady ? 0 : failed + 1;
      // Not what was asked of the one before.
      if (plane === member.plane && (isReady || failed >= FAILED_CHECKS)) member.ready = isReady;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }

  async #send(): Promise<void> {
    for (let turn = 0; this.#going; turn += 1) {
      const targets = this.#members.filter((member) => member.ready);
      const target = targets[turn % Math.max(1, targets.length)];
      const answer = target === undefined ? { status: 0, body: 'nobody is ready' } : await target.plane.get('/orders');
      this.#requests += 1;
      if (answer.status !== 200) this.failures.push(`${answer.status} ${answer.body}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

test('N−1 to N and back under traffic: no request fails, every change arrives', { timeout: 110_000, skip: typeof previous === 'string' ? previous : false }, async (t) => {
  assert.ok(typeof previous !== 'string');
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-upgrade-'));
  const origin = createOrigin((_request, response) => response.end('ok')).listen(0, '127.0.0.1');
  t.after(() => {
    origin.close();
    rmSync(folder, { recursive: true, force: true });
    previous.remove();
  });
  const database = await bootstrapTestDatabase(await newServerName());
  const [oldSync, newSync] = [await freePort(), await freePort()];
  const settings = {
    HOLDFAST_DATABASE_URL: database, HOLDFAST_KEY_ENCRYPTION_KEY: Buffer.alloc(32, 9).toString('base64'), HOLDFAST_DEVELOPMENT_MODE: 'true', HOLDFAST_LOG_FORMAT: 'json',
    HOLDFAST_SYNC_URLS: `https://127.0.0.1:${oldSync},https://127.0.0.1:${newSync}`, HOLDFAST_STATE_FOLDER: join(folder, 'state'), HOLDFAST_ROOT_KEY_FILE: join(folder, 'root-key.pem'),
  };
  const post = async (admin: string, path: string, body: object): Promise<string> => {
    const { statusCode, body: answer } = await request(admin + path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
    const text = await answer.text();
    assert.equal(statusCode, 201, text);
    return text;
  };
  const stop = async ({ child, ended }: Started): Promise<void> => {
    child.kill('SIGTERM');
    assert.equal(await ended, 0);
  };

  const oldPlane = startControlPlane({ ...settings, HOLDFAST_SYNC_LISTEN: `127.0.0.1:${oldSync}` }, previous.folder);
  const oldAdmin = await ready(oldPlane);
  await post(oldAdmin, '/services', { name: 'orders', url: `http://127.0.0.1:${(origin.address() as AddressInfo).port}` });
  await post(oldAdmin, '/services/orders/routes', { name: 'orders', paths: ['/orders'] });
  const { token } = JSON.parse(await post(oldAdmin, '/v1/join-tokens', { uses: 2 })) as { readonly token: string };
  const environment = { HOLDFAST_JOIN_TOKEN: token, HOLDFAST_DRAIN_DELAY: '300ms', HOLDFAST_PROXY_THREADS: '1' };
  const oldMain = join(previous.folder, 'data-plane/main.ts');
  const planes = await Promise.all([0, 1].map(() => DataPlaneProcess.start(environment, undefined, oldMain)));
  t.after(() => Promise.all(planes.map((plane) => plane.destroy())));
  await waitUntil('both serve', async () => (await Promise.all(planes.map((plane) => plane.get('/orders')))).every(({ status }) => status === 200), 30_000);
  const traffic = new BalancedTraffic(planes);
  t.after(() => traffic.stop());
  /** A change through one control plane, until every data plane serves it. */
  const change = async (admin: string, name: string): Promise<void> => {
    await post(admin, '/services/orders/routes', { name, paths: [`/${name}`] });
    await waitUntil(`${name} arrives`, async () => (await Promise.all(planes.map((plane) => plane.get(`/${name}`)))).every(({ status }) => status === 200), 30_000);
  };
  const restart = async (index: number, main?: string): Promise<void> => {
    const before = planes[index];
    assert.ok(before !== undefined);
    before.signal('SIGTERM');
    assert.equal(await before.exited, 0);
    const after = await DataPlaneProcess.start(environment, before, main);
    planes[index] = after;
    await traffic.replace(index, after);
  };

  // The control plane first, beside the old one: it changes the schema while that one serves.
  const newPlane = startControlPlane({ ...settings, HOLDFAST_SYNC_LISTEN: `127.0.0.1:${newSync}`, HOLDFAST_STATE_FOLDER: join(folder, 'new-state') });
  let writes = 0;
  for (let done = false; !done; done = newPlane.output().includes('"event":"ready"')) await post(oldAdmin, '/services', { name: `meanwhile-${writes++}`, host: 'a.test' });
  const newAdmin = await ready(newPlane);
  await change(oldAdmin, 'by-the-old-one');
  await change(newAdmin, 'by-the-new-one');
  // Then the data planes, one by one.
  for (const index of planes.keys()) await restart(index);
  await change(newAdmin, 'to-new-data-planes');
  await change(oldAdmin, 'old-to-new-data-planes');
  // And back: the old control plane is still there, so nothing has to be restored. One data plane goes back, so that what is left is mixed.
  await restart(0, oldMain);
  await stop(newPlane);
  await change(oldAdmin, 'back');
  await traffic.stop();
  assert.deepEqual(traffic.failures, []);
  assert.ok(traffic.requests > 200, `${traffic.requests} requests`);
  assert.ok(writes > 0);
  // One that was stopped does not start again: what it does not know could be lost by it.
  await stop(oldPlane);
  const again = startControlPlane({ ...settings }, previous.folder);
  assert.equal(await again.ended, 1);
  assert.match(again.output(), /STORE_SCHEMA_NEWER/);
  t.diagnostic(`${traffic.requests} requests, none failed; ${writes} writes while the schema was changed; N−1 is ${previous.commit.slice(0, 7)}`);
});
