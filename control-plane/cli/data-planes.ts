/**
 * `holdfast data-planes list`: the fleet of a gateway as a table: who is connected, what each serves, what it refused. Reads all
 * pages, so that what is printed is all there is.
 */
import { get } from './admin-client.ts';
import type { Output } from './join-token.ts';
import type { DataPlanesSettings } from './settings.ts';
import { terminalJson, terminalLine } from './terminal-text.ts';

type DataPlane = Readonly<Record<string, unknown>>;

const PAGE = 1_000;

const COLUMNS: readonly { readonly title: string; readonly of: (dataPlane: DataPlane) => string }[] = [
  { title: 'ID', of: (dataPlane) => text(dataPlane['id']) },
  { title: 'HOSTNAME', of: (dataPlane) => text(dataPlane['hostname']) },
  { title: 'STATE', of: (dataPlane) => (dataPlane['revoked_at'] !== null ? 'revoked' : dataPlane['connected'] === true ? 'connected' : 'gone') },
  { title: 'APPLIED', of: (dataPlane) => text(dataPlane['applied_version']) },
  { title: 'DESIRED', of: (dataPlane) => text(dataPlane['desired_version']) },
  { title: 'REFUSED', of: (dataPlane) => text(recordOf(dataPlane['rejection'])['code']) },
  { title: 'QUARANTINED', of: (dataPlane) => (Array.isArray(dataPlane['quarantined']) ? String(dataPlane['quarantined'].length) : '-') },
  { title: 'LABELS', of: (dataPlane) => Object.entries(recordOf(dataPlane['labels'])).map(([key, value]) => `${key}=${text(value)}`).join(',') || '-' },
];

export async function listDataPlanes(settings: DataPlanesSettings, output: Output): Promise<void> {
  const dataPlanes = await readAll(settings);
  if (settings.json) output.out(terminalJson(dataPlanes));
  else for (const line of table(dataPlanes)) output.out(terminalLine(line));
}

/** Columns as wide as what is in them; at least a line of titles. */
export function table(dataPlanes: readonly DataPlane[]): readonly string[] {
  const rows = [COLUMNS.map(({ title }) => title), ...dataPlanes.map((dataPlane) => COLUMNS.map(({ of }) => of(dataPlane)))];
  const widths = COLUMNS.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ').trimEnd());
}

async function readAll(settings: DataPlanesSettings): Promise<readonly DataPlane[]> {
  const found: DataPlane[] = [];
  for (let offset: unknown = ''; typeof offset === 'string'; ) {
    const query = new URLSearchParams({ size: String(PAGE), ...(offset === '' ? {} : { offset }), ...(settings.selector === undefined ? {} : { selector: settings.selector }) });
    const page = await get(settings, `/${encodeURIComponent(settings.gateway)}/v1/data-planes?${query.toString()}`);
    if (Array.isArray(page['data'])) found.push(...page['data'].map(recordOf));
    offset = page['offset'];
  }
  return found;
}

function recordOf(value: unknown): DataPlane {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}

function text(value: unknown): string {
  return typeof value === 'string' && value !== '' ? value : '-';
}
