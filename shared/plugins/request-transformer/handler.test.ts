import { describe, test } from 'node:test';
import assert from 'node:assert/strict';
import type { JsonObject } from '../../model/definition.ts';
import { parseFields } from '../../model/parse-fields.ts';
import { ProblemList } from '../../model/problems.ts';
import { pluginContext, pluginRun, pluginServices, type HostParts } from '../../plugin-kit/plugin-host.ts';
import { pluginRegistry } from '../registry.ts';
import { requestTransformerSchema } from './schema.ts';

function problemsOf(config: JsonObject): readonly string[] {
  const problems = new ProblemList();
  const parsed = parseFields(requestTransformerSchema.config, config, 'config', { problems, newKey: () => '', parsePluginConfig: () => undefined });
  return [...problems.problems, ...requestTransformerSchema.checks.flatMap(({ check }) => check({ config: parsed }))].map(({ field, message }) => `${field}: ${message}`);
}

function run(config: JsonObject, parts: HostParts & { readonly text?: string } = {}) {
  const body = parts.text === undefined ? parts.body : Buffer.from(parts.text);
  const context = pluginContext({ ...parts, body });
  const problems = new ProblemList();
  const whole = parseFields(requestTransformerSchema.config, config, 'config', { problems, newKey: () => '', parsePluginConfig: () => undefined });
  const instance = pluginRegistry.get('request-transformer')?.create(whole, pluginServices());
  assert.ok(instance !== undefined);
  const verdict = pluginRun(instance).head(context);
  const sent = context.sentBody === undefined ? undefined : Buffer.from(context.sentBody).toString();
  return { verdict, context, effects: context.effects, sent, query: context.upstreamQuery, headers: (name: string) => context.upstreamHeaderValues(name), instance };
}

const JSON_HEADERS = [['content-type', 'application/json; charset=utf-8']] as const;
const FORM = [['content-type', 'application/x-www-form-urlencoded']] as const;

describe('headers', () => {
  test('remove, rename, replace, add, append, in this order', () => {
    const { headers } = run(
      {
        remove: { headers: ['x-a', 'x-unknown'] }, rename: { headers: ['x-b:x-a', 'x-none:x-c'] }, replace: { headers: ['x-a:replaced', 'x-never:1'] },
        add: { headers: ['x-a:added', 'x-new:1', 'x-url:http://a.example'] }, append: { headers: ['x-a:appended', 'x-new:2'] },
      },
      { headers: [['X-A', 'first'], ['X-B', 'one'], ['X-B', 'two'], ['x-c', 'kept']] },
    );
    assert.deepEqual(headers('x-a'), ['replaced', 'appended']);
    assert.deepEqual(headers('x-b'), []);
    assert.deepEqual(headers('x-c'), ['kept']);
    assert.deepEqual(headers('x-never'), []);
    assert.deepEqual(headers('x-new'), ['1', '2']);
    assert.deepEqual(headers('x-url'), ['http://a.example']);
  });

  test('rename keeps all values and drops what had the name, so that a client can not put its own beside them', () => {
    assert.deepEqual(run({ rename: { headers: ['x-b:x-a'] } }, { headers: [['x-a', 'forged'], ['x-b', 'one'], ['x-b', 'two']] }).headers('x-a'), ['one', 'two']);
  });

  test('values see the request as it was before the first change', () => {
    const { headers } = run({ remove: { headers: ['x-user'] }, add: { headers: ['x-owner:$(headers["x-user"] or "nobody")'] } }, { headers: [['x-user', 'ann']] });
    assert.deepEqual([headers('x-user'), headers('x-owner')], [[], ['ann']]);
  });

  test('Host can be replaced, by a host only; other operations leave it alone', () => {
    assert.deepEqual(run({ replace: { headers: ['Host:$(query_params.h)'] } }, { query: 'h=a.example:80' }).effects, ['set-upstream Host: a.example:80']);
    for (const bad of ['a%0d%0ax:1', 'a/b', 'a@b', '', 'a%20b']) assert.equal(run({ replace: { headers: ['host:$(query_params.h)'] } }, { query: `h=${bad}` }).verdict?.status, 400);
    assert.deepEqual(run({ remove: { headers: ['host'] }, add: { headers: ['host:a'] }, append: { headers: ['host:a'] }, rename: { headers: ['host:x-h'] } }, { headers: [['host', 'b']] }).effects, []);
    assert.equal(run({ rename: { headers: ['x-h:Host'] } }, { headers: [['x-h', 'a b']] }).verdict?.status, 400);
  });

  test('line ends and NUL in what a client sends stay data', () => {
    assert.deepEqual(run({ append: { headers: ['x:$(query_params.q)'] } }, { query: 'q=1%0d%0aX-Consumer-ID:%20admin%00' }).headers('x'), ['1%0D%0AX-Consumer-ID: admin%00']);
  });

  test('a body is not even looked at', () => {
    assert.equal(run({ add: { headers: ['a:b'], querystring: ['a:b'] }, replace: { uri: '/x' } }).instance.requestBody, undefined);
  });
});

describe('query', () => {
  test('all operations; what is not touched stays byte for byte', () => {
    const config = { remove: { querystring: ['a'] }, rename: { querystring: ['b:c'] }, replace: { querystring: ['d:4&e', 'no:1'] }, add: { querystring: ['d:5', 'f:$(query_params.a)'] }, append: { querystring: ['k:v w'] } };
    assert.equal(run(config, { query: 'a=1&x=%7e+%2f&b=2&a=3&b=%33&c=9&d=1&d=2&k&&y' }).query, 'x=%7e+%2f&c=2&c=%33&k&y&d=4%26e&f=1&k=v%20w');
    assert.deepEqual(run(config, { query: '' }).query, 'd=5&f=&k=v%20w');
    assert.deepEqual(run({ remove: { querystring: ['z'] } }, { query: 'a=1&&b' }).effects, []);
  });

  test('a name counts however it is encoded', () => {
    assert.equal(run({ remove: { querystring: ['admin'] } }, { query: '%61dmin=1&adm%69n&admin%5b%5d=2&Admin=3' }).query, 'admin%5b%5d=2&Admin=3');
    assert.equal(run({ replace: { querystring: ['ü:1'] } }, { query: '%c3%bc=0' }).query, '%C3%BC=1');
  });

  test('a value stays one value', () => {
    assert.equal(run({ add: { querystring: ['q:$(headers.x)'] } }, { headers: [['x', 'a&admin=1#\u00ff%00']] }).query, 'q=a%26admin%3D1%23%FF%2500');
  });

  test('many arguments take time linear in their number', () => {
    const query = Array.from({ length: 30_000 }, (_, index) => `a${index}=1`).join('&');
    const remove = Array.from({ length: 200 }, (_, index) => `a${index * 2}`);
    const started = process.cpuUsage();
    assert.equal(run({ remove: { querystring: remove } }, { query }).query.split('&').length, 29_800);
    assert.ok(process.cpuUsage(started).user < 1_000_000);
  });
});

describe('path and method', () => {
  test('the whole path is replaced; captures go in as they are, the rest as one segment', () => {
    const parts = { uriCaptures: new Map([['user', 'a%2Fb/c']]), headers: [['x', 'b/..c']] as const, query: 'q=1' };
    assert.deepEqual(run({ replace: { uri: '/u/$(uri_captures.user)/$(headers.x)' } }, parts).effects, ['set-path /u/a%2Fb/c/b%2F..c']);
    assert.deepEqual(run({ replace: { uri: '/a{b}//%zz/%2f%61/$(headers.none)/ü' } }).effects, ['set-path /a%7Bb%7D/%25zz/%2Fa/%C3%BC'], 'in normal form');
    assert.deepEqual(run({ replace: { uri: '$(uri_captures["user"])' } }, parts).effects, ['set-path /a%2Fb/c']);
  });

  test('a request can not make dot segments of it', () => {
    for (const segment of ['..', '.', '%2e%2E', 'a%00b', 'a%5Cb']) {
      assert.equal(run({ replace: { uri: '/public/$(uri_captures[1])/x' } }, { uriCaptures: new Map([['1', segment]]) }).verdict?.status, 400);
    }
    for (const header of ['..', '.', 'a\0b', '..\\b']) assert.equal(run({ replace: { uri: '/public/$(headers.h)' } }, { headers: [['h', header]] }).verdict?.status, 400);
  });

  test('a form goes into the query where the new method has no body', () => {
    const { effects, query } = run({ http_method: 'GET' }, { method: 'POST', query: 'a=1', headers: FORM, text: 'b=2+x&c=%0a#\n"&=' });
    assert.equal(effects[0], 'set-method GET');
    assert.equal(query, 'a=1&b=2%20x&c=%0A%23%0A%22&=');
    assert.equal(run({ http_method: 'GET' }, { headers: JSON_HEADERS, text: '{"a":1}' }).query, '');
    assert.equal(run({ http_method: 'GET' }, { headers: FORM, text: `a=${'x'.repeat(70_000)}` }).verdict?.status, 413);
    assert.equal(run({ http_method: 'PUT' }).instance.requestBody, undefined);
  });
});

describe('JSON bodies', () => {
  const all = { remove: { body: ['a'] }, rename: { body: ['b:c'] }, replace: { body: ['d:new', 'no:1'] }, add: { body: ['d:not', 'e:$(headers.x or "none")'] }, append: { body: ['l:3', 's:two', 'n:x', 'o:x', 'empty:1'] } };

  test('all operations; numbers keep their digits, and what is not touched its form', () => {
    const text = '{"a":1, "b" : {"x":[1,{"a":2}]},"big":12345678901234567890.10,"d":"old\\u0041","l":[1, 2 ],"s":"one","o":{"k":1},"empty":[ ] , "ü":"ü\\""}';
    assert.equal(
      run(all, { headers: JSON_HEADERS, text }).sent,
      '{"big":12345678901234567890.10,"d":"new","l":[1, 2 ,"3"],"s":["one","two"],"o":[{"k":1},"x"],"empty":["1"],"ü":"ü\\"","c":{"x":[1,{"a":2}]},"e":"none","n":["x"]}',
    );
    assert.equal(run(all, { headers: JSON_HEADERS, text: '' }).sent, '{"d":"not","e":"none","l":["3"],"s":["two"],"n":["x"],"o":["x"],"empty":["1"]}');
  });

  test('__proto__ and its like are names like others', () => {
    const { sent } = run({ rename: { body: ['a:__proto__'] }, add: { body: ['constructor:x'] }, remove: { body: ['prototype'] } }, { headers: JSON_HEADERS, text: '{"a":{"admin":true},"prototype":1,"toString":2}' });
    assert.equal(sent, '{"toString":2,"__proto__":{"admin":true},"constructor":"x"}');
    assert.equal(Object.hasOwn(Object.prototype, 'admin'), false);
    assert.equal(run({ remove: { body: ['__proto__'] } }, { headers: JSON_HEADERS, text: '{"__proto__":1,"\\u005f_proto__":2,"a":3}' }).sent, '{"a":3}');
  });

  test('a name is found however it is written, and all of its members go', () => {
    assert.equal(run({ remove: { body: ['admin'] } }, { headers: JSON_HEADERS, text: '{"admin":1,"\\u0061dmin":2,"b":"admin\\":1,"}' }).sent, '{"b":"admin\\":1,"}');
  });

  test('a dot is part of a name', () => {
    assert.equal(run({ remove: { body: ['a.b'] } }, { headers: JSON_HEADERS, text: '{"a":{"b":1},"a.b":2}' }).sent, '{"a":{"b":1}}');
  });

  test('a value stays a string whatever it holds', () => {
    assert.equal(run({ add: { body: ['a:$(query_params.x)'] } }, { headers: JSON_HEADERS, query: 'x=%22,%22admin%22:true,%22%0a%5c%c3%bc', text: '{}' }).sent, '{"a":"\\",\\"admin\\":true,\\"\\n\\\\ü"}');
  });

  test('of several Content-Types none hides another', () => {
    for (const types of [['text/plain', 'application/json'], ['Application/JSON', 'text/plain']]) {
      assert.equal(run({ remove: { body: ['a'] } }, { headers: types.map((type) => ['content-type', type] as const), text: '{"a":1}' }).sent, '{}');
    }
  });

  test('what is no JSON object passes unchanged', () => {
    for (const text of ['{"a":1', '[1,2]', '"a"', '1', 'null', '{"a":1}}', "{'a':1}"]) assert.deepEqual(run(all, { headers: JSON_HEADERS, text }).effects, [], text);
    assert.deepEqual(run(all, { headers: [['content-type', 'text/plain']], text: '{"a":1}' }).effects, []);
    assert.deepEqual(run(all, { text: '{"a":1}' }).effects, []);
    assert.deepEqual(run({ remove: { body: ['z'] } }, { headers: JSON_HEADERS, text: ' {"a":1}' }).effects, [], 'nothing to do');
  });

  test('a body too large to be transformed is refused, not let through', () => {
    const { verdict, instance } = run(all, { headers: JSON_HEADERS });
    assert.deepEqual(verdict, { kind: 'respond', status: 413, message: 'Request size limit exceeded' });
    assert.deepEqual(instance.requestBody, { maxBytes: 4_194_304 });
    assert.equal(run(all, { headers: [['content-type', 'image/png']] }).verdict, undefined);
  });

  test('deep and wide bodies take time linear in their length', () => {
    const started = process.cpuUsage();
    run(all, { headers: JSON_HEADERS, text: `{"a":${'['.repeat(500_000)}${']'.repeat(500_000)}}` });
    run(all, { headers: JSON_HEADERS, text: `{${Array.from({ length: 100_000 }, (_, index) => `"k${index}":1`).join(',')}}` });
    assert.ok(process.cpuUsage(started).user < 2_000_000);
  });
});

describe('forms', () => {
  test('all operations', () => {
    const config = { remove: { body: ['a'] }, rename: { body: ['b:c'] }, replace: { body: ['d:1 2'] }, add: { body: ['e:5'] }, append: { body: ['e:6'] } };
    assert.equal(run(config, { headers: FORM, text: 'a=1&b=x+y&d=0&z=%20' }).sent, 'c=x+y&z=%20&d=1%202&e=5&e=6');
  });

  const MULTIPART = [['content-type', 'multipart/form-data; boundary="b1"']] as const;
  const part = (name: string, value: string, more = ''): string => `--b1\r\nContent-Disposition: form-data; name="${name}"${more}\r\n\r\n${value}\r\n`;

  test('multipart: all operations; a file keeps its name and bytes', () => {
    const config = { remove: { body: ['a'] }, rename: { body: ['file:doc'] }, replace: { body: ['d:1'] }, add: { body: ['e"x:5'] }, append: { body: ['d:2'] } };
    const text = `${part('a', '1')}${part('file', 'PNG\r\n--b', '; filename="x.png"')}${part('d', '0')}--b1--\r\n`;
    assert.equal(run(config, { headers: MULTIPART, text }).sent, `${part('doc', 'PNG\r\n--b', '; filename="x.png"')}${part('d', '1')}${part('e%22x', '5')}${part('d', '2')}--b1--\r\n`);
    assert.equal(run({ add: { body: ['a:1'] } }, { headers: MULTIPART, text: '' }).sent, `${part('a', '1')}--b1--\r\n`);
  });

  test('multipart: a value that would be several parts is refused', () => {
    assert.equal(run({ add: { body: ['a:$(headers.x)'] } }, { headers: [...MULTIPART, ['x', 'v --b1 w']], text: '--b1--' }).verdict?.status, 400);
  });

  test('multipart: a name is found wherever it stands, and a file name hides none', () => {
    const disposition = (parameters: string): string => `--b1\r\nX-A: ; name=b\r\ncontent-disposition:form-data${parameters}\r\n\r\n1\r\n`;
    for (const parameters of ['; name=admin', ';name = "admin" ; filename="x"', '; filename="; name=x"; name="admin"', '; filename="\\"; name=x; "; NAME=admin', '; name="ad\\min"', '; filename=x;  name="admin"']) {
      assert.equal(run({ remove: { body: ['admin'] } }, { headers: MULTIPART, text: `${disposition(parameters)}${part('b', '2')}--b1--` }).sent, `${part('b', '2')}--b1--`, parameters);
    }
    assert.equal(run({ rename: { body: ['a:b'] } }, { headers: MULTIPART, text: `${disposition('; name=a ; filename="a"')}--b1--` }).sent, `${disposition('; name="b"; filename="a"')}--b1--`);
  });

  test('multipart: what is none passes unchanged', () => {
    for (const text of ['x', '--b1\r\n', part('a', '1'), '--b1\r\n\r\nx\r\n--b1--']) assert.deepEqual(run({ remove: { body: ['a'] } }, { headers: MULTIPART, text }).effects, [], text);
    assert.deepEqual(run({ remove: { body: ['a'] } }, { headers: [['content-type', 'multipart/form-data']], text: 'x' }).effects, []);
  });
});

test('slashes that a value brings along lead nowhere else', () => {
  const verdictOf = (value: string) => run({ replace: { uri: '/files/$(headers.name)' } }, { headers: [['name', value]] });
  for (const value of ['../admin', 'a/../../admin', '..', '.', 'a/..']) assert.equal(verdictOf(value).verdict?.status, 400, value);
  for (const value of ['a/b', '..a', 'a..b', '...']) assert.equal(verdictOf(value).verdict, undefined, value);
});

describe('what is refused when it is written', () => {
  const cases: readonly (readonly [JsonObject, RegExp])[] = [
    [{ add: { headers: ['x y:1'] } }, /config\.add\.headers\.1: 'x y' is not a valid header/],
    [{ add: { headers: ['x'] } }, /key 'x' has no value/],
    [{ rename: { body: ['x:'] } }, /key 'x' has no value/],
    [{ rename: { body: ['x:$(headers.y)'] } }, /can't come from a template/],
    [{ rename: { headers: ['x:content-length'] } }, /written by the gateway alone/],
    [{ remove: { headers: ['Transfer_Encoding'] } }, /written by the gateway alone/],
    [{ add: { headers: ['X-Kong-Request-Id:1'] } }, /written by the gateway itself/],
    [{ add: { headers: ['x:a\r\nb: c'] } }, /control characters/],
    [{ add: { body: ['x:$(os.exit())'] } }, /is not in supported format, error: expressions in Lua do not run here/],
    [{ remove: { body: [':x'] } }, /':x' has no name/],
    [{ replace: { uri: 'http://a.example/' } }, /must start with '\/'/],
    [{ replace: { uri: '$(headers.path)' } }, /must start with '\/'/],
    [{ replace: { uri: '/a?b=$(headers.c)' } }, /must not contain \? or #/],
    [{ replace: { uri: '/a/../b' } }, /config\.replace\.uri: must not contain dot segments/],
    [{ replace: { uri: '/a/$(headers.x)/%2e%2e' } }, /must not contain dot segments/],
    [{ replace: { headers: ['Host:a b'] } }, /'a b' can't be the Host of a request/],
    [{ add: { headers: ['X_Real_IP:1'] } }, /applications take header 'X_Real_IP' for 'x-real-ip'/],
    [{ http_method: 'get' }, /config\.http_method: invalid value: get/],
    [{ http_method: 'CONNECT' }, /config\.http_method: CONNECT would ask for a tunnel/],
    [{ http_method: 'TRACE' }, /config\.http_method: TRACE would show the client/],
    [{ remove: { body: Array.from({ length: 257 }, (_, index) => `a${index}`) } }, /config\.remove\.body: has 257 entries; at most 256/],
  ];
  for (const [config, expected] of cases) test(JSON.stringify(config).slice(0, 80), () => assert.match(problemsOf(config).join('\n'), expected));

  test('and what is not', () => {
    assert.deepEqual(problemsOf({ replace: { uri: '/a/$(headers.x or "b?")' }, add: { headers: ['x:a:b'], body: ['x:$$(y)'] }, http_method: 'PATCH' }), []);
  });
});
