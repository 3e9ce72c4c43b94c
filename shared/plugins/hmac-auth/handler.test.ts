import { describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import { countVerifications } from '../../../test/support/count-verifications.ts';
import { cpuMsOf } from '../../../test/support/cpu-time.ts';
import { pluginContext, pluginRun, pluginServices, type HostParts, type RecordedContext } from '../../plugin-kit/plugin-host.ts';
import type { ConfigLookup } from '../config-lookup.ts';
import type { PluginInstance, Verdict } from '../contract.ts';
import { hmacAuthFactory } from './handler.ts';
import type { HmacAuthConfig } from './schema.ts';

const DEFAULTS: HmacAuthConfig = {
  hide_credentials: false, clock_skew: 300, anonymous: null, validate_request_body: false, enforce_headers: [], algorithms: ['hmac-sha1', 'hmac-sha256', 'hmac-sha384', 'hmac-sha512'], realm: null,
};
const ANN = { id: 'ann-id', username: 'ann', customId: null };
const GUEST = { id: 'guest-id', username: 'guest', customId: null };
const CREDENTIAL = { ref: { id: 'credential-1', consumerId: 'ann-id' }, secret: 'a shared söcret' };
const ORPHAN = { ref: { id: 'credential-2', consumerId: 'gone' }, secret: 'a shared söcret' };
const DATE = 'Thu, 22 Jun 2017 17:15:21 GMT';
const NOW_MS = Date.parse(DATE);

const config: Partial<ConfigLookup> = {
  hmacCredential: (username) => new Map([['ann', CREDENTIAL], ['jürgen', CREDENTIAL], ['orphan', ORPHAN]]).get(username),
  consumerById: (id) => [ANN, GUEST].find((consumer) => consumer.id === id),
  consumerByUsername: (name) => [ANN, GUEST].find((consumer) => consumer.username === name),
};

interface Signing {
  readonly username?: string;
  readonly algorithm?: string;
  readonly signed?: string;
  readonly secret?: string;
  /** What is really signed, in place of what the headers say. */
  readonly text?: string;
  readonly header?: string;
}

/** A request with its signature; `text` is made of the header lines as their names are listed. */
function signed(parts: HostParts = {}, { username = 'ann', algorithm = 'hmac-sha256', signed: names = 'date', secret = CREDENTIAL.secret, text, header = 'Authorization' }: Signing = {}): HostParts {
  const headers = [['Date', DATE], ...(parts.headers ?? [])] as const;
  const valueOf = (name: string): string => headers.find(([given]) => given.toLowerCase() === name.toLowerCase())?.[1] ?? '';
  const target = `${parts.path ?? '/'}${parts.query === undefined ? '' : `?${parts.query}`}`;
  const lines = names.split(' ').map((name) => {
    if (name === '@request-target') return `${name}: ${(parts.method ?? 'GET').toLowerCase()} ${target}`;
    return name === 'request-line' ? `${parts.method ?? 'GET'} ${target} HTTP/1.1` : `${name}: ${valueOf(name)}`;
  });
  const signature = createHmac(algorithm.slice(5), secret).update(text ?? lines.join('\n')).digest('base64');
  const value = `hmac username="${username}", algorithm="${algorithm}", headers="${names}", signature="${signature}"`;
  return { ...parts, headers: [...headers, [header, Buffer.from(value).toString('latin1')]] };
}

function make(given: Partial<HmacAuthConfig> = {}, nowMs = NOW_MS): PluginInstance {
  return hmacAuthFactory.create({ ...DEFAULTS, ...given }, pluginServices({ clock: { nowMs: () => nowMs, monotonicMs: () => nowMs } }));
}

interface Outcome {
  readonly verdict: Verdict | undefined;
  readonly context: RecordedContext;
}

function ask(parts: HostParts, given: Partial<HmacAuthConfig> = {}, nowMs = NOW_MS): Outcome {
  const context = pluginContext({ config, ...parts });
  return { verdict: pluginRun(make(given, nowMs)).head(context), context };
}

const [UNVERIFIABLE, DIFFERENT] = ['HMAC signature cannot be verified', 'HMAC signature does not match'];
const NO_DATE = 'HMAC signature cannot be verified, a valid date or x-date header is required for HMAC Authentication';

function admitted({ verdict, context }: Outcome): void {
  assert.equal(verdict, undefined);
  assert.deepEqual(context.effects, ['authenticate ann-id by credential-1']);
}

function refused({ verdict, context }: Outcome, message: string | undefined, challenge = 'hmac'): void {
  assert.deepEqual(verdict, { kind: 'respond', status: 401, message, headers: [['WWW-Authenticate', challenge]] });
  assert.deepEqual(context.effects, []);
}

describe('a right signature', () => {
  for (const algorithm of ['hmac-sha1', 'hmac-sha256', 'hmac-sha384', 'hmac-sha512']) test(algorithm, () => admitted(ask(signed({}, { algorithm }))));

  test('hmac-sha224, where it is allowed', () => {
    admitted(ask(signed({}, { algorithm: 'hmac-sha224' }), { algorithms: ['hmac-sha224'] }));
    refused(ask(signed({}, { algorithm: 'hmac-sha224' })), UNVERIFIABLE);
  });

  test('over several headers, the request line and the target, in the order and case in which they are named', () => {
    const request = { method: 'POST', path: '/a/b', query: 'x=%20y', headers: [['Host', 'example.com'], ['X-Thing', 'value'], ['Digest', 'SHA-256=abc']] } as const;
    for (const names of ['date request-line', 'request-line host date', '@request-target date', 'host x-thing Date digest @request-target', 'date X-Thing']) admitted(ask(signed(request, { signed: names })));
  });

  test('made with a name beyond ASCII, with X-Date, in Proxy-Authorization', () => {
    admitted(ask(signed({}, { username: 'jürgen' })));
    admitted(ask(signed({ headers: [['X-Date', DATE]] }, { signed: 'x-date' })));
    admitted(ask(signed({}, { header: 'Proxy-Authorization' })));
    admitted(ask(signed({ headers: [['Proxy-Authorization', 'Basic YTpi']] })));
  });

  test('of a header that is not there, as Kong has it', () => admitted(ask(signed({}, { signed: 'date x-absent', text: `date: ${DATE}\nx-absent:` }))));

  test('with its parts in any order', () => {
    const signature = createHmac('sha256', CREDENTIAL.secret).update(`date: ${DATE}`).digest('base64');
    admitted(ask({ headers: [['Date', DATE], ['Authorization', `HMAC algorithm="hmac-sha256",signature="${signature}",username="ann", headers="date"`]] }));
  });
});

describe('hostile requests', () => {
  test('nothing, and another scheme', () => {
    refused(ask({ headers: [['Date', DATE]] }), 'Unauthorized');
    refused(ask({ headers: [['Date', DATE], ['Authorization', 'Basic YTpi']] }), UNVERIFIABLE);
  });

  test('an unknown name is answered like a wrong secret', () => {
    refused(ask(signed({}, { username: 'eve' })), DIFFERENT);
    refused(ask(signed({}, { secret: 'guess' })), DIFFERENT);
    refused(ask(signed({}, { username: 'orphan' })), DIFFERENT);
    refused(ask(signed({}, { username: '__proto__' })), DIFFERENT);
  });

  test('an unknown name costs one HMAC, as a wrong secret does', () => {
    for (const algorithm of DEFAULTS.algorithms) {
      const requests = ['ann', 'eve', 'orphan', '__proto__'].map((username) => signed({}, { username, algorithm, secret: 'guess' }));
      const seen = requests.map((request) => countVerifications(() => refused(ask(request), DIFFERENT)));
      assert.deepEqual(seen, requests.map(() => [algorithm.slice('hmac-'.length)]));
    }
  });

  test('what is signed was changed on the way', () => {
    const good = signed({ method: 'POST', path: '/pay', query: 'to=ann' }, { signed: 'date @request-target' });
    for (const change of [{ path: '/other' }, { query: 'to=eve' }, { method: 'PUT' }]) refused(ask({ ...good, ...change }), DIFFERENT);
  });

  test('a signature that is old, from the future, or without a date', () => {
    for (const seconds of [-301, 301]) refused(ask(signed(), {}, NOW_MS + seconds * 1_000), NO_DATE);
    for (const seconds of [-300, 300]) admitted(ask(signed(), {}, NOW_MS + seconds * 1_000));
    const [, authorization = ['', '']] = signed().headers ?? [];
    for (const date of ['', 'now', '2017-06-22T17:15:21Z', '1498151721', `${DATE} (x)`, 'Thu, 99 Jun 2017 17:15:21 GMT']) refused(ask({ headers: [['Date', date], authorization] }), NO_DATE);
    refused(ask({ headers: [authorization] }), NO_DATE);
  });

  test('a replay with a new date that is not signed', () => {
    const replayed = signed({ headers: [['Host', 'example.com']] }, { signed: 'host' });
    refused(ask(replayed), UNVERIFIABLE);
    const old = signed({}, { signed: 'date' });
    refused(ask({ headers: [...(old.headers ?? []), ['X-Date', new Date(NOW_MS + 3_600_000).toUTCString()]] }, {}, NOW_MS + 3_600_000), UNVERIFIABLE);
  });

  test('a second line of a signed header, and of the credentials', () => {
    const good = signed({ headers: [['X-To', 'ann']] }, { signed: 'date x-to' });
    refused(ask({ headers: [...(good.headers ?? []), ['x-to', 'eve']] }), UNVERIFIABLE);
    refused(ask({ headers: [...(good.headers ?? []), ['Date', DATE]] }), UNVERIFIABLE);
    refused(ask({ headers: [...(good.headers ?? []), ['Authorization', 'hmac x']] }), UNVERIFIABLE);
  });

  test('a header of the name request-line does not stand for the request line', () => {
    refused(ask(signed({ path: '/secret', headers: [['request-line', 'GET / HTTP/1.1']] }, { signed: 'date request-line', text: `date: ${DATE}\nrequest-line: GET / HTTP/1.1` })), DIFFERENT);
  });

  test('a target in absolute form is path and query like any other, and the host in it is the one that was signed', () => {
    const sentTo = (target: string, names = 'date @request-target', parts: HostParts = {}): HostParts => ({ ...signed(parts, { signed: names }), target });
    admitted(ask(sentTo('http://example.com/a?b=1', undefined, { path: '/a', query: 'b=1' })));
    admitted(ask(sentTo('http://example.com?b=1', undefined, { query: 'b=1' })));
    admitted(ask(sentTo('http://example.com')));
    refused(ask(sentTo('http://example.com?admin=1')), DIFFERENT);
    refused(ask(sentTo('http://example.com?x=/a', undefined, { path: '/a' })), DIFFERENT);
    const host: HostParts = { headers: [['Host', 'example.com']] };
    admitted(ask(sentTo('http://EXAMPLE.com/', 'date host @request-target', host)));
    for (const target of ['http://evil.example/', 'http://evil.example?/', 'http://example.com:81/', 'http://example.com.evil.example']) refused(ask(sentTo(target, 'date Host', host)), UNVERIFIABLE);
  });

  test('the request line and the target in another case are what must be signed, not headers of that name', () => {
    for (const [name, enforced] of [['Request-Line', 'request-line'], ['@Request-Target', '@request-target']] as const) {
      refused(ask(signed({ path: '/secret' }, { signed: `date ${name}`, text: `date: ${DATE}\n${name}:` }), { enforce_headers: [enforced] }), DIFFERENT);
    }
  });

  test('headers that must be signed and are not', () => {
    const given: Partial<HmacAuthConfig> = { enforce_headers: ['Host', '@request-target'] };
    refused(ask(signed({ headers: [['Host', 'example.com']] }, { signed: 'date host' }), given), UNVERIFIABLE);
    admitted(ask(signed({ headers: [['Host', 'example.com']] }, { signed: 'date host @request-target' }), given));
  });

  for (const [title, value] of [
    ['no parts', 'hmac '],
    ['a part is missing', 'hmac username="ann", algorithm="hmac-sha256", headers="date"'],
    ['a part comes twice', 'hmac username="ann", username="eve", algorithm="hmac-sha256", headers="date", signature="eA=="'],
    ['an unknown part', 'hmac username="ann", algorithm="hmac-sha256", headers="date", signature="eA==", constructor="x"'],
    ['nothing is signed', 'hmac username="ann", algorithm="hmac-sha256", headers=" ", signature="eA=="'],
    ['a header is named twice', 'hmac username="ann", algorithm="hmac-sha256", headers="date Date", signature="eA=="'],
    ['an algorithm of another kind', 'hmac username="ann", algorithm="rsa-sha256", headers="date", signature="eA=="'],
    ['no algorithm', 'hmac username="ann", algorithm="none", headers="date", signature="eA=="'],
    ['an unquoted part', 'hmac username=ann, algorithm="hmac-sha256", headers="date", signature="eA=="'],
    ['10,000 headers', `hmac username="ann", algorithm="hmac-sha256", headers="${'date '.repeat(10_000)}", signature="eA=="`],
  ] as const) {
    test(title, () => refused(ask({ headers: [['Date', DATE], ['Authorization', value]] }), UNVERIFIABLE));
  }

  test('a short signature, an empty one, one that is no base64', () => {
    for (const signature of ['eA==', '!', '====']) refused(ask({ headers: [['Date', DATE], ['Authorization', `hmac username="ann", algorithm="hmac-sha256", headers="date", signature="${signature}"`]] }), DIFFERENT);
  });

  test('long values take no time to speak of', () => {
    const ms = cpuMsOf(() => {
      for (const value of [`hmac ${'a="",'.repeat(15_000)}`, `hmac ${' '.repeat(60_000)}`, `hmac username="${'\t'.repeat(60_000)}"x`, `hmac username="a"${' '.repeat(60_000)}x`]) refused(ask({ headers: [['Date', DATE], ['Authorization', value]] }), UNVERIFIABLE);
    });
    assert.ok(ms < 200, `${ms} ms`);
  });
});

describe('bodies', () => {
  const given: Partial<HmacAuthConfig> = { validate_request_body: true };
  const body = Buffer.from('{"amount": 1}');
  const digest = `SHA-256=${createHash('sha256').update(body).digest('base64')}`;
  const withDigest = (names: string): HostParts => signed({ method: 'POST', body, headers: [['Digest', digest]] }, { signed: names });

  test('are asked for where they are checked', () => {
    assert.deepEqual([make().requestBody, make(given).requestBody], [undefined, { maxBytes: 8_388_608 }]);
  });

  test('must be the ones whose digest is signed', () => {
    admitted(ask(withDigest('date digest'), given));
    refused(ask({ ...withDigest('date digest'), body: Buffer.from('{"amount": 9}') }, given), DIFFERENT);
    refused(ask(withDigest('date'), given), DIFFERENT);
    refused(ask(signed({ method: 'POST', body }), given), DIFFERENT);
    admitted(ask(signed({ body: Buffer.alloc(0) }), given));
  });

  test('that are too large are refused', () => {
    assert.deepEqual(ask(signed({ method: 'POST', body: undefined }), given).verdict, { kind: 'respond', status: 413, message: 'Cannot process request body' });
  });
});

describe('around it', () => {
  test('credentials are hidden, right or wrong', () => {
    const { context } = ask(signed({}, { secret: 'guess' }), { hide_credentials: true, anonymous: 'guest' });
    assert.deepEqual(context.effects, ['remove-upstream authorization', 'authenticate guest-id by nothing']);
  });

  test('the realm is told', () => refused(ask({}, { realm: 'a "b"' }), 'Unauthorized', 'hmac realm="a \\"b\\""'));

  test('what another plugin recognised stays, with an anonymous consumer', () => {
    assert.deepEqual(ask({ credential: CREDENTIAL.ref }, { anonymous: 'guest' }).context.effects, []);
    refused(ask({ credential: CREDENTIAL.ref }), 'Unauthorized');
    const given = { hide_credentials: true, anonymous: 'guest' };
    assert.deepEqual(ask(signed({ credential: CREDENTIAL.ref }), given).context.effects, ['remove-upstream authorization']);
    assert.deepEqual(ask({ credential: CREDENTIAL.ref, headers: [['Authorization', 'Bearer abc']] }, given).context.effects, []);
  });
});
