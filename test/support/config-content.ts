/**
 * Configurations for tests, written as in the admin API: entities go through the real parser, codec and digests, so what
 * a data plane compiles here is what a control plane would publish.
 */
import { defined } from '../../shared/assert.ts';
import type { EntityKind, JsonObject } from '../../shared/model/definition.ts';
import { parseEntity } from '../../shared/model/parse-entity.ts';
import { definitionOf } from '../../shared/model/registry.ts';
import { pluginCatalog } from '../../shared/plugins/catalog.ts';
import { credentialDigest, deriveLookupKey } from '../../shared/trust/credential-digest.ts';
import { encodeEntity } from '../../shared/wire/entity-codec.ts';
import type { EntityChange } from '../../data-plane/config/compile-contract.ts';

export const CONTENT_KEY = new Uint8Array(32).fill(7);
const lookupKey = deriveLookupKey(CONTENT_KEY);

/** A readable UUID: `testId('a1')`. Only hexadecimal digits. */
export function testId(digits: string): string {
  return `00000000-0000-7000-8000-${digits.padStart(12, '0')}`;
}

/** Puts an entity; `input` as a client would send it, with `id`. */
export function put(kind: EntityKind, input: JsonObject): EntityChange {
  const definition = definitionOf(kind);
  const parsed = parseEntity(definition, input, {
    mode: 'create', pluginSchemaOf: (name) => pluginCatalog.get(name), newId: () => testId('ffff'), newKey: () => 'generated', nowSeconds: 1_700_000_000,
  });
  if (parsed.kind === 'problems') throw new Error(`${kind}: ${JSON.stringify(parsed.problems)}`);
  const key = parsed.entity['key'];
  const digests = typeof key === 'string' ? { key: Buffer.from(credentialDigest(lookupKey, key), 'hex') } : {};
  return { kind, id: defined(parsed.entity.id, 'an id'), bytes: encodeEntity(definition, parsed.entity, digests) };
}

export function remove(kind: EntityKind, id: string): EntityChange {
  return { kind, id, bytes: undefined };
}

/** A reference, as it stands in JSON. */
export function ref(digits: string): JsonObject {
  return { id: testId(digits) };
}
