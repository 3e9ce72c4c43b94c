import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client } from 'pg';
import { withDatabase, withLogin } from './prepare-database.ts';

/** As the driver understands it. */
function partsOf(connectionString: string): readonly [user: string | undefined, password: string | undefined, host: string, port: number, database: string | undefined] {
  const { user, password, host, port, database } = new Client({ connectionString });
  return [user, password, host, port, database];
}

test('another database or login on the same server, by socket or by address', () => {
  const socket = withLogin(withDatabase('postgresql://postgres@/postgres?host=%2Ftmp%2Fa%20b', 'hold fast'), 'me', 'p@ss/w:?');
  assert.deepEqual(partsOf(socket), ['me', 'p@ss/w:?', '/tmp/a b', 5432, 'hold fast']);
  const address = withLogin(withDatabase('postgres://admin:secret@db.example:6432/postgres?sslmode=disable', 'other'), 'me', 'p');
  assert.deepEqual(partsOf(address), ['me', 'p', 'db.example', 6432, 'other']);
  assert.match(address, /\?sslmode=disable$/);
  assert.deepEqual(partsOf(withDatabase('postgresql://u@localhost', 'x')).at(-1), 'x');
});
