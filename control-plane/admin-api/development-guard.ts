/**
 * Development mode: requests without a token are taken for an admin's, so every request must come from this machine and
 * not from a web page of another site. A page can post forms to loopback, and with a name of its own that resolves to
 * loopback (DNS rebinding) even read answers; browsers give both away in Host, Origin and Sec-Fetch-Site. Called first
 * on every request in that mode, reads and writes alike.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { Refusal } from './answer.ts';

const LOOPBACK_NAMES: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);

/** Undefined where the request may go on. */
export function refuseForeign(headers: IncomingHttpHeaders): Refusal | undefined {
  const host = headers.host;
  if (host === undefined || !isLoopback(host)) return refuse('Host must be localhost, 127.0.0.1 or [::1]');
  const origin = headers.origin;
  // Other ports of this machine are other origins: some page of a local development server is not the admin's own.
  if (origin !== undefined && origin.toLowerCase() !== `http://${host.toLowerCase()}`) return refuse('Origin is another site');
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return refuse('Sec-Fetch-Site says that another site sent the request');
  return undefined;
}

/** True for an address that only this machine can reach. */
export function isLoopbackAddress(address: string): boolean {
  return address === 'localhost' || address === '::1' || /^127(?:\.\d{1,3}){3}$/.test(address);
}

function isLoopback(host: string): boolean {
  const name = /^(\[[^\]]*\]|[^:]*)(?::\d{1,5})?$/.exec(host)?.[1];
  return name !== undefined && LOOPBACK_NAMES.has(name.toLowerCase());
}

function refuse(reason: string): Refusal {
  return new Refusal({
    code: 'ADMIN_CROSS_SITE',
    status: 403,
    body: { message: `refused: ${reason}. Development mode answers this machine only; use an admin token outside it`, error: 'ADMIN_CROSS_SITE' },
  });
}
