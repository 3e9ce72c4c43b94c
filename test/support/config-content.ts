/**
 * Configurations for tests, written as in the admin API: entities go through the real parser, codec and digests, so what
 * a data plane compiles here is what a control plane would publish.
 */
import { defined } from '../../shared/assert.ts';
import type { EntityKind, JsonObject } from '../../shared/model/definition.ts';
import { parseEntity } from '../../shared/model/parse-entity.ts';
import { definitionOf } from '../../shared/model/registry.ts';
import { secretFieldsOf } from '../../shared/model/secret-fields.ts';
import { splitEntity } from '../../shared/model/split-entity.ts';
import { configFieldsOf, pluginCatalog } from '../../shared/plugins/catalog.ts';
import { ContentSeal, type ContentKeyRing } from '../../shared/trust/content-seal.ts';
import { credentialDigest, deriveLookupKey, ownedSecret } from '../../shared/trust/credential-digest.ts';
import { isVaultReference } from '../../shared/vaults/vault-reference.ts';
import { encodeEntity } from '../../shared/wire/entity-codec.ts';
import type { EntityChange } from '../../data-plane/config/compile-contract.ts';

export const CONTENT_KEY = new Uint8Array(32).fill(7);
/** As this data plane's gateway has them. */
export const CONTENT_KEYS: ContentKeyRing = { tenantId: testId('7e'), gatewayId: testId('9a'), keys: [{ keyId: 1, key: CONTENT_KEY }] };
const lookupKey = deriveLookupKey(CONTENT_KEY);

/** A readable UUID: `testId('a1')`. Only hexadecimal digits. */
export function testId(digits: string): string {
  return `00000000-0000-7000-8000-${digits.padStart(12, '0')}`;
}

/** The content keys of a gateway of another name. */
export function contentKeysOf({ tenantId, gatewayId }: { readonly tenantId: string; readonly gatewayId: string }): ContentKeyRing {
  return { ...CONTENT_KEYS, tenantId, gatewayId };
}

/** Puts an entity; `input` as a client would send it, with `id`. `contentKeys` are those that its secrets are sealed under. */
export function put(kind: EntityKind, input: JsonObject, contentKeys: ContentKeyRing = CONTENT_KEYS): EntityChange {
  const definition = definitionOf(kind);
  const parsed = parseEntity(definition, input, {
    mode: 'create', pluginSchemaOf: (name) => pluginCatalog.get(name), newId: () => testId('ffff'), newKey: () => 'generated', nowSeconds: 1_700_000_000,
  });
  if (parsed.kind === 'problems') throw new Error(`${kind}: ${JSON.stringify(parsed.problems)}`);
  const { id } = parsed.entity;
  const seal = new ContentSeal(contentKeys);
  const split = splitEntity(definition, parsed.entity, configFieldsOf);
  const secrets = Object.entries(split.secrets).map(([path, value]) => {
    const { field } = defined(secretFieldsOf(definition).find((secret) => secret.path === path), 'a secret field');
    if (field.secret === 'digest') return [path, Buffer.from(credentialDigest(lookupKey, field.unique === true ? value : ownedSecret(id, value)), 'hex')] as const;
    return [path, isVaultReference(value) ? Buffer.from(value) : seal.seal({ kind, id, field: path }, Buffer.from(value))] as const;
  });
  return { kind, id, bytes: encodeEntity(definition, split.published, Object.fromEntries(secrets)) };
}

export function remove(kind: string, id: string): EntityChange {
  return { kind, id, bytes: undefined };
}

/** A reference, as it stands in JSON. */
export function ref(digits: string): JsonObject {
  return { id: testId(digits) };
}
