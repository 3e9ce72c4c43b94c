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
import { renderConfigTable } from './config-table.ts';
import type { PluginServices } from './contract.ts';
import { pluginRegistry } from './registry.ts';

const FOLDER = fileURLToPath(new URL('.', import.meta.url));
const services: PluginServices = {
  pluginId: '00000000-0000-7000-8000-000000000001',
  clock: { nowMs: () => 0 },
  counters: { take: () => ({ kind: 'full' }) },
  log: { warn: () => undefined },
};

/** The least that makes each plugin's own checks hold. */
const SMALLEST: Readonly<Record<string, JsonObject>> = { acl: { allow: ['a'] }, 'key-auth': {}, 'rate-limiting': { minute: 1 } };

function textOf(...path: readonly string[]): string {
  return readFileSync(`${FOLDER}${path.join('/')}`, 'utf8');
}

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

    test('its handler imports only the contract and its own folder', () => {
      const sources = readdirSync(`${FOLDER}${name}`).filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts') && file !== 'schema.ts');
      for (const source of sources) {
        for (const [, from = ''] of textOf(name, source).matchAll(/^(?:import|export) [^;]*? from '([^']+)';/gms)) {
          assert.ok(from === '../contract.ts' || from.startsWith('./'), `${name}/${source} imports ${from}`);
        }
      }
    });

    test('its fields are described and numbered once', () => {
      const seen = (fields: readonly Field[]): void => {
        assert.equal(new Set(fields.map(({ tag }) => tag)).size, fields.length);
        assert.equal(new Set(fields.map((field) => field.name)).size, fields.length);
        for (const { description, type } of fields) {
          assert.match(description, /^[A-Z`].*\.$/);
          if (type.kind === 'record') seen(type.fields);
        }
      };
      seen(schema.config);
      assert.match(schema.version, /^\d+\.\d+\.\d+$/);
    });

    test('no field of its config is secret: configs are stored and published as they are, so secrets come by vault references', () => {
      const secretIn = (fields: readonly Field[]): readonly string[] => fields.flatMap((field) => [...(field.secret === undefined ? [] : [field.name]), ...secretInType(field.type)]);
      const secretInType = (type: FieldType): readonly string[] => {
        if (type.kind === 'record') return secretIn(type.fields);
        if (type.kind === 'array' || type.kind === 'set') return secretInType(type.of);
        return type.kind === 'map' ? secretInType(type.values) : [];
      };
      assert.deepEqual(secretIn(schema.config), []);
    });

    test('its defaults are valid, and parsing what was parsed changes nothing', () => {
      const once = parse(schema.config, defined(SMALLEST[name], `the smallest config of ${name}`));
      assert.deepEqual(once.problems.problems, []);
      assert.deepEqual(parse(schema.config, once.config), once);
      for (const { check } of schema.checks ?? []) assert.deepEqual(check({ config: once.config }), []);
    });

    test('it can be made from its smallest config, also where a newer control plane added fields that say nothing', () => {
      const { config } = parse(schema.config, defined(SMALLEST[name], `the smallest config of ${name}`));
      const records = schema.config.filter(({ type }) => type.kind === 'record').map((field) => [field.name, { ...Object(config[field.name]), from_the_future: null }]);
      const instance = defined(pluginRegistry.get(name), name).create({ ...config, ...Object.fromEntries(records), from_the_future: [], also: { off: false } }, services);
      assert.equal(typeof instance.requestHead, 'function');
    });

    test('it is not made where a newer control plane asks for something that it does not know', () => {
      const { config } = parse(schema.config, defined(SMALLEST[name], `the smallest config of ${name}`));
      assert.throws(() => defined(pluginRegistry.get(name), name).create({ ...config, also_require: true }, services), { code: 'PLUGIN_CONFIG_INVALID', message: /also_require: unknown field/ });
    });

    test('it is not made from a config that breaks its schema', () => {
      const broken: JsonObject = Object.fromEntries(schema.config.map((field) => [field.name, { not: 'this' }]));
      assert.throws(() => defined(pluginRegistry.get(name), name).create(broken, services), { code: 'PLUGIN_CONFIG_INVALID' });
    });
  });
}
