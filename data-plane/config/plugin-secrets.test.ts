/** Secrets in the configs of plugins, as a data plane opens them: only where they belong, only for the plugin, and closed where they do not open. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { definitionOf } from '../../shared/model/registry.ts';
import type { JsonObject } from '../../shared/model/definition.ts';
import { decodeEntity, encodeEntity } from '../../shared/wire/entity-codec.ts';
import { compiled, testServices, type CompileOptions } from '../../test/support/compile-config.ts';
import { CONTENT_KEYS, put, testId } from '../../test/support/config-content.ts';
import { requestView } from '../../shared/plugin-kit/request-view.ts';
import { digestOfSecrets } from '../../test/support/secret-plugin.ts';
import type { EntityChange } from './compile-contract.ts';
import type { CompiledConfig } from './compiled-config.ts';

const SECRET = 'canary-redis-password';
const ROUTE = put('routes', { id: testId('b1'), paths: ['/'] });
const plugin = (config: JsonObject, keys = CONTENT_KEYS): EntityChange => put('plugins', { id: testId('f1'), name: 'secretive', config }, keys);
const WITH_SECRET = plugin({ redis: { password: SECRET } });

/** What the plugin says of its secrets; the status where it refuses. */
function answer({ config }: { readonly config: CompiledConfig }): unknown {
  const [entry] = config.match(requestView({ path: '/' }))?.route.chainFor(undefined).entries ?? [];
  let told: string | undefined;
  const verdict = entry?.instance.requestHead?.({ setResponseHeader: (_name: string, value: string) => (told = value) } as never, undefined);
  assert.ok(!(verdict instanceof Promise));
  return verdict?.status ?? told;
}

function next(changes: readonly EntityChange[], over: CompileOptions = {}) {
  const { config, quarantined } = compiled(changes, { services: testServices(), ...over });
  return { config, told: quarantined.map(({ code }) => code), reasons: quarantined.map(({ reason }) => reason).join('; ') };
}

test('a plugin is made with the secrets of its config, and nothing else of the configuration has them', () => {
  const { config, told } = next([ROUTE, WITH_SECRET]);
  assert.deepEqual([told, answer({ config })], [[], digestOfSecrets(SECRET)]);
  assert.equal(JSON.stringify([...config.parts.tables.entities.plugins.values()]).includes(SECRET), false);
  assert.equal(Buffer.from(WITH_SECRET.bytes ?? '').includes(SECRET), false, 'nor what is published and cached');
  const again = next([WITH_SECRET], { base: config });
  assert.equal(again.config.parts.plugins.byId.get(testId('f1')), config.parts.plugins.byId.get(testId('f1')), 'the same secret is the same instance');
});

test('a list of secrets and references is whole again, each from where it is', () => {
  const reference = '{vault://env/secret-second}';
  const change = plugin({ client_secret: ['canary-first', reference], redis: { password: reference } });
  const closed = next([ROUTE, change]);
  assert.deepEqual([closed.told, answer(closed)], [['CONFIG_VAULT_UNRESOLVED'], 503]);
  const open = next([], { base: closed.config, vaultValues: new Map([[reference, { kind: 'value', value: 'from the vault' }]]) });
  assert.deepEqual([open.told, answer(open)], [[], digestOfSecrets('from the vault', ['canary-first', 'from the vault'])]);
});

test('S6: without the content key the plugin is closed; it opens by itself once the key is there', () => {
  const newer = { ...CONTENT_KEYS, keys: [{ keyId: 2, key: new Uint8Array(32).fill(9) }] };
  const sealedUnderNewer = plugin({ redis: { password: SECRET } }, newer);
  for (const contentKeys of [CONTENT_KEYS, undefined]) {
    const closed = next([ROUTE, sealedUnderNewer], { contentKeys });
    assert.deepEqual([closed.told, answer(closed)], [['CONFIG_PLUGIN_SECRET_UNOPENED'], 503]);
    assert.match(closed.reasons, contentKeys === undefined ? /there is no content key/ : /TRUST_CONTENT_KEY_UNKNOWN|content key 2/);
    const still = next([], { base: closed.config, contentKeys });
    assert.equal(still.config.parts.plugins.byId.get(testId('f1')), closed.config.parts.plugins.byId.get(testId('f1')));
    for (const over of [{ base: closed.config }, { base: closed.config, reset: true }]) {
      const open = next(over.reset === true ? [ROUTE, sealedUnderNewer] : [], { ...over, contentKeys: newer });
      assert.deepEqual([open.told, answer(open)], [[], digestOfSecrets(SECRET)]);
    }
  }
});

test('S6: an envelope of another plugin does not open', () => {
  const { id: _, config_secrets_sealed: sealed, ...entity } = decodeEntity('plugins', WITH_SECRET.bytes ?? new Uint8Array());
  const moved = { id: testId('f2'), ...entity };
  const change = { kind: 'plugins', id: moved.id, bytes: encodeEntity(definitionOf('plugins'), moved, { config_secrets: Buffer.from(sealed ?? '', 'base64') }) };
  const closed = next([ROUTE, change]);
  assert.deepEqual([closed.told, answer(closed)], [['CONFIG_PLUGIN_SECRET_UNOPENED'], 503]);
});

test('a plugin that fails with its secret in the message tells it to nobody', () => {
  const failed = next([ROUTE, plugin({ client_id: 'broken', redis: { password: SECRET } })]);
  assert.deepEqual([failed.told, answer(failed)], [['CONFIG_PLUGIN_FAILED'], 503]);
  assert.match(failed.reasons, /can not log in with \(secret\)/);
  assert.doesNotMatch(failed.reasons, new RegExp(SECRET));
});

test('S6: a value that the field may not have closes the plugin, and is not told', () => {
  const { config_secrets_sealed: _, ...entity } = decodeEntity('plugins', WITH_SECRET.bytes ?? new Uint8Array());
  const broken = next([ROUTE, { ...WITH_SECRET, bytes: encodeEntity(definitionOf('plugins'), { ...entity, config: { token: 'canary-wrong-token' } }) }]);
  assert.deepEqual(broken.told, ['CONFIG_PLUGIN_FAILED']);
  assert.doesNotMatch(broken.reasons, /canary-wrong/);
});
