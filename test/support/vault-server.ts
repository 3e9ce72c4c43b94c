/**
 * A small real HTTP server in a vault's place: answers as the test says, in the vault's own wire format, and writes down what it was
 * asked. Also stands in for the services that give out credentials. Tests close it.
 */
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';

export interface VaultCall {
  readonly method: string;
  /** With query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface VaultReply {
  readonly status?: number;
  /** Anything but text is sent as JSON. */
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export class VaultServer {
  readonly port: number;
  readonly calls: VaultCall[] = [];
  readonly #server: Server;

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.port = port;
  }

  /** `answer` gives undefined for what is not there (404), a promise that stays for one that hangs. `port`: again where it was before. */
  static async start(answer: (call: VaultCall) => VaultReply | undefined | Promise<VaultReply | undefined>, port = 0): Promise<VaultServer> {
    const server = createServer((request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (text: string) => (body += text)).on('end', () => {
        const call = { method: request.method ?? '', path: request.url ?? '', headers: request.headers, body };
        vault.calls.push(call);
        void Promise.resolve(answer(call)).then((reply = { status: 404, body: { errors: [] } }) => {
          response.writeHead(reply.status ?? 200, { 'content-type': 'application/json', ...reply.headers });
          response.end(typeof reply.body === 'string' ? reply.body : JSON.stringify(reply.body));
        });
      });
    });
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
    const address = server.address();
    const vault = new VaultServer(server, typeof address === 'object' && address !== null ? address.port : 0);
    return vault;
  }

  get origin(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Cuts what is open. Idempotent. */
  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** HashiCorp Vault with a KV engine at `secret`, version 2, and one valid token at a time. */
export function kvAnswer(held: { readonly token: string; readonly secrets: Readonly<Record<string, Readonly<Record<string, string>>>> }): (call: VaultCall) => VaultReply | undefined {
  return ({ path, headers }) => {
    if (headers['x-vault-token'] !== held.token) return { status: 403, body: { errors: ['permission denied'] } };
    const name = /^\/v1\/secret\/data\/([^?]+)/.exec(path)?.[1];
    const data = name === undefined ? undefined : held.secrets[decodeURIComponent(name)];
    return data === undefined ? undefined : { body: { request_id: 'r', lease_id: '', renewable: false, lease_duration: 0, data: { data, metadata: { version: 1, destroyed: false } }, warnings: null } };
  };
}
