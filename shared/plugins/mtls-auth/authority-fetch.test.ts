import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pluginServices } from '../../plugin-kit/plugin-host.ts';
import type { FetchAnswer } from '../plugin-services.ts';
import { AuthorityFetch } from './authority-fetch.ts';

const ANSWER: FetchAnswer = { status: 200, header: () => undefined, body: Uint8Array.of(1) };

test('a hundred new clients at once: all get their answer, 32 at a time', async () => {
  let [underWay, most] = [0, 0];
  const authorities = new AuthorityFetch(1_000, pluginServices({
    fetch: async () => {
      most = Math.max(most, (underWay += 1));
      await new Promise(setImmediate);
      underWay -= 1;
      return ANSWER;
    },
  }));
  for (const round of [1, 2]) {
    const answers = await Promise.all(Array.from({ length: 100 }, (_, at) => authorities.fetch(`http://pki.test/${at}`, { maxBytes: 1 }, 10_000)));
    assert.deepEqual([answers.length, most], [100, 32], `round ${round}`);
  }
});

test('who did not answer is left alone for ten seconds, who was not asked is not', async () => {
  let nowMs = 0;
  let asked: number[] = [];
  const failure = { busy: Object.assign(new Error('too many under way'), { code: 'FETCH_BUSY' }), down: new Error('nobody there'), slow: Object.assign(new Error('no answer in time'), { code: 'FETCH_TIMED_OUT' }) };
  const authorities = new AuthorityFetch(1_000, pluginServices({
    clock: { nowMs: () => 0, monotonicMs: () => nowMs },
    fetch: (url, { timeoutMs }) => {
      asked.push(timeoutMs);
      return Promise.reject(url.endsWith('busy') ? failure.busy : url.endsWith('slow') ? failure.slow : failure.down);
    },
  }));
  const ask = (path: string, endMs = nowMs + 20_000): Promise<Uint8Array> => authorities.fetch(`http://pki.test/${path}`, { maxBytes: 1 }, endMs);
  for (let count = 0; count < 3; count++) {
    await assert.rejects(ask('busy'), /too many/);
    await assert.rejects(ask('down'), count === 0 ? /nobody there/ : /not asked/);
  }
  assert.equal(asked.length, 4);
  asked = [];
  nowMs = 10_000;
  await assert.rejects(ask('down', nowMs + 300), /nobody there/);
  await assert.rejects(ask('late', nowMs), /no time left/);
  assert.deepEqual(asked, [300], 'as long as there is time, and never longer than http_timeout');
  await assert.rejects(ask('slow', nowMs + 999), /no answer in time/);
  await assert.rejects(ask('slow'), /no answer in time/, 'who had no time to answer is asked again');
  await assert.rejects(ask('slow'), /not asked/);
});
