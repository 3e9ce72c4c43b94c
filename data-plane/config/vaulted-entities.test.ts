import assert from 'node:assert/strict';
import { test } from 'node:test';
import { registerPlugin } from '../../shared/plugins/registered-plugin.ts';
import { encodeEntity } from '../../shared/wire/entity-codec.ts';
import { definitionOf } from '../../shared/model/registry.ts';
import { compiled, testServices, type CompileOptions } from '../../test/support/compile-config.ts';
import { CONTENT_KEYS, put, ref, testId } from '../../test/support/config-content.ts';
import { requestView } from '../../shared/plugin-kit/request-view.ts';
import { testCertificate } from '../../test/support/test-certificates.ts';
import type { VaultValue, VaultValues } from '../vaults/vault-values.ts';
import type { EntityChange } from './compile-contract.ts';
import type { CompiledConfig } from './compiled-config.ts';

const CERT = '{vault://prod/site/cert}';
const KEY = '{vault://prod/site/key}';
const TOKEN = '{vault://env/secret-token}';

const value = (text: string): VaultValue => ({ kind: 'value', value: text });
const missing = (problem: string): VaultValue => ({ kind: 'missing', problem });
const values = (entries: Readonly<Record<string, VaultValue>>): VaultValues => new Map(Object.entries(entries));

/** A plugin that has a secret, and says so when it can't be made. */
const made: string[] = [];
const secretive = registerPlugin(
  {
    name: 'secretive', version: '1.0.0', priority: 10, scopes: ['global', 'route'], protocols: ['http', 'https'], description: '',
    config: [{ name: 'tokens', tag: 1, type: { kind: 'array', of: { kind: 'string', maxLength: 40, referenceOnly: true } }, referenceable: true, description: '' }],
  },
  {
    name: 'secretive',
    create(config) {
      const [token = ''] = config.tokens ?? [];
      if (token.includes('broken')) throw new Error(`what is ${token}?`);
      made.push(token);
      return {};
    },
  },
);
const services = testServices({ plugins: new Map([['secretive', secretive]]) });

/** As published: the test's plugin is in no catalog. */
function plugin(token: string): EntityChange {
  const entity = { id: testId('f1'), created_at: 1, updated_at: 1, name: 'secretive', config: { tokens: [token] }, enabled: true, protocols: ['http'], route: null, service: null, consumer: null, tags: null };
  return { kind: 'plugins', id: entity.id, bytes: encodeEntity(definitionOf('plugins'), entity) };
}

function next(base: CompiledConfig | undefined, vaultValues: VaultValues, changes: readonly EntityChange[] = [], over: CompileOptions = {}) {
  const { config, quarantined } = compiled(changes, { ...(base === undefined ? {} : { base }), services, vaultValues, ...over });
  return { config, told: quarantined.map(({ kind, code }) => `${kind} ${code}`), reasons: quarantined.map(({ reason }) => reason).join('; ') };
}

test('a certificate and its key are what their references stand for, and are closed where they stand for nothing', async () => {
  const [first, second, other] = await Promise.all([testCertificate({ names: ['a.test'] }), testCertificate({ names: ['a.test'] }), testCertificate({ names: ['a.test'] })]);
  const changes = [put('certificates', { id: testId('c1'), cert: CERT, key: KEY }), put('snis', { id: testId('d1'), name: 'a.test', certificate: ref('c1') })];
  const shown = ({ config }: { readonly config: CompiledConfig }) => config.certificates.forServerName('a.test')?.pairs;

  const closed = next(undefined, values({ [CERT]: missing('VAULT_UNREACHABLE: vault.test does not answer'), [KEY]: value(first.key) }), changes);
  assert.deepEqual([shown(closed), closed.told], [[], ['certificates CONFIG_VAULT_UNRESOLVED', 'snis CONFIG_REFERENCE_DANGLING']]);
  assert.match(closed.reasons, /^cert refers to \{vault:\/\/prod\/site\/cert\}, which could not be looked up: VAULT_UNREACHABLE: vault\.test does not answer/);
  const open = next(closed.config, values({ [CERT]: value(first.cert), [KEY]: value(first.key) }));
  assert.deepEqual([shown(open), open.told], [[{ certPem: first.cert, keyPem: first.key }], []], 'it opens by itself, without a change');
  const rotated = next(open.config, values({ [CERT]: value(second.cert), [KEY]: value(second.key) }));
  assert.deepEqual(shown(rotated), [{ certPem: second.cert, keyPem: second.key }]);
  const same = next(rotated.config, values({ [CERT]: value(second.cert), [KEY]: value(second.key) }));
  assert.equal(same.config.certificates, rotated.config.certificates, 'the same values change nothing');
  const apart = next(rotated.config, values({ [CERT]: value(second.cert), [KEY]: value(other.key) }));
  assert.deepEqual([shown(apart), apart.told[0]], [[], 'certificates CONFIG_CERTIFICATE_UNUSABLE'], 'what was skipped at write time is held against each other here');
  const nonsense = next(rotated.config, values({ [CERT]: value(second.cert), [KEY]: value('no key, but secret') }));
  assert.deepEqual([shown(nonsense), nonsense.told[0]], [[], 'certificates CONFIG_VAULT_VALUE_INVALID']);
  assert.doesNotMatch(nonsense.reasons, /no key, but secret/);
});

test('a plugin is made with the value, again only when it changed, and refuses everything without one', () => {
  made.length = 0;
  const changes = [put('routes', { id: testId('b1'), paths: ['/'] }), plugin(TOKEN)];
  const entries = ({ config }: { readonly config: CompiledConfig }) => config.match(requestView({ path: '/' }))?.route.chainFor(undefined).entries.map(({ instance }) => instance);

  const closed = next(undefined, new Map(), changes);
  assert.deepEqual([closed.told, made], [['plugins CONFIG_VAULT_UNRESOLVED'], []]);
  assert.equal('requestHead' in (entries(closed)?.[0] ?? {}), true, 'what stands in its place refuses');
  const open = next(closed.config, values({ [TOKEN]: value('token-one') }));
  assert.deepEqual([open.told, made, 'requestHead' in (entries(open)?.[0] ?? {})], [[], ['token-one'], false]);
  const again = next(open.config, values({ [TOKEN]: value('token-one') }), [plugin(TOKEN)]);
  assert.deepEqual([made, entries(again)?.[0]], [['token-one'], entries(open)?.[0]], 'the same entity and value are the same instance');
  const snapshot = next(again.config, values({ [TOKEN]: value('token-one') }), changes, { reset: true });
  assert.deepEqual([made, entries(snapshot)?.[0]], [['token-one'], entries(open)?.[0]], 'also in a snapshot');
  const rotated = next(snapshot.config, values({ [TOKEN]: value('token-two') }));
  assert.deepEqual([rotated.told, made], [[], ['token-one', 'token-two']]);
  const failed = next(rotated.config, values({ [TOKEN]: value('broken-token') }));
  assert.deepEqual(failed.told, ['plugins CONFIG_PLUGIN_FAILED']);
  assert.match(failed.reasons, /what is \(from a vault\)\?/);
  assert.doesNotMatch(failed.reasons, /broken-token/);
  const tooLong = next(rotated.config, values({ [TOKEN]: value('x'.repeat(41)) }));
  assert.deepEqual(tooLong.told, ['plugins CONFIG_VAULT_VALUE_INVALID'], 'values keep the rules of their field');
});

test('a secret is sealed under the newest content key, as if the control plane had published it', () => {
  const reference = '{vault://prod/hmac}';
  const [key] = CONTENT_KEYS.keys;
  assert.ok(key);
  const newer = { ...CONTENT_KEYS, keys: [{ keyId: 2, key: new Uint8Array(32).fill(9) }, key] };
  const changes = [put('consumers', { id: testId('a1'), username: 'alice' }), put('hmacauth_credentials', { id: testId('e1'), consumer: ref('a1'), username: 'alice', secret: reference })];
  const written = put('hmacauth_credentials', { id: testId('e1'), consumer: ref('a1'), username: 'alice', secret: 'the secret' });
  const sealed = ({ config }: { readonly config: CompiledConfig }): string | undefined => config.parts.tables.entities.hmacauth_credentials.get(testId('e1'))?.secret_sealed;

  const closed = next(undefined, new Map(), changes);
  assert.deepEqual([sealed(closed), closed.told], [undefined, ['hmacauth_credentials CONFIG_VAULT_UNRESOLVED']], 'one without its secret is as good as not there');
  const open = next(closed.config, values({ [reference]: value('the secret') }));
  const direct = next(undefined, new Map(), [changes[0] ?? written, written]);
  assert.equal(sealed(open), sealed(direct));
  const rekeyed = next(open.config, values({ [reference]: value('the secret') }), [], { contentKeys: newer });
  assert.notEqual(sealed(rekeyed), sealed(open), 'a new content key seals it anew');
});
