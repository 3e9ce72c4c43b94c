/**
 * A data plane between versions: a real process, and content and frames of older and newer control planes. It serves what it
 * understands, closes what it does not, says so, and heals by itself (S6).
 */
import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test, type TestContext } from 'node:test';
import { holdfast } from '../proto/gen/config.js';
import type { EntityChange } from '../data-plane/config/compile-contract.ts';
import { defined } from '../shared/assert.ts';
import { definitionOf } from '../shared/model/registry.ts';
import { ContentSeal, type ContentKeyRing } from '../shared/trust/content-seal.ts';
import { decodeEntity, encodeEntity } from '../shared/wire/entity-codec.ts';
import { contentKeysOf, put, ref, remove, testId } from './support/config-content.ts';
import { DataPlaneProcess } from './support/data-plane-process.ts';
import { FakeControlPlane } from './support/fake-control-plane.ts';
import { waitUntil } from './support/wait-until.ts';

const { Plugin, Route } = holdfast.config.v1;
let origin: Server;
let originUrl: string;

before(async () => {
  origin = createServer((request, response) => response.end(`origin saw ${request.url}`));
  await new Promise<void>((resolve) => origin.listen(0, '127.0.0.1', resolve));
  const address: AddressInfo | string | null = origin.address();
  originUrl = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
});
after(() => {
  origin.closeAllConnections();
  origin.close();
});

async function scene(context: TestContext): Promise<{ readonly controlPlane: FakeControlPlane; readonly start: () => Promise<DataPlaneProcess> }> {
  const controlPlane = await FakeControlPlane.start();
  context.after(() => controlPlane.stop());
  const start = async (): Promise<DataPlaneProcess> => {
    const dataPlane = await DataPlaneProcess.start({ HOLDFAST_JOIN_TOKEN: controlPlane.joinToken() });
    context.after(() => dataPlane.destroy());
    return dataPlane;
  };
  return { controlPlane, start };
}

const service = (digits: string): EntityChange => put('services', { id: testId(digits), url: originUrl });
const route = (digits: string, path: string, of: string): EntityChange => put('routes', { id: testId(digits), paths: [path], service: ref(of) });
const bytesOf = ({ bytes }: EntityChange): Uint8Array => defined(bytes, 'bytes');
/** Field 1000, the integer 1. */
const withCriticalField = (change: EntityChange): EntityChange => ({ ...change, bytes: Buffer.concat([bytesOf(change), Buffer.from([0xc0, 0x3e, 1])]) });
const named = (change: EntityChange, name: string): EntityChange => ({ ...change, bytes: Plugin.encode(Object.assign(Plugin.decode(bytesOf(change)), { name })).finish() });
const withFutureValue = (change: EntityChange): EntityChange => ({ ...change, bytes: Route.encode(Object.assign(Route.decode(bytesOf(change)), { path_handling: 'v9' })).finish() });
const keyAuth = (digits: string, scope: object): EntityChange => put('plugins', { id: testId(digits), name: 'key-auth', ...scope });

test('content of the future: what it is about answers 503 with a code, the rest serves, and it heals when the entities do', async (context) => {
  const { controlPlane, start } = await scene(context);
  await controlPlane.publish([
    service('a1'), service('a2'), service('a3'), route('b1', '/plain', 'a1'), route('b2', '/guarded', 'a2'), withFutureValue(route('b3', '/future', 'a1')), route('b4', '/upstream', 'a3'),
    put('routes', { id: testId('b5'), paths: ['/'], service: ref('a1') }),
    named(keyAuth('c1', { service: ref('a2') }), 'x-new'), withCriticalField(keyAuth('c2', { route: ref('b4') })), { kind: 'robots', id: testId('d1'), bytes: Uint8Array.of(9, 9, 9) },
  ]);
  const dataPlane = await start();
  await dataPlane.ready();
  const applied = await controlPlane.heard('applied', ({ version }) => version.sequence === 1);
  assert.equal(applied.contentRoot, controlPlane.contentRoot, 'what it can not use is part of what it has');
  assert.deepEqual(applied.quarantined.map(({ entityKind, id, code }) => [entityKind, id, code]), [
    ['plugins', testId('c1'), 'CONFIG_PLUGIN_UNKNOWN'], ['plugins', testId('c2'), 'CONFIG_ENTITY_UNREADABLE'], ['robots', testId('d1'), 'CONFIG_KIND_UNKNOWN'], ['routes', testId('b3'), 'CONFIG_ENTITY_UNREADABLE'],
  ]);
  for (const { reason } of applied.quarantined) assert.match(reason, /upgrade/, 'what to do about it');
  assert.equal((await dataPlane.get('/plain')).status, 200);
  for (const [path, code] of [['/guarded', 'CONFIG_PLUGIN_UNKNOWN'], ['/future', 'CONFIG_ENTITY_UNREADABLE'], ['/upstream', 'CONFIG_ENTITY_UNREADABLE']] as const) {
    const response = await fetch(`http://127.0.0.1:${dataPlane.proxyPort}${path}`);
    assert.deepEqual([path, response.status, response.headers.get('x-holdfast-error')], [path, 503, code]);
    assert.doesNotMatch(await response.text(), /origin/);
  }

  await controlPlane.publish([route('b3', '/future', 'a1'), remove('plugins', testId('c1')), keyAuth('c2', { route: ref('b4') }), remove('robots', testId('d1'))]);
  assert.deepEqual((await controlPlane.heard('applied', ({ version }) => version.sequence === 2)).quarantined, []);
  assert.deepEqual([(await dataPlane.get('/future')).status, (await dataPlane.get('/guarded')).status, (await dataPlane.get('/upstream')).status], [200, 200, 401]);

  await controlPlane.publish([named(keyAuth('c9', {}), 'x-new')]);
  await controlPlane.heard('applied', ({ version }) => version.sequence === 3);
  assert.equal((await dataPlane.get('/plain')).status, 503, 'what a global plugin covers is everything');
  await controlPlane.publish([remove('plugins', testId('c9'))]);
  await controlPlane.heard('applied', ({ version }) => version.sequence === 4);
  assert.equal((await dataPlane.get('/plain')).status, 200);

  const { holdfast: status } = await dataPlane.status();
  assert.equal(status.config?.version, '1.4');
  const byVersion: readonly { readonly version: string; readonly requests: number; readonly failed: number; readonly failed_here: number }[] = JSON.parse((await dataPlane.get('/status', dataPlane.statusPort)).body).holdfast.requests_by_version;
  assert.ok(byVersion.length <= 2 && byVersion.every(({ requests, failed, failed_here: here }) => requests >= failed && failed === here));
});

/** With an envelope that holds no secret: the plugin has no field for one. */
function withSecrets(change: EntityChange, keys: ContentKeyRing): EntityChange {
  const { config_secrets_sealed: _, ...entity } = decodeEntity('plugins', change.bytes ?? new Uint8Array());
  const sealed = new ContentSeal(keys).seal({ kind: 'plugins', id: change.id, field: 'config_secrets' }, Buffer.from('[]'));
  return { ...change, bytes: encodeEntity(definitionOf('plugins'), entity, { config_secrets: sealed }) };
}

/** As a data plane of before sees the fields that have come since: their numbers, 1001 to 1004, say nothing to it. */
function asBefore(change: EntityChange): EntityChange {
  const bytes = Buffer.from(bytesOf(change));
  let renumbered = 0;
  for (const tag of [1001, 1002, 1003, 1004]) {
    const at = bytes.indexOf(Buffer.from([((tag * 8) & 0x7f) | 0x82, (tag * 8) >> 7]));
    if (at < 0) continue;
    // 1001 becomes 1985, and so on: one that this version does not know either.
    bytes[at + 1] = ((tag + 984) * 8) >> 7;
    bytes[at] = (((tag + 984) * 8) & 0x7f) | 0x82;
    renumbered += 1;
  }
  assert.ok(renumbered > 0, 'there is such a field');
  return { ...change, bytes };
}

test('a data plane of before closes what a plugin for a group, with a condition, with an ordering or with secrets is about', async (context) => {
  const { controlPlane, start } = await scene(context);
  const services = ['a1', 'a2', 'a3', 'a4', 'a5'].flatMap((id, index) => [service(id), route(`b${index + 1}`, `/${index + 1}`, id)]);
  const limit = (digits: string, scope: object): EntityChange => put('plugins', { id: testId(digits), name: 'rate-limiting', config: { minute: 9 }, ...scope });
  const told = [
    limit('c1', { service: ref('a1'), consumer_group: ref('d1') }),
    limit('c2', { service: ref('a2'), condition: 'http.method == "POST"' }),
    limit('c3', { service: ref('a3'), ordering: { before: { access: ['key-auth'] } } }),
    withSecrets(limit('c4', { service: ref('a4') }), contentKeysOf(controlPlane.installation.trust.audience)),
  ];
  await controlPlane.publish([...services, ...told.map(asBefore)]);
  const dataPlane = await start();
  await dataPlane.ready();
  const applied = await controlPlane.heard('applied', ({ version }) => version.sequence === 1);
  assert.deepEqual(applied.quarantined.map(({ id, code }) => [id, code]), ['c1', 'c2', 'c3', 'c4'].map((id) => [testId(id), 'CONFIG_ENTITY_UNREADABLE']));
  const statuses = (): Promise<readonly number[]> => Promise.all(['/1', '/2', '/3', '/4', '/5'].map(async (path) => (await dataPlane.get(path)).status));
  assert.deepEqual(await statuses(), [503, 503, 503, 503, 200]);
  await controlPlane.publish([put('consumer_groups', { id: testId('d1'), name: 'gold' }), ...told]);
  assert.deepEqual((await controlPlane.heard('applied', ({ version }) => version.sequence === 2)).quarantined, [], 'an upgraded one understands them');
  assert.deepEqual(await statuses(), [200, 200, 200, 200, 200]);
});

test('a control plane of an older protocol is served as one: configuration applies, and no frame is sent that it does not know', async (context) => {
  const { controlPlane, start } = await scene(context);
  let protocolVersion = 1;
  // Before version 3 it knows nothing of authorities.
  controlPlane.alterWelcome = (welcome) => ({ ...welcome, protocolVersion, authoritiesStatement: '' });
  await controlPlane.publish([service('a1'), route('b1', '/', 'a1'), put('plugins', { id: testId('e1'), name: 'rate-limiting', service: ref('a1'), config: { year: 1_000, policy: 'cluster' } })]);
  const dataPlane = await start();
  await dataPlane.ready();
  for (protocolVersion = 1; protocolVersion <= 3; protocolVersion += 1) {
    const session = await controlPlane.session(protocolVersion);
    const applied = async (change: EntityChange): Promise<unknown> => {
      const { sequence } = await controlPlane.publish([change]);
      return controlPlane.heard('applied', ({ version }) => version.sequence === sequence);
    };
    await applied(route(`c${protocolVersion}`, `/next-${protocolVersion}`, 'a1'));
    // Under version 3 it tells of a head that is older than one it knows.
    session.send({ kind: 'head', headStatement: await controlPlane.headStatement() });
    session.send({ kind: 'head', headStatement: await controlPlane.headStatement({ sequence: 1 }) });
    await applied(route('d1', `/last-${protocolVersion}`, 'a1'));
    assert.equal((await dataPlane.get('/')).status, 200);
    await waitUntil('telemetry', () => session.heard.some(({ kind }) => kind === 'telemetry'), 10_000);
    // What it could not tell an older one is told now.
    const others = new Set(session.heard.flatMap((message) => (message.kind === 'notice' ? [message.code] : message.kind === 'applied' || message.kind === 'telemetry' ? [] : [message.kind])));
    assert.deepEqual([...others].sort(), protocolVersion < 3 ? [] : ['SYNC_HEAD_OLDER', 'health']);
    session.cut();
  }
  // What it counted for others under the older ones is told to the first that takes it.
  const session = await controlPlane.session(protocolVersion);
  const counted = await waitUntil('counts', () => session.heard.findLast((message) => message.kind === 'counts' && message.windows[0]?.counts[0] === 3), 10_000);
  assert.ok(counted.kind === 'counts');
  assert.deepEqual(counted.windows.map(({ counts }) => counts), [[3]]);
  // And what others counted reaches its proxy threads.
  session.send({ ...counted, windows: counted.windows.map((window) => ({ ...window, counts: [997] })) });
  await waitUntil('the limit to be used up', async () => (await dataPlane.get('/')).status === 429, 10_000);
});
