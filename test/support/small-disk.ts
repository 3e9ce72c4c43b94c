/** A disk of a few MiB that can be filled: a tmpfs, mounted where the maker says. Needs root on Linux; says why where it can't be had. */
import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const BALLAST = 'ballast';
const PIECE = Buffer.alloc(4096, 1);

export class SmallDisk {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** The folder is made. Throws where it can't be had: ask `whyNot` first. */
  static mount(folder: string, sizeMiB: number): SmallDisk {
    mkdirSync(folder, { recursive: true });
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${sizeMiB}m,mode=0700`, 'holdfast-small-disk', folder], { stdio: ['ignore', 'ignore', 'pipe'] });
    return new SmallDisk(folder);
  }

  /** Why there can be none here; undefined where there can. */
  static whyNot(): string | undefined {
    if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'mounting a small disk needs root on Linux';
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-mount-'));
    try {
      SmallDisk.mount(folder, 1).unmount();
      return undefined;
    } catch (thrown) {
      return `a tmpfs can't be mounted here: ${thrown instanceof Error ? thrown.message.split('\n')[1] ?? thrown.message : String(thrown)}`;
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  /** To the last byte. Returns how many bytes that took. */
  fill(): number {
    const file = openSync(join(this.folder, BALLAST), 'a', 0o600);
    let written = 0;
    try {
      for (;;) written += writeSync(file, PIECE);
    } catch {
      // That is what was wanted.
      return written;
    } finally {
      closeSync(file);
    }
  }

  /** As it was before `fill`. */
  empty(): void {
    rmSync(join(this.folder, BALLAST), { force: true });
  }

  unmount(): void {
    execFileSync('umount', [this.folder], { stdio: ['ignore', 'ignore', 'pipe'] });
  }
}
