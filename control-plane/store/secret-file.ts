/**
 * Small secrets in the state folder, mode 0600, made once. Written whole or not at all, and the first of two processes
 * that make one at once wins.
 */
import { closeSync, fsyncSync, linkSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { dirname } from 'node:path';
import { HoldfastError } from '../../shared/errors.ts';

/** The file's text, or, where there is no file, what `create` makes, then in the file. Throws STORE_SECRET_FILE_OPEN where others may read it. */
export function readOrCreateSecretFile(path: string, create: () => string): string {
  const existing = statSync(path, { throwIfNoEntry: false });
  if (existing === undefined) writeOnce(path, create());
  else if ((existing.mode & 0o077) !== 0) {
    throw new HoldfastError({
      code: 'STORE_SECRET_FILE_OPEN',
      source: 'control-plane',
      publicMessage: 'a secret file is readable by others',
      message: `${path} holds a secret and other accounts may use it; run chmod 600 on it, and replace the secret if anybody may have read it`,
    });
  }
  return readFileSync(path, 'utf8').trim();
}

function writeOnce(path: string, text: string): void {
  const unfinished = `${path}.${randomUUID()}`;
  const descriptor = openSync(unfinished, 'wx', 0o600);
  try {
    writeSync(descriptor, `${text}\n`);
    fsyncSync(descriptor);
    linkSync(unfinished, path);
  } catch (thrown) {
    // Another process was first: its secret counts.
    if (!(thrown instanceof Error && 'code' in thrown && thrown.code === 'EEXIST')) throw thrown;
  } finally {
    closeSync(descriptor);
    rmSync(unfinished, { force: true });
  }
  syncFolder(dirname(path));
}

/** The name must last as the content does: what is sealed under a key that a power cut took is lost. */
function syncFolder(folder: string): void {
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
