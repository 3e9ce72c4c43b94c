/**
 * Holdfast with a large configuration: a real data plane process that got signed content from the tests' own control plane,
 * which is gone before the measurement. Published at once, because 30,000 writes to an admin API would take minutes.
 */
import { spawnSync } from 'node:child_process';
import type { EntityChange } from '../../data-plane/config/compile-contract.ts';
import type { ContentKeyRing } from '../../shared/trust/content-seal.ts';
import { contentKeysOf } from '../../test/support/config-content.ts';
import { DataPlaneProcess } from '../../test/support/data-plane-process.ts';
import { FakeControlPlane } from '../../test/support/fake-control-plane.ts';
import type { RunningContender } from './contender.ts';

const APPLY_DEADLINE_MS = 60_000;

export interface PublishedOptions {
  readonly name: string;
  /** With `secretsFor`, what secrets are sealed under. */
  readonly changes: readonly EntityChange[] | ((secretsFor: ContentKeyRing) => readonly EntityChange[]);
  readonly settings: Readonly<Record<string, string>>;
  /** As `taskset` takes them: `0`, `0,1`. */
  readonly cpus: string;
}

export async function startPublishedHoldfast({ name, changes, settings, cpus }: PublishedOptions): Promise<RunningContender> {
  const fake = await FakeControlPlane.start();
  let dataPlane: DataPlaneProcess | undefined;
  try {
    await fake.publish(typeof changes === 'function' ? changes(contentKeysOf(fake.installation.trust.audience)) : changes);
    dataPlane = await DataPlaneProcess.start({ HOLDFAST_JOIN_TOKEN: fake.joinToken(), HOLDFAST_LOG_LEVEL: 'warn', ...settings });
    const running = dataPlane;
    await fake.heard('applied', () => true, APPLY_DEADLINE_MS);
    spawnSync('taskset', ['-a', '-p', '-c', cpus, String(running.pid)]);
    return { name, version: `Node ${process.version}`, port: running.proxyPort, pid: running.pid, stop: () => running.destroy() };
  } catch (thrown) {
    await dataPlane?.destroy();
    throw thrown;
  } finally {
    await fake.stop();
  }
}
