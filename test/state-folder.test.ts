/**
 * T2, S2, S4 with real processes: what lies in a state folder tells nothing of the configuration and is of no use to another data plane;
 * one that an earlier release left behind still starts a data plane whose control plane is down, and is sealed then.
 */
import assert from 'node:assert/strict';
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { decodeRecord, recordNameOf } from '../data-plane/config/cache-record.ts';
import { put, ref, testId } from './support/config-content.ts';
import { DataPlaneProcess } from './support/data-plane-process.ts';
import { FakeControlPlane } from './support/fake-control-plane.ts';
import { stateSealOf } from './support/state-seals.ts';
import { encodeUnsealedRecord } from './support/unsealed-record.ts';
import { waitUntil } from './support/wait-until.ts';

const SECRET = 'quarterly-figures-7731';
/** Where nobody listens. */
const NO_CONTROL_PLANE = { HOLDFAST_CONTROL_PLANE_URLS: 'https://127.0.0.1:1' };
const ONE_THREAD = { HOLDFAST_PROXY_THREADS: '1' };
const DEADLINE_MS = 30_000;

let controlPlane: FakeControlPlane;
let dataPlane: DataPlaneProcess;
const processes: DataPlaneProcess[] = [];

before(async () => {
  controlPlane = await FakeControlPlane.start();
  const service = put('services', { id: testId('a'), name: `service-${SECRET}`, url: 'http://127.0.0.1:9' });
  await controlPlane.publish([service, put('routes', { id: testId('b'), name: `name-${SECRET}`, paths: [`/${SECRET}`], service: ref('a') })]);
  dataPlane = await enrolled();
  await controlPlane.publish([put('routes', { id: testId('c'), name: `other-${SECRET}`, paths: [`/other-${SECRET}`], service: ref('a') })]);
  await controlPlane.heard('applied', ({ version }) => version.sequence === 2);
});
after(async () => {
  for (const process of processes) await process.destroy();
  await controlPlane.stop();
});

async function enrolled(): Promise<DataPlaneProcess> {
  const process = await DataPlaneProcess.start({ ...ONE_THREAD, HOLDFAST_JOIN_TOKEN: controlPlane.joinToken() });
  processes.push(process);
  await process.ready(DEADLINE_MS);
  return process;
}

async function stop(process: DataPlaneProcess): Promise<void> {
  process.signal('SIGTERM');
  assert.equal(await process.exited, 0);
}

async function startAlone(earlier: DataPlaneProcess): Promise<DataPlaneProcess> {
  const process = await DataPlaneProcess.start({ ...ONE_THREAD, ...NO_CONTROL_PLANE }, earlier);
  processes.push(process);
  return process;
}

function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

test('T2: no file in the state folder has a name or a path of the configuration, whose cache is of no use to another data plane', async () => {
  await stop(dataPlane);
  const files = filesBelow(dataPlane.stateFolder);
  assert.ok(files.some((path) => path.endsWith('.config')));
  for (const path of files) assert.equal(readFileSync(path).includes(SECRET), false, path);

  const other = await enrolled();
  await stop(other);
  for (const part of ['cache', 'highest-accepted.json', 'run.json']) {
    rmSync(join(other.stateFolder, part), { recursive: true, force: true });
    cpSync(join(dataPlane.stateFolder, part), join(other.stateFolder, part), { recursive: true });
  }
  const thief = await startAlone(other);
  await thief.logged('nothing-cached');
  const { refused } = (await thief.status()).holdfast.cache;
  assert.deepEqual(refused.map(({ file }) => file).filter((file) => !file.includes('.from-')).sort(), readdirSync(join(thief.stateFolder, 'cache')).filter((name) => !name.includes('.from-')).sort());
  for (const { file, reason } of refused) assert.match(reason, /under another key/, file);
  assert.match((await thief.logged('highest-accepted-damaged')).msg, /^ALARM/);
  await stop(thief);
  const told = controlPlane.sessions.length;
  const again = await DataPlaneProcess.start(ONE_THREAD, thief);
  processes.push(again);
  const session = await controlPlane.session(told + 1);
  const codes = await waitUntil('the notices', () => {
    const heard = session.heard.flatMap((message) => (message.kind === 'notice' ? [message.code] : []));
    return heard.includes('STATE_RECORD_DAMAGED') && heard.includes('CACHE_FILE_REFUSED') ? heard : undefined;
  }, DEADLINE_MS);
  assert.ok(codes.length <= 16);
  await stop(again);
});

test('S2: what an earlier release left serves without a control plane, is sealed, and nothing unsealed counts from then on', async () => {
  const { stateFolder } = dataPlane;
  const cache = join(stateFolder, 'cache');
  const keyFile = join(stateFolder, 'identity', 'key.pem');
  const highestFile = join(stateFolder, 'highest-accepted.json');
  const seal = stateSealOf(stateFolder);
  const unseal = (): void => {
    for (const name of readdirSync(cache).filter((file) => file.endsWith('.config'))) {
      const decoded = decodeRecord(readFileSync(join(cache, name)), seal);
      if (typeof decoded === 'object') writeFileSync(join(cache, recordNameOf(decoded.record).name), encodeUnsealedRecord(decoded.record));
    }
    for (const path of [highestFile, join(cache, 'known-good.json'), join(stateFolder, 'run.json')]) {
      if (filesBelow(stateFolder).includes(path)) writeFileSync(path, JSON.stringify(JSON.parse(readFileSync(path, 'utf8')).value));
    }
  };
  unseal();
  assert.ok(filesBelow(cache).some((path) => readFileSync(path).includes(SECRET)));
  const key = readFileSync(keyFile, 'utf8');
  writeFileSync(keyFile, key.slice(key.indexOf('-----BEGIN')));

  const upgraded = await startAlone(dataPlane);
  await upgraded.logged('state-sealed');
  await upgraded.ready(DEADLINE_MS);
  assert.deepEqual([(await upgraded.status()).holdfast.config?.version, upgraded.log.filter(({ msg }) => msg.startsWith('ALARM'))], ['1.2', []]);
  await stop(upgraded);
  for (const path of filesBelow(stateFolder)) assert.equal(readFileSync(path).includes(SECRET), false, path);
  assert.equal(readFileSync(keyFile, 'utf8'), key);

  const restarted = await startAlone(upgraded);
  await restarted.ready(DEADLINE_MS);
  assert.deepEqual((await restarted.status()).holdfast.cache.refused, []);
  await stop(restarted);

  unseal();
  const attacked = await startAlone(restarted);
  await attacked.logged('nothing-cached');
  for (const { file, reason } of (await attacked.status()).holdfast.cache.refused) assert.match(reason, /not sealed|has no mark|missing or refused/, file);
  await stop(attacked);
});
