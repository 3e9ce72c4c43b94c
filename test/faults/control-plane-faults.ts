/** Control planes that die, stand still, and come back. */
import { waitUntil } from '../support/wait-until.ts';
import { FIRST, SECOND } from './fault-scene.ts';
import type { Fault } from './fault.ts';
import { lasting, meanwhile, since } from './time.ts';

export const controlPlaneKilled: Fault = {
  name: 'control-plane-killed',
  mustHold: 'kill -9 in the middle of changes: all that were answered with success are published after its restart',
  scene: {},
  smoke: false,
  boundMs: 90_000,
  async run(scene, { random, short }) {
    const { controlPlane } = scene;
    let killed = false;
    const writing = meanwhile(async () => {
      while (!killed) await scene.tryChange();
    });
    const before = short ? 3 : 10 + random.below(10);
    await waitUntil('changes', () => scene.committed.length >= before, 30_000);
    await controlPlane.end('SIGKILL');
    killed = true;
    await writing;
    for (const index of [FIRST, SECOND]) await scene.connected(index, false);
    await lasting(short ? 500 : 5_000);
    const begun = performance.now();
    await controlPlane.start();
    const startMs = since(begun);
    for (const index of [FIRST, SECOND]) await scene.connected(index);
    return { committedBefore: scene.committed.length, startMs, reconnectedMs: since(begun) };
  },
};

export const controlPlaneStopped: Fault = {
  name: 'control-plane-stopped',
  mustHold: 'SIGSTOP for 10 to 40 s, then SIGCONT: what it was asked meanwhile is done or refused, sessions go on or come back',
  scene: {},
  smoke: false,
  boundMs: 180_000,
  async run(scene, { random, short }) {
    const { controlPlane } = scene;
    const stoppedMs = short ? 1_000 : 10_000 + random.below(30_000);
    controlPlane.signal('SIGSTOP');
    // Asked of one that stands still: the answer comes when it goes on, or never.
    const asked = scene.tryChange(controlPlane, 120_000);
    await lasting(stoppedMs);
    controlPlane.signal('SIGCONT');
    const begun = performance.now();
    const { status, path, text } = await asked;
    if (status !== 201) throw new Error(`the change that was asked for while it stood still was answered ${status}: ${text}`);
    const appliedMs = await scene.reached(path);
    for (const index of [FIRST, SECOND]) await scene.connected(index);
    return { stoppedMs, appliedMs, connectedMs: since(begun) };
  },
};
