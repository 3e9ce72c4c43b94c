/** Rows as columns of text, for the commands that list. What an answer does not have is shown as `-`. */

/** Columns as wide as what is in them. */
export function textTable(rows: readonly (readonly string[])[]): readonly string[] {
  const widths: number[] = [];
  for (const row of rows) for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, cell.length);
  return rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ').trimEnd());
}

export function cell(value: unknown): string {
  return typeof value === 'number' ? String(value) : typeof value === 'string' && value !== '' ? value : '-';
}
