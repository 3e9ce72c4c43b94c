/**
 * Talks to a control plane's admin API for the commands of this folder. Every failure becomes an error that says what to
 * do next; the token is never part of one.
 */
import { request, type Dispatcher } from 'undici';
import { describeThrown, HoldfastError } from '../../shared/errors.ts';
import { savedSession } from './saved-sessions.ts';

export interface AdminAccess {
  readonly adminUrl: string;
  readonly adminToken: string | undefined;
  /** What answers there, for errors; the admin API where it is not given. */
  readonly called?: string;
}

const ADMIN_API = 'the admin API';

const TIMEOUT_MS = 15_000;
const FILE_TIMEOUT_MS = 120_000;

type RequestOptions = Pick<Dispatcher.RequestOptions, 'method' | 'body' | 'signal' | 'headersTimeout' | 'bodyTimeout'>;

/** The admin API answered, and it was no. */
export class AdminRefusal extends HoldfastError {
  readonly status: number;
  /** The answer's object; empty where it was none. */
  readonly answer: Readonly<Record<string, unknown>>;

  constructor(access: AdminAccess, status: number, reason: string, answer: Readonly<Record<string, unknown>> = {}) {
    const hint = status === 401 ? '; set HOLDFAST_ADMIN_TOKEN, or --admin-token-file, or sign in with "holdfast login"' : reason === 'Not found' ? '; is the name of the gateway right, and what else was named?' : '';
    super({ code: 'CLI_ADMIN_REFUSED', source: 'control-plane', retryable: status >= 500, publicMessage: `${access.called ?? ADMIN_API} at ${access.adminUrl} answered ${status}: ${reason}${hint}` });
    this.status = status;
    this.answer = answer;
  }
}

/** POSTs JSON and returns the answer's object. Throws CLI_ADMIN_UNREACHABLE, or CLI_ADMIN_REFUSED as AdminRefusal. `timeoutMs`: for what takes its time. */
export function post(access: AdminAccess, path: string, document: object, timeoutMs = TIMEOUT_MS): Promise<Readonly<Record<string, unknown>>> {
  return exchange(access, path, { method: 'POST', body: JSON.stringify(document), headersTimeout: timeoutMs, bodyTimeout: timeoutMs });
}

/** GETs an object; the signal ends it early. Throws as post does. `timeoutMs`: for what takes its time. */
export function get(access: AdminAccess, path: string, signal?: AbortSignal, timeoutMs = TIMEOUT_MS): Promise<Readonly<Record<string, unknown>>> {
  return exchange(access, path, { method: 'GET', headersTimeout: timeoutMs, bodyTimeout: timeoutMs, ...(signal === undefined ? {} : { signal }) });
}

/** GETs text for people. Throws as post does. */
export async function getText(access: AdminAccess, path: string): Promise<string> {
  const { statusCode, body } = await ask(addressOf(access.adminUrl, path), access, { method: 'GET' });
  const text = await body.text().catch((thrown: unknown) => Promise.reject(unreachable(access, thrown)));
  if (statusCode === 200) return text;
  throw new AdminRefusal(access, statusCode, reasonOf(text), parseAnswer(text));
}

export interface StreamOptions {
  /** Of a stream of events that broke: the newest id that it told. */
  readonly lastEventId?: string | undefined;
  /** Of one that says now and then that it is there: then nothing for so long is its end. */
  readonly silentForMs?: number;
}

/** GETs a file that may take its time. Throws as post does. */
export async function getBytes(access: AdminAccess, path: string): Promise<Buffer> {
  const { statusCode, body } = await ask(addressOf(access.adminUrl, path), access, { method: 'GET', headersTimeout: FILE_TIMEOUT_MS, bodyTimeout: FILE_TIMEOUT_MS });
  const bytes = Buffer.from(await body.bytes().catch((thrown: unknown) => Promise.reject(unreachable(access, thrown))));
  if (statusCode === 200) return bytes;
  throw new AdminRefusal(access, statusCode, reasonOf(bytes.toString()), parseAnswer(bytes.toString()));
}

/** The body of a GET as it comes, without a bound on its time; the caller ends it by the signal. Throws as post does. */
export async function openStream(access: AdminAccess, path: string, signal: AbortSignal, { lastEventId, silentForMs = 0 }: StreamOptions = {}): Promise<AsyncIterable<Buffer>> {
  const headers = lastEventId === undefined ? {} : { 'last-event-id': lastEventId };
  const { statusCode, body } = await ask(addressOf(access.adminUrl, path), access, { method: 'GET', signal, bodyTimeout: silentForMs }, headers);
  if (statusCode === 200) return body;
  throw new AdminRefusal(access, statusCode, reasonOf(await body.text()));
}

/** Sends a request whose answer has no body of interest, and gives its status. Throws CLI_ADMIN_UNREACHABLE. */
export async function send(access: AdminAccess, path: string, method: 'POST' | 'DELETE'): Promise<number> {
  const { statusCode, body } = await ask(addressOf(access.adminUrl, path), access, { method });
  await body.dump();
  return statusCode;
}

async function exchange(access: AdminAccess, path: string, options: Partial<RequestOptions>): Promise<Readonly<Record<string, unknown>>> {
  const { statusCode, body } = await ask(addressOf(access.adminUrl, path), access, options);
  const text = await body.text().catch((thrown: unknown) => Promise.reject(unreachable(access, thrown)));
  const answer = parseAnswer(text);
  if (statusCode >= 200 && statusCode < 300 && answer !== undefined) return answer;
  throw new AdminRefusal(access, statusCode, reasonOf(text), answer);
}

function reasonOf(text: string): string {
  const answer = parseAnswer(text);
  return typeof answer?.['message'] === 'string' ? answer['message'] : text.slice(0, 200);
}

function addressOf(adminUrl: string, path: string): URL {
  const base = URL.canParse(adminUrl) ? new URL(adminUrl) : undefined;
  if (base !== undefined && (base.protocol === 'http:' || base.protocol === 'https:')) return new URL(`${base.pathname.replace(/\/$/, '')}${path}`, base);
  throw new HoldfastError({ code: 'CLI_ADMIN_URL_INVALID', source: 'gateway', publicMessage: `"${adminUrl}" is no address of an admin API; give --admin-url one like http://127.0.0.1:8001` });
}

async function ask(url: URL, access: AdminAccess, options: Partial<RequestOptions>, headers: Readonly<Record<string, string>> = {}): Promise<Dispatcher.ResponseData> {
  // Somebody who signed in need not show a token.
  const token = access.adminToken ?? (access.called === undefined ? savedSession(access.adminUrl) : undefined);
  try {
    return await request(url, {
      headers: { 'content-type': 'application/json', ...headers, ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
      headersTimeout: TIMEOUT_MS,
      bodyTimeout: TIMEOUT_MS,
      ...options,
    });
  } catch (thrown) {
    throw unreachable(access, thrown);
  }
}

function unreachable(access: AdminAccess, thrown: unknown): HoldfastError {
  return new HoldfastError({
    code: 'CLI_ADMIN_UNREACHABLE',
    source: 'control-plane',
    retryable: true,
    publicMessage: `no answer from ${access.called ?? ADMIN_API} at ${access.adminUrl} (${describeThrown(thrown)}); ${access.called === undefined ? 'is the control plane running, and is HOLDFAST_ADMIN_URL right?' : 'is it running, and is the address right?'}`,
    cause: thrown,
  });
}

function parseAnswer(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const answer: unknown = JSON.parse(text);
    return typeof answer === 'object' && answer !== null ? { ...answer } : undefined;
  } catch {
    return undefined;
  }
}
