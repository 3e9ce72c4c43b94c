/**
 * Sends what waits for webhooks: signed, one attempt per claim, again with growing pauses for a day, then given up. A receiver answers 2xx; a
 * redirect is a failure, because what is signed goes where the tenant said. Tenants name the addresses, so none is this machine or where clouds give
 * out its identity. A receiver that hangs holds up nobody but itself. Started by start-control-plane.ts.
 */
import { Agent, request } from 'undici';
import type { Clock, TimerHandle } from '../../shared/clock.ts';
import { describeThrown, HoldfastError } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log.ts';
import { isMetadataAddress, isOwnAddress, literalAddress, lookupExcept } from '../../shared/outward-addresses.ts';
import type { AttemptOutcome, ClaimedDelivery, WebhookStore } from '../store/webhook-store.ts';
import type { AlertMeter } from './alert-meter.ts';
import { signedHeaders } from './webhook-message.ts';

export interface WebhookSenderOptions {
  readonly webhooks: Pick<WebhookStore, 'claim' | 'finish' | 'forget' | 'putRight'>;
  readonly meter: AlertMeter;
  /** For trying it out on one machine. */
  readonly mayAskItself: boolean;
  readonly softwareVersion: string;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly log: Logger;
}

const TICK_MS = 1_000;
const TIMEOUT_MS = 10_000;
/** Longer than an attempt can take. */
const LEASE_MS = 60_000;
/** Attempts under way, and of one webhook. */
const AT_ONCE = 64;
const AT_ONCE_OF_ONE = 4;
const GIVE_UP_AFTER_MS = 86_400_000;
const FIRST_PAUSE_MS = 5_000;
const LONGEST_PAUSE_MS = 3_600_000;
/** What was delivered or given up is shown for so long. */
const KEPT_MS = 7 * 86_400_000;
const FORGET_EVERY_MS = 3_600_000;
const PUT_RIGHT_EVERY_MS = 60_000;

export class WebhookSender {
  readonly #options: WebhookSenderOptions;
  readonly #agent: Agent;
  readonly #timers: readonly TimerHandle[];
  readonly #attempts = new Set<Promise<void>>();
  /** Attempts under way, by webhook. */
  readonly #busy = new Map<string, number>();
  #claiming: Promise<void> | undefined;
  #housekeeping: Promise<void> | undefined;
  #failing = false;
  #stopping = false;

  constructor(options: WebhookSenderOptions) {
    this.#options = options;
    this.#agent = new Agent({ connections: AT_ONCE_OF_ONE, connect: { timeout: TIMEOUT_MS, lookup: lookupExcept((address) => this.#isRefused(address), refusal) } });
    const { clock } = options;
    this.#timers = [clock.every(TICK_MS, () => this.wake()), clock.every(PUT_RIGHT_EVERY_MS, () => this.#keepHouse(() => this.#putRight())), clock.every(FORGET_EVERY_MS, () => this.#keepHouse(() => this.#forget()))];
  }

  /** Something was stored, or there is room. */
  wake(): void {
    if (!this.#stopping) this.#claiming ??= this.#claim().finally(() => (this.#claiming = undefined));
  }

  /** Resolves when all that is due now was tried. */
  async settled(): Promise<void> {
    do {
      await this.#claiming;
      await Promise.all(this.#attempts);
      this.wake();
      await this.#claiming;
    } while (this.#attempts.size > 0);
  }

  /** Attempts that are under way are broken off, and made again by whoever comes next. */
  async stop(): Promise<void> {
    this.#stopping = true;
    for (const timer of this.#timers) timer.cancel();
    await this.#claiming;
    await this.#agent.destroy();
    await Promise.all([...this.#attempts, this.#housekeeping]);
  }

  async #claim(): Promise<void> {
    const { webhooks } = this.#options;
    try {
      while (!this.#stopping && this.#attempts.size < AT_ONCE) {
        const full = [...this.#busy].filter(([, attempts]) => attempts >= AT_ONCE_OF_ONE).map(([webhookId]) => webhookId);
        const claimed = await webhooks.claim(AT_ONCE - this.#attempts.size, LEASE_MS, full);
        if (claimed.length === 0) break;
        for (const delivery of claimed) this.#begin(delivery);
      }
      this.#failing = false;
    } catch (thrown) {
      this.#warn(thrown);
    }
  }

  #begin(delivery: ClaimedDelivery): void {
    const { webhookId } = delivery;
    this.#busy.set(webhookId, (this.#busy.get(webhookId) ?? 0) + 1);
    const attempt = this.#attempt(delivery).then((outcome) => this.#options.webhooks.finish(delivery, outcome)).catch((thrown: unknown) => this.#warn(thrown)).finally(() => {
      this.#attempts.delete(attempt);
      const left = (this.#busy.get(webhookId) ?? 1) - 1;
      if (left === 0) this.#busy.delete(webhookId);
      else this.#busy.set(webhookId, left);
      this.wake();
    });
    this.#attempts.add(attempt);
  }

  async #attempt(delivery: ClaimedDelivery): Promise<AttemptOutcome> {
    const { clock, softwareVersion, mayAskItself, meter } = this.#options;
    const nowMs = clock.nowMs();
    // Its webhook was disabled for as long, or no control plane was there: who is told now would take it for news.
    if (nowMs - delivery.createdAt.getTime() > GIVE_UP_AFTER_MS) return this.#failed(delivery, undefined, 'it waited for longer than a day');
    if (delivery.receiver === undefined) return this.#failed(delivery, undefined, 'the webhook\'s URL and secret could not be read with the keys that are here');
    const { url: text, secrets } = delivery.receiver;
    try {
      const url = new URL(text);
      const address = literalAddress(url);
      if ((address !== undefined && this.#isRefused(address)) || (url.protocol !== 'https:' && !mayAskItself)) throw refusal(url.hostname);
      const headers = { 'content-type': 'application/json', 'user-agent': `holdfast/${softwareVersion}`, ...signedHeaders(secrets, delivery.eventId, new Date(nowMs), delivery.body) };
      const { statusCode, body } = await request(url, { dispatcher: this.#agent, method: 'POST', headers, body: delivery.body, signal: AbortSignal.timeout(TIMEOUT_MS) });
      // The status is the answer: nobody waits for what comes after it.
      body.on('error', () => undefined).destroy();
      if (statusCode >= 200 && statusCode < 300) {
        meter.deliveries.of({ outcome: 'delivered' }).add();
        return { status: statusCode, error: undefined, againAt: undefined };
      }
      return this.#failed(delivery, statusCode, `the receiver answered ${statusCode}`);
    } catch (thrown) {
      return this.#failed(delivery, undefined, this.#stopping ? 'this control plane was stopped before the receiver answered' : describeThrown(thrown));
    }
  }

  #failed(delivery: ClaimedDelivery, status: number | undefined, error: string): AttemptOutcome {
    const { clock, random, log, meter } = this.#options;
    const nowMs = clock.nowMs();
    const pauseMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (delivery.attempts - 1)) * (0.75 + random() / 2);
    // 410 Gone: it says itself that it wants no more.
    const isOver = status === 410 || nowMs + pauseMs - delivery.createdAt.getTime() > GIVE_UP_AFTER_MS;
    if (isOver) log.error({ event: 'webhook-given-up', webhook: delivery.webhookId, message: delivery.eventId, attempts: delivery.attempts, reason: error }, `a message to a webhook was given up after ${delivery.attempts} attempts: ${error}`);
    meter.deliveries.of({ outcome: isOver ? 'given_up' : 'failed' }).add();
    return { status, error, againAt: isOver ? undefined : new Date(nowMs + pauseMs) };
  }

  #isRefused(address: string): boolean {
    return isMetadataAddress(address) || (!this.#options.mayAskItself && isOwnAddress(address));
  }

  /** Said once, until it goes well again. */
  #warn(thrown: unknown): void {
    if (!this.#failing) this.#options.log.warn({ event: 'webhooks-not-read', reason: describeThrown(thrown) }, 'what waits for webhooks could not be read or noted; tried again soon');
    this.#failing = true;
  }

  /** One at a time, however long the database takes. */
  #keepHouse(work: () => Promise<void>): void {
    this.#housekeeping ??= work().finally(() => (this.#housekeeping = undefined));
  }

  async #putRight(): Promise<void> {
    try {
      // The pauses are longer or shorter by a quarter.
      await this.#options.webhooks.putRight(LONGEST_PAUSE_MS * 1.25 + LEASE_MS);
    } catch (thrown) {
      this.#warn(thrown);
    }
  }

  async #forget(): Promise<void> {
    const { webhooks, clock, log } = this.#options;
    try {
      await webhooks.forget(new Date(clock.nowMs() - KEPT_MS));
    } catch (thrown) {
      log.warn({ event: 'webhooks-not-forgotten', reason: describeThrown(thrown) }, 'old messages to webhooks could not be removed; tried again in an hour');
    }
  }
}

function refusal(host: string): HoldfastError {
  return new HoldfastError({ code: 'WEBHOOK_ADDRESS_REFUSED', source: 'control-plane', publicMessage: `${host} is this machine, or where a cloud gives out its identity, or is asked without TLS: no webhook is sent there` });
}
