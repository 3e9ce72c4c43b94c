/**
 * The four fields that every entity has. They own the protobuf field numbers 1 to 4; 5 to 9 stay reserved for what
 * all entities may get later, so an entity's own fields start at 10.
 */
import type { Field } from './definition.ts';
import { tagRule, uuidRule } from './string-rules.ts';

/** Lowest field number a definition may use for its own fields. */
export const FIRST_OWN_TAG = 10;
/** From here on are fields that a reader which does not know them must not ignore: it quarantines the entity (proto/README.md). */
export const FIRST_CRITICAL_TAG = 1_000;

export const idField = {
  name: 'id', tag: 1, type: { kind: 'string', rules: [uuidRule] }, required: true,
  description: 'Identifies the entity. Made by the control plane (UUID version 7) where none is given; never changes.',
} as const satisfies Field;

export const createdAtField = {
  name: 'created_at', tag: 2, type: { kind: 'integer', between: [0, 253_402_300_799] }, required: true,
  description: 'When the entity was created, in seconds since the epoch.',
} as const satisfies Field;

export const updatedAtField = {
  name: 'updated_at', tag: 3, type: { kind: 'integer', between: [0, 253_402_300_799] }, required: true,
  description: 'When the entity was last written, in seconds since the epoch. Always set by the control plane.',
} as const satisfies Field;

export const tagsField = {
  name: 'tags', tag: 4, type: { kind: 'set', of: { kind: 'string', maxLength: 256, rules: [tagRule] } },
  description: 'Words for grouping and filtering entities.',
} as const satisfies Field;

/** In the order in which documents show them. */
export const commonFields = [idField, createdAtField, updatedAtField, tagsField] as const;
