/** Templates: what Kong's documentation shows works, nothing else is accepted, and nothing that a client sends changes what surrounds it. */
import { describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { pluginContext, type HostParts } from '../plugin-kit/plugin-host.ts';
import { MAX_RENDERED_BYTES, parseTemplate, renderTogether, requestTemplate, type TemplatePlace } from './request-template.ts';

const PARTS: HostParts = {
  headers: [['X-Tenant', 'acme'], ['X-Tenant', 'second'], ['x-empty', ''], ['host', 'Shop.example:8080']],
  query: 'user=ann+b&user=bob&a%20b=1&flag&odd=%zz',
  uriCaptures: new Map([['1', 'v1'], ['id', '4%2F2']]),
};

const rendered = (text: string, place: TemplatePlace = 'text', parts = PARTS): string | undefined => requestTemplate(text, place).render(pluginContext(parts));

function problemOf(text: string): string {
  const result = parseTemplate(text, 'text');
  return result.kind === 'problem' ? result.problem : '';
}

describe('what a template shows', () => {
  const cases: Readonly<Record<string, string>> = {
    'no template at all': 'no template at all',
    '$(headers.x_tenant)!': 'acme!',
    '$(headers["X-Tenant"])': 'acme',
    "$( headers['x-tenant'] )": 'acme',
    '$(headers.host)': 'Shop.example:8080',
    '<$(headers.nothing)>': '<>',
    '$(headers.nothing or "none")': 'none',
    "$(headers.nothing or query_params.nothing or 'a)b')": 'a)b',
    '$(headers["x-empty"] or "full")': '',
    '$(query_params.user)': 'ann b',
    '$(query_params["a b"])': '1',
    '$(query_params.flag or "x")': '',
    '$(query_params.odd)': '%zz',
    '$(uri_captures[1])/$(uri_captures.id)/$(uri_captures["id"])': 'v1/4%2F2/4%2F2',
    '$(uri_captures[2] or "2")': '2',
    '$$(headers.x_tenant)': '$(headers.x_tenant)',
    "$('$(some)')": '$(some)',
    '$ $x $$ #(x)': '$ $x $$ #(x)',
  };
  for (const [text, expected] of Object.entries(cases)) {
    test(text, () => assert.equal(rendered(text), expected));
  }

  test('what goes upstream, not what a plugin has taken out', () => {
    const context = pluginContext({ headers: [['apikey', 'secret'], ['x-consumer-id', 'forged']], query: 'apikey=secret' });
    context.removeUpstreamHeader('apikey');
    context.removeQueryArgument('apikey');
    context.setUpstreamHeader('X-Consumer-ID', 'ann-id');
    assert.equal(requestTemplate('$(headers.apikey)$(query_params.apikey)$(headers.x_consumer_id)', 'header').render(context), 'ann-id');
  });

  test('names of Object.prototype are names like others', () => {
    for (const name of ['__proto__', 'constructor', 'toString']) assert.equal(rendered(`[$(headers.${name})$(query_params.${name})$(uri_captures.${name})]`), '[]');
  });
});

describe('what is refused', () => {
  for (const text of [
    '$(os.execute("id"))', '$(headers)', '$(headers[1])', '$(headers.a + 1)', '$(headers.a and "b")', '$(type(headers.a))', '$(headers.a', '$()', '$(headers["a)', '$("a\\"b")',
    '$((headers.a))', '$(headers.a or)', '$(headers.a.b)', '$(query_params[ ])', '$(io.open("/etc/passwd"):read())', '$(headers.a or "b" "c")', '$(shared.x)', '$(headers[""])',
  ]) {
    test(text, () => assert.match(problemOf(text), /^value '.*' is not in supported format, error: /s));
  }

  test('with the way out', () => {
    assert.match(problemOf('$(type(x))'), /expressions in Lua do not run here; a template is .* write \$\$\(/);
    assert.match(problemOf('$(shared.x)'), /plugins share nothing/);
  });
});

describe('what a client can not do', () => {
  test('end a header line, or put NUL into one', () => {
    const parts = { query: 'x=a%0d%0aX-Admin:%201%00%7f%09b', headers: [['y', 'a\u0001b']] } as const;
    assert.equal(rendered('$(query_params.x)', 'header', parts), 'a%0D%0AX-Admin: 1%00%7F\tb');
    assert.equal(rendered('$(headers.y)', 'header', parts), 'a%01b');
  });

  test('leave its segment of a path', () => {
    const parts = { query: 'x=../../admin%3fa%23b%0d%0a%25%20%c3%bc', headers: [['y', '/etc/\u00e9']] } as const;
    assert.equal(rendered('/files/$(query_params.x)/$(headers.y)', 'path', parts), '/files/..%2F..%2Fadmin%3Fa%23b%0D%0A%25%20%C3%BC/%2Fetc%2F%E9');
    assert.equal(rendered('/ü b/$(headers.none or "c/d?e")', 'path', parts), '/%C3%BC%20b/c/d%3Fe');
  });

  test('make a text without bound', () => {
    const long = { headers: [['x', 'a'.repeat(MAX_RENDERED_BYTES / 2 + 1)]] } as const;
    assert.equal(rendered('$(headers.x)', 'text', long)?.length, MAX_RENDERED_BYTES / 2 + 1);
    assert.equal(rendered('$(headers.x)$(headers.x)', 'text', long), undefined);
  });

  test('make texts without bound together', () => {
    const context = pluginContext({ headers: [['x', 'a'.repeat(60_000)]] });
    const templates = Array.from({ length: 5 }, () => requestTemplate('$(headers.x)', 'header'));
    assert.equal(renderTogether(templates.slice(1), context)?.length, 4);
    assert.equal(renderTogether(templates, context), undefined);
  });

  test('make reading a query cost more than its length', () => {
    const query = 'a&'.repeat(200_000);
    const started = process.cpuUsage().user;
    rendered('$(query_params.b)', 'text', { query });
    assert.ok(process.cpuUsage(undefined).user - started < 1_000_000);
  });
});

test('several templates ask once for the query', () => {
  let asked = 0;
  const context = pluginContext({ uriCaptures: new Map([['1', 'x']]) });
  Object.defineProperty(context, 'upstreamQuery', { get: () => ((asked += 1), 'a=1') });
  const templates = ['$(query_params.b)$(uri_captures[1])', '$(uri_captures[1])$(query_params.a)', '$(headers.none or uri_captures[2] or "d")'].map((text) => requestTemplate(text, 'text'));
  assert.deepEqual([renderTogether(templates, context), asked], [['x', 'x1', 'd'], 1]);
});

test('a header passes byte for byte; in a text for people it is what its bytes mean', () => {
  assert.equal(rendered('ü$(headers.x)', 'header', { headers: [['x', '\u00e9\u00ff']] }), '\u00c3\u00bc\u00e9\u00ff');
});
