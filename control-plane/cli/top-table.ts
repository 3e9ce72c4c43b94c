/**
 * What `holdfast top` shows of an answer of the admin API: totals, what the counts may lack, and rows in columns that fit. Pure: the
 * same for a screen and for a table that is printed once. Used by top.ts.
 */
import { recordOf, recordsOf, type Told } from './admin-answer.ts';
import type { TOP_ORDERS, TOP_VIEWS } from './analytics-settings.ts';
import { terminalLine } from './terminal-text.ts';
import { cell } from './text-table.ts';

export type TopView = (typeof TOP_VIEWS)[number];
export type TopOrder = (typeof TOP_ORDERS)[number];

const BOLD = '\u001b[1m';
const DIM = '\u001b[2m';
const RED = '\u001b[31m';
const YELLOW = '\u001b[33m';
const PLAIN = '\u001b[0m';
/** From this share of errors on a row is worth a look; from the second on it is on fire. */
const SOME_ERRORS = 0.01;
const MANY_ERRORS = 0.05;
/** Of data planes that are silent, named. */
const NAMED = 3;
const LEAST_NAME = 12;

interface Column {
  readonly title: string;
  readonly order: TopOrder | undefined;
  readonly of: (row: Told, seconds: number) => string;
}

const COLUMNS: readonly Column[] = [
  { title: 'REQ/S', order: 'requests', of: (row, seconds) => rate(numberOf(row, 'requests') / seconds) },
  { title: 'ERROR %', order: 'error-rate', of: (row) => percent(row['error_rate']) },
  { title: 'P50 ms', order: 'p50', of: (row) => milliseconds(recordOf(row['request_ms'])['p50']) },
  { title: 'P95 ms', order: 'p95', of: (row) => milliseconds(recordOf(row['request_ms'])['p95']) },
  { title: 'P99 ms', order: 'p99', of: (row) => milliseconds(recordOf(row['request_ms'])['p99']) },
  { title: 'IN/S', order: undefined, of: (row, seconds) => bytes(numberOf(row, 'bytes_in') / seconds) },
  { title: 'OUT/S', order: 'bytes', of: (row, seconds) => bytes(numberOf(row, 'bytes_out') / seconds) },
];

/** Targets count attempts and have no bytes. */
const TARGET_COLUMNS: readonly Column[] = [
  { title: 'TRIES/S', order: 'requests', of: (row, seconds) => rate(numberOf(row, 'attempts') / seconds) },
  { title: 'ERROR %', order: 'error-rate', of: (row) => percent(row['error_rate']) },
  { title: 'NO ANSWER', order: 'errors', of: (row) => cell(row['failed']) },
  { title: '5XX', order: undefined, of: (row) => cell(row['status_5xx']) },
  { title: 'P50 ms', order: 'p50', of: (row) => milliseconds(recordOf(row['latency_ms'])['p50']) },
  { title: 'P95 ms', order: 'p95', of: (row) => milliseconds(recordOf(row['latency_ms'])['p95']) },
  { title: 'P99 ms', order: 'p99', of: (row) => milliseconds(recordOf(row['latency_ms'])['p99']) },
];

export interface TableOptions {
  readonly view: TopView;
  readonly order: TopOrder;
  /** Of the whole table; what is longer is cut. Undefined where nothing limits it. */
  readonly width: number | undefined;
  readonly colours: boolean;
}

/** The heading and one line for each row. */
export function topTable(answer: Told, { view, order, width, colours }: TableOptions): readonly string[] {
  const seconds = secondsOf(answer);
  const columns = view === 'target' ? TARGET_COLUMNS : COLUMNS;
  const told = recordsOf(answer['data']);
  const names = told.map((row) => nameOf(row, view));
  const rows = told.map((row, at) => ({ name: terminalLine(distinct(names, at, row, view)), cells: columns.map(({ of }) => of(row, seconds)), errors: row['error_rate'] }));
  const widths = columns.map(({ title }, at) => Math.max(title.length + 1, ...rows.map(({ cells }) => (cells[at] ?? '').length)));
  const room = width === undefined ? Infinity : width - widths.reduce((sum, one) => sum + one + 2, 0);
  const nameWidth = Math.max(LEAST_NAME, Math.min(room, Math.max(...rows.map(({ name }) => name.length), view.length)));
  const line = (name: string, cells: readonly string[]): string => [clip(name, nameWidth).padEnd(nameWidth), ...cells.map((text, at) => text.padStart(widths[at] ?? 0))].join('  ').slice(0, width);
  const heading = line(view.replace('-', ' ').toUpperCase(), columns.map(({ title, order: own }) => (own === order ? `${title}▾` : title)));
  return [
    colours ? BOLD + heading + PLAIN : heading,
    ...rows.map(({ name, cells, errors }) => {
      const text = line(name, cells);
      const colour = typeof errors !== 'number' || errors < SOME_ERRORS ? '' : errors < MANY_ERRORS ? YELLOW : RED;
      return colours && colour !== '' ? colour + text + PLAIN : text;
    }),
  ];
}

/** Over all rows, also those that are not shown. */
export function totalLine(answer: Told, view: TopView): string {
  const seconds = secondsOf(answer);
  const total = recordOf(answer['total']);
  if (view === 'target') return `${rate(numberOf(total, 'attempts') / seconds)} tries/s, ${percent(total['error_rate'])} % without success`;
  const latency = recordOf(total['request_ms']);
  return `${rate(numberOf(total, 'requests') / seconds)} requests/s, ${percent(total['error_rate'])} % errors, p50 ${milliseconds(latency['p50'])}, p95 ${milliseconds(latency['p95'])}, p99 ${milliseconds(latency['p99'])} ms, in ${bytes(numberOf(total, 'bytes_in') / seconds)}/s, out ${bytes(numberOf(total, 'bytes_out') / seconds)}/s`;
}

/** Up to when all is counted, and what is missing; the second only where something is. */
export function completenessLines(answer: Told): readonly string[] {
  const known = recordOf(answer['completeness']);
  const silent = recordsOf(known['silent']);
  const dropped = recordsOf(known['dropped']).reduce((sum, drop) => sum + numberOf(drop, 'count'), 0);
  const gaps = recordsOf(known['crash_gaps']).length;
  const missing = [
    ...(silent.length === 0 ? [] : [`${silent.length} data plane${silent.length === 1 ? '' : 's'} silent: ${silent.slice(0, NAMED).map((one) => `${cell(one['hostname'] ?? one['id'])} since ${clock(one['since'])}`).join(', ')}${silent.length > NAMED ? ', …' : ''}`]),
    ...(dropped === 0 ? [] : [`${dropped} requests' counts dropped`]),
    ...(gaps === 0 ? [] : [`${gaps} crash gap${gaps === 1 ? '' : 's'}`]),
  ];
  return [`complete to ${clock(known['counted_until'])}`, ...(missing.length === 0 ? [] : [`missing: ${missing.join('; ')}`])].map(terminalLine);
}

export function secondsOf(answer: Told): number {
  return Math.max(1, numberOf(answer, 'seconds'));
}

function nameOf(row: Told, view: TopView): string {
  const group = recordOf(row['group']);
  if (view === 'target') {
    const [upstream, target, address] = [cell(group['upstream']), cell(group['target']), cell(group['address'])];
    return upstream === '-' ? '(others)' : `${upstream} ${target}${address === '-' || address === target ? '' : ` ${address}`}`;
  }
  const value = group[view.replace('-', '_')];
  if (value === null || value === undefined) return `(no ${view.replace('-', ' ')})`;
  const { name, hostname, id } = recordOf(value);
  return cell(name ?? hostname ?? id);
}

/** Hosts may have the same name: then the end of the id tells them apart, as its beginning is a time. */
function distinct(names: readonly string[], at: number, row: Told, view: TopView): string {
  const name = names[at] ?? '';
  const { id } = recordOf(recordOf(row['group'])[view.replace('-', '_')]);
  return typeof id === 'string' && names.some((other, index) => index !== at && other === name) ? `${name} …${id.slice(-6)}` : name;
}

function clip(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 1)}…`;
}

function clock(value: unknown): string {
  return typeof value === 'string' ? (/T(\d\d:\d\d:\d\d)/.exec(value)?.[1] ?? value) : '-';
}

function rate(perSecond: number): string {
  return perSecond >= 1000 ? perSecond.toFixed(0) : perSecond >= 10 ? perSecond.toFixed(1) : perSecond.toFixed(2);
}

function percent(value: unknown): string {
  return typeof value === 'number' ? (value * 100).toFixed(2) : '-';
}

function milliseconds(value: unknown): string {
  if (typeof value !== 'number') return '-';
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

function bytes(perSecond: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let [value, unit] = [perSecond, 0];
  for (; value >= 1000 && unit < units.length - 1; unit += 1) value /= 1000;
  return `${unit === 0 || value >= 100 ? value.toFixed(0) : value.toFixed(1)} ${units[unit] ?? ''}`;
}

function numberOf(told: Told, name: string): number {
  const value = told[name];
  return typeof value === 'number' ? value : 0;
}

/** For a line of its own under the table. */
export function dim(text: string, colours: boolean): string {
  return colours ? DIM + text + PLAIN : text;
}
