/**
 * The events that our own processes log, read from the sources: name, levels, what the line says, where it is written. Source of
 * docs/events.md (test/generate-observability-docs.ts) and of the test that names are stable words with one meaning each.
 */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface LogEvent {
  readonly name: string;
  /** Empty where the source decides at run time. */
  readonly levels: readonly string[];
  /** With … for what differs from line to line; of several lines all that differ. */
  readonly texts: readonly string[];
  /** From the root, `/` between folders. */
  readonly files: readonly string[];
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const LEVEL = '(?:trace|debug|info|warn|error|fatal)';
/** `log.warn({ event: 'name', …`, also `areas.of('sync').info({ event: …` and `this.#log('error', { event: …`. */
const WITH_FIELDS = new RegExp(`(?:\\.(${LEVEL})\\(|\\(\\s*'(${LEVEL})',\\s*)?\\{\\s*(?:\\.\\.\\.[a-z]+, )?event: '([^']+)'`, 'g');
/** What plugins write: `services.log.warn('name', …`. */
const OF_PLUGIN = /\blog\.warn\('([^']+)'/g;
/** Events of other things than a log. */
const NO_LOG = /EventSource|text\/event-stream/;

export function logEvents(): readonly LogEvent[] {
  const files = globSync(['control-plane/**/*.ts', 'data-plane/**/*.ts', 'shared/**/*.ts'], { cwd: ROOT }).filter((file) => !file.endsWith('.test.ts')).map((file) => file.replaceAll('\\', '/')).toSorted();
  const found = new Map<string, { levels: Set<string>; texts: Set<string>; files: Set<string> }>();
  const add = (name: string, level: string | undefined, text: string | undefined, file: string): void => {
    const event = found.get(name) ?? { levels: new Set(), texts: new Set(), files: new Set() };
    found.set(name, event);
    if (level !== undefined) event.levels.add(level);
    if (text !== undefined) event.texts.add(text);
    event.files.add(file);
  };
  for (const file of files) {
    const source = readFileSync(join(ROOT, file), 'utf8');
    if (NO_LOG.test(source)) continue;
    for (const match of source.matchAll(WITH_FIELDS)) {
      const open = match.index + match[0].indexOf('{');
      add(match[3] ?? '', match[1] ?? match[2], messageAfter(source, closing(source, open)), file);
    }
    for (const [, name = ''] of source.matchAll(OF_PLUGIN)) add(name, 'warn', undefined, file);
  }
  return [...found].map(([name, { levels, texts, files: where }]) => ({ name, levels: [...levels], texts: [...texts], files: [...where] })).toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** Where the bracket that opens at `from` closes. Quotes and templates inside are passed over. */
function closing(source: string, from: number): number {
  let depth = 0;
  for (let at = from; at < source.length; at += 1) {
    const sign = source[at] ?? '';
    if (sign === "'" || sign === '"') at = source.indexOf(sign, at + 1);
    else if (sign === '`') at = endOfTemplate(source, at);
    else if ('{[('.includes(sign)) depth += 1;
    else if ('}])'.includes(sign) && (depth -= 1) === 0) return at;
  }
  return source.length;
}

function endOfTemplate(source: string, from: number): number {
  for (let at = from + 1; at < source.length; at += 1) {
    if (source[at] === '\\') at += 1;
    else if (source[at] === '`') return at;
    else if (source.startsWith('${', at)) at = closing(source, at + 1);
  }
  return source.length;
}

/** The literal that follows; undefined where the message is made elsewhere. */
function messageAfter(source: string, end: number): string | undefined {
  const start = /^,\s*/.exec(source.slice(end + 1, end + 60));
  const from = end + 1 + (start?.[0].length ?? 0);
  const quote = start === null ? '' : (source[from] ?? '');
  if (quote === "'" || quote === '"') return source.slice(from + 1, source.indexOf(quote, from + 1));
  if (quote !== '`') return undefined;
  const last = endOfTemplate(source, from);
  let text = '';
  for (let at = from + 1; at < last; at += 1) {
    if (source.startsWith('${', at)) {
      at = closing(source, at + 1);
      text += '…';
    } else text += source[at];
  }
  return text;
}
