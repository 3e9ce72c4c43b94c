/**
 * An installation of real processes that a fault is done to: one or two control planes with a Postgres, two data planes
 * behind links that can be hurt, an origin that checks every byte (R2), steady load through both data planes, and eyes on
 * their versions. What always must hold is checked by `settle` (README.md); a fault adds what is its own.
 */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeEmbeddedPostgres } from '../../control-plane/embedded-postgres/embedded-postgres.ts';
import { systemClock } from '../../shared/clock.ts';
import { DataPlaneProcess } from '../support/data-plane-process.ts';
import { FaultProxy } from '../support/fault-proxy.ts';
import { NetworkNamespace } from '../support/network-namespace.ts';
import { startRecordingOrigin, type RecordingOrigin } from '../support/recording-origin.ts';
import { SmallDisk } from '../support/small-disk.ts';
import { waitUntil } from '../support/wait-until.ts';
import type { CleanUp } from './clean-up.ts';
import { ControlPlaneRun } from './control-plane-run.ts';
import type { Measured } from './fault.ts';
import { startOwnDatabase, type OwnDatabase } from './own-database.ts';
import { VersionWatch } from './version-watch.ts';
import { WatchedLoad } from './watched-load.ts';

export interface SceneOptions {
  readonly controlPlanes?: 1 | 2;
  /** A Postgres of the scene's own, as two control planes always have; otherwise the one that is embedded in the control plane. */
  readonly ownDatabase?: true;
  /** What is between data planes and control planes: nothing, a FaultProxy each, or a network with dropped packets. */
  readonly link?: 'direct' | 'proxy' | 'namespace';
  readonly dataPlaneSettings?: Readonly<Record<string, string>>;
  /** Further environment of the first data plane alone. `folder` is the scene's. */
  readonly firstDataPlane?: (folder: string) => Readonly<Record<string, string>>;
  /** The first data plane keeps its state on a disk of its own, of this size. */
  readonly smallDiskMiB?: number;
}

export const PER_SECOND = 100;
/** The two data planes. */
export const [FIRST, SECOND] = [0, 1] as const;
/** C1: "within seconds" once nothing is in the way, a wait of the data plane between two attempts (30 s at most) included. */
export const REACHED_BOUND_MS = 45_000;
export const READY_BOUND_MS = 120_000;

export class FaultScene {
  readonly folder: string;
  readonly origin: RecordingOrigin;
  readonly controlPlanes: readonly ControlPlaneRun[];
  readonly namespace: NetworkNamespace | undefined;
  /** One for each data plane, where the scene has proxies. */
  readonly links: readonly FaultProxy[];
  readonly smallDisk: SmallDisk | undefined;
  readonly database: OwnDatabase | undefined;
  readonly loads: readonly WatchedLoad[];
  readonly watch: VersionWatch;
  /** False where a fault takes away counts that were delivered: an older database. */
  countsSurvive = true;
  readonly #dataPlanes: DataPlaneProcess[];
  readonly #environmentOf: (index: number) => Readonly<Record<string, string>>;
  readonly #loadRouteId: string;
  /** Paths of changes that were answered with success. */
  readonly #committed: string[] = [];
  #changes = 0;
  #kills = 0;
  #over = false;

  private constructor(parts: Pick<FaultScene, 'folder' | 'origin' | 'controlPlanes' | 'namespace' | 'links' | 'smallDisk' | 'database'> & { readonly dataPlanes: DataPlaneProcess[]; readonly environmentOf: (index: number) => Readonly<Record<string, string>>; readonly loadRouteId: string }) {
    this.folder = parts.folder;
    this.origin = parts.origin;
    this.controlPlanes = parts.controlPlanes;
    this.namespace = parts.namespace;
    this.links = parts.links;
    this.smallDisk = parts.smallDisk;
    this.database = parts.database;
    this.#dataPlanes = parts.dataPlanes;
    this.#environmentOf = parts.environmentOf;
    this.#loadRouteId = parts.loadRouteId;
    this.loads = parts.dataPlanes.map(({ proxyPort }) => new WatchedLoad(proxyPort, '/load', PER_SECOND));
    this.watch = new VersionWatch(() => this.#dataPlanes);
  }

  /** Resolves when both data planes serve under load. */
  static async start(options: SceneOptions, cleanUp: CleanUp): Promise<FaultScene> {
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-fault-'));
    // As root, Postgres runs as another user and must get to its folder in here.
    chmodSync(folder, 0o711);
    cleanUp.add(() => rmSync(folder, { recursive: true, force: true }));
    const origin = await startRecordingOrigin();
    cleanUp.add(() => origin.close());
    const namespace = options.link === 'namespace' ? NetworkNamespace.create() : undefined;
    if (namespace !== undefined) cleanUp.add(() => namespace.remove());
    const database = options.ownDatabase === true || options.controlPlanes === 2 ? await startOwnDatabase(folder, cleanUp) : undefined;
    const controlPlanes = await startControlPlanes(options, folder, namespace, database, cleanUp);
    const [controlPlane] = controlPlanes;
    if (controlPlane === undefined) throw new Error('a scene has a control plane');
    await controlPlane.demand('PUT', '/services/origin', { url: `http://127.0.0.1:${origin.port}` });
    const route = (await controlPlane.demand('PUT', '/services/origin/routes/load', { paths: ['/load'] })) as { readonly id: string };
    const links = options.link === 'proxy' ? await Promise.all([FIRST, SECOND].map(() => FaultProxy.start({ host: '127.0.0.1', port: controlPlane.options.syncPort }))) : [];
    for (const link of links) cleanUp.add(() => link.stop());
    const smallDisk = options.smallDiskMiB === undefined ? undefined : SmallDisk.mount(join(folder, 'small-disk'), options.smallDiskMiB);
    if (smallDisk !== undefined) cleanUp.add(() => smallDisk.unmount());
    const dataPlanes: DataPlaneProcess[] = [];
    cleanUp.add(async () => {
      for (const dataPlane of dataPlanes) dataPlane.signal('SIGCONT');
      await Promise.all(dataPlanes.map((dataPlane) => dataPlane.destroy()));
    });
    const environmentOf = (index: number): Readonly<Record<string, string>> => ({
      HOLDFAST_CONTROL_PLANE_URLS: urlsFor(index, controlPlanes, links, namespace).join(','),
      // A machine that is busy with something else is not the fault: what it makes a data plane turn away (503) would count as failed.
      HOLDFAST_OVERLOAD_DELAY: '1m',
      ...options.dataPlaneSettings,
      ...(index === FIRST && smallDisk !== undefined ? { HOLDFAST_STATE_FOLDER: smallDisk.folder } : {}),
      ...(index === FIRST ? options.firstDataPlane?.(folder) : {}),
    });
    const { token } = (await controlPlane.demand('POST', '/v1/join-tokens', { gateway: 'default', uses: 2 })) as { readonly token: string };
    for (const index of [FIRST, SECOND]) {
      dataPlanes.push(await DataPlaneProcess.start({ HOLDFAST_JOIN_TOKEN: token, ...environmentOf(index) }));
    }
    for (const dataPlane of dataPlanes) await dataPlane.ready(READY_BOUND_MS);
    const scene = new FaultScene({ folder, origin, controlPlanes, namespace, links, smallDisk, database, dataPlanes, environmentOf, loadRouteId: route.id });
    cleanUp.add(() => scene.#leave());
    for (const load of scene.loads) load.resume();
    await waitUntil('load on both data planes', () => scene.loads.every(({ answered }) => answered >= PER_SECOND / 2), READY_BOUND_MS);
    return scene;
  }

  /** The first one. */
  get controlPlane(): ControlPlaneRun {
    return this.controlPlaneAt(0);
  }

  controlPlaneAt(index: number): ControlPlaneRun {
    const controlPlane = this.controlPlanes[index];
    if (controlPlane === undefined) throw new Error(`the scene has no control plane ${index}`);
    return controlPlane;
  }

  get dataPlanes(): readonly DataPlaneProcess[] {
    return this.#dataPlanes;
  }

  dataPlane(index: number): DataPlaneProcess {
    const dataPlane = this.#dataPlanes[index];
    if (dataPlane === undefined) throw new Error(`the scene has no data plane ${index}`);
    return dataPlane;
  }

  link(index: number): FaultProxy {
    const link = this.links[index];
    if (link === undefined) throw new Error('the scene has no proxies');
    return link;
  }

  load(index: number): WatchedLoad {
    const load = this.loads[index];
    if (load === undefined) throw new Error(`the scene has no load ${index}`);
    return load;
  }

  /** Kills it (-9), after its load was led away as a load balancer would. */
  async killDataPlane(index: number): Promise<void> {
    await this.load(index).pause();
    await this.dataPlane(index).kill();
    this.#kills += 1;
  }

  /** In its folder and on its ports. Does not wait. */
  async restartDataPlane(index: number): Promise<DataPlaneProcess> {
    const started = await DataPlaneProcess.start(this.#environmentOf(index), this.dataPlane(index));
    this.#dataPlanes[index] = started;
    return started;
  }

  /** Adds a route and says how that was answered; where with success, it must reach all data planes. Returns its path. */
  async tryChange(controlPlane = this.controlPlane, boundMs = 20_000): Promise<{ readonly status: number; readonly path: string; readonly text: string }> {
    if (this.#over) throw new Error('the scene is over');
    const number = (this.#changes += 1);
    // All of one length: as a prefix, /change/1 would also answer for /change/10.
    const path = `/change/${String(number).padStart(6, '0')}`;
    const { status, text } = await controlPlane.ask('POST', '/services/origin/routes', { name: `change-${number}`, paths: [path] }, boundMs);
    if (status === 201) this.#committed.push(path);
    return { status, path, text };
  }

  /** A change that has to be taken. */
  async change(controlPlane = this.controlPlane): Promise<string> {
    const { status, path, text } = await this.tryChange(controlPlane);
    if (status !== 201) throw new Error(`a change was answered ${status} by ${controlPlane.options.name}: ${text}`);
    return path;
  }

  /** What was answered with success so far is lost with the database it was in. */
  forgetCommitted(): void {
    this.#committed.length = 0;
  }

  /** Changes that were answered with success so far. */
  get committed(): readonly string[] {
    return this.#committed;
  }

  async serves(index: number, path: string): Promise<boolean> {
    return (await this.dataPlane(index).get(path)).status === 200;
  }

  /** C1: waits until these data planes serve a change. Returns milliseconds from now. */
  async reached(path: string, indexes: readonly number[] = [FIRST, SECOND], boundMs = REACHED_BOUND_MS): Promise<number> {
    const begun = performance.now();
    for (const index of indexes) await this.#until(`C1: data plane ${index} to serve ${path}`, () => this.serves(index, path), boundMs);
    return Math.round(performance.now() - begun);
  }

  /** Resolves when a data plane says that it has, or has no, connection to a control plane. */
  async connected(index: number, wanted = true, boundMs = REACHED_BOUND_MS): Promise<void> {
    await this.dataPlane(index).statusWhere(wanted ? 'its connection' : 'its loss of the connection', ({ holdfast }) => holdfast.control_plane.connected === wanted, boundMs);
  }

  /**
   * After the fault: a further change and all that were answered with success reach all data planes (C1), which end with one
   * version and one content; no request failed (S1), versions did not go down (S4), counts are exact (T3), every byte was right (R2).
   */
  async settle(controlPlane = this.controlPlane): Promise<Measured> {
    const last = await this.change(controlPlane);
    const reachedMs = await this.reached(last);
    // A thread may swap a moment after the one that answered; what is reported as applied, all have swapped.
    await this.#until('C1: one version and content everywhere, and all reported', () => this.#isUniform(controlPlane), REACHED_BOUND_MS);
    for (const path of this.#committed) for (const index of [FIRST, SECOND]) await this.#checkServed(index, path);
    for (const load of this.loads) await load.pause();
    await this.watch.stop();
    const failures = this.loads.map(({ failures: words }) => words).filter((words) => words !== '');
    if (failures.length > 0) throw new Error(`S1: requests failed: ${failures.join('; ')}`);
    if (this.watch.violations.length > 0) throw new Error(this.watch.violations.slice(0, 3).join('; '));
    if (this.origin.oracle.violations.length > 0) throw new Error(`R2: ${this.origin.oracle.violations.slice(0, 3).join('; ')}`);
    const sent = this.loads.reduce((sum, { answered }) => sum + answered, 0);
    const counted = this.countsSurvive ? { counted: await this.#counted(controlPlane, sent) } : {};
    return { requests: sent, failed: 0, ...counted, lastChangeMs: reachedMs, versions: this.watch.versionsSeen };
  }

  async #checkServed(index: number, path: string): Promise<void> {
    const { status, body } = await this.dataPlane(index).get(path);
    if (status !== 200) throw new Error(`C1: ${path} was answered with success, and data plane ${index} answers it ${status}: ${body}`);
  }

  async #isUniform(controlPlane: ControlPlaneRun): Promise<boolean> {
    const [release] = ((await controlPlane.demand('GET', '/v1/releases?size=1')) as { readonly data: readonly { readonly version: string; readonly content_root: string }[] }).data;
    const known = ((await controlPlane.demand('GET', '/v1/data-planes')) as { readonly data: readonly { readonly applied_version: string | null; readonly connected: boolean }[] }).data.filter(({ connected }) => connected);
    const statuses = await Promise.all(this.#dataPlanes.map((dataPlane) => dataPlane.status()));
    return statuses.every(({ holdfast }) => holdfast.config?.version === release?.version && holdfast.config?.content_root === release?.content_root)
      && known.length === statuses.length && known.every((dataPlane) => dataPlane.applied_version === release?.version);
  }

  /** T3: exactly what was answered; a killed data plane loses its last fold at most, and says so. */
  async #counted(controlPlane: ControlPlaneRun, answered: number): Promise<number> {
    const atLeast = answered - this.#kills * PER_SECOND * 1.5;
    let [counted, gaps] = [0, 0];
    await this.#until(`T3: ${answered} requests to be counted`, async () => {
      const usage = (await controlPlane.demand('GET', '/v1/usage?group_by=route')) as { readonly data: readonly { readonly route_id: string | null; readonly requests: number }[]; readonly lost_at_crash: readonly unknown[] };
      gaps = usage.lost_at_crash.length;
      counted = usage.data.filter(({ route_id: route }) => route === this.#loadRouteId).reduce((sum, { requests }) => sum + requests, 0);
      const buffered = await Promise.all(this.#dataPlanes.map(async (dataPlane) => (await dataPlane.status()).holdfast.telemetry.buffered));
      return counted >= atLeast && buffered.every((batches) => batches === 0);
    }, READY_BOUND_MS, () => `; ${counted} were`);
    if (counted < answered && gaps === 0) throw new Error(`T3: ${answered - counted} requests are missing, and nothing is said to be lost at a crash`);
    if (counted > answered) throw new Error(`T3: ${counted} requests were counted, and ${answered} answered`);
    return counted;
  }

  async #until(what: string, condition: () => Promise<boolean>, boundMs: number, detail: () => string = () => ''): Promise<void> {
    try {
      await waitUntil(what, condition, boundMs);
    } catch (thrown) {
      const planes = await Promise.all(this.#dataPlanes.map(async (dataPlane, index) => {
        const status = await dataPlane.status().catch(() => undefined);
        return `data plane ${index}: ${JSON.stringify({ config: status?.holdfast.config?.version, highest: status?.holdfast.highest_accepted, controlPlane: status?.holdfast.control_plane })}\n${dataPlane.log.slice(-6).map((line) => `  ${line.event}: ${line.msg}`).join('\n')}`;
      }));
      throw new Error([`${thrown instanceof Error ? thrown.message : String(thrown)}${detail()}`, ...planes, ...this.controlPlanes.map((one) => `${one.options.name}:\n${one.logTail}`)].join('\n'));
    }
  }

  /** Whatever goes on beside a fault ends with its next change. */
  async #leave(): Promise<void> {
    this.#over = true;
    for (const load of this.loads) await load.pause();
    await this.watch.stop();
  }
}

async function startControlPlanes(options: SceneOptions, folder: string, namespace: NetworkNamespace | undefined, database: OwnDatabase | undefined, cleanUp: CleanUp): Promise<readonly ControlPlaneRun[]> {
  const count = options.controlPlanes ?? 1;
  const ports = await freePorts(2 * count);
  const host = namespace?.addresses[0] ?? '127.0.0.1';
  const controlPlanes = Array.from({ length: count }, (_, index): ControlPlaneRun => new ControlPlaneRun({
    name: `control-plane-${index}`,
    stateFolder: join(folder, `control-plane-${index}`),
    host,
    adminPort: ports[2 * index] ?? 0,
    syncPort: ports[2 * index + 1] ?? 0,
    prefix: namespace?.prefix ?? [],
    adminTokenFile: join(folder, 'control-plane-0', 'admin-token'),
    environment: {
      ...database?.settings,
      ...(namespace === undefined ? {} : { HOLDFAST_SYNC_URLS: namespace.addresses.map((address) => `https://${address}:${ports[2 * index + 1]}`).join(',') }),
    },
  }));
  for (const controlPlane of controlPlanes) {
    cleanUp.add(() => removeEmbeddedPostgres({ stateFolder: controlPlane.options.stateFolder, clock: systemClock }));
    cleanUp.add(() => controlPlane.end('SIGKILL'));
    await controlPlane.start();
  }
  return controlPlanes;
}

/** Each data plane has a way of its own to the control planes, so that one can be hurt and the other not. */
function urlsFor(index: number, controlPlanes: readonly ControlPlaneRun[], links: readonly FaultProxy[], namespace: NetworkNamespace | undefined): readonly string[] {
  const link = links[index];
  if (link !== undefined) return [`https://127.0.0.1:${link.port}`];
  const urls = controlPlanes.map(({ options }) => `https://${namespace?.addresses[index] ?? '127.0.0.1'}:${options.syncPort}`);
  // The first data plane prefers the first control plane, the second the second.
  return index === FIRST ? urls : urls.toReversed();
}

/** All are held until the last is known, so they differ. */
async function freePorts(count: number): Promise<readonly number[]> {
  const servers = await Promise.all(Array.from({ length: count }, () => new Promise<ReturnType<typeof createServer>>((resolve) => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => resolve(server));
  })));
  const ports = servers.map((server) => {
    const address: AddressInfo | string | null = server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  });
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
