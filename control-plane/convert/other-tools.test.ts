import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject } from '../../shared/model/definition.ts';
import { flatContent, toNewestFormat } from './flat-content.ts';
import { toKubernetes } from './to-kubernetes.ts';
import { toTerraform } from './to-terraform.ts';

const CONTENT: JsonObject = {
  _format_version: '3.0',
  services: [
    {
      name: 'orders', protocol: 'https', host: 'orders.upstream', path: '/api', read_timeout: 5000,
      routes: [
        { name: 'list', paths: ['/orders', '~/o/(?<id>\\d+)'], methods: ['GET', 'HEAD'], hosts: ['api.example.com', 'x.*'], headers: { 'x-tenant': ['a', 'b.c'] }, plugins: [{ name: 'rate-limiting', config: { minute: 5 } }] },
        { name: 'secure', paths: ['/secure'], protocols: ['https'], strip_path: false, preserve_host: true },
      ],
    },
    { name: 'greeter', protocol: 'grpc', host: '10.0.0.7', port: 9000, routes: [{ name: 'hello', protocols: ['grpc'], paths: ['/hello.Greeter/Say'] }] },
    { name: 'files', protocol: 'tcp', host: 'files.example.com', port: 2049, routes: [{ name: 'nfs', protocols: ['tcp'], destinations: [{ port: 2049 }] }] },
  ],
  upstreams: [{ name: 'orders.upstream', targets: [{ target: 'a.example.com:8443', weight: 10 }, { target: '[fd00::1]:8443' }] }],
  consumers: [{ username: 'app', keyauth_credentials: [{ key: 'canary-secret-1' }], plugins: [{ name: 'rate-limiting', config: { minute: 1 }, service: 'orders' }] }],
  certificates: [{ cert: '-----BEGIN CERTIFICATE-----', key: '-----BEGIN PRIVATE KEY-----', snis: [{ name: 'api.example.com' }] }],
};

test('what refers to what is known by name, nested or not', () => {
  const flat = flatContent({ ...CONTENT, routes: [{ name: 'apart', paths: ['/a'], service: { name: 'orders' } }, { name: 'far', paths: ['/b'], service: 'elsewhere' }] });
  const references = flat.filter(({ kind }) => kind === 'routes').map(({ label, references }) => [label, references.get('service')?.label, references.get('service')?.isInFile]);
  assert.deepEqual(references.sort(), [['apart', 'orders', true], ['far', 'elsewhere', false], ['hello', 'greeter', true], ['list', 'orders', true], ['nfs', 'files', true], ['secure', 'orders', true]]);
});

test('a file of Kong 2 says which paths are expressions', () => {
  const newest = toNewestFormat({ _format_version: '1.1', services: [{ name: 'a', routes: [{ paths: ['/plain/x-y', '/a/\\d+', '~/done'] }] }] });
  assert.deepEqual(newest, { _format_version: '3.0', services: [{ name: 'a', routes: [{ paths: ['/plain/x-y', '~/a/\\d+', '~/done'] }] }] });
});

test('Kubernetes: listeners, backends with weights, matches, rewrites', () => {
  const { value, warnings } = toKubernetes(CONTENT, { namespace: 'edge', gatewayName: 'main', gatewayClass: 'holdfast' });
  const byName = new Map(value.map((resource) => [`${Object(resource).kind} ${Object(resource['metadata']).name}`, resource]));
  assert.deepEqual([...byName.keys()].sort(), [
    'BackendTLSPolicy orders', 'BackendTLSPolicy orders-2', 'EndpointSlice greeter', 'EndpointSlice orders-2', 'GRPCRoute hello', 'Gateway main', 'HTTPRoute list', 'HTTPRoute secure',
    'HTTPRoute secure-to-https', `Secret ${secretName(value)}`, 'Service files', 'Service greeter', 'Service orders', 'Service orders-2', 'TCPRoute nfs',
  ]);
  for (const resource of value) assert.equal(Object(resource['metadata']).namespace, 'edge');
  assert.deepEqual(Object(byName.get('Gateway main')?.['spec']).listeners.map((listener: JsonObject) => [listener['name'], listener['port'], listener['protocol']]), [['http', 80, 'HTTP'], ['https', 443, 'HTTPS'], ['tcp-2049', 2049, 'TCP']]);
  const [prefix, regex] = Object(byName.get('HTTPRoute list')?.['spec']).rules;
  assert.deepEqual(prefix.matches.map((match: JsonObject) => [match['path'], match['method']]), [[{ type: 'PathPrefix', value: '/orders' }, 'GET'], [{ type: 'PathPrefix', value: '/orders' }, 'HEAD']]);
  assert.deepEqual(prefix.matches[0].headers, [{ type: 'RegularExpression', name: 'x-tenant', value: '^(a|b\\.c)$' }]);
  assert.deepEqual(prefix.filters, [{ type: 'URLRewrite', urlRewrite: { hostname: 'orders.upstream', path: { type: 'ReplacePrefixMatch', replacePrefixMatch: '/api' } } }]);
  assert.deepEqual(prefix.backendRefs, [{ name: 'orders', port: 8443, weight: 10 }, { name: 'orders-2', port: 8443, weight: 100 }]);
  assert.deepEqual(prefix.timeouts, { backendRequest: '5s' });
  assert.deepEqual(regex.matches[0].path, { type: 'RegularExpression', value: '/o/(?<id>\\d+)' });
  const [secure] = Object(byName.get('HTTPRoute secure')?.['spec']).rules;
  assert.deepEqual(secure.filters, [{ type: 'URLRewrite', urlRewrite: { path: { type: 'ReplacePrefixMatch', replacePrefixMatch: '/api/secure' } } }]);
  assert.deepEqual(Object(byName.get('GRPCRoute hello')?.['spec']).rules[0].matches, [{ method: { service: 'hello.Greeter', method: 'Say' } }]);
  for (const told of [/host x\.\* can not be said/, /plugin rate-limiting \(2\)/, /keyauth_credentials \(1\)/, /consumers \(1\)/, /what matches ~\/o/]) assert.match(warnings.join('\n'), told);
});

function secretName(resources: readonly JsonObject[]): string {
  return String(Object(resources.find(({ kind }) => kind === 'Secret')?.['metadata']).name);
}

test('Kubernetes: an expression that matches one path is that path', () => {
  const { value } = toKubernetes({ _format_version: '3.0', services: [{ name: 'a', host: 'a.test', path: '/v1', routes: [{ name: 'r', paths: ['~/x\\.json$'], strip_path: false }] }] }, { namespace: undefined, gatewayName: 'g', gatewayClass: 'c' });
  const [rule] = Object(value.find(({ kind }) => kind === 'HTTPRoute')?.['spec']).rules;
  assert.deepEqual(rule.matches, [{ path: { type: 'Exact', value: '/x.json' } }]);
  assert.deepEqual(rule.filters, [{ type: 'URLRewrite', urlRewrite: { hostname: 'a.test', path: { type: 'ReplaceFullPath', replaceFullPath: '/v1/x.json' } } }]);
});

test('Terraform: references are expressions, secrets are variables, templates are escaped', () => {
  const { value, warnings } = toTerraform({ ...CONTENT, routes: [{ name: 'far ${x}', paths: ['/b'], headers: { a: ['${b}'] }, service: 'elsewhere' }] });
  const resources = Object(value['resource']);
  assert.deepEqual(resources['kong-gateway_route'].list.service, { id: '${kong-gateway_service.orders.id}' });
  assert.deepEqual(resources['kong-gateway_plugin_rate_limiting'].list_rate_limiting, { config: { minute: 5 }, route: { id: '${kong-gateway_route.list.id}' } });
  assert.deepEqual(resources['kong-gateway_plugin_rate_limiting'].app_rate_limiting.service, { id: '${kong-gateway_service.orders.id}' });
  const [credential] = Object.values<JsonObject>(resources['kong-gateway_key_auth']);
  assert.ok(typeof credential?.['key'] === 'string' && credential['key'].startsWith('${var.key_auth_'));
  assert.doesNotMatch(JSON.stringify(value), /canary-secret-1/);
  assert.deepEqual(resources['kong-gateway_route'].far_x.headers, { a: ['$${b}'] });
  assert.deepEqual(warnings, ['kong-gateway_route.far_x: service elsewhere is not in the file: its id must be put in by hand']);
});

test('Kubernetes: what the API would refuse is not made: long times, names of digits, listeners without a certificate', () => {
  const content = { _format_version: '3.0', services: [{ name: '2nd', host: 'a.test', read_timeout: 120_500, routes: [{ name: 'r', paths: ['/'] }] }, { name: 'long', host: 'b.test', read_timeout: 2_147_483_646, routes: [{ name: 'l', paths: ['/l'] }] }] };
  const { value, warnings } = toKubernetes(content, { namespace: undefined, gatewayName: 'g', gatewayClass: 'c' });
  const specOf = (kind: string, name: string) => Object(value.find((resource) => resource['kind'] === kind && Object(resource['metadata']).name === name)?.['spec']);
  assert.equal(specOf('HTTPRoute', 'r').rules[0].timeouts.backendRequest, '120s500ms');
  assert.equal(specOf('HTTPRoute', 'l').rules[0].timeouts.backendRequest, '596h1883s646ms');
  assert.equal(specOf('HTTPRoute', 'r').rules[0].backendRefs[0].name, 'service-2nd');
  assert.equal(specOf('Service', 'service-2nd').externalName, 'a.test');
  assert.deepEqual(specOf('Gateway', 'g').listeners[1].tls, { mode: 'Terminate', certificateRefs: [{ name: 'g-tls' }] });
  assert.match(warnings.join('\n'), /make the Secret g-tls/);
});

test('Terraform: a secret inside a record is a variable too', () => {
  const { value } = toTerraform({ _format_version: '3.0', keys: [{ name: 'k', kid: '1', pem: { public_key: 'p', private_key: 'canary-secret-2' } }] });
  assert.doesNotMatch(JSON.stringify(value), /canary-secret-2/);
  assert.deepEqual(Object(value['resource'])['kong-gateway_key'].k.pem, { public_key: 'p', private_key: '${var.key_k_pem_private_key}' });
  assert.deepEqual(Object(value['variable']).key_k_pem_private_key, { type: 'string', sensitive: true });
});
