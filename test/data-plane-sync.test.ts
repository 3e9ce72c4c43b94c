/** A real data plane process and a small real control plane: what is pushed, refused, kept and served. */
import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import { connect, createServer as createTcpServer, type AddressInfo, type Socket } from 'node:net';
import { after, before, test, type TestContext } from 'node:test';
import { put, ref, remove, testId } from './support/config-content.ts';
import { DataPlaneProcess } from './support/data-plane-process.ts';
import { FakeControlPlane, type FakeControlPlaneOptions } from './support/fake-control-plane.ts';
import { waitUntil } from './support/wait-until.ts';
import { createTestTrust, signDelta, signSnapshot } from './support/signed-content.ts';
import { ContentTree } from '../shared/trust/content-hash.ts';

let origin: Server;
let originUrl: string;

before(async () => {
  origin = createServer((request, response) => response.end(`origin saw ${request.url}`));
  await new Promise<void>((resolve) => origin.listen(0, '127.0.0.1', resolve));
  originUrl = `http://127.0.0.1:${portOf(origin)}`;
});
after(() => {
  origin.closeAllConnections();
  origin.close();
});

function portOf(server: { address(): AddressInfo | string | null }): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** A control plane and the data planes of a test; all are gone when it ends. */
async function scene(context: TestContext, options: FakeControlPlaneOptions = {}) {
  const controlPlane = await FakeControlPlane.start(options);
  const stops: (() => Promise<void>)[] = [() => controlPlane.stop()];
  context.after(async () => {
    for (const stop of stops.reverse()) await stop();
  });
  const start = async (environment: Readonly<Record<string, string>> = {}, earlier?: DataPlaneProcess): Promise<DataPlaneProcess> => {
    const dataPlane = await DataPlaneProcess.start({ HOLDFAST_JOIN_TOKEN: controlPlane.joinToken(), ...environment }, earlier);
    stops.push(() => dataPlane.destroy());
    return dataPlane;
  };
  const { port } = controlPlane;
  /** The same installation at the same address, with nothing published yet. */
  const restart = async (): Promise<FakeControlPlane> => {
    const next = await FakeControlPlane.start({ ...options, port, installation: controlPlane.installation });
    stops.push(() => next.stop());
    return next;
  };
  return { controlPlane, start, restart, stops };
}

const service = () => put('services', { id: testId('a'), name: 'origin', url: originUrl });
const route = (digits: string, path: string) => put('routes', { id: testId(digits), name: `route-${digits}`, paths: [path], service: ref('a') });

test('a data plane enrols, applies what is pushed within moments, and says what it serves', async (context) => {
  const { controlPlane, start } = await scene(context);
  await controlPlane.publish([service(), route('b1', '/one')]);
  const dataPlane = await start();
  await dataPlane.ready();
  assert.deepEqual(await dataPlane.get('/one/x'), { status: 200, body: 'origin saw /x' });
  assert.equal((await dataPlane.get('/two')).status, 404);

  await controlPlane.publish([route('b2', '/two')]);
  const applied = await controlPlane.heard('applied', ({ version }) => version.sequence === 2);
  assert.equal(applied.contentRoot, controlPlane.contentRoot);
  assert.equal((await dataPlane.get('/two')).status, 200, 'Applied means that every thread swapped');

  await controlPlane.publish([remove('routes', testId('b1'))]);
  await controlPlane.heard('applied', ({ version }) => version.sequence === 3);
  assert.equal((await dataPlane.get('/one')).status, 404);

  const { holdfast, configuration_hash: hash } = await dataPlane.status();
  assert.equal(holdfast.config?.version, '1.3');
  assert.equal(holdfast.config.content_root, controlPlane.contentRoot);
  assert.equal(hash, controlPlane.contentRoot.slice(0, 32));
  assert.equal(holdfast.control_plane.connected, true);
  assert.equal(holdfast.control_plane.newest, '1.3', 'also between two heads');
  const metrics = (await dataPlane.get('/metrics', dataPlane.statusPort)).body;
  assert.match(metrics, /^holdfast_config_sequence 3$/m);
  assert.match(metrics, /^holdfast_control_plane_connected 1$/m);
});

test('S6: a broken entity is quarantined and reported, what can not be isolated is refused whole', async (context) => {
  const { controlPlane, start } = await scene(context);
  await controlPlane.publish([service(), route('b1', '/one')]);
  const dataPlane = await start();
  await dataPlane.ready();

  await controlPlane.publish([{ kind: 'consumers', id: testId('c1'), bytes: Buffer.from('no consumer') }, route('b2', '/two')]);
  const applied = await controlPlane.heard('applied', ({ version }) => version.sequence === 2);
  assert.deepEqual(applied.quarantined.map(({ entityKind, id, code }) => [entityKind, id, code]), [['consumers', testId('c1'), 'CONFIG_ENTITY_UNREADABLE']]);
  assert.equal((await dataPlane.status()).holdfast.config?.quarantined.length, 1);
  assert.equal((await dataPlane.get('/two')).status, 200);

  await controlPlane.publish([{ kind: 'plugins', id: testId('d1'), bytes: Buffer.from('no plugin') }]);
  const rejected = await controlPlane.heard('rejected');
  assert.deepEqual([rejected.version.sequence, rejected.code], [3, 'CONFIG_ENTITY_UNREADABLE']);
  assert.match(rejected.reasons.join(), new RegExp(testId('d1')));
  assert.equal((await dataPlane.get('/two')).status, 200, 'the old one serves on');
  assert.equal((await dataPlane.status()).holdfast.config?.version, '1.2');

  // The answer may have been lost with a connection: whoever comes next is told again what is isolated.
  (await controlPlane.session()).cut();
  const again = await controlPlane.heard('applied', ({ already }) => already);
  assert.deepEqual([again.version.sequence, again.quarantined], [2, applied.quarantined]);
});

test('S6: a restarted data plane also says that nothing is quarantined: its older release may have told otherwise of the same version', async (context) => {
  const { controlPlane, start } = await scene(context);
  await controlPlane.publish([service(), route('b1', '/one')]);
  const dataPlane = await start();
  await dataPlane.ready();
  await dataPlane.kill();
  await start({}, dataPlane);
  const { version, quarantined } = await controlPlane.heard('applied', ({ already }) => already);
  assert.deepEqual([version.sequence, quarantined], [1, []]);
});

test('S3, S4: forged, altered, older and conflicting pushes are refused with their reason, the old one serves', async (context) => {
  const { controlPlane, start } = await scene(context);
  await controlPlane.publish([service(), route('b1', '/one')]);
  await controlPlane.publish([route('b2', '/two')]);
  const dataPlane = await start();
  await dataPlane.ready();
  const { trust } = controlPlane.installation;
  const leaf = { kind: 'services', id: testId('a'), bytes: service().bytes };
  const leaves = [{ kind: leaf.kind, id: leaf.id as never, entity: leaf.bytes ?? Buffer.alloc(0) }];
  const version = { epoch: 1, sequence: 9 };
  const good = await signSnapshot(trust, version, leaves);
  const stranger = { ...(await createTestTrust()), audience: trust.audience };
  const pushes: readonly [string, Parameters<FakeControlPlane['offer']>[0], 'snapshot' | 'delta'][] = [
    ['TRUST_KEY_UNKNOWN', await signSnapshot(stranger, version, leaves), 'snapshot'],
    ['TRUST_SIGNATURE_INVALID', { ...good, manifestStatement: (await signSnapshot(trust, version, [])).manifestStatement.split('.').with(2, good.manifestStatement.split('.')[2] ?? '').join('.') }, 'snapshot'],
    ['TRANSFER_HASH_MISMATCH', { ...good, wireBytes: Buffer.from(good.wireBytes).fill(1, 30, 31) }, 'snapshot'],
    ['TRANSFER_ROOT_MISMATCH', await signSnapshot(trust, version, leaves, { manifest: { contentRoot: 'f'.repeat(64) } }), 'snapshot'],
    ['TRANSFER_VERSION_OLDER', await signSnapshot(trust, { epoch: 1, sequence: 1 }, leaves), 'snapshot'],
    ['TRANSFER_VERSION_CONFLICT', await signSnapshot(trust, { epoch: 1, sequence: 2 }, leaves), 'snapshot'],
    ['TRANSFER_EPOCH_UNPROVEN', await signSnapshot(trust, { epoch: 2, sequence: 1 }, leaves), 'snapshot'],
    ['TRANSFER_BASE_MISMATCH', await signDelta(trust, { version: { epoch: 1, sequence: 7 }, tree: new ContentTree() }, version, []), 'delta'],
    ['TRANSFER_EMPTY_REFUSED', await signSnapshot(trust, version, []), 'snapshot'],
    ['TRANSFER_DATA_PLANE_TOO_OLD', await signSnapshot(trust, version, leaves, { manifest: { minimumDataPlaneVersion: '99.0.0' } }), 'snapshot'],
    ['TRANSFER_TOO_LARGE', await signSnapshot(trust, version, leaves, { transfer: { inflatedLength: 2 ** 40 } }), 'snapshot'],
  ];
  for (const [code, transfer, kind] of pushes) {
    controlPlane.offer(transfer, kind);
    const rejected = await controlPlane.heard('rejected', (message) => message.code === code);
    await dataPlane.logged('config-rejected', (line) => line['code'] === code);
    assert.ok(rejected.reasons.length > 0, code);
  }
  assert.equal((await dataPlane.get('/two')).status, 200);
  assert.equal((await dataPlane.status()).holdfast.config?.version, '1.2');
  assert.match((await dataPlane.logged('config-rejected', (line) => line['code'] === 'TRANSFER_VERSION_CONFLICT')).msg, /^ALARM/);
  await controlPlane.publish([route('b3', '/three')]);
  await controlPlane.heard('applied', ({ version: applied }) => applied.sequence === 3);
});

test('a newer offer takes the place of one that was never finished', async (context) => {
  const { controlPlane, start } = await scene(context);
  await controlPlane.publish([service(), route('b1', '/one')]);
  const dataPlane = await start();
  await dataPlane.ready();
  const large = Array.from({ length: 2_000 }, (_, index) => route(`e${index.toString(16)}`, `/large/${index}`));
  const { trust } = controlPlane.installation;
  const unfinished = await signSnapshot(trust, { epoch: 1, sequence: 2 }, large.map(({ kind, id, bytes }) => ({ kind, id: id as never, entity: bytes ?? Buffer.alloc(0) })));
  controlPlane.offer(unfinished, 'snapshot', 1_000);
  await controlPlane.publish([route('b2', '/two')]);
  const applied = await controlPlane.heard('applied', ({ version }) => version.sequence === 2);
  assert.equal(applied.contentRoot, controlPlane.contentRoot);
  assert.equal((await dataPlane.get('/two')).status, 200);
});

test('S1: the control plane goes and comes back; traffic does not notice, and what was missed arrives', async (context) => {
  const { controlPlane, start, restart } = await scene(context);
  await controlPlane.publish([service(), route('b1', '/one')]);
  const dataPlane = await start();
  await dataPlane.ready();
  await controlPlane.stop();
  await dataPlane.statusWhere('the disconnection', ({ holdfast }) => !holdfast.control_plane.connected);
  assert.equal((await dataPlane.get('/one')).status, 200);
  assert.equal((await dataPlane.get('/status/ready', dataPlane.statusPort)).status, 200);
  const back = await restart();
  await back.publish([service(), route('b1', '/one')]);
  await back.publish([route('b2', '/two')]);
  const session = await back.session();
  assert.deepEqual(session.hello.active?.version, { epoch: 1, sequence: 1 });
  await back.heard('applied', ({ version }) => version.sequence === 2);
  assert.equal((await dataPlane.get('/two')).status, 200);
});

test('another control plane address is tried where the first does not answer', async (context) => {
  const { controlPlane, start } = await scene(context);
  await controlPlane.publish([service(), route('b1', '/one')]);
  const closed = createTcpServer();
  await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
  const closedUrl = `https://127.0.0.1:${portOf(closed)}`;
  await new Promise((resolve) => closed.close(resolve));
  const dataPlane = await start({ HOLDFAST_CONTROL_PLANE_URLS: `${closedUrl},${controlPlane.url}` });
  await dataPlane.ready();
  assert.match((await dataPlane.logged('enrolment-failed')).msg, /ECONNREFUSED/);
});

test('an address where another installation answers does not keep a data plane from joining at the next', async (context) => {
  const { controlPlane, start, stops } = await scene(context);
  await controlPlane.publish([service(), route('b1', '/one')]);
  const stranger = await FakeControlPlane.start();
  stops.push(() => stranger.stop());
  const dataPlane = await start({ HOLDFAST_JOIN_TOKEN: controlPlane.joinToken({ urls: [stranger.url, controlPlane.url] }) });
  await dataPlane.ready();
  assert.match((await dataPlane.logged('enrolment-failed')).msg, /does not show the certificate authority/);
});

test('a control plane is reached through an HTTP proxy by CONNECT', async (context) => {
  const { controlPlane, start, stops } = await scene(context);
  const asked: string[] = [];
  const sockets = new Set<Socket>();
  const proxy = createTcpServer((client) => {
    sockets.add(client);
    client.once('data', (head) => {
      asked.push(head.toString('latin1'));
      const upstream = connect(controlPlane.port, '127.0.0.1', () => {
        client.write('HTTP/1.1 200 Connection established\r\n\r\n');
        client.pipe(upstream).pipe(client);
      });
      sockets.add(upstream);
      for (const socket of [client, upstream]) socket.on('error', () => socket.destroy());
    });
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  stops.push(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => proxy.close(resolve));
  });
  await controlPlane.publish([service(), route('b1', '/one')]);
  const dataPlane = await start({ HOLDFAST_CONTROL_PLANE_PROXY: `http://user:p%40ss@127.0.0.1:${portOf(proxy)}` });
  await dataPlane.ready();
  assert.ok(asked.length >= 3, 'two connections of the enrolment and the session');
  assert.match(asked[0] ?? '', new RegExp(`^CONNECT 127.0.0.1:${controlPlane.port} HTTP/1.1\r\nHost: 127.0.0.1:${controlPlane.port}\r\nProxy-Authorization: Basic dXNlcjpwQHNz\r\n`));
  assert.equal(dataPlane.log.some((line) => JSON.stringify(line).includes('p%40ss') || JSON.stringify(line).includes('p@ss')), false);
});

test('enrolment trusts only what the join token names, and a refusal ends the process with the way out', async (context) => {
  const { controlPlane, start } = await scene(context);
  const tokens: readonly [string, RegExp][] = [
    [controlPlane.joinToken({ caFingerprint: 'a'.repeat(64) }), /does not show the certificate authority/],
    [controlPlane.joinToken({ rootFingerprint: 'b'.repeat(64) }), /root keys are not those that the join token names/],
    ['hfjoin1_nonsense', /join token is not valid/],
  ];
  for (const [token, message] of tokens) {
    const dataPlane = await start({ HOLDFAST_JOIN_TOKEN: token });
    assert.equal(await dataPlane.exited, 1);
    assert.match((await dataPlane.logged('failed')).msg, message);
    assert.match((await dataPlane.logged('failed')).msg, /holdfast join-token create/);
  }
  const without = await start({ HOLDFAST_JOIN_TOKEN: '' });
  assert.equal(await without.exited, 1);
  assert.match((await without.logged('failed')).msg, /no join token; create one with/);
});

test('a Welcome whose statements do not hold is left at once, and nothing of it is believed', async (context) => {
  const { controlPlane, start } = await scene(context);
  await controlPlane.publish([service(), route('b1', '/one')]);
  const stranger = await createTestTrust();
  controlPlane.alterWelcome = (welcome) => ({ ...welcome, delegationStatement: stranger.delegationStatement });
  const dataPlane = await start();
  const line = await dataPlane.logged('disconnected', ({ msg }) => msg.includes('statements do not hold'));
  assert.match(line.msg, /TRUST_KEY_UNKNOWN/);
  assert.equal((await dataPlane.get('/status/ready', dataPlane.statusPort)).status, 503);
  controlPlane.alterWelcome = (welcome) => welcome;
  await dataPlane.ready();
});

test('a certificate is renewed in time, and one that expired during an outage is renewed first of all', async (context) => {
  const { controlPlane, start } = await scene(context, { certificateLifetimeMs: 6_000, certificateAgeMs: 60_000 });
  const startedAtMs = Date.now();
  await controlPlane.publish([service(), route('b1', '/one')]);
  controlPlane.refusesRenewal = true;
  const dataPlane = await start();
  await dataPlane.ready();
  // Two thirds of its life are over already: it asks at once.
  await dataPlane.logged('certificate-renewal');
  await dataPlane.kill();
  await waitUntil('the certificate to expire', () => Date.now() - startedAtMs > 8_000, 15_000);
  controlPlane.refusesRenewal = false;
  const again = await start({}, dataPlane);
  await again.ready();
  await again.logged('certificate-expired');
  await again.logged('certificate-renewed');
  await again.statusWhere('the connection', ({ holdfast }) => holdfast.control_plane.connected);
  assert.equal(again.log.filter((line) => line.event === 'disconnected').length, 0, 'no backoff for that');
});
