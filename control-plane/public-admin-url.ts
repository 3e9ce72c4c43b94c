/** The address under which browsers reach the admin API (HOLDFAST_ADMIN_PUBLIC_URL). Called by start-control-plane.ts. */
import { HoldfastError } from '../shared/errors.ts';
import type { SocketAddress } from '../shared/setting-types.ts';

/** Without a setting, the listening address as it is. Throws ADMIN_URL_INVALID. */
export function publicAdminUrl(setting: string | undefined, { host, port }: SocketAddress): URL {
  if (setting === undefined) return new URL(`http://${host.includes(':') ? `[${host}]` : host}:${port}`);
  const url = URL.canParse(setting) ? new URL(setting) : undefined;
  if (url !== undefined && ['http:', 'https:'].includes(url.protocol) && url.pathname === '/' && url.search === '' && url.hash === '' && url.username === '') return url;
  throw new HoldfastError({
    code: 'ADMIN_URL_INVALID', source: 'control-plane', publicMessage: 'the public address of the admin API is no URL',
    message: `HOLDFAST_ADMIN_PUBLIC_URL must be http:// or https:// with a host and perhaps a port, and nothing behind it, as https://admin.example.com; not "${setting}"`,
  });
}
