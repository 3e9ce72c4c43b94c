/**
 * Reads what the admin API answered, part by part, for the commands that tell of it. What is missing or of another type
 * reads as empty: a newer control plane must not stop an older command from telling the rest.
 */
export type Told = Readonly<Record<string, unknown>>;

export function recordOf(value: unknown): Told {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function recordsOf(value: unknown): readonly Told[] {
  return listOf(value).map(recordOf);
}
