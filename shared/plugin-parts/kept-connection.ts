/**
 * One TCP or TLS connection to a receiver of logs, for tcp-log, syslog, loggly and statsd: made when first used, kept between sends,
 * closed after a while without any, made again after it broke. What a send rejects with, the queue of the plugin tries again.
 *
 * TCP does not say what arrived: bytes that the kernel took before a connection broke are lost, and a send that broke in its middle is
 * repeated whole.
 */
import type { Duplex } from 'node:stream';
import { HoldfastError } from '../errors.ts';
import type { ConnectOptions, PluginServices } from '../plugins/plugin-services.ts';

export interface KeptConnectionOptions {
  readonly host: string;
  readonly port: number;
  readonly tls: ConnectOptions['tls'];
  /** To connect, and for each send. */
  readonly timeoutMs: number;
  /** How long it is kept without being used; 0 closes it after each send. */
  readonly keepaliveMs: number;
}

export class KeptConnection {
  readonly #services: Pick<PluginServices, 'connect' | 'every' | 'clock'>;
  readonly #options: KeptConnectionOptions;
  #current: Duplex | undefined;
  #coming: Promise<Duplex> | undefined;
  #sending = 0;
  #lastUsedMs = 0;

  constructor(services: Pick<PluginServices, 'connect' | 'every' | 'clock'>, options: KeptConnectionOptions) {
    this.#services = services;
    this.#options = options;
  }

  /** Until the kernel has all bytes. Rejects with CONNECT_*; then there is no connection until the next send makes one. */
  async send(bytes: Uint8Array): Promise<void> {
    this.#sending += 1;
    try {
      const connection = this.#current ?? (await (this.#coming ??= this.#connect()));
      await this.#write(connection, bytes);
    } finally {
      this.#sending -= 1;
      this.#lastUsedMs = this.#services.clock.monotonicMs();
    }
    if (this.#options.keepaliveMs === 0 && this.#sending === 0) this.#end();
  }

  async #connect(): Promise<Duplex> {
    const { host, port, tls, timeoutMs, keepaliveMs } = this.#options;
    try {
      const connection = await this.#services.connect(host, port, { timeoutMs, ...(tls === undefined ? {} : { tls }) });
      this.#current = connection;
      const idle = keepaliveMs === 0 ? undefined : this.#services.every(keepaliveMs, () => this.#endIfIdle());
      connection.once('close', () => {
        idle?.cancel();
        if (this.#current === connection) this.#current = undefined;
      });
      // A receiver that closes is only noticed by who reads; what it says is nothing to us.
      connection.once('end', () => connection.destroy()).resume();
      return connection;
    } finally {
      this.#coming = undefined;
    }
  }

  #write(connection: Duplex, bytes: Uint8Array): Promise<void> {
    const { host, port, timeoutMs } = this.#options;
    return new Promise((resolve, reject) => {
      const broke = (): void => done(brokenSend(host, port, 'the connection broke'));
      const timer = this.#services.every(timeoutMs, () => {
        done(brokenSend(host, port, `it did not take all in ${timeoutMs} ms`));
        connection.destroy();
      });
      const done = (problem?: HoldfastError): void => {
        timer.cancel();
        connection.off('close', broke);
        if (problem === undefined) resolve();
        else reject(problem);
      };
      connection.once('close', broke);
      if (connection.destroyed) broke();
      else connection.write(bytes, (thrown) => done(thrown == null ? undefined : brokenSend(host, port, thrown.message)));
    });
  }

  #endIfIdle(): void {
    if (this.#sending === 0 && this.#services.clock.monotonicMs() - this.#lastUsedMs >= this.#options.keepaliveMs) this.#end();
  }

  /** A receiver that does not close its side would keep ours open. */
  #end(): void {
    const connection = this.#current;
    this.#current = undefined;
    connection?.end(() => connection.destroy());
  }
}

function brokenSend(host: string, port: number, reason: string): HoldfastError {
  return new HoldfastError({ code: 'CONNECT_FAILED', source: 'gateway', retryable: true, publicMessage: 'a receiver of logs did not take them', message: `${host}:${port}: ${reason}` });
}
