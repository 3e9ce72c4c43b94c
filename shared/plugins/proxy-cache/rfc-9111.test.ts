/** What RFC 9110, 9111 and 5861 say of a cache, and what happens when many ask at once. */
import { describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { pluginContext, pluginRun, responseContext, type HostParts, type ResponseParts } from '../../plugin-kit/plugin-host.ts';
import { ANN, BOB, cacheControl, cacheScene, from, JSON_TYPE, NOON, type Outcome, type Upstream } from '../../../test/support/cache-scene.ts';
import type { Verdict } from '../contract.ts';

describe('Vary', () => {
  test('tells responses apart by what goes upstream', () => {
    const cache = cacheScene();
    const vary = { responseHeaders: [JSON_TYPE, ['Vary', 'Accept-Language, X-Device']] } as const;
    const german = from(['Accept-Language', 'de']);
    assert.equal(cache.second(german, vary), 'Hit first');
    assert.equal(cache.second(from(['Accept-Language', 'en']), vary), 'Hit first');
    assert.equal(cache.request(german).text, 'first');
    assert.equal(cache.request(from(['Accept-Language', 'de'], ['X-Device', '1']), vary).cache, 'Miss');
  });

  test('* fits no other request, wherever it stands', () => {
    assert.equal(cacheScene().second({}, { responseHeaders: [JSON_TYPE, ['Vary', '*']] }), 'Bypass second');
    assert.equal(cacheScene().second({}, { responseHeaders: [JSON_TYPE, ['Vary', 'Accept'], ['vary', 'Origin, *']] }), 'Bypass second');
  });

  test('a coding that was negotiated depends on Accept-Encoding, also where the upstream does not say so', () => {
    const cache = cacheScene();
    assert.equal(cache.second(from(['Accept-Encoding', 'gzip']), { responseHeaders: [JSON_TYPE, ['Content-Encoding', 'gzip']] }, {}), 'Miss second');
  });

  test('by too many headers is not stored', () => {
    assert.equal(cacheScene().second({}, { responseHeaders: [JSON_TYPE, ['Vary', Array.from({ length: 17 }, (_, at) => `x-${at}`).join()]] }), 'Bypass second');
  });

  test('that grows makes the variants before it unreachable, not wrong', () => {
    const cache = cacheScene();
    cache.request(from(['X-A', '1']), { text: 'a', responseHeaders: [JSON_TYPE, ['Vary', 'X-A']] });
    cache.request(from(['X-A', '2'], ['X-B', '1']), { text: 'ab', responseHeaders: [JSON_TYPE, ['Vary', 'X-B']] });
    assert.equal(cache.request(from(['X-A', '2'], ['X-B', '2']), { text: 'other' }).text, 'other');
  });
});

describe('conditions and ranges are answered from what is stored', () => {
  const stored = (): ReturnType<typeof cacheScene> => {
    const cache = cacheScene();
    cache.request({}, { text: '0123456789', responseHeaders: [JSON_TYPE, ['ETag', '"v,1"'], ['Last-Modified', 'Sat, 10 Feb 2024 10:00:00 GMT'], ['X-Other', 'x']] });
    return cache;
  };
  const ask = (...headers: (readonly [string, string])[]): Outcome => stored().request(from(...headers));

  test('304 where the copy is still good, with what it must repeat', () => {
    for (const tags of ['"v,1"', 'W/"v,1"', '*', '"a", "v,1"']) assert.equal(ask(['If-None-Match', tags]).status, 304, tags);
    const answer = ask(['If-None-Match', '"v,1"']);
    assert.deepEqual([answer.text, answer.header('ETag'), answer.header('X-Other'), answer.cache], [undefined, '"v,1"', undefined, 'Hit']);
    assert.equal(ask(['If-Modified-Since', 'Sat, 10 Feb 2024 10:00:00 GMT']).status, 304);
  });

  test('else the whole', () => {
    assert.equal(ask(['If-None-Match', '"other"']).status, 200);
    assert.equal(ask(['If-None-Match', '"other"'], ['If-Modified-Since', 'Sat, 10 Feb 2024 10:00:00 GMT']).status, 200, 'the tag counts');
    assert.equal(ask(['If-Modified-Since', 'Sat, 10 Feb 2024 09:59:59 GMT']).status, 200);
    assert.equal(ask(['If-Modified-Since', 'whenever']).status, 200);
  });

  test('one range', () => {
    const cases: readonly (readonly [string, number, string, string | undefined])[] = [
      ['bytes=2-4', 206, '234', 'bytes 2-4/10'], ['bytes=7-', 206, '789', 'bytes 7-9/10'], ['bytes=-3', 206, '789', 'bytes 7-9/10'], ['bytes=-99', 206, '0123456789', 'bytes 0-9/10'], ['bytes=8-99', 206, '89', 'bytes 8-9/10'],
      ['bytes=10-', 416, '', 'bytes */10'], ['bytes=-0', 416, '', 'bytes */10'],
      ['bytes=0-1,4-5', 200, '0123456789', undefined], ['bytes=4-2', 200, '0123456789', undefined], ['lines=1-2', 200, '0123456789', undefined], ['bytes=-', 200, '0123456789', undefined], [`bytes=0-${'9'.repeat(400)}`, 200, '0123456789', undefined],
    ];
    for (const [range, status, text, contentRange] of cases) {
      const answer = ask(['Range', range]);
      assert.deepEqual([answer.status, answer.text, answer.header('Content-Range')], [status, text, contentRange], range);
    }
  });

  test('If-Range must name these very bytes', () => {
    const status = (value: string): number | undefined => ask(['Range', 'bytes=0-1'], ['If-Range', value]).status;
    assert.deepEqual(['"v,1"', 'Sat, 10 Feb 2024 10:00:00 GMT', 'W/"v,1"', '"other"', 'Sat, 10 Feb 2024 10:00:01 GMT'].map(status), [206, 206, 200, 200, 200]);
  });

  test('where nothing is stored they go upstream as they are, and what comes back is not stored', () => {
    for (const [name, value, status] of [['Range', 'bytes=0-1', 206], ['If-None-Match', '"v"', 304]] as const) {
      const cache = cacheScene();
      const { context } = cache.request(from([name, value]), { status });
      assert.deepEqual(context.upstreamHeaderValues(name.toLowerCase()), [value]);
      assert.equal(cache.request({}, { text: 'new' }).text, 'new');
    }
  });
});

describe('RFC 9111', () => {
  const rfc = { cache_control: true };

  test('a response is fresh as long as it says', () => {
    const lives = (upstream: Upstream): number => {
      const cache = cacheScene(rfc);
      cache.request({}, upstream);
      let seconds = 0;
      while (seconds < 200 && cache.request({}, { status: 503 }).cache === 'Hit') {
        cache.pass(1);
        seconds += 1;
      }
      return seconds;
    };
    assert.equal(lives(cacheControl('max-age=5')), 5);
    assert.equal(lives(cacheControl('Max-Age="5"')), 5);
    assert.equal(lives(cacheControl('max-age=5, s-maxage=7')), 7);
    assert.equal(lives(cacheControl('max-age=50, max-age=3')), 3, 'of two the one that allows less');
    assert.equal(lives(cacheControl('max-age=-5')), 0);
    assert.equal(lives(cacheControl('max-age=1e9')), 0);
    assert.equal(lives(cacheControl('max-age=5', ['Age', '3'])), 2);
    assert.equal(lives(cacheControl('max-age=5', ['Age', '99999999999999'])), 0);
    assert.equal(lives(cacheControl('must-revalidate, max-age=4')), 4, 'fresh is fresh');
    assert.equal(lives(cacheControl('no-cache, max-age=4')), 0);
    assert.equal(lives(cacheControl('max-age=0')), 0);
    const date = ['Date', new Date(NOON).toUTCString()] as const;
    assert.equal(lives({ responseHeaders: [JSON_TYPE, date, ['Expires', new Date(NOON + 6_000).toUTCString()]] }), 6);
    assert.equal(lives({ responseHeaders: [JSON_TYPE, ['Expires', new Date(NOON + 6_000).toUTCString()]] }), 6);
    assert.equal(lives({ responseHeaders: [JSON_TYPE, ['Expires', '0']] }), 0);
    assert.equal(lives({ responseHeaders: [JSON_TYPE, date, ['Last-Modified', 'Sat, 10 Feb 2001 10:00:00 GMT']] }), 0, 'nothing is guessed');
    assert.equal(lives({}), 0);
  });

  test('clocks that go back make nothing fresh', () => {
    const cache = cacheScene(rfc);
    cache.request({}, cacheControl('max-age=5'));
    cache.pass(6);
    cache.setWall(0);
    assert.equal(cache.request({}, cacheControl('max-age=5')).cache, 'Refresh');
  });

  test('what the client says counts', () => {
    const asked = (request: string, upstream = cacheControl('max-age=10, stale-if-error=99'), afterSeconds = 5): string | undefined => {
      const cache = cacheScene(rfc);
      cache.request({}, upstream);
      cache.pass(afterSeconds);
      return cache.request(from(['Cache-Control', request]), upstream).cache;
    };
    assert.deepEqual([asked('max-age=4'), asked('max-age=6'), asked('min-fresh=6'), asked('min-fresh=4'), asked('no-cache'), asked('no-store')], ['Refresh', 'Hit', 'Refresh', 'Hit', 'Refresh', 'Bypass']);
    assert.deepEqual([asked('max-stale', undefined, 20), asked('max-stale=5', undefined, 20), asked('max-stale=15', undefined, 20)], ['Hit', 'Refresh', 'Hit']);
    assert.equal(asked('max-stale', cacheControl('max-age=10, must-revalidate', ['ETag', '"1"']), 20), 'Refresh');
    const pragma = cacheScene(rfc);
    assert.equal(pragma.second({}, cacheControl('max-age=9'), from(['Pragma', 'no-cache'])), 'Refresh second');
  });

  test('only-if-cached gets 504 where nothing is', () => {
    const cache = cacheScene(rfc);
    assert.deepEqual([cache.request(from(['Cache-Control', 'only-if-cached'])).status, cache.asked], [504, 0]);
    cache.request({}, cacheControl('max-age=9'));
    assert.equal(cache.request(from(['Cache-Control', 'only-if-cached'])).status, 200);
  });

  test('a stored response is asked about, and 304 makes it good again with new headers', () => {
    const cache = cacheScene(rfc);
    cache.request({}, { text: 'body', ...cacheControl('max-age=5', ['ETag', '"1"'], ['Last-Modified', 'Sat, 10 Feb 2024 10:00:00 GMT'], ['X-V', 'old'], ['X-Kept', 'k']) });
    cache.pass(6);
    const renewed = cache.request(from(['If-None-Match', '"client"'], ['Range', 'bytes=0-1']), { status: 304, responseHeaders: [['Cache-Control', 'max-age=20'], ['X-V', 'new'], ['Content-Length', '0'], ['Content-Type', 'text/evil']] });
    assert.deepEqual([renewed.context.upstreamHeaderValues('if-none-match'), renewed.context.upstreamHeaderValues('if-modified-since'), renewed.context.upstreamHeaderValues('range')], [['"1"'], ['Sat, 10 Feb 2024 10:00:00 GMT'], []]);
    assert.deepEqual([renewed.status, renewed.cache, renewed.text], [206, 'Refresh', 'bo'], "the client's own wishes are answered from what is stored");
    cache.pass(19);
    const hit = cache.request();
    assert.deepEqual([hit.cache, hit.text, hit.header('X-V'), hit.header('X-Kept'), hit.verdict?.body?.contentType], ['Hit', 'body', 'new', 'k', 'application/json']);
  });

  test('a 304 that forbids to store is the last of it', () => {
    const cache = cacheScene(rfc);
    cache.request({}, { text: 'old', ...cacheControl('max-age=1', ['ETag', '"1"']) });
    cache.pass(2);
    assert.equal(cache.request({}, { status: 304, responseHeaders: [['Cache-Control', 'no-store']] }).text, 'old');
    assert.equal(cache.request({}, { text: 'new' }).text, 'new');
  });

  test('a new response takes the place of the old', () => {
    const cache = cacheScene(rfc);
    assert.equal(cache.request({}, { text: '1', ...cacheControl('max-age=1', ['ETag', '"1"']) }).cache, 'Miss');
    cache.pass(2);
    assert.equal(cache.request({}, { text: '2', ...cacheControl('max-age=9', ['ETag', '"2"']) }).cache, 'Refresh');
    assert.equal(cache.request().text, '2');
  });

  test('an unsafe request that succeeds makes void what is stored of its URI, for everybody and what is still on its way', () => {
    const cache = cacheScene(rfc);
    const stored = cacheControl('max-age=60');
    for (const client of [{}, ANN]) cache.request({ path: '/a', ...client }, stored);
    cache.request({ path: '/b' }, stored);
    const slow = pluginRun(cache.instance);
    slow.head(pluginContext({ path: '/a', ...BOB }));
    cache.pass(1);
    cache.request({ path: '/a', method: 'PUT' }, { status: 500 });
    assert.equal(cache.request({ path: '/a' }).cache, 'Hit', 'it failed');
    cache.request({ path: '/a', method: 'PUT' }, { status: 204 });
    slow.response(responseContext({ path: '/a', ...BOB, ...stored, responseBody: Buffer.from('old') }));
    cache.pass(1);
    assert.deepEqual([{}, ANN, BOB].map((client) => cache.request({ path: '/a', ...client }, stored).cache), ['Miss', 'Miss', 'Miss']);
    assert.equal(cache.request({ path: '/b' }).cache, 'Hit');
    assert.equal(cache.request({ path: '/a' }).cache, 'Hit', 'what was stored since is good');
  });
});

describe('stale responses (RFC 5861)', () => {
  test('while revalidate: the client has its answer, and one request refreshes it', () => {
    const cache = cacheScene({ cache_control: true });
    cache.request({}, { text: 'old', ...cacheControl('max-age=1, stale-while-revalidate=10', ['ETag', '"1"'], ['Vary', 'X-A']) });
    cache.pass(2);
    const run = pluginRun(cache.instance);
    const context = pluginContext();
    const verdict = run.head(context);
    assert.deepEqual([verdict?.refresh, context.upstreamHeaderValues('if-none-match')], [true, ['"1"']]);
    run.response(responseContext({ generated: true }));
    run.log(responseContext());
    assert.deepEqual([cache.request().verdict?.refresh, cache.request().text], [undefined, 'old'], 'who comes meanwhile is answered too');
    run.response(responseContext({ ...cacheControl('max-age=9', ['Vary', 'X-A']), responseBody: Buffer.from('new') }));
    run.log(responseContext());
    assert.deepEqual([cache.request().text, cache.request().verdict?.refresh], ['new', undefined]);
  });

  test('while revalidate: a refresh that fails lets the next one try', () => {
    const cache = cacheScene({ cache_ttl: 1, stale_while_revalidate: 10 });
    cache.request();
    cache.pass(2);
    const run = pluginRun(cache.instance);
    assert.equal(run.head(pluginContext())?.refresh, true);
    run.response(responseContext({ generated: true }));
    run.log(responseContext());
    run.response(responseContext({ generated: true, status: 502 }));
    assert.equal(cache.request().verdict?.refresh, true);
  });

  test('if error: an upstream that fails is not seen', () => {
    const cache = cacheScene({ cache_ttl: 1, stale_if_error: 10 });
    cache.request({}, { text: 'good' });
    cache.pass(5);
    for (const failure of [{ status: 500 }, { status: 502, generated: true, errorCode: 'UPSTREAM_CLOSED' }, { status: 503 }, { status: 504, generated: true, errorCode: 'UPSTREAM_READ_TIMEOUT' }]) {
      const answer = cache.request({}, { text: 'error', ...failure });
      assert.deepEqual([answer.status, answer.text, answer.cache, answer.header('Age')], [200, 'good', 'Hit', '5']);
    }
    assert.equal(cache.request({}, { status: 501, text: 'error' }).text, 'error', 'an answer, if a bad one');
    cache.pass(7);
    assert.equal(cache.request({}, { status: 503, text: 'error' }).text, 'error');
  });

  test('not where the upstream forbids it', () => {
    for (const forbids of ['must-revalidate', 'proxy-revalidate', 's-maxage=1']) {
      const cache = cacheScene({ cache_control: true, stale_if_error: 99, stale_while_revalidate: 99 });
      cache.request({}, { text: 'old', ...cacheControl(`max-age=1, ${forbids}`, ['ETag', '"1"']) });
      cache.pass(2);
      const answer = cache.request({}, { status: 503, text: 'error' });
      assert.deepEqual([answer.verdict, answer.text], [undefined, 'error'], forbids);
    }
  });
});

describe('concurrent misses', () => {
  const slow = async (cache: ReturnType<typeof cacheScene>, parts: HostParts = {}) => {
    const run = pluginRun(cache.instance);
    let settled: { readonly verdict: Verdict | undefined } | undefined;
    const done = run.headAsync(pluginContext(parts)).then((verdict) => void (settled = { verdict }));
    await Promise.resolve();
    await Promise.resolve();
    return { run, done, isWaiting: () => settled === undefined, text: () => (settled?.verdict?.body === undefined ? undefined : Buffer.from(settled.verdict.body.bytes).toString()) };
  };
  const answer = (text: string, parts: ResponseParts = {}) => responseContext({ responseHeaders: [JSON_TYPE], responseBody: Buffer.from(text), ...parts });

  test('one goes upstream, the others have its response', async () => {
    const cache = cacheScene();
    const [first, second, third] = [await slow(cache), await slow(cache), await slow(cache)];
    assert.deepEqual([first.isWaiting(), second.isWaiting(), third.isWaiting()], [false, true, true]);
    first.run.response(answer('one'));
    await Promise.all([second.done, third.done]);
    assert.deepEqual([second.text(), third.text()], ['one', 'one']);
    assert.equal(cache.sweeps, false, 'nothing is left running');
  });

  test('are let go as soon as the head says that it can not be stored, and nobody waits for a while', async () => {
    const cache = cacheScene();
    const [first, second] = [await slow(cache), await slow(cache)];
    first.run.response(answer('x', { responseHeaders: [JSON_TYPE, ['Cache-Control', 'private']] }));
    await second.done;
    assert.equal(second.text(), undefined);
    const [third, fourth] = [await slow(cache), await slow(cache)];
    assert.deepEqual([third.isWaiting(), fourth.isWaiting()], [false, false]);
  });

  test('where the first one goes away, the next one goes', async () => {
    const cache = cacheScene();
    const [first, second, third] = [await slow(cache), await slow(cache), await slow(cache)];
    first.run.log(answer(''));
    await second.done;
    assert.deepEqual([second.text(), third.isWaiting()], [undefined, true]);
    second.run.response(answer('two'));
    await third.done;
    assert.equal(third.text(), 'two');
  });

  test('a client that went away while it waited keeps nobody waiting', async () => {
    const cache = cacheScene();
    const [first, second] = [await slow(cache), await slow(cache)];
    second.run.log(answer(''));
    first.run.log(answer(''));
    await second.done;
    assert.equal((await slow(cache)).isWaiting(), false);
  });

  test('wait no longer than told', async () => {
    const cache = cacheScene({ collapse_timeout: 1_000 });
    const [, second] = [await slow(cache), await slow(cache)];
    cache.pass(0.9);
    cache.sweep();
    await Promise.resolve();
    assert.equal(second.isWaiting(), true);
    cache.pass(0.2);
    cache.sweep();
    await second.done;
    assert.equal(second.text(), undefined);
  });

  test('other clients, ranges and conditions wait for nobody, nor does anybody where that is off', async () => {
    const cache = cacheScene();
    await slow(cache);
    for (const parts of [ANN, from(['Range', 'bytes=0-1']), from(['If-None-Match', '"a"']), { method: 'HEAD' }]) assert.equal((await slow(cache, parts)).isWaiting(), false);
    const off = cacheScene({ collapse: false });
    await slow(off);
    assert.equal((await slow(off)).isWaiting(), false);
  });
});
