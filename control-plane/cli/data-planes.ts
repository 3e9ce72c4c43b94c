/**
 * `holdfast data-planes list`: the fleet of a gateway as a table: who is connected, what each serves and was told to serve, how long
 * the transfer took, what it refused. Reads all pages, so that what is printed is all there is.
 */
import { recordOf, recordsOf, type Told } from './admin-answer.ts';
import { get } from './admin-client.ts';
import type { Output } from './command.ts';
import type { DataPlanesSettings } from './settings.ts';
import { terminalJson, terminalLine } from './terminal-text.ts';
import { cell, textTable } from './text-table.ts';

const PAGE = 1_000;

const COLUMNS: readonly { readonly title: string; readonly of: (dataPlane: Told) => string }[] = [
  { title: 'ID', of: (dataPlane) => cell(dataPlane['id']) },
  { title: 'HOSTNAME', of: (dataPlane) => cell(dataPlane['hostname']) },
  { title: 'STATE', of: (dataPlane) => (dataPlane['revoked_at'] !== null ? 'revoked' : dataPlane['connected'] === true ? 'connected' : 'gone') },
  { title: 'APPLIED', of: (dataPlane) => cell(dataPlane['applied_version']) },
  { title: 'DESIRED', of: (dataPlane) => cell(dataPlane['desired_version']) },
  { title: 'TOOK', of: (dataPlane) => durationOf(recordOf(dataPlane['time_to_apply_ms'])['transfer']) },
  { title: 'REFUSED', of: (dataPlane) => cell(recordOf(dataPlane['rejection'])['code']) },
  { title: 'QUARANTINED', of: (dataPlane) => cell(dataPlane['quarantined_count']) },
  { title: 'LABELS', of: (dataPlane) => Object.entries(recordOf(dataPlane['labels'])).map(([key, value]) => `${key}=${cell(value)}`).join(',') || '-' },
];

export async function listDataPlanes(settings: DataPlanesSettings, output: Output): Promise<void> {
  const dataPlanes = await readAll(settings);
  if (settings.json) return output.out(terminalJson(dataPlanes));
  const rows = dataPlanes.map((dataPlane) => COLUMNS.map(({ of }) => of(dataPlane)));
  for (const line of textTable([COLUMNS.map(({ title }) => title), ...rows])) output.out(terminalLine(line));
}

async function readAll(settings: DataPlanesSettings): Promise<readonly Told[]> {
  const found: Told[] = [];
  for (let offset: unknown = ''; typeof offset === 'string'; ) {
    const query = new URLSearchParams({ size: String(PAGE), ...(offset === '' ? {} : { offset }), ...(settings.selector === undefined ? {} : { selector: settings.selector }) });
    const page = await get(settings, `/${encodeURIComponent(settings.gateway)}/v1/data-planes?${query.toString()}`);
    found.push(...recordsOf(page['data']));
    offset = page['offset'];
  }
  return found;
}

function durationOf(ms: unknown): string {
  return typeof ms === 'number' ? `${ms} ms` : '-';
}
