/**
 * Talks to a control plane's admin API for the commands of this folder. Every failure becomes an error that says what to
 * do next; the token is never part of one.
 */
import { request } from 'undici';
import { describeThrown, HoldfastError } from '../../shared/errors.ts';

export interface AdminAccess {
  readonly adminUrl: string;
  readonly adminToken: string | undefined;
  /** What answers there, for errors; the admin API where it is not given. */
  readonly called?: string;
}

const ADMIN_API = 'the admin API';

const TIMEOUT_MS = 15_000;

/** POSTs JSON and returns the answer's object. Throws CLI_ADMIN_UNREACHABLE or CLI_ADMIN_REFUSED. */
export async function post(access: AdminAccess, path: string, document: object): Promise<Readonly<Record<string, unknown>>> {
  const url = addressOf(access.adminUrl, path);
  const { status, text } = await send(url, access, document);
  const answer = parseAnswer(text);
  if (status >= 200 && status < 300 && answer !== undefined) return answer;
  const reason = typeof answer?.['message'] === 'string' ? answer['message'] : text.slice(0, 200);
  const hint = status === 401 ? '; set HOLDFAST_ADMIN_TOKEN, or --admin-token-file' : '';
  throw new HoldfastError({ code: 'CLI_ADMIN_REFUSED', source: 'control-plane', publicMessage: `${access.called ?? ADMIN_API} at ${access.adminUrl} answered ${status}: ${reason}${hint}` });
}

function addressOf(adminUrl: string, path: string): URL {
  const base = URL.canParse(adminUrl) ? new URL(adminUrl) : undefined;
  if (base !== undefined && (base.protocol === 'http:' || base.protocol === 'https:')) return new URL(`${base.pathname.replace(/\/$/, '')}${path}`, base);
  throw new HoldfastError({ code: 'CLI_ADMIN_URL_INVALID', source: 'gateway', publicMessage: `"${adminUrl}" is no address of an admin API; give --admin-url one like http://127.0.0.1:8001` });
}

async function send(url: URL, access: AdminAccess, document: object): Promise<{ readonly status: number; readonly text: string }> {
  try {
    const { statusCode, body } = await request(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(access.adminToken === undefined ? {} : { authorization: `Bearer ${access.adminToken}` }) },
      body: JSON.stringify(document),
      headersTimeout: TIMEOUT_MS,
      bodyTimeout: TIMEOUT_MS,
    });
    return { status: statusCode, text: await body.text() };
  } catch (thrown) {
    throw new HoldfastError({
      code: 'CLI_ADMIN_UNREACHABLE',
      source: 'control-plane',
      retryable: true,
      publicMessage: `no answer from ${access.called ?? ADMIN_API} at ${access.adminUrl} (${describeThrown(thrown)}); ${access.called === undefined ? 'is the control plane running, and is HOLDFAST_ADMIN_URL right?' : 'is it running, and is the address right?'}`,
      cause: thrown,
    });
  }
}

function parseAnswer(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const answer: unknown = JSON.parse(text);
    return typeof answer === 'object' && answer !== null ? { ...answer } : undefined;
  } catch {
    return undefined;
  }
}
