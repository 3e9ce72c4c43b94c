/** docs/alerts.md, line by line: what it has curl send is accepted, its receiver takes what is signed and refuses what is not, `holdfast alerts` shows it. */
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { promisify } from 'node:util';
import { request } from 'undici';
import { newWebhookSecret, signedHeaders } from '../control-plane/alerts/webhook-message.ts';
import { runCommand } from '../control-plane/cli/main.ts';
import { defined } from '../shared/assert.ts';
import { startTestAdminApi } from './support/admin-api.ts';

const run = promisify(execFile);
const page = readFileSync(new URL('../docs/alerts.md', import.meta.url), 'utf8');
const { send, base, adminToken, store, tenantId } = await startTestAdminApi();

test('each line of the page is accepted, each kind of rule is among them, and the command shows them', async () => {
  const lines = page.split('\n').filter((line) => line.startsWith('    curl ')).map((line) => line.trim().split(/\s+#\s/)[0] ?? '');
  assert.equal(lines.length, 14);
  for (const line of lines) {
    const { stdout } = await run('sh', ['-c', `${line} -s -w ' %{http_code}' -H "Authorization: Bearer $TOKEN"`], { env: { ...process.env, ADMIN: base, TOKEN: adminToken } });
    assert.match(stdout, / 20[014]$/, `${line}: ${stdout}`);
  }
  const rules = Object((await send('GET', '/v1/alert-rules')).at('data')) as readonly { readonly name: string; readonly kind: string }[];
  assert.deepEqual(rules.map(({ kind }) => kind).toSorted(), ['alarm', 'certificate_expiry', 'drift', 'error_rate', 'latency', 'silence', 'spool', 'stale_config']);
  const gateway = defined(await store.gateways.findByName(tenantId, 'default'), 'the gateway');
  const sources = (commandArguments: readonly string[]) => ({ environment: { HOLDFAST_ADMIN_URL: base, HOLDFAST_ADMIN_TOKEN: adminToken }, arguments: commandArguments, workingFolder: '/', readFile: () => '' });
  const ask = async (...words: readonly string[]) => {
    const told: string[] = [];
    const code = await runCommand(words, sources, { out: (line) => void told.push(line), err: (line) => void told.push(line) });
    return { code, text: told.join('\n') };
  };
  assert.equal((await ask('alerts', 'list')).code, 0);
  assert.match((await ask('alerts', 'rules')).text, /errors +error_rate +5 +critical +muted until 2/);
  const rule = defined(await store.alerts.find(gateway, 'slow'), 'the rule');
  await store.alerts.apply({ ...rule, forSeconds: 0, turn: 1_000 }, [{ subject: '', value: 1, detail: 'it is \u001b[31mslow' }]);
  const shown = await ask('alerts', 'list');
  assert.deepEqual([shown.code, /firing +warning +slow .*it is/.test(shown.text), shown.text.includes('\u001b')], [2, true, false], shown.text);
  assert.equal(Object(JSON.parse((await ask('alerts', 'list', '--json')).text)).length, 1);
});

test("the page's receiver takes what is signed, once, and nothing else", async () => {
  const [, source = ''] = /```js\n([^]*?)```/.exec(page) ?? [];
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-receiver-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'receiver.mjs'), source);
  const secret = newWebhookSecret();
  const receiver = spawn(process.execPath, [join(folder, 'receiver.mjs')], { env: { ...process.env, WEBHOOK_SECRET: secret, PORT: '0' }, stdio: ['ignore', 'pipe', 'inherit'] });
  after(() => receiver.kill('SIGKILL'));
  let printed = '';
  receiver.stdout.setEncoding('utf8').on('data', (text: string) => (printed += text));
  await once(receiver.stdout, 'data');
  const port = /listening (\d+)/.exec(printed)?.[1] ?? '';
  const post = async (secrets: readonly string[], at: Date, body: string, sent = body): Promise<number> => {
    const answer = await request(`http://127.0.0.1:${port}/`, { method: 'POST', headers: signedHeaders(secrets, 'one', at, body), body: sent });
    await answer.body.dump();
    return answer.statusCode;
  };
  const body = '{"type":"alert.firing","data":{"rule":{"name":"errors"},"detail":"it fails"}}';
  const now = new Date();
  assert.deepEqual([await post([newWebhookSecret(), secret], now, body), await post([secret], now, body)], [204, 204]);
  assert.deepEqual([await post([newWebhookSecret()], now, body), await post([secret], new Date(now.getTime() - 600_000), body), await post([secret], now, body, body.replace('fails', 'works'))], [401, 401, 401]);
  assert.equal(printed.match(/alert\.firing errors it fails/g)?.length, 1);
});
