/** Certificates from entities to what TLS is served with: opened, chosen by name, quarantined, shown to backends (S6, T2). */
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { defined } from '../../shared/assert.ts';
import type { JsonObject } from '../../shared/model/definition.ts';
import { definitionOf } from '../../shared/model/registry.ts';
import { ContentSeal } from '../../shared/trust/content-seal.ts';
import { encodeEntity } from '../../shared/wire/entity-codec.ts';
import { compile, compiled } from '../../test/support/compile-config.ts';
import { CONTENT_KEYS, contentKeysOf, put, ref, remove, testId } from '../../test/support/config-content.ts';
import { requestView } from '../../shared/plugin-kit/request-view.ts';
import { testAuthority, testCertificate, type TestCertificate } from '../../test/support/test-certificates.ts';
import type { RuntimeRoute, RuntimeService } from './active-config.ts';
import type { EntityChange } from './compile-contract.ts';
import type { CompiledConfig } from './compiled-config.ts';

const [one, two, rsa, authority, otherAuthority] = await Promise.all([testCertificate({ names: ['one.test'] }), testCertificate({ names: ['two.test'] }), testCertificate({ keyType: 'rsa' }), testAuthority('A'), testAuthority('B')]);

function certificate(digits: string, { cert, key }: TestCertificate, more: JsonObject = {}): EntityChange {
  return put('certificates', { id: testId(digits), cert, key, ...more });
}

function sni(digits: string, name: string, certificateDigits: string): EntityChange {
  return put('snis', { id: testId(digits), name, certificate: ref(certificateDigits) });
}

function routeOf(config: CompiledConfig): RuntimeRoute {
  return defined(config.match(requestView({ path: '/' })), 'a match').route;
}

function serviceOf(config: CompiledConfig): RuntimeService {
  return defined(routeOf(config).service, 'a service');
}

function shownFor(config: CompiledConfig, name: string | undefined): string | undefined {
  return config.certificates.forServerName(name)?.id;
}

const ROUTE = put('routes', { id: testId('b1'), paths: ['/'], service: ref('a1') });
const service = (more: JsonObject): EntityChange => put('services', { id: testId('a1'), host: 'back.test', protocol: 'https', ...more });
/** The same bytes sealed for a gateway that is not this one. */
const FOREIGN = contentKeysOf({ tenantId: CONTENT_KEYS.tenantId, gatewayId: testId('bad') });
const unopenable = put('certificates', { id: testId('c1'), cert: one.cert, key: one.key }, FOREIGN);

test('the narrowest name wins: exact, first label open, last label open, every name, none', () => {
  const names = ['a.one.test', '*.one.test', 'one.*', 'localhost', '*'];
  const all = names.flatMap((name, index) => [certificate(`c${index}`, one), sni(`d${index}`, name, `c${index}`)]);
  const { config, quarantined } = compiled(all);
  assert.deepEqual(quarantined, []);
  const expected: readonly (readonly [string | undefined, string])[] = [
    ['a.one.test', 'c0'], ['b.one.test', 'c1'], ['one.test', 'c2'], ['one.org', 'c2'], ['localhost', 'c3'], ['x.b.one.test', 'c4'], ['one.test.org', 'c4'],
    ['two.test', 'c4'], ['', 'c4'], ['.', 'c4'], ['..', 'c4'], ['*', 'c4'], [undefined, 'c4'],
  ];
  for (const [name, digits] of expected) assert.equal(shownFor(config, name), testId(digits), String(name));
  const withoutAny = compiled([remove('snis', testId('d4'))], { base: config }).config;
  for (const name of ['two.test', '', 'one', undefined]) assert.equal(withoutAny.certificates.forServerName(name), undefined, String(name));
});

test('a certificate comes out as it was written, with both of its keys', () => {
  const { config } = compiled([certificate('c1', rsa, { cert_alt: one.cert, key_alt: one.key }), sni('d1', 'one.test', 'c1')]);
  assert.deepEqual(config.certificates.forServerName('one.test'), { id: testId('c1'), pairs: [{ certPem: rsa.cert, keyPem: rsa.key }, { certPem: one.cert, keyPem: one.key }] });
});

test('the book, its certificates and its authorities are the same objects while nothing of theirs changed', () => {
  const first = compiled([certificate('c1', one), sni('d1', 'one.test', 'c1'), certificate('c2', two), sni('d2', 'two.test', 'c2'), put('ca_certificates', { id: testId('e1'), cert: authority.cert }), service({}), ROUTE]).config;
  const [book, shown] = [first.certificates, first.certificates.forServerName('one.test')];
  assert.equal(compiled([service({ retries: 1 })], { base: first }).config.certificates, book, 'another kind changed');

  const other = compiled([certificate('c2', rsa)], { base: first }).config;
  assert.notEqual(other.certificates, book);
  assert.equal(other.certificates.forServerName('one.test'), shown, 'another certificate changed');
  assert.deepEqual(other.certificates.forServerName('two.test')?.pairs, [{ certPem: rsa.cert, keyPem: rsa.key }]);
  assert.equal(other.certificates.caCertificates, book.caCertificates);
  assert.deepEqual(first.certificates.forServerName('two.test')?.pairs, [{ certPem: two.cert, keyPem: two.key }], 'who pinned the first still has it');

  assert.equal(compiled([certificate('c1', one, { tags: ['only tags'] })], { base: first }).config.certificates.forServerName('one.test'), shown);
  const snapshot = compiled([certificate('c1', one), sni('d1', 'one.test', 'c1')], { base: first, reset: true }).config;
  assert.equal(snapshot.certificates.forServerName('one.test'), shown, 'a snapshot opens nothing that is open');
  assert.equal(snapshot.certificates.forServerName('two.test'), undefined);
});

test('authorities are told by id, the unusable ones left out and reported', () => {
  const bad = put('ca_certificates', { id: testId('e2'), cert: otherAuthority.cert });
  const { config, quarantined } = compiled([put('ca_certificates', { id: testId('e3'), cert: otherAuthority.cert }), put('ca_certificates', { id: testId('e1'), cert: authority.cert })]);
  assert.deepEqual([config.certificates.caCertificates, quarantined], [[{ id: testId('e1'), certPem: authority.cert }, { id: testId('e3'), certPem: otherAuthority.cert }], []]);
  const text = Buffer.from(defined(bad.bytes, 'bytes')).toString('latin1').replace('BEGIN CERTIFICATE', 'BEGIN CERTIFIKATE');
  const broken = compiled([{ ...bad, bytes: Buffer.from(text, 'latin1') }], { base: config });
  assert.deepEqual(broken.config.certificates.caCertificates.map(({ id }) => id), [testId('e1'), testId('e3')]);
  assert.deepEqual(broken.quarantined.map(({ kind, id, code }) => [kind, id, code]), [['ca_certificates', testId('e2'), 'CONFIG_CERTIFICATE_UNUSABLE']]);
});

test('S6: a certificate that does not open closes its names, which are never shown another; the rest serves', () => {
  const { config, quarantined } = compiled([unopenable, sni('d1', 'one.test', 'c1'), certificate('c2', two), sni('d2', '*.test', 'c2'), sni('d3', '*', 'c2')]);
  assert.deepEqual(config.certificates.forServerName('one.test'), { id: testId('c1'), pairs: [] });
  assert.equal(shownFor(config, 'two.test'), testId('c2'));
  assert.deepEqual(quarantined.map(({ kind, id, code }) => [kind, id, code]), [['certificates', testId('c1'), 'CONFIG_CERTIFICATE_UNUSABLE'], ['snis', testId('d1'), 'CONFIG_REFERENCE_DANGLING']]);
  assert.match(quarantined[0]?.reason ?? '', /its key cannot be opened/);
  assert.ok(!quarantined.some(({ reason }) => reason.includes('PRIVATE KEY')));

  const mended = compiled([certificate('c1', one)], { base: config });
  assert.deepEqual([mended.quarantined, mended.config.certificates.forServerName('one.test')?.pairs.length], [[], 1]);
  const brokenAgain = compiled([unopenable], { base: mended.config });
  assert.deepEqual(brokenAgain.quarantined, quarantined);
  assert.deepEqual(brokenAgain.config.certificates.forServerName('one.test')?.pairs, []);
});

test('S6: a certificate that can not even be read closes its names too', () => {
  const { config, quarantined } = compiled([{ kind: 'certificates', id: testId('c1'), bytes: Uint8Array.of(255) }, sni('d1', 'one.test', 'c1'), certificate('c2', two), sni('d2', '*', 'c2')]);
  assert.deepEqual(config.certificates.forServerName('one.test'), { id: testId('c1'), pairs: [] });
  assert.deepEqual(quarantined.map(({ kind, code }) => [kind, code]), [['certificates', 'CONFIG_ENTITY_UNREADABLE'], ['snis', 'CONFIG_REFERENCE_DANGLING']]);
});

/** Past the rules of the admin API. */
function unchecked(digits: string, given: { readonly cert: string; readonly key: string; readonly alternative?: TestCertificate }): EntityChange {
  const id = testId(digits);
  const sealed = (field: string, key: string): Uint8Array => new ContentSeal(CONTENT_KEYS).seal({ kind: 'certificates', id, field }, Buffer.from(key));
  const { cert, key, alternative } = given;
  const entity = { id, created_at: 0, updated_at: 0, cert, cert_alt: alternative?.cert ?? null, tags: null };
  const secrets = { key: sealed('key', key), ...(alternative === undefined ? {} : { key_alt: sealed('key_alt', alternative.key) }) };
  return { kind: 'certificates', id, bytes: encodeEntity(definitionOf('certificates'), entity, secrets) };
}

test('S6: a pair that does not go together is not served, nor is what goes with it', () => {
  const bad: readonly (readonly [EntityChange, RegExp])[] = [
    [unchecked('c1', { cert: one.cert, key: two.key }), /the key is not that of the certificate/],
    [unchecked('c1', { cert: one.cert, key: 'no key' }), /the key cannot be read/],
    [unchecked('c1', { cert: 'no certificate', key: one.key }), /the certificate cannot be read/],
    [unchecked('c1', { cert: one.cert, key: one.key, alternative: { ...rsa, key: two.key } }), /the key is not that of the certificate/],
  ];
  for (const [change, reason] of bad) {
    const { config, quarantined } = compiled([change, sni('d1', 'one.test', 'c1')]);
    assert.match(quarantined[0]?.reason ?? '', reason);
    assert.deepEqual(config.certificates.forServerName('one.test')?.pairs, []);
  }
  assert.deepEqual(compiled([unchecked('c1', { ...one, alternative: rsa })]).quarantined, []);
});

test('S6: one sealed under a content key that is not there is quarantined', () => {
  const elsewhere = put('certificates', { id: testId('c1'), cert: one.cert, key: one.key }, { ...CONTENT_KEYS, keys: [{ keyId: 9, key: Buffer.alloc(32, 9) }] });
  assert.match(compiled([elsewhere]).quarantined[0]?.reason ?? '', /content key 9, which is not there/);
  const keys = { ...CONTENT_KEYS, keys: [{ keyId: 10, key: Buffer.alloc(32, 10) }, { keyId: 9, key: Buffer.alloc(32, 9) }] };
  assert.deepEqual(compiled([elsewhere], { contentKeys: keys }).quarantined, [], 'an older key opens what it sealed');
});

test('S6: a key that comes later opens what waited for it, without a change of the configuration, and its dependants serve again', () => {
  const later = { keyId: 9, key: Buffer.alloc(32, 9) };
  const changes = [ROUTE, service({ client_certificate: ref('c1') }), put('certificates', { id: testId('c1'), cert: one.cert, key: one.key }, { ...CONTENT_KEYS, keys: [later] }), certificate('c2', two), sni('d1', 'one.test', 'c1')];
  const first = compiled(changes);
  assert.deepEqual(first.quarantined.map(({ kind, code }) => [kind, code]), [['certificates', 'CONFIG_CERTIFICATE_UNUSABLE'], ['services', 'CONFIG_REFERENCE_DANGLING'], ['snis', 'CONFIG_REFERENCE_DANGLING']]);
  assert.deepEqual([routeOf(first.config).quarantined, first.config.certificates.forServerName('one.test')?.pairs], ['CONFIG_REFERENCE_DANGLING', []]);
  const contentKeys = { ...CONTENT_KEYS, keys: [later, ...CONTENT_KEYS.keys] };
  const second = compiled([], { base: first.config, contentKeys });
  assert.deepEqual(second.quarantined, compiled(changes, { contentKeys }).quarantined);
  assert.deepEqual([second.quarantined, routeOf(second.config).quarantined, second.config.certificates.forServerName('one.test')?.pairs.length], [[], undefined, 1]);
  assert.deepEqual(compiled([], { base: second.config, contentKeys }).config.parts.opened, second.config.parts.opened, 'nothing is opened again for the same keys');
});

test('certificates without any content key refuse the whole: the configuration before serves on', () => {
  const result = compile([certificate('c1', one)], { contentKeys: undefined });
  assert.equal(result.kind === 'refused' && result.problems[0]?.code, 'CONFIG_CONTENT_KEY_MISSING');
});

test("a service's TLS: verified unless it says no, its own certificate before the upstream's, authorities in place of the system's", () => {
  const basis = [ROUTE, certificate('c1', one), certificate('c2', two), put('ca_certificates', { id: testId('e1'), cert: authority.cert }), put('ca_certificates', { id: testId('e2'), cert: otherAuthority.cert }), put('upstreams', { id: testId('f1'), name: 'back.test', client_certificate: ref('c2') })];
  const tlsOf = (more: JsonObject, changes = basis): RuntimeService['tls'] => serviceOf(compiled([...changes, service(more)]).config).tls;
  const withoutUpstream = basis.slice(0, -1);
  assert.deepEqual(tlsOf({}, withoutUpstream), { key: '', verify: true, verifyDepth: null, clientCertificate: undefined, caCertificates: undefined });
  assert.deepEqual([tlsOf({ tls_verify: true }, withoutUpstream).verify, tlsOf({ tls_verify: false }, withoutUpstream).verify, tlsOf({ protocol: 'grpcs' }, withoutUpstream).verify], [true, false, true]);
  assert.equal(tlsOf({}).clientCertificate?.id, testId('c2'));
  assert.equal(tlsOf({ client_certificate: ref('c1') }).clientCertificate?.id, testId('c1'));
  assert.deepEqual(tlsOf({ ca_certificates: [testId('e2'), testId('e1')] }).caCertificates?.map(({ id }) => id), [testId('e1'), testId('e2')]);
  assert.equal(tlsOf({ ca_certificates: [] }, withoutUpstream).key, '');

  const settings: readonly JsonObject[] = [{}, { tls_verify: false }, { tls_verify_depth: 2 }, { client_certificate: ref('c1') }, { ca_certificates: [testId('e1')] }, { ca_certificates: [testId('e1'), testId('e2')] }, { tls_verify_depth: 2, ca_certificates: [testId('e9')] }];
  const keys = settings.map((more) => tlsOf(more, withoutUpstream).key);
  assert.equal(new Set(keys).size, settings.length, 'connections are not shared between different settings');
  assert.deepEqual(settings.map((more) => tlsOf(more, withoutUpstream.toReversed()).key), keys, 'and are between equal ones, of other configurations too');
  assert.equal(tlsOf({ client_certificate: ref('c1') }, [...withoutUpstream.filter(({ id }) => id !== testId('c1')), certificate('c1', rsa)]).key === keys[3], false, 'a renewed certificate is another');
});

test("the upstream's Host header names its targets in TLS, as in Kong, unless it is an address", () => {
  const tlsOf = (hostHeader: string | null): RuntimeService['tls'] => serviceOf(compiled([ROUTE, put('upstreams', { id: testId('f1'), name: 'back.test', host_header: hostHeader }), service({})]).config).tls;
  assert.deepEqual([tlsOf('Named.test:8443').serverName, tlsOf('10.0.0.1').serverName, tlsOf('[2001:db8::1]:443').serverName, tlsOf(null).serverName], ['named.test', undefined, undefined, undefined]);
  assert.notEqual(tlsOf('named.test').key, tlsOf('other.test').key);
  assert.equal(tlsOf('named.test').key, tlsOf('named.test:1').key);
});

test('S6: the routes of a service whose certificate or authority cannot be used answer 503, and serve again when it can', () => {
  const basis = [ROUTE, certificate('c2', two), put('ca_certificates', { id: testId('e1'), cert: authority.cert })];
  const first = compiled([...basis, unopenable, service({ client_certificate: ref('c1') })]);
  assert.equal(routeOf(first.config).quarantined, 'CONFIG_REFERENCE_DANGLING');
  assert.equal(routeOf(compiled([certificate('c1', one)], { base: first.config }).config).quarantined, undefined);

  const byUpstream = compiled([...basis, unopenable, service({}), put('upstreams', { id: testId('f1'), name: 'back.test', client_certificate: ref('c1') })]);
  assert.equal(routeOf(byUpstream.config).quarantined, 'CONFIG_REFERENCE_DANGLING');
  assert.equal(routeOf(compiled([put('upstreams', { id: testId('f1'), name: 'back.test' })], { base: byUpstream.config }).config).quarantined, undefined);

  const withoutAuthority = compiled([...basis, service({ ca_certificates: [testId('e9')] })]);
  assert.equal(routeOf(withoutAuthority.config).quarantined, 'CONFIG_REFERENCE_DANGLING');
  assert.equal(routeOf(compiled([put('ca_certificates', { id: testId('e9'), cert: otherAuthority.cert })], { base: withoutAuthority.config }).config).quarantined, undefined);
});

test('a service sees a renewed certificate, whichever change brought it', () => {
  const first = compiled([ROUTE, certificate('c1', one), service({ client_certificate: ref('c1') })]).config;
  const renewed = compiled([certificate('c1', two)], { base: first }).config;
  assert.deepEqual(serviceOf(renewed).tls.clientCertificate?.pairs, [{ certPem: two.cert, keyPem: two.key }]);
  assert.notEqual(serviceOf(renewed).tls.key, serviceOf(first).tls.key);
  const trusting = compiled([put('ca_certificates', { id: testId('e1'), cert: authority.cert }), service({ ca_certificates: [testId('e1')] })], { base: renewed }).config;
  const changed = compiled([put('ca_certificates', { id: testId('e1'), cert: otherAuthority.cert })], { base: trusting }).config;
  assert.deepEqual(serviceOf(changed).tls.caCertificates, [{ id: testId('e1'), certPem: otherAuthority.cert }]);
});
