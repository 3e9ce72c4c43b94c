/**
 * S3, S4, R5: the attacks on software updates that The Update Framework names, and equivocation, made on a data plane by a man
 * in the middle. He has a data plane's certificate and key, one for the server's side too, everything that was ever sent, and
 * what other gateways of the installation were sent; he lacks the keys that sign. One row per attack: 0 of the matrix is accepted.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { TransferIntake } from '../data-plane/sync/transfer-intake.ts';
import { newId, type GatewayId, type TenantId } from '../shared/model/ids.ts';
import { formatVersion, type ConfigVersion } from '../shared/model/version.ts';
import { signBundle } from '../shared/trust/root-set.ts';
import type { Transfer } from '../shared/trust/verify-transfer.ts';
import type { Chunk, Delta, Snapshot, SyncMessage } from '../shared/wire/sync-message.ts';
import type { DataPlaneProcess } from './support/data-plane-process.ts';
import { claimsIn, forgeStatement } from './support/forge-statement.ts';
import { ManInTheMiddle } from './support/man-in-the-middle.ts';
import { ManualClock } from './support/manual-clock.ts';
import { createTestTrust, signEpoch, signSnapshot, type TestTrust } from './support/signed-content.ts';
import { DEADLINE_MS, TamperingScene } from './support/tampering-scene.ts';
import { waitUntil } from './support/wait-until.ts';

const MIB = 1024 * 1024;
/** What a flood may cost the data plane, above what it had: garbage that was not collected yet, never what was sent. */
const MEMORY_ALLOWED_MIB = 160;
const FLOOD_BYTES = 192 * MIB;

let scene: TamperingScene;
let man: ManInTheMiddle;
let dataPlane: DataPlaneProcess;
let trust: TestTrust;
/** Another installation's, that uses the same tenant and gateway id. */
let stranger: TestTrust;
let serving: ConfigVersion;
/** Genuine versions as they were sent, from the first on. */
const recorded: Transfer[] = [];

before(async () => {
  scene = await TamperingScene.start();
  const { controlPlane } = scene;
  ({ trust } = controlPlane.installation);
  stranger = { ...(await createTestTrust()), audience: trust.audience };
  for (let version = 0; version < 3; version++) {
    serving = await scene.publishGood();
    recorded.push(await controlPlane.snapshot());
  }
  man = await ManInTheMiddle.start({ authority: controlPlane.installation.authority, controlPlanePort: controlPlane.port, credentials: stolen });
  dataPlane = await scene.startDataPlane({ HOLDFAST_CONTROL_PLANE_URLS: man.url, HOLDFAST_STALE_AFTER: '1h' });
  await dataPlane.ready(DEADLINE_MS);
  await scene.serves(dataPlane, serving);
});
after(async () => {
  await scene.stop();
  await man.stop();
});

/** The data plane's own key and certificate. */
function stolen(): { readonly key: string; readonly cert: string } {
  const file = (name: string): string => readFileSync(join(dataPlane.stateFolder, 'identity', name), 'utf8');
  return { key: file('key.pem'), cert: (JSON.parse(file('enrolment.json')) as { readonly certificateChain: string }).certificateChain };
}

interface Variant {
  readonly name: string;
  /** Makes the attack and resolves when it was noticed: the code or words by which an operator sees it. */
  readonly attempt: () => Promise<string>;
}

const next = (by = 1): ConfigVersion => ({ ...serving, sequence: serving.sequence + by });
const lie = (by = trust, version = next()): Promise<Transfer> => signSnapshot(by, version, scene.forgedLeaves);

let transferIds = 1_000;

function announcement(transfer: Transfer): Snapshot {
  const transferStatement = transfer.framing.kind === 'signed' ? transfer.framing.transferStatement : '';
  return { kind: 'snapshot', transferId: (transferIds += 1), manifestStatement: transfer.manifestStatement, transferStatement, compression: 'zstd', epochStatement: transfer.epochStatement, startOffset: 0 };
}

function chunksOf({ transferId }: Snapshot | Delta, bytes: Uint8Array): readonly Chunk[] {
  return Array.from({ length: Math.ceil(bytes.length / 1_000) }, (_, index) => ({ kind: 'chunk' as const, transferId, offset: index * 1_000, bytes: bytes.subarray(index * 1_000, (index + 1) * 1_000) }));
}

function push(transfer: Transfer): void {
  const announced = announcement(transfer);
  for (const message of [announced, ...chunksOf(announced, transfer.wireBytes)]) man.say(message);
}

/** Pushes and waits for the refusal that the genuine control plane hears of. */
function refusedPush(name: string, make: () => Promise<Transfer> | Transfer): Variant {
  return {
    name,
    attempt: async () => {
      const told = scene.told.length;
      push(await make());
      return (await scene.tells('rejected', told)).code;
    },
  };
}

/** Says something and waits for the end of the session, which the data plane gives a reason for; it comes back. */
function endsSession(name: string, say: () => Promise<void> | void): Variant {
  return {
    name,
    attempt: async () => {
      const [told, sessions] = [scene.told.length, scene.controlPlane.sessions.length];
      await say();
      const { code, reason } = await scene.tells('bye', told);
      await scene.controlPlane.session(sessions + 1);
      return `${code}: ${reason.slice(0, 60)}`;
    },
  };
}

function refusedHead(name: string, head: () => Promise<string> | string): Variant {
  return {
    name,
    attempt: async () => {
      man.say({ kind: 'head', headStatement: await head() });
      const refused = await waitUntil('a refused head', async () => (await dataPlane.status()).holdfast.control_plane.head_refused ?? undefined, DEADLINE_MS);
      man.say({ kind: 'head', headStatement: await scene.controlPlane.headStatement() });
      await waitUntil('a good head again', async () => (await dataPlane.status()).holdfast.control_plane.head_refused === null || undefined, DEADLINE_MS);
      return refused.code;
    },
  };
}

/** The same content, genuine at another place. */
const elsewhere = (over: Partial<TestTrust['audience']>): Promise<Transfer> => lie({ ...trust, audience: { ...trust.audience, ...over } });

/** Memory is bounded by what is kept, not by what is sent. */
function boundedFlood(name: string, flood: () => Promise<string>): Variant {
  return {
    name,
    attempt: async () => {
      const before = residentMib();
      const noticed = await flood();
      const grown = residentMib() - before;
      assert.ok(grown < MEMORY_ALLOWED_MIB, `${name}: the data plane grew by ${grown} MiB`);
      return `${noticed} (+${Math.max(0, grown)} MiB)`;
    },
  };
}

function residentMib(): number {
  return Math.round(Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${dataPlane.pid}/status`, 'utf8'))?.[1]) / 1024);
}

/** So many bytes of one message again and again, until the session ends or all are sent and a ping comes through. */
async function floodWith(make: () => SyncMessage, bytesEach: number): Promise<string> {
  const sessions = scene.controlPlane.sessions.length;
  for (let sent = 0; sent < FLOOD_BYTES; sent += bytesEach) {
    if (scene.controlPlane.sessions.length > sessions) return 'session ended';
    man.say(make());
    if (man.unsentBytes > 4 * MIB) await waitUntil('the flood is taken', () => man.unsentBytes < MIB || undefined, DEADLINE_MS);
  }
  await waitUntil('the data plane answers', async () => (await dataPlane.status()).holdfast.ready || undefined, DEADLINE_MS);
  return 'ignored';
}

const matrix: Readonly<Record<string, readonly Variant[]>> = {
  'arbitrary content': [
    refusedPush('signed by a key of his own', () => lie(stranger)),
    refusedPush('his content under a genuine manifest', async () => ({ ...(await lie()), manifestStatement: (await signSnapshot(trust, next(), scene.genuineLeaves(next().sequence))).manifestStatement })),
    refusedPush('a genuine manifest whose claims he changed', async () => {
      const [forged, genuine] = [await lie(stranger), await signSnapshot(trust, next(), scene.genuineLeaves(next().sequence))];
      return { ...forged, manifestStatement: forgeStatement(genuine.manifestStatement, { claims: claimsIn(forged.manifestStatement) }) };
    }),
    refusedPush('signed with the stolen key of the data plane itself', async () => ({ ...(await lie(stranger)), manifestStatement: forgeStatement((await lie()).manifestStatement, { header: { kid: 'data-plane' } }) })),
  ],
  'endless data': [
    endsSession('more chunks than were signed', async () => {
      const announced = announcement(await signSnapshot(trust, next(), scene.genuineLeaves(next().sequence)));
      man.say(announced);
      for (let offset = 0; offset < 64_000; offset += 1_000) man.say({ kind: 'chunk', transferId: announced.transferId, offset, bytes: Buffer.alloc(1_000) });
    }),
    boundedFlood('chunks of nothing', () => floodWith(() => ({ kind: 'chunk', transferId: 1, offset: 0, bytes: Buffer.alloc(60_000) }), 60_000)),
    boundedFlood('announcements without end', () => {
      const announced = announcement(recorded[0] ?? assert.fail('nothing recorded'));
      const padded: Snapshot = { ...announced, epochStatement: 'x'.repeat(50_000) };
      return floodWith(() => padded, 50_000);
    }),
    boundedFlood('heads without end', () => floodWith(() => ({ kind: 'head', headStatement: 'x'.repeat(50_000) }), 50_000)),
    boundedFlood('questions without end', () => floodWith(() => ({ kind: 'question', id: 1, subject: 'explain', document: Buffer.alloc(50_000, '[') }), 50_000)),
    boundedFlood('trust without end', () => floodWith(() => ({ kind: 'trust', rootStatements: ['x'.repeat(50_000)], delegationStatement: '', contentKeys: [], authoritiesStatement: '' }), 50_000)),
    {
      name: 'a frame above the limit',
      attempt: async () => {
        const sessions = scene.controlPlane.sessions.length;
        man.sayBytes(Buffer.alloc(MIB));
        await scene.controlPlane.session(sessions + 1);
        return 'session ended';
      },
    },
  ],
  'slow drip': [
    {
      // By hand: nobody waits for a minute here. In the process it is the same intake, by the system's clock.
      name: 'a genuine transfer, one byte in a minute',
      attempt: async () => {
        const clock = new ManualClock();
        const violations: string[] = [];
        const known = { rootSet: trust.rootSet, publishKeys: trust.publishKeys, rootStatements: [trust.rootStatement], delegationStatement: trust.delegationStatement };
        const violated = (reason: string): unknown => violations.push(reason);
        const intake = new TransferIntake({ trust: () => known, clock, maximumBytes: MIB, complete: () => assert.fail('it is not complete'), reject: (_, code) => assert.fail(code), giveCredit: () => undefined, violated });
        intake.restart();
        const genuine = await signSnapshot(trust, next(), scene.genuineLeaves(next().sequence));
        const announced = announcement(genuine);
        intake.take(announced);
        intake.take({ kind: 'chunk', transferId: announced.transferId, offset: 0, bytes: genuine.wireBytes.subarray(0, 1) });
        await waitUntil('the byte', () => intake.partial, DEADLINE_MS);
        clock.advance(60_000);
        assert.equal(violations.length, 1, 'the session ends, the next address is tried');
        intake.cutOff();
        assert.equal(intake.partial?.bytes, 1, 'what is there is kept');
        return violations[0] ?? '';
      },
    },
  ],
  rollback: [
    refusedPush('an older version as it was sent', () => recorded[0] ?? assert.fail('nothing recorded')),
    refusedHead('an older head', () => scene.controlPlane.headStatement({ sequence: 1 })),
    refusedPush('an older version after a restart of the data plane', async () => {
      await dataPlane.kill();
      dataPlane = await scene.startDataPlane({ HOLDFAST_CONTROL_PLANE_URLS: man.url, HOLDFAST_STALE_AFTER: '1h' }, dataPlane);
      const sessions = scene.controlPlane.sessions.length;
      await dataPlane.ready(DEADLINE_MS);
      await scene.controlPlane.session(sessions + 1);
      await waitUntil('it is connected', async () => (await dataPlane.status()).holdfast.control_plane.connected || undefined, DEADLINE_MS);
      return recorded[1] ?? assert.fail('nothing recorded');
    }),
  ],
  'fast-forward': [
    refusedPush('a far newer version by a key of his own', () => lie(stranger, next(1_000_000))),
    refusedPush('a genuine manifest moved far ahead', async () => ({ ...(await lie()), manifestStatement: forgeStatement((await lie()).manifestStatement, { claims: { sequence: 1_000_000 } }) })),
    refusedPush('a new epoch that no root key began', async () => lie(trust, { epoch: 2, sequence: 1 })),
    refusedPush('a new epoch by another installation', async () => ({ ...(await lie(trust, { epoch: 2, sequence: 1 })), epochStatement: await signEpoch(stranger, 2) })),
    refusedHead('a head far ahead', async () => forgeStatement(await scene.controlPlane.headStatement(), { claims: { sequence: 1_000_000 } })),
  ],
  freeze: [
    refusedHead('an expired head again and again', () => scene.controlPlane.headStatement({ expiresAt: Date.now() - 600_000 })),
    {
      name: 'every offer and head is held back',
      attempt: async () => {
        man.tamper = (message) => (message.kind === 'snapshot' || message.kind === 'delta' || message.kind === 'chunk' || message.kind === 'head' ? [] : [message]);
        const version = await scene.publishGood();
        const { newest } = (await dataPlane.status()).holdfast.control_plane;
        assert.notEqual(newest, formatVersion(version), 'it was held back');
        // No session is believed for longer than its Welcome's head: the next one names what is newest.
        man.tamper = (message) => [message];
        scene.controlPlane.sessions.at(-1)?.cut();
        serving = version;
        await waitUntil('the newest is applied', async () => (await dataPlane.status()).holdfast.config?.version === formatVersion(version) || undefined, DEADLINE_MS);
        return 'the age of the newest head shows it';
      },
    },
  ],
  'mix-and-match': [
    refusedPush('the manifest of one version with the bytes of another', async () => ({ ...(recorded[1] ?? assert.fail('nothing recorded')), manifestStatement: (await signSnapshot(trust, next(), scene.genuineLeaves(next().sequence))).manifestStatement })),
    refusedPush('the statements of one version with the bytes of another', async () => {
      const [genuine, other] = [await signSnapshot(trust, next(), scene.genuineLeaves(next().sequence)), await lie()];
      const wireBytes = Buffer.alloc(genuine.wireBytes.length);
      Buffer.from(other.wireBytes).copy(wireBytes);
      return { ...genuine, wireBytes };
    }),
    refusedPush('entities of two versions in one', async () => {
      const mixed = await signSnapshot(trust, next(), [...scene.genuineLeaves(1).slice(0, 1), ...scene.genuineLeaves(next().sequence).slice(1)]);
      return { ...mixed, manifestStatement: (await signSnapshot(trust, next(), scene.genuineLeaves(next().sequence))).manifestStatement };
    }),
  ],
  'wrong audience': [
    refusedPush('what another gateway of the tenant was sent', () => elsewhere({ gatewayId: newId<GatewayId>() })),
    refusedPush('what another tenant was sent', () => elsewhere({ tenantId: newId<TenantId>() })),
    refusedPush('what another installation (environment) sent for the same ids', () => lie(stranger)),
    endsSession('keys delegated by another installation', async () => {
      const { tenantId, gatewayId } = trust.audience;
      const delegation = await signBundle('delegation', { format: 1, tenant: tenantId, gateway: gatewayId, serial: 99, keys: [stranger.publishKey.publicKey], issuedAt: Date.now() }, [stranger.rootKey]);
      man.tamper = (message) => (message.kind === 'welcome' ? [{ ...message, delegationStatement: delegation }] : [message]);
      const told = scene.told.length;
      scene.controlPlane.sessions.at(-1)?.cut();
      await scene.tells('bye', told);
      man.tamper = (message) => [message];
    }),
  ],
  'two contents under one version': [
    refusedPush('the version that serves, with other content', () => lie(trust, serving)),
  ],
  // Last, because here he has the publish key for a while and is believed: what counts is that it ends.
  'key compromise': [
    {
      name: 'a stolen publish key pushes a version far ahead; a new key and a new epoch by the root key end it',
      attempt: async () => {
        const { controlPlane } = scene;
        const ahead = await signSnapshot(trust, next(1_000_000), scene.genuineLeaves(serving.sequence));
        push(ahead);
        await waitUntil('it is believed', async () => (await dataPlane.status()).holdfast.config?.version === formatVersion(next(1_000_000)) || undefined, DEADLINE_MS);
        const thief = await controlPlane.rotatePublishKey();
        ({ trust } = controlPlane.installation);
        controlPlane.beginEpoch(2);
        const sessions = controlPlane.sessions.length;
        controlPlane.sessions.at(-1)?.cut();
        await controlPlane.session(sessions + 1);
        serving = await scene.publishGood();
        await waitUntil('the new epoch serves', async () => (await dataPlane.status()).holdfast.config?.version === formatVersion(serving) || undefined, DEADLINE_MS);
        const told = scene.told.length;
        push(await lie(thief, next(2_000_000)));
        return (await scene.tells('rejected', told)).code;
      },
    },
    refusedPush('the old key signs what it signed before', () => recorded[2] ?? assert.fail('nothing recorded')),
  ],
};

for (const [attack, variants] of Object.entries(matrix)) {
  test(`0 accepted: ${attack}`, async (t) => {
    for (const { name, attempt } of variants) {
      await t.test(name, async (each) => {
        each.diagnostic(`${attack} · ${name} → ${await attempt()}`);
        await scene.serves(dataPlane, serving);
      });
    }
    serving = await scene.publishGood();
    await waitUntil('a good version is applied afterwards', async () => (await dataPlane.status()).holdfast.config?.version === formatVersion(serving) || undefined, DEADLINE_MS);
    await scene.serves(dataPlane, serving);
  });
}
