/**
 * The release before this one (N−1), out of the history of this checkout, to run beside this one. It is what was there before the
 * first migration of this release was added. Where there is no such history (a tarball, a shallow clone) tests say so and are skipped.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Changes with each release. */
const FIRST_MIGRATION_OF_THIS_RELEASE = 'control-plane/store/migrations/009-roles.sql';
const PROJECT = fileURLToPath(new URL('../..', import.meta.url));

export interface PreviousRelease {
  /** The project's folder, with the packages of this one: both have the same lock file, but for what was added. */
  readonly folder: string;
  readonly commit: string;
  remove(): void;
}

/** A text says why there is none. */
export function checkOutPreviousRelease(): PreviousRelease | string {
  const git = (words: readonly string[]): string => {
    const ran = spawnSync('git', ['-C', PROJECT, ...words], { encoding: 'utf8' });
    return ran.error === undefined && ran.status === 0 ? ran.stdout.trim() : '';
  };
  const first = git(['log', '--diff-filter=A', '--format=%H', '--', FIRST_MIGRATION_OF_THIS_RELEASE]).split('\n').at(-1) ?? '';
  const commit = first === '' ? '' : git(['rev-parse', '--verify', '--quiet', `${first}^`]);
  if (commit === '') return 'the history of this checkout does not reach to the release before (a tarball, or a shallow clone)';
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-previous-'));
  const unpacked = spawnSync('sh', ['-c', 'git -C "$1" archive "$2" bin control-plane data-plane shared proto test package.json | tar -x -C "$3"', 'sh', PROJECT, commit, folder], { encoding: 'utf8' });
  if (unpacked.status !== 0) {
    rmSync(folder, { recursive: true, force: true });
    return `the release before could not be unpacked: ${unpacked.stderr}`;
  }
  symlinkSync(join(PROJECT, 'node_modules'), join(folder, 'node_modules'));
  return { folder, commit, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
