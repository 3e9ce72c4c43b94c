/**
 * A control plane as people run it, as a process with its embedded Postgres: first start, command line, one per state
 * folder, kill -9 and start again, an orderly end.
 */
import { after, test } from 'node:test';
import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { request } from 'undici';
import { removeEmbeddedPostgres } from '../control-plane/embedded-postgres/embedded-postgres.ts';
import { findPlace } from '../control-plane/embedded-postgres/place.ts';
import { findPostmaster } from '../control-plane/embedded-postgres/postmaster.ts';
import { systemClock } from '../shared/clock.ts';
import { ready, startControlPlane as startControlPlaneProcess, startProgram, START_BOUND_MS, type Started } from './support/control-plane-process.ts';
import { waitUntil } from './support/wait-until.ts';

const folder = mkdtempSync(join(tmpdir(), 'holdfast-process-'));
chmodSync(folder, 0o755);
const stateFolder = join(folder, 'state');

after(async () => {
  await removeEmbeddedPostgres({ stateFolder, clock: systemClock });
  rmSync(folder, { recursive: true, force: true });
});

function startControlPlane(environment: Readonly<Record<string, string>> = {}): Started {
  return startControlPlaneProcess({ HOLDFAST_STATE_FOLDER: stateFolder, ...environment });
}

async function get(url: string, token?: string): Promise<{ readonly status: number; readonly text: string }> {
  const { statusCode, body } = await request(url, { headers: token === undefined ? {} : { authorization: `Bearer ${token}` } });
  return { status: statusCode, text: await body.text() };
}

test('a control plane from its first start to an orderly end', { timeout: 180_000 }, async (t) => {
  const tokenFile = join(stateFolder, 'admin-token');
  let running = startControlPlane();
  let admin = await ready(running);
  const token = readFileSync(tokenFile, 'utf8').trim();

  await t.test('the first admin token is in a file for its owner alone, and not in the log', async () => {
    assert.equal(statSync(tokenFile).mode & 0o777, 0o600);
    assert.ok(running.output().includes('"event":"admin-token-written"') && !running.output().includes(token));
    assert.equal((await get(`${admin}/services`)).status, 401);
    assert.equal((await get(`${admin}/services`, token)).status, 200);
  });

  await t.test('holdfast join-token create prints a token and nothing else on standard output', async () => {
    const environment = { HOLDFAST_ADMIN_URL: admin, HOLDFAST_ADMIN_TOKEN: token };
    const made = startProgram('control-plane/cli/main.ts', ['join-token', 'create', '--uses', '3', '--ttl', '2h', '--labels', 'region=eu-west,cloud=aws'], environment);
    assert.equal(await made.ended, 0, made.output());
    assert.match(made.stdout(), /^hfjoin1_[A-Za-z0-9_-]+\n$/);
    const [listed] = (JSON.parse((await get(`${admin}/v1/join-tokens`, token)).text) as { readonly data: readonly { readonly uses_left: number; readonly labels: object }[] }).data;
    assert.deepEqual([listed?.uses_left, listed?.labels], [3, { region: 'eu-west', cloud: 'aws' }]);
    const refused = startProgram('control-plane/cli/main.ts', ['join-token', 'create'], { ...environment, HOLDFAST_ADMIN_TOKEN: 'hfo_wrong' });
    assert.equal(await refused.ended, 1);
    assert.match(refused.output(), /answered 401: .*HOLDFAST_ADMIN_TOKEN/);
  });

  await t.test('holdfast backup create works beside it, on its embedded Postgres', async () => {
    const file = join(folder, 'backup');
    const made = startProgram('control-plane/cli/main.ts', ['backup', 'create', '--out', file, '--json'], { HOLDFAST_STATE_FOLDER: stateFolder });
    assert.equal(await made.ended, 0, made.output());
    assert.ok((JSON.parse(made.stdout()) as { readonly rows: number }).rows > 0);
    assert.equal((await get(`${admin}/services`, token)).status, 200, 'its database was not stopped');
    const again = startProgram('control-plane/cli/main.ts', ['backup', 'restore', file], { HOLDFAST_STATE_FOLDER: stateFolder });
    assert.equal(await again.ended, 1);
    assert.match(again.output(), /into an empty database only/);
  });

  await t.test('its log level is set for a while, for itself and for all control planes, and comes back by itself', async () => {
    const put = async (path: string): Promise<number> => {
      const { statusCode, body } = await request(admin + path, { method: 'PUT', headers: { authorization: `Bearer ${token}` } });
      await body.dump();
      return statusCode;
    };
    for (const path of ['/debug/node/log-level/debug', '/debug/cluster/log-level/trace']) {
      const from = running.output().length;
      assert.equal(await put(`${path}?timeout=1`), 200);
      const level = path.slice(path.lastIndexOf('/') + 1);
      assert.match((await get(`${admin}/debug/node/log-level`, token)).text, new RegExp(`log level: ${level}`));
      await waitUntil('the usual level to be back', () => running.output().slice(from).includes('log level info again'), START_BOUND_MS);
      assert.match(running.output().slice(from), new RegExp(`log level ${level} for 1 s, by `));
    }
    assert.equal(await put('/debug/node/log-level/loud'), 400);
    assert.equal(await put('/debug/node/log-level/debug?timeout=99999'), 400);
  });

  await t.test('a second control plane in the same state folder is refused and harms nothing', async () => {
    const second = startControlPlane();
    assert.equal(await second.ended, 1);
    assert.match(second.output(), /CONTROL_PLANE_STATE_IN_USE/);
    assert.equal((await get(`${admin}/status/ready`)).status, 200);
  });

  await t.test('killed (-9) and started again: the database is adopted, everything is there, no new token is made', async () => {
    const { statusCode, body } = await request(`${admin}/services`, { method: 'POST', headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' }, body: '{"name":"survivor","host":"a.test"}' });
    assert.equal(statusCode, 201, await body.text());
    running.child.kill('SIGKILL');
    assert.equal(await running.ended, 'SIGKILL');
    running = startControlPlane();
    admin = await ready(running);
    assert.match(running.output(), /"adopted":true/);
    assert.equal((await get(`${admin}/services/survivor`, token)).status, 200);
    assert.ok(!running.output().includes('admin-token-written'));
  });

  await t.test('a token that was not written down before a crash is made at the next start', async () => {
    writeFileSync(`${tokenFile}.pending`, '');
    running.child.kill('SIGKILL');
    await running.ended;
    running = startControlPlane();
    admin = await ready(running);
    const renewed = readFileSync(tokenFile, 'utf8').trim();
    assert.notEqual(renewed, token);
    for (const one of [token, renewed]) assert.equal((await get(`${admin}/services/survivor`, one)).status, 200);
  });

  await t.test('SIGTERM ends it and its database, with exit code 0', async () => {
    running.child.kill('SIGTERM');
    assert.equal(await running.ended, 0, running.output());
    assert.match(running.output(), /"event":"stopped"/);
    const place = findPlace(stateFolder);
    assert.ok(place !== undefined && findPostmaster(place) === undefined, 'no database is left running');
  });
});

test('wrong settings are refused by name before anything starts', async () => {
  const mistyped = startControlPlane({ HOLDFAST_ADMIN_LISEN: '127.0.0.1:1' });
  assert.equal(await mistyped.ended, 1);
  assert.match(mistyped.output(), /HOLDFAST_ADMIN_LISEN is unknown \(did you mean "HOLDFAST_ADMIN_LISTEN"\?\)/);
  const open = startControlPlane({ HOLDFAST_STATE_FOLDER: join(folder, 'other'), DATABASE_URL: 'postgresql://nobody@127.0.0.1:1/none' });
  assert.equal(await open.ended, 1);
  assert.match(open.output(), /CONTROL_PLANE_KEY_REQUIRED/);
  const help = startProgram('control-plane/main.ts', ['--help']);
  assert.equal(await help.ended, 0);
  for (const flag of ['--admin-listen', '--sync-urls', '--development-mode', '--key-encryption-key-file']) assert.ok(help.output().includes(flag), flag);
});

test('a signal in the middle of the first start leaves no database behind', async () => {
  const place = join(folder, 'interrupted');
  after(() => removeEmbeddedPostgres({ stateFolder: place, clock: systemClock }));
  const interrupted = startControlPlane({ HOLDFAST_STATE_FOLDER: place });
  await waitUntil('the database is being made', () => interrupted.output().includes('"event":"embedded-postgres-initialising"'), START_BOUND_MS);
  interrupted.child.kill('SIGTERM');
  assert.equal(await interrupted.ended, 0, interrupted.output());
  const found = findPlace(place);
  assert.ok(found === undefined || findPostmaster(found) === undefined, interrupted.output());
});

test('a database by URL that is away is waited for', async () => {
  const waiting = startControlPlane({ HOLDFAST_STATE_FOLDER: join(folder, 'waiting'), DATABASE_URL: 'postgresql://nobody@127.0.0.1:1/none', HOLDFAST_KEY_ENCRYPTION_KEY: Buffer.alloc(32, 7).toString('base64') });
  await waitUntil('it says that it waits', () => waiting.output().includes('"event":"database-awaited"'), START_BOUND_MS);
  waiting.child.kill('SIGTERM');
  assert.equal(await waiting.ended, 0, waiting.output());
});
