/**
 * A typical config for every bundled plugin, and the request that goes with it: what `npm run bench -- plugins` measures. The type wants
 * a row for each plugin of the catalogue.
 */
import { createHmac } from 'node:crypto';
import type { EntityChange } from '../data-plane/config/compile-contract.ts';
import { hashPassword } from '../control-plane/passwords/password-hashes.ts';
import type { JsonObject } from '../shared/model/definition.ts';
import type { ContentKeyRing } from '../shared/trust/content-seal.ts';
import type { PluginName } from '../shared/plugins/catalog.ts';
import { put, ref, testId } from '../test/support/config-content.ts';

export type PluginCase =
  | {
      readonly kind: 'measured';
      readonly config: JsonObject;
      /** Lines of the request, as wrk takes them. */
      readonly headers?: readonly string[];
      /** What it stands on, and is compared with: the plain proxy where not said. */
      readonly on?: 'plain' | 'plain-post' | 'key-auth';
      /** What is measured, where it is not plain. */
      readonly note?: string;
    }
  | { readonly kind: 'not-measured'; readonly why: string };

const KEY = ['apikey: right'];
const USER_AGENT = ['User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0'];
const BODY_SCHEMA = JSON.stringify({
  type: 'object', required: ['name'],
  properties: { name: { type: 'string', minLength: 2 }, age: { type: 'integer', minimum: 0 }, tags: { type: 'array', items: { type: 'string' } }, address: { type: 'object', properties: { zip: { type: 'string', pattern: '^[0-9]{5}$' } } } },
});
const BILLION = 1_000_000_000;

export const PLUGIN_CASES: Readonly<Record<PluginName, PluginCase>> = {
  'access-records': { kind: 'measured', config: {}, note: 'no request is chosen' },
  acl: { kind: 'measured', config: { allow: ['friends'] }, headers: KEY, on: 'key-auth' },
  'basic-auth': { kind: 'measured', config: {}, headers: [`Authorization: Basic ${Buffer.from('ann:secret').toString('base64')}`], note: 'a password that was verified before' },
  'bot-detection': { kind: 'measured', config: {}, headers: USER_AGENT },
  canary: { kind: 'measured', config: { percentage: 0, upstream_host: '127.0.0.1', hash: 'ip' }, note: 'nobody gets the canary' },
  'correlation-id': { kind: 'measured', config: {} },
  cors: { kind: 'measured', config: { origins: ['https://app.example', 'https://b.example'], credentials: true }, headers: ['Origin: https://app.example'] },
  datadog: { kind: 'measured', config: { host: '127.0.0.1', port: 9, queue: { max_batch_size: 100 } }, note: 'nobody listens' },
  'exit-transformer': { kind: 'measured', config: { rules: [{ statuses: [404], status: 410 }] }, note: 'no answer is changed' },
  'file-log': { kind: 'measured', config: { path: '/dev/null' }, note: 'not allowed there, so entries are made and dropped' },
  'hmac-auth': { kind: 'measured', config: { clock_skew: 86_400 }, headers: hmacHeaders(), note: 'one signature for all requests' },
  'http-log': { kind: 'measured', config: { http_endpoint: 'http://127.0.0.1:9', queue: { max_batch_size: 100 } }, note: 'nobody listens' },
  'ip-restriction': { kind: 'measured', config: { allow: ['127.0.0.0/8'], deny: ['10.0.0.0/8'] } },
  jwt: { kind: 'measured', config: {}, headers: [`Authorization: Bearer ${jwt()}`], note: 'HS256, one token for all requests' },
  'kafka-log': { kind: 'measured', config: { topic: 'requests', rest_proxy: { url: 'http://127.0.0.1:9' } }, note: 'nobody listens' },
  'key-auth': { kind: 'measured', config: {}, headers: KEY },
  loggly: { kind: 'measured', config: { key: 'token', host: '127.0.0.1', port: 9, queue: { max_batch_size: 100 } }, note: 'nobody listens' },
  'mtls-auth': { kind: 'not-measured', why: 'wrk has no client certificates; 0.2 µs of its own code, see its README' },
  prometheus: { kind: 'not-measured', why: 'it has no part in a request' },
  opentelemetry: { kind: 'measured', config: { traces_endpoint: 'http://127.0.0.1:9/v1/traces', sampling_rate: 0 }, note: 'no trace is recorded; see `npm run bench -- tracing`' },
  'proxy-cache': { kind: 'measured', config: { strategy: 'memory' }, note: 'hits' },
  'rate-limiting': { kind: 'measured', config: { minute: BILLION, limit_by: 'ip' } },
  'rate-limiting-advanced': { kind: 'measured', config: { limit: [BILLION], window_size: [60], identifier: 'ip', window_type: 'sliding' } },
  redirect: { kind: 'measured', config: { location: 'https://new.example/', keep_incoming_path: true }, note: 'answers itself' },
  'request-size-limiting': { kind: 'measured', config: { allowed_payload_size: 1 }, on: 'plain-post' },
  'request-termination': { kind: 'measured', config: { status_code: 200, message: 'So long' }, note: 'answers itself' },
  'request-transformer': { kind: 'measured', config: { add: { headers: ['X-One:1', 'X-Path:$(headers.host)'], querystring: ['q:1'] }, remove: { headers: ['X-Two'] } } },
  'request-validator': { kind: 'measured', config: { version: 'draft7', body_schema: BODY_SCHEMA }, on: 'plain-post', note: 'a JSON body of 115 bytes' },
  'response-ratelimiting': { kind: 'measured', config: { limits: { video: { minute: BILLION } }, limit_by: 'ip' } },
  'response-transformer': { kind: 'measured', config: { add: { headers: ['X-One:1'] }, remove: { headers: ['X-Two'] } } },
  'route-by-header': { kind: 'measured', config: { rules: [{ condition: { 'x-region': 'eu' }, upstream_name: 'elsewhere.example' }] }, headers: ['X-Region: us'], note: 'no rule fits' },
  splunk: { kind: 'measured', config: { endpoint: 'http://127.0.0.1:9', token: 'token', queue: { max_batch_size: 100 } }, note: 'nobody listens' },
  statsd: { kind: 'measured', config: { host: '127.0.0.1', port: 9, udp_packet_size: 1_400, queue: { max_batch_size: 100 } }, note: 'nobody listens' },
  syslog: { kind: 'measured', config: { port: 9, queue: { max_batch_size: 100 } }, note: 'nobody listens' },
  'tcp-log': { kind: 'measured', config: { host: '127.0.0.1', port: 9, queue: { max_batch_size: 100 } }, note: 'nobody listens' },
  'udp-log': { kind: 'measured', config: { host: '127.0.0.1', port: 9, queue: { max_batch_size: 100 } }, note: 'nobody listens' },
  zipkin: { kind: 'measured', config: { http_endpoint: 'http://127.0.0.1:9/api/v2/spans', sample_ratio: 0 }, note: 'no trace is recorded' },
  'upstream-timeout': { kind: 'measured', config: { read_timeout: 5_000 } },
};

/** The client of all those requests; `passwordHash` as `benchPassword` makes it. */
export function benchConsumer(passwordHash: string, secretsFor: ContentKeyRing): readonly EntityChange[] {
  const consumer = ref('c1');
  return [
    put('consumers', { id: testId('c1'), username: 'ann' }),
    put('acls', { id: testId('c2'), consumer, group: 'friends' }),
    put('keyauth_credentials', { id: testId('c3'), consumer, key: 'right' }),
    put('basicauth_credentials', { id: testId('c4'), consumer, username: 'ann', password: passwordHash }, secretsFor),
    put('jwt_secrets', { id: testId('c5'), consumer, key: 'ann', secret: 'secret' }, secretsFor),
    put('hmacauth_credentials', { id: testId('c6'), consumer, username: 'ann', secret: 'secret' }, secretsFor),
  ];
}

export function benchPassword(): Promise<string> {
  return hashPassword('secret');
}

function jwt(): string {
  const head = [{ alg: 'HS256', typ: 'JWT' }, { iss: 'ann', exp: 4_102_444_800 }].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  return `${head}.${createHmac('sha256', 'secret').update(head).digest('base64url')}`;
}

function hmacHeaders(): readonly string[] {
  const date = new Date().toUTCString();
  const signature = createHmac('sha256', 'secret').update(`date: ${date}`).digest('base64');
  return [`Date: ${date}`, `Authorization: hmac username="ann", algorithm="hmac-sha256", headers="date", signature="${signature}"`];
}
