/**
 * `services.datagrams`: UDP to statsd, syslog and the like. The same addresses are refused as by plugin-fetch.ts; a name is resolved again
 * now and then, in the background. Nothing waits: what can't be sent at once is dropped and counted (R5). What was sent is not counted here:
 * plugins send from their queues, which count their entries.
 */
import { createSocket, type Socket } from 'node:dgram';
import { lookup as systemLookup, type LookupAddress } from 'node:dns';
import { isIP } from 'node:net';
import type { Clock, TimerHandle } from '../../shared/clock.ts';
import { describeThrown, HoldfastError } from '../../shared/errors.ts';
import type { DatagramSender, PluginServices } from '../../shared/plugins/plugin-services.ts';
import type { OutputCounter } from './plugin-output.ts';
import type { PluginNetworks } from './plugin-networks.ts';

export interface DatagramOptions {
  readonly clock: Clock;
  readonly networks: PluginNetworks;
  readonly counter: OutputCounter;
  readonly log: PluginServices['log'];
}

const RESOLVE_EVERY_MS = 30_000;
/** After a failure, sooner. */
const RESOLVE_AGAIN_MS = 2_000;
/** Bytes that the kernel has not taken. */
const MAX_QUEUED_BYTES = 1_048_576;
const TELL_EVERY_MS = 10_000;

/** Throws CONNECT_ADDRESS_REFUSED for an address that plugins may not reach; of a name that is found out later, and told in the log. */
export function openDatagrams(host: string, port: number, options: DatagramOptions): DatagramSender {
  const family = isIP(host);
  if (family !== 0 && options.networks.isRefused(host)) throw addressRefused(host);
  return new PluginDatagrams(host, port, options, family === 0 ? undefined : { address: host, family });
}

class PluginDatagrams implements DatagramSender {
  readonly #host: string;
  readonly #port: number;
  readonly #options: DatagramOptions;
  #place: LookupAddress | undefined;
  #socket: Socket | undefined;
  #socketFamily = 0;
  #timer: TimerHandle | undefined;
  #toldAtMs = Number.NEGATIVE_INFINITY;
  #isClosed = false;

  constructor(host: string, port: number, options: DatagramOptions, place: LookupAddress | undefined) {
    this.#host = host;
    this.#port = port;
    this.#options = options;
    this.#place = place;
    if (place === undefined) this.#resolve();
  }

  send(bytes: Uint8Array): void {
    const { counter } = this.#options;
    const place = this.#place;
    if (this.#isClosed || place === undefined) return counter.drop('unresolved', 1);
    const socket = this.#socketFor(place.family);
    if (socket.getSendQueueSize() + bytes.length > MAX_QUEUED_BYTES) return counter.drop('socket-full', 1);
    try {
      socket.send(bytes, this.#port, place.address, (error) => {
        if (error !== null) this.#failed(error);
      });
    } catch (thrown) {
      // A port that can't be.
      this.#failed(thrown);
    }
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#timer?.cancel();
    this.#dropSocket();
  }

  #failed(thrown: unknown): void {
    this.#options.counter.drop('network', 1);
    this.#tell(describeThrown(thrown));
  }

  #socketFor(family: number): Socket {
    if (this.#socket !== undefined && this.#socketFamily === family) return this.#socket;
    this.#dropSocket();
    const socket = createSocket({
      type: family === 6 ? 'udp6' : 'udp4',
      // What is sent to is an address already: nothing may be asked for it again, least of all by somebody else.
      lookup: (address, _options, callback) => callback(null, address, family),
    });
    socket.on('error', (error) => {
      this.#tell(error.message);
      if (this.#socket === socket) this.#dropSocket();
    });
    socket.unref();
    this.#socket = socket;
    this.#socketFamily = family;
    return socket;
  }

  /** What is under way is sent first. */
  #dropSocket(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    if (socket === undefined) return;
    try {
      socket.close();
    } catch {
      // It was closed by its error.
    }
  }

  /** The first address that may be reached; the one before stays where nothing is found. */
  #resolve(): void {
    systemLookup(this.#host, { all: true }, (error, addresses) => {
      if (this.#isClosed) return;
      const allowed = error === null ? addresses.find(({ address }) => !this.#options.networks.isRefused(address)) : undefined;
      if (allowed !== undefined) this.#place = allowed;
      else if (error !== null) this.#tell(`${this.#host} can't be resolved: ${error.message}`);
      else {
        // Where it leads now it may not go on.
        this.#place = undefined;
        this.#tell(addressRefused(this.#host).message);
      }
      this.#timer = this.#options.clock.after(allowed === undefined ? RESOLVE_AGAIN_MS : RESOLVE_EVERY_MS, () => this.#resolve());
    });
  }

  #tell(reason: string): void {
    const nowMs = this.#options.clock.monotonicMs();
    if (nowMs - this.#toldAtMs < TELL_EVERY_MS) return;
    this.#toldAtMs = nowMs;
    this.#options.log.warn('plugin-datagrams-failing', { host: this.#host, port: this.#port, reason });
  }
}

function addressRefused(host: string): HoldfastError {
  return new HoldfastError({ code: 'CONNECT_ADDRESS_REFUSED', source: 'gateway', publicMessage: 'a plugin may not connect there', message: `plugins may not send to ${host}: its address is not one of the open Internet; allow it in HOLDFAST_PLUGIN_FETCH_NETWORKS (metadata addresses of clouds never are)` });
}
