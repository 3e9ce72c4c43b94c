/** proxy-cache with a clock and an upstream that does as it is told, for its tests. */
import assert from 'node:assert/strict';
import { defined } from '../../shared/assert.ts';
import type { JsonObject } from '../../shared/model/definition.ts';
import { fieldAt, isJsonObject } from '../../shared/model/entity-checks.ts';
import { parseEntity } from '../../shared/model/parse-entity.ts';
import { definitionOf } from '../../shared/model/registry.ts';
import { mapStore, pluginContext, pluginRun, pluginServices, responseContext, type HostParts, type RecordedContext, type RecordedResponse, type ResponseParts } from '../../shared/plugin-kit/plugin-host.ts';
import type { PluginInstance, Verdict } from '../../shared/plugins/contract.ts';
import type { PluginServices, PluginStore } from '../../shared/plugins/plugin-services.ts';
import { pluginRegistry } from '../../shared/plugins/registry.ts';
import { proxyCacheSchema } from '../../shared/plugins/proxy-cache/schema.ts';

export const NOON = Date.UTC(2024, 1, 10, 12);
export const JSON_TYPE = ['Content-Type', 'application/json'] as const;
export const ANN = { consumer: { id: 'ann-id', username: 'ann', customId: null }, credential: { id: 'key-1', consumerId: 'ann-id' } };
export const BOB = { consumer: { id: 'bob-id', username: 'bob', customId: null }, credential: { id: 'key-2', consumerId: 'bob-id' } };

export function parseCacheConfig(config: JsonObject): ReturnType<typeof parseEntity> {
  return parseEntity(definitionOf('plugins'), { name: 'proxy-cache', config }, {
    mode: 'create', pluginSchemaOf: () => proxyCacheSchema, newId: () => '00000000-0000-7000-8000-000000000001', newKey: () => '', nowSeconds: 0,
  });
}

/** The plugin from a config as an operator writes it. */
export function makeCache(config: JsonObject, services: PluginServices): PluginInstance {
  const parsed = parseCacheConfig(config);
  assert.ok(parsed.kind === 'entity', JSON.stringify(parsed));
  const known = fieldAt(parsed.entity, 'config');
  assert.ok(isJsonObject(known));
  return defined(pluginRegistry.get('proxy-cache'), 'proxy-cache').create(known, services);
}

function listened<Value>(store: PluginStore<Value>, kept: (key: string) => void): PluginStore<Value> {
  return {
    get: (key) => store.get(key),
    set(key, value) {
      kept(key);
      store.set(key, value);
    },
    delete: (key) => store.delete(key),
    clear: () => store.clear(),
    get size() { return store.size; },
    values: () => store.values(),
  };
}

export interface Upstream extends ResponseParts {
  readonly text?: string;
}

/** What became of one request. */
export interface Outcome {
  readonly status: number | undefined;
  readonly cache: string | undefined;
  readonly text: string | undefined;
  readonly context: RecordedContext;
  readonly verdict: Verdict | undefined;
  readonly response: RecordedResponse | undefined;
  header(name: string): string | undefined;
}

/** `kept` hears of everything that goes into a store. */
export function cacheScene(given: JsonObject = {}, kept: (store: string, key: string) => void = () => undefined) {
  let [wallMs, monotonicMs] = [NOON, 5_000];
  let purge: ((key: string | undefined) => void) | undefined;
  let sweep: (() => void) | undefined;
  const stores = new Map<string, PluginStore<unknown>>();
  const services = pluginServices({
    clock: { nowMs: () => wallMs, monotonicMs: () => monotonicMs },
    store<Value>(name: string): PluginStore<Value> {
      const store = stores.get(name) ?? listened(mapStore<unknown>(), (key) => kept(name, key));
      stores.set(name, store);
      return store as PluginStore<Value>;
    },
    onPurge: (run) => {
      purge = run;
      return { cancel: () => undefined };
    },
    every: (_, run) => {
      sweep = run;
      return { cancel: () => void (sweep = undefined) };
    },
  });
  const make = (config: JsonObject): PluginInstance => makeCache({ strategy: 'memory', ...config }, services);
  let instance = make(given);
  let asked = 0;

  const outcomeOf = (context: RecordedContext, verdict: Verdict | undefined, response: RecordedResponse | undefined): Outcome => {
    const answer = response?.instead ?? verdict;
    const lines = answer !== undefined ? (answer.headers ?? []) : [...(response?.sentHeaders ?? []), ...[...context.responseHeaders].filter(([name]) => response?.responseHeader(name.toLowerCase()) === undefined)];
    const header = (name: string): string | undefined => lines.find(([one]) => one.toLowerCase() === name.toLowerCase())?.[1];
    const bytes = answer !== undefined ? answer.body?.bytes : response?.sentBody;
    return { status: answer?.status ?? response?.status, cache: header('X-Cache-Status'), text: bytes === undefined ? undefined : Buffer.from(bytes).toString('utf8'), context, verdict, response, header };
  };

  /** The phases of one request that waits for nobody. `upstream` undefined: it never answers. */
  const request = (parts: HostParts = {}, upstream: Upstream | undefined = {}): Outcome => {
    const run = pluginRun(instance);
    const context = { ...pluginContext(parts) };
    const verdict = run.head(context);
    if (verdict !== undefined) {
      run.response(responseContext({ ...parts, generated: true, status: verdict.status }));
      run.log(responseContext(parts));
      return outcomeOf(context, verdict, undefined);
    }
    asked += 1;
    const { text = 'body', ...rest } = upstream;
    const response = responseContext({ responseHeaders: [JSON_TYPE], responseBody: Buffer.from(text), ...parts, ...rest });
    run.response(response);
    run.log(response);
    return outcomeOf(context, undefined, response);
  };

  return {
    services,
    get asked() { return asked; },
    get instance() { return instance; },
    configure: (config: JsonObject) => void (instance = make(config)),
    pass: (seconds: number) => {
      wallMs += seconds * 1_000;
      monotonicMs += seconds * 1_000;
    },
    setWall: (ms: number) => void (wallMs = ms),
    purge: (key?: string) => defined(purge, 'purge')(key),
    sweep: () => sweep?.(),
    get sweeps() { return sweep !== undefined; },
    request,
    /** What the second of two requests is told of the cache, and its body. */
    second: (one: HostParts, upstream: Upstream, other: HostParts = one): string => {
      request(one, { text: 'first', ...upstream });
      const { cache, text } = request(other, { text: 'second', ...upstream });
      return `${cache} ${text}`;
    },
  };
}

export const cacheControl = (value: string, ...more: (readonly [string, string])[]): Upstream => ({ responseHeaders: [JSON_TYPE, ['Cache-Control', value], ...more] });
export const from = (...headers: (readonly [string, string])[]): HostParts => ({ headers });
