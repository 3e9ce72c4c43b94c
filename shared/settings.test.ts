/** What a person gets who sets, misspells or contradicts a setting. Pure: environment, arguments and files are given. */
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { HoldfastError } from './errors.ts';
import { asksForHelp, defineSettings, parseSettings, variablesOf, type SettingSources } from './settings.ts';
import { formatAddress, formatDuration } from './setting-types.ts';
import { renderHelp, renderSettingsTable } from './settings-table.ts';

const definitions = defineSettings({
  databaseUrl: { env: 'HOLDFAST_DATABASE_URL', type: 'string', secret: true, synonyms: ['DATABASE_URL'], description: 'Postgres to use' },
  adminListen: { env: 'HOLDFAST_ADMIN_LISTEN', type: 'address', default: '127.0.0.1:8001', description: 'where the admin API listens' },
  proxyThreads: { env: 'HOLDFAST_PROXY_THREADS', type: 'integer', between: [1, 64], default: 2, description: 'proxy threads' },
  drain: { env: 'HOLDFAST_DRAIN', flag: '--drain', type: 'duration', default: '30s', between: [0, 600_000], description: 'time to drain' },
  logLevel: { env: 'HOLDFAST_LOG_LEVEL', type: 'enum', values: ['debug', 'info'], default: 'info', description: 'log level' },
  development: { env: 'HOLDFAST_DEVELOPMENT', type: 'boolean', default: false, description: 'development mode' },
  stateFolder: { env: 'HOLDFAST_STATE_FOLDER', type: 'path', default: '.holdfast', description: 'state' },
  urls: { env: 'HOLDFAST_URLS', type: 'list', default: [], description: 'control planes' },
  statusPort: { env: 'HOLDFAST_STATUS_PORT', type: 'port', default: 8007, description: 'status | metrics' },
});
const otherPlane = defineSettings({ joinToken: { env: 'HOLDFAST_JOIN_TOKEN', type: 'string', secret: true, required: true, description: 'join token' } });

function sources(given: { readonly environment?: Record<string, string>; readonly arguments?: readonly string[]; readonly files?: Record<string, string> } = {}): SettingSources {
  return {
    environment: given.environment ?? {},
    arguments: given.arguments ?? [],
    workingFolder: '/srv',
    readFile(path) {
      const text = given.files?.[path];
      if (text === undefined) throw new Error(`no such file: ${path}`);
      return text;
    },
  };
}

function refusal(given: Parameters<typeof sources>[0], table: Parameters<typeof parseSettings>[0] = definitions): string {
  try {
    parseSettings(table, sources(given), Object.values(otherPlane).flatMap(variablesOf));
  } catch (thrown) {
    assert.ok(thrown instanceof HoldfastError);
    assert.equal(thrown.code, 'SETTINGS_INVALID');
    return thrown.message;
  }
  assert.fail('the settings were accepted');
}

test('without anything given, defaults hold and the result is frozen', () => {
  const settings = parseSettings(definitions, sources());
  assert.deepEqual(settings, {
    databaseUrl: undefined,
    adminListen: { host: '127.0.0.1', port: 8001 },
    proxyThreads: 2,
    drain: 30_000,
    logLevel: 'info',
    development: false,
    stateFolder: '/srv/.holdfast',
    urls: [],
    statusPort: 8007,
  });
  assert.ok(Object.isFrozen(settings));
});

test('types are inferred from the definitions', () => {
  const settings = parseSettings(definitions, sources());
  const level: 'debug' | 'info' = settings.logLevel;
  const host: string = settings.adminListen.host;
  const url: string | undefined = settings.databaseUrl;
  // @ts-expect-error a setting without a default may be undefined
  const certain: string = settings.databaseUrl;
  assert.deepEqual([level, host, url, certain], ['info', '127.0.0.1', undefined, undefined]);
});

test('a flag wins over the environment, the environment over the file, the file over the default', () => {
  const files = { '/srv/h.yaml': 'proxy_threads: 3\nstatus_port: 1003\ndrain: 3s\nlog_level: debug\n' };
  const environment = { HOLDFAST_CONFIG: 'h.yaml', HOLDFAST_PROXY_THREADS: '4', HOLDFAST_STATUS_PORT: '1004' };
  const settings = parseSettings(definitions, sources({ files, environment, arguments: ['--proxy-threads', '5'] }));
  assert.deepEqual([settings.proxyThreads, settings.statusPort, settings.drain, settings.logLevel], [5, 1004, 3_000, 'debug']);
});

test('every spelling of a value that people use is understood', () => {
  const settings = parseSettings(definitions, sources({ arguments: ['--admin-listen=[::1]:0', '--development', '--urls', 'a,b', '--urls', 'c', '--drain=2m'] }));
  assert.deepEqual([settings.adminListen, settings.development, settings.urls, settings.drain], [{ host: '::1', port: 0 }, true, ['a', 'b', 'c'], 120_000]);
  const no = parseSettings(definitions, sources({ environment: { HOLDFAST_DEVELOPMENT: 'on' }, arguments: ['--no-development'] }));
  assert.equal(no.development, false);
  const yaml = parseSettings(definitions, sources({ files: { '/srv/x': 'urls: [a, b]\ndevelopment: true\n' }, arguments: ['--config', 'x'] }));
  assert.deepEqual([yaml.urls, yaml.development], [['a', 'b'], true]);
});

test('a synonym counts below the variable itself, and an empty variable counts as unset', () => {
  const both = { DATABASE_URL: 'postgres://a', HOLDFAST_DATABASE_URL: 'postgres://b' };
  assert.equal(parseSettings(definitions, sources({ environment: both })).databaseUrl, 'postgres://b');
  assert.equal(parseSettings(definitions, sources({ environment: { ...both, HOLDFAST_DATABASE_URL: '' } })).databaseUrl, 'postgres://a');
});

test('a secret is read from a file, by variable, flag or YAML key', () => {
  const files = { '/run/url': 'postgres://secret\n', '/srv/h.yaml': 'database_url_file: /run/url\n' };
  for (const given of [{ environment: { HOLDFAST_DATABASE_URL_FILE: '/run/url' } }, { arguments: ['--database-url-file', '/run/url'] }, { arguments: ['--config', 'h.yaml'] }]) {
    assert.equal(parseSettings(definitions, sources({ files, ...given })).databaseUrl, 'postgres://secret');
  }
  assert.match(refusal({ environment: { HOLDFAST_DATABASE_URL_FILE: '/gone' } }), /HOLDFAST_DATABASE_URL_FILE names a file that can't be read/);
  assert.match(refusal({ files, environment: { HOLDFAST_DATABASE_URL_FILE: '/run/url', HOLDFAST_DATABASE_URL: 'x' } }), /are both given; give one of them/);
});

test('an unknown flag, variable or YAML key is refused with the nearest known name', () => {
  assert.match(refusal({ arguments: ['--proxy-thread', '3'] }), /^invalid settings: flag --proxy-thread is unknown \(did you mean "--proxy-threads"\?\)/);
  assert.match(refusal({ environment: { HOLDFAST_LOGLEVEL: 'x' } }), /HOLDFAST_LOGLEVEL is unknown \(did you mean "HOLDFAST_LOG_LEVEL"\?\); correct or unset it/);
  assert.match(refusal({ files: { '/srv/h': 'prox_threads: 1' }, arguments: ['--config=h'] }), /"prox_threads" in \/srv\/h is unknown \(did you mean "proxy_threads"\?\)/);
  assert.match(refusal({ arguments: ['start'] }), /argument "start" is not expected/);
  assert.match(refusal({ files: { '/srv/h': 'config: other' }, arguments: ['--config=h'] }), /"config" in \/srv\/h is unknown/);
});

test('names of the other plane may be present in the environment and the file, but not as flags', () => {
  const given = { environment: { HOLDFAST_JOIN_TOKEN: 'x', HOLDFAST_CONFIG: '/h' }, files: { '/h': 'join_token: y\n' } };
  assert.equal(parseSettings(definitions, sources(given), Object.values(otherPlane).flatMap(variablesOf)).proxyThreads, 2);
  assert.throws(() => parseSettings(definitions, sources(given)), /HOLDFAST_JOIN_TOKEN is unknown/);
  assert.match(refusal({ arguments: ['--join-token', 'x'] }), /flag --join-token is unknown/);
});

test('a wrong value is refused with the name, the rule and what was given', () => {
  for (const [given, expected] of [
    [{ arguments: ['--proxy-threads', '0'] }, '--proxy-threads must be a whole number from 1 to 64, got "0"'],
    [{ environment: { HOLDFAST_PROXY_THREADS: '2.5' } }, 'HOLDFAST_PROXY_THREADS must be a whole number from 1 to 64, got "2.5"'],
    [{ arguments: ['--status-port=65536'] }, '--status-port must be a whole number from 0 to 65535, got "65536"'],
    [{ arguments: ['--admin-listen=8001'] }, '--admin-listen must be host:port (127.0.0.1:8001, [::1]:8001), got "8001"'],
    [{ arguments: ['--admin-listen=::1:8001'] }, '--admin-listen must be host:port (127.0.0.1:8001, [::1]:8001), got "::1:8001"'],
    [{ arguments: ['--drain', '30'] }, '--drain must be a duration from 0ms to 10m, written as a number and ms, s, m, h or d (500ms, 30s), got "30"'],
    [{ arguments: ['--drain', '11m'] }, '--drain must be a duration from 0ms to 10m, written as a number and ms, s, m, h or d (500ms, 30s), got "11m"'],
    [{ arguments: ['--log-level', 'loud'] }, '--log-level must be one of debug, info, got "loud"'],
    [{ arguments: ['--development=maybe'] }, '--development must be true or false, got "maybe"'],
    [{ arguments: ['--log-level'] }, '--log-level needs a value: --log-level <enum>'],
    [{ arguments: ['--log-level='] }, '--log-level needs a value: --log-level <enum>'],
    [{ arguments: ['--drain=1s', '--drain=2s'] }, '--drain is given twice; give it once'],
    [{ files: { '/h': 'status_port: [1]' }, arguments: ['--config=/h'] }, 'status_port in /h must be a single value, not a list or a map, got [1]'],
    [{ files: { '/h': 'urls: [{a: 1}]' }, arguments: ['--config=/h'] }, 'urls in /h must be a list of words, got [{"a":1}]'],
    [{ files: { '/h': '- a' }, arguments: ['--config=/h'] }, '/h must hold "key: value" lines at its top level'],
  ] as const) {
    assert.equal(refusal(given), `invalid settings: ${expected}`);
  }
});

test('all problems are told at once, and a required setting names the three ways to give it', () => {
  const message = refusal({ arguments: ['--nonsense', '1'], environment: { HOLDFAST_CONFIG: '' } }, otherPlane);
  assert.match(message, /^invalid settings:\n {2}- flag --nonsense is unknown/);
  assert.match(message, /\n {2}- HOLDFAST_JOIN_TOKEN is required; set it, or --join-token, or join_token in the --config file$/);
});

test('a refused secret is not echoed', () => {
  const table = defineSettings({ pin: { env: 'HOLDFAST_PIN', type: 'integer', secret: true, description: 'pin' } });
  assert.throws(() => parseSettings(table, sources({ environment: { HOLDFAST_PIN: 'hunter2' } })), (thrown) => thrown instanceof HoldfastError && !thrown.message.includes('hunter2'));
});

test('a settings file that is missing or no YAML is refused with its path', () => {
  for (const files of [{}, { '/h': 'a: [' }]) {
    assert.throws(() => parseSettings(definitions, sources({ files, arguments: ['--config=/h'] })), (thrown) => thrown instanceof HoldfastError && thrown.code === 'SETTINGS_FILE_UNREADABLE' && thrown.message.includes('/h'));
  }
});

test('a default that breaks its own rule is our defect', () => {
  const wrong = defineSettings({ port: { env: 'HOLDFAST_PORT', type: 'port', default: 70_000, description: 'x' } });
  assert.throws(() => parseSettings(wrong, sources()), /internal invariant broken: the default of HOLDFAST_PORT must be/);
});

test('help and the Markdown table show every setting', () => {
  assert.ok(asksForHelp(['--log-level', 'info', '-h']));
  const help = renderHelp(definitions, { usage: 'holdfast x [settings]', summary: 'Runs x.' });
  assert.match(help, /^Usage: holdfast x \[settings\]\n\nRuns x\.\n/);
  assert.match(help, / {2}--log-level <debug\|info>\n {6}log level\n {6}\(HOLDFAST_LOG_LEVEL, default info\)/);
  assert.match(help, /--development, --no-development\n/);
  assert.match(help, /--database-url <string>, --database-url-file <path>\n/);
  assert.match(help, /--config <path>/);
  assert.match(help, /\(HOLDFAST_URLS, default none\)/);
  const table = renderSettingsTable(definitions);
  assert.match(table, /\| `HOLDFAST_DATABASE_URL`, `DATABASE_URL` \| `--database-url` \| `database_url` \| string, secret \| – \| Postgres to use \|/);
  assert.match(table, /\| `HOLDFAST_PROXY_THREADS` \| `--proxy-threads` \| `proxy_threads` \| integer 1…64 \| `2` \| proxy threads \|/);
  assert.match(table, /status \\\| metrics/);
  assert.match(table, /\| `HOLDFAST_URLS` \| `--urls` \| `urls` \| list \| – \|/);
});

test('addresses and durations are written back as they are read', () => {
  assert.deepEqual([formatAddress({ host: '::1', port: 1 }), formatAddress({ host: 'h', port: 2 })], ['[::1]:1', 'h:2']);
  assert.deepEqual([0, 1_500, 90_000, 3_600_000, 86_400_000].map(formatDuration), ['0ms', '1500ms', '90s', '1h', '1d']);
});
