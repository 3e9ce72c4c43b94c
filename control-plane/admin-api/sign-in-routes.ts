/**
 * `/v1/sign-in/…`: the paths that people come in by, and the only ones besides health probes that need no credential. They give one
 * (sign-in/sign-in-desk.ts) and do nothing else. Served by http-server.ts.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { Field } from '../../shared/model/definition.ts';
import type { MadeSession } from '../store/session-store.ts';
import { PASSWORD_LENGTHS } from '../sign-in/password.ts';
import type { Asker, Destination, SignInDesk } from '../sign-in/sign-in-desk.ts';
import { invalidQuery, ok, type Answer } from './answer.ts';
import type { RequestBody } from './request-body.ts';
import type { SessionCookies } from './session-cookie.ts';
import { parseBody } from './v1/own-operation.ts';

export interface OpenRequest {
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: RequestBody;
  readonly address: string;
  readonly requestId: string;
}

/** A path without a credential. */
export interface OpenRoute {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly handle: (request: OpenRequest) => Promise<Answer>;
}

const TICKET_SECONDS = 600;
const LONGEST_AGENT = 200;
const HOME = '/v1/me';
/** It goes into a cookie, of which browsers keep 4 KiB. */
const LONGEST_RETURN = 1_000;

const exchangeFields = [
  { name: 'code', tag: 1, type: { kind: 'string', maxLength: 4096 }, required: true, description: 'What the browser brought to the command line.' },
  { name: 'verifier', tag: 2, type: { kind: 'string', minLength: 43, maxLength: 128 }, required: true, description: 'The PKCE verifier of the challenge that it began with.' },
] as const satisfies readonly Field[];

const passwordFields = [
  { name: 'tenant', tag: 1, type: { kind: 'string', maxLength: 100 }, required: true, description: 'Name of the tenant.' },
  { name: 'operator', tag: 2, type: { kind: 'string', maxLength: 100 }, required: true, description: 'Name of the operator.' },
  { name: 'password', tag: 3, type: { kind: 'string', maxLength: PASSWORD_LENGTHS[1] }, required: true, description: 'Set with PUT /v1/operators/{operator}/password.' },
  { name: 'cookie', tag: 4, type: { kind: 'boolean' }, default: false, description: 'Answer with a cookie instead of a token: for browsers.' },
] as const satisfies readonly Field[];

export function signInRoutes(desk: SignInDesk, cookies: SessionCookies): readonly OpenRoute[] {
  return [
    {
      method: 'GET',
      path: '/v1/sign-in/:tenant/:provider',
      handle: async (request) => {
        const { tenant = '', provider = '' } = request.params;
        const { url, ticket } = await desk.begin({ tenant, provider }, destinationOf(request.query), askerOf(request));
        return redirect(url.href, [cookies.setTicket(ticket, TICKET_SECONDS)]);
      },
    },
    {
      method: 'GET',
      path: '/v1/sign-in/:tenant/:provider/callback',
      handle: async (request) => {
        const { tenant = '', provider = '' } = request.params;
        const { made, destination } = await desk.finish({ tenant, provider }, request.query, cookies.ticketOf(request.headers), askerOf(request));
        if (destination.kind === 'browser') return redirect(destination.path, [cookies.setSession(made.text, secondsOf(made)), cookies.clearTicket()]);
        const url = new URL(`http://127.0.0.1:${destination.port}/`);
        url.searchParams.set('code', desk.codeFor(made, destination.challenge));
        url.searchParams.set('state', destination.state);
        return redirect(url.href, [cookies.clearTicket()]);
      },
    },
    {
      method: 'POST',
      path: '/v1/sign-in/exchange',
      handle: async (request) => {
        const { code, verifier } = parseBody(exchangeFields, request.body);
        const { token, expiresAt } = desk.exchange(code, verifier, askerOf(request));
        return ok({ token, expires_at: expiresAt });
      },
    },
    {
      method: 'POST',
      path: '/v1/sign-in/password',
      handle: async (request) => {
        const { tenant, operator, password, cookie } = parseBody(passwordFields, request.body);
        if (cookie) cookies.refuseOtherSite(request.headers);
        const made = await desk.withPassword({ tenant, operator }, password, askerOf(request));
        const expires = { expires_at: made.session.expiresAt.toISOString() };
        return cookie ? { ...ok(expires), cookies: [cookies.setSession(made.text, secondsOf(made))] } : ok({ token: made.text, ...expires });
      },
    },
  ];
}

/** `return_to` for browsers; `port`, `challenge` and `state` for the command line. Throws a Refusal (400). */
function destinationOf(query: URLSearchParams): Destination {
  const unknown = [...query.keys()].find((name) => !['return_to', 'port', 'challenge', 'state'].includes(name));
  if (unknown !== undefined) throw invalidQuery('options', unknown, 'unknown query parameter; known are return_to, and for a command line port, challenge and state');
  const port = query.get('port');
  if (port === null) {
    const path = query.get('return_to') ?? HOME;
    // "//host" and "/\host" are other sites to a browser.
    if (path.length > LONGEST_RETURN || !/^\/(?![/\\])[\x21-\x7e]*$/.test(path)) throw invalidQuery('options', 'return_to', `must be a path of this admin API, beginning with one "/", of at most ${LONGEST_RETURN} characters`);
    return { kind: 'browser', path };
  }
  const [challenge = '', state = ''] = [query.get('challenge') ?? undefined, query.get('state') ?? undefined];
  if (!/^\d{4,5}$/.test(port) || Number(port) < 1024 || Number(port) > 65_535) throw invalidQuery('options', 'port', 'must be a port from 1024 to 65535 of your machine');
  if (!/^[A-Za-z0-9_-]{43}$/.test(challenge)) throw invalidQuery('options', 'challenge', 'must be the base64url SHA-256 of a verifier (PKCE, S256)');
  if (!/^[A-Za-z0-9_-]{16,128}$/.test(state)) throw invalidQuery('options', 'state', 'must be 16 to 128 random letters, digits, "_" or "-"');
  return { kind: 'command-line', port: Number(port), challenge, state };
}

function askerOf({ address, headers, requestId }: OpenRequest): Asker {
  return { address, requestId, userAgent: (headers['user-agent'] ?? '').replace(/[^\x20-\x7e]/g, '?').slice(0, LONGEST_AGENT) };
}

/** 303: whatever was asked, what follows is read. */
function redirect(location: string, cookies: readonly string[]): Answer {
  return { status: 303, headers: { location }, cookies };
}

function secondsOf({ session }: MadeSession): number {
  return Math.max(1, Math.round((session.expiresAt.getTime() - session.createdAt.getTime()) / 1000));
}
