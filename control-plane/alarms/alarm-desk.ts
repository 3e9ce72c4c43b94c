/**
 * Where the control plane raises alarms: at once for a new condition, at most every few seconds for one that goes on, so that
 * a data plane that repeats itself a thousand times a second costs one small write now and then (R5). Callers neither wait
 * nor fail; what could not be stored is tried again. One per control-plane instance, made by start-control-plane.ts.
 */
import type { Clock, TimerHandle } from '../../shared/clock.ts';
import { describeThrown } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log.ts';
import type { TenantId } from '../../shared/model/ids.ts';
import { LIMIT_REACHED, type AlarmCondition, type AlarmStore, type AlarmSubject } from '../store/alarm-store.ts';
import type { GatewayScope } from '../store/scope.ts';

/** What sessions and the publisher get of it. */
export interface Alarms {
  /** The condition is met, now. Never throws; `detail` may change from one time to the next. */
  raise(scope: GatewayScope, condition: AlarmCondition): void;
  /** The condition is over: clears its alarm, where one is open. Costs little where this instance knows of none. */
  settle(scope: GatewayScope, subject: AlarmSubject): void;
}

export interface AlarmDeskOptions {
  readonly store: Pick<AlarmStore, 'raise' | 'settle' | 'listOpen'>;
  readonly clock: Clock;
  readonly log: Logger;
  /** After something was stored: others may want to look at once. */
  readonly onStored?: (scope: GatewayScope) => void;
}

/** A condition that goes on is written once in so long. */
const WRITE_INTERVAL_MS = 5_000;
const TICK_MS = 1_000;
/** How old this instance's knowledge of what others raised may be. */
const REFRESH_INTERVAL_MS = 10_000;
/** Conditions that may wait to be written; more are counted in the log alone. */
const MAXIMUM_CONDITIONS = 10_000;
/** Of one tenant, whose data planes may report what they like (T1). */
const MAXIMUM_OF_TENANT = 2_000;

interface Entry {
  readonly scope: GatewayScope;
  condition: AlarmCondition;
  /** Not written yet. */
  times: number;
  settled: boolean;
  dueAtMs: number;
}

export class AlarmDesk implements Alarms {
  readonly #options: AlarmDeskOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #entriesOf = new Map<TenantId, number>();
  #open = new Set<string>();
  /** When what is over, and not known to be open, was over: another instance may just have raised it. */
  #overUnknown = new Map<string, number>();
  readonly #timers: readonly TimerHandle[];
  #writing: Promise<void> | undefined;
  #dropped = 0;

  constructor(options: AlarmDeskOptions) {
    this.#options = options;
    const { clock } = options;
    this.#timers = [clock.every(TICK_MS, () => this.#write()), clock.every(REFRESH_INTERVAL_MS, () => void this.refresh())];
  }

  raise(scope: GatewayScope, condition: AlarmCondition): void {
    const entry = this.#entryOf(scope, condition);
    if (entry === undefined) return;
    entry.condition = condition;
    entry.times += 1;
    entry.settled = false;
    if (entry.dueAtMs <= this.#options.clock.monotonicMs()) this.#write();
  }

  settle(scope: GatewayScope, subject: AlarmSubject): void {
    const key = keyOf(scope, subject);
    if (!this.#entries.has(key) && !this.#open.has(key)) {
      if (this.#overUnknown.size < MAXIMUM_CONDITIONS) this.#overUnknown.set(key, this.#options.clock.nowMs());
      return;
    }
    const entry = this.#entryOf(scope, { ...subject, detail: '' });
    if (entry === undefined) return;
    entry.settled = true;
    entry.times = 0;
    entry.dueAtMs = -Infinity;
    this.#write();
  }

  /** Open alarms by code, of all gateways, as far as this instance knows: at most REFRESH_INTERVAL_MS old. */
  countByCode(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    for (const key of this.#open) {
      const code = key.slice(key.lastIndexOf(' ') + 1);
      counts.set(code, (counts.get(code) ?? 0) + 1);
    }
    return counts;
  }

  /** Reads which alarms are open, those of other instances too. Once at the start, then by itself. */
  async refresh(): Promise<void> {
    const overUnknown = this.#overUnknown;
    this.#overUnknown = new Map();
    try {
      const open = await this.#options.store.listOpen();
      this.#open = new Set(open.map((alarm) => keyOf(alarm, alarm)));
      for (const alarm of open) if (alarm.lastSeenAt.getTime() <= (overUnknown.get(keyOf(alarm, alarm)) ?? -Infinity)) this.settle(alarm, alarm);
    } catch (thrown) {
      for (const [key, atMs] of overUnknown) if (!this.#overUnknown.has(key)) this.#overUnknown.set(key, atMs);
      this.#options.log.warn({ event: 'alarms-not-read', reason: describeThrown(thrown) }, 'open alarms could not be read; tried again soon');
    }
  }

  /** Writes what waits, once; resolves when it is stored or has failed. */
  async stop(): Promise<void> {
    for (const timer of this.#timers) timer.cancel();
    await this.#writing;
    for (const entry of this.#entries.values()) entry.dueAtMs = -Infinity;
    await this.#writeDue();
  }

  #entryOf(scope: GatewayScope, condition: AlarmCondition): Entry | undefined {
    const key = keyOf(scope, condition);
    const known = this.#entries.get(key);
    if (known !== undefined) return known;
    const ofTenant = this.#entriesOf.get(scope.tenantId) ?? 0;
    if (this.#entries.size >= MAXIMUM_CONDITIONS || ofTenant >= MAXIMUM_OF_TENANT) {
      this.#dropped += 1;
      return undefined;
    }
    const entry: Entry = { scope: { tenantId: scope.tenantId, gatewayId: scope.gatewayId }, condition, times: 0, settled: false, dueAtMs: -Infinity };
    this.#entries.set(key, entry);
    this.#entriesOf.set(scope.tenantId, ofTenant + 1);
    return entry;
  }

  #forget(key: string, { scope: { tenantId } }: Entry): void {
    this.#entries.delete(key);
    const left = (this.#entriesOf.get(tenantId) ?? 0) - 1;
    if (left > 0) this.#entriesOf.set(tenantId, left);
    else this.#entriesOf.delete(tenantId);
  }

  #write(): void {
    this.#writing ??= this.#writeDue().finally(() => (this.#writing = undefined));
  }

  /** One write at a time; what is raised meanwhile is looked at again before this ends. */
  async #writeDue(): Promise<void> {
    for (let due = this.#due(); due.length > 0; due = this.#due()) {
      for (const [key, entry] of due) {
        try {
          await this.#store(key, entry);
        } catch (thrown) {
          this.#options.log.warn({ event: 'alarm-not-stored', code: entry.condition.code, reason: describeThrown(thrown) }, 'an alarm could not be stored; tried again soon');
          entry.dueAtMs = this.#options.clock.monotonicMs() + WRITE_INTERVAL_MS;
          return;
        }
      }
    }
    if (this.#dropped > 0) this.#options.log.error({ event: 'alarms-dropped', dropped: this.#dropped }, 'more alarms at once than can be kept');
    this.#dropped = 0;
  }

  /** Also forgets what has been quiet. */
  #due(): readonly (readonly [string, Entry])[] {
    const nowMs = this.#options.clock.monotonicMs();
    const due: (readonly [string, Entry])[] = [];
    for (const [key, entry] of this.#entries) {
      if (entry.dueAtMs > nowMs) continue;
      if (entry.times > 0 || entry.settled) due.push([key, entry]);
      else this.#forget(key, entry);
    }
    return due;
  }

  async #store(key: string, entry: Entry): Promise<void> {
    const { scope, condition, times, settled } = entry;
    entry.times = 0;
    entry.settled = false;
    entry.dueAtMs = this.#options.clock.monotonicMs() + WRITE_INTERVAL_MS;
    try {
      if (settled) await this.#settle(key, scope, condition);
      else await this.#raise(key, scope, condition, times);
    } catch (thrown) {
      // What came meanwhile is newer: an end of it, or that it goes on.
      if (!entry.settled) {
        entry.settled = settled && entry.times === 0;
        entry.times += times;
      }
      throw thrown;
    }
    this.#options.onStored?.(scope);
  }

  async #raise(key: string, scope: GatewayScope, condition: AlarmCondition, times: number): Promise<void> {
    const { store, log } = this.#options;
    const outcome = await store.raise(scope, condition, times);
    if (outcome === 'full') {
      if ((await store.raise(scope, { ...LIMIT_REACHED, dataPlaneId: undefined }, 1)) === 'opened') log.error({ event: 'alarm-raised', gateway: scope.gatewayId, ...LIMIT_REACHED }, LIMIT_REACHED.detail);
      return;
    }
    this.#open.add(key);
    if (outcome === 'opened') log.error({ event: 'alarm-raised', gateway: scope.gatewayId, ...condition }, `alarm ${condition.code}: ${condition.detail}`);
  }

  async #settle(key: string, scope: GatewayScope, { code, dataPlaneId }: AlarmCondition): Promise<void> {
    const cleared = await this.#options.store.settle(scope, { code, dataPlaneId });
    this.#open.delete(key);
    if (cleared) this.#options.log.info({ event: 'alarm-cleared', gateway: scope.gatewayId, code, dataPlaneId }, `alarm ${code} is over`);
  }
}

function keyOf({ gatewayId }: GatewayScope, { code, dataPlaneId }: AlarmSubject): string {
  return `${gatewayId} ${dataPlaneId ?? ''} ${code}`;
}
