/**
 * `holdfast publish --wait` as people run it, against a real control plane and real data plane processes: what each exit code
 * stands for.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { after, test } from 'node:test';
import { runCommand } from '../control-plane/cli/main.ts';
import { PUBLISH_EXIT_CODES } from '../control-plane/cli/publish.ts';
import { defined } from '../shared/assert.ts';
import type { SettingSources } from '../shared/settings.ts';
import { formatJoinToken } from '../shared/trust/join-token.ts';
import { startTestAdminApi } from './support/admin-api.ts';
import { startControlPlaneParts } from './support/control-plane-parts.ts';
import { startProgram } from './support/control-plane-process.ts';
import { DataPlaneProcess } from './support/data-plane-process.ts';
import { openTestStore } from './support/postgres.ts';
import { insert } from './support/store-scene.ts';
import { waitUntil } from './support/wait-until.ts';

const given = await openTestStore();
const { store } = given;
// First, because whoever is first has the root key.
const parts = await startControlPlaneParts(store);
const { send, tenantId, base, adminToken, stop } = await startTestAdminApi({}, given);
const gateway = defined(await store.gateways.findByName(tenantId, 'default'), 'the default gateway');
const dataPlanes: DataPlaneProcess[] = [];
after(async () => {
  await Promise.all(dataPlanes.map((dataPlane) => dataPlane.destroy()));
  await parts.stop();
});

async function startDataPlane(labels: Readonly<Record<string, string>>, environment: Readonly<Record<string, string>> = {}): Promise<DataPlaneProcess> {
  const dataPlane = await DataPlaneProcess.start({ HOLDFAST_JOIN_TOKEN: formatJoinToken(await parts.joinToken(gateway, { labels })), HOLDFAST_PROXY_THREADS: '1', ...environment });
  dataPlanes.push(dataPlane);
  return dataPlane;
}

interface Ended {
  readonly code: number | string;
  readonly result: unknown;
  readonly out: string;
  readonly err: string;
}

/** In this process, which spares the start of another. */
async function run(words: readonly string[], { token = adminToken, url = base, told = { out: '', err: '' } } = {}): Promise<Ended> {
  const sources = (commandArguments: readonly string[]): SettingSources => ({ environment: { HOLDFAST_ADMIN_TOKEN: token }, arguments: commandArguments, workingFolder: '/', readFile: () => '' });
  const code = await runCommand(['publish', '--admin-url', url, ...words], sources, { out: (line) => void (told.out += `${line}\n`), err: (line) => void (told.err += `${line}\n`) });
  return { code, result: words.includes('--json') && told.out !== '' ? resultOf(told.out) : undefined, ...told };
}

function resultOf(out: string): unknown {
  const answer: { readonly result: unknown } = JSON.parse(out);
  return answer.result;
}

const waitFor = (...words: readonly string[]): Promise<Ended> => run(['--wait', '--json', ...words]);

test('a change is waited for until the quorum has it, has refused it, or the time is over', async () => {
  (await send('POST', '/routes', { json: { name: 'first', paths: ['/first'] } })).expect(201);
  assert.partialDeepStrictEqual(await waitFor(), { code: PUBLISH_EXIT_CODES['nothing-selected'], result: 'nothing-selected' });
  const [large, small] = await Promise.all([startDataPlane({ size: 'large' }), startDataPlane({ size: 'small' }, { HOLDFAST_MAX_CONFIG_BYTES: '1048576' })]);
  await waitUntil('both to have joined', async () => (await send('GET', '/v1/releases/newest/convergence')).at('selected') === 2, 30_000);
  const process = startProgram('bin/holdfast.js', ['publish', '--wait', '--json', '--timeout', '30s', '--quorum', '2', '--admin-url', base], { HOLDFAST_ADMIN_TOKEN: adminToken });
  assert.equal(await process.ended, PUBLISH_EXIT_CODES.converged, process.output());
  assert.equal(resultOf(process.stdout()), 'converged');
  assert.match(process.output(), /^1\.1: 2 of 2 applied \(2 needed\)$/m);
  await Promise.all([large.ready(), small.ready()]);

  // One never takes what is larger than it may hold, and says so; waiting for it would be in vain.
  await insert(store, gateway, 'routes', { name: 'long', paths: Array.from({ length: 4500 }, (_, index) => `/${index}/${'x'.repeat(250)}`) });
  const [everywhere, others] = await Promise.all([waitFor(), waitFor('--selector', 'size!=small')]);
  assert.partialDeepStrictEqual(everywhere, { code: PUBLISH_EXIT_CODES.refused, result: 'refused' }, everywhere.out);
  assert.match(everywhere.out, /"TRANSFER_TOO_LARGE"/);
  assert.partialDeepStrictEqual(others, { code: PUBLISH_EXIT_CODES.converged, result: 'converged' }, others.out);
  assert.equal((await run(['--wait', '--quorum', '50%'])).code, PUBLISH_EXIT_CODES.converged);
  const told = await run([]);
  assert.equal(told.code, 0);
  assert.match(told.out, /^1\.2 is applied by 1 of 2 data planes\n {2}1 rejected\n/);

  // Who is away never counts as converged; whether it is asked for at all is for the caller to say.
  await large.kill();
  await waitUntil('it to be known as gone', async () => (await send('GET', '/v1/releases/newest/convergence')).at('disconnected') === 1);
  assert.partialDeepStrictEqual(await waitFor('--selector', 'size=large', '--timeout', '500ms'), { code: PUBLISH_EXIT_CODES.timeout, result: 'timeout' });
  assert.partialDeepStrictEqual(await waitFor('--version', '1.1', '--include', 'connected'), { code: PUBLISH_EXIT_CODES.converged, result: 'converged' });
});

test('what keeps the command from asking has codes of its own', async () => {
  const unavailable = { code: PUBLISH_EXIT_CODES.unavailable };
  assert.partialDeepStrictEqual(await run(['--wait'], { token: 'hfo_wrong' }), unavailable);
  assert.partialDeepStrictEqual(await run(['--wait', '--json'], { url: 'http://127.0.0.1:1' }), { ...unavailable, result: 'unavailable' });
  for (const [words, expected] of [[['--quorum', 'most'], /--quorum takes/], [['--selector', 'region>1'], /at character 7/], [['--version', '1.9'], /no version 1\.9; that of the last change is 1\.2/], [['--version', 'last'], /"last" is not a version/], [['--gateway', 'nowhere'], /answered 404.*name of the gateway/]] as const) {
    const { code, err } = await run(['--wait', ...words]);
    assert.equal(code, 1, words.join(' '));
    assert.match(err, expected);
  }
});

test('the time that is waited includes the first answer', async () => {
  let asked = 0;
  const slow = createServer((request, response) => {
    if (request.url?.includes('/convergence') !== true) return response.writeHead(404).end();
    asked += 1;
    return setTimeout(() => response.end(JSON.stringify({ version: '1.1', selected: 1, counted: 1, applied: 0, refused_for_good: 0 })), 250);
  }).listen(0, '127.0.0.1');
  await once(slow, 'listening');
  const address = slow.address();
  assert.ok(typeof address === 'object' && address !== null);
  const { code } = await run(['--wait', '--timeout', '200ms'], { url: `http://127.0.0.1:${address.port}` });
  assert.deepEqual([code, asked], [PUBLISH_EXIT_CODES.timeout, 1]);
  slow.close();
  slow.closeAllConnections();
});

test('a control plane that goes away meanwhile is waited for, and it is said when it does not come back', async () => {
  const told = { out: '', err: '' };
  const waiting = run(['--wait', '--quorum', '9', '--timeout', '1500ms'], { told });
  await waitUntil('the command to have asked', () => told.err.includes('9 needed'));
  await stop();
  assert.equal((await waiting).code, PUBLISH_EXIT_CODES.unavailable, told.err);
  assert.match(told.err, /can not be asked.*trying on/);
});
