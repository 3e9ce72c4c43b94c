import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { JsonObject } from '../../shared/model/definition.ts';
import { isJsonObject } from '../../shared/model/entity-checks.ts';
import { HoldfastError } from '../../shared/errors.ts';
import { parseExplainQuestion } from '../../shared/model/explain-question.ts';
import { compiled } from '../../test/support/compile-config.ts';
import { contentKeysOf, put, ref, testId } from '../../test/support/config-content.ts';
import { testCertificate } from '../../test/support/test-certificates.ts';
import type { EntityChange } from '../config/compile-contract.ts';
import type { CompiledConfig } from '../config/compiled-config.ts';
import { runAtOnce } from '../config/run-in-slices.ts';
import { DEFAULT_PROXY_LIMITS } from '../http1/limits.ts';
import { TrustedAddresses } from '../proxy/client-address.ts';
import type { TargetReport } from '../upstreams/upstream-control.ts';
import { explainRequest, type ExplainSurroundings } from './explain-request.ts';

/** What a data plane may answer with (sync-client.ts). */
const FRAME_BYTES = 192 * 1024;
const around: ExplainSurroundings = { limits: DEFAULT_PROXY_LIMITS, trusted: new TrustedAddresses([]), localPortOf: () => undefined, healthOf: () => [], hasDefaultCertificate: true };
const service = put('services', { id: testId('a1'), host: 'back.test' });

function explain(config: CompiledConfig, question: JsonObject, surroundings: Partial<ExplainSurroundings> = {}): JsonObject {
  return runAtOnce(explainRequest(config, parseExplainQuestion(question), { ...around, ...surroundings }));
}

function route(digits: string, more: JsonObject): EntityChange {
  return put('routes', { id: testId(digits), name: `r-${digits}`, service: ref('a1'), ...more });
}

function outcome(config: CompiledConfig, question: JsonObject, surroundings: Partial<ExplainSurroundings> = {}): unknown {
  const told = explain(config, question, surroundings)['outcome'];
  return isJsonObject(told) ? [told['kind'], told['status'] ?? null] : told;
}

function othersIn(told: JsonObject): readonly JsonObject[] {
  const others = told['others'];
  return Array.isArray(others) ? others.filter((other) => isJsonObject(other)) : [];
}

test('protocols count as they do for requests: http serves https too, gRPC wants its content type and HTTP/2', () => {
  const { config } = compiled([service, route('b1', { paths: ['/plain'], protocols: ['http'] }), route('b2', { paths: ['/tls'], protocols: ['https'], https_redirect_status_code: 308 }), route('b3', { paths: ['/grpc'], protocols: ['grpcs'] })]);
  const grpc = { 'content-type': ['application/grpc'] };
  const behindProxy = { trusted: new TrustedAddresses(['127.0.0.1']) };
  assert.deepEqual(outcome(config, { url: 'https://x/plain' }), ['forwarded', null]);
  assert.deepEqual(outcome(config, { url: 'http://x/tls' }), ['answered', 308]);
  assert.deepEqual(outcome(config, { url: 'http://x/tls', headers: { 'x-forwarded-proto': ['https'] } }), ['answered', 308]);
  assert.deepEqual(outcome(config, { url: 'http://x/tls', headers: { 'x-forwarded-proto': ['https'] } }, behindProxy), ['forwarded', null]);
  assert.deepEqual(outcome(config, { url: 'https://x/grpc' }), ['answered', 415]);
  assert.deepEqual(outcome(config, { url: 'https://x/grpc', headers: grpc }), ['answered', 426]);
  assert.deepEqual(outcome(config, { url: 'http://x/grpc', headers: grpc, http_version: '2' }), ['answered', 200]);
  assert.deepEqual(outcome(config, { url: 'https://x/grpc', headers: grpc, http_version: '2' }), ['forwarded', null]);
});

test('a handshake that fails lets no request come: unusable certificates, names without one', async () => {
  const [usable, foreign] = await Promise.all([testCertificate(), testCertificate()]);
  const { config } = compiled([
    service, route('b1', { paths: ['/'] }), put('certificates', { id: testId('c1'), cert: usable.cert, key: usable.key }), put('snis', { id: testId('d1'), name: 'good.test', certificate: ref('c1') }),
    put('certificates', { id: testId('c2'), cert: foreign.cert, key: foreign.key }, contentKeysOf({ tenantId: testId('0'), gatewayId: testId('0') })), put('snis', { id: testId('d2'), name: 'bad.test', certificate: ref('c2') }),
  ]);
  const shown = (url: string, hasDefaultCertificate: boolean): unknown => {
    const told = explain(config, { url }, { hasDefaultCertificate });
    return [told['tls'], isJsonObject(told['outcome']) && (told['outcome']['code'] ?? told['outcome']['kind'])];
  };
  assert.deepEqual(shown('https://GOOD.test/', true), [{ certificate: testId('c1') }, 'forwarded']);
  assert.deepEqual(shown('https://bad.test/', true), [{ certificate: testId('c2') }, 'TLS_CERTIFICATE_UNUSABLE']);
  assert.deepEqual(shown('https://other.test/', true), [{ certificate: 'default' }, 'forwarded']);
  assert.deepEqual(shown('https://other.test/', false), [{ certificate: null }, 'TLS_SERVER_NAME_UNKNOWN']);
  assert.deepEqual(shown('http://other.test/', false), [null, 'forwarded']);
});

test("a host without a port has that of the data plane's listener, as in a request; the URL's own is part of the host", () => {
  const { config } = compiled([service, route('b1', { hosts: ['x.test:8443'], paths: ['/'] }), route('b2', { expression: 'net.dst.port == 8443 && http.host == "y.test"' })]);
  const localPortOf = (scheme: 'http' | 'https'): number => (scheme === 'https' ? 8443 : 8000);
  assert.deepEqual(outcome(config, { url: 'https://x.test/' }, { localPortOf }), ['forwarded', null]);
  assert.deepEqual(outcome(config, { url: 'http://x.test/' }, { localPortOf }), ['answered', 404]);
  assert.deepEqual(outcome(config, { url: 'https://x.test:443/' }, { localPortOf }), ['answered', 404]);
  assert.deepEqual(outcome(config, { url: 'https://y.test:1/' }, { localPortOf }), ['forwarded', null]);
  assert.deepEqual(outcome(config, { url: 'https://y.test/', port: 9000 }, { localPortOf }), ['answered', 404]);
});

test('R5: routes that ask for ten thousand things, long URLs and thousands of targets give an answer that fits a frame', () => {
  const wide = Array.from({ length: 12 }, (_, index) => route(`b${index}`, {
    paths: Array.from({ length: 200 }, (_each, path) => `/${index}-${path}/${'x'.repeat(900)}`), methods: ['GET'],
    headers: Object.fromEntries(Array.from({ length: 100 }, (_each, header) => [`x-${header}`, ['y'.repeat(1_000)]])),
  }));
  const targets = Array.from({ length: 1_000 }, (_, index) => put('targets', { id: testId(`e${index.toString(16).padStart(4, '0')}`), upstream: ref('f1'), target: `t${index}.test:80` }));
  const { config } = compiled([service, put('upstreams', { id: testId('f1'), name: 'back.test' }), ...targets, ...wide, route('c1', { paths: ['~/(?<all>.*)'] })]);
  const told = explain(config, { url: `http://x/${'%20z'.repeat(2_000)}?${'q'.repeat(100)}`, route: 'r-b3' });
  assert.ok(JSON.stringify(told).length < FRAME_BYTES, `${JSON.stringify(told).length} bytes`);
  assert.equal(othersIn(told)[0]?.['name'], 'r-b3', 'the one that was asked about is first');
  assert.match(JSON.stringify(othersIn(told)[0]?.['why_not']), /^"paths asks for .*195 more/);
});

test('R5: no piece of the work grows with what one route asks for', () => {
  const { config } = compiled([service, route('b1', { paths: Array.from({ length: 5_000 }, (_, path) => `/${path}`) }), route('b2', { paths: ['/'] })]);
  const work = explainRequest(config, parseExplainQuestion({ url: 'http://x/none', route: 'r-b1' }), around);
  let pieces = 0;
  while (work.next().done !== true) pieces += 1;
  assert.ok(pieces > 500, `${pieces} pieces`);
});

test('the nearest of many routes are told about, whatever their order', () => {
  const far = Array.from({ length: 1_000 }, (_, index) => route(`d${index.toString(16).padStart(4, '0')}`, { hosts: ['x.test'], methods: ['DELETE'], paths: [`/far/${index}`] }));
  const near = route('c9', { hosts: ['x.test'], methods: ['POST'], paths: ['/orders'] });
  for (const changes of [[service, near, ...far], [service, ...far, near]]) {
    const [first] = othersIn(explain(compiled(changes).config, { url: 'http://x.test/orders/7' }));
    assert.equal(first?.['name'], 'r-c9');
    assert.equal(first['why_not'], 'methods asks for ["POST"], the request has "GET"');
  }
});

test('a stream route that is asked about says that no request gets there', () => {
  const { config } = compiled([service, put('routes', { id: testId('b1'), name: 'db', protocols: ['tcp'], destinations: [{ port: 5432 }] })]);
  const [first, ...others] = othersIn(explain(config, { url: 'http://x/', route: 'db' }));
  assert.deepEqual([first?.['why_not'], others], ['it is for tcp: no HTTP request gets there', []]);
});

test('targets come with the addresses that are known, their states and reasons', () => {
  const { config } = compiled([service, put('upstreams', { id: testId('f1'), name: 'back.test' }), put('targets', { id: testId('e1'), upstream: ref('f1'), target: 'one.test:80' }), put('targets', { id: testId('e2'), upstream: ref('f1'), target: 'two.test:80' }), route('b1', { paths: ['/'] })]);
  const report: TargetReport = { upstream: 'back.test', upstreamId: testId('f1'), targetId: 't', port: 80, isNamed: true, target: 'one.test:80', address: '10.0.0.1', state: 'open', since: '', reason: 'tcp', failures: { tcp: 3, timeout: 0, http: 0 }, opened: 1, failover: false };
  const told = explain(config, { url: 'http://x/' }, { healthOf: (id) => (id === testId('f1') ? [report] : []) })['service'];
  assert.deepEqual(isJsonObject(told) && told['targets'], [
    { id: testId('e1'), target: 'one.test:80', weight: 100, failover: false, addresses: [{ address: '10.0.0.1', state: 'open', reason: 'tcp' }] },
    { id: testId('e2'), target: 'two.test:80', weight: 100, failover: false, addresses: [] },
  ]);
});

test('T2: nothing of the configs of plugins is told', () => {
  const { config } = compiled([service, route('b1', { paths: ['/'] }), put('plugins', { id: testId('d1'), name: 'key-auth', config: { key_names: ['swordfish'] } })]);
  const told = JSON.stringify(explain(config, { url: 'http://x/' }));
  assert.match(told, /key-auth/);
  assert.doesNotMatch(told, /swordfish/);
});

test('plugins that do not run say why: another of their name is nearer, or they are disabled', () => {
  const plugin = (digits: string, more: JsonObject): EntityChange => put('plugins', { id: testId(digits), name: 'key-auth', ...more });
  const { config } = compiled([service, route('b1', { paths: ['/'] }), plugin('d1', {}), plugin('d2', { service: ref('a1') }), plugin('d3', { route: ref('b1'), enabled: false })]);
  const told = explain(config, { url: 'http://x/' });
  assert.deepEqual(told['plugins'], [{ id: testId('d2'), name: 'key-auth', priority: 1250, scope: ['service'], phases: ['requestHead'], quarantined: null }]);
  assert.deepEqual(told['plugins_not_run'], [
    { id: testId('d3'), name: 'key-auth', why_not: 'it is disabled' },
    { id: testId('d1'), name: 'key-auth', why_not: 'one of the same name with a narrower scope runs instead' },
  ]);
});

test('hostile questions are refused by name or answered in bounds', () => {
  const { config } = compiled([service, route('b1', { paths: ['~/(?<a>[^/]*)'] }), route('b2', { expression: 'net.src.ip in 10.0.0.0/8' })]);
  const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 40 }), fc.constantFrom('GET /x HTTP/1.1', 'a\r\nHost: b', '\u001b[2J', '10.0.0.0/8', '::1', '*', 'x'.repeat(9_000)));
  const url = fc.oneof(text, text.map((rest) => `http://x.test/${rest}`), text.map((host) => `https://${host}/`));
  fc.assert(
    fc.property(url, text, fc.record({ client_ip: text, server_name: text, consumer: text, route: text, headers: fc.dictionary(text, fc.array(text, { maxLength: 3 })) }, { requiredKeys: [] }), (asked, method, more) => {
      try {
        assert.ok(JSON.stringify(explain(config, { url: asked, method, ...more })).length < FRAME_BYTES);
      } catch (thrown) {
        assert.ok(thrown instanceof HoldfastError && thrown.code === 'EXPLAIN_QUESTION_INVALID', String(thrown));
      }
    }),
    { numRuns: 120 },
  );
  for (const [field, value] of [['client_ip', '10.0.0.0/8'], ['url', 'ftp://x/'], ['url', 'http://x/#there'], ['url', 'http:///x']] as const) {
    assert.throws(() => explain(config, { url: 'http://x/', [field]: value }), { code: 'EXPLAIN_QUESTION_INVALID', publicMessage: new RegExp(`\\(${field}: `) });
  }
});
