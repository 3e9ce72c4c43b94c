/** A test with a proxy scene of its own, closed whatever happens. */
import { test } from 'node:test';
import { startProxyScene, type ProxyScene, type SceneOptions } from './proxy-scene.ts';

export function scenario(name: string, options: SceneOptions, run: (scene: ProxyScene) => Promise<void>): void {
  test(name, async () => {
    const scene = await startProxyScene(options);
    try {
      await run(scene);
    } finally {
      await scene.close();
    }
  });
}
