/** A test with a proxy scene of its own, closed whatever happens; all that reached its origin has to satisfy the upstream oracle (R2). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startProxyScene, type ProxyScene, type SceneOptions } from './proxy-scene.ts';

export function scenario(name: string, options: SceneOptions, run: (scene: ProxyScene) => Promise<void>): void {
  test(name, async () => {
    const scene = await startProxyScene(options);
    try {
      await run(scene);
      assert.deepEqual(scene.origin.oracle.violations, []);
    } finally {
      await scene.close();
    }
  });
}
