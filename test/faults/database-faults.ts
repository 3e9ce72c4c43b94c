/** A Postgres that dies in the middle of publishing, stands still, or comes back older than it was. */
import { execFile, execFileSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { findPlace } from '../../control-plane/embedded-postgres/place.ts';
import { defined } from '../../shared/assert.ts';
import { waitUntil } from '../support/wait-until.ts';
import { processTree, type ControlPlaneRun } from './control-plane-run.ts';
import { FIRST, SECOND } from './fault-scene.ts';
import type { Fault } from './fault.ts';
import { lasting, meanwhile, since } from './time.ts';

const WRITERS = 4;
const COMMAND = fileURLToPath(new URL('../../control-plane/cli/main.ts', import.meta.url));

export const postgresKilled: Fault = {
  name: 'postgres-killed',
  mustHold: 'kill -9 of Postgres again and again in the middle of many changes: each is answered 201 or 503, and what was answered 201 is published',
  scene: {},
  smoke: false,
  boundMs: 120_000,
  async run(scene, { random, short }) {
    const { controlPlane } = scene;
    let over = false;
    let refused = 0;
    let killed = 0;
    const writing = meanwhile(() => Promise.all(Array.from({ length: WRITERS }, async () => {
      while (!over) {
        const { status, text } = await scene.tryChange();
        if (status === 503) refused += 1;
        else if (status !== 201) throw new Error(`a change was answered ${status}: ${text}`);
      }
    })));
    writing.catch(() => (over = true));
    const kills = short ? 1 : 4;
    for (let kill = 0; kill < kills && !over; kill++) {
      const before = scene.committed.length;
      await waitUntil('changes to go through', () => over || scene.committed.length >= before + 5 + random.below(30), 45_000);
      killed = defined(controlPlane.postmasterPid, 'the database server');
      process.kill(killed, 'SIGKILL');
    }
    const begun = performance.now();
    await waitUntil('another database server', () => over || ![undefined, killed].includes(controlPlane.postmasterPid), 45_000);
    await waitUntil('changes to go through again', async () => over || (await scene.tryChange()).status === 201, 45_000);
    const backMs = since(begun);
    const refusedBefore = refused;
    const before = scene.committed.length;
    await waitUntil('some more changes', () => over || scene.committed.length >= before + 20, 45_000);
    over = true;
    await writing;
    return { kills, answered: scene.committed.length, refused, backMs, refusedAfterBack: refused - refusedBefore };
  },
};

export const postgresStopped: Fault = {
  name: 'postgres-stopped',
  mustHold: 'SIGSTOP of Postgres and all its processes, then SIGCONT: a change asked for meanwhile is taken or refused in bounded time',
  scene: {},
  smoke: false,
  boundMs: 150_000,
  async run(scene, { random, short }) {
    const { controlPlane } = scene;
    const tree = processTree(defined(controlPlane.postmasterPid, 'the database server'));
    const stoppedMs = short ? 1_000 : 15_000 + random.below(10_000);
    for (const pid of tree) process.kill(pid, 'SIGSTOP');
    const begun = performance.now();
    let answer = '';
    let answeredMs = 0;
    const asked = meanwhile(async () => {
      answer = String((await scene.tryChange(controlPlane, 60_000)).status);
      answeredMs = since(begun);
    });
    try {
      await lasting(stoppedMs);
    } finally {
      // Those that ended meanwhile are gone; the others go on whatever happened here.
      for (const pid of tree) continueProcess(pid);
    }
    await asked;
    if (answer !== '201' && answer !== '503') throw new Error(`the change was answered ${answer}`);
    const resumed = performance.now();
    await waitUntil('a change to be taken again', async () => (await scene.tryChange()).status === 201, 45_000);
    return { stoppedMs, answer, answeredMs, backMs: since(resumed) };
  },
};

function continueProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGCONT');
  } catch {
    // It has ended.
  }
}

export const oldBackup: Fault = {
  name: 'old-backup',
  mustHold: 'a control plane restored from an old backup: the data planes keep the newer version, it is alarmed, nothing is published over it, and `holdfast epoch bump` recovers',
  scene: {},
  smoke: true,
  boundMs: 150_000,
  async run(scene, { random, short }) {
    const { controlPlane } = scene;
    scene.countsSurvive = false;
    const backup = join(scene.folder, 'backup');
    await controlPlane.end('SIGTERM');
    const place = defined(findPlace(controlPlane.options.stateFolder), 'the database').folder;
    copy(place, backup);
    await controlPlane.start();
    const lost = short ? 2 : 3 + random.below(5);
    let path = '';
    for (let change = 0; change < lost; change++) path = await scene.change();
    await scene.reached(path);
    const before = (await scene.dataPlane(FIRST).status()).holdfast.config;
    await controlPlane.end('SIGTERM');
    rmSync(place, { recursive: true });
    copy(backup, place);
    scene.forgetCommitted();
    await controlPlane.start();
    for (const index of [FIRST, SECOND]) await scene.connected(index);
    const alarms = await waitUntil('the alarms of both', async () => {
      const found = ((await controlPlane.demand('GET', '/v1/alarms')) as { readonly data: readonly { readonly code: string }[] }).data.filter(({ code }) => code === 'SYNC_DATA_PLANE_AHEAD').length;
      return found >= 2 ? found : undefined;
    }, 30_000);
    // More than were lost: by counting on, its versions would pass those that the data planes have.
    for (let change = 0; change < lost + 3; change++) await scene.change();
    await lasting(3_000);
    for (const index of [FIRST, SECOND]) {
      const after = (await scene.dataPlane(index).status()).holdfast.config;
      if (after?.version !== before?.version || after?.content_root !== before?.content_root) throw new Error(`S4: data plane ${index} serves ${after?.version} instead of ${before?.version}, and nobody has begun a new epoch`);
    }
    const begun = performance.now();
    await bumpEpoch(controlPlane);
    await scene.reached(await scene.change());
    return { lostChanges: lost, kept: defined(before, 'what was served').version, alarms, recoveredMs: since(begun) };
  },
};

/** As an operator does it. */
async function bumpEpoch({ options }: ControlPlaneRun): Promise<void> {
  const environment = { ...process.env, HOLDFAST_ADMIN_URL: `http://${options.host}:${options.adminPort}`, HOLDFAST_ADMIN_TOKEN: readFileSync(options.adminTokenFile, 'utf8').trim() };
  await promisify(execFile)(process.execPath, [COMMAND, 'epoch', 'bump', '--gateway', 'default'], { env: environment, timeout: 30_000 });
}

/** With owners and modes: the database's files belong to an account of its own. */
function copy(from: string, to: string): void {
  execFileSync('cp', ['-a', from, to]);
}
