import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { describe, test } from 'node:test';
import { firstBlock, testAuthority, testCertificate } from '../../../test/support/test-certificates.ts';
import { pluginContext, pluginRun, pluginServices, type HostParts, type RecordedContext } from '../../plugin-kit/plugin-host.ts';
import type { ConfigLookup, MtlsCredential } from '../config-lookup.ts';
import type { ClientCertificate, Verdict } from '../contract.ts';
import { mtlsAuthFactory } from './handler.ts';
import { mtlsAuthSchema, type MtlsAuthConfig } from './schema.ts';

const [ROOT, INTERMEDIATE, OTHER] = ['root', 'intermediate', 'other'];
const DEFAULTS: MtlsAuthConfig = {
  ca_certificates: [ROOT, INTERMEDIATE], anonymous: null, consumer_by: ['username', 'custom_id'], skip_consumer_lookup: false, authenticated_group_by: 'CN', default_consumer: null,
  allow_partial_chain: false, revocation_check_mode: 'SKIP', send_ca_dn: false, cache_ttl: 60, cert_cache_ttl: 60_000, http_timeout: 30_000,
  http_proxy_host: null, http_proxy_port: null, https_proxy_host: null, https_proxy_port: null,
};
const root = await testAuthority('Root');
const intermediate = await testCertificate({ names: ['Below'], isAuthority: true, authority: root });
const leaf = await testCertificate({ names: ['ann.test'], authority: intermediate });
const CONSUMERS = [{ id: 'ann-id', username: 'ann.test', customId: 'ann@a.test' }, { id: 'bob-id', username: 'bob', customId: null }, { id: 'guest-id', username: 'guest', customId: null }];
const authorities: Readonly<Record<string, string>> = { [ROOT]: root.cert, [INTERMEDIATE]: firstBlock(intermediate.cert), [OTHER]: root.cert };

function shown(parts: Partial<ClientCertificate> & { readonly pem?: string } = {}): ClientCertificate {
  const { pem = leaf.cert, ...rest } = parts;
  const certificate = new X509Certificate(pem);
  return {
    subject: certificate.subject, issuer: certificate.issuer, serialNumber: '01', fingerprint: 'f1', alternativeNames: ['DNS:ann.test'],
    notBeforeMs: 1_000, notAfterMs: 2_000, der: certificate.raw, chain: [], verifiedBy: [INTERMEDIATE, ROOT], ...rest,
  };
}

interface Outcome {
  readonly verdict: Verdict | undefined;
  readonly context: RecordedContext;
}

function run(certificate: ClientCertificate | undefined, config: Partial<MtlsAuthConfig> = {}, { lookup = {}, credentials = {}, ...parts }: HostParts & { readonly lookup?: Partial<ConfigLookup>; readonly credentials?: Readonly<Record<string, readonly MtlsCredential[]>> } = {}, nowMs = 1_500): Outcome {
  const context = pluginContext({
    scheme: 'https', host: 'a.test', serverName: 'a.test', ...(certificate === undefined ? {} : { clientCertificate: certificate }), ...parts,
    config: {
      caCertificate: (id) => authorities[id], mtlsCredentials: (name) => credentials[name] ?? [],
      consumerById: (id) => CONSUMERS.find((one) => one.id === id), consumerByUsername: (name) => CONSUMERS.find((one) => one.username === name), consumerByCustomId: (id) => CONSUMERS.find((one) => one.customId === id),
      ...lookup,
    },
  });
  const instance = mtlsAuthFactory.create({ ...DEFAULTS, ...config }, pluginServices({ clock: { nowMs: () => nowMs, monotonicMs: () => nowMs } }));
  return { verdict: pluginRun(instance).head(context), context };
}

function refused({ verdict, context }: Outcome, status: number, message: string): void {
  assert.deepEqual(verdict, { kind: 'respond', status, message });
  assert.deepEqual([context.consumer, context.credential, context.effects.filter((effect) => effect.startsWith('set'))], [undefined, undefined, []]);
}

const NOT_SENT = 'No required TLS certificate was sent';
const NOT_VERIFIED = 'TLS certificate failed verification';

describe('who is refused', () => {
  test('no certificate, no TLS, and a connection that was made for another name', () => {
    refused(run(undefined), 401, NOT_SENT);
    refused(run(undefined, {}, { scheme: 'http' }), 401, NOT_SENT);
    refused(run(undefined, {}, { host: 'b.test' }), 421, 'Misdirected Request');
    refused(run(shown({ verifiedBy: [OTHER] }), {}, { host: 'b.test' }), 421, 'Misdirected Request');
  });

  test('a certificate that was not verified, or by authorities that are not its own or are gone', () => {
    for (const verifiedBy of [[], [OTHER], ['__proto__'], ['gone']]) refused(run(shown({ verifiedBy }), { ca_certificates: [ROOT, 'gone'] }), 401, NOT_VERIFIED);
    refused(run(shown(), {}, { lookup: { caCertificate: () => undefined } }), 401, NOT_VERIFIED);
  });

  test('one that expired, or is not valid yet, though its connection stands', () => {
    refused(run(shown(), {}, {}, 999), 401, NOT_VERIFIED);
    refused(run(shown(), {}, {}, 2_001), 401, NOT_VERIFIED);
    assert.equal(run(shown(), {}, {}, 2_000).verdict, undefined);
  });

  test('one that leads to an authority below others, unless that is enough', () => {
    refused(run(shown({ verifiedBy: [INTERMEDIATE] })), 401, NOT_VERIFIED);
    refused(run(shown(), { ca_certificates: [INTERMEDIATE] }), 401, NOT_VERIFIED);
    assert.equal(run(shown({ verifiedBy: [INTERMEDIATE] }), { allow_partial_chain: true }).verdict, undefined);
  });

  test('one whose names are nobody\'s, or of a credential whose consumer is gone', () => {
    refused(run(shown({ alternativeNames: [], pem: root.cert })), 401, NOT_VERIFIED);
    refused(run(shown(), {}, { credentials: { 'ann.test': [{ ref: { id: 'c', consumerId: 'gone' }, caCertificateId: undefined }] } }), 401, NOT_VERIFIED);
    refused(run(shown(), { consumer_by: [] }), 401, NOT_VERIFIED);
  });
});

describe('whom a certificate stands for', () => {
  const credential = (id: string, consumerId: string, caCertificateId?: string): MtlsCredential => ({ ref: { id, consumerId }, caCertificateId });

  test('a credential for its authority goes before one for any, whatever the order of the names; then the consumer\'s own names; then the usual one', () => {
    const idOf = (...given: Parameters<typeof run>): readonly (string | undefined)[] => {
      const { context } = run(...given);
      return [context.consumer?.id, context.credential?.id];
    };
    const certificate = shown({ alternativeNames: ['DNS:ann.test', 'email:ann@a.test'] });
    const any = { 'ann.test': [credential('any', 'bob-id')] };
    assert.deepEqual(idOf(certificate, {}, { credentials: { ...any, 'ann@a.test': [credential('own', 'ann-id', ROOT)] } }), ['ann-id', 'own']);
    assert.deepEqual(idOf(certificate, {}, { credentials: { ...any, 'ann@a.test': [credential('foreign', 'ann-id', OTHER)] } }), ['bob-id', 'any']);
    assert.deepEqual(idOf(certificate, { ca_certificates: [ROOT] }, { credentials: { 'ann.test': [credential('untrusted', 'bob-id', INTERMEDIATE)] } }), ['ann-id', 'f1']);
    assert.deepEqual(idOf(certificate), ['ann-id', 'f1'], 'by username');
    assert.deepEqual(idOf(shown({ alternativeNames: ['email:ann@a.test'], pem: root.cert })), ['ann-id', 'f1'], 'by custom id');
    assert.deepEqual(idOf(shown({ alternativeNames: [] }), {}), ['ann-id', 'f1'], 'by the common name');
    assert.deepEqual(idOf(shown({ alternativeNames: [], pem: root.cert }), { default_consumer: 'guest' }), ['guest-id', 'f1']);
  });

  test('names of kinds that are not for clients, empty ones and ones with control characters are none', () => {
    for (const name of ['DirName:ann.test', 'othername:ann.test', 'Registered ID:ann.test', 'DNS:', 'DNS:ann.test\u0000.evil', 'URI:ann.test\r\nX-Consumer-ID: bob', 'ann.test', ':ann.test']) {
      const asked: string[] = [];
      refused(run(shown({ alternativeNames: [name], pem: root.cert }), {}, { lookup: { consumerByUsername: (given) => void asked.push(given) } }), 401, NOT_VERIFIED);
      assert.deepEqual(asked, ['Root'], 'the common name alone');
    }
  });

  test('a subject with several common names has none, and one with a line break neither', async () => {
    for (const subject of ['CN=ann.test, CN=bob', 'O=ann.test', 'CN=ann.test\\0ABcc']) {
      const { cert } = await testCertificate({ names: ['x.test'], subject });
      const asked: string[] = [];
      run(shown({ pem: cert, alternativeNames: [] }), {}, { lookup: { consumerByUsername: (given) => void asked.push(given) } });
      assert.deepEqual(asked.filter((name) => name.includes('ann.test')), [], subject);
    }
  });
});

describe('without a consumer', () => {
  test('the name becomes the group, and the backend reads what was verified', () => {
    const { verdict, context } = run(shown({ subject: 'CN=ann.test, O=Ä', alternativeNames: ['DNS:ann.test', 'URI:https://a.test/?a, DNS:bob'] }), { skip_consumer_lookup: true });
    assert.equal(verdict, undefined);
    assert.deepEqual(context.effects, ['remove-upstream X-Client-Cert-Dn', 'remove-upstream X-Client-Cert-San', 'authenticate nobody by f1', 'set-groups ann.test', 'set-upstream X-Client-Cert-Dn: CN=ann.test, O=Ã\u0084', 'set-upstream X-Client-Cert-San: DNS:ann.test']);
    const groups = (by: MtlsAuthConfig['authenticated_group_by']): readonly string[] => run(shown({ subject: 'CN=ann.test, O=A' }), { skip_consumer_lookup: true, authenticated_group_by: by }).context.effects.filter((effect) => effect.startsWith('set-groups'));
    assert.deepEqual([groups('CN'), groups('DN')], [['set-groups ann.test'], ['set-groups CN=ann.test, O=A']]);
  });

  test('a name with a comma is a group for acl, and a warning: the backend would read two', async () => {
    const { cert } = await testCertificate({ names: ['x.test'], subject: 'CN=ann\\, admin' });
    const certificate = shown({ pem: cert, subject: 'CN=ann\\, admin' });
    for (const [by, group] of [['CN', 'ann, admin'], ['DN', 'CN=ann\\, admin']] as const) {
      const services = pluginServices({ clock: { nowMs: () => 1_500, monotonicMs: () => 0 } });
      const context = pluginContext({ scheme: 'https', host: 'a.test', serverName: 'a.test', clientCertificate: certificate, config: { caCertificate: (id) => authorities[id] } });
      assert.equal(pluginRun(mtlsAuthFactory.create({ ...DEFAULTS, skip_consumer_lookup: true, authenticated_group_by: by }, services)).head(context), undefined);
      assert.ok(context.effects.includes(`set-groups ${group}`), context.effects.join());
      assert.deepEqual(services.warnings, ['mtls-auth-group-not-sent']);
    }
  });

  test('what a client says about its certificate never reaches the backend', () => {
    const headers = [['X-Client-Cert-Dn', 'CN=root'], ['x-client-cert-san', 'DNS:root']] as const;
    for (const config of [{}, { skip_consumer_lookup: true }, { anonymous: 'guest' }]) {
      for (const certificate of [undefined, shown()]) {
        const { context } = run(certificate, config, { headers });
        for (const name of ['x-client-cert-dn', 'x-client-cert-san']) assert.ok(!context.upstreamHeaderValues(name).join().includes('root'));
      }
    }
  });
});

test('with anonymous it is one of several proofs', () => {
  for (const [certificate, parts] of [[undefined, {}], [undefined, { host: 'b.test' }], [shown({ verifiedBy: [] }), {}]] as const) {
    assert.deepEqual(run(certificate, { anonymous: 'guest' }, parts).context.effects.at(-1), 'authenticate guest-id by nothing');
  }
  const settled = run(undefined, { anonymous: 'guest' }, { consumer: { id: 'x', username: null, customId: null }, credential: { id: 'c', consumerId: 'x' } });
  assert.deepEqual([settled.verdict, settled.context.consumer?.id], [undefined, 'x']);
  assert.equal(run(undefined, { anonymous: 'nobody' }).verdict?.status, 500);
});

test('clients are asked with the names of its authorities', () => {
  const instance = mtlsAuthFactory.create(DEFAULTS, pluginServices());
  assert.deepEqual(instance.certificate?.({ serverName: undefined, config: pluginContext().config }), { kind: 'ask', authorities: [ROOT, INTERMEDIATE] });
});

test('nobody is asked about revocation, and nothing waits, unless that is wanted', async () => {
  const isAsync = (mode: MtlsAuthConfig['revocation_check_mode']): unknown => mtlsAuthFactory.create({ ...DEFAULTS, revocation_check_mode: mode }, pluginServices()).isAsync;
  assert.deepEqual([isAsync('SKIP'), isAsync('IGNORE_CA_ERROR'), isAsync('STRICT')], [undefined, true, true]);
  assert.ok(mtlsAuthSchema.config.some((field) => field.name === 'revocation_check_mode' && field.default === 'SKIP'));
});

test('a client who was revoked is the anonymous one, where there is one', async () => {
  const instance = mtlsAuthFactory.create({ ...DEFAULTS, anonymous: 'guest', revocation_check_mode: 'STRICT' }, pluginServices({ clock: { nowMs: () => 1_500, monotonicMs: () => 0 } }));
  const context = pluginContext({ scheme: 'https', host: 'a.test', serverName: 'a.test', clientCertificate: shown(), config: { caCertificate: (id) => authorities[id], consumerById: () => undefined, consumerByUsername: (name) => CONSUMERS.find((one) => one.username === name) } });
  assert.equal(await pluginRun(instance).headAsync(context), undefined);
  assert.deepEqual(context.effects.at(-1), 'authenticate guest-id by nothing');
});
