/** What `explain` says is what happens: random routes and requests, asked about and then sent to a running proxy (R1). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { CompiledConfig } from '../data-plane/config/compiled-config.ts';
import { runAtOnce } from '../data-plane/config/run-in-slices.ts';
import { explainRequest, type ExplainSurroundings } from '../data-plane/explain/explain-request.ts';
import { DEFAULT_PROXY_LIMITS } from '../data-plane/http1/limits.ts';
import { TrustedAddresses } from '../data-plane/proxy/client-address.ts';
import type { JsonObject } from '../shared/model/definition.ts';
import { isJsonObject } from '../shared/model/entity-checks.ts';
import { parseExplainQuestion } from '../shared/model/explain-question.ts';
import { compiled } from './support/compile-config.ts';
import { put, ref, testId } from './support/config-content.ts';
import { startProxyScene } from './support/proxy-scene.ts';
import { waitUntil } from './support/wait-until.ts';

const around: ExplainSurroundings = { limits: DEFAULT_PROXY_LIMITS, trusted: new TrustedAddresses(['127.0.0.0/8']), localPortOf: () => undefined, healthOf: () => [], hasDefaultCertificate: true };

function explain(config: CompiledConfig, question: JsonObject, surroundings = around): JsonObject {
  return runAtOnce(explainRequest(config, parseExplainQuestion(question), surroundings));
}

function part(told: JsonObject, name: string): JsonObject {
  const value = told[name];
  return isJsonObject(value) ? value : {};
}

function list(told: JsonObject, name: string): readonly JsonObject[] {
  const value = told[name];
  return Array.isArray(value) ? value.filter((item) => isJsonObject(item)) : [];
}

const SEGMENTS = ['a', 'b', 'a.b', '%2F', '..', '', '.', 'A', '7', 'é'];
const path = fc.array(fc.constantFrom(...SEGMENTS), { maxLength: 4 }).map((segments) => `/${segments.join('/')}`);
const hosts = ['a.test', 'b.test', 'x.a.test', 'a.test:8000'];
const route = fc.record({
  hosts: fc.option(fc.subarray(['a.test', '*.a.test', 'b.*', 'a.test:8000'], { minLength: 1 }), { freq: 1 }),
  paths: fc.option(fc.subarray(['/', '/a', '/a/b', '/a/', '~/(?<first>[a-z]+)/b', '~/a/\\d+$', '/A'], { minLength: 2 }), { freq: 1 }),
  methods: fc.option(fc.subarray(['GET', 'POST', 'PUT'], { minLength: 2 }), { freq: 1 }),
  headers: fc.option(fc.constantFrom({ 'x-kind': ['one'] }, { 'x-kind': ['~*^t'] }), { freq: 1 }),
  protocols: fc.constantFrom(['http', 'https'], ['http', 'https'], ['http', 'https'], ['http'], ['http'], ['https'], ['grpc'], ['grpcs']),
  https_redirect_status_code: fc.constantFrom(426, 301),
  strip_path: fc.boolean(),
  path_handling: fc.constantFrom('v0', 'v1'),
  preserve_host: fc.boolean(),
  regex_priority: fc.constantFrom(0, 1),
  expression: fc.option(fc.constantFrom('http.path ^= "/a"', 'http.method == "POST" && http.headers.x_kind == "two"', 'net.src.ip == 10.0.0.9'), { freq: 1 }),
});
const asked = fc.record({
  method: fc.constantFrom('GET', 'POST', 'PUT'), path, query: fc.constantFrom('', '?', '?q=1'), host: fc.constantFrom(...hosts),
  headers: fc.dictionary(fc.constantFrom('x-kind', 'content-type', 'x-forwarded-proto', 'x-forwarded-for'), fc.constantFrom('one', 'two', 'application/grpc', 'https', '10.0.0.9'), { maxKeys: 3 }),
});

test('property: route, outcome and what is sent upstream are those of the request itself', { timeout: 60_000 }, async (t) => {
  const scene = await startProxyScene({ proxy: { trustedAddresses: ['127.0.0.0/8'] } });
  t.after(() => scene.close());
  const idOf = (index: number): string => testId((0xb0 + index).toString(16));
  let forwarded = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(route, { minLength: 1, maxLength: 6 }), fc.array(asked, { minLength: 1, maxLength: 4 }), fc.constantFrom(null, '/base', '/base/'), async (routes, requests, servicePath) => {
      const entities = routes.map(({ expression, ...attributes }, index) => {
        const isGrpc = attributes.protocols.some((protocol) => protocol.startsWith('grpc'));
        const { hosts: _hosts, paths: _paths, methods: _methods, headers: _headers, regex_priority: _priority, ...rest } = attributes;
        const matching = expression === null ? { ...attributes, paths: attributes.paths ?? ['/'], methods: isGrpc ? null : attributes.methods } : { ...rest, expression };
        return put('routes', { ...matching, strip_path: attributes.strip_path && !isGrpc, id: idOf(index), service: ref('a1') });
      });
      const { config } = compiled([put('services', { id: testId('a1'), host: '127.0.0.1', port: scene.origin.port, path: servicePath }), ...entities]);
      scene.serve(config);
      for (const { method, path, query, host, headers } of requests) {
        const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`).join('');
        const question = { method, url: `http://${host}${encodeURI(path).replaceAll('%25', '%')}${query}`, headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]])), port: scene.port };
        const told = explain(config, question);
        const [recordsBefore, requestsBefore] = [scene.records.length, scene.origin.requests.length];
        const answer = await scene.exchange(`${method} ${encodeURI(path).replaceAll('%25', '%')}${query} HTTP/1.1\r\nHost: ${host}\r\n${lines}${method === 'GET' ? '' : 'Content-Length: 0\r\n'}Connection: close\r\n\r\n`);
        const [outcome, sent] = [part(told, 'outcome'), part(told, 'upstream_request')];
        const shown = JSON.stringify({ question, told });
        if (outcome['kind'] === 'answered') {
          assert.equal(answer.status, outcome['status'], shown);
          assert.equal(scene.origin.requests.length, requestsBefore, shown);
          continue;
        }
        forwarded += 1;
        assert.equal(answer.status, 200, shown);
        await waitUntil('the request is accounted', () => scene.records.length > recordsBefore);
        assert.equal(scene.records[recordsBefore]?.routeId, part(told, 'route')['id'], shown);
        const received = scene.origin.requests[requestsBefore];
        const sentPath = typeof sent['path'] === 'string' ? sent['path'] : undefined;
        assert.equal(received?.startLine, `${method} ${sentPath}${query === '?' ? '?' : ''} HTTP/1.1`, shown);
        for (const other of list(told, 'others')) assert.notEqual(other['id'], part(told, 'route')['id'], shown);
      }
    }),
    { numRuns: 150 },
  );
  assert.ok(forwarded > 50, 'enough of it was worth asking');
});
