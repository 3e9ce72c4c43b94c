/** The files of a new custom plugin, for `holdfast plugin new`: small, complete, and passing their own tests. */

export interface TemplateOptions {
  readonly name: string;
  readonly language: 'typescript' | 'javascript';
  /** From the plugin's folder to this software, with slashes: for the types that an editor shows. */
  readonly software: string;
}

/** By name. */
export function templateOf({ name, language, software }: TemplateOptions): ReadonlyMap<string, string> {
  const isTypeScript = language === 'typescript';
  const main = isTypeScript ? 'index.ts' : 'index.js';
  const json = (value: object): string => `${JSON.stringify(value, null, 2)}\n`;
  return new Map([
    ['package.json', json({ name, version: '0.1.0', description: `The ${name} plugin.`, type: 'module', main })],
    ['tsconfig.json', json({
      compilerOptions: {
        target: 'esnext', module: 'nodenext', strict: true, noEmit: true, allowJs: true, checkJs: true, allowImportingTsExtensions: true, skipLibCheck: true, types: ['node'], typeRoots: [`${software}/node_modules/@types`],
        paths: { 'holdfast/plugins/*': [`${software}/shared/plugins/*.ts`], 'holdfast/plugin-kit/*': [`${software}/shared/plugin-kit/*.ts`] },
      },
      include: isTypeScript ? ['*.ts'] : [main],
    })],
    [main, isTypeScript ? typeScript(name) : javaScript(name)],
    [isTypeScript ? 'index.test.ts' : 'index.test.js', tests(main)],
    ['README.md', readMe(name)],
  ]);
}

/** In a line of its own it would be taken for one of this file's. */
const IMPORT = 'import';

const SCHEMA = (name: string): string => `{
  name: '${name}',
  version: '0.1.0',
  // Higher runs earlier: authentication is around 1000, transformations around 800.
  priority: 500,
  scopes: ['global', 'service', 'route', 'consumer'],
  protocols: ['http', 'https'],
  description: 'Refuses what is not allowed, and says hello with every response.',
  config: [
    { name: 'greeting', tag: 1, type: { kind: 'string', maxLength: 100 }, required: true, default: 'hello', description: 'What X-Greeting says.' },
    { name: 'refuse', tag: 2, type: { kind: 'array', of: { kind: 'string' } }, required: true, default: [], description: 'Methods that are refused.' },
  ],
}`;

function typeScript(name: string): string {
  return `${IMPORT} type { ConfigOf, PluginInstance, PluginSchema, RequestContext, Verdict } from 'holdfast/plugins/contract';
${IMPORT} type { PluginServices } from 'holdfast/plugins/plugin-services';

/** What the control plane checks configs by. Register it with "holdfast plugin register". */
export const schema = ${SCHEMA(name)} as const satisfies PluginSchema;

type Config = ConfigOf<typeof schema>;

/** Called once per configured plugin, in every proxy thread: all that can be prepared is prepared here. */
export function create(config: Config, _services: PluginServices): PluginInstance {
  const refused = new Set(config.refuse.map((method) => method.toUpperCase()));
  return {
    requestHead(context: RequestContext): Verdict | undefined {
      if (refused.has(context.request.method)) return { kind: 'respond', status: 405, message: 'Method not allowed' };
      context.setResponseHeader('X-Greeting', config.greeting);
      return undefined;
    },
  };
}
`;
}

function javaScript(name: string): string {
  return `/** @import { ConfigOf, PluginInstance, PluginSchema } from 'holdfast/plugins/contract' */

/** What the control plane checks configs by. Register it with "holdfast plugin register". */
export const schema = /** @type {const} @satisfies {PluginSchema} */ (${SCHEMA(name)});

/**
 * Called once per configured plugin, in every proxy thread: all that can be prepared is prepared here.
 * @param {ConfigOf<typeof schema>} config
 * @returns {PluginInstance}
 */
export function create(config) {
  const refused = new Set(config.refuse.map((method) => method.toUpperCase()));
  return {
    requestHead(context) {
      if (refused.has(context.request.method)) return { kind: 'respond', status: 405, message: 'Method not allowed' };
      context.setResponseHeader('X-Greeting', config.greeting);
      return undefined;
    },
  };
}
`;
}

function tests(main: string): string {
  return `${IMPORT} { test } from 'node:test';
${IMPORT} assert from 'node:assert/strict';
${IMPORT} { pluginContext, pluginRun, pluginServices } from 'holdfast/plugin-kit/plugin-host';
${IMPORT} { create } from './${main}';

const run = (config, parts) => {
  const context = pluginContext(parts);
  return { verdict: pluginRun(create({ greeting: 'hello', refuse: [], ...config }, pluginServices())).head(context), context };
};

test('says hello', () => {
  const { verdict, context } = run({ greeting: 'moin' }, { path: '/a' });
  assert.equal(verdict, undefined);
  assert.equal(context.responseHeaders.get('X-Greeting'), 'moin');
});

test('refuses methods, in whatever case they are configured', () => {
  assert.equal(run({ refuse: ['delete'] }, { method: 'DELETE' }).verdict?.status, 405);
});
`.replace('const run = (config, parts) =>', main.endsWith('.ts') ? 'const run = (config: { greeting?: string; refuse?: readonly string[] }, parts: Parameters<typeof pluginContext>[0]) =>' : 'const run = (config, parts) =>');
}

function readMe(name: string): string {
  return `# ${name}

Refuses the methods that it is told to refuse, and says hello with every response.

    holdfast plugin test .          # the contract's checks, then the tests here
    holdfast plugin bench .         # what it costs per request
    holdfast plugin register .      # tell the control plane: schema, version, hash
    HOLDFAST_PLUGINS=$PWD holdfast data-plane
    curl localhost:8001/plugins -d name=${name} -d config.greeting=moin

A version that is registered never changes: give what you change a new one (\`schema.version\`). Data planes may have several at once
(HOLDFAST_PLUGINS names both folders); \`version\` of a configured plugin says which runs.
`;
}
