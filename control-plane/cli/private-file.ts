/**
 * Writes a file that may hold secrets: readable for its owner alone, whole or not at all. Used by declarative.ts and convert.ts.
 */
import { randomUUID } from 'node:crypto';
import { renameSync, rmSync, statSync, writeFileSync } from 'node:fs';

/** Replaces what is there. Throws what the file system throws, and leaves nothing unfinished behind. */
export function writePrivateFile(path: string, text: string): void {
  // A device or a pipe is written to and not replaced.
  if (statSync(path, { throwIfNoEntry: false })?.isFile() === false) return writeFileSync(path, text);
  // Of nobody's choice: a link or a file that others may read, put there before, would get the secrets.
  const unfinished = `${path}.${randomUUID()}.part`;
  try {
    writeFileSync(unfinished, text, { mode: 0o600, flag: 'wx', flush: true });
    renameSync(unfinished, path);
  } catch (thrown) {
    rmSync(unfinished, { force: true });
    throw thrown;
  }
}
