/**
 * A real data plane (data-plane/main.ts) joins a gateway of many entities with nothing in its folder: how long from the first frame of the
 * snapshot to Applied, and its memory. `npm run bench -- cold` looks closer at the same with routes alone.
 */
import { readFileSync } from 'node:fs';
import { DataPlaneProcess } from '../../test/support/data-plane-process.ts';
import { cpuMicros } from '../process-cost.ts';
import { median } from '../turns.ts';
import { rounded } from './fleet-cost.ts';
import { pause, type FleetScene } from './fleet-scene.ts';

export interface JoinRow {
  readonly entities: number;
  readonly joins: number;
  /** Medians. First frame of the snapshot to Applied, which every proxy thread has a part in. */
  readonly appliedMs: number;
  readonly cpuMs: number;
  /** Of the whole process. */
  readonly peakMiB: number;
  readonly settledMiB: number;
}

type JoinFigures = Readonly<Record<'appliedMs' | 'cpuMs' | 'peakMiB' | 'settledMiB', number>>;

const JOINS = 3;
const APPLIED_BOUND_MS = 120_000;
const SETTLE_MS = 8_000;

export async function runJoin(scene: FleetScene): Promise<JoinRow> {
  const runs: JoinFigures[] = [];
  for (let join = 0; join < (scene.smoke ? 1 : JOINS); join += 1) runs.push(await joinOnce(scene));
  const of = (figure: keyof JoinFigures): number => rounded(median(runs.map((run) => run[figure])), 0);
  const row: JoinRow = { entities: scene.entities, joins: runs.length, appliedMs: of('appliedMs'), cpuMs: of('cpuMs'), peakMiB: of('peakMiB'), settledMiB: of('settledMiB') };
  scene.say(JSON.stringify(row));
  return row;
}

async function joinOnce({ installation, smoke }: FleetScene): Promise<JoinFigures> {
  const { token } = (await installation.first.admin.send('POST', '/v1/join-tokens', { gateway: 'default' })) as { readonly token: string };
  const dataPlane = await DataPlaneProcess.start({ HOLDFAST_JOIN_TOKEN: token, HOLDFAST_PROXY_THREADS: '1' });
  try {
    const applied = await dataPlane.logged('config-applied', () => true, APPLIED_BOUND_MS);
    const cpuMs = cpuMicros(dataPlane.pid) / 1_000;
    await pause(smoke ? 500 : SETTLE_MS);
    return { appliedMs: Number(applied['tookMs']), cpuMs, peakMiB: memoryMiB(dataPlane.pid, 'VmHWM'), settledMiB: memoryMiB(dataPlane.pid, 'VmRSS') };
  } finally {
    await dataPlane.destroy();
  }
}

/** A line of /proc/PID/status: VmHWM is the highest that VmRSS ever was. */
function memoryMiB(pid: number, line: 'VmHWM' | 'VmRSS'): number {
  return Number(new RegExp(`^${line}:\\s+(\\d+)`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1_024;
}
