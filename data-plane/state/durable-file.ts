/**
 * Replaces a file so that a crash at any instant leaves the old one or the new one, whole (S5): temporary file, fsync,
 * rename, fsync of the folder. Everything in the state folder that must not be lost is written through here, and read
 * back as what may be missing or damaged.
 */
import { basename, dirname, join } from 'node:path';
import type { Disk } from './disk.ts';

const TEMPORARY_PREFIX = '.writing-';

/** True for what an interrupted replaceFile left behind: to be removed at start. */
export function isTemporary(name: string): boolean {
  return name.startsWith(TEMPORARY_PREFIX);
}

/** Resolves when the new content survives a power cut. Two calls for one path must not overlap. Mode 0600. */
export async function replaceFile(disk: Disk, path: string, parts: readonly Uint8Array[]): Promise<void> {
  await replace(disk, path, parts, true);
  await disk.syncFolder(dirname(path));
}

/** Replaces a file of JSON. */
export async function replaceJson(disk: Disk, path: string, value: unknown): Promise<void> {
  await replaceFile(disk, path, [jsonBytes(value)]);
}

/** The same for what need only survive the end of this process, not a power cut: no fsync. */
export async function replaceJsonLoosely(disk: Disk, path: string, value: unknown): Promise<void> {
  await replace(disk, path, [jsonBytes(value)], false);
}

/** What a file of JSON holds; undefined where it is missing, can't be read or is no JSON. */
export async function readJson(disk: Disk, path: string): Promise<unknown> {
  try {
    const bytes = await disk.read(path);
    return bytes === undefined ? undefined : JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}

async function replace(disk: Disk, path: string, parts: readonly Uint8Array[], synced: boolean): Promise<void> {
  const temporary = join(dirname(path), TEMPORARY_PREFIX + basename(path));
  try {
    const file = await disk.create(temporary, 0o600);
    try {
      for (const part of parts) await file.write(part);
      if (synced) await file.sync();
    } finally {
      await file.close();
    }
    await disk.rename(temporary, path);
  } catch (thrown) {
    // On a full disk it would stand in the way of what comes next.
    await disk.remove(temporary).catch(() => undefined);
    throw thrown;
  }
}

function jsonBytes(value: unknown): Uint8Array {
  return Buffer.from(`${JSON.stringify(value, undefined, 2)}\n`);
}
