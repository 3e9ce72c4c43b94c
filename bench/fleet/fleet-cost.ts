/** What a stretch of time cost: CPU of control planes, Postgres and simulators apart, transactions, memory. From /proc and pg_stat_database. */
import { readFileSync } from 'node:fs';
import { cpuMicros, residentMiB } from '../process-cost.ts';
import type { ControlPlaneInstance, FleetInstallation } from './fleet-installation.ts';
import { sharedNowMs } from './simulator-messages.ts';
import type { Simulators } from './simulators.ts';

export interface FleetCost {
  readonly seconds: number;
  readonly controlPlaneCpuMs: number;
  readonly postgresCpuMs: number;
  readonly simulatorCpuMs: number;
  /** Committed and rolled back, the bench's own look included. */
  readonly transactions: number;
}

interface Reading extends Omit<FleetCost, 'seconds' | 'controlPlaneCpuMs'> {
  readonly atMs: number;
  /** CPU milliseconds by process id. */
  readonly controlPlanes: ReadonlyMap<number, number>;
}

const TICK_MS = 10;

/** Begins a stretch; the function returned ends it. A control plane that was started meanwhile counts from its start. */
export async function beginCost(installation: FleetInstallation, simulators: Simulators): Promise<() => Promise<FleetCost>> {
  const before = await read(installation, simulators);
  return async () => {
    const after = await read(installation, simulators);
    return {
      seconds: (after.atMs - before.atMs) / 1_000,
      controlPlaneCpuMs: sum([...after.controlPlanes].map(([pid, cpuMs]) => cpuMs - (before.controlPlanes.get(pid) ?? 0))),
      postgresCpuMs: after.postgresCpuMs - before.postgresCpuMs,
      simulatorCpuMs: after.simulatorCpuMs - before.simulatorCpuMs,
      transactions: after.transactions - before.transactions,
    };
  };
}

/** Resident memory of a control plane, KiB. */
export function residentKiB(instance: ControlPlaneInstance): number {
  return residentMiB(instance.pid()) * 1_024;
}

/** The value at a quantile of sorted ones. */
export function at(sorted: Float64Array, quantile: number): number {
  return sorted[Math.max(0, Math.min(sorted.length - 1, Math.ceil(quantile * sorted.length) - 1))] ?? Number.NaN;
}

export function rounded(value: number, digits = 1): number {
  return Number(value.toFixed(digits));
}

async function read(installation: FleetInstallation, simulators: Simulators): Promise<Reading> {
  const [counted] = await installation.query<{ readonly transactions: number }>('SELECT (xact_commit + xact_rollback)::int AS transactions FROM pg_stat_database WHERE datname = current_database()');
  return {
    atMs: sharedNowMs(),
    controlPlanes: new Map(installation.running.map((instance) => [instance.pid(), cpuMicros(instance.pid()) / 1_000])),
    postgresCpuMs: cpuMicros(installation.postgresPid) / 1_000 + endedChildrenCpuMs(installation.postgresPid),
    simulatorCpuMs: sum(simulators.pids.map((pid) => cpuMicros(pid) / 1_000)),
    transactions: counted?.transactions ?? 0,
  };
}

/** Of connections that were closed: what the kernel keeps of ended children, in its ticks of 10 ms. */
function endedChildrenCpuMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const [userTicks, systemTicks] = stat.slice(stat.lastIndexOf(')') + 2).split(' ').slice(13, 15);
  return (Number(userTicks) + Number(systemTicks)) * TICK_MS;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
