/** What an operator reads when a control plane can not start: a code, what is wrong, and the way out. */
import { after, test } from 'node:test';
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withDatabase, withLogin } from '../control-plane/store/prepare-database.ts';
import { START_BOUND_MS, startControlPlane } from './support/control-plane-process.ts';
import { createTestDatabase } from './support/postgres.ts';

const folder = mkdtempSync(join(tmpdir(), 'holdfast-start-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const KEY = Buffer.alloc(32, 7).toString('base64');

/** The code and text of the last line; fails where it started, or where the line has a stack. */
async function failure(environment: Readonly<Record<string, string>>): Promise<{ readonly code: string; readonly text: string }> {
  const started = startControlPlane({ HOLDFAST_STATE_FOLDER: join(folder, 'state'), ...environment });
  assert.equal(await started.ended, 1, started.output());
  const [line] = started.output().split('\n').filter((candidate) => candidate.includes('"event":"start-failed"'));
  assert.ok(line !== undefined && !line.includes('"stack"'), started.output());
  const { code, msg } = JSON.parse(line) as { readonly code: string; readonly msg: string };
  return { code, text: msg };
}

test('a state folder that is none', { timeout: START_BOUND_MS }, async () => {
  const file = join(folder, 'file');
  writeFileSync(file, '');
  for (const place of [file, join(file, 'below')]) {
    const { code, text } = await failure({ HOLDFAST_STATE_FOLDER: place });
    assert.equal(code, 'CONTROL_PLANE_STATE_UNUSABLE');
    assert.ok(text.includes(place) && text.includes('HOLDFAST_STATE_FOLDER'), text);
  }
});

test('addresses for data planes that are none', { timeout: START_BOUND_MS }, async () => {
  for (const url of ['http://cp.test:8005', 'cp.test:8005', 'https://cp.test:8005/path', 'https://user@cp.test']) {
    const { code, text } = await failure({ HOLDFAST_SYNC_URLS: `https://fine.test:443,${url}` });
    assert.equal(code, 'CONTROL_PLANE_SETTINGS');
    assert.ok(text.includes('HOLDFAST_SYNC_URLS') && text.includes(`"${url}"`), text);
  }
});

test('a database URL that is none is refused at once, and not repeated', { timeout: START_BOUND_MS }, async () => {
  for (const url of ['hunter2', 'mysql://user:hunter2@host/database', 'postgresql://user:hunter2@:host/database', 'postgresql://user:hun#ter2@host/database']) {
    const { code, text } = await failure({ DATABASE_URL: url, HOLDFAST_KEY_ENCRYPTION_KEY: KEY });
    assert.equal(code, 'CONTROL_PLANE_DATABASE_URL_INVALID', url);
    assert.ok(text.includes('HOLDFAST_DATABASE_URL') && !text.includes('hun'), text);
  }
});

test('a login or a database that the server does not know', { timeout: START_BOUND_MS }, async () => {
  const { connectionString } = await createTestDatabase();
  for (const [url, named] of [[withLogin(connectionString, 'nobody-we-know', 'hunter2'), 'nobody-we-know'], [withDatabase(connectionString, 'nowhere'), 'nowhere']] as const) {
    const { code, text } = await failure({ HOLDFAST_DATABASE_URL: url, HOLDFAST_KEY_ENCRYPTION_KEY: KEY });
    assert.equal(code, 'STORE_LOGIN_REFUSED');
    assert.ok(text.includes(named) && text.includes('HOLDFAST_DATABASE_URL') && !text.includes('hunter2'), text);
  }
});

test('a port that is taken', { timeout: START_BOUND_MS }, async (t) => {
  const holder = createServer().listen(0, '127.0.0.1');
  t.after(() => holder.close());
  await new Promise((resolve) => holder.once('listening', resolve));
  const address = `127.0.0.1:${(holder.address() as AddressInfo).port}`;
  const { connectionString } = await createTestDatabase();
  for (const [setting, expected] of [['HOLDFAST_SYNC_LISTEN', 'SYNC_LISTEN_FAILED'], ['HOLDFAST_ADMIN_LISTEN', 'ADMIN_LISTEN_FAILED'], ['HOLDFAST_STATUS_LISTEN', 'CONTROL_PLANE_STATUS_PORT']] as const) {
    const { code, text } = await failure({ HOLDFAST_DATABASE_URL: connectionString, HOLDFAST_KEY_ENCRYPTION_KEY: KEY, [setting]: address });
    assert.equal(code, expected);
    assert.ok(text.includes(address) && text.includes(setting), text);
  }
});
