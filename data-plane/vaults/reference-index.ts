/**
 * Which secrets a configuration refers to, and by which vaults: kept in step with the configurations that are prepared, at the cost
 * of what changed. Used by vault-resolver.ts in the agent thread.
 */
import type { JsonObject } from '../../shared/model/definition.ts';
import { isJsonObject } from '../../shared/model/entity-checks.ts';
import { isEntityKind } from '../../shared/model/registry.ts';
import { VAULT_NAMES, type VaultName } from '../../shared/vaults/catalog.ts';
import { mayRefer } from '../../shared/vaults/vault-reference.ts';
import { decodeEntity } from '../../shared/wire/entity-codec.ts';
import type { EntityChange } from '../config/compile-contract.ts';
import type { ConfigContent } from '../config/config-content.ts';
import { mergePacked, readPacked } from '../config/packed-changes.ts';
import { runInTurns } from '../config/run-in-slices.ts';
import { isSameConfig, type VersionedRoot } from '../config/versioned-root.ts';
import { replaceReferences, type ConfigFieldsOf } from './references-in.ts';

export interface NamedVault {
  readonly id: string;
  readonly prefix: string;
  readonly kind: VaultName;
  readonly config: JsonObject;
}

export class ReferenceIndex {
  readonly #configFieldsOf: ConfigFieldsOf;
  readonly #references = new Map<string, readonly string[]>();
  readonly #vaults = new Map<string, NamedVault>();
  #at: VersionedRoot | undefined;
  /** No entity refers to anything, and vaults were not read. */
  #isBlank = true;

  constructor(configFieldsOf: ConfigFieldsOf) {
    this.#configFieldsOf = configFieldsOf;
  }

  /** Distinct texts. */
  get references(): ReadonlySet<string> {
    return new Set([...this.#references.values()].flat());
  }

  get vaults(): ReadonlyMap<string, NamedVault> {
    return new Map([...this.#vaults.values()].map((vault) => [vault.prefix, vault]));
  }

  /** Large ones are read in steps, between which other things run. */
  async follow(content: ConfigContent): Promise<void> {
    const { version, contentRoot, change, parts } = content;
    if (isSameConfig(this.#at, content)) return;
    const isNext = change !== undefined && isSameConfig(this.#at, change.base);
    const mayBeNew = (isNext ? [change.packed] : parts).some((part) => mayRefer(new Uint8Array(part)));
    if (isNext && !this.#isBlank) await this.#read(readPacked(change.packed));
    else if (mayBeNew || !(isNext && this.#isBlank)) {
      this.#references.clear();
      this.#vaults.clear();
      // Most configurations refer to nothing: then nothing more is looked at (S2).
      this.#isBlank = !mayBeNew;
      if (mayBeNew) await this.#read(mergePacked(parts));
    }
    this.#at = { version, contentRoot };
  }

  #read(changes: Iterable<EntityChange>): Promise<void> {
    const take = (change: EntityChange): void => this.#take(change);
    return runInTurns((function* takeAll() {
      for (const change of changes) {
        take(change);
        yield;
      }
    })());
  }

  #take({ kind, id, bytes }: EntityChange): void {
    const key = `${kind}/${id}`;
    this.#references.delete(key);
    if (kind === 'vaults') this.#vaults.delete(id);
    if (bytes === undefined || !isEntityKind(kind) || !(kind === 'vaults' || mayRefer(bytes))) return;
    try {
      const entity: JsonObject = decodeEntity(kind, bytes);
      if (kind === 'vaults') return this.#takeVault(id, entity);
      const texts: string[] = [];
      replaceReferences(kind, entity, this.#configFieldsOf, ({ text }) => {
        texts.push(text);
        return text;
      });
      if (texts.length > 0) this.#references.set(key, texts);
    } catch {
      // What this version can't read is quarantined where it is compiled, and refers to nothing.
    }
  }

  #takeVault(id: string, { name, prefix, config }: JsonObject): void {
    const kind = VAULT_NAMES.find((one) => one === name);
    if (kind !== undefined && typeof prefix === 'string' && isJsonObject(config)) this.#vaults.set(id, { id, prefix, kind, config });
  }
}
