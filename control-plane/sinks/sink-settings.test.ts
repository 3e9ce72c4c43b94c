/** A sink that is mistyped is refused at the start, and no message repeats what may be a secret. Pure. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HoldfastError } from '../../shared/errors.ts';
import { parseSinkSettings } from './sink-settings.ts';

const OFF = { clickhouseUrl: undefined, clickhouseDatabase: 'default', clickhouseUser: 'default', clickhousePassword: undefined, clickhouseTablePrefix: 'holdfast_', clickhouseStreams: ['usage', 'records'], otlpEndpoint: undefined, otlpHeaders: [], otlpStreams: ['usage'] } as const;
const [CLICKHOUSE, OTLP] = [{ clickhouseUrl: 'https://ch.test:8443/' }, { otlpEndpoint: 'http://otel.test:4318' }];

test('without their addresses there are no sinks; with them, what was said of them', () => {
  assert.deepEqual(parseSinkSettings(OFF), { clickhouse: undefined, otlp: undefined });
  const { clickhouse, otlp } = parseSinkSettings({ ...OFF, ...CLICKHOUSE, ...OTLP, clickhousePassword: 'p=ss word', otlpHeaders: ['Authorization=Basic YWJj==', 'x-scope=a'] });
  assert.deepEqual({ ...clickhouse, url: clickhouse?.url.href }, { url: 'https://ch.test:8443/', database: 'default', user: 'default', password: 'p=ss word', tablePrefix: 'holdfast_', streams: ['usage', 'records'] });
  assert.deepEqual(otlp?.headers, { authorization: 'Basic YWJj==', 'x-scope': 'a' });
});

const REFUSED: readonly (readonly [what: string, given: Partial<Parameters<typeof parseSinkSettings>[0]>, message: RegExp])[] = [
  ['an address that is none', { clickhouseUrl: 'ch.test:8123' }, /HOLDFAST_CLICKHOUSE_URL must be an http/],
  ['a password in an address', { clickhouseUrl: 'https://u:canary@ch.test' }, /HOLDFAST_CLICKHOUSE_URL must be without user and password: they belong in HOLDFAST_CLICKHOUSE_USER/],
  ['a token in a query', { otlpEndpoint: 'https://otel.test/?key=canary' }, /HOLDFAST_OTLP_ENDPOINT must be without a query/],
  ['SQL in a prefix', { ...CLICKHOUSE, clickhouseTablePrefix: 'a`; DROP TABLE b' }, /HOLDFAST_CLICKHOUSE_TABLE_PREFIX must be of letters/],
  ['SQL in a database', { ...CLICKHOUSE, clickhouseDatabase: 'a.b' }, /HOLDFAST_CLICKHOUSE_DATABASE must be a name/],
  ['a password of two lines', { ...CLICKHOUSE, clickhousePassword: 'canary\r\nx: y' }, /HOLDFAST_CLICKHOUSE_PASSWORD must be of visible/],
  ['a header of two lines', { ...OTLP, otlpHeaders: ['a=b', 'authorization=canary\nx: y'] }, /HOLDFAST_OTLP_HEADERS must be name=value.*of header 2/],
  ['a header without a name', { ...OTLP, otlpHeaders: ['canary'] }, /HOLDFAST_OTLP_HEADERS must be name=value.*of header 1/],
  ['a header that is ours', { ...OTLP, otlpHeaders: ['Content-Type=canary'] }, /one that Holdfast sets itself/],
  ['headers for nobody', { otlpHeaders: ['a=canary'] }, /HOLDFAST_OTLP_HEADERS needs HOLDFAST_OTLP_ENDPOINT/],
  ['a stream that there is not', { ...OTLP, otlpStreams: ['usages'] }, /HOLDFAST_OTLP_STREAMS must be of usage, targets, records.*usage/],
  ['no stream', { ...OTLP, otlpStreams: [] }, /must name one of/],
];

for (const [what, given, message] of REFUSED) {
  test(`${what} is refused`, () => {
    assert.throws(() => parseSinkSettings({ ...OFF, ...given }), (thrown: unknown) => thrown instanceof HoldfastError && message.test(thrown.message) && !thrown.message.includes('canary'));
  });
}
