/**
 * Where `holdfast gateway watch` has its files from: as they lie in folders, or as they are committed. Says what it read, and calls
 * back when something may have changed. Used by watch.ts.
 */
import { statSync, watch, type FSWatcher } from 'node:fs';
import { dirname } from 'node:path';
import { HoldfastError } from '../../shared/errors.ts';
import type { FileText } from '../declarative/content-file.ts';
import { readTexts } from './content-texts.ts';
import { findCheckout, readHead } from './git-checkout.ts';

export interface WatchSource {
  /** Throws CLI_FILES_UNREADABLE, CLI_GIT_FAILED. */
  readonly read: () => Promise<{ readonly texts: readonly FileText[]; readonly from: string }>;
  /** Often more than once for one change. Where the system can not watch, never: there is the interval. */
  readonly onChange: (callback: () => void) => { readonly stop: () => void };
}

/** Throws CLI_GIT_FAILED where git is asked for and there is no checkout. */
export async function openSource(paths: readonly string[], kind: 'auto' | 'folder' | 'git'): Promise<WatchSource> {
  const checkout = kind === 'folder' ? undefined : await findCheckout(folderOf(paths[0] ?? '.'));
  if (checkout === undefined && kind === 'git') throw new HoldfastError({ code: 'CLI_GIT_FAILED', source: 'gateway', publicMessage: `${paths[0] ?? '.'} is in no git checkout, or the program git is not there` });
  if (checkout === undefined) {
    return {
      read: async () => {
        const texts = readTexts(paths);
        return { texts, from: `${texts.length} ${texts.length === 1 ? 'file' : 'files'}` };
      },
      onChange: (callback) => watchAll(paths.map(folderOf), true, callback),
    };
  }
  return {
    read: async () => {
      const { commit, texts } = await readHead(checkout, paths);
      return { texts, from: `commit ${commit.slice(0, 12)}` };
    },
    // A commit, a pull and a checkout all write there.
    onChange: (callback) => watchAll([checkout.gitFolder], false, callback),
  };
}

function folderOf(path: string): string {
  try {
    return statSync(path).isDirectory() ? path : dirname(path);
  } catch {
    return dirname(path);
  }
}

function watchAll(folders: readonly string[], recursive: boolean, callback: () => void): { readonly stop: () => void } {
  const watchers = [...new Set(folders)].flatMap((folder): readonly FSWatcher[] => {
    try {
      // What goes wrong later (the folder is gone) is noticed by the next reading.
      return [watch(folder, { recursive, persistent: false }, callback).on('error', callback)];
    } catch {
      return [];
    }
  });
  return { stop: () => watchers.forEach((watcher) => watcher.close()) };
}
