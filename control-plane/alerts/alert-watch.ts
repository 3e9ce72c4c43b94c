/**
 * Looks at the rules of alerts, of all tenants, each every few seconds by one control-plane instance, whichever claims it. A look that fails leaves
 * the rule's states as they are, says so at the rule, and is taken again. A tenant's rules are looked at one after the other, those of a few tenants
 * beside each other: slow questions of one keep nobody else waiting. Started by start-control-plane.ts.
 */
import type { Clock, TimerHandle } from '../../shared/clock.ts';
import { describeThrown } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log.ts';
import type { TenantId } from '../../shared/model/ids.ts';
import type { AlertRule, AlertStore } from '../store/alert-store.ts';
import type { GatewayScope } from '../store/scope.ts';
import type { WebhookStore } from '../store/webhook-store.ts';
import type { AlertMeter } from './alert-meter.ts';
import { findBreaches, type AlertFacts } from './find-breaches.ts';

export interface AlertWatchOptions {
  readonly alerts: Pick<AlertStore, 'claim' | 'putRight' | 'apply' | 'lookFailed' | 'members' | 'openAlarms' | 'countFiring'>;
  readonly webhooks: Pick<WebhookStore, 'countWaiting'>;
  readonly analytics: AlertFacts['analytics'];
  /** Messages were stored: whoever sends them may look at once. */
  readonly onTold: () => void;
  readonly meter: AlertMeter;
  readonly clock: Clock;
  readonly log: Logger;
  /** How often each rule is looked at. */
  readonly everyMs?: number;
}

const EVERY_MS = 15_000;
const TICK_MS = 1_000;
/** Tenants whose rules are looked at at a time: questions of alerts must not crowd out those of people. */
const LANES = 4;
/** Rules that are claimed together; they share what they ask of the fleet. */
const AT_ONCE = 10;

export class AlertWatch {
  readonly #options: AlertWatchOptions;
  readonly #timers: readonly TimerHandle[];
  readonly #lanes = new Set<Promise<void>>();
  readonly #busy = new Set<TenantId>();
  #housekeeping: Promise<void> | undefined;
  #failing = false;
  #stopping = false;

  constructor(options: AlertWatchOptions) {
    this.#options = options;
    const { clock, everyMs = EVERY_MS } = options;
    this.#timers = [clock.every(Math.min(TICK_MS, everyMs), () => this.#open()), clock.every(everyMs, () => this.#keepHouse())];
  }

  /** Resolves when all that is due now was looked at; never throws. */
  async look(): Promise<void> {
    do {
      this.#open();
      await Promise.all(this.#lanes);
    } while (this.#lanes.size > 0);
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    for (const timer of this.#timers) timer.cancel();
    await Promise.all([...this.#lanes, this.#housekeeping]);
  }

  /** One more lane, where there is room; it ends when nothing is due. */
  #open(): void {
    if (this.#stopping || this.#lanes.size >= LANES) return;
    const lane = this.#run().finally(() => this.#lanes.delete(lane));
    this.#lanes.add(lane);
  }

  async #run(): Promise<void> {
    const { alerts, everyMs = EVERY_MS } = this.#options;
    try {
      while (!this.#stopping) {
        const claimed = await alerts.claim(AT_ONCE, everyMs, [...this.#busy]);
        const [first] = claimed;
        if (first === undefined) break;
        await this.#lookAtThese(first.tenantId, claimed);
      }
      this.#failing = false;
    } catch (thrown) {
      this.#warn(thrown);
    }
  }

  async #lookAtThese(tenantId: TenantId, rules: readonly AlertRule[]): Promise<void> {
    // Two lanes may have claimed rules of one tenant at the same moment: the second one's go on beside, once.
    const isFirst = !this.#busy.has(tenantId);
    this.#busy.add(tenantId);
    // Rules of others may be due too.
    this.#open();
    try {
      const facts = remembered({ analytics: this.#options.analytics, fleet: this.#options.alerts });
      for (const rule of rules) await this.#lookAt(rule, facts);
    } finally {
      if (isFirst) this.#busy.delete(tenantId);
    }
  }

  async #lookAt(rule: AlertRule, facts: AlertFacts): Promise<void> {
    const { alerts, clock, log, meter, onTold } = this.#options;
    try {
      const findings = await findBreaches(facts, rule, rule, rule.watchedSince, new Date(clock.nowMs()));
      const { kind, events, dropped, leftOut } = await alerts.apply(rule, findings);
      meter.looks.of({ outcome: kind }).add();
      meter.findingsLeftOut.add(leftOut);
      meter.dropped.add(dropped);
      for (const { type, state } of events) {
        log.warn({ event: 'alert', change: type, gateway: rule.gatewayId, rule: rule.name, severity: rule.severity, subject: state.subject, detail: state.detail }, `${type} ${rule.name}: ${state.detail}`);
      }
      if (dropped > 0) log.error({ event: 'alert-messages-dropped', gateway: rule.gatewayId, rule: rule.name, dropped }, `${dropped} messages of the rule ${rule.name} were not stored: too many wait for their webhook`);
      if (events.length > 0) onTold();
    } catch (thrown) {
      const reason = describeThrown(thrown);
      meter.looks.of({ outcome: 'failed' }).add();
      // Said once: it is tried again every few seconds.
      if (rule.failure === undefined) log.warn({ event: 'alert-rule-failed', gateway: rule.gatewayId, rule: rule.name, reason }, `the rule ${rule.name} could not be looked at: ${reason}; tried again soon`);
      await alerts.lookFailed(rule, reason);
    }
  }

  /** One at a time, however long the database takes. */
  #keepHouse(): void {
    this.#housekeeping ??= this.#countAndPutRight().finally(() => (this.#housekeeping = undefined));
  }

  async #countAndPutRight(): Promise<void> {
    const { alerts, webhooks, meter, everyMs = EVERY_MS } = this.#options;
    try {
      await alerts.putRight(everyMs);
      const [firing, { waiting, oldest }] = await Promise.all([alerts.countFiring(), webhooks.countWaiting()]);
      meter.standing = { firing, waiting, oldest };
    } catch (thrown) {
      this.#warn(thrown);
    }
  }

  /** Said once, until it goes well again. */
  #warn(thrown: unknown): void {
    if (!this.#failing) this.#options.log.warn({ event: 'alert-rules-not-read', reason: describeThrown(thrown) }, 'the rules of alerts could not be read; tried again soon');
    this.#failing = true;
  }
}

/** What rules of one gateway that are looked at together ask of it is asked once. */
function remembered({ analytics, fleet }: AlertFacts): AlertFacts {
  return {
    analytics: { totals: (scope, query, limit) => analytics.totals(scope, query, limit), vitals: once((scope) => analytics.vitals(scope)) },
    fleet: { members: once((scope) => fleet.members(scope)), openAlarms: once((scope) => fleet.openAlarms(scope)) },
  };
}

function once<T>(ask: (scope: GatewayScope) => Promise<T>): (scope: GatewayScope) => Promise<T> {
  const known = new Map<string, Promise<T>>();
  return (scope) => {
    const asked = known.get(scope.gatewayId) ?? ask(scope);
    known.set(scope.gatewayId, asked);
    return asked;
  };
}
