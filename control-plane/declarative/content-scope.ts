/**
 * Which entities of a gateway a declarative content speaks for: those with all its select tags, and with or without consumers.
 * What is outside is neither changed nor deleted. Used by plan-changes.ts and export-content.ts.
 */
import type { Entity, EntityKind } from '../../shared/model/definition.ts';
import { isJsonObject } from '../../shared/model/entity-checks.ts';
import { definitionOf } from '../../shared/model/registry.ts';
import { referenceFields } from './file-layout.ts';

export interface ScopeOptions {
  readonly selectTags: readonly string[];
  /** Consumers, their groups, and whatever belongs to one of them. */
  readonly skipConsumers: boolean;
}

const CONSUMER_KINDS: ReadonlySet<string> = new Set(['consumers', 'consumer_groups']);

export class ContentScope {
  readonly selectTags: readonly string[];
  readonly #skipConsumers: boolean;

  constructor({ selectTags, skipConsumers }: ScopeOptions) {
    this.selectTags = selectTags;
    this.#skipConsumers = skipConsumers;
  }

  has(kind: EntityKind, entity: Entity): boolean {
    return !this.skips(kind, entity) && this.isSelected(entity);
  }

  isSelected({ tags }: Entity): boolean {
    const own: readonly unknown[] = Array.isArray(tags) ? tags : [];
    return this.selectTags.every((tag) => own.includes(tag));
  }

  skips(kind: EntityKind, entity: Entity): boolean {
    if (!this.#skipConsumers) return false;
    return CONSUMER_KINDS.has(kind) || referenceFields(definitionOf(kind)).some(({ field, to }) => CONSUMER_KINDS.has(to) && isJsonObject(entity[field]));
  }
}
