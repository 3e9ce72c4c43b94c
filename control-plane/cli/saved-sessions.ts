/**
 * Sessions that `holdfast login` began, by the address of their admin API: a file that nobody else on this machine can read. Asked by
 * admin-client.ts where no token is given.
 */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

interface SavedSession {
  readonly token: string;
  readonly expiresAt: string;
}

/** `$XDG_CONFIG_HOME/holdfast/sessions.json`, or below `~/.config`. */
export function savedSessionsPath(): string {
  const { XDG_CONFIG_HOME: folder } = process.env;
  return join(folder !== undefined && folder.startsWith('/') ? folder : join(homedir(), '.config'), 'holdfast', 'sessions.json');
}

/** Undefined where nobody signed in there, or not any more. */
export function savedSession(adminUrl: string, nowMs = Date.now()): string | undefined {
  const saved = read()[keyOf(adminUrl)];
  return saved !== undefined && Date.parse(saved.expiresAt) > nowMs ? saved.token : undefined;
}

/** Undefined forgets it. Throws what the file system does. */
export function saveSession(adminUrl: string, session: SavedSession | undefined): void {
  const path = savedSessionsPath();
  const { [keyOf(adminUrl)]: _, ...others } = read();
  const all = session === undefined ? others : { ...others, [keyOf(adminUrl)]: session };
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify(all, null, 2)}\n`, { mode: 0o600 });
  renameSync(draft, path);
}

function keyOf(adminUrl: string): string {
  return URL.canParse(adminUrl) ? new URL(adminUrl).href.replace(/\/$/, '') : adminUrl;
}

/** What is not as we wrote it is as if it were not there. */
function read(): Readonly<Record<string, SavedSession>> {
  try {
    const value: unknown = JSON.parse(readFileSync(savedSessionsPath(), 'utf8'));
    const entries = Object.entries(Object(value)).flatMap(([key, saved]: [string, unknown]) => {
      const { token, expiresAt }: { readonly token?: unknown; readonly expiresAt?: unknown } = Object(saved);
      return typeof token === 'string' && typeof expiresAt === 'string' ? [[key, { token, expiresAt }] as const] : [];
    });
    return Object.fromEntries(entries);
  } catch {
    return {};
  }
}
