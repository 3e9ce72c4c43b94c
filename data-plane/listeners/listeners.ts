/**
 * The listening sockets of one proxy: opens them all or none, gives what each accepts to the right door, stops accepting at
 * a drain. Made by createProxy.
 */
import { isIPv4, type Server, type Socket } from 'node:net';
import type { Logger } from '../../shared/log.ts';
import type { SocketIo } from '../http1/socket-io.ts';
import type { AcceptedSocket } from '../http1/wire-socket.ts';
import type { ListenerOptions } from './listener-options.ts';

export interface ListenersOptions {
  readonly listeners: readonly ListenerOptions[];
  readonly reusePort: boolean;
  readonly io: SocketIo;
  readonly log: Logger;
  /** A connection that speaks HTTP from its first byte on. */
  readonly accepted: (socket: AcceptedSocket, port: number) => void;
  /** A connection that begins with something else. */
  readonly acceptedWithIntake: (socket: Socket, listener: ListenerOptions, port: number) => void;
}

export class Listeners {
  readonly #options: ListenersOptions;
  readonly #servers: Server[] = [];
  #stopped: Promise<void> | undefined;

  constructor(options: ListenersOptions) {
    this.#options = options;
  }

  /** The ports, in the order of the options. Rejects where one can't be had; then all are closed again. */
  async open(): Promise<readonly number[]> {
    const ports: number[] = [];
    try {
      for (const listener of this.#options.listeners) ports.push(await this.#open(listener));
    } catch (thrown) {
      await this.stopAccepting();
      throw thrown;
    }
    return ports;
  }

  /** Resolves when all listening sockets, and all sockets accepted by them, are closed. Idempotent. */
  stopAccepting(): Promise<void> {
    this.#stopped ??= Promise.all(this.#servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve())))).then(() => undefined);
    return this.#stopped;
  }

  async #open(listener: ListenerOptions): Promise<number> {
    const { io, log, reusePort, accepted, acceptedWithIntake } = this.#options;
    let port = listener.port;
    const needsIntake = listener.kind !== 'http' || listener.proxyProtocol;
    const server = needsIntake
      ? io.createListener((socket) => acceptedWithIntake(socket, listener, port))
      : io.createPlainListener((socket) => accepted(socket, port));
    const where = { host: listener.host, port, reusePort, ipv6Only: this.#sharesPort(listener) };
    port = await io.listen(server, where);
    this.#servers.push(server);
    server.on('error', (err) => log.error({ event: 'listener-failed', code: 'PROXY_LISTENER_FAILED', err }, 'the listener reported an error'));
    return port;
  }

  /** Beside a listener for IPv4 on the same port, one for all of IPv6 must leave that alone. */
  #sharesPort({ host, port }: ListenerOptions): boolean {
    return host.includes(':') && port !== 0 && this.#options.listeners.some((other) => other.port === port && isIPv4(other.host));
  }
}
