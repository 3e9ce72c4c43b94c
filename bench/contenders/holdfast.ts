/**
 * Holdfast as it is run: a real data plane process with one proxy thread that got its configuration from a real control
 * plane. The control plane is stopped before the measurement, which changes nothing for the data plane (S1) but frees the CPU.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { startInstallation, type TestInstallation } from '../../test/support/installation.ts';
import { postgresPid } from '../../deploy/quickstart/demo-planes.ts';
import type { ContenderOptions, RunningContender } from './contender.ts';

export async function startHoldfastGateway(options: ContenderOptions, name: string, socketIo: 'auto' | 'documented'): Promise<RunningContender> {
  const installation = await startBenchInstallation({ HOLDFAST_SOCKET_IO: socketIo });
  try {
    await installation.admin.send('PUT', '/services/origin', { url: `http://127.0.0.1:${options.originPort}/` });
    await installation.admin.send('PUT', '/services/origin/routes/everything', { paths: ['/'] });
    return { ...(await stopControlPlaneAndPin(installation, options.cpu, '/small')), name, port: installation.ports.euWest.proxy };
  } catch (thrown) {
    await installation.stop();
    throw thrown;
  }
}

/** A control plane and one data plane with one proxy thread. */
export function startBenchInstallation(settings: Readonly<Record<string, string>> = {}): Promise<TestInstallation> {
  return startInstallation({ regions: ['eu-west'], dataPlaneSettings: { HOLDFAST_PROXY_THREADS: '1', HOLDFAST_LOG_LEVEL: 'warn', ...settings } });
}

/** Waits until `path` is answered with 200; then the control plane ends and the data plane has the CPU for itself. */
export async function stopControlPlaneAndPin(installation: TestInstallation, cpu: number, path: string): Promise<Omit<RunningContender, 'port'>> {
  await waitUntilServed(installation.ports.euWest.proxy, path);
  const postgres = postgresPid(installation);
  await installation.processes.stop('control-plane');
  if (postgres !== undefined) await waitUntilGone(postgres);
  const pid = installation.processes.pidOf('eu-west');
  if (pid === undefined) throw new Error('the data plane does not run');
  spawnSync('taskset', ['-a', '-p', '-c', String(cpu), String(pid)]);
  const version = (JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { readonly version: string }).version;
  return { name: 'holdfast', version: `${version}, Node ${process.version}`, pid, stop: () => installation.stop() };
}

async function waitUntilServed(port: number, path: string): Promise<void> {
  const deadline = Date.now() + 10_000;
  for (;;) {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`);
    const text = await answer.text();
    if (answer.status === 200) return;
    if (Date.now() > deadline) throw new Error(`the data plane still answers ${answer.status} on the bench route after 10 s: ${text}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function waitUntilGone(pid: number): Promise<void> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    try {
      process.kill(pid, 0);
    } catch {
      return;
    }
    if (Date.now() > deadline) throw new Error(`process ${pid} is still there after 20 s`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
