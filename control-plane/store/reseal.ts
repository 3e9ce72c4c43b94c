/**
 * Seals the secrets of rows again, under the tenant's newest data key: the same values in the same places, so nothing that is
 * published changes. What is of a kind or a field that this version does not know counts as found and stays, so that the key it
 * stands under is not retired; what can't be opened is thrown. Used by key-rotation-store.ts.
 */
import type { JsonObject, JsonValue } from '../../shared/model/definition.ts';
import { definitionOf, isEntityKind } from '../../shared/model/registry.ts';
import { secretFieldsOf } from '../../shared/model/secret-fields.ts';
import { decodeEnvelope } from '../../shared/trust/envelope.ts';
import type { SecretBox, SecretPlace } from './secret-box.ts';

export interface Resealed<T> {
  /** Undefined where there is nothing to do, or nothing that can be done. */
  readonly now: T | undefined;
  /** Values under another key than the box seals with. */
  readonly found: number;
}

/** What is kept beside an entity: secrets as envelopes in base64 under the paths of their fields. `place` are tenant and gateway. */
export function resealDocument(box: SecretBox, place: SecretPlace, kind: string, id: string, document: JsonObject): Resealed<JsonObject> {
  const fields = isEntityKind(kind) ? new Set(secretFieldsOf(definitionOf(kind)).map(({ path }) => path)) : undefined;
  const now: Record<string, JsonValue> = { ...document };
  let [found, done] = [0, 0];
  for (const [field, value] of Object.entries(document)) {
    if (typeof value !== 'string') continue;
    const sealed = Buffer.from(value, 'base64');
    if (!standsUnderAnother(box, sealed)) continue;
    found += 1;
    if (fields?.has(field) !== true) continue;
    now[field] = Buffer.from(reseal(box, [...place, kind, id, field], sealed)).toString('base64');
    done += 1;
  }
  return { now: done > 0 ? now : undefined, found };
}

export function resealValue(box: SecretBox, place: SecretPlace, sealed: Uint8Array): Resealed<Uint8Array> {
  return standsUnderAnother(box, sealed) ? { now: reseal(box, place, sealed), found: 1 } : { now: undefined, found: 0 };
}

function reseal(box: SecretBox, place: SecretPlace, sealed: Uint8Array): Uint8Array {
  return box.seal(place, box.open(place, sealed));
}

function standsUnderAnother(box: SecretBox, sealed: Uint8Array): boolean {
  try {
    return decodeEnvelope(sealed).keyId !== box.keyId;
  } catch {
    // Text of a kind that is not known here, and no secret.
    return false;
  }
}
