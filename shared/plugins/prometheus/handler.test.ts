import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pluginServices } from '../../plugin-kit/plugin-host.ts';
import { prometheusFactory } from './handler.ts';
import { prometheusSchema } from './schema.ts';

const NAMES = prometheusSchema.config.map(({ name }) => name);

test('no request pays for it: it has no phase, so that it is in no chain of any', () => {
  for (const isOn of [false, true]) {
    const instance = prometheusFactory.create({ per_consumer: isOn, status_code_metrics: isOn, ai_metrics: isOn, latency_metrics: isOn, bandwidth_metrics: isOn, upstream_health_metrics: isOn, wasm_metrics: isOn }, pluginServices());
    assert.deepEqual(Object.keys(instance), []);
  }
});

test("its fields are Kong's, each off until it is asked for", () => {
  assert.deepEqual(NAMES.toSorted(), ['ai_metrics', 'bandwidth_metrics', 'latency_metrics', 'per_consumer', 'status_code_metrics', 'upstream_health_metrics', 'wasm_metrics']);
  assert.ok(prometheusSchema.config.every((field) => field.default === false));
});
