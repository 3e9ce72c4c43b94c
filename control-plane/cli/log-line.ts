/**
 * One access record as a line for people: when, what was answered, what was asked, how long it took, for whom and by which
 * configuration. What a client may have sent goes through terminalLine before it is coloured. Used by logs.ts and blame.ts.
 */
import { recordOf, type Told } from './admin-answer.ts';
import { terminalLine } from './terminal-text.ts';

const RED = 31;
const GREEN = 32;
const YELLOW = 33;
const CYAN = 36;
const DIM = 2;

export function logLine(record: Told, colours: boolean): string {
  const paint = (code: number, text: string): string => (colours && text !== '' ? `\u001b[${code}m${terminalLine(text)}\u001b[0m` : terminalLine(text));
  const status = record['status'];
  const facts = [
    named('route', record['route']), named('service', record['service']), named('consumer', record['consumer']), fact('target', record['target']),
    typeof record['retries'] === 'number' && record['retries'] > 0 ? `retries=${record['retries']}` : '',
    fact('client', record['client_address']), fact('version', record['version']), fact('trace', record['trace_id']), fact('id', record['request_id']),
  ].filter((text) => text !== '');
  return [
    paint(DIM, timeOf(record['started_at'])),
    paint(colourOf(status), typeof status === 'number' ? String(status) : '---'),
    paint(CYAN, text(record['method'])),
    terminalLine(addressOf(record)),
    paint(YELLOW, `${milliseconds(record['total_ms'])}${typeof record['upstream_ms'] === 'number' && record['upstream_ms'] > 0 ? ` (upstream ${milliseconds(record['upstream_ms'])})` : ''}`),
    ...(text(record['error_code']) === '' ? [] : [paint(RED, text(record['error_code']))]),
    paint(DIM, facts.join(' ')),
  ].join('  ');
}

/** `2026-11-22 12:00:01.234`, in UTC as everything in the admin API. */
function timeOf(value: unknown): string {
  return text(value).replace('T', ' ').replace(/(\.\d{3})?\d*Z$/, '$1');
}

function addressOf(record: Told): string {
  const [scheme, host, path, query] = [text(record['scheme']), text(record['host']), text(record['path']), text(record['query'])];
  return `${scheme === '' || host === '' ? '' : `${scheme}://${host}`}${path}${query === '' ? '' : `?${query}`}`;
}

function colourOf(status: unknown): number {
  if (typeof status !== 'number' || status >= 500) return RED;
  return status >= 400 ? YELLOW : GREEN;
}

/** Of an entity: its name, or its id where it has none or is gone. */
function named(key: string, value: unknown): string {
  const { name, id } = recordOf(value);
  return fact(key, typeof name === 'string' && name !== '' ? name : id);
}

function fact(key: string, value: unknown): string {
  return text(value) === '' ? '' : `${key}=${text(value)}`;
}

function milliseconds(value: unknown): string {
  if (typeof value !== 'number') return '-';
  return `${value >= 100 ? Math.round(value) : Number(value.toPrecision(2))} ms`;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
