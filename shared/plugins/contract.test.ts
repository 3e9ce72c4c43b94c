/** Every plugin keeps the contract: its folder is complete, its README tells the truth, catalogue and registry agree. */
import { describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defined } from '../assert.ts';
import type { Field, FieldType, JsonObject } from '../model/definition.ts';
import { parseFields } from '../model/parse-fields.ts';
import { ProblemList } from '../model/problems.ts';
import { pluginCatalog } from './catalog.ts';
import { vaultCatalog } from '../vaults/catalog.ts';
import { renderConfigTable } from './config-table.ts';
import { checkPlugin } from '../plugin-kit/contract-checks.ts';
import { pluginServices } from '../plugin-kit/plugin-host.ts';
import { partialFieldsOf } from './partial-types.ts';
import { pluginRegistry } from './registry.ts';

const FOLDER = fileURLToPath(new URL('.', import.meta.url));
/** The least that makes each plugin's own checks hold. */
const SMALLEST: Readonly<Record<string, JsonObject>> = { 'access-records': {}, 'file-log': { path: '/dev/stdout' }, 'http-log': { http_endpoint: 'https://logs.example' }, zipkin: {}, opentelemetry: { traces_endpoint: 'https://collector.example/v1/traces' }, 'hmac-auth': {}, 'jwt': {}, 'basic-auth': {}, acl: { allow: ['a'] }, 'key-auth': {}, 'mtls-auth': { ca_certificates: ['00000000-0000-7000-8000-0000000000ca'] }, 'prometheus': {}, 'proxy-cache': { strategy: 'memory' }, 'rate-limiting': { minute: 1 }, 'rate-limiting-advanced': { limit: [1], window_size: [60] }, 'response-ratelimiting': { limits: { video: { minute: 1 } } }, 'ip-restriction': { allow: ['10.0.0.0/8'] }, cors: {}, 'bot-detection': {}, 'request-size-limiting': {}, 'correlation-id': {}, redirect: { location: 'https://example.com/' }, 'request-termination': {}, 'request-transformer': {}, 'upstream-timeout': {}, 'route-by-header': {}, 'canary': { percentage: 10, upstream_host: 'new.example' }, 'response-transformer': { add: { headers: ['x-a:1'] } }, 'exit-transformer': { rules: [{ status: 404 }] }, 'request-validator': { body_schema: '[]' }, 'tcp-log': { host: 'logs.example', port: 5140 }, 'udp-log': { host: 'logs.example', port: 5140 }, syslog: {}, loggly: { key: '00000000-0000-4000-8000-000000000000' }, splunk: { endpoint: 'https://splunk.example:8088', token: 'token' }, datadog: {}, statsd: {}, 'kafka-log': { topic: 'requests', rest_proxy: { url: 'https://kafka-rest.example' } } };

/** What they ask for is done outside of requests. */
const WITHOUT_PHASE: ReadonlySet<string> = new Set(['access-records', 'prometheus']);

const PHASES = ['certificate', 'begin', 'requestHead', 'upstreamRequest', 'responseHead', 'log', 'webSocketFrame', 'stream'] as const;

function textOf(...path: readonly string[]): string {
  return readFileSync(`${FOLDER}${path.join('/')}`, 'utf8');
}

/** The paths of fields whose secret would not be kept (contract.ts, PluginSchema.config). */
function unsealable(fields: readonly Field[], path: string, inRecord = true): readonly string[] {
  return fields.flatMap((field) => {
    const { name, type, secret } = field;
    const here = path === '' ? name : `${path}.${name}`;
    if (secret === undefined) return unsealableIn(type, here, inRecord);
    const text = type.kind === 'array' || type.kind === 'set' ? type.of : type;
    return inRecord && secret === 'sealed' && text.kind === 'string' && text.referenceOnly !== true && field.default === undefined && field.auto === undefined ? [] : [here];
  });
}

function unsealableIn(type: FieldType, path: string, inRecord: boolean): readonly string[] {
  if (type.kind === 'record') return unsealable(type.fields, path, inRecord);
  if (type.kind === 'array' || type.kind === 'set') return unsealableIn(type.of, path, false);
  return type.kind === 'map' ? unsealableIn(type.values, path, false) : [];
}

/** The fields of the record at the end of the path. */
function fieldsAt(fields: readonly Field[], [name, ...deeper]: readonly string[]): readonly Field[] {
  if (name === undefined) return fields;
  const type = fields.find((field) => field.name === name)?.type;
  return type?.kind === 'record' ? fieldsAt(type.fields, deeper) : [];
}

test('a secret that could not be sealed is found wherever it stands', () => {
  const secret = { name: 's', tag: 1, type: { kind: 'string' }, secret: 'sealed', description: '' } as const satisfies Field;
  const record = { kind: 'record', fields: [secret] } as const satisfies FieldType;
  const inside = (name: string, type: FieldType): Field => ({ name, tag: 1, type, description: '' });
  assert.deepEqual(unsealable([secret, inside('r', record), { ...secret, type: { kind: 'array', of: { kind: 'string' } } }], ''), []);
  assert.deepEqual(unsealable([inside('a', { kind: 'array', of: record }), inside('m', { kind: 'map', keys: { kind: 'string' }, values: record })], ''), ['a.s', 'm.s']);
  assert.deepEqual(unsealable([{ ...secret, secret: 'digest' }, { ...secret, type: { kind: 'integer' } }, { ...secret, default: 'x' }], ''), ['s', 's', 's']);
});

test('the config of a vault has no secret that is written there: data planes look it up', () => {
  for (const { config } of vaultCatalog.values()) assert.deepEqual(config.filter(({ secret }) => secret !== undefined), []);
});

function parse(fields: readonly Field[], config: JsonObject): { readonly config: JsonObject; readonly problems: ProblemList } {
  const problems = new ProblemList();
  return { config: parseFields(fields, config, 'config', { problems, newKey: () => '', parsePluginConfig: () => undefined }), problems };
}

test('there is one folder, one schema and one handler per plugin', () => {
  const folders = readdirSync(FOLDER, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  assert.deepEqual([...pluginCatalog.keys()].toSorted(), folders.toSorted());
  assert.deepEqual([...pluginRegistry.keys()].toSorted(), folders.toSorted());
  for (const [name, { schema }] of pluginRegistry) assert.equal(schema, pluginCatalog.get(name));
});

for (const [name, schema] of pluginCatalog) {
  describe(name, () => {
    test('its folder is complete', () => {
      for (const file of ['schema.ts', 'handler.ts', 'handler.test.ts', 'README.md']) assert.ok(existsSync(`${FOLDER}${name}/${file}`), `${name}/${file} is missing`);
    });

    test('its README has the table of its schema', () => {
      const table = renderConfigTable(schema.config);
      assert.ok(textOf(name, 'README.md').includes(table), `${name}/README.md must contain:\n${table}`);
    });

    test('its README says which headers it touches, how it fails and what it costs', () => {
      for (const heading of ['## Config', '## Headers', '## Failure', '## Cost', '## Differences from Kong']) assert.ok(textOf(name, 'README.md').includes(`\n${heading}\n`), `${heading} is missing`);
    });

    test('its handler imports only its own folder, the contract, plugin-parts and libraries', () => {
      const sources = readdirSync(`${FOLDER}${name}`).filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts') && file !== 'schema.ts');
      for (const source of sources) {
        for (const [, from = ''] of textOf(name, source).matchAll(/^(?:import|export) [^;]*? from '([^']+)';/gms)) {
          assert.match(from, /^(?:\.\.?\/[a-z0-9-]+\.ts|\.\.\/\.\.\/plugin-parts\/[a-z0-9-]+\.ts|node:[a-z_/]+|[a-z@][a-z0-9@/-]*)$/, `${name}/${source} imports ${from}`);
        }
      }
    });

    test('its fields are described and numbered once', () => {
      const seen = (fields: readonly Field[]): void => {
        assert.equal(new Set(fields.map(({ tag }) => tag)).size, fields.length);
        assert.equal(new Set(fields.map((field) => field.name)).size, fields.length);
        for (const { description, type } of fields) {
          assert.match(description, /^[A-Z`].*\.$/);
          seenIn(type);
        }
      };
      const seenIn = (type: FieldType): void => {
        if (type.kind === 'record') seen(type.fields);
        else if (type.kind === 'array' || type.kind === 'set') seenIn(type.of);
        else if (type.kind === 'map') seenIn(type.values);
      };
      seen(schema.config);
      assert.match(schema.version, /^\d+\.\d+\.\d+$/);
    });

    test('its secret fields can be sealed: text or lists of text, in records only, without a default; what a partial keeps secret stays so', () => {
      assert.deepEqual(unsealable(schema.config, ''), []);
      for (const { type, path } of schema.partials ?? []) {
        const place = fieldsAt(schema.config, path.split('.').slice(1));
        for (const { name: field } of (partialFieldsOf(type) ?? []).filter(({ secret }) => secret !== undefined)) {
          const own = place.find((one) => one.name === field);
          if (own !== undefined) assert.equal(own.secret, 'sealed', `${path}.${field} takes a secret`);
        }
      }
    });

    test('its defaults are valid, and parsing what was parsed changes nothing', () => {
      const once = parse(schema.config, defined(SMALLEST[name], `the smallest config of ${name}`));
      assert.deepEqual(once.problems.problems, []);
      assert.deepEqual(parse(schema.config, once.config), once);
      for (const { check } of schema.checks ?? []) assert.deepEqual(check({ config: once.config }), []);
    });

    test('it can be made from its smallest config, also where a newer control plane added fields that say nothing', () => {
      const { config } = parse(schema.config, defined(SMALLEST[name], `the smallest config of ${name}`));
      const records = schema.config.filter((field) => field.type.kind === 'record' && config[field.name] !== null).map((field) => [field.name, { ...Object(config[field.name]), from_the_future: null }]);
      const instance = defined(pluginRegistry.get(name), name).create({ ...config, ...Object.fromEntries(records), from_the_future: [], also: { off: false } }, pluginServices());
      assert.equal(PHASES.some((phase) => typeof instance[phase] === 'function'), !WITHOUT_PHASE.has(name), 'it has a phase');
    });

    test('it runs on streams where its protocols say so', () => {
      const { config } = parse(schema.config, defined(SMALLEST[name], `the smallest config of ${name}`));
      const hasStreams = schema.protocols.some((protocol) => ['tcp', 'tls', 'tls_passthrough'].includes(protocol));
      assert.equal(defined(pluginRegistry.get(name), name).create(config, pluginServices()).stream !== undefined, hasStreams);
      assert.ok((schema.defaultProtocols ?? []).every((protocol) => schema.protocols.includes(protocol)));
    });

    test('it is not made where a newer control plane asks for something that it does not know', () => {
      const { config } = parse(schema.config, defined(SMALLEST[name], `the smallest config of ${name}`));
      assert.throws(() => defined(pluginRegistry.get(name), name).create({ ...config, also_require: true }, pluginServices()), { code: 'PLUGIN_CONFIG_INVALID', message: /also_require: unknown field/ });
    });

    test('it keeps the contract with requests that nobody meant it to see', async () => {
      const { config } = parse(schema.config, defined(SMALLEST[name], `the smallest config of ${name}`));
      const found = (await checkPlugin(defined(pluginRegistry.get(name), name), config)).flatMap(({ problems }) => problems);
      assert.deepEqual(found.filter((problem) => !(WITHOUT_PHASE.has(name) && problem.startsWith('it has no phase'))), []);
    });

    test('it is not made from a config that breaks its schema', () => {
      const broken: JsonObject = Object.fromEntries(schema.config.map((field) => [field.name, { not: 'this' }]));
      assert.throws(() => defined(pluginRegistry.get(name), name).create(broken, pluginServices()), { code: 'PLUGIN_CONFIG_INVALID' });
    });
  });
}
