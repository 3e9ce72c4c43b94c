/** `holdfast explain` with real processes: over the admin API and the session, and at the status port. */
import { execFile } from 'node:child_process';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { request } from 'undici';
import { startInstallation } from './support/installation.ts';

const CLI = fileURLToPath(new URL('../control-plane/cli/main.ts', import.meta.url));
const run = promisify(execFile);

async function holdfast(...words: readonly string[]): Promise<{ readonly out: string; readonly err: string; readonly code: number }> {
  try {
    const { stdout, stderr } = await run(process.execPath, [CLI, ...words], { env: { PATH: process.env['PATH'] ?? '' } });
    return { out: stdout, err: stderr, code: 0 };
  } catch (thrown) {
    const failed: { stdout?: string; stderr?: string; code?: number } = Object(thrown);
    return { out: failed.stdout ?? '', err: failed.stderr ?? '', code: failed.code ?? -1 };
  }
}

test('explain tells what would become of a request, by way of the control plane and without it', { timeout: 120_000 }, async (t) => {
  const installation = await startInstallation({ regions: ['eu-west'] });
  t.after(() => installation.stop());
  const { admin, ports } = installation;
  await admin.send('PUT', '/services/demo/routes/only-post', { paths: ['/demo/orders'], methods: ['POST'] });
  await admin.send('POST', '/services/demo/plugins', { name: 'key-auth' });
  await admin.send('PUT', '/consumers/app', {});

  const adminUrl = ['--admin-url', `http://127.0.0.1:${ports.admin}`];
  const asked = ['--url', 'http://api.example.com:8000/demo/orders/%37', '--route', 'only-post', '--consumer', 'app'];
  let told = await holdfast('explain', ...adminUrl, ...asked);
  for (let tries = 0; !told.out.includes('key-auth') && tries < 50; tries++) told = await holdfast('explain', ...adminUrl, ...asked);
  assert.equal(told.code, 0, told.err);
  assert.match(told.out, /^request +GET http:\/\/api\.example\.com:8000\/demo\/orders\/7 \(HTTP\/1\.1 from 127\.0\.0\.1\)$/m, 'the path is in its normal form');
  assert.match(told.out, /^outcome +forwarded, unless a plugin answers$/m);
  assert.match(told.out, /^route +demo \(.*\), matched "\/demo"$/m);
  assert.match(told.out, /^consumer +app$/m);
  assert.match(told.out, /^plugins +1\. key-auth \(1250, service: requestHead\)$/m);
  assert.match(told.out, /^ {2}sent as +GET \/orders\/7/m);
  assert.match(told.out, /^not taken +only-post \(.*\): methods asks for \["POST"\], the request has "GET"$/m);

  const status = await holdfast('explain', '--status-url', `http://127.0.0.1:${ports.euWest.status}`, '--url', 'http://x/nowhere', '--output', 'json');
  assert.equal(status.code, 0, status.err);
  const answer = JSON.parse(status.out) as { readonly outcome: unknown; readonly route: unknown };
  assert.deepEqual(answer.outcome, { kind: 'answered', status: 404, code: 'PROXY_ROUTE_MISSING', message: 'no Route matched with those values' });
  assert.equal(answer.route, null);

  const smuggled = await holdfast('explain', ...adminUrl, '--url', 'http://x/a%00b');
  assert.match(smuggled.out, /answered by the gateway: 400 .*\(HTTP1_TARGET_INVALID\)|400 Bad request/);

  const wrong = await holdfast('explain', ...adminUrl, '--url', 'ftp://x/');
  assert.equal(wrong.code, 1);
  assert.match(wrong.err, /400: schema violation \(url: expected a whole URL/);
  const stranger = await holdfast('explain', ...adminUrl, '--url', 'http://x/', '--data-plane', '01a1fe71-b792-71c2-a993-3a158bc013f5');
  assert.match(stranger.err, /no data plane to ask is connected/);
  const unknown = await request(`http://127.0.0.1:${ports.euWest.status}/explain`, { method: 'POST', body: JSON.stringify({ url: 'http://x/', clientip: 'y' }) });
  assert.equal(unknown.statusCode, 400);
  assert.match(await unknown.body.text(), /client_ip/);
});
