/**
 * Tells a control-plane instance of committed changes, its own and others': NOTIFY on a connection of its own, and a poll
 * every second as a safety net (C1). The truth is `sequence > mine`: a notification only says where to look.
 */
import { Client } from 'pg';
import { Backoff } from '../../shared/backoff.ts';
import type { Clock, TimerHandle } from '../../shared/clock.ts';
import { describeThrown } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log.ts';
import { parseId, type GatewayId, type TenantId } from '../../shared/model/ids.ts';
import { compareVersions, type ConfigVersion } from '../../shared/model/version.ts';
import type { Database } from './database.ts';
import { CHANGE_CHANNEL } from './entity-changes.ts';
import type { GatewayScope } from './scope.ts';

export interface ChangeListener {
  /** The gateway's head moved to `head`; also called once per gateway at the start. Must not throw. */
  readonly onHead: (scope: GatewayScope, head: ConfigVersion) => void;
  /** Labels or revocations of the gateway's data planes, or what its keys are, changed: read them again. Must not throw. */
  readonly onDataPlanesChanged: (scope: GatewayScope) => void;
  /** The gateway was deleted. Must not throw. */
  readonly onGatewayDeleted: (scope: GatewayScope) => void;
  /** Root sets, publish keys or certificate authorities of the installation changed; also called once at the start. Must not throw. */
  readonly onTrustChanged: () => void;
  /** Called before all heads are asked for; what it returns is called when all that had moved until then were reported. Neither may throw. */
  readonly onLook: () => () => void;
}

export interface ChangeFeed {
  /** After it, the listener is not called any more. */
  stop(): Promise<void>;
}

export interface ChangeFeedOptions {
  readonly connectionString: string;
  readonly database: Database;
  readonly listener: ChangeListener;
  readonly log: Logger;
  readonly clock: Clock;
}

const POLL_INTERVAL_MS = 1_000;

interface GatewayState {
  readonly scope: GatewayScope;
  readonly head: ConfigVersion;
  readonly fleetRevision: number;
}

interface Row {
  readonly tenant_id: TenantId;
  readonly id: GatewayId;
  readonly epoch: number;
  readonly head_sequence: number;
  readonly fleet_revision: number;
}

export class GatewayFeed implements ChangeFeed {
  readonly #options: ChangeFeedOptions;
  readonly #known = new Map<GatewayId, GatewayState>();
  /** Where to look next; `everywhere` wins. */
  readonly #hinted = new Set<GatewayId>();
  #everywhere = false;
  #trustRevision: number | undefined;
  #looking: Promise<void> | undefined;
  #connection: Client | undefined;
  readonly #backoff = new Backoff({ initialMs: 100, maximumMs: 5_000, random: Math.random });
  #reconnect: TimerHandle | undefined;
  #poll: TimerHandle | undefined;
  #stopped = false;
  #failing = false;

  constructor(options: ChangeFeedOptions) {
    this.#options = options;
  }

  /** Listens, then reports every gateway once. Throws where the database is not there. */
  async start(): Promise<void> {
    await this.#listen();
    await this.#look(undefined);
    this.#poll = this.#options.clock.every(POLL_INTERVAL_MS, () => this.#lookSoon(undefined));
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#poll?.cancel();
    this.#reconnect?.cancel();
    await this.#connection?.end().catch(() => undefined);
    await this.#looking;
  }

  async #listen(): Promise<void> {
    const connection = new Client({ connectionString: this.#options.connectionString, application_name: 'holdfast change feed', keepAlive: true, connectionTimeoutMillis: 5_000 });
    this.#connection = connection;
    connection.on('notification', ({ payload = '' }) => this.#lookSoon(parseId<GatewayId>(payload)));
    connection.on('error', () => undefined);
    connection.on('end', () => this.#listenAgain(connection));
    try {
      await connection.connect();
      await connection.query(`LISTEN ${CHANGE_CHANNEL}`);
      this.#backoff.reset();
      // What was committed before LISTEN took effect notified nobody.
      this.#lookSoon(undefined);
    } catch (thrown) {
      await connection.end().catch(() => undefined);
      this.#listenAgain(connection);
      this.#options.log.debug({ event: 'change-feed-not-listening', reason: describeThrown(thrown) }, 'no notifications for now; polling');
    }
  }

  #listenAgain(connection: Client): void {
    if (this.#stopped || this.#connection !== connection) return;
    this.#connection = undefined;
    this.#reconnect = this.#options.clock.after(this.#backoff.nextDelayMs(), () => void this.#listen());
  }

  #lookSoon(gatewayId: GatewayId | undefined): void {
    if (gatewayId === undefined) this.#everywhere = true;
    else this.#hinted.add(gatewayId);
    this.#looking ??= this.#lookWhileHinted().finally(() => (this.#looking = undefined));
  }

  /** One query at a time: a burst of notifications costs a few of them. */
  async #lookWhileHinted(): Promise<void> {
    while (!this.#stopped && (this.#everywhere || this.#hinted.size > 0)) {
      const where = this.#everywhere ? undefined : [...this.#hinted];
      this.#everywhere = false;
      this.#hinted.clear();
      try {
        await this.#look(where);
        this.#failing = false;
      } catch (thrown) {
        // The next poll tries again.
        if (!this.#failing) this.#options.log.warn({ event: 'change-feed-blind', reason: describeThrown(thrown) }, 'the database can not be asked for changes; trying again every second');
        this.#failing = true;
        return;
      }
    }
  }

  async #look(where: readonly GatewayId[] | undefined): Promise<void> {
    const caughtUp = where === undefined ? this.#options.listener.onLook() : undefined;
    const rows = await this.#options.database.query<Row>(
      { role: 'holdfast_publisher', mode: 'snapshot' },
      `SELECT tenant_id, id, epoch, head_sequence, fleet_revision FROM gateways WHERE deleted_at IS NULL ${where === undefined ? '' : 'AND id = ANY($1)'} ORDER BY id`,
      where === undefined ? [] : [where],
    );
    const trust = where === undefined ? await this.#readTrustRevision() : this.#trustRevision;
    if (this.#stopped) return;
    if (trust !== this.#trustRevision) this.#options.listener.onTrustChanged();
    this.#trustRevision = trust;
    for (const row of rows) this.#report(row);
    const found = new Set(rows.map((row) => row.id));
    for (const id of where ?? [...this.#known.keys()]) {
      if (!found.has(id)) this.#forget(id);
    }
    caughtUp?.();
  }

  async #readTrustRevision(): Promise<number | undefined> {
    const [row] = await this.#options.database.query<{ readonly revision: number }>({ role: 'holdfast_publisher', mode: 'snapshot' }, 'SELECT revision FROM trust_state');
    return row?.revision;
  }

  #report(row: Row): void {
    const before = this.#known.get(row.id);
    const now: GatewayState = {
      scope: before?.scope ?? { tenantId: row.tenant_id, gatewayId: row.id },
      head: { epoch: row.epoch, sequence: row.head_sequence },
      fleetRevision: row.fleet_revision,
    };
    this.#known.set(row.id, now);
    if (before === undefined || compareVersions(now.head, before.head) > 0) this.#options.listener.onHead(now.scope, now.head);
    // A gateway seen for the first time may have had a data plane revoked already.
    if (now.fleetRevision > (before?.fleetRevision ?? 0)) this.#options.listener.onDataPlanesChanged(now.scope);
  }

  #forget(id: GatewayId): void {
    const gone = this.#known.get(id);
    this.#known.delete(id);
    if (gone !== undefined) this.#options.listener.onGatewayDeleted(gone.scope);
  }
}
