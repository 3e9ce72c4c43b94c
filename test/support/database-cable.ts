/**
 * A cable in front of a test's database that can be unplugged (connections break, new ones are refused) or stalled (nothing
 * gets through any more and nobody is told, as when a machine or a network between dies). A unix socket in a folder of its own.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type NetConnectOpts, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { whenDone } from './postgres-server.ts';

export class DatabaseCable {
  /** Of the same login and database, through the cable. */
  readonly connectionString: string;
  readonly #path: string;
  readonly #target: NetConnectOpts;
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #stalled = false;

  private constructor(folder: string, target: string) {
    const { host, port, user, password, database } = new Client({ connectionString: target });
    assert.ok(user !== undefined && typeof password === 'string' && database !== undefined, target);
    const socketName = `.s.PGSQL.${port}`;
    this.connectionString = `postgresql://${user}:${password}@/${database}?host=${encodeURIComponent(folder)}&port=${port}`;
    this.#path = join(folder, socketName);
    this.#target = host.startsWith('/') ? { path: join(host, socketName) } : { host, port };
  }

  /** Plugged in; taken away after the tests of the file. */
  static async to(connectionString: string): Promise<DatabaseCable> {
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-cable-'));
    const cable = new DatabaseCable(folder, connectionString);
    await cable.plug();
    whenDone(async () => {
      await cable.unplug();
      rmSync(folder, { recursive: true, force: true });
    });
    return cable;
  }

  plug(): Promise<void> {
    this.#stalled = false;
    const server = createServer((socket) => this.#carry(socket));
    this.#server = server;
    return new Promise((resolve) => server.listen(this.#path, resolve));
  }

  unplug(): Promise<void> {
    const closed = new Promise<void>((resolve) => (this.#server === undefined ? resolve() : this.#server.close(() => resolve())));
    for (const socket of this.#sockets) socket.destroy();
    return closed;
  }

  /** Also new connections are taken, and hear nothing. */
  stall(): void {
    this.#stalled = true;
  }

  #carry(socket: Socket): void {
    const onward = connect(this.#target);
    for (const [end, other] of [[socket, onward], [onward, socket]] as const) {
      this.#sockets.add(end);
      end.on('error', () => other.destroy()).on('close', () => {
        this.#sockets.delete(end);
        other.destroy();
      });
      end.on('data', (bytes) => {
        if (!this.#stalled) other.write(bytes);
      });
    }
  }
}
