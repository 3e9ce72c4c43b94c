/**
 * Whether a plugin keeps the contract, as far as can be told from outside: its schema, its defaults, and what it does with requests
 * that nobody meant it to see. Run by `holdfast plugin test` for custom plugins and by contract.test.ts for bundled ones.
 */
import { describeThrown } from '../errors.ts';
import type { Field, JsonObject } from '../model/definition.ts';
import { parseFields } from '../model/parse-fields.ts';
import { ProblemList } from '../model/problems.ts';
import type { PluginInstance, PluginSchema, Verdict } from '../plugins/contract.ts';
import type { PluginServices } from '../plugins/plugin-services.ts';
import type { RegisteredPlugin } from '../plugins/registered-plugin.ts';
import { mapCounterTable } from './map-counter-table.ts';
import { pluginContext, pluginRun, pluginServices, responseContext, type HostParts, type RecordedContext } from './plugin-host.ts';

export interface CheckOutcome {
  readonly name: string;
  /** What is wrong, one each; empty where all is well. */
  readonly problems: readonly string[];
}

/** How long a promise may take before it counts as one that never comes, milliseconds. */
const PATIENCE_MS = 2_000;
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const LONG = 'x'.repeat(16_384);

/** Requests as clients send them who mean harm or know no better: all that the engine lets through to a plugin. */
const HOSTILE: readonly (readonly [name: string, parts: HostParts])[] = [
  ['a plain request', { path: '/a', headers: [['accept', '*/*']] }],
  ['no headers at all', { headers: [] }],
  ['every header twice', { headers: ['authorization', 'cookie', 'origin', 'user-agent', 'x-forwarded-for', 'content-type', 'content-length', 'x-consumer-id', 'apikey'].flatMap((name) => [[name, 'a'], [name, 'b']] as const) }],
  ['empty headers', { headers: ['authorization', 'cookie', 'origin', 'user-agent', 'accept', 'content-type'].map((name) => [name, ''] as const) }],
  ['headers that claim to be objects', { headers: [['authorization', 'Bearer __proto__.constructor.toString'], ['cookie', '__proto__=1; constructor=2'], ['content-type', 'application/json']], query: '__proto__=1&constructor=2&toString=3', body: Buffer.from('{"__proto__":{"a":1},"constructor":{"prototype":{}}}') }],
  ['headers of 16 KiB', { headers: [['authorization', LONG], ['cookie', LONG], ['user-agent', LONG], ['origin', LONG]] }],
  ['bytes above ASCII', { path: '/%C3%BC', headers: [['authorization', 'Basic \u00ff\u00fe'], ['user-agent', 'f\u00fcr']], query: 'a=%FF%FE&b=%' }],
  ['ten thousand arguments', { query: Array.from({ length: 10_000 }, (_, index) => `a${index}=${index}`).join('&') }],
  ['a body that is no JSON', { method: 'POST', headers: [['content-type', 'application/json'], ['content-length', '9']], body: Buffer.from('{"a": [1,') }],
  ['a body of nested lists', { method: 'POST', headers: [['content-type', 'application/json']], body: Buffer.from('['.repeat(50_000)) }],
  ['a body that was too large', { method: 'PUT', headers: [['content-length', '99999999']], body: undefined }],
  ['an odd method', { method: 'BREW', headers: [['host', '']] }],
  ['a preflight', { method: 'OPTIONS', headers: [['origin', 'null'], ['access-control-request-method', 'PATCH'], ['access-control-request-headers', LONG]] }],
  ['an address of IPv6', { clientAddress: '2001:db8::1', scheme: 'https', host: '[2001:db8::2]' }],
];

/** All checks, in order; `config` is what the plugin's config needs to be valid. */
export async function checkPlugin(plugin: RegisteredPlugin, config: JsonObject): Promise<readonly CheckOutcome[]> {
  const { schema } = plugin;
  const problems = new ProblemList();
  const whole = parse(schema.config, config, problems);
  const given = { name: 'its config is valid and parsing it again changes nothing', problems: problems.problems.map(({ field, message }) => `${field}: ${message}`) };
  const schemaCheck = { name: 'its fields are described and numbered once', problems: fieldProblems(schema.config, 'config') };
  if (given.problems.length > 0) return [schemaCheck, given];
  const again = parse(schema.config, whole, new ProblemList());
  const stable = { ...given, problems: JSON.stringify(again) === JSON.stringify(whole) ? [] : ['a parsed config is parsed to something else'] };
  return [schemaCheck, stable, check('its rules hold for that config', () => ruleProblems(schema, whole)), ...makingChecks(plugin, whole), ...(await phaseChecks(plugin, whole))];
}

function makingChecks(plugin: RegisteredPlugin, config: JsonObject): readonly CheckOutcome[] {
  return [
    check('it can be made, closed, and made again', () => {
      const phases = [plugin.create(config, servicesForChecks()), plugin.create(config, servicesForChecks())].map((instance) => {
        const names = phasesOf(instance);
        instance.close?.();
        return names;
      });
      return phases[0]?.length === 0 ? ['it has no phase: requestHead, responseHead, log or another'] : [];
    }),
    check('a config with an unknown field that says something is refused', () => {
      try {
        plugin.create({ ...config, certainly_unknown: true }, servicesForChecks());
        return ['it was made'];
      } catch {
        return [];
      }
    }),
  ];
}

async function phaseChecks(plugin: RegisteredPlugin, config: JsonObject): Promise<readonly CheckOutcome[]> {
  const outcomes: CheckOutcome[] = [];
  for (const [name, parts] of HOSTILE) outcomes.push({ name: `its phases take ${name}`, problems: await problemsWith(plugin, config, parts) });
  return outcomes;
}

/** One request through all phases. */
async function problemsWith(plugin: RegisteredPlugin, config: JsonObject, parts: HostParts): Promise<readonly string[]> {
  const problems: string[] = [];
  const instance = plugin.create(config, servicesForChecks());
  const run = pluginRun(instance);
  const context = pluginContext({ service: 'service-1', ...parts, body: instance.requestBody === undefined ? undefined : parts.body });
  try {
    run.begin(context);
    const verdict = await inTime(run.headAsync(context));
    problems.push(...verdictProblems(verdict), ...effectProblems(context));
    if (verdict === undefined) problems.push(...verdictProblems(await inTime(Promise.resolve(run.upstream(context)))));
    const responseParts = { ...parts, responseHeaders: [['Content-Type', 'application/json'], ['Set-Cookie', 'a=1'], ['Set-Cookie', 'b=2']] as const, responseBody: Buffer.from('{"a":') };
    for (const status of [200, 304, 502]) {
      const response = responseContext({ ...responseParts, status, generated: status === 502 });
      run.response(response);
      problems.push(...verdictProblems(response.instead), ...response.sentHeaders.flatMap(([header, value]) => headerProblem(header, value)));
      run.log(response);
    }
  } catch (thrown) {
    problems.push(`it threw: ${describeThrown(thrown)}`);
  } finally {
    instance.close?.();
  }
  return [...new Set(problems)];
}

async function inTime(answer: Promise<Verdict | undefined>): Promise<Verdict | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => (timer = setTimeout(() => reject(new Error(`no answer after ${PATIENCE_MS} ms`)), PATIENCE_MS)));
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}

function verdictProblems(verdict: Verdict | undefined): readonly string[] {
  if (verdict === undefined) return [];
  const { kind, status, headers = [] } = verdict;
  const shape = kind !== 'respond' || !Number.isInteger(status) || status < 200 || status > 999 ? [`a verdict must be { kind: 'respond', status: 200…999 }, not ${JSON.stringify({ kind, status })}`] : [];
  return [...shape, ...headers.flatMap(([name, value]) => headerProblem(name, value))];
}

function effectProblems({ effects }: RecordedContext): readonly string[] {
  return effects.flatMap((effect) => {
    const [, name, value] = /^set-(?:upstream|response) ([^:]*): (.*)$/s.exec(effect) ?? [];
    return name === undefined || value === undefined ? [] : headerProblem(name, value);
  });
}

function headerProblem(name: string, value: string): readonly string[] {
  if (!TOKEN.test(name)) return [`${JSON.stringify(name)} is no name of a header`];
  return hasControls(value) ? [`the value of header ${name} holds control characters: what a client sent went into it unchecked`] : [];
}

function hasControls(value: string): boolean {
  for (let at = 0; at < value.length; at += 1) {
    const code = value.charCodeAt(at);
    if ((code < 0x20 && code !== 0x09) || code === 0x7f) return true;
  }
  return false;
}

function fieldProblems(fields: readonly Field[], path: string): readonly string[] {
  const seen = new Set<string | number>();
  return fields.flatMap(({ name, tag, description, type }) => {
    const at = `${path}.${name}`;
    const twice = [name, tag].filter((one) => seen.has(one)).map((one) => `${at}: ${one} is taken by another field`);
    seen.add(name).add(tag);
    const words = /^[A-Z`].*\.$/s.test(description) ? [] : [`${at}: its description is no sentence`];
    return [...twice, ...words, ...(type.kind === 'record' ? fieldProblems(type.fields, at) : [])];
  });
}

function ruleProblems({ checks = [] }: PluginSchema, config: JsonObject): readonly string[] {
  return checks.flatMap((rule) => rule.check({ config }).map(({ field, message }) => `${field}: ${message}`));
}

function parse(fields: readonly Field[], config: JsonObject, problems: ProblemList): JsonObject {
  return parseFields(fields, config, 'config', { problems, newKey: () => '', parsePluginConfig: () => undefined });
}

function check(name: string, problems: () => readonly string[]): CheckOutcome {
  try {
    return { name, problems: problems() };
  } catch (thrown) {
    return { name, problems: [`it threw: ${describeThrown(thrown)}`] };
  }
}

/** Counters count, time stands still, other servers are away. */
function servicesForChecks(): PluginServices {
  return pluginServices({ counters: mapCounterTable(), clock: { nowMs: () => 1_700_000_000_000, monotonicMs: () => 1_000 } });
}

const PHASES = ['certificate', 'begin', 'requestHead', 'upstreamRequest', 'responseHead', 'responseBody', 'responseBytes', 'log', 'webSocketFrame', 'stream'] as const satisfies readonly (keyof PluginInstance)[];

/** The phases that an instance has, in call order. */
export function phasesOf(instance: PluginInstance): readonly (typeof PHASES)[number][] {
  return PHASES.filter((phase) => typeof instance[phase] === 'function');
}
