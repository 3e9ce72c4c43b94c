/**
 * A certificate's way: admin API → Postgres → release → wire → a data plane's compiled configuration. Its key is in the
 * clear at both ends and nowhere between (T2).
 */
import assert from 'node:assert/strict';
import { createPrivateKey } from 'node:crypto';
import { after, test } from 'node:test';
import { compileConfig } from '../data-plane/config/compile.ts';
import type { ConfigChange } from '../data-plane/config/compile-contract.ts';
import type { CompiledConfig } from '../data-plane/config/compiled-config.ts';
import { runAtOnce } from '../data-plane/config/run-in-slices.ts';
import type { ContentKeyRing } from '../shared/trust/content-seal.ts';
import { unwrapContentKey } from '../shared/trust/content-key.ts';
import { identityOfCertificate } from '../shared/trust/identity.ts';
import { parseId, type GatewayId } from '../shared/model/ids.ts';
import { verifyDelegation, verifyRootChain } from '../shared/trust/root-set.ts';
import { verifyTransfer, type VerifiedTransfer } from '../shared/trust/verify-transfer.ts';
import { startTestAdminApi } from './support/admin-api.ts';
import { testServices } from './support/compile-config.ts';
import { startControlPlaneParts } from './support/control-plane-parts.ts';
import { openTestStore } from './support/postgres.ts';
import { requestView } from '../shared/plugin-kit/request-view.ts';
import { connectSync, leafOf } from './support/sync-client.ts';
import { testAuthority, testCertificate } from './support/test-certificates.ts';

const given = await openTestStore();
const { send, tenantId } = await startTestAdminApi({}, given);
const parts = await startControlPlaneParts(given.store);
after(() => parts.stop());
const [first, second, client, authority] = await Promise.all([testCertificate({ names: ['walk.test'] }), testCertificate({ names: ['walk.test'] }), testCertificate({ keyType: 'rsa' }), testAuthority()]);

test('a certificate written through the admin API is what a data plane shows, and so is its renewal', async () => {
  const certificate = (await send('POST', '/certificates', { json: { cert: first.cert, key: first.key, snis: ['walk.test', '*.walk.test'] } })).expect(201).word('id');
  const shown = (await send('POST', '/certificates', { json: { cert: client.cert, key: client.key } })).expect(201).word('id');
  const trusted = (await send('POST', '/ca_certificates', { json: { cert: authority.cert } })).expect(201).word('id');
  (await send('POST', '/services', { json: { name: 'walk', url: 'https://back.test', client_certificate: { id: shown }, ca_certificates: [trusted], tls_verify_depth: 1 } })).expect(201);
  (await send('POST', '/services/walk/routes', { json: { paths: ['/'] } })).expect(201);

  const gatewayId = parseId<GatewayId>((await send('GET', '/v1/gateways/default')).expect(200).word('id'));
  assert.ok(gatewayId);
  const scope = { tenantId, gatewayId };
  const credentials = await parts.enrol(scope);
  const session = await connectSync(parts.port, credentials);
  const welcome = await session.greet();
  const identity = identityOfCertificate(leafOf(credentials.certificatePem), parts.trustDomain);
  assert.ok(identity);
  const privateKey = createPrivateKey(credentials.keyPem);
  const contentKeys: ContentKeyRing = { ...scope, keys: welcome.contentKeys.map((wrapped) => ({ keyId: wrapped.keyId, key: unwrapContentKey({ wrapped, privateKey, identity }) })) };

  const root = await verifyRootChain(credentials.answer.rootStatements, parts.signing.rootSet.fingerprint);
  assert.ok(root.kind === 'verified');
  const delegation = await verifyDelegation(credentials.answer.delegationStatement, root.rootSet, scope);
  assert.ok(delegation.kind === 'verified');
  const trust = { rootSet: root.rootSet, publishKeys: delegation.publishKeys, highest: undefined, acceptOlder: false, softwareVersion: '0.1.0', maximumInflatedBytes: 1e8 };

  const receive = async (base?: VerifiedTransfer): Promise<VerifiedTransfer> => {
    const { announced, wireBytes } = await session.nextTransfer();
    const framing = { kind: 'signed', transferStatement: announced.transferStatement } as const;
    const verified = await verifyTransfer({ manifestStatement: announced.manifestStatement, framing, epochStatement: announced.kind === 'snapshot' ? announced.epochStatement : '', wireBytes }, { ...trust, base });
    assert.ok(verified.kind === 'verified', JSON.stringify(verified));
    session.send({ kind: 'applied', version: verified.version, contentRoot: verified.contentRoot, tookMs: 1, quarantined: [], already: false });
    return verified;
  };
  const compileNext = (verified: VerifiedTransfer, base?: CompiledConfig): CompiledConfig => {
    const { version, contentRoot, content } = verified;
    const changes = content.kind === 'snapshot'
      ? [...content.leaves].map(({ kind, id, entity }) => ({ kind, id, bytes: entity }))
      : content.changes.map((change) => ({ kind: change.kind, id: change.id, bytes: change.op === 'put' ? change.entity : undefined }));
    for (const { bytes } of changes) assert.ok(bytes === undefined || !Buffer.from(bytes).includes('PRIVATE KEY'), 'what is published holds no key in the clear');
    const order: ConfigChange = { version, contentRoot, reset: content.kind === 'snapshot', changes, contentKeys };
    const result = runAtOnce(compileConfig(base, order, testServices()));
    assert.ok(result.kind === 'compiled', JSON.stringify(result));
    assert.deepEqual(result.quarantined, []);
    return result.config;
  };

  const snapshot = await receive();
  const config = compileNext(snapshot);
  assert.deepEqual(config.certificates.forServerName('walk.test'), { id: certificate, pairs: [{ certPem: first.cert, keyPem: first.key }] });
  assert.equal(config.certificates.forServerName('sub.walk.test'), config.certificates.forServerName('walk.test'));
  assert.deepEqual(config.certificates.caCertificates, [{ id: trusted, certPem: authority.cert }]);
  const tls = config.match(requestView({ path: '/' }))?.route.service?.tls;
  assert.deepEqual([tls?.verify, tls?.verifyDepth, tls?.clientCertificate?.pairs, tls?.caCertificates?.length], [true, 1, [{ certPem: client.cert, keyPem: client.key }], 1]);

  (await send('PATCH', `/certificates/${certificate}`, { json: { cert: second.cert, key: second.key } })).expect(200);
  const renewed = compileNext(await receive(snapshot), config);
  assert.deepEqual(renewed.certificates.forServerName('walk.test')?.pairs, [{ certPem: second.cert, keyPem: second.key }]);
  assert.equal(renewed.certificates.caCertificates, config.certificates.caCertificates);
  session.cut();
});
