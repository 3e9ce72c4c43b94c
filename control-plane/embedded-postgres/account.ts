/**
 * The operating-system account Postgres runs as. Postgres refuses to run as root, so for root it is another account:
 * the owner of the data where there are some, else `postgres`, else `nobody`. Used by the other files of this folder.
 */
import { spawnSync } from 'node:child_process';
import { chownSync, readFileSync, statSync } from 'node:fs';
import { HoldfastError } from '../../shared/errors.ts';

/** `undefined` stands for this process's own account, which needs no change of owner anywhere. */
export type Account = { readonly uid: number; readonly gid: number } | undefined;

/** Who Postgres is to run as. `dataFolder` may not exist yet. Throws where root finds no other account. */
export function chooseAccount(dataFolder: string): Account {
  if (process.geteuid?.() !== 0) return undefined;
  const owner = statSync(dataFolder, { throwIfNoEntry: false });
  if (owner !== undefined && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  const accounts = readFileSync('/etc/passwd', 'utf8');
  const account = findAccount(accounts, 'postgres') ?? findAccount(accounts, 'nobody');
  if (account !== undefined) return account;
  throw new HoldfastError({
    code: 'EMBEDDED_POSTGRES_NO_ACCOUNT',
    source: 'control-plane',
    publicMessage: 'the embedded Postgres cannot be started',
    message: 'Postgres does not run as root, and /etc/passwd has neither a "postgres" nor a "nobody" account to run it as; run Holdfast as an ordinary user, or set DATABASE_URL to a Postgres server of yours',
  });
}

/** The account of that name in the text of /etc/passwd, unless it is root's. */
export function findAccount(passwd: string, name: string): Account {
  const fields = passwd.split('\n').find((line) => line.startsWith(`${name}:`))?.split(':');
  const uid = Number(fields?.[2]);
  const gid = Number(fields?.[3]);
  return fields !== undefined && Number.isInteger(uid) && Number.isInteger(gid) && uid !== 0 ? { uid, gid } : undefined;
}

/** The part of a spawn's options that makes it run as the account. */
export function runAs(account: Account): { readonly uid?: number; readonly gid?: number } {
  return account ?? {};
}

/** Gives a path to the account. */
export function giveTo(account: Account, path: string): void {
  if (account !== undefined) chownSync(path, account.uid, account.gid);
}

/** True where the account can read and enter (or execute) the path: asked of the kernel, so that every kind of rule counts. */
export function canReach(account: Account, path: string): boolean {
  if (account === undefined) return true;
  // The working folder must be one that everybody can enter, or the probe itself could not start.
  return spawnSync('/bin/sh', ['-c', 'test -r "$1" && test -x "$1"', 'sh', path], { ...runAs(account), cwd: '/', stdio: 'ignore' }).status === 0;
}
