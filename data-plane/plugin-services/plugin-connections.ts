/**
 * `services.connect`: TCP and TLS to servers that speak no HTTP, LDAP and the like. The same addresses are refused as by plugin-fetch.ts;
 * connections are bounded in number until they are closed (R5), and thread-plugin-services.ts closes those of an instance with it.
 */
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import type { Clock } from '../../shared/clock.ts';
import { describeThrown, HoldfastError } from '../../shared/errors.ts';
import type { ConnectOptions } from '../../shared/plugins/plugin-services.ts';
import { PluginNetworks } from './plugin-networks.ts';

export interface PluginConnectionsOptions {
  readonly clock: Clock;
  /** Addresses and CIDR blocks that may be reached although they are not of the open Internet. Metadata addresses never are. */
  readonly networks: readonly string[];
}

/** Open, or on their way, at a time in a thread. */
const MOST_OPEN = 64;
/** Of those, for plugins that send logs, which keep them. */
const MOST_OF_LOGS = 48;

export class PluginConnections {
  readonly #clock: Clock;
  readonly #networks: PluginNetworks;
  #open = 0;
  #openOfLogs = 0;

  constructor({ clock, networks }: PluginConnectionsOptions) {
    this.#clock = clock;
    this.#networks = new PluginNetworks(networks);
  }

  /** Open, or on their way. */
  get size(): number {
    return this.#open;
  }

  /** `begun` gets the socket at once, to destroy it when it likes. Rejects with CONNECT_ADDRESS_REFUSED, CONNECT_BUSY, CONNECT_TIMED_OUT or CONNECT_FAILED. */
  async connect(host: string, port: number, options: ConnectOptions, begun: (socket: Socket) => void, isLog = false): Promise<Duplex> {
    if (isIP(host) !== 0 && this.#networks.isRefused(host)) throw addressRefused(host);
    const most = isLog ? MOST_OF_LOGS : MOST_OPEN;
    if ((isLog ? this.#openOfLogs : this.#open) >= most || this.#open >= MOST_OPEN) throw new HoldfastError({ code: 'CONNECT_BUSY', source: 'gateway', retryable: true, publicMessage: 'too many connections of plugins are open', message: `${most} connections of plugins${isLog ? ' that send logs' : ''} are open in this thread` });
    const { timeoutMs } = options;
    const { promise, resolve, reject } = Promise.withResolvers<Duplex>();
    const socket = this.#begin(host, port, options);
    this.#open += 1;
    if (isLog) this.#openOfLogs += 1;
    const timer = this.#clock.after(timeoutMs, () => socket.destroy(timedOut(host, port, timeoutMs)));
    socket.once(options.tls === undefined ? 'connect' : 'secureConnect', () => {
      timer.cancel();
      resolve(socket);
    });
    // It stays when the plugin has the connection: an error that nobody listens to would end the thread.
    socket.on('error', (thrown) => reject(failureOf(thrown, host, port)));
    socket.once('close', () => {
      this.#open -= 1;
      if (isLog) this.#openOfLogs -= 1;
      timer.cancel();
      reject(failed(host, port, 'the connection was closed'));
    });
    begun(socket);
    return promise;
  }

  #begin(host: string, port: number, { tls }: ConnectOptions): Socket {
    const place = { host, port, lookup: this.#networks.lookup(addressRefused), noDelay: true, keepAlive: true };
    try {
      const socket = tls === undefined ? connectTcp(place) : connectTls({ ...place, rejectUnauthorized: tls.verify, ...serverNameOf(host, tls.serverName), ...(tls.authorities === undefined ? {} : { ca: [...tls.authorities] }) });
      return socket.unref();
    } catch (thrown) {
      // A port or certificate that can't be.
      throw failed(host, port, describeThrown(thrown));
    }
  }
}

/** An address is no name to ask for (RFC 6066 §3). */
function serverNameOf(host: string, serverName: string | null): { readonly servername?: string } {
  if (serverName !== null) return { servername: serverName };
  return isIP(host) === 0 ? { servername: host } : {};
}

function failureOf(thrown: Error, host: string, port: number): HoldfastError {
  if (thrown instanceof HoldfastError) return thrown;
  // Of several addresses, each with an error of its own.
  return failed(host, port, thrown instanceof AggregateError ? thrown.errors.map(describeThrown).join('; ') : thrown.message);
}

function failed(host: string, port: number, reason: string): HoldfastError {
  return new HoldfastError({ code: 'CONNECT_FAILED', source: 'gateway', retryable: true, publicMessage: 'a server that a plugin uses could not be reached', message: `${host}:${port}: ${reason}` });
}

function timedOut(host: string, port: number, timeoutMs: number): HoldfastError {
  return new HoldfastError({ code: 'CONNECT_TIMED_OUT', source: 'gateway', retryable: true, publicMessage: 'a server that a plugin uses could not be reached in time', message: `no connection to ${host}:${port} in ${timeoutMs} ms` });
}

function addressRefused(host: string): HoldfastError {
  return new HoldfastError({ code: 'CONNECT_ADDRESS_REFUSED', source: 'gateway', publicMessage: 'a plugin may not connect there', message: `plugins may not connect to ${host}: its address is not one of the open Internet; allow it in HOLDFAST_PLUGIN_FETCH_NETWORKS (metadata addresses of clouds never are)` });
}
