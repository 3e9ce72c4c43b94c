/**
 * Who listens to events at this control-plane instance, and to which gateway. Listeners are bounded in number, in what they
 * leave unread and in time; all of them are let go at shutdown (R5). Made by start-control-plane.ts, used by the admin API.
 */
import type { Writable } from 'node:stream';
import type { Clock, TimerHandle } from '../../shared/clock.ts';
import type { Logger } from '../../shared/log.ts';
import type { GatewayId, TenantId } from '../../shared/model/ids.ts';
import type { FleetStateStore } from '../store/fleet-state-store.ts';
import type { GatewayScope } from '../store/scope.ts';
import { GatewayWatch, type NumberedEvent } from './gateway-watch.ts';

export interface EventHubOptions {
  readonly fleetState: FleetStateStore;
  readonly clock: Clock;
  readonly log: Logger;
}

export const MAXIMUM_LISTENERS = 200;
/** So that one tenant leaves room for the others (T1). */
export const MAXIMUM_OF_TENANT = 100;
/** Comments that keep proxies between us from closing a quiet stream. */
const HEARTBEAT_MS = 15_000;
/** Then it has to show its token again; with Last-Event-ID nothing is missed. */
const LONGEST_STREAM_MS = 600_000;
/** To read its end. */
const ENDING_MS = 10_000;
/** Beyond what the kernel holds; whoever reads so slowly is cut, and told so when it comes back. */
const MAXIMUM_UNREAD_BYTES = 1_048_576;
/** After the last listener, for who comes back; not where as many gateways are looked at as may listen. */
const LINGER_MS = 30_000;

interface Watched {
  readonly watch: GatewayWatch;
  readonly listeners: Set<Listener>;
  lingering: TimerHandle | undefined;
}

interface Listener {
  readonly response: Writable;
  readonly timers: readonly TimerHandle[];
}

export class EventHub {
  readonly #options: EventHubOptions;
  readonly #watched = new Map<GatewayId, Watched>();
  readonly #listenersOf = new Map<TenantId, number>();
  #listeners = 0;
  #stopping = false;

  constructor(options: EventHubOptions) {
    this.#options = options;
  }

  /** Whether one more of the tenant may listen. */
  hasRoom({ tenantId }: Pick<GatewayScope, 'tenantId'>): boolean {
    return !this.#stopping && this.#listeners < MAXIMUM_LISTENERS && (this.#listenersOf.get(tenantId) ?? 0) < MAXIMUM_OF_TENANT;
  }

  /** Something may have changed in the gateway: costs nothing where nobody listens. */
  hint({ gatewayId }: GatewayScope): void {
    this.#watched.get(gatewayId)?.watch.hint();
  }

  /** Writes events to a response whose head is out, until either side ends it. `lastEventId` is what the listener has already. */
  listen(scope: GatewayScope, response: Writable, lastEventId: string | undefined): void {
    // Who left while it was let in does not say so again.
    if (response.destroyed) return;
    if (!this.hasRoom(scope)) {
      response.end();
      return;
    }
    const { clock } = this.#options;
    const watched = this.#watchedOf(scope);
    const listener: Listener = {
      response,
      timers: [
        clock.every(HEARTBEAT_MS, () => write(response, ': still here\n\n')),
        clock.after(LONGEST_STREAM_MS, () => response.end(': come back\n\n')),
        clock.after(LONGEST_STREAM_MS + ENDING_MS, () => response.destroy()),
      ],
    };
    watched.listeners.add(listener);
    this.#count(scope, 1);
    response.once('close', () => this.#leave(scope, watched, listener));
    // A reader that goes away is its own affair.
    response.on('error', () => undefined);
    write(response, `retry: 1000\n\n${encode(lastEventId === undefined ? watched.watch.greeting() : watched.watch.since(lastEventId))}`);
  }

  /** Ends all streams; resolves when nothing is looked at any more. */
  async stop(): Promise<void> {
    this.#stopping = true;
    const watched = [...this.#watched.values()];
    for (const { listeners } of watched) for (const { response } of listeners) response.end();
    await Promise.all(watched.map((one) => this.#drop(one)));
    this.#watched.clear();
  }

  #watchedOf(scope: GatewayScope): Watched {
    const known = this.#watched.get(scope.gatewayId);
    if (known !== undefined) {
      known.lingering?.cancel();
      return known;
    }
    const listeners = new Set<Listener>();
    const watch = new GatewayWatch({
      ...this.#options,
      scope,
      onEvents: (events) => {
        const text = encode(events);
        if (text !== '') for (const { response } of listeners) write(response, text);
      },
      onGone: () => {
        for (const { response } of listeners) response.end();
      },
    });
    const watched: Watched = { watch, listeners, lingering: undefined };
    this.#watched.set(scope.gatewayId, watched);
    return watched;
  }

  #leave(scope: GatewayScope, watched: Watched, listener: Listener): void {
    for (const timer of listener.timers) timer.cancel();
    watched.listeners.delete(listener);
    this.#count(scope, -1);
    if (watched.listeners.size > 0 || this.#stopping) return;
    const forget = (): void => {
      this.#watched.delete(scope.gatewayId);
      void this.#drop(watched);
    };
    if (this.#watched.size > MAXIMUM_LISTENERS) forget();
    else watched.lingering = this.#options.clock.after(LINGER_MS, forget);
  }

  #count({ tenantId }: GatewayScope, difference: 1 | -1): void {
    this.#listeners += difference;
    const listeners = (this.#listenersOf.get(tenantId) ?? 0) + difference;
    if (listeners === 0) this.#listenersOf.delete(tenantId);
    else this.#listenersOf.set(tenantId, listeners);
  }

  async #drop({ watch, lingering }: Watched): Promise<void> {
    lingering?.cancel();
    await watch.stop();
  }
}

function write(response: Writable, text: string): void {
  if (response.writableEnded || response.destroyed) return;
  if (response.writableLength > MAXIMUM_UNREAD_BYTES) response.destroy();
  else response.write(text);
}

/** As in the HTML standard, §9.2.5: JSON has no line break, so each event has one line of data. */
function encode(events: readonly NumberedEvent[]): string {
  return events.map(({ id, type, data }) => `id: ${id}\nevent: ${type}\ndata: ${JSON.stringify(data)}\n\n`).join('');
}
