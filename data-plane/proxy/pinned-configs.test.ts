import assert from 'node:assert/strict';
import { test } from 'node:test';
import { staticConfig } from '../../test/support/static-config.ts';
import type { ActiveConfig } from '../config/active-config.ts';
import { PinnedConfigs } from './pinned-configs.ts';

function scene(): { readonly configs: readonly ActiveConfig[]; readonly pins: PinnedConfigs; readonly released: ActiveConfig[]; readonly serve: (config: ActiveConfig | undefined) => void } {
  const configs = [1, 2, 3].map((sequence) => staticConfig({ routes: [], sequence }));
  const released: ActiveConfig[] = [];
  let current = configs[0];
  return { configs, released, pins: new PinnedConfigs(() => current, (config) => void released.push(config)), serve: (config) => (current = config) };
}

test('an old configuration is released with its last request, each once', () => {
  const { configs, pins, released, serve } = scene();
  const [one, two] = [pins.pin(), pins.pin()];
  serve(configs[1]);
  const three = pins.pin();
  assert.ok(one !== undefined && two !== undefined && three !== undefined);
  assert.deepEqual([one.config, three.config], [configs[0], configs[1]]);
  pins.unpin(one);
  assert.deepEqual(released, []);
  pins.unpin(two);
  assert.deepEqual(released, [configs[0]]);
  serve(configs[2]);
  pins.unpin(three);
  assert.deepEqual(released, [configs[0], configs[1]], 'a swap that no request noticed shows when the last one ends');
  pins.refresh();
  assert.equal(released.length, 2);
});

test('an idle proxy lets go of the old configuration when somebody asks', () => {
  const { configs, pins, released, serve } = scene();
  const pinned = pins.pin();
  assert.ok(pinned !== undefined);
  pins.unpin(pinned);
  assert.deepEqual(released, [], 'the current one stays');
  serve(configs[1]);
  pins.refresh();
  assert.deepEqual(released, [configs[0]]);
  serve(undefined);
  assert.equal(pins.pin(), undefined);
  assert.deepEqual(released, [configs[0], configs[1]]);
});
