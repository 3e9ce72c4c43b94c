/**
 * Seals the audit in the background, signs checkpoints of it now and then, and removes what is beyond its retention. Every instance
 * has one; a lock in the database lets one at a time seal a tenant, and the chain has no place for a second seal of the same
 * number. Rows are sealed in the order of their ids once no transaction can add an earlier one any more: nothing waits for it.
 * Started by start-control-plane.ts.
 */
import type { Clock, TimerHandle } from '../../shared/clock.ts';
import { describeThrown } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log.ts';
import type { TenantId } from '../../shared/model/ids.ts';
import type { SigningKey } from '../../shared/trust/statement-keys.ts';
import { signStatement } from '../../shared/trust/statements.ts';
import type { AuditChainStore, AuditMoment, ChainEnd } from '../store/audit-chain-store.ts';

export interface AuditKeeperOptions {
  readonly chain: AuditChainStore;
  /** The key in use now. */
  readonly publishKey: () => SigningKey;
  readonly checkpointEveryMs: number;
  /** Rows that are older are removed from the front; undefined: none is. */
  readonly retentionMs: number | undefined;
  readonly clock: Clock;
  readonly log: Logger;
}

const SEAL_EVERY_MS = 1_000;
const REMOVE_EVERY_MS = 600_000;
const ROWS_PER_SEAL = 1_000;
const REMOVED_AT_ONCE = 2_000;
/** So long no write of ours takes: something else in the database keeps rows from being sealed. */
const HELD_BACK_MS = 300_000;
/** For `sealNow`: how often it looks whether earlier transactions are over. */
const LOOKS = 100;
const LOOK_EVERY_MS = 20;
/** Moments that wait for their transactions; of more, the middle ones are left out. */
const MOST_MOMENTS = 60;

export class AuditKeeper {
  readonly #options: AuditKeeperOptions;
  #moments: readonly AuditMoment[] = [];
  /** All rows up to here are sealed, or were nobody's. 0: not known yet. */
  #sealedUpTo = 0;
  #lastCheckpointMs: number;
  #lastRemovalMs: number;
  /** When all that there was had been sealed, or something was. */
  #upToDateMs: number;
  #heldBack = false;
  #next: TimerHandle | undefined;
  #running: Promise<unknown> = Promise.resolve();
  #stopped = false;
  #failing = false;

  constructor(options: AuditKeeperOptions) {
    this.#options = options;
    this.#lastCheckpointMs = this.#lastRemovalMs = this.#upToDateMs = options.clock.monotonicMs();
  }

  start(): void {
    this.#next = this.#options.clock.after(SEAL_EVERY_MS, () => {
      this.#running = this.#work().finally(() => {
        if (!this.#stopped) this.start();
      });
    });
  }

  /** Resolves when nothing of it runs any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#next?.cancel();
    await this.#running;
  }

  /** Seals what no transaction can add to any more. How many rows. */
  async seal(): Promise<number> {
    const { chain, clock } = this.#options;
    if ((await chain.newestId()) <= this.#sealedUpTo) {
      this.#upToDateMs = clock.monotonicMs();
      return 0;
    }
    const now = await chain.moment();
    const settled = this.#moments.findLast((moment) => moment.begun <= now.over);
    this.#moments = [...this.#moments.filter((moment) => moment.begun > now.over), now];
    if (this.#moments.length > MOST_MOMENTS) this.#moments = this.#moments.filter((_, index) => index % 2 === 0);
    return settled === undefined ? 0 : this.#sealUpTo(settled.lastId);
  }

  /** The newest seal, once all that was written before this call is sealed; after 2 s of another's unfinished transaction, what is. */
  async sealNow(tenantId: TenantId): Promise<ChainEnd> {
    const { chain, clock } = this.#options;
    const begin = await chain.moment();
    for (let look = 0; look < LOOKS; look += 1) {
      if ((await chain.moment()).over >= begin.begun && (await this.#sealTenant(tenantId, begin.lastId)) !== undefined) break;
      await new Promise<void>((resolve) => clock.after(LOOK_EVERY_MS, resolve, { keepAlive: true }));
    }
    return chain.endOf(tenantId);
  }

  /** Signs how far the tenant's chain is. Undefined where nothing is sealed yet. */
  async checkpoint(tenantId: TenantId, end: ChainEnd, removal = false): Promise<string | undefined> {
    const { chain, clock, log, publishKey } = this.#options;
    if (end.number === 0) return undefined;
    const claims = { format: 1, account: tenantId, seal: end.number, lastRow: end.lastId, hash: Buffer.from(end.hash).toString('hex'), removal, issuedAt: clock.nowMs() } as const;
    const statement = await signStatement('audit', claims, publishKey());
    if (await chain.addCheckpoint(tenantId, end.number, removal, statement)) {
      // In the log too: whoever alters the database does not reach where logs are kept.
      log.info({ event: 'audit-checkpoint', tenant: tenantId, seal: end.number, lastRow: end.lastId, removal, statement }, 'a checkpoint of the audit was signed');
      return statement;
    }
    return (await chain.checkpoints(tenantId, 1_000)).find((known) => known.number === end.number && known.removal === removal)?.statement;
  }

  /** Removes what is beyond the retention, each tenant's up to a seal, once that is signed. How many rows. */
  async removeOld(tenants: readonly TenantId[]): Promise<number> {
    const { chain, retentionMs } = this.#options;
    if (retentionMs === undefined) return 0;
    let removed = 0;
    for (const tenantId of tenants) {
      const end = await chain.removableUpTo(tenantId, retentionMs);
      const floor = await chain.floorOf(tenantId);
      if (end === undefined || end.number <= (floor?.number ?? 0)) continue;
      await this.checkpoint(tenantId, end, true);
      for (let batch = REMOVED_AT_ONCE; batch === REMOVED_AT_ONCE && !this.#stopped; removed += batch) batch = await chain.remove(tenantId, end.number, REMOVED_AT_ONCE);
    }
    return removed;
  }

  async #work(): Promise<void> {
    const { chain, clock, log, checkpointEveryMs } = this.#options;
    try {
      await this.seal();
      const nowMs = clock.monotonicMs();
      this.#tellHeldBack(nowMs);
      if (nowMs - this.#lastCheckpointMs >= checkpointEveryMs) {
        this.#lastCheckpointMs = nowMs;
        for (const tenantId of await chain.tenantsWithoutCheckpoint()) await this.checkpoint(tenantId, await chain.endOf(tenantId));
      }
      if (nowMs - this.#lastRemovalMs >= REMOVE_EVERY_MS) {
        this.#lastRemovalMs = nowMs;
        const removed = await this.removeOld(await chain.tenantsWithSeals());
        if (removed > 0) log.info({ event: 'audit-removed', rows: removed }, 'audit rows beyond the retention were removed; signed checkpoints stand for them');
      }
      this.#failing = false;
    } catch (thrown) {
      if (!this.#failing) log.warn({ event: 'audit-not-sealed', reason: describeThrown(thrown) }, 'the audit could not be sealed; tried again every second');
      this.#failing = true;
    }
  }

  /** Whoever has the database can keep a transaction open, and alter meanwhile what is not sealed. */
  #tellHeldBack(nowMs: number): void {
    const isHeldBack = nowMs - this.#upToDateMs >= HELD_BACK_MS;
    if (isHeldBack && !this.#heldBack) {
      this.#options.log.warn(
        { event: 'audit-seal-held-back', sealedUpTo: this.#sealedUpTo },
        'rows of the audit have waited for 5 minutes to be sealed: a transaction that has written is open on the database server (see pg_stat_activity, the oldest backend_xid, and pg_prepared_xacts); end it',
      );
    }
    this.#heldBack = isHeldBack;
  }

  async #sealUpTo(lastId: number): Promise<number> {
    if (lastId <= this.#sealedUpTo) return 0;
    let sealed = 0;
    let isBusy = false;
    for (const tenantId of await this.#options.chain.tenantsWithRows(this.#sealedUpTo, lastId)) {
      const rows = await this.#sealTenant(tenantId, lastId);
      isBusy ||= rows === undefined;
      sealed += rows ?? 0;
    }
    // Where another instance is at it, it may not get that far.
    if (!isBusy && !this.#stopped) {
      this.#sealedUpTo = lastId;
      this.#upToDateMs = this.#options.clock.monotonicMs();
    }
    return sealed;
  }

  async #sealTenant(tenantId: TenantId, lastId: number): Promise<number | undefined> {
    for (let sum = 0; ; ) {
      const rows = await this.#options.chain.sealNext(tenantId, lastId, ROWS_PER_SEAL);
      if (rows === undefined) return undefined;
      sum += rows;
      if (rows < ROWS_PER_SEAL || this.#stopped) return sum;
    }
  }
}
