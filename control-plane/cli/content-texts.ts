/**
 * Reads the files that a command names: single ones, folders with everything in them that is YAML or JSON, and `-` for standard
 * input. Used by declarative.ts and watch-source.ts.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import type { FileText } from '../declarative/content-file.ts';
import { describeThrown, HoldfastError } from '../../shared/errors.ts';

/** More than anybody keeps in files; bounds what a wrong path makes us read. */
const MAX_FILES = 10_000;
const MAX_BYTES = 268_435_456;
const CONTENT = /\.(?:ya?ml|json)$/i;

export function isContentFile(name: string): boolean {
  return CONTENT.test(name) && !basename(name).startsWith('.');
}

/** In the order of the words; in folders by name. Throws CLI_FILES_UNREADABLE. */
export function readTexts(words: readonly string[], workingFolder = process.cwd()): readonly FileText[] {
  const paths = words.flatMap((word) => (word === '-' ? [word] : pathsBelow(word)));
  if (paths.length > MAX_FILES) throw unreadable(`there are ${paths.length} files; at most ${MAX_FILES} are read`);
  let bytes = 0;
  return paths.map((path) => {
    const text = readOne(path);
    bytes += text.length;
    if (bytes > MAX_BYTES) throw unreadable(`the files have more than ${MAX_BYTES} bytes together`);
    const near = relative(workingFolder, path);
    return { name: path === '-' ? 'standard input' : near.startsWith('..') ? path : near, text };
  });
}

/** The file itself, or the files of a folder and of those in it. */
function pathsBelow(path: string): readonly string[] {
  try {
    if (!statSync(path).isDirectory()) return [path];
    const found = readdirSync(path, { recursive: true, encoding: 'utf8' }).filter((name) => isContentFile(name) && !name.split('/').some((part) => part.startsWith('.')));
    if (found.length === 0) throw unreadable(`${path} holds no .yaml, .yml or .json file`);
    return found.toSorted().map((name) => join(path, name)).filter((name) => statSync(name).isFile());
  } catch (thrown) {
    throw thrown instanceof HoldfastError ? thrown : unreadable(`${path} can not be read (${describeThrown(thrown)})`, thrown);
  }
}

function readOne(path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path === '-' ? 0 : path));
  } catch (thrown) {
    throw unreadable(`${path === '-' ? 'standard input' : path} can not be read (${describeThrown(thrown)})`, thrown);
  }
}

function unreadable(message: string, cause?: unknown): HoldfastError {
  return new HoldfastError({ code: 'CLI_FILES_UNREADABLE', source: 'gateway', publicMessage: message, ...(cause === undefined ? {} : { cause }) });
}
