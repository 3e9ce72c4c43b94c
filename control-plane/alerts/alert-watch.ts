/**
 * Looks at the rules of alerts, of all tenants, each every few seconds by one control-plane instance, whichever claims it. A look that fails leaves
 * the rule's states as they are, says so at the rule, and is taken again. Started by start-control-plane.ts.
 */
import type { Clock, TimerHandle } from '../../shared/clock.ts';
import { describeThrown } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log.ts';
import type { AlertRule, AlertStore } from '../store/alert-store.ts';
import { findBreaches, type AlertFacts } from './find-breaches.ts';
import { alertMessage } from './webhook-message.ts';

export interface AlertWatchOptions {
  readonly alerts: Pick<AlertStore, 'claim' | 'apply' | 'lookFailed' | 'members' | 'openAlarms'>;
  readonly analytics: AlertFacts['analytics'];
  /** Messages were stored: whoever sends them may look at once. */
  readonly onTold: () => void;
  readonly clock: Clock;
  readonly log: Logger;
  /** How often each rule is looked at. */
  readonly everyMs?: number;
}

const EVERY_MS = 15_000;
const TICK_MS = 1_000;
/** Rules that are claimed together, and looked at one after the other: queries of alerts must not crowd out those of people. */
const AT_ONCE = 20;

export class AlertWatch {
  readonly #options: AlertWatchOptions;
  readonly #timer: TimerHandle;
  #looking: Promise<void> | undefined;
  #failing = false;
  #stopping = false;

  constructor(options: AlertWatchOptions) {
    this.#options = options;
    this.#timer = options.clock.every(Math.min(TICK_MS, options.everyMs ?? EVERY_MS), () => void this.look());
  }

  /** One at a time; never throws. */
  look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => (this.#looking = undefined));
    return this.#looking;
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    this.#timer.cancel();
    await this.#looking;
  }

  async #look(): Promise<void> {
    const { alerts, everyMs = EVERY_MS, log } = this.#options;
    try {
      for (let claimed = await alerts.claim(AT_ONCE, everyMs); claimed.length > 0 && !this.#stopping; claimed = claimed.length < AT_ONCE ? [] : await alerts.claim(AT_ONCE, everyMs)) {
        for (const rule of claimed) await this.#lookAt(rule);
      }
      this.#failing = false;
    } catch (thrown) {
      if (!this.#failing) log.warn({ event: 'alert-rules-not-read', reason: describeThrown(thrown) }, 'the rules of alerts could not be read; tried again soon');
      this.#failing = true;
    }
  }

  async #lookAt(rule: AlertRule): Promise<void> {
    const { alerts, analytics, clock, log, onTold } = this.#options;
    try {
      const now = new Date(clock.nowMs());
      const findings = await findBreaches({ analytics, fleet: alerts }, rule, rule, now);
      const events = await alerts.apply(rule, findings, (event, eventId) => alertMessage(rule, event, eventId, now));
      for (const { type, state } of events) {
        log.warn({ event: 'alert', change: type, gateway: rule.gatewayId, rule: rule.name, severity: rule.severity, subject: state.subject, detail: state.detail }, `${type} ${rule.name}: ${state.detail}`);
      }
      if (events.length > 0) onTold();
    } catch (thrown) {
      const reason = describeThrown(thrown);
      log.warn({ event: 'alert-rule-failed', gateway: rule.gatewayId, rule: rule.name, reason }, `the rule ${rule.name} could not be looked at: ${reason}; tried again soon`);
      await alerts.lookFailed(rule, reason);
    }
  }
}
