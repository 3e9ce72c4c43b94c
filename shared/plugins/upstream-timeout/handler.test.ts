import { test } from 'node:test';
import assert from 'node:assert/strict';
import { parseFields } from '../../model/parse-fields.ts';
import { ProblemList } from '../../model/problems.ts';
import { pluginContext, pluginRun, pluginServices } from '../../plugin-kit/plugin-host.ts';
import { upstreamTimeoutFactory } from './handler.ts';
import { upstreamTimeoutSchema, type UpstreamTimeoutConfig } from './schema.ts';

function effectsOf(config: Partial<UpstreamTimeoutConfig>): readonly string[] {
  const context = pluginContext({ headers: [['x-timeout', '1'], ['connection-timeout', '1'], ['grpc-timeout', '1S']] });
  const whole = { connect_timeout: null, send_timeout: null, read_timeout: null, ...config };
  assert.equal(pluginRun(upstreamTimeoutFactory.create(whole, pluginServices())).head(context), undefined);
  return context.effects;
}

test('each timeout goes where it belongs, and what is not set stays the service’s; no header has a say', () => {
  assert.deepEqual(effectsOf({ connect_timeout: 1, send_timeout: 2, read_timeout: 3 }), ['set-timeouts 1 2 3']);
  assert.deepEqual(effectsOf({ read_timeout: 2_147_483_646 }), ['set-timeouts - - 2147483646']);
  assert.deepEqual(effectsOf({}), ['set-timeouts - - -']);
});

test('a timeout that would end every request, or that no timer can keep, is refused', () => {
  for (const wrong of [0, -1, 2_147_483_647, 1.5, '5']) {
    const problems = new ProblemList();
    parseFields(upstreamTimeoutSchema.config, { read_timeout: wrong }, 'config', { problems, newKey: () => '', parsePluginConfig: () => undefined });
    assert.equal(problems.problems[0]?.field, 'config.read_timeout');
  }
});
