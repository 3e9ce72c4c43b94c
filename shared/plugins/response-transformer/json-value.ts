/** The values of a config, which are text, as JSON of the type that `json_types` says. Used by schema.ts and json-operations.ts. */

export const JSON_TYPES = ['boolean', 'number', 'string'] as const;

const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** Undefined where the text is no such value. Numbers keep their digits. */
export function jsonOf(value: string, type: string): string | undefined {
  if (type === 'boolean') return value === 'true' || value === 'false' ? value : undefined;
  if (type === 'number') return NUMBER.test(value) ? value : undefined;
  return JSON.stringify(value);
}
