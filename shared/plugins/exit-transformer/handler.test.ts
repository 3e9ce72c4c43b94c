import { describe, test } from 'node:test';
import assert from 'node:assert/strict';
import type { JsonObject } from '../../model/definition.ts';
import { parseFields } from '../../model/parse-fields.ts';
import { ProblemList } from '../../model/problems.ts';
import { pluginRun, pluginServices, responseContext, type ResponseParts } from '../../plugin-kit/plugin-host.ts';
import { pluginRegistry } from '../registry.ts';
import { parseBodyTemplate } from './body-template.ts';
import { exitTransformerSchema } from './schema.ts';

function parsed(config: JsonObject): { readonly whole: JsonObject; readonly problems: readonly string[] } {
  const problems = new ProblemList();
  const whole = parseFields(exitTransformerSchema.config, config, 'config', { problems, newKey: () => '', parsePluginConfig: () => undefined });
  return { whole, problems: [...problems.problems, ...exitTransformerSchema.checks.flatMap(({ check }) => check({ config: whole }))].map(({ field, message }) => `${field}: ${message}`) };
}

function run(config: JsonObject, parts: ResponseParts = {}) {
  const instance = pluginRegistry.get('exit-transformer')?.create(parsed(config).whole, pluginServices());
  assert.ok(instance !== undefined);
  const context = responseContext({ generated: true, status: 401, message: 'Unauthorized', ...parts });
  pluginRun(instance).response(context);
  const body = context.instead?.body;
  return { context, status: context.status, body: body === undefined ? undefined : Buffer.from(body.bytes).toString(), type: body?.contentType, headers: (name: string) => context.responseHeaderValues(name) };
}

const BODY = { body: '{"error":{"status":$(status),"text":"$(message)","code":"$(error_code)","id":"$(request_id)"}}' };

describe('which answers', () => {
  test('those of plugins from 400 on, the first rule that fits', () => {
    const config = { rules: [{ statuses: [403, 429], status: 404 }, BODY] };
    assert.deepEqual(run(config).body, `{"error":{"status":401,"text":"Unauthorized","code":"","id":"${'0'.repeat(32)}"}}`);
    assert.deepEqual([run(config, { status: 429 }).status, run(config, { status: 429 }).body], [404, undefined]);
    for (const status of [200, 301, 399]) assert.deepEqual(run(config, { status }).context.effects, [], `${status}`);
    assert.equal(run({ rules: [{ statuses: [200], ...BODY }] }, { status: 200, message: 'so far' }).status, 200, 'others where a rule names them');
  });

  test('never those of an upstream', () => {
    assert.deepEqual(run({ rules: [{ statuses: [500], ...BODY }], handle_unexpected: true }, { generated: false, status: 500 }).context.effects, []);
  });

  test('errors of the gateway only where it is said', () => {
    const failed: ResponseParts = { status: 502, message: 'An invalid response', errorCode: 'UPSTREAM_CONNECT_FAILED' };
    assert.deepEqual(run({ rules: [BODY] }, failed).context.effects, []);
    const config = { handle_unexpected: true, rules: [{ error_codes: ['UPSTREAM_CONNECT_FAILED'], status: 503, ...BODY }, { error_codes: ['PROXY_OVERLOADED'], status: 429 }] };
    const { status, body, headers } = run(config, failed);
    assert.deepEqual([status, JSON.parse(body ?? ''), headers('x-holdfast-error')], [503, { error: { status: 502, text: 'An invalid response', code: 'UPSTREAM_CONNECT_FAILED', id: '0'.repeat(32) } }, ['UPSTREAM_CONNECT_FAILED']]);
    assert.deepEqual(run(config, { ...failed, errorCode: 'UPSTREAM_CLOSED' }).context.effects, []);
    assert.deepEqual(run(config).context.effects, [], 'an answer without a code');
  });

  test('not those without a body, nor those to gRPC clients', () => {
    for (const status of [204, 304]) assert.deepEqual(run({ rules: [{ statuses: [204, 304], ...BODY }] }, { status }).context.effects, []);
    assert.deepEqual(run({ rules: [BODY] }, { headers: [['content-type', 'application/grpc+proto']] }).context.effects, []);
  });
});

describe('what becomes of them', () => {
  test('headers stay, but for those of the old body; each line of them', () => {
    const responseHeaders = [['Content-Type', 'text/html'], ['Content-Encoding', 'gzip'], ['ETag', '"x"'], ['WWW-Authenticate', 'Key'], ['Set-Cookie', 'a=1'], ['set-cookie', 'b=2'], ['X-Old', '1']] as const;
    const { headers, type, context } = run({ rules: [{ ...BODY, remove_headers: ['X-Old'], set_headers: { 'X-New': 'ü' } }] }, { responseHeaders });
    assert.deepEqual(['www-authenticate', 'set-cookie', 'x-old', 'x-new'].map(headers), [['Key'], ['a=1', 'b=2'], [], [Buffer.from('ü').toString('latin1')]]);
    assert.equal(type, 'application/json; charset=utf-8');
    assert.ok(!context.effects.some((effect) => /^set-response (?:content-|etag)/i.test(effect)));
  });

  test('status and headers alone leave the body', () => {
    assert.deepEqual(run({ rules: [{ status: 404, remove_headers: ['www-authenticate'], set_headers: { a: 'b' } }] }).context.effects, ['set-status 404', 'remove-response www-authenticate', 'set-response a: b']);
  });

  test('what a message holds is escaped for the type of the body', () => {
    const message = '</p>"<script>\'&\n\\"},"admin":true';
    assert.deepEqual(JSON.parse(run({ rules: [{ body: '{"m":"$(message)"}' }] }, { message }).body ?? ''), { m: message });
    const html = run({ rules: [{ body: '<p title="$(message)">$(message)</p>', content_type: 'text/html' }] }, { message: '"><script>\'&' });
    assert.equal(html.body, '<p title="&quot;&gt;&lt;script&gt;&#39;&amp;">&quot;&gt;&lt;script&gt;&#39;&amp;</p>');
    assert.equal(run({ rules: [{ body: '<m>$(message)</m>', content_type: 'application/problem+xml' }] }, { message: '<a>' }).body, '<m>&lt;a&gt;</m>');
    assert.equal(run({ rules: [{ body: '$(message) $$(message) $5 $', content_type: 'text/plain' }] }, { message: '$(status)' }).body, '$(status) $(message) $5 $');
  });
});

describe('what is refused when it is written', () => {
  const rule = (given: JsonObject): JsonObject => ({ rules: [given] });
  const cases: readonly (readonly [JsonObject, RegExp])[] = [
    [{ functions: ['return function(status, body, headers) return status, body, headers end'] }, /config\.functions: value must be null \(functions in Lua do not run here: say in `rules` .*config\.rules: required field missing/s],
    [{ rules: [] }, /config\.rules/],
    [{ ...rule(BODY), handle_unknown: true }, /config\.handle_unknown: not available/],
    [rule({ body: '{"m":$(message)}' }), /config\.rules\.1\.body: is no JSON, as content_type says; texts such as/],
    [rule({ body: 'sorry' }), /is no JSON/],
    [rule({ body: '{"id":$(request_id)}' }), /is no JSON/],
    [rule({ ...BODY, set_headers: { 'content-Type': 'text/html' } }), /config\.rules\.1\.set_headers: the new body is escaped for content_type/],
    [rule({ ...BODY, remove_headers: ['Content-Type'] }), /config\.rules\.1\.remove_headers: the new body/],
    [rule({ body: '$(headers.x)', content_type: 'text/plain' }), /'\$\(headers\.x\)' is no placeholder; there are \$\(status\)/],
    [rule({ body: '$(status', content_type: 'text/plain' }), /is no placeholder/],
    [rule({ body: '$(message)', content_type: 'text/javascript' }), /placeholders need a content_type/],
    [rule({ body: '{}', content_type: 'a\r\nb: c' }), /config\.rules\.1\.content_type/],
    [rule({ ...BODY, status: 204 }), /config\.rules\.1\.status: 204 has no body/],
    [rule({ ...BODY, error_codes: ['PROXY_OVERLOADED'] }), /needs handle_unexpected: true/],
    [{ ...rule({ ...BODY, error_codes: ['overloaded'] }), handle_unexpected: true }, /no code of an error/],
    [rule({ statuses: [401] }), /config\.rules\.1: changes nothing/],
    [rule({ set_headers: { 'Content-Length': '1' } }), /written by the gateway alone/],
    [rule({ set_headers: { a: 'b\r\nc: d' } }), /control characters/],
    [{ rules: Array.from({ length: 257 }, () => BODY) }, /config\.rules: has 257 rules; at most 256/],
  ];
  for (const [config, expected] of cases) test(JSON.stringify(config).slice(0, 90), () => assert.match(parsed(config).problems.join('\n'), expected));
  test('and what is not', () => assert.deepEqual(parsed({ functions: null, handle_unexpected: true, rules: [{ ...BODY, error_codes: ['PROXY_OVERLOADED'] }, { body: 'plain', content_type: 'text/css' }] }).problems, []));
});

test('a template of many placeholders takes time linear in its length', () => {
  const started = process.cpuUsage();
  for (const text of ['$(status)'.repeat(7_000), '$('.repeat(30_000), '$'.repeat(60_000)]) parseBodyTemplate(text, 'text/plain');
  assert.ok(process.cpuUsage(started).user < 1_000_000);
});
