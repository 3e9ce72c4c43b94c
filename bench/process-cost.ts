/** CPU time and memory of a process with all its children, from /proc (Linux only). Used by every bench. */
import { readdirSync, readFileSync } from 'node:fs';

/** USER_HZ is 100 on every Linux that Node runs on. */
const NANOS_PER_TICK = 10_000_000;

/** The process and all that descend from it. */
export function processTree(rootPid: number): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const stat = read(`/proc/${name}/stat`);
    const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
    if (stat !== '') parents.set(Number(name), parent);
  }
  const tree = [rootPid];
  for (const pid of tree) for (const [child, parent] of parents) if (parent === pid) tree.push(child);
  return tree;
}

/** On-CPU time of the tree in microseconds: of all threads that live to the nanosecond (schedstat), of children that ended to a tick (10 ms). */
export function cpuMicros(rootPid: number): number {
  let nanos = 0;
  for (const pid of processTree(rootPid)) {
    for (const thread of list(`/proc/${pid}/task`)) nanos += Number(read(`/proc/${pid}/task/${thread}/schedstat`).split(' ')[0] ?? 0);
    // A database connection that is closed would take all it ever cost out of the sum.
    const stat = read(`/proc/${pid}/stat`);
    const [cutime = 0, cstime = 0] = stat.slice(stat.lastIndexOf(')') + 2).split(' ').slice(13, 15).map(Number);
    nanos += (cutime + cstime) * NANOS_PER_TICK;
  }
  return nanos / 1000;
}

/** Resident set of the tree, MiB; pages shared between processes count in each. */
export function residentMiB(rootPid: number): number {
  let kib = 0;
  for (const pid of processTree(rootPid)) kib += Number(/^VmRSS:\s+(\d+)/m.exec(read(`/proc/${pid}/status`))?.[1] ?? 0);
  return kib / 1024;
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // It ended between listing and reading.
    return '';
  }
}

function list(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
