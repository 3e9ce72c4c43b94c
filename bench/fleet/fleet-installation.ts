/**
 * What a fleet connects to: an embedded Postgres of the bench's own, a store to fill it with, and control planes as real processes on it, which
 * may be killed and started again on their ports. Used by the fleet bench and by test/fleet.test.ts; all of it is gone after `stop`.
 */
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { removeEmbeddedPostgres, startEmbeddedPostgres, type EmbeddedPostgres } from '../../control-plane/embedded-postgres/embedded-postgres.ts';
import type { CertificateAuthority } from '../../control-plane/enrolment/certificate-authority.ts';
import { loadAuthority } from '../../control-plane/enrolment/load-authority.ts';
import { bootstrapDatabase, withClient, withDatabase } from '../../control-plane/store/prepare-database.ts';
import { withEveryEntity, type EntityScope } from '../../control-plane/store/scope.ts';
import { openStore, type Store } from '../../control-plane/store/store.ts';
import { AdminClient, get } from '../../deploy/quickstart/admin-client.ts';
import { pause, Processes } from '../../deploy/quickstart/processes.ts';
import { defined } from '../../shared/assert.ts';
import { systemClock } from '../../shared/clock.ts';
import { createLogger } from '../../shared/log.ts';
import { fingerprintOfRootBundle } from '../../shared/trust/root-set.ts';
import { THIS_VERSION } from '../../shared/this-version.ts';
import type { FleetTrust } from './simulators.ts';

export interface FleetOptions {
  /** Control planes on the one database; 1 where not said. */
  readonly instances?: number;
  /** Words for Node before the program, such as `--cpu-prof`. */
  readonly nodeWords?: readonly string[];
  /** Further settings for the control planes. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Without fsync: for tests, not for figures. */
  readonly careless?: boolean;
}

export interface ControlPlaneInstance {
  readonly name: string;
  readonly admin: AdminClient;
  /** `https://host:port` of its sync server; stays the same over restarts. */
  readonly url: string;
  readonly pid: () => number;
}

interface Ports {
  readonly admin: number;
  readonly sync: number;
}

const TRUST_DOMAIN = 'holdfast';
const DATABASE = 'holdfast';
const START_BOUND_MS = 60_000;
const LOAD_STATEMENT_MS = 120_000;
const CONTROL_PLANE = fileURLToPath(new URL('../../control-plane/main.ts', import.meta.url));
const log = createLogger({ part: 'bench', level: 'error', pretty: false });

export class FleetInstallation {
  readonly folder: string;
  readonly instances: readonly ControlPlaneInstance[];
  readonly #options: FleetOptions;
  readonly #processes: Processes;
  #postgres: EmbeddedPostgres | undefined;
  #environment: Readonly<Record<string, string>> = {};
  readonly #ports: readonly Ports[];
  #parts: { readonly store: Store; readonly authority: CertificateAuthority; readonly scope: EntityScope; readonly trust: FleetTrust } | undefined;
  #stopped: Promise<void> | undefined;

  private constructor(options: FleetOptions, folder: string, ports: readonly Ports[]) {
    this.#options = options;
    this.folder = folder;
    this.#ports = ports;
    this.#processes = new Processes(folder);
    this.instances = ports.map(({ admin, sync }, index) => {
      const name = `control-plane-${index}`;
      return { name, admin: new AdminClient(admin), url: `https://127.0.0.1:${sync}`, pid: () => defined(this.#processes.pidOf(name), `${name} runs`) };
    });
  }

  /** Resolves when every control plane answers. */
  static async start(options: FleetOptions = {}): Promise<FleetInstallation> {
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-fleet-'));
    // As root, Postgres runs as another user and must get to its folder in here.
    chmodSync(folder, 0o711);
    const ports: Ports[] = [];
    for (let index = 0; index < (options.instances ?? 1); index += 1) ports.push({ admin: await freePort(), sync: await freePort() });
    const installation = new FleetInstallation(options, folder, ports);
    try {
      await installation.#begin();
    } catch (thrown) {
      await installation.stop();
      throw thrown;
    }
    return installation;
  }

  get store(): Store {
    return defined(this.#parts, 'the store is open').store;
  }

  get authority(): CertificateAuthority {
    return defined(this.#parts, 'the authority is loaded').authority;
  }

  get scope(): EntityScope {
    return defined(this.#parts, 'the gateway is known').scope;
  }

  get trust(): FleetTrust {
    return defined(this.#parts, 'the trust is known').trust;
  }

  get trustDomain(): string {
    return TRUST_DOMAIN;
  }

  /** The postmaster; its children are the database's processes. */
  get postgresPid(): number {
    return defined(this.#postgres, 'Postgres runs').postmasterPid;
  }

  /** The first control plane, which the bench's changes go to. */
  get first(): ControlPlaneInstance {
    return defined(this.instances[0], 'there is a control plane');
  }

  /** Those that were started and neither stopped nor killed. */
  get running(): readonly ControlPlaneInstance[] {
    return this.instances.filter(({ name }) => this.#processes.pidOf(name) !== undefined);
  }

  /** Looks behind the control planes' backs. */
  query<Row extends object>(text: string, values: readonly (string | number)[] = []): Promise<readonly Row[]> {
    const superuser = withDatabase(defined(this.#postgres, 'Postgres runs').connectionString, DATABASE);
    return withClient(superuser, async (client) => (await client.query<Row>(text, [...values])).rows);
  }

  /** Kills it at once, as a crash would. */
  async kill(instance: ControlPlaneInstance): Promise<void> {
    await this.#processes.kill(instance.name);
  }

  /** SIGTERM, and resolves when it is gone. */
  async stopInstance(instance: ControlPlaneInstance): Promise<void> {
    await this.#processes.stop(instance.name);
  }

  /** Starts it (again), and resolves when its admin API answers. */
  async startInstance(instance: ControlPlaneInstance): Promise<void> {
    const index = this.instances.indexOf(instance);
    const ports = defined(this.#ports[index], 'its ports');
    const environment = {
      ...this.#environment,
      HOLDFAST_STATE_FOLDER: join(this.folder, instance.name),
      HOLDFAST_ADMIN_LISTEN: `127.0.0.1:${ports.admin}`,
      HOLDFAST_SYNC_LISTEN: `127.0.0.1:${ports.sync}`,
      HOLDFAST_STATUS_LISTEN: '127.0.0.1:0',
      ...this.#options.settings,
    };
    const [program, ...words] = [...(this.#options.nodeWords ?? []), CONTROL_PLANE];
    const started = this.#processes.start(instance.name, program, words, environment);
    const deadline = performance.now() + START_BOUND_MS;
    while ((await get(`${instance.admin.base}/status`)).status !== 200) {
      if (!started.running() || performance.now() > deadline) throw new Error(`${instance.name} did not start; the end of its log:\n${readFileSync(started.logFile, 'utf8').slice(-2_000)}`);
      await pause(20);
    }
  }

  /** Idempotent. */
  stop(): Promise<void> {
    this.#stopped ??= (async () => {
      await this.#processes.stopAll();
      await this.#parts?.store.stop();
      await this.#postgres?.stop();
      await removeEmbeddedPostgres({ stateFolder: join(this.folder, 'database'), clock: systemClock });
      rmSync(this.folder, { recursive: true, force: true });
    })();
    return this.#stopped;
  }

  async #begin(): Promise<void> {
    const stateFolder = join(this.folder, 'database');
    this.#postgres = await startEmbeddedPostgres({ stateFolder, publicFolder: join(this.folder, 'public'), log, clock: systemClock });
    const { connectionString: superuser } = this.#postgres;
    if (this.#options.careless === true) {
      await withClient(superuser, async (client) => {
        for (const setting of ['fsync', 'full_page_writes', 'synchronous_commit']) await client.query(`ALTER SYSTEM SET ${setting} = off`);
        await client.query('SELECT pg_reload_conf()');
      });
    }
    const connectionString = await bootstrapDatabase({ superuserConnectionString: superuser, passwordFile: join(stateFolder, 'database-password'), databaseName: DATABASE, log });
    const keyEncryptionKey = Buffer.alloc(32, 7);
    const rootKeyFile = join(this.folder, 'root-key.pem');
    this.#environment = {
      HOLDFAST_DATABASE_URL: connectionString,
      HOLDFAST_KEY_ENCRYPTION_KEY: keyEncryptionKey.toString('base64'),
      HOLDFAST_ROOT_KEY_FILE: rootKeyFile,
      HOLDFAST_TRUST_DOMAIN: TRUST_DOMAIN,
      HOLDFAST_DEVELOPMENT_MODE: 'true',
    };
    // One after the other, because the first one makes the keys.
    for (const instance of this.instances) await this.startInstance(instance);
    const store = await openStore({ connectionString, keyEncryptionKey, log, clock: systemClock, statementTimeoutMs: LOAD_STATEMENT_MS });
    const authority = await loadAuthority({ signingKeys: store.signingKeys, files: undefined, clock: systemClock, log });
    const [tenant] = await store.tenants.list();
    const [gateway] = await store.gateways.list(defined(tenant, 'the first tenant').id);
    const { tenantId, gatewayId } = defined(gateway, 'its gateway');
    const [root] = await store.signingKeys.listStatements('root', undefined);
    const rootFingerprint = fingerprintOfRootBundle(defined(root, 'a root statement').statement);
    this.#parts = { store, authority, scope: withEveryEntity({ tenantId, gatewayId }), trust: { caCertificates: authority.certificatePem, rootFingerprint, softwareVersion: THIS_VERSION } };
  }
}

/** Free now; whoever takes it before the control plane does makes that one's start fail, loudly. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
