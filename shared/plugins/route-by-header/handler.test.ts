import { describe, test } from 'node:test';
import assert from 'node:assert/strict';
import type { JsonObject } from '../../model/definition.ts';
import { parseFields } from '../../model/parse-fields.ts';
import { ProblemList } from '../../model/problems.ts';
import { pluginContext, pluginRun, pluginServices, type HostParts } from '../../plugin-kit/plugin-host.ts';
import { routeByHeaderFactory } from './handler.ts';
import { routeByHeaderSchema, type RouteByHeaderConfig } from './schema.ts';

const RULES: RouteByHeaderConfig['rules'] = [
  { condition: { 'X-Region': 'eu', 'X-Tier': 'gold' }, upstream_name: 'gold.eu' },
  { condition: { 'x-region': 'eu' }, upstream_name: 'eu' },
  { condition: { 'X-Consumer-Username': 'ann' }, upstream_name: 'anns' },
  { condition: { host: 'old.example' }, upstream_name: 'old' },
  { condition: { 'x-city': 'Zürich' }, upstream_name: 'swiss' },
];

function targetsOf(headers: HostParts['headers'], service: string | undefined = 'service-1'): readonly string[] {
  const context = pluginContext({ headers: headers ?? [], ...(service === undefined ? {} : { service }) });
  assert.equal(pluginRun(routeByHeaderFactory.create({ rules: RULES }, pluginServices())).head(context), undefined);
  return context.effects;
}

function problemsOf(rules: JsonObject[]): readonly string[] {
  const problems = new ProblemList();
  const config = parseFields(routeByHeaderSchema.config, { rules }, 'config', { problems, newKey: () => '', parsePluginConfig: () => undefined });
  return [...problems.problems, ...routeByHeaderSchema.checks.flatMap(({ check }) => check({ config }))].map(({ field }) => field);
}

describe('where a request goes', () => {
  test('the first rule whose headers are all there counts; names without regard to case, values exactly', () => {
    assert.deepEqual(targetsOf([['x-region', 'eu'], ['X-TIER', 'gold']]), ['use-upstream //gold.eu:']);
    assert.deepEqual(targetsOf([['x-region', 'eu'], ['x-tier', 'Gold']]), ['use-upstream //eu:']);
    assert.deepEqual(targetsOf([['host', 'old.example']]), ['use-upstream //old:']);
    assert.deepEqual(targetsOf([['x-city', Buffer.from('Zürich').toString('latin1')]]), ['use-upstream //swiss:']);
    for (const headers of [[], [['x-tier', 'gold']], [['x-region', 'EU']], [['x-region', 'eu ,us']], [['x-region', '']]] as const) assert.deepEqual(targetsOf(headers), []);
  });

  test('of a header that comes several times all must agree', () => {
    assert.deepEqual(targetsOf([['x-region', 'eu'], ['x-region', 'us']]), []);
    assert.deepEqual(targetsOf([['x-region', 'us'], ['x-region', 'eu']]), []);
    assert.deepEqual(targetsOf([['x-region', 'eu'], ['x-region', 'eu']]), ['use-upstream //eu:']);
  });

  test('what other plugins set counts, not what the client said', () => {
    const context = pluginContext({ service: 's', headers: [['x-consumer-username', 'ann']] });
    context.setUpstreamHeader('X-Consumer-Username', 'bob');
    pluginRun(routeByHeaderFactory.create({ rules: RULES }, pluginServices())).head(context);
    assert.deepEqual(context.effects, ['set-upstream X-Consumer-Username: bob']);
  });

  test('a request without a service goes nowhere else', () => {
    const context = pluginContext({ headers: [['x-region', 'eu']] });
    pluginRun(routeByHeaderFactory.create({ rules: RULES }, pluginServices())).head(context);
    assert.deepEqual(context.effects, []);
  });
});

test('refused when it is written: no condition, no name of an upstream, an address, too many rules', () => {
  const fine = { condition: { a: 'b' }, upstream_name: 'u' };
  assert.deepEqual(problemsOf([fine]), []);
  assert.deepEqual(problemsOf([{ ...fine, condition: {} }]), ['config.rules.1.condition']);
  assert.deepEqual(problemsOf([fine, { condition: { a: 'b' } }]), ['config.rules.2.upstream_name']);
  for (const name of ['169.254.169.254', 'http://u', 'a/b', 'u:80']) assert.deepEqual(problemsOf([{ ...fine, upstream_name: name }]), ['config.rules.1.upstream_name'], name);
  assert.equal(problemsOf([{ ...fine, condition: { 'a b': 'c' } }]).length, 1);
  assert.equal(problemsOf([{ ...fine, condition: { a: 'b\r\nc' } }]).length, 1);
  assert.deepEqual(problemsOf(Array.from({ length: 1_001 }, () => fine)), ['config.rules']);
});
