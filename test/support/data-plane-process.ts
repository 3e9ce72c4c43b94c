/**
 * A data plane as a process of its own, as people run it, in a state folder that outlives it. Its log is kept for
 * assertions; nothing is left behind after `destroy`.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { waitUntil } from './wait-until.ts';

/** Many processes start at once on few cores when all tests run. */
const DEADLINE_MS = 30_000;
const MAIN = fileURLToPath(new URL('../../data-plane/main.ts', import.meta.url));

export interface LogLine {
  readonly event: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
}

/** What `/status` says under `holdfast`, as far as tests look at it. */
export interface StatusBody {
  readonly configuration_hash: string;
  readonly holdfast: {
    readonly ready: boolean;
    readonly config: { readonly version: string; readonly content_root: string; readonly source: string; readonly quarantined: readonly { readonly code: string }[] } | null;
    readonly highest_accepted: string | null;
    readonly fell_back: { readonly from: { readonly version: string }; readonly to: string } | null;
    readonly control_plane: { readonly connected: boolean; readonly reason: string | null; readonly newest: string | null; readonly head_refused: { readonly code: string; readonly reasons: readonly string[] } | null };
    readonly proxy: { readonly crashes: number; readonly threads: readonly { readonly version: string | null; readonly listening: boolean }[] };
    readonly cache: { readonly slots: number; readonly known_good: { readonly version: string } | null; readonly refused: readonly { readonly file: string; readonly reason: string }[] };
    readonly telemetry: { readonly produced: number; readonly delivered: number; readonly buffered: number };
  };
}

export class DataPlaneProcess {
  readonly stateFolder: string;
  readonly proxyPort: number;
  /** HTTPS. */
  readonly proxyTlsPort: number;
  readonly statusPort: number;
  readonly #child: ChildProcess;
  readonly #lines: string[] = [];
  readonly #exited: Promise<number | string>;
  /** All that were started in this state folder, each after the one before. */
  readonly #family: DataPlaneProcess[];
  #errors = '';

  private constructor(stateFolder: string, family: DataPlaneProcess[], ports: readonly [number, number, number], environment: Readonly<Record<string, string>>, main: string) {
    this.stateFolder = stateFolder;
    this.#family = family;
    family.push(this);
    [this.proxyPort, this.proxyTlsPort, this.statusPort] = ports;
    const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('HOLDFAST_')));
    this.#child = spawn(process.execPath, [main], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...inherited,
        HOLDFAST_STATE_FOLDER: stateFolder,
        HOLDFAST_PROXY_LISTEN: `127.0.0.1:${this.proxyPort}`,
        HOLDFAST_PROXY_TLS_LISTEN: `127.0.0.1:${this.proxyTlsPort}`,
        HOLDFAST_STATUS_LISTEN: `127.0.0.1:${this.statusPort}`,
        HOLDFAST_PROXY_THREADS: '2',
        HOLDFAST_DRAIN_DELAY: '0s',
        HOLDFAST_LOG_FORMAT: 'json',
        ...environment,
      },
    });
    this.#exited = new Promise((resolve) => this.#child.once('exit', (code, signal) => resolve(code ?? signal ?? 'unknown')));
    let rest = '';
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      this.#lines.push(...lines);
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.#errors += text));
  }

  /** `before`: starts again in its state folder, on its ports. `main`: of another release. */
  static async start(environment: Readonly<Record<string, string>>, before?: DataPlaneProcess, main = MAIN): Promise<DataPlaneProcess> {
    const stateFolder = before?.stateFolder ?? mkdtempSync(join(tmpdir(), 'holdfast-data-plane-'));
    const ports = before === undefined ? await freePorts() : ([before.proxyPort, before.proxyTlsPort, before.statusPort] as const);
    return new DataPlaneProcess(stateFolder, before === undefined ? [] : before.#family, ports, environment, main);
  }

  /** All that was logged so far. */
  get log(): readonly LogLine[] {
    return this.#lines.map((line) => JSON.parse(line) as LogLine);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get errors(): string {
    return this.#errors;
  }

  /** The exit code, or the signal it died of. */
  get exited(): Promise<number | string> {
    return this.#exited;
  }

  logged(event: string, matches: (line: LogLine) => boolean = () => true, deadlineMs = DEADLINE_MS): Promise<LogLine> {
    return this.#waitUntil(`the log line "${event}"`, () => this.log.find((line) => line.event === event && matches(line)), deadlineMs);
  }

  /** Ready, by its status port. */
  async ready(deadlineMs = DEADLINE_MS): Promise<void> {
    await this.#waitUntil('ready', async () => (await this.get('/status/ready', this.statusPort)).status === 200, deadlineMs);
  }

  async status(): Promise<StatusBody> {
    return JSON.parse((await this.get('/status', this.statusPort)).body) as StatusBody;
  }

  async statusWhere(what: string, matches: (status: StatusBody) => boolean, deadlineMs = DEADLINE_MS): Promise<StatusBody> {
    return this.#waitUntil(what, async () => {
      const status = await this.status().catch(() => undefined);
      return status !== undefined && matches(status) ? status : undefined;
    }, deadlineMs);
  }

  /** A request on a connection of its own; status 0 where there is no answer. */
  get(path: string, port = this.proxyPort, headers: Readonly<Record<string, string>> = {}): Promise<HttpAnswer> {
    return new Promise((resolve) => {
      const outgoing = request({ host: '127.0.0.1', port, path, headers, agent: false, timeout: 5_000 }, (incoming) => {
        let body = '';
        incoming.setEncoding('utf8').on('data', (text: string) => (body += text));
        incoming.on('end', () => resolve({ status: incoming.statusCode ?? 0, body }));
        incoming.on('error', () => resolve({ status: 0, body: 'cut' }));
      });
      outgoing.on('timeout', () => outgoing.destroy());
      outgoing.on('error', (error) => resolve({ status: 0, body: error.message }));
      outgoing.end();
    });
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#exited;
  }

  /** Ends it and all that share its folder (one that still writes there would keep it), then deletes the folder. */
  async destroy(): Promise<void> {
    await Promise.all(this.#family.map((one) => one.kill()));
    rmSync(this.stateFolder, { recursive: true, force: true });
  }

  async #waitUntil<T>(what: string, condition: () => T | Promise<T>, deadlineMs: number): Promise<NonNullable<T>> {
    try {
      return await waitUntil(what, condition, deadlineMs);
    } catch (thrown) {
      const { body } = await this.get('/status', this.statusPort);
      throw new Error(`${thrown instanceof Error ? thrown.message : String(thrown)}; its log:\n${this.#lines.slice(-40).join('\n')}\n${this.#errors}\nits status: ${body}`);
    }
  }
}

/** Three ports that are free now. */
async function freePorts(): Promise<readonly [number, number, number]> {
  const servers = await Promise.all([0, 0, 0].map(listen));
  const [proxy = 0, proxyTls = 0, status = 0] = servers.map(({ port }) => port);
  await Promise.all(servers.map(({ close }) => close()));
  return [proxy, proxyTls, status];
}

async function listen(port: number): Promise<{ readonly port: number; readonly close: () => Promise<void> }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const address: AddressInfo | string | null = server.address();
  return { port: typeof address === 'object' && address !== null ? address.port : 0, close: () => new Promise((resolve) => server.close(() => resolve())) };
}
