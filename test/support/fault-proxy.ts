/**
 * A TCP proxy that is a bad network: slow, late, lossy, silent one way or both ways, cut. Stands in front of anything that
 * speaks TCP. Bytes are never lost or changed, because TCP never shows that: a lost packet shows as a wait for its
 * retransmission, and too many of them as a reset. Packets are really dropped by network-namespace.ts.
 */
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

export type Direction = 'to-server' | 'to-client';

export interface Weather {
  /** Each chunk waits so long, each way. */
  readonly latencyMs: number;
  /** Each way, all connections apart; Infinity: as fast as it goes. */
  readonly bytesPerSecond: number;
  /** Probability that a chunk is lost on its way, 0…1. */
  readonly loss: number;
  /** Nothing gets through in these directions until the weather changes; neither side is told. */
  readonly silent: readonly Direction[];
}

export const FAIR_WEATHER: Weather = { latencyMs: 0, bytesPerSecond: Number.POSITIVE_INFINITY, loss: 0, silent: [] };

/** As Linux does: the first retransmission after 200 ms, then twice as long each time. */
const RETRANSMISSION_MS = 200;
/** So many losses in a row and the connection is given up. */
const GIVE_UP_AFTER = 8;

export class FaultProxy {
  readonly #target: { readonly host: string; readonly port: number };
  /** Uniform in [0, 1). */
  readonly #random: () => number;
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #port = 0;
  #weather: Weather = FAIR_WEATHER;
  #changed = Promise.withResolvers<void>();
  #connections = 0;
  #carriedBytes = 0;

  private constructor(target: { readonly host: string; readonly port: number }, random: () => number) {
    this.#target = target;
    this.#random = random;
  }

  /** Listens on 127.0.0.1, on a free port that stays the same. */
  static async start(target: { readonly host: string; readonly port: number }, random: () => number = Math.random): Promise<FaultProxy> {
    const proxy = new FaultProxy(target, random);
    await proxy.mend();
    return proxy;
  }

  get port(): number {
    return this.#port;
  }

  /** So far. */
  get connections(): number {
    return this.#connections;
  }

  /** Both ways, so far. */
  get carriedBytes(): number {
    return this.#carriedBytes;
  }

  /** From now on, for open connections and new ones. */
  set(weather: Partial<Weather>): void {
    this.#weather = { ...FAIR_WEATHER, ...weather };
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  /** Open connections are reset; new ones are made as before. */
  reset(): void {
    for (const socket of this.#sockets) reset(socket);
  }

  /** Open connections are reset and new ones refused, until `mend`. */
  async cut(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    const closed = new Promise<void>((resolve) => (server === undefined ? resolve() : server.close(() => resolve())));
    this.reset();
    await closed;
  }

  /** New connections are taken again. */
  async mend(): Promise<void> {
    if (this.#server !== undefined) return;
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => this.#carry(client));
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.#port, '127.0.0.1', resolve);
    });
    const address: AddressInfo | string | null = server.address();
    this.#port = typeof address === 'object' && address !== null ? address.port : 0;
  }

  async stop(): Promise<void> {
    this.set(FAIR_WEATHER);
    await this.cut();
  }

  #carry(client: Socket): void {
    this.#connections += 1;
    const server = connect({ ...this.#target, allowHalfOpen: true, noDelay: true });
    for (const [end, other] of [[client, server], [server, client]] as const) {
      this.#sockets.add(end);
      end.on('error', () => reset(other));
      end.on('close', () => this.#sockets.delete(end));
    }
    void this.#pump(client, server, 'to-server');
    void this.#pump(server, client, 'to-client');
  }

  async #pump(from: Socket, to: Socket, direction: Direction): Promise<void> {
    try {
      for await (const chunk of from) {
        if (!Buffer.isBuffer(chunk)) continue;
        await this.#pass(direction, chunk.length);
        this.#carriedBytes += chunk.length;
        if (!to.write(chunk) && !to.destroyed) await new Promise<void>((resolve) => to.once('drain', resolve).once('close', resolve));
      }
      await this.#pass(direction, 0);
      to.end();
    } catch {
      // One of the two is gone; its error has told the other.
      to.destroy();
    }
  }

  /** Resolves when a chunk has got through; rejects where the connection is given up. */
  async #pass(direction: Direction, bytes: number): Promise<void> {
    for (let losses = 0; this.#random() < this.#weather.loss; losses++) {
      if (losses === GIVE_UP_AFTER) throw new Error('too many packets were lost');
      await Promise.race([pause(RETRANSMISSION_MS * 2 ** losses), this.#changed.promise]);
    }
    const waitMs = this.#weather.latencyMs + (bytes / this.#weather.bytesPerSecond) * 1000;
    if (waitMs > 0) await pause(waitMs);
    while (this.#weather.silent.includes(direction)) await this.#changed.promise;
  }
}

/** One that is being ended is only cut: reset meanwhile, Node 24 waits at its exit, for ever, for that end. */
function reset(socket: Socket): void {
  if (socket.writableEnded || socket.connecting) socket.destroy();
  else socket.resetAndDestroy();
}
