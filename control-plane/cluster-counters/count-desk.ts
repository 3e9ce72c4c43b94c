/**
 * Counts of limits that data planes share (policy `cluster`): takes what each session's data plane counted, and tells the others of
 * its gateway once a second. Who a count is from is said by the session's certificate, never by the frame, and gateways know nothing of
 * each other. Other instances of the control plane get what comes in here, and the other way round (store/count-notifications.ts). Nothing is
 * stored: after a restart data planes say again what still matters. Owned by fleet-sessions.ts.
 */
import type { Clock, TimerHandle } from '../../shared/clock.ts';
import type { Logger } from '../../shared/log.ts';
import type { DataPlaneId, GatewayId } from '../../shared/model/ids.ts';
import type { CountedWindow, Counts } from '../../shared/wire/sync-message.ts';
import { GatewayCounts, type Origin } from './gateway-counts.ts';

/** A session that takes counts. */
export interface CountingSession {
  readonly identity: { readonly gatewayId: GatewayId; readonly dataPlaneId: DataPlaneId };
  readonly bootId: string | undefined;
  sendCounts(counts: Counts): void;
}

/** What one process of a data plane counted. */
export interface OriginCounts {
  readonly gatewayId: GatewayId;
  readonly origin: Origin;
  readonly windows: readonly CountedWindow[];
}

/** The way to other instances. */
export interface CountSharing {
  /** Sent soon, or never: what is lost is said again when it changes. */
  publish(counts: OriginCounts): void;
  /** Asks the others for all that they have of a gateway. */
  ask(gatewayId: GatewayId): void;
  stop(): Promise<void>;
}

export interface CountSharingListener {
  readonly heard: (counts: OriginCounts) => void;
  /** Another instance has data planes of this gateway, and may know nothing yet. */
  readonly asked: (gatewayId: GatewayId) => void;
  /** What was said until now may not have been heard, on either side. */
  readonly joined: () => void;
}

export interface CountDeskOptions {
  readonly clock: Clock;
  readonly log: Logger;
  /** Absent: there are no other instances. */
  readonly share?: ((listener: CountSharingListener) => CountSharing) | undefined;
}

export const TELL_INTERVAL_MS = 1_000;
/** Some 250 bytes each. A gateway may always have its part of the whole. */
const MOST_COUNTS = { ofGateway: 100_000, ofInstance: 200_000 } as const;
const COUNTS_IN_FRAME = 4_096;
/** So many frames to a data plane at once; what is more follows a second later. */
const FRAMES_AT_ONCE = 4;
/** Of one turn of the event loop; then whoever else has something to do comes first. */
const TURN_MS = 10;
/** After telling all, so many times as long as that took: a large fleet must not keep this process from all else. What is told later is older. */
const REST_FACTOR = 3;
const REFUSED_SAID_MS = 60_000;

interface Gateway {
  readonly id: GatewayId;
  readonly counts: GatewayCounts;
  /** With the revision that each was told of. */
  readonly sessions: Map<CountingSession, number>;
  refusedSaidAtMs: number;
}

export class CountDesk {
  readonly #options: CountDeskOptions;
  readonly #gateways = new Map<GatewayId, Gateway>();
  readonly #sharing: CountSharing | undefined;
  readonly #timer: TimerHandle;
  #telling = false;
  #restUntilMs = -Infinity;
  /** `size`, as of the last tick, and what came since. */
  #kept = 0;

  constructor(options: CountDeskOptions) {
    this.#options = options;
    this.#sharing = options.share?.({ heard: (counts) => this.#heard(counts), asked: (gatewayId) => this.#publishAll(gatewayId), joined: () => this.#catchUp() });
    this.#timer = options.clock.every(TELL_INTERVAL_MS, () => void this.#tellAll());
  }

  /** Counts that are kept, of all gateways. */
  get size(): number {
    let size = 0;
    for (const { counts } of this.#gateways.values()) size += counts.size;
    return size;
  }

  /** After Welcome. */
  join(session: CountingSession): void {
    this.#gatewayOf(session.identity.gatewayId).sessions.set(session, 0);
  }

  leave(session: CountingSession): void {
    this.#gateways.get(session.identity.gatewayId)?.sessions.delete(session);
  }

  take(session: CountingSession, { windows }: Counts): void {
    const { gatewayId } = session.identity;
    const gateway = this.#gateways.get(gatewayId);
    if (gateway?.sessions.has(session) !== true) return;
    const origin = originOf(session);
    const news = gateway.counts.take(origin, windows, this.#options.clock.nowMs());
    if (news.length > 0) this.#sharing?.publish({ gatewayId, origin, windows: news });
    this.#sayRefused(gateway);
  }

  async stop(): Promise<void> {
    this.#timer.cancel();
    await this.#sharing?.stop();
  }

  #heard({ gatewayId, origin, windows }: OriginCounts): void {
    // Of gateways without data planes here nothing is kept; the first that connects asks.
    this.#gateways.get(gatewayId)?.counts.take(origin, windows, this.#options.clock.nowMs());
  }

  #publishAll(gatewayId: GatewayId): void {
    for (const { origin, window } of this.#gateways.get(gatewayId)?.counts.everything() ?? []) this.#sharing?.publish({ gatewayId, origin, windows: [window] });
  }

  #catchUp(): void {
    for (const id of this.#gateways.keys()) {
      this.#sharing?.ask(id);
      this.#publishAll(id);
    }
  }

  #gatewayOf(id: GatewayId): Gateway {
    const known = this.#gateways.get(id);
    if (known !== undefined) return known;
    const gateway: Gateway = { id, counts: new GatewayCounts((size) => this.#hasRoom(size)), sessions: new Map(), refusedSaidAtMs: -Infinity };
    this.#gateways.set(id, gateway);
    this.#sharing?.ask(id);
    return gateway;
  }

  #hasRoom(ofGateway: number): boolean {
    if (ofGateway >= MOST_COUNTS.ofGateway) return false;
    const hasRoom = ofGateway < MOST_COUNTS.ofInstance / this.#gateways.size || this.#kept < MOST_COUNTS.ofInstance;
    if (hasRoom) this.#kept += 1;
    return hasRoom;
  }

  async #tellAll(): Promise<void> {
    const { clock } = this.#options;
    const beganAtMs = clock.monotonicMs();
    if (this.#telling || beganAtMs < this.#restUntilMs) return;
    this.#telling = true;
    let turnBeganAtMs = beganAtMs;
    for (const gateway of [...this.#gateways.values()]) {
      gateway.counts.dropEnded(clock.nowMs());
      // Counts outlive the session: a data plane that comes back has what it counted before its restart.
      if (gateway.sessions.size === 0 && gateway.counts.size === 0) this.#gateways.delete(gateway.id);
      for (const session of [...gateway.sessions.keys()]) {
        if (clock.monotonicMs() - turnBeganAtMs >= TURN_MS) {
          await new Promise<void>((resolve) => void setImmediate(resolve));
          turnBeganAtMs = clock.monotonicMs();
        }
        this.#tell(gateway, session);
      }
    }
    this.#kept = this.size;
    const endedAtMs = clock.monotonicMs();
    this.#restUntilMs = endedAtMs + (endedAtMs - beganAtMs) * REST_FACTOR - TELL_INTERVAL_MS;
    this.#telling = false;
  }

  #tell({ counts, sessions }: Gateway, session: CountingSession): void {
    for (let frames = 0; frames < FRAMES_AT_ONCE; frames += 1) {
      const revision = sessions.get(session);
      if (revision === undefined) return;
      const told = counts.changesFor(originOf(session), revision, COUNTS_IN_FRAME);
      sessions.set(session, told.revision);
      if (told.windows.length === 0) return;
      session.sendCounts({ kind: 'counts', windows: told.windows });
    }
  }

  #sayRefused(gateway: Gateway): void {
    const refused = gateway.counts.takeRefused();
    const { clock, log } = this.#options;
    if (refused === 0 || clock.monotonicMs() - gateway.refusedSaidAtMs < REFUSED_SAID_MS) return;
    gateway.refusedSaidAtMs = clock.monotonicMs();
    log.warn({ event: 'counts-refused', gateway: gateway.id, kept: gateway.counts.size }, 'more clients and windows are limited by policy cluster than are kept here: those that are new are counted by each data plane alone');
  }
}

function originOf({ identity, bootId }: CountingSession): Origin {
  return `${identity.dataPlaneId} ${bootId ?? ''}`;
}
