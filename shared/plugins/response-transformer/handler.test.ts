import { describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import type { JsonObject } from '../../model/definition.ts';
import { parseFields } from '../../model/parse-fields.ts';
import { ProblemList } from '../../model/problems.ts';
import { pluginContext, pluginRun, pluginServices, responseContext, type ResponseParts } from '../../plugin-kit/plugin-host.ts';
import { pluginRegistry } from '../registry.ts';
import { responseTransformerSchema } from './schema.ts';

function parsed(config: JsonObject): { readonly whole: JsonObject; readonly problems: readonly string[] } {
  const problems = new ProblemList();
  const whole = parseFields(responseTransformerSchema.config, config, 'config', { problems, newKey: () => '', parsePluginConfig: () => undefined });
  return { whole, problems: [...problems.problems, ...responseTransformerSchema.checks.flatMap(({ check }) => check({ config: whole }))].map(({ field, message }) => `${field}: ${message}`) };
}

const JSON_TYPE = ['Content-Type', 'Application/JSON ; charset=utf-8'] as const;
type Lines = NonNullable<ResponseParts['responseHeaders']>;

function run(config: JsonObject, parts: ResponseParts & { readonly text?: string } = {}) {
  const services = pluginServices();
  const instance = pluginRegistry.get('response-transformer')?.create(parsed(config).whole, services);
  assert.ok(instance !== undefined);
  const body = parts.text === undefined ? parts.responseBody : Buffer.from(parts.text);
  const context = responseContext({ responseHeaders: [JSON_TYPE], ...parts, ...(body === undefined ? {} : { responseBody: body }) });
  pluginRun(instance).response(context);
  const headers = (name: string): readonly string[] => context.responseHeaderValues(name);
  return { context, headers, effects: context.effects, instance, services, sent: context.sentBody === undefined ? undefined : Buffer.from(context.sentBody).toString() };
}

describe('headers', () => {
  test('remove, rename, replace, add, append, in this order', () => {
    const { headers, effects } = run(
      {
        remove: { headers: ['Server', 'x-a'] }, rename: { headers: ['x-b:X-A', 'x-none:x-c'] }, replace: { headers: ['x-a:replaced', 'x-never:1'] },
        add: { headers: ['x-a:added', 'x-new:Zürich:1'] }, append: { headers: ['Set-Cookie:c=3', 'x-new:2'] },
      },
      { responseHeaders: [['Server', 'nginx'], ['x-a', '0'], ['X-B', '1'], ['x-b', '2'], ['x-c', 'kept'], ['set-cookie', 'a=1'], ['Set-Cookie', 'b=2']], text: 'body' },
    );
    assert.deepEqual(['server', 'x-a', 'x-b', 'x-c', 'x-never'].map(headers), [[], ['replaced'], [], ['kept'], []]);
    assert.deepEqual(headers('set-cookie'), ['a=1', 'b=2', 'c=3']);
    assert.deepEqual(headers('x-new'), [Buffer.from('Zürich:1').toString('latin1'), '2']);
    assert.ok(!effects.some((effect) => effect.startsWith('collect-body')), 'the body is not touched');
  });

  test('rename keeps all values and drops those of the new name', () => {
    assert.deepEqual(run({ rename: { headers: ['set-cookie:x-cookie'] } }, { responseHeaders: [['Set-Cookie', 'a'], ['Set-Cookie', 'b'], ['x-cookie', 'c']] }).headers('x-cookie'), ['a', 'b']);
  });

  test('a config without JSON asks for nothing upstream', () => {
    assert.deepEqual(Object.keys(run({ add: { headers: ['a:b'] } }).instance), ['responseHead']);
  });

  test('texts that look like templates are texts', () => {
    assert.deepEqual(run({ add: { headers: ['x:$(headers.y)'] } }).headers('x'), ['$(headers.y)']);
  });
});

const ALL = {
  remove: { json: ['secret', '__proto__'] }, rename: { json: ['old:new', 'p:__proto__'] }, replace: { json: ['r:12345678901234567890.10', 'no:1'], json_types: ['number'] },
  add: { json: ['a:true', 'r:2', 'n:-1e3', 'constructor:x:y'], json_types: ['boolean', 'string', 'number'] }, append: { json: ['l:3', 's:two', 'e:false'], json_types: ['number', 'string', 'boolean'] },
};

describe('JSON bodies', () => {
  test('all operations; numbers keep their digits, and what is not touched its form', () => {
    const { sent, context } = run(ALL, { text: '{"secret":"x","\\u0073ecret":2,"big":98765432109876543210,"old":[1, {"secret":1}],"p":{"admin":true},"r":false,"l":[1],"s":"one"}' });
    assert.equal(sent, '{"big":98765432109876543210,"r":12345678901234567890.10,"l":[1,3],"s":["one","two"],"new":[1, {"secret":1}],"__proto__":{"admin":true},"a":true,"n":-1e3,"constructor":"x:y","e":[false]}');
    assert.ok(context.effects.includes('collect-body 4194304'));
    assert.equal(Object.hasOwn(Object.prototype, 'admin'), false);
  });

  test('a byte order mark hides nothing', () => {
    assert.equal(run({ remove: { json: ['secret'] } }, { text: '\ufeff{"secret":1,"b":2}' }).sent, '{"b":2}');
  });

  test('what is no JSON object, empty, or of another type passes unchanged', () => {
    for (const text of ['[{"secret":1}]', '{"secret":1', '"x"', '']) assert.ok(!run(ALL, { text }).effects.includes('replace-response-body'), text);
    for (const type of ['text/plain', 'application/octet-stream', 'text/event-stream', 'application/json-seq', 'application/jsonl', 'x-application/json']) assert.deepEqual(run(ALL, { responseHeaders: [['Content-Type', type]], text: '{"secret":1}' }).effects, [], type);
    assert.deepEqual(run(ALL, { responseHeaders: [], text: '{"secret":1}' }).effects, []);
  });

  test('none is asked for where there can be none', () => {
    assert.deepEqual(run(ALL, { method: 'HEAD' }).effects, []);
    for (const status of [204, 304]) assert.deepEqual(run(ALL, { status }).effects, []);
  });

  test('what describes the bytes goes, and the validator becomes a weak one', () => {
    const responseHeaders: Lines = [JSON_TYPE, ['ETag', '"v1"'], ['Content-MD5', 'x'], ['Repr-Digest', 'y'], ['Accept-Ranges', 'bytes'], ['Last-Modified', 'z']];
    const { context } = run({ remove: { json: ['a'] } }, { responseHeaders, text: '{"a":1}' });
    assert.deepEqual(context.sentHeaders, [JSON_TYPE, ['Last-Modified', 'z'], ['ETag', 'W/"v1"']]);
    assert.deepEqual(run({ remove: { json: ['b'] } }, { responseHeaders, text: '{"a":1}' }).context.sentHeaders, responseHeaders);
    assert.deepEqual(run({ remove: { json: ['a'] } }, { responseHeaders: [JSON_TYPE, ['ETag', 'W/"v1"']], text: '{"a":1}' }).headers('etag'), ['W/"v1"']);
  });

  test('an answer of the gateway’s own is one like others, as in Kong', () => {
    assert.equal(run({ remove: { json: ['request_id'] } }, { generated: true, status: 401, text: '{"message":"Unauthorized","request_id":"1"}' }).sent, '{"message":"Unauthorized"}');
  });

  test('deep and wide bodies take time linear in their length', () => {
    const started = process.cpuUsage();
    run(ALL, { text: `{"secret":${'['.repeat(500_000)}${']'.repeat(500_000)}}` });
    run(ALL, { text: `{${Array.from({ length: 100_000 }, (_, index) => `"k${index}":1`).join(',')}}` });
    assert.ok(process.cpuUsage(started).user < 2_000_000);
  });
});

describe('compressed bodies', () => {
  const text = '{"secret":1,"b":2}';
  const coded = (coding: string, responseBody: Uint8Array): ResponseParts => ({ responseHeaders: [JSON_TYPE, ['Content-Encoding', coding]], responseBody });
  for (const [coding, bytes] of [['gzip', gzipSync(text)], ['x-gzip', gzipSync(text)], ['GZIP', gzipSync(text)], ['br', brotliCompressSync(text)], ['deflate', deflateSync(text)], ['deflate', deflateRawSync(text)]] as const) {
    test(`${coding} is undone`, () => {
      const { sent, headers } = run({ remove: { json: ['secret'] } }, coded(coding, bytes));
      assert.deepEqual([sent, headers('content-encoding')], ['{"b":2}', []]);
    });
  }

  test('one that needs no change stays compressed', () => {
    assert.deepEqual(run({ remove: { json: ['none'] } }, coded('gzip', gzipSync(text))).headers('content-encoding'), ['gzip']);
    assert.equal(run({ remove: { json: ['secret'] } }, coded('identity', Buffer.from(text))).sent, '{"b":2}');
  });

  test('a decompression bomb is refused after 4 MiB', () => {
    const started = process.cpuUsage();
    for (const [coding, bomb] of [['gzip', gzipSync(Buffer.alloc(10_000_000))], ['br', brotliCompressSync(Buffer.alloc(10_000_000))]] as const) {
      const { context, services } = run(ALL, coded(coding, bomb));
      assert.equal(context.instead?.status, 502);
      assert.deepEqual(services.warnings, ['response-transformer-body-refused']);
    }
    assert.ok(process.cpuUsage(started).user < 3_000_000);
  });

  test('what can not be read is not sent: it may hold what the config takes out', () => {
    for (const [coding, bytes] of [['zstd', Buffer.from(text)], ['gzip, br', gzipSync(text)], ['gzip', Buffer.from(text)], ['br', Buffer.from('\u00ff')], ['gzip', gzipSync(text).subarray(0, 20)], ['constructor', Buffer.from(text)]] as const) {
      assert.equal(run(ALL, coded(coding, bytes)).context.instead?.status, 502, coding);
    }
    assert.equal(run(ALL, { responseBody: Buffer.alloc(4_194_305) }).context.instead?.status, 502, 'too long');
  });

  test('a client can not choose a coding that would pass, nor a range', () => {
    const asked = (...headers: (readonly [string, string])[]): Readonly<Record<string, readonly string[]>> => {
      const context = pluginContext({ headers });
      pluginRun(run(ALL).instance).head(context);
      return { coding: context.upstreamHeaderValues('accept-encoding'), range: [...context.upstreamHeaderValues('range'), ...context.upstreamHeaderValues('if-range')] };
    };
    assert.deepEqual(asked(['accept-encoding', 'gzip, deflate, br']), { coding: ['gzip, deflate, br'], range: [] });
    assert.deepEqual(asked(['Accept-Encoding', 'zstd;q=1, GZIP;q=0.5, *']), { coding: ['GZIP;q=0.5'], range: [] });
    assert.deepEqual(asked(['accept-encoding', 'zstd'], ['accept-encoding', 'dcb']), { coding: ['identity'], range: [] });
    assert.deepEqual(asked(['range', 'bytes=0-9'], ['if-range', '"x"']), { coding: [], range: [] });
  });
});

describe('what is refused when it is written', () => {
  const cases: readonly (readonly [JsonObject, RegExp])[] = [
    [{ add: { json: ['a:x'], json_types: ['number'] } }, /config\.add\.json\.1: 'x' is no number, as json_types says/],
    [{ append: { json: ['a:1', 'b:TRUE'], json_types: ['number', 'boolean'] } }, /config\.append\.json\.2: 'TRUE' is no boolean/],
    [{ replace: { json: ['a:0x10'], json_types: ['number'] } }, /'0x10' is no number/],
    [{ add: { json: ['a:1'], json_types: ['object'] } }, /config\.add\.json_types/],
    [{ add: { headers: ['Content-Length:1'] } }, /written by the gateway alone/],
    [{ add: { headers: ['x:a\nb'] } }, /control characters/],
    [{ rename: { headers: ['a'] } }, /key 'a' has no value/],
    [{ remove: { headers: ['a b'] } }, /is not a valid header/],
    [{ remove: { json: Array.from({ length: 257 }, (_, index) => `a${index}`) } }, /at most 256/],
  ];
  for (const [config, expected] of cases) test(JSON.stringify(config).slice(0, 80), () => assert.match(parsed(config).problems.join('\n'), expected));
  test('and what is not', () => assert.deepEqual(parsed(ALL).problems, []));
});
