/**
 * Which ports the quickstart uses, and who holds one that is taken. Linux only where it names the holder (/proc);
 * elsewhere it says just that the port is taken.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { createServer } from 'node:net';

export interface PortPlan {
  readonly admin: number;
  readonly sync: number;
  /** Status port of the control plane. */
  readonly status: number;
  readonly origin: number;
  readonly euWest: DataPlanePorts;
  readonly usEast: DataPlanePorts;
}

export interface DataPlanePorts {
  readonly proxy: number;
  /** HTTPS. */
  readonly proxyTls: number;
  readonly status: number;
}

/** Kong's ports, all moved by the same offset. */
export function planPorts(offset: number): PortPlan {
  return {
    admin: 8001 + offset,
    sync: 8005 + offset,
    status: 8006 + offset,
    origin: 9000 + offset,
    euWest: { proxy: 8000 + offset, proxyTls: 8443 + offset, status: 8007 + offset },
    usEast: { proxy: 8010 + offset, proxyTls: 8453 + offset, status: 8017 + offset },
  };
}

export interface TakenPort {
  readonly port: number;
  readonly purpose: string;
  /** `node (pid 123)`; undefined where it can't be told. */
  readonly holder: string | undefined;
}

/** The ports of the plan on which nothing can listen now. */
export async function takenPorts(plan: PortPlan): Promise<TakenPort[]> {
  const wanted: readonly (readonly [number, string])[] = [
    [plan.euWest.proxy, 'proxy of eu-west'], [plan.admin, 'admin API'], [plan.sync, 'sync'], [plan.status, 'status of the control plane'], [plan.euWest.status, 'status of eu-west'],
    [plan.usEast.proxy, 'proxy of us-east'], [plan.euWest.proxyTls, 'HTTPS of eu-west'], [plan.usEast.proxyTls, 'HTTPS of us-east'], [plan.usEast.status, 'status of us-east'], [plan.origin, 'demo origin'],
  ];
  const taken: TakenPort[] = [];
  for (const [port, purpose] of wanted) {
    if (!(await isFree(port))) taken.push({ port, purpose, holder: holderOf(port) });
  }
  return taken;
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

const LISTENING = '0A';

function holderOf(port: number): string | undefined {
  try {
    const inodes = new Set(['/proc/net/tcp', '/proc/net/tcp6'].flatMap((table) => listeningInodes(table, port)));
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      if (holdsSocket(pid, inodes)) return `${readFileSync(`/proc/${pid}/comm`, 'utf8').trim()} (pid ${pid})`;
    }
  } catch {
    // No /proc here: the port is taken, by whom can't be told.
  }
  return undefined;
}

function listeningInodes(table: string, port: number): string[] {
  return readFileSync(table, 'utf8').split('\n').slice(1).map((line) => line.trim().split(/\s+/))
    .filter((columns) => columns[3] === LISTENING && Number.parseInt(columns[1]?.split(':')[1] ?? '', 16) === port)
    .map((columns) => `socket:[${columns[9] ?? ''}]`);
}

function holdsSocket(pid: string, inodes: ReadonlySet<string>): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((descriptor) => inodes.has(readlinkSync(`/proc/${pid}/fd/${descriptor}`)));
  } catch {
    // Another user's process, or one that just ended.
    return false;
  }
}
