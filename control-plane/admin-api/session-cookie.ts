/**
 * The session of a browser: a cookie that scripts can't read and other sites don't send with what they post, and beside it a token
 * that every write must repeat in a header (OWASP: signed double submit, bound to the session), because cookies go along unasked.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { Refusal } from './answer.ts';

export const CSRF_HEADER = 'x-holdfast-csrf';
const READS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

export class SessionCookies {
  readonly #isSecure: boolean;
  readonly #origin: string;

  /** `publicUrl`: under which browsers reach the admin API. Without TLS (loopback) the names lack the prefix that browsers guard. */
  constructor(publicUrl: URL) {
    this.#isSecure = publicUrl.protocol === 'https:';
    this.#origin = publicUrl.origin;
  }

  get #sessionName(): string {
    return this.#isSecure ? '__Host-holdfast-session' : 'holdfast-session';
  }

  get #ticketName(): string {
    return this.#isSecure ? '__Host-holdfast-sign-in' : 'holdfast-sign-in';
  }

  /** The text of the session in the request's cookie; undefined where it has none, or names a credential itself. */
  sessionOf(headers: IncomingHttpHeaders): string | undefined {
    return headers.authorization !== undefined || headers['kong-admin-token'] !== undefined ? undefined : cookie(headers, this.#sessionName);
  }

  /** What writes of a browser's session must repeat; null for who comes without a cookie. */
  csrfTokenOf(headers: IncomingHttpHeaders): string | null {
    const session = this.sessionOf(headers);
    return session === undefined ? null : csrfToken(session);
  }

  ticketOf(headers: IncomingHttpHeaders): string | undefined {
    return cookie(headers, this.#ticketName);
  }

  setTicket(ticket: string, seconds: number): string {
    return this.#set(this.#ticketName, ticket, seconds);
  }

  setSession(text: string, seconds: number): string {
    return this.#set(this.#sessionName, text, seconds);
  }

  clearSession(): string {
    return this.#set(this.#sessionName, '', 0);
  }

  clearTicket(): string {
    return this.#set(this.#ticketName, '', 0);
  }

  /** Throws a Refusal (403) for a write by cookie that another site could have sent. */
  refuseForgery(method: string, headers: IncomingHttpHeaders): void {
    const session = this.sessionOf(headers);
    if (session === undefined || READS.has(method)) return;
    this.refuseOtherSite(headers);
    const given = Buffer.from(String(headers[CSRF_HEADER] ?? ''));
    const expected = Buffer.from(csrfToken(session));
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) throw forged(`a write by cookie needs the header ${CSRF_HEADER} with the csrf_token of GET /v1/me`);
  }

  /** Throws a Refusal (403) for what a page of another site sent, as browsers tell: it must not sign a browser in either (login CSRF). */
  refuseOtherSite({ origin, 'sec-fetch-site': site }: IncomingHttpHeaders): void {
    if (origin !== undefined && origin !== this.#origin) throw forged(`Origin is ${origin.slice(0, 100)}, not ${this.#origin}`);
    if (site !== undefined && site !== 'same-origin' && site !== 'none') throw forged('Sec-Fetch-Site says that another site sent the request');
  }

  #set(name: string, value: string, seconds: number): string {
    return `${name}=${value}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${seconds}${this.#isSecure ? '; Secure' : ''}`;
  }
}

/** Follows from the session's text, which no script and no other site can read. */
export function csrfToken(session: string): string {
  return createHmac('sha256', session).update('holdfast csrf').digest('base64url');
}

function cookie({ cookie: header }: IncomingHttpHeaders, name: string): string | undefined {
  const found = (header ?? '').split(';').map((pair) => pair.trim()).find((pair) => pair.startsWith(`${name}=`));
  return found === undefined || found.length === name.length + 1 ? undefined : found.slice(name.length + 1);
}

function forged(reason: string): Refusal {
  return new Refusal({ code: 'ADMIN_FORGED', status: 403, body: { message: `refused: ${reason}`, error: 'ADMIN_FORGED' } });
}
