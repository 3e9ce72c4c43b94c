import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '../../shared/clock.ts';
import { parseExplainQuestion } from '../../shared/model/explain-question.ts';
import { testServices } from '../../test/support/compile-config.ts';
import { DEFAULT_PROXY_LIMITS } from '../http1/limits.ts';
import { TrustedAddresses } from '../proxy/client-address.ts';
import { ThreadConfigs } from './thread-configs.ts';

test('R5: a thread is asked a few questions at once, and again once they are answered', async () => {
  const configs = new ThreadConfigs(testServices(), systemClock);
  const around = { limits: DEFAULT_PROXY_LIMITS, trusted: new TrustedAddresses([]), localPortOf: () => undefined, healthOf: () => [], hasDefaultCertificate: true };
  const question = parseExplainQuestion({ url: 'http://x/' });
  const ask = async (explainId: number): Promise<string> => {
    const answer = await configs.explain({ kind: 'explain', explainId, question }, around);
    return answer.kind === 'not-explained' ? answer.reason : answer.kind;
  };
  const nothingYet = 'no configuration is served yet';
  assert.deepEqual(await Promise.all([1, 2, 3, 4, 5].map(ask)), [nothingYet, nothingYet, nothingYet, nothingYet, 'too many questions at once; try again']);
  assert.equal(await ask(6), nothingYet);
});
