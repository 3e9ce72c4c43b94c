/**
 * Looks at one gateway for everybody who listens to its events at this instance: one set of queries per look however many
 * listen, and the larger the fleet the longer the rest between two looks. Keeps the last events for those who come
 * back. Made by event-hub.ts with the first listener.
 */
import { randomBytes } from 'node:crypto';
import type { Clock, TimerHandle } from '../../shared/clock.ts';
import { describeThrown } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log.ts';
import type { FleetStateStore, Moment } from '../store/fleet-state-store.ts';
import type { GatewayScope } from '../store/scope.ts';
import { eventsBetween, progressOf, resetEvent, toldOf, type FleetEvent, type Told } from './fleet-event.ts';

/** An event with its place in the stream of this watch. */
export interface NumberedEvent extends FleetEvent {
  readonly id: string;
}

export interface GatewayWatchOptions {
  readonly scope: GatewayScope;
  readonly fleetState: FleetStateStore;
  /** Must not throw. */
  readonly onEvents: (events: readonly NumberedEvent[]) => void;
  /** The gateway is not there any more. */
  readonly onGone: () => void;
  readonly clock: Clock;
  readonly log: Logger;
}

const POLL_INTERVAL_MS = 1_000;
/** While a release of the last minute is not everywhere. */
const PROGRESS_INTERVAL_MS = 250;
const PROGRESS_FOR_MS = 60_000;
/** After a hint: what it hints at is often followed by more of the same. */
const HINT_DELAY_MS = 50;
/** Of all time at most this share is spent looking, unless the rest after one look would be longer than this. */
const SHARE = 0.1;
const LONGEST_REST_MS = 2_000;
const KEPT_EVENTS = 1_000;

export class GatewayWatch {
  readonly #options: GatewayWatchOptions;
  /** New for each watch: numbers of another one mean nothing here. */
  readonly #name = randomBytes(6).toString('hex');
  readonly #kept: NumberedEvent[] = [];
  #count = 0;
  #told: Told | undefined;
  #moment: Moment | undefined;
  #timer: TimerHandle | undefined;
  #looking: Promise<void> | undefined;
  #notBeforeMs = -Infinity;
  #plannedMs = Infinity;
  #hinted = false;
  #failing = false;
  #stopped = false;

  constructor(options: GatewayWatchOptions) {
    this.#options = options;
    this.#look();
  }

  /** Something changed, perhaps: look soon. A look under way may have missed it, so another one follows. */
  hint(): void {
    if (this.#stopped) return;
    if (this.#looking !== undefined) this.#hinted = true;
    else this.#lookAt(Math.max(this.#options.clock.monotonicMs() + HINT_DELAY_MS, this.#notBeforeMs));
  }

  /** Where things stand, for who begins to listen; none before the first look. */
  greeting(): readonly NumberedEvent[] {
    return this.#told === undefined ? [] : [{ ...progressOf(this.#told), id: this.#idOf(this.#count) }];
  }

  /** What came after the event with this id; where that is not known any more, only that something is missing. */
  since(id: string): readonly NumberedEvent[] {
    const [name, number] = id.split('-');
    const missed = name === this.#name ? this.#count - Number(number) : NaN;
    if (missed >= 0 && missed <= this.#kept.length) return this.#kept.slice(this.#kept.length - missed);
    return [{ ...resetEvent('what came after the last event you have is not kept here'), id: this.#idOf(this.#count) }, ...this.greeting()];
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    await this.#looking;
  }

  /** Then, or earlier where that is planned already. */
  #lookAt(atMs: number): void {
    if (atMs >= this.#plannedMs) return;
    const { clock } = this.#options;
    this.#timer?.cancel();
    this.#plannedMs = atMs;
    this.#timer = clock.after(Math.max(0, atMs - clock.monotonicMs()), () => this.#look());
  }

  #look(): void {
    const { clock } = this.#options;
    const begunMs = clock.monotonicMs();
    this.#plannedMs = Infinity;
    this.#hinted = false;
    this.#looking = this.#compare().finally(() => {
      this.#looking = undefined;
      const endedMs = clock.monotonicMs();
      this.#notBeforeMs = endedMs + Math.min(LONGEST_REST_MS, (endedMs - begunMs) * (1 / SHARE - 1));
      if (this.#stopped) return;
      this.#lookAt(Math.max(this.#notBeforeMs, endedMs + (this.#isProgressing() ? PROGRESS_INTERVAL_MS : POLL_INTERVAL_MS)));
      if (this.#hinted) this.hint();
    });
  }

  async #compare(): Promise<void> {
    const { scope, fleetState, onEvents, onGone, clock, log } = this.#options;
    try {
      const state = await fleetState.read(scope, this.#moment);
      if (this.#stopped) return;
      if (state === undefined) return onGone();
      const before = this.#told;
      const told = toldOf(before, state, clock.nowMs());
      this.#told = told;
      this.#moment = state.moment;
      this.#failing = false;
      onEvents(this.#number(before === undefined ? [progressOf(told)] : eventsBetween(before, told, state.releases)));
    } catch (thrown) {
      if (!this.#failing) log.warn({ event: 'events-not-read', gateway: scope.gatewayId, reason: describeThrown(thrown) }, 'events of a gateway can not be read; trying again');
      this.#failing = true;
    }
    return undefined;
  }

  #number(events: readonly FleetEvent[]): readonly NumberedEvent[] {
    const numbered = events.map((event) => ({ ...event, id: this.#idOf((this.#count += 1)) }));
    this.#kept.push(...numbered);
    this.#kept.splice(0, Math.max(0, this.#kept.length - KEPT_EVENTS));
    return numbered;
  }

  #isProgressing(): boolean {
    const newest = this.#told?.newest;
    if (this.#told === undefined || newest === undefined || this.#options.clock.nowMs() - newest.createdAt.getTime() > PROGRESS_FOR_MS) return false;
    return Number(progressOf(this.#told).data['pending']) > 0;
  }

  #idOf(number: number): string {
    return `${this.#name}-${number}`;
  }
}
