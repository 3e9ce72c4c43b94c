/**
 * Where the embedded Postgres keeps its files: `postgres/` in the state folder, or, where the account it runs as cannot
 * get there (a state folder below /root), a folder of its own in a public place, recorded in the state folder.
 *
 *     data/     the database cluster          lib/     links to the shared libraries
 *     socket/   the unix socket               log      what the server says
 *
 * Only data/ and socket/ belong to that account and are closed to others (0700). The rest stays ours: what runs as root
 * must not work in a folder where another account can put things.
 */
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HoldfastError } from '../../shared/errors.ts';
import { canReach, chooseAccount, giveTo, type Account } from './account.ts';

export interface Place {
  /** Absolute and without links, as the kernel names it. */
  readonly folder: string;
  readonly account: Account;
}

/** A unix socket's path has 108 bytes in the kernel, one of them the final zero. */
const LONGEST_SOCKET_PATH_BYTES = 107;
/** Port 5432 is only a name here: there is one socket per folder. */
export const SOCKET_NAME = '.s.PGSQL.5432';
const RECORD = 'postgres-folder';

export function dataFolderOf(place: Place): string {
  return join(place.folder, 'data');
}

/** The place an earlier run chose, if any. */
export function findPlace(stateFolder: string): Place | undefined {
  const record = join(stateFolder, RECORD);
  const folder = existsSync(record) ? readFileSync(record, 'utf8').trim() : join(stateFolder, 'postgres');
  if (!existsSync(join(folder, 'data'))) return undefined;
  return { folder: realpathSync(folder), account: chooseAccount(join(folder, 'data')) };
}

/** Finds or makes the place. `publicFolder` is where root may put what another account must reach; it is made on demand. */
export function choosePlace(stateFolder: string, publicFolder: string): Place {
  mkdirSync(stateFolder, { recursive: true });
  const place = findPlace(stateFolder) ?? makePlace(realpathSync(stateFolder), publicFolder);
  if (!canReach(place.account, place.folder)) throw unreachable(place.folder, `is no longer reachable by user id ${place.account?.uid}; make the folders above it enterable again (chmod o+x)`);
  const data = lstatSync(dataFolderOf(place), { throwIfNoEntry: false });
  if (data !== undefined && place.account === undefined && data.uid !== process.geteuid?.()) {
    throw unreachable(dataFolderOf(place), `belongs to user id ${data.uid}; run Holdfast as the user who started it before, or as root`);
  }
  return place;
}

function makePlace(stateFolder: string, publicFolder: string): Place {
  const inside = join(stateFolder, 'postgres');
  const account = chooseAccount(join(inside, 'data'));
  openFolder(inside);
  if (canReach(account, inside)) return { folder: inside, account };
  rmSync(inside, { recursive: true });
  const hash = createHash('sha256').update(stateFolder).digest('hex').slice(0, 16);
  // Not by hash alone: when the state folder was deleted, what is left of its database must not come back to life.
  const folder = mkdtempSync(join(openPublicFolder(publicFolder), `postgres-${hash}-`));
  chmodSync(folder, 0o755);
  if (!canReach(account, folder)) throw unreachable(folder, `cannot be reached by user id ${account?.uid}; make the folders above it enterable (chmod o+x), or set DATABASE_URL`);
  writeFileSync(join(stateFolder, RECORD), `${folder}\n`);
  return { folder, account };
}

/** Makes the public folder, or makes sure that nobody but root could have put anything there. */
export function openPublicFolder(publicFolder: string): string {
  if (!existsSync(publicFolder)) openFolder(publicFolder);
  assertOwn(publicFolder, undefined, 0o022);
  return publicFolder;
}

/** Makes a folder that others can enter, whatever the umask. */
export function openFolder(folder: string): void {
  mkdirSync(folder, { recursive: true });
  chmodSync(folder, 0o755);
}

/** Makes a folder that belongs to the account and is closed to everybody else. */
export function privateFolder(account: Account, folder: string): void {
  mkdirSync(folder);
  chmodSync(folder, 0o700);
  giveTo(account, folder);
}

/**
 * The folder of the unix socket: inside the place, or where that path would be too long, in a temporary folder of ours.
 * Made if it does not exist.
 */
export function socketFolderOf(place: Place): string {
  const hash = createHash('sha256').update(place.folder).digest('hex').slice(0, 16);
  const candidates = [join(place.folder, 'socket'), join(tmpdir(), `holdfast-postgres-${hash}`), join('/tmp', `holdfast-postgres-${hash}`)];
  for (const folder of candidates) {
    if (Buffer.byteLength(join(folder, SOCKET_NAME)) > LONGEST_SOCKET_PATH_BYTES) continue;
    if (!existsSync(folder)) privateFolder(place.account, folder);
    assertOwn(folder, place.account, 0o077);
    return folder;
  }
  throw unreachable(place.folder, 'has a path too long for a unix socket; choose a shorter state folder');
}

/** Refuses a folder that another user could have made or could change: it may hold anything. */
function assertOwn(folder: string, account: Account, forbiddenBits: number): void {
  const found = lstatSync(folder);
  const uid = account?.uid ?? process.geteuid?.();
  if (found.isDirectory() && found.uid === uid && (found.mode & forbiddenBits) === 0) return;
  throw unreachable(folder, `must be a folder of user id ${uid} that no other user can change; remove it, or set DATABASE_URL`);
}

function unreachable(folder: string, why: string): HoldfastError {
  return new HoldfastError({
    code: 'EMBEDDED_POSTGRES_FOLDER',
    source: 'control-plane',
    publicMessage: 'the folder of the embedded Postgres cannot be used',
    message: `the folder of the embedded Postgres, ${folder}, ${why}`,
  });
}
