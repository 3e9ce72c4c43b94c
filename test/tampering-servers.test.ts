/**
 * S1, S3: nobody takes the place of a control plane. Join tokens that were changed and servers that are not the control
 * plane, against real data plane processes: nothing of them is kept, an enrolled data plane proxies on from its cache.
 */
import assert from 'node:assert/strict';
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import 'reflect-metadata';
import { PublicKey } from '@peculiar/x509';
import { createAuthority, openAuthority, type CertificateAuthority } from '../control-plane/enrolment/certificate-authority.ts';
import { newId, type DataPlaneId } from '../shared/model/ids.ts';
import { generateDataPlaneKey } from '../shared/trust/certificate-request.ts';
import { formatJoinToken, parseJoinToken } from '../shared/trust/join-token.ts';
import { FakeControlPlane } from './support/fake-control-plane.ts';
import { leafOf } from './support/sync-client.ts';
import { DEADLINE_MS, logs, TamperingScene } from './support/tampering-scene.ts';

const DAY_MS = 86_400_000;

let scene: TamperingScene;
/** Another installation's certificate authority. */
let stranger: CertificateAuthority;
const impostors: FakeControlPlane[] = [];

before(async () => {
  scene = await TamperingScene.start();
  stranger = await openAuthority(await createAuthority(Date.now()));
});
after(async () => {
  for (const impostor of impostors) await impostor.stop();
  await scene.stop();
});

/** A control plane with the genuine statements that shows another server certificate. */
async function startImpostor(issueServer: CertificateAuthority['issueServer']): Promise<FakeControlPlane> {
  const { trust, authority } = scene.controlPlane.installation;
  const { certificatePem, fingerprint, publicKey } = authority;
  const impostor = await FakeControlPlane.start({ installation: { trust, authority: { certificatePem, fingerprint, publicKey, signDataPlane: (given) => authority.signDataPlane(given), issueServer } } });
  impostors.push(impostor);
  return impostor;
}

test('S3: an enrolment trusts only what the join token names, and only a token as it was made counts', async (t) => {
  const { controlPlane } = scene;
  const genuine = parseJoinToken(controlPlane.joinToken());
  const elsewhere = await startImpostor((given) => stranger.issueServer(given));
  const behindGenuine = await startImpostor(async (given) => {
    const issued = await stranger.issueServer(given);
    return { ...issued, chainPem: `${leafOf(issued.chainPem).toString()}${controlPlane.installation.authority.certificatePem}` };
  });
  const attempts: readonly { readonly kind: string; readonly code: string; readonly reason: RegExp; readonly token: string; readonly triesOn?: true }[] = [
    { kind: 'join token: another certificate authority', code: 'ENROL_REFUSED', reason: /does not show the certificate authority/, token: controlPlane.joinToken({ caFingerprint: 'a'.repeat(64) }) },
    { kind: 'join token: another root set', code: 'ENROL_REFUSED', reason: /root keys are not those that the join token names: none of the root sets/, token: controlPlane.joinToken({ rootFingerprint: 'b'.repeat(64) }) },
    { kind: 'join token: another secret', code: 'ENROL_REFUSED', reason: /answered 403 ENROL_TOKEN_REFUSED/, token: formatJoinToken({ ...genuine, secret: Buffer.alloc(32, 2).toString('base64url') }) },
    { kind: 'join token: cut off', code: 'JOIN_TOKEN_INVALID', reason: /join token is not valid: it is incomplete or altered/, token: controlPlane.joinToken().slice(0, -8) },
    { kind: 'server at enrolment: of another certificate authority', code: 'ENROL_REFUSED', reason: /does not show the certificate authority/, token: controlPlane.joinToken({ urls: [elsewhere.url] }) },
    { kind: 'server at enrolment: shows the genuine certificate authority, signed by another', code: 'SYNC_CONNECT_FAILED', reason: /certificate/, token: controlPlane.joinToken({ urls: [behindGenuine.url] }), triesOn: true },
  ];
  await Promise.all(
    attempts.map(async ({ kind, code, reason, token, triesOn }) => {
      const dataPlane = await scene.startDataPlane({ HOLDFAST_JOIN_TOKEN: token });
      const line = await logs(dataPlane, triesOn === true ? 'enrolment-failed' : 'failed', 0);
      assert.equal(line['code'], code, kind);
      assert.match(line.msg, reason, kind);
      if (triesOn !== true) {
        assert.equal(await dataPlane.exited, 1, kind);
        assert.match(line.msg, /holdfast join-token create/, 'the way out');
      }
      assert.equal(existsSync(join(dataPlane.stateFolder, 'identity', 'enrolment.json')), false, kind);
      assert.equal(existsSync(join(dataPlane.stateFolder, 'identity', 'trust.json')), false, kind);
      t.diagnostic(`${kind} → ${code} → log of the data plane, which ${triesOn === true ? 'tries on' : 'ends with 1'}`);
    }),
  );
  assert.deepEqual(impostors.map(({ enrolments }) => enrolments), [0, 0], 'nobody showed an impostor the secret of a join token');
});

test('S1: an enrolled data plane talks to no server but its control plane, and proxies on meanwhile', async (t) => {
  const { controlPlane } = scene;
  let serving = await scene.publishGood();
  const enrolled = await scene.startDataPlane();
  await enrolled.ready(DEADLINE_MS);
  enrolled.signal('SIGTERM');
  await enrolled.exited;

  const { authority, trust } = controlPlane.installation;
  const servers: readonly { readonly kind: string; readonly reason: RegExp; readonly issueServer: CertificateAuthority['issueServer'] }[] = [
    { kind: 'server certificate: of another certificate authority', reason: /self-signed certificate in certificate chain/, issueServer: (given) => stranger.issueServer(given) },
    { kind: 'server certificate: for another name', reason: /does not match certificate's altnames/, issueServer: (given) => authority.issueServer({ ...given, names: ['elsewhere.test'] }) },
    {
      kind: "server certificate: a data plane's own", reason: /unsuitable certificate purpose/,
      issueServer: async ({ nowMs }) => {
        const keyPem = generateDataPlaneKey();
        const publicKey = new PublicKey(createPublicKey(createPrivateKey(keyPem)).export({ type: 'spki', format: 'der' }));
        const identity = { trustDomain: 'holdfast.test', ...trust.audience, dataPlaneId: newId<DataPlaneId>() };
        return { ...(await authority.signDataPlane({ publicKey, identity, nowMs, lifetimeMs: DAY_MS })), privateKeyPem: keyPem };
      },
    },
  ];
  const here = await Promise.all(servers.map(async (server) => ({ ...server, impostor: await startImpostor(server.issueServer) })));
  const sessions = controlPlane.sessions.length;
  const dataPlane = await scene.startDataPlane({ HOLDFAST_CONTROL_PLANE_URLS: [...here.map(({ impostor }) => impostor.url), controlPlane.url].join() }, enrolled);
  await dataPlane.ready(DEADLINE_MS);
  for (const { kind, reason, impostor } of here) {
    const line = await logs(dataPlane, 'disconnected', 0, ({ msg }) => msg.includes(impostor.url) && reason.test(msg));
    assert.match(String(line['reason']), reason);
    assert.equal(impostor.sessions.length, 0, kind);
    await scene.serves(dataPlane, serving);
    t.diagnostic(`${kind} → SYNC_CONNECT_FAILED → log of the data plane`);
  }
  await controlPlane.session(sessions + 1);
  const told = scene.told.length;
  serving = await scene.publishGood();
  assert.deepEqual((await scene.tells('applied', told)).version, serving);
  await scene.serves(dataPlane, serving);
});
