/**
 * docs/platform-team.md, every line of its shell blocks run as it stands by bash, with real processes: control planes with embedded
 * Postgres, a data plane, the `holdfast` command, an OpenID provider and a browser. Ports and the provider's address are put in.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { removeEmbeddedPostgres } from '../control-plane/embedded-postgres/embedded-postgres.ts';
import { startDemoOrigin } from '../deploy/quickstart/demo-origin.ts';
import { systemClock } from '../shared/clock.ts';
import { startIdentityProvider } from './support/identity-provider.ts';

const PROJECT = fileURLToPath(new URL('..', import.meta.url));
/** Between what the blocks print. */
const MARK = '=== block ';
const PAGE_BOUND_MS = 150_000;

const folder = mkdtempSync(join(tmpdir(), 'holdfast-team-'));
// As root, Postgres runs as another user and must get to its folder in here.
chmodSync(folder, 0o711);
after(() => rmSync(folder, { recursive: true, force: true }));

const has = (program: string): boolean => {
  try {
    execFileSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};
const missing = ['bash', 'curl'].filter((program) => !has(program));

function blocksOf(page: string): readonly string[] {
  return [...page.matchAll(/```sh\n([^]*?)```/g)].map(([, lines = '']) => lines);
}

/** What stands in PATH for the reader's own: the command, a browser that signs in as bob, and jq where there is none. */
function makePrograms(): string {
  const programs = join(folder, 'bin');
  mkdirSync(programs);
  const node = JSON.stringify(process.execPath);
  const scripts: readonly (readonly [string, string])[] = [
    ['holdfast', `exec ${node} ${JSON.stringify(join(PROJECT, 'bin/holdfast.js'))} "$@"`],
    ['xdg-open', `exec ${node} ${JSON.stringify(join(PROJECT, 'test/support/open-browser.ts'))} bob "$1"`],
    ...(has('jq') ? [] : [['jq', `exec ${node} ${JSON.stringify(join(PROJECT, 'test/support/little-jq.js'))} "$@"`] as const]),
  ];
  for (const [name, script] of scripts) writeFileSync(join(programs, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return programs;
}

test('the page works as it stands', { skip: missing.length > 0 ? `needs ${missing.join(' and ')}` : false, timeout: 180_000 }, async (t) => {
  const [base, origin] = await claimPorts();
  t.after(() => origin.close());
  const port = (offset: number): string => String(base + offset);
  const provider = await startIdentityProvider(`http://127.0.0.1:${port(1)}/v1/sign-in/acme/corp/callback`);
  t.after(() => provider.stop());
  provider.groups.set('bob', ['team-a', 'everybody']);
  const page = readFileSync(new URL('../docs/platform-team.md', import.meta.url), 'utf8');
  const ports: readonly (readonly [string, string])[] = [['8001', port(1)], ['8005', port(2)], ['8006', port(3)], ['8000', port(4)], ['8007', port(5)], ['8101', port(6)], ['8105', port(7)], ['8106', port(8)], ['9000', port(0)]];
  const blocks = blocksOf(page).map((block) => ports.reduce((text, [from, to]) => text.replaceAll(`127.0.0.1:${from}`, `127.0.0.1:${to}`), block.replaceAll('https://id.example.com', provider.issuer)));
  const script = ['set -u', 'trap "kill \\$(jobs -p); wait" EXIT', ...blocks.map((block, index) => `printf "\\n${MARK}${index}\\n"\n${block}`), `printf "\\n${MARK}end\\n"`].join('\n');
  writeFileSync(join(folder, 'page.sh'), script);

  const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('HOLDFAST_') && !/^(DATABASE_URL|NODE_TEST_CONTEXT|XDG_CONFIG_HOME)$/.test(name)));
  const child = spawn('bash', [join(folder, 'page.sh')], {
    cwd: folder, stdio: ['ignore', 'pipe', 'pipe'], detached: true,
    env: { ...environment, PATH: `${makePrograms()}:${dirname(process.execPath)}:${environment['PATH'] ?? ''}`, XDG_CONFIG_HOME: join(folder, 'config'), CLIENT_SECRET: provider.clientSecret, HOLDFAST_SIGN_IN_INSECURE_ISSUERS: 'true', HOLDFAST_PROXY_TLS_LISTEN: '127.0.0.1:0', HOLDFAST_DRAIN_DELAY: '0s', NO_COLOR: '1' },
  });
  t.after(async () => {
    if (child.exitCode === null && child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    for (const name of ['control-plane', 'restored']) await removeEmbeddedPostgres({ stateFolder: join(folder, name), clock: systemClock });
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += String(text)));
  // The page waits for what it started; where that never comes up, it would for ever.
  const bound = setTimeout(() => child.pid !== undefined && process.kill(-child.pid, 'SIGKILL'), PAGE_BOUND_MS);
  await new Promise((resolve) => child.once('close', resolve));
  clearTimeout(bound);
  const logs = (): string => ['control-plane.log', 'data-plane.log', 'restored.log'].map((name) => `--- ${name}\n${readOr(join(folder, name)).slice(-1500)}`).join('\n');
  assert.match(output, new RegExp(`${MARK}end`), `${output}\n${logs()}`);
  const printed = output.split(new RegExp(`^${MARK}.*$`, 'm')).slice(1);

  const expectations: readonly (readonly [string, RegExp])[] = [
    ['api POST /v1/tenants', /"name":"acme"[^]*"name":"globex"[^]*"requests_per_second":50/],
    ['api POST /v1/gateways', /"name":"staging"/],
    ['holdfast gateway validate', /creat|service orders/i],
    ['holdfast gateway diff acme.yaml --gateway staging --non-zero', /staging is what the file says/],
    ['holdfast data-plane', /without a key: 401\nwith the key: 200/],
    ['api POST /v1/roles', /"name":"team-a"[^]*"has_client_secret":true/],
    ['holdfast login', /signed in at[^]*name: orders/],
    ['holdfast gateway apply orders.yaml', /billing is not his[^]*signed out/],
    ['/password', /^\d{4}-\d\d-\d\dT/m],
    ['holdfast audit verify', /bob-example\.com[^]*Intact: \d+ rows/],
    ['api GET /staging/services', /"data":\[\][^]*Not found/],
    ['holdfast backup restore', /the backup is what the file says/],
  ];
  for (const [command, expected] of expectations) {
    const index = blocks.findIndex((block) => block.includes(command));
    assert.notEqual(index, -1, `docs/platform-team.md has no block with "${command}"`);
    await t.test(command, () => assert.match(printed[index] ?? '', expected, `${printed[index]}\n${logs()}`));
  }
  const login = printed[blocks.findIndex((block) => block.includes('holdfast login'))] ?? '';
  assert.doesNotMatch(login, /billing/, 'bob sees what is his team\'s and nothing else');
  const other = printed[blocks.findIndex((block) => block.includes('api GET /staging/services'))] ?? '';
  assert.doesNotMatch(other, /orders|web-shop/);
  assert.doesNotMatch(output.replaceAll(/export DECK[^\n]*/g, ''), /a-key-of-the-web-shop/, 'no secret is printed');
});

function readOr(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** Ten ports beginning with that of a demo origin, which tells other runs that they are taken. */
async function claimPorts(): Promise<readonly [number, Awaited<ReturnType<typeof startDemoOrigin>>]> {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const base = 24_000 + Math.floor(Math.random() * 800) * 10;
    try {
      return [base, await startDemoOrigin(base)];
    } catch {
      // Somebody has it.
    }
  }
  return assert.fail('no free ports');
}
