/**
 * The entities of a configuration that refer to vaults: puts the values in when an entity is compiled, and finds those to compile
 * again once a value is another one. After this nothing knows that there was a reference: a secret stands where it would had the
 * control plane published it. Used by compile.ts; values come from the agent (data-plane/vaults).
 */
import { createHash } from 'node:crypto';
import type { EntityKind, JsonObject } from '../../shared/model/definition.ts';
import { parseValue } from '../../shared/model/parse-fields.ts';
import { ProblemList } from '../../shared/model/problems.ts';
import { isEntityKind } from '../../shared/model/registry.ts';
import { ContentSeal, type ContentKeyRing } from '../../shared/trust/content-seal.ts';
import { mayRefer } from '../../shared/vaults/vault-reference.ts';
import { replaceReferences, type ConfigFieldsOf, type FoundReference } from '../vaults/references-in.ts';
import { isSameValue, type VaultValue, type VaultValues } from '../vaults/vault-values.ts';
import type { EntityChange, Quarantined } from './compile-contract.ts';
import type { Published } from './config-tables.ts';
import { PersistentMap, type MapDraft } from './persistent-map.ts';

/** One entity with references, and what was put in. */
export interface Vaulted {
  readonly kind: EntityKind;
  readonly id: string;
  /** A copy of the published encoding. */
  readonly bytes: Uint8Array;
  readonly used: ReadonlyMap<string, VaultValue | undefined>;
  /** Of the content key under which values were sealed. */
  readonly keyId: number | undefined;
}

export type VaultedMap = PersistentMap<Vaulted>;
export const NO_VAULTED: VaultedMap = new PersistentMap();

export interface Filled<K extends EntityKind> {
  readonly entity: Published<K>;
  /** Two that are equal are filled alike. */
  readonly madeOf: Uint8Array;
  readonly problem: Quarantined | undefined;
}

const NO_VALUES: VaultValues = new Map();

export class VaultedDraft {
  readonly #before: VaultedMap;
  readonly #draft: MapDraft<Vaulted>;
  readonly #values: VaultValues;
  readonly #keyId: number | undefined;
  readonly #seal: ContentSeal | undefined;
  readonly #configFieldsOf: ConfigFieldsOf;

  constructor(before: VaultedMap, values: VaultValues | undefined, contentKeys: ContentKeyRing | undefined, configFieldsOf: ConfigFieldsOf) {
    this.#before = before;
    this.#draft = before.draft();
    this.#values = values ?? NO_VALUES;
    this.#keyId = contentKeys?.keys[0]?.keyId;
    this.#seal = contentKeys === undefined ? undefined : new ContentSeal(contentKeys);
    this.#configFieldsOf = configFieldsOf;
  }

  /** Those of the configuration before whose values are others by now, as if they were written again. */
  *outdated(): Generator<EntityChange> {
    for (const { kind, id, bytes, used, keyId } of this.#before.values()) {
      if (keyId !== this.#keyId || [...used].some(([text, value]) => !isSameValue(value, this.#values.get(text)))) yield { kind, id, bytes };
    }
  }

  /** The entity with the values of its references. */
  fill<K extends EntityKind>(kind: K, entity: Published<K>, bytes: Uint8Array): Filled<K> {
    const { id } = entity;
    this.forget(kind, id);
    if (!mayRefer(bytes)) return { entity, madeOf: bytes, problem: undefined };
    const used = new Map<string, VaultValue | undefined>();
    let problem: Quarantined | undefined;
    const document: JsonObject = entity;
    const filled = replaceReferences(kind, document, this.#configFieldsOf, (found) => {
      const value = this.#values.get(found.text);
      used.set(found.text, value);
      const put = this.#valueFor(kind, id, found, value);
      if (typeof put === 'string') return put;
      problem ??= put;
      return found.sealed ? Buffer.from(found.text).toString('base64') : found.text;
    });
    if (used.size === 0) return { entity, madeOf: bytes, problem: undefined };
    this.#draft.set(keyOf(kind, id), { kind, id, bytes: Uint8Array.from(bytes), used, keyId: this.#keyId });
    // The door: text took the place of text, as the definition has it.
    return { entity: filled as Published<K>, madeOf: Buffer.concat([bytes, fingerprintOf(used)]), problem };
  }

  /** A reason of something else with the entity's values taken out: whoever wrote it did not know that they are secret. */
  withoutValues(kind: EntityKind, id: string, reason: string): string {
    const values = [...(this.#draft.get(keyOf(kind, id))?.used.values() ?? [])].flatMap((value) => (value?.kind === 'value' ? [value.value] : []));
    return values.toSorted((a, b) => b.length - a.length).reduce((text, value) => text.replaceAll(value, '(from a vault)'), reason);
  }

  forget(kind: string, id: string): void {
    if (this.#draft.size > 0 && isEntityKind(kind) && this.#draft.get(keyOf(kind, id)) !== undefined) this.#draft.delete(keyOf(kind, id));
  }

  finish(): VaultedMap {
    return this.#draft.changed ? this.#draft.finish() : this.#before;
  }

  #valueFor(kind: EntityKind, id: string, { text, path, type, sealed }: FoundReference, value: VaultValue | undefined): string | Quarantined {
    if (value?.kind !== 'value') return { kind, id, code: 'CONFIG_VAULT_UNRESOLVED', reason: `${path} refers to ${text}, which could not be looked up: ${value?.problem ?? 'it is being looked up'}` };
    const problems = new ProblemList();
    const parsed = parseValue(type, value.value, path, { problems, resolved: true, newKey: () => '', parsePluginConfig: () => undefined });
    // Neither value nor message: some messages repeat what was given.
    if (typeof parsed !== 'string') return { kind, id, code: 'CONFIG_VAULT_VALUE_INVALID', reason: `${path} refers to ${text}, and the value found there is not one that ${path} may have: correct it in the vault, or the reference` };
    if (!sealed) return parsed;
    return this.#seal === undefined ? { kind, id, code: 'CONFIG_CONTENT_KEY_MISSING', reason: 'there is no content key to keep its secrets under' } : Buffer.from(this.#seal.seal({ kind, id, field: path }, Buffer.from(parsed, 'utf8'))).toString('base64');
  }
}

function keyOf(kind: EntityKind, id: string): string {
  return `${kind}/${id}`;
}

/** A hash: what is kept beside a plugin to tell whether it is the same needs no secret in it. */
function fingerprintOf(used: ReadonlyMap<string, VaultValue | undefined>): Buffer {
  return createHash('sha256').update(JSON.stringify([...used])).digest();
}
