/** What log plugins write to outside of HTTP: files that are rotated, linked and torn, and UDP receivers. */
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { appendFile, mkdir, mkdtemp, readdir, readFile, readlink, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { after, describe, test, type TestContext } from 'node:test';
import { openLineFile } from '../data-plane/plugin-services/line-file.ts';
import { openDatagrams } from '../data-plane/plugin-services/plugin-datagrams.ts';
import { PluginNetworks } from '../data-plane/plugin-services/plugin-networks.ts';
import { OutputCounter } from '../data-plane/plugin-services/plugin-output.ts';
import { systemClock } from '../shared/clock.ts';
import { ManualClock } from './support/manual-clock.ts';
import { waitUntil } from './support/wait-until.ts';

const root = await mkdtemp(join(tmpdir(), 'holdfast-outputs-'));
after(() => rm(root, { recursive: true, force: true }));
const logs = join(root, 'logs');
const outside = join(root, 'outside');
await mkdir(join(logs, 'deep'), { recursive: true });
await mkdir(outside);

const standard = { '/dev/stdout': new PassThrough(), '/dev/stderr': new PassThrough() };
const lines = (text: string): Uint8Array => Buffer.from(text, 'utf8');
const NOT_ALLOWED = { code: 'FILE_LOG_NOT_ALLOWED', retryable: false };

describe('a line file', () => {
  const clock = new ManualClock();
  const open = { files: 0 };
  const openFile = (path: string, reopen = false) => openLineFile(path, reopen, { clock, folders: [logs], standard, open });

  test('is closed after each write where many others are open, so that connections find descriptors', async () => {
    const all = Array.from({ length: 300 }, (_, index) => openFile(join(logs, `many-${index}`)));
    for (const turn of ['one\n', 'two\n']) await Promise.all(all.map((file) => file.append(lines(turn))));
    const ours = (await readdir('/proc/self/fd')).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => ''));
    assert.equal((await Promise.all(ours)).filter((path) => path.startsWith(join(logs, 'many-'))).length, 256);
    assert.equal(await readFile(join(logs, 'many-299'), 'utf8'), 'one\ntwo\n');
    for (const file of all) file.close();
    await waitUntil('all are closed', () => open.files === 0);
  });

  test('is made where there is none, appended to, and made anew where it was moved or deleted', async () => {
    const path = join(logs, 'deep', 'rotated.json');
    const file = openFile(path);
    await file.append(lines('one\n'));
    assert.equal((await stat(path)).mode & 0o777, 0o640);
    await rename(path, `${path}.1`);
    await file.append(lines('still the old one\n'));
    clock.advance(1_000);
    await file.append(lines('two\n'));
    await rm(path);
    clock.advance(1_000);
    await file.append(lines('three\n'));
    assert.equal(await readFile(`${path}.1`, 'utf8'), 'one\nstill the old one\n');
    assert.equal(await readFile(path, 'utf8'), 'three\n');
    file.close();
    await assert.rejects(file.append(lines('closed\n')), { code: 'FILE_LOG_FAILED' });
    const eager = openFile(path, true);
    await rename(path, `${path}.2`);
    await eager.append(lines('four\n'));
    await rename(path, `${path}.3`);
    await eager.append(lines('five\n'));
    assert.equal(await readFile(path, 'utf8'), 'five\n');
    eager.close();
  });

  test('lines of several writers stay whole', async () => {
    const path = join(logs, 'shared.json');
    const writers = Array.from({ length: 4 }, () => openFile(path));
    const text = (writer: number): string => `${String(writer).repeat(2_000)}\n`.repeat(10);
    await Promise.all(writers.flatMap((file, writer) => Array.from({ length: 10 }, () => file.append(lines(text(writer))))));
    const written = (await readFile(path, 'utf8')).split('\n');
    assert.equal(written.length, 401);
    assert.ok(written.slice(0, -1).every((line) => line.length === 2_000 && new Set(line).size === 1));
    for (const file of writers) file.close();
  });

  test('is nowhere else: paths, links to files and folders, things that are no files', async () => {
    for (const path of [join(outside, 'x'), `${logs}/../outside/x`, `${logs}x/y`, 'relative', logs, `${logs}/`, `${logs}/a\0b`, '/dev/null']) assert.throws(() => openFile(path), NOT_ALLOWED, path);
    await writeFile(join(outside, 'secret'), 'secret');
    await symlink(join(outside, 'secret'), join(logs, 'link'));
    await symlink(outside, join(logs, 'folder'));
    await assert.rejects(openFile(join(logs, 'link')).append(lines('x\n')));
    await assert.rejects(openFile(join(logs, 'folder', 'secret')).append(lines('x\n')), NOT_ALLOWED);
    assert.equal(await readFile(join(outside, 'secret'), 'utf8'), 'secret');
    await mkdir(join(logs, 'is-a-folder'));
    await assert.rejects(openFile(join(logs, 'is-a-folder')).append(lines('x\n')));
    await assert.rejects(openFile(join(logs, 'missing', 'x')).append(lines('x\n')), { code: 'FILE_LOG_FAILED', retryable: true });
  });

  test('a folder that is missing is there later: what is tried again gets in', async () => {
    const file = openFile(join(logs, 'later', 'x'));
    await assert.rejects(file.append(lines('one\n')), { retryable: true });
    await mkdir(join(logs, 'later'));
    await file.append(lines('one\n'));
    assert.equal(await readFile(join(logs, 'later', 'x'), 'utf8'), 'one\n');
    await appendFile(join(logs, 'later', 'x'), "another's\n");
    await file.append(lines('two\n'));
    assert.equal(await readFile(join(logs, 'later', 'x'), 'utf8'), "one\nanother's\ntwo\n");
    file.close();
  });

  test('may be the output of the process', async () => {
    await openFile('/dev/stdout').append(lines('out\n'));
    await openFile('/dev/stderr').append(lines('err\n'));
    assert.deepEqual([String(standard['/dev/stdout'].read()), String(standard['/dev/stderr'].read())], ['out\n', 'err\n']);
  });
});

describe('datagrams', () => {
  async function receiver(t: TestContext) {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    const heard: string[] = [];
    socket.on('message', (bytes) => heard.push(bytes.toString('utf8')));
    t.after(() => socket.close());
    return { port: socket.address().port, heard };
  }
  const options = (networks: readonly string[], warnings: string[] = []) => ({ clock: systemClock, networks: new PluginNetworks(networks), counter: new OutputCounter(), log: { warn: (event: string, fields: object = {}) => void warnings.push(`${event} ${'reason' in fields ? String(fields.reason) : ''}`) } });

  test('reach a receiver by address and by name; those before the name is known are counted', async (t) => {
    const { port, heard } = await receiver(t);
    const around = options(['127.0.0.0/8', '::1']);
    const byAddress = openDatagrams('127.0.0.1', port, around);
    byAddress.send(lines('one'));
    await waitUntil('the first datagram', () => heard.includes('one'));
    const byName = openDatagrams('localhost', port, { ...around, networks: new PluginNetworks(['127.0.0.1']) });
    await waitUntil('the name to be known', () => {
      byName.send(lines('two'));
      return heard.includes('two');
    });
    const before = around.counter.dropped['unresolved'] ?? 0;
    assert.ok(before >= 1);
    byAddress.close();
    byName.close();
    byName.close();
    byName.send(lines('late'));
    assert.deepEqual(around.counter.dropped, { unresolved: before + 1 });
  });

  test('do not go inside where nobody allowed it, by address or by name', async () => {
    for (const host of ['127.0.0.1', '10.0.0.1', '169.254.169.254', '::1', '::ffff:127.0.0.1']) assert.throws(() => openDatagrams(host, 53, options([])), { code: 'CONNECT_ADDRESS_REFUSED' }, host);
    assert.throws(() => openDatagrams('169.254.169.254', 53, options(['0.0.0.0/0'])), { code: 'CONNECT_ADDRESS_REFUSED' });
    const warnings: string[] = [];
    const around = options([], warnings);
    const sender = openDatagrams('localhost', 53, around);
    await waitUntil('the refusal', () => warnings.length > 0);
    assert.match(warnings.join(), /HOLDFAST_PLUGIN_FETCH_NETWORKS/);
    sender.send(lines('x'));
    assert.deepEqual(around.counter.dropped, { unresolved: 1 });
    sender.close();
  });

  test('that the network does not take are counted: too large, or to a port that can not be', async () => {
    const warnings: string[] = [];
    const around = options(['127.0.0.0/8'], warnings);
    const sender = openDatagrams('127.0.0.1', 9, around);
    sender.send(new Uint8Array(70_000));
    await waitUntil('the failure', () => around.counter.dropped['network'] === 1);
    assert.equal(warnings.length, 1);
    openDatagrams('127.0.0.1', 0, around).send(lines('x'));
    assert.equal(around.counter.dropped['network'], 2);
    sender.close();
  });
});
