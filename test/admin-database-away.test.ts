/** Postgres goes away under a running admin API: 503 with Retry-After, nothing half done, and back by itself. */
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type NetConnectOpts, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { openStore, type Store } from '../control-plane/store/store.ts';
import { systemClock } from '../shared/clock.ts';
import { createMemoryLogger } from '../shared/log.ts';
import { startTestAdminApi } from './support/admin-api.ts';
import { createTestDatabase } from './support/postgres.ts';
import { waitUntil } from './support/wait-until.ts';

/** A unix socket in front of Postgres' own, or of its port, that can be cut and healed. */
class Cable {
  /** Of the same login and database, through the cable. */
  readonly connectionString: string;
  readonly #path: string;
  readonly #target: NetConnectOpts;
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;

  constructor(folder: string, target: string) {
    const { host, port, user, password, database } = new Client({ connectionString: target });
    assert.ok(user !== undefined && typeof password === 'string' && database !== undefined, target);
    const socketName = `.s.PGSQL.${port}`;
    this.connectionString = `postgresql://${user}:${password}@/${database}?host=${encodeURIComponent(folder)}&port=${port}`;
    this.#path = join(folder, socketName);
    this.#target = host.startsWith('/') ? { path: join(host, socketName) } : { host, port };
  }

  plug(): Promise<void> {
    const server = createServer((socket) => {
      const onward = connect(this.#target);
      for (const [end, other] of [[socket, onward], [onward, socket]] as const) {
        this.#sockets.add(end);
        end.on('error', () => other.destroy()).on('close', () => this.#sockets.delete(end));
        end.pipe(other);
      }
    });
    this.#server = server;
    return new Promise((resolve) => server.listen(this.#path, resolve));
  }

  unplug(): Promise<void> {
    const closed = new Promise<void>((resolve) => (this.#server === undefined ? resolve() : this.#server.close(() => resolve())));
    for (const socket of this.#sockets) socket.destroy();
    return closed;
  }
}

test('requests get 503 while the database is away, and answers when it is back', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-cable-'));
  const database = await createTestDatabase();
  const cable = new Cable(folder, database.connectionString);
  await cable.plug();
  const store: Store = await openStore({ ...database, connectionString: cable.connectionString, log: createMemoryLogger('test').log, clock: systemClock });
  t.after(async () => {
    await store.stop();
    await cable.unplug();
    rmSync(folder, { recursive: true, force: true });
  });
  const { send } = await startTestAdminApi({}, { store, database });
  (await send('POST', '/services', { json: { name: 'before', host: 'a.test' } })).expect(201);

  await cable.unplug();
  for (const [method, path] of [['GET', '/services'], ['GET', '/services/before'], ['POST', '/services'], ['PATCH', '/services/before'], ['DELETE', '/services/before'], ['GET', '/v1/data-planes'], ['GET', '/']] as const) {
    const answer = (await send(method, path, method === 'POST' || method === 'PATCH' ? { json: { host: 'b.test' } } : {})).expect(503);
    assert.equal(answer.headers['retry-after'], '2', path);
    assert.deepEqual(answer.body, { message: 'the database is not reachable', error: 'STORE_UNAVAILABLE' });
  }
  const ready = (await send('GET', '/status/ready', { token: null })).expect(503);
  assert.equal(ready.at('error'), 'ADMIN_NOT_READY');

  await cable.plug();
  await waitUntil('the admin API is ready again', async () => (await send('GET', '/status/ready', { token: null })).status === 200);
  assert.equal((await send('GET', '/services/before')).expect(200).at('host'), 'a.test', 'nothing of the refused writes was done');
  (await send('POST', '/services', { json: { name: 'after', host: 'a.test' } })).expect(201);
});
