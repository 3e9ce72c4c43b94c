import { describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { cpuMsOf } from '../../../test/support/cpu-time.ts';
import { pluginContext, pluginRun, pluginServices } from '../../plugin-kit/plugin-host.ts';
import { botDetectionFactory } from './handler.ts';
import type { BotDetectionConfig } from './schema.ts';

const instanceOf = (given: Partial<BotDetectionConfig> = {}) => botDetectionFactory.create({ allow: [], deny: [], ...given }, pluginServices());
const withAgents = (...agents: readonly string[]) => pluginContext({ headers: agents.map((agent) => ['user-agent', agent] as const) });
const judge = (given: Partial<BotDetectionConfig>, ...agents: readonly string[]) => {
  const verdict = pluginRun(instanceOf(given)).head(withAgents(...agents));
  return verdict === undefined ? 'passes' : `${verdict.status} ${verdict.message}`;
};

const BROWSER = 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0';
const GOOGLE = 'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)';

describe('who passes', () => {
  test('browsers, apps and libraries', () => {
    for (const agent of [BROWSER, 'curl/8.5.0', 'python-requests/2.32', 'grpc-node-js/1.14.7', 'okhttp/4.12', 'CUBOT_X19/1', 'Mozilla/5.0 (Linux; Android 9; CUBOT) Chrome/100', 'Abbott Labs', '']) assert.equal(judge({}, agent), 'passes', agent);
    assert.equal(judge({}), 'passes', 'none at all');
  });

  test('no well-known bot, in whatever case', () => {
    for (const agent of [GOOGLE, 'facebookexternalhit/1.1', 'Mozilla/5.0 AppleWebKit/537.36; compatible; GPTBot/1.2', 'Twitterbot/1.0', 'SQLMAP/1.8', 'mozilla (compatible; ahrefsbot/7.0)', 'examplebot/1.0', 'Example-Crawler v2', 'ExampleSpider-3.1']) {
      assert.equal(judge({}, agent), '403 Forbidden', agent);
    }
  });

  test('deny adds to the list, allow wins over both', () => {
    assert.equal(judge({ deny: ['^curl/'] }, 'curl/8.5.0'), '403 Forbidden');
    assert.equal(judge({ deny: ['^curl/'] }, 'libcurl/8'), 'passes');
    assert.equal(judge({ allow: ['Googlebot'] }, GOOGLE), 'passes');
    assert.equal(judge({ allow: ['curl'], deny: ['curl'] }, 'curl/8.5.0'), 'passes');
    assert.equal(judge({ deny: ['(?i)CURL'] }, 'curl/8.5.0'), '403 Forbidden', 'RE2 flags');
  });

  test('nobody with several User-Agent headers: which one the backend reads is anybody\'s guess', () => {
    assert.equal(judge({ allow: ['.*'] }, BROWSER, GOOGLE), '400 Only one User-Agent header allowed');
  });
});

test('the same answer comes for what was seen before, and after all was forgotten', () => {
  const run = pluginRun(instanceOf());
  for (let round = 0; round < 2; round += 1) {
    for (let n = 0; n < 1_500; n += 1) {
      assert.equal(run.head(withAgents(`agent-${n}`)), undefined);
      if (n % 500 === 0) assert.equal(run.head(withAgents(GOOGLE))?.status, 403);
    }
  }
});

test('the first 2,048 characters count, the same way each time', () => {
  const run = pluginRun(instanceOf({ allow: ['friend$'] }));
  for (let round = 0; round < 2; round += 1) {
    assert.equal(run.head(withAgents(`Googlebot/2.1 ${'x'.repeat(5_000)}`))?.status, 403);
    assert.equal(run.head(withAgents(`Googlebot/2.1 ${'x'.repeat(5_000)}friend`))?.status, 403);
    assert.equal(run.head(withAgents('Googlebot/2.1 friend')), undefined);
  }
});

test('no text takes more than linear time', () => {
  const run = pluginRun(instanceOf({ deny: ['(a+)+$', '(x*)*y', 'bot(.*)*end'], allow: ['^(([a-z])+.)+[A-Z]([a-z])+$'] }));
  const hostile = ['a'.repeat(8_000), `${'a'.repeat(7_999)}!`, 'bot'.repeat(2_700), 'x'.repeat(8_000), 'crawler-'.repeat(1_000), 'AdsBot-Googl'.repeat(600)];
  const ms = cpuMsOf(() => {
    for (const agent of hostile) run.head(withAgents(agent));
  });
  assert.ok(ms < 1_000, `${ms} ms`);
});
