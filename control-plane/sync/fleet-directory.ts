/**
 * What this instance knows of the data planes whose sessions it holds: labels and revocations, one query per gateway and
 * again when they changed, so that a herd that comes back asks the database nothing (C2). Whoever is not among a gateway's
 * newest is looked up together with others. One per sync server.
 */
import type { Clock } from '../../shared/clock.ts';
import { describeThrown } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log.ts';
import type { DataPlaneId, GatewayId } from '../../shared/model/ids.ts';
import type { DataPlaneStore, FleetMember } from '../store/data-plane-store.ts';
import type { GatewayScope } from '../store/scope.ts';

export interface FleetDirectoryOptions {
  readonly dataPlanes: Pick<DataPlaneStore, 'members'>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Of a gateway, the newest; the others one by one as they come (R5). */
const MEMBERS_AT_ONCE = 20_000;
/** How long a look-up waits for others. */
const GATHER_MS = 5;
const LOOKED_UP_AT_ONCE = 1_000;
const RETRY_MS = 1_000;

interface Fleet {
  readonly scope: GatewayScope;
  members: ReadonlyMap<DataPlaneId, FleetMember>;
  /** Those that are not among the newest. */
  readonly others: Map<DataPlaneId, FleetMember>;
  /** Rises with every change that was announced. */
  revision: number;
  readonly ready: Promise<void>;
  refreshing: boolean;
  lookUp: LookUp | undefined;
}

interface LookUp {
  readonly ids: Set<DataPlaneId>;
  readonly done: Promise<void>;
}

export class FleetDirectory {
  readonly #options: FleetDirectoryOptions;
  readonly #fleets = new Map<GatewayId, Fleet>();

  constructor(options: FleetDirectoryOptions) {
    this.#options = options;
  }

  /** Undefined where there is no such data plane. Rejects where the database can't be asked. From here on refreshes reach it. */
  async find(scope: GatewayScope, id: DataPlaneId): Promise<FleetMember | undefined> {
    for (;;) {
      const fleet = this.#fleets.get(scope.gatewayId) ?? this.#open(scope);
      await fleet.ready;
      if (memberOf(fleet, id) === undefined) await this.#lookUp(fleet, id);
      // Forgotten meanwhile, it would hear of no revocation any more.
      if (this.#fleets.get(scope.gatewayId) === fleet) return memberOf(fleet, id);
    }
  }

  /** What is known without asking. */
  known({ gatewayId }: GatewayScope, id: DataPlaneId): FleetMember | undefined {
    const fleet = this.#fleets.get(gatewayId);
    return fleet === undefined ? undefined : memberOf(fleet, id);
  }

  /** The last session of the gateway has gone. */
  forget(gatewayId: GatewayId): void {
    this.#fleets.delete(gatewayId);
  }

  /** Labels or revocations changed. Calls back each time they were read again, and goes on trying until they were. */
  refresh({ gatewayId }: GatewayScope, onRead: () => void): void {
    const fleet = this.#fleets.get(gatewayId);
    if (fleet === undefined) return;
    fleet.revision += 1;
    if (!fleet.refreshing) void this.#refresh(fleet, onRead);
  }

  #open({ tenantId, gatewayId }: GatewayScope): Fleet {
    const scope: GatewayScope = { tenantId, gatewayId };
    const loading = Promise.withResolvers<void>();
    const fleet: Fleet = { scope, members: new Map(), others: new Map(), revision: 0, ready: loading.promise, refreshing: false, lookUp: undefined };
    this.#fleets.set(gatewayId, fleet);
    this.#read(fleet).then(loading.resolve, (thrown: unknown) => {
      if (this.#fleets.get(gatewayId) === fleet) this.#fleets.delete(gatewayId);
      loading.reject(thrown);
    });
    return fleet;
  }

  async #read(fleet: Fleet): Promise<void> {
    const { dataPlanes } = this.#options;
    const members = new Map((await dataPlanes.members(fleet.scope, { limit: MEMBERS_AT_ONCE })).map((member) => [member.id, member]));
    // Those who are not among the newest, or not any more, count as much.
    const others = [...new Set([...fleet.members.keys(), ...fleet.others.keys()])].filter((id) => !members.has(id));
    for (let at = 0; at < others.length; at += LOOKED_UP_AT_ONCE) {
      for (const member of await dataPlanes.members(fleet.scope, { ids: others.slice(at, at + LOOKED_UP_AT_ONCE) })) fleet.others.set(member.id, member);
    }
    fleet.members = members;
  }

  async #refresh(fleet: Fleet, onRead: () => void): Promise<void> {
    fleet.refreshing = true;
    for (let read = -1; read !== fleet.revision && this.#fleets.get(fleet.scope.gatewayId) === fleet; ) {
      const { revision } = fleet;
      try {
        // What was being read when the change came may be from before it.
        await fleet.ready;
        await this.#read(fleet);
        read = revision;
        onRead();
      } catch (thrown) {
        this.#options.log.error({ event: 'data-planes-not-read', gateway: fleet.scope.gatewayId, reason: describeThrown(thrown) }, 'a change of data planes could not be read; tried again soon');
        await this.#pause(RETRY_MS);
      }
    }
    fleet.refreshing = false;
  }

  #lookUp(fleet: Fleet, id: DataPlaneId): Promise<void> {
    if (fleet.lookUp === undefined || fleet.lookUp.ids.size >= LOOKED_UP_AT_ONCE) {
      const ids = new Set<DataPlaneId>();
      const lookUp: LookUp = { ids, done: this.#pause(GATHER_MS).then(() => this.#runLookUp(fleet, lookUp)) };
      fleet.lookUp = lookUp;
    }
    fleet.lookUp.ids.add(id);
    return fleet.lookUp.done;
  }

  async #runLookUp(fleet: Fleet, lookUp: LookUp): Promise<void> {
    if (fleet.lookUp === lookUp) fleet.lookUp = undefined;
    for (;;) {
      const { revision } = fleet;
      const found = await this.#options.dataPlanes.members(fleet.scope, { ids: [...lookUp.ids] });
      // What was read before a change is not kept: another session would believe it.
      if (revision !== fleet.revision) continue;
      for (const member of found) fleet.others.set(member.id, member);
      return;
    }
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => void this.#options.clock.after(ms, resolve));
  }
}

function memberOf({ members, others }: Fleet, id: DataPlaneId): FleetMember | undefined {
  return members.get(id) ?? others.get(id);
}
