/**
 * `holdfast login` and `holdfast logout`: signs a person in, at the identity provider by their browser (the code comes back to a port of
 * this machine, RFC 8252 §7.3, bound to it by PKCE) or with a break-glass password. The session is kept for the commands that follow.
 */
import { createHash, randomBytes } from 'node:crypto';
import { spawn } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import { HoldfastError } from '../../shared/errors.ts';
import { defineSettings, type Settings } from '../../shared/settings.ts';
import { AdminRefusal, post, send } from './admin-client.ts';
import { command, type Command, type Output } from './command.ts';
import { savedSession, savedSessionsPath, saveSession } from './saved-sessions.ts';
import { adminAccessSettings } from './settings.ts';

const { adminUrl } = adminAccessSettings;

const loginSettings = defineSettings({
  adminUrl,
  tenant: { env: 'HOLDFAST_LOGIN_TENANT', flag: '--tenant', type: 'string', required: true, description: 'Name of your tenant' },
  provider: { env: 'HOLDFAST_LOGIN_PROVIDER', flag: '--provider', type: 'string', description: 'Name of the identity provider to sign in at' },
  operator: { env: 'HOLDFAST_LOGIN_OPERATOR', flag: '--operator', type: 'string', description: 'Name of the operator who signs in with a password instead (break-glass)' },
  password: { env: 'HOLDFAST_LOGIN_PASSWORD', flag: '--password', type: 'string', secret: true, description: 'Password of that operator' },
  browser: { env: 'HOLDFAST_LOGIN_BROWSER', flag: '--browser', type: 'boolean', default: true, description: 'Open the browser; the address is printed in any case' },
});

const logoutSettings = defineSettings({ adminUrl });

/** As long as the control plane waits for it. */
const WAIT_MS = 600_000;
const DONE_PAGE = '<!doctype html><meta charset="utf-8"><title>Holdfast</title><p>You are signed in. You can close this page and go back to the terminal.</p>';

export const LOGIN_COMMANDS: readonly Command[] = [
  command({
    name: 'login', about: 'sign in, in the browser or with a password', settings: loginSettings, run: login,
    usage: 'login --tenant NAME --provider NAME [settings]',
    summary: `Signs you in, and keeps the session for the commands that follow (in ${'$XDG_CONFIG_HOME'}/holdfast or ~/.config/holdfast, readable by you alone). A token that is given goes before it.`,
  }),
  command({ name: 'logout', about: 'end the session of the last login', settings: logoutSettings, run: logout, summary: 'Ends the session at the control plane and forgets it here.' }),
];

async function login(settings: Settings<typeof loginSettings>, output: Output): Promise<void> {
  const { tenant, provider, operator, password } = settings;
  const access = { adminUrl: settings.adminUrl, adminToken: undefined };
  if ((provider === undefined) === (operator === undefined)) throw misused('name either --provider, to sign in at an identity provider, or --operator, to sign in with a password');
  if (operator !== undefined && password === undefined) throw misused('a password is needed: HOLDFAST_LOGIN_PASSWORD, or HOLDFAST_LOGIN_PASSWORD_FILE');
  const session = operator === undefined ? await loginByBrowser(settings, provider ?? '', output) : await post(access, '/v1/sign-in/password', { tenant, operator, password });
  const { token, expires_at: expiresAt } = session;
  if (typeof token !== 'string' || typeof expiresAt !== 'string') throw misused(`${settings.adminUrl} answered without a session: is it a control plane of Holdfast?`);
  saveSession(settings.adminUrl, { token, expiresAt });
  output.out(`signed in at ${settings.adminUrl} until ${expiresAt}; kept in ${savedSessionsPath()}`);
}

async function loginByBrowser({ adminUrl: base, tenant, browser }: Settings<typeof loginSettings>, provider: string, output: Output): Promise<Readonly<Record<string, unknown>>> {
  const verifier = randomBytes(32).toString('base64url');
  const state = randomBytes(16).toString('base64url');
  const challenge = createHash('sha256').update(verifier).digest('base64url');
  const listener = await listen(state);
  try {
    const url = new URL(`${base.replace(/\/$/, '')}/v1/sign-in/${encodeURIComponent(tenant)}/${encodeURIComponent(provider)}?port=${listener.port}&challenge=${challenge}&state=${state}`);
    output.err(`Sign in in your browser: ${url.href}`);
    if (browser) open(url);
    return await post({ adminUrl: base, adminToken: undefined }, '/v1/sign-in/exchange', { code: await listener.code, verifier });
  } finally {
    listener.close();
  }
}

interface CodeListener {
  readonly port: number;
  readonly code: Promise<string>;
  readonly close: () => void;
}

/** Waits on loopback for the browser to bring the code. What comes without our state is somebody else's. */
function listen(state: string): Promise<CodeListener> {
  const { promise: code, resolve, reject } = Promise.withResolvers<string>();
  code.catch(() => undefined);
  const server: Server = createServer((request, response) => {
    const query = new URL(request.url ?? '/', 'http://127.0.0.1').searchParams;
    const given = query.get('code');
    if (given === null || query.get('state') !== state) return void response.writeHead(400, { 'content-type': 'text/plain', connection: 'close' }).end('This is not the sign-in that was begun.\n');
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', connection: 'close', 'cache-control': 'no-store', 'content-security-policy': "default-src 'none'" }).end(DONE_PAGE);
    resolve(given);
  });
  const timer = setTimeout(() => reject(new HoldfastError({ code: 'CLI_LOGIN_TIMEOUT', source: 'gateway', publicMessage: 'nobody signed in within ten minutes; run "holdfast login" again' })), WAIT_MS);
  return new Promise((listening, failed) => {
    server.once('error', failed);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      listening({
        port: typeof address === 'object' && address !== null ? address.port : 0, code,
        close: () => {
          clearTimeout(timer);
          server.close();
        },
      });
    });
  });
}

/** Where there is none, the printed address has to do. */
function open(url: URL): void {
  const program = process.platform === 'darwin' ? 'open' : 'xdg-open';
  spawn(program, [url.href], { stdio: 'ignore', detached: true }).once('error', () => undefined).unref();
}

async function logout({ adminUrl: base }: Settings<typeof logoutSettings>, output: Output): Promise<void> {
  const token = savedSession(base);
  if (token === undefined) return output.out(`nobody is signed in at ${base}`);
  // First there: while nobody answers it is kept, so that it can be ended later.
  const status = await send({ adminUrl: base, adminToken: token }, '/v1/sign-out', 'POST');
  saveSession(base, undefined);
  if (status !== 204 && status !== 401) throw new AdminRefusal({ adminUrl: base, adminToken: token }, status, 'the session is forgotten here, but may go on there until it expires');
  output.out(`signed out at ${base}`);
}

function misused(message: string): HoldfastError {
  return new HoldfastError({ code: 'CLI_MISUSED', source: 'gateway', publicMessage: message });
}
