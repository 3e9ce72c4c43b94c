/**
 * Which way sockets are read and written (HOLDFAST_SOCKET_IO). Sockets by handle rest on what Node does not document, so
 * each proxy thread first proves on a loopback pair that they do what they are used for; any surprise, and the documented
 * API does it. Takes some milliseconds, once.
 */
import { createServer, type Server } from 'node:net';
import { describeThrown, HoldfastError } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log.ts';
import { HandleIo } from './handle-io.ts';
import type { InternalModules } from './node-handles.ts';
import { checkTlsHandles } from './tls-handle-check.ts';
import type { AcceptedSocket, SocketIoKind, SocketOwner, WireSocket } from './wire-socket.ts';

export type SocketIoSetting = 'auto' | SocketIoKind;

const CHECK_TIMEOUT_MS = 2_000;
const PIECE_BYTES = 65_521;
const MAX_PIECES = 1_024;

/** Throws SOCKET_IO_UNUSABLE where handles are demanded and do not work. `modules` is for tests. */
export async function chooseSocketIo(setting: SocketIoSetting, log: Logger, modules?: InternalModules): Promise<SocketIoKind> {
  if (setting === 'documented') return 'documented';
  const surprise = await checkHandles(modules);
  if (surprise === undefined) return 'handle';
  if (setting === 'handle') {
    throw new HoldfastError({
      code: 'SOCKET_IO_UNUSABLE',
      source: 'gateway',
      publicMessage: 'this Node has no socket handles that work',
      message: `HOLDFAST_SOCKET_IO=handle, but on this Node ${process.version} the check found: ${surprise}; use auto or documented`,
    });
  }
  log.warn({ event: 'socket-io-documented', reason: surprise }, `sockets are read by the documented API, which costs more CPU: ${surprise}`);
  return 'documented';
}

/** What does not behave as expected; undefined where all does. */
export async function checkHandles(modules?: InternalModules): Promise<string | undefined> {
  let defect: unknown;
  const io = HandleIo.open((thrown) => (defect ??= thrown), modules);
  if (io === undefined) return 'the internal modules are not as we know them';
  const pair = new LoopbackPair(io);
  const cleanUps: (() => void)[] = [];
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve('the check did not end in time'), CHECK_TIMEOUT_MS);
  });
  try {
    const checked = pair.check().then((found) => found ?? checkTlsHandles(io, (close) => cleanUps.push(close)));
    const surprise = await Promise.race([checked, tooLate]);
    return surprise ?? (defect === undefined ? undefined : describeThrown(defect));
  } catch (thrown) {
    return describeThrown(thrown);
  } finally {
    clearTimeout(timer);
    pair.close();
    for (const close of cleanUps) close();
  }
}

/** Keeps what it hears, and wakes whoever waits for it. */
class Listener implements SocketOwner {
  bytes: Buffer[] = [];
  hasEnded = false;
  isFlushed = false;
  isLost = false;
  cause: Error | undefined;
  readonly #changed: () => void;

  constructor(changed: () => void) {
    this.#changed = changed;
  }

  received(buffer: Buffer, start: number, end: number): void {
    this.bytes.push(Buffer.from(buffer.subarray(start, end)));
    this.#changed();
  }

  flushed(): void {
    this.isFlushed = true;
    this.#changed();
  }

  ended(): void {
    this.hasEnded = true;
    this.#changed();
  }

  lost(cause: Error | undefined): void {
    this.isLost = true;
    this.cause = cause;
    this.#changed();
  }

  /** The code of the error with which the connection went. */
  get lostBy(): unknown {
    return this.cause === undefined ? undefined : Reflect.get(this.cause, 'code');
  }
}

class LoopbackPair {
  readonly #io: HandleIo;
  readonly #server: Server = createServer((socket) => {
    socket.destroy();
    this.#accepted('documented');
  });
  readonly #sockets: WireSocket[] = [];
  #accepted: (how: 'documented' | AcceptedSocket) => void = () => undefined;
  #wake: () => void = () => undefined;

  constructor(io: HandleIo) {
    this.#io = io;
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }

  /** Gives the first surprise. */
  async check(): Promise<string | undefined> {
    const port = await this.#listen();
    return (await this.#checkExchange(port)) ?? (await this.#checkReset(port)) ?? (await this.#checkRefusal(port));
  }

  #listen(): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(0, '127.0.0.1', () => {
        this.#io.takeOver(this.#server, (socket) => this.#accepted(socket));
        const address = this.#server.address();
        resolve(typeof address === 'object' && address !== null ? address.port : 0);
      });
    });
  }

  /** Read, write, a write larger than the kernel takes, the end of each side. */
  async #checkExchange(port: number): Promise<string | undefined> {
    const pair = await this.#connect(port);
    if (pair === undefined) return 'no connection came about';
    const { client, clientSide, server, serverSide } = pair;
    if (!client.write(Buffer.from('ping')) || client.unsentBytes !== 0) return 'a small write was not done at once';
    await this.#until(() => clientSide.hasEnded || serverSide.bytes.length > 0);
    if (Buffer.concat(serverSide.bytes).toString() !== 'ping') return 'other bytes were read than written';

    server.pause();
    const sent: Buffer[] = [];
    let isTaken = true;
    for (let piece = 0; isTaken && piece < MAX_PIECES; piece++) {
      const bytes = Buffer.alloc(PIECE_BYTES, piece % 251);
      sent.push(bytes);
      isTaken = client.write(bytes);
    }
    if (isTaken || client.unsentBytes === 0) return 'a peer that reads nothing takes everything';
    client.end();
    server.resume();
    await this.#until(() => serverSide.hasEnded || serverSide.isLost);
    if (!clientSide.isFlushed || client.unsentBytes !== 0) return 'a write that had to wait was not reported as done';
    if (!Buffer.concat(serverSide.bytes.slice(1)).equals(Buffer.concat(sent))) return 'bytes of a write that had to wait differ';
    if (server.usable || client.usable) return 'a connection that has ended looks usable';
    server.end();
    await this.#until(() => clientSide.isLost && serverSide.isLost);
    if (!clientSide.hasEnded || clientSide.cause !== undefined || serverSide.cause !== undefined) return 'an orderly end looks like an error';
    return undefined;
  }

  async #checkReset(port: number): Promise<string | undefined> {
    const pair = await this.#connect(port);
    if (pair === undefined) return 'no second connection came about';
    pair.server.reset();
    await this.#until(() => pair.clientSide.isLost || pair.clientSide.hasEnded);
    return pair.clientSide.lostBy === 'ECONNRESET' ? undefined : 'a reset does not look like one';
  }

  async #checkRefusal(port: number): Promise<string | undefined> {
    await new Promise((resolve) => this.#server.close(resolve));
    const side = new Listener(() => this.#wake());
    this.#sockets.push(this.#io.connect({ address: '127.0.0.1', isIPv6: false, port }, side, () => side.ended()));
    await this.#until(() => side.isLost || side.hasEnded);
    return side.lostBy === 'ECONNREFUSED' ? undefined : 'a refused connection does not look like one';
  }

  /** Both sides of a connection; undefined where the server's side came by the documented way. */
  async #connect(port: number): Promise<{ client: WireSocket; clientSide: Listener; server: WireSocket; serverSide: Listener } | undefined> {
    const clientSide = new Listener(() => this.#wake());
    const serverSide = new Listener(() => this.#wake());
    const accepted = new Promise<WireSocket | undefined>((resolve) => {
      this.#accepted = (how) => resolve(how === 'documented' || how.peerAddress !== '127.0.0.1' || how.localPort !== port ? undefined : how.adopt(serverSide));
    });
    let isConnected = false;
    const client = this.#io.connect({ address: '127.0.0.1', isIPv6: false, port }, clientSide, () => {
      isConnected = true;
      this.#wake();
    });
    this.#sockets.push(client);
    const server = await accepted;
    await this.#until(() => isConnected || clientSide.isLost);
    if (server === undefined || !isConnected) return undefined;
    this.#sockets.push(server);
    return { client, clientSide, server, serverSide };
  }

  #until(condition: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = () => {
        if (condition()) resolve();
      };
      this.#wake();
    });
  }
}
