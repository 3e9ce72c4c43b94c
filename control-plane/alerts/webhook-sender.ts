/**
 * Sends what waits for webhooks: signed, one attempt per claim, again with growing pauses for a day, then given up. A receiver answers 2xx; a
 * redirect is a failure, because what is signed goes where the tenant said. Tenants name the addresses, so none is this machine or where clouds give
 * out its identity. Started by start-control-plane.ts.
 */
import { Agent, request } from 'undici';
import type { Clock, TimerHandle } from '../../shared/clock.ts';
import { describeThrown, HoldfastError } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log.ts';
import { isMetadataAddress, isOwnAddress, literalAddress, lookupExcept } from '../../shared/outward-addresses.ts';
import type { AttemptOutcome, ClaimedDelivery, WebhookStore } from '../store/webhook-store.ts';
import { signedHeaders } from './webhook-message.ts';

export interface WebhookSenderOptions {
  readonly webhooks: Pick<WebhookStore, 'claim' | 'finish' | 'forget'>;
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
const AT_ONCE = 20;
const GIVE_UP_AFTER_MS = 86_400_000;
const FIRST_PAUSE_MS = 5_000;
const LONGEST_PAUSE_MS = 3_600_000;
/** What was delivered or given up is shown for so long. */
const KEPT_MS = 7 * 86_400_000;
const FORGET_EVERY_MS = 3_600_000;
const MOST_ANSWER_BYTES = 65_536;

export class WebhookSender {
  readonly #options: WebhookSenderOptions;
  readonly #agent: Agent;
  readonly #timers: readonly TimerHandle[];
  #sending: Promise<void> | undefined;
  #failing = false;
  #stopping = false;

  constructor(options: WebhookSenderOptions) {
    this.#options = options;
    this.#agent = new Agent({ connections: 4, maxResponseSize: MOST_ANSWER_BYTES, connect: { timeout: TIMEOUT_MS, lookup: lookupExcept((address) => this.#isRefused(address), refusal) } });
    const { clock } = options;
    this.#timers = [clock.every(TICK_MS, () => this.wake()), clock.every(FORGET_EVERY_MS, () => void this.#forget())];
  }

  /** Something was stored. */
  wake(): void {
    this.#sending ??= this.#send().finally(() => (this.#sending = undefined));
  }

  /** Resolves when all that is due now was tried once. */
  async settled(): Promise<void> {
    await this.#sending;
    this.wake();
    await this.#sending;
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    for (const timer of this.#timers) timer.cancel();
    await this.#sending;
    await this.#agent.destroy();
  }

  async #send(): Promise<void> {
    const { webhooks, log } = this.#options;
    try {
      for (let claimed = await webhooks.claim(AT_ONCE, LEASE_MS); claimed.length > 0 && !this.#stopping; claimed = await webhooks.claim(AT_ONCE, LEASE_MS)) {
        await Promise.all(claimed.map(async (delivery) => webhooks.finish(delivery, await this.#attempt(delivery))));
      }
      this.#failing = false;
    } catch (thrown) {
      if (!this.#failing) log.warn({ event: 'webhooks-not-read', reason: describeThrown(thrown) }, 'what waits for webhooks could not be read or noted; tried again soon');
      this.#failing = true;
    }
  }

  async #attempt(delivery: ClaimedDelivery): Promise<AttemptOutcome> {
    const { clock, softwareVersion } = this.#options;
    try {
      const url = new URL(delivery.url);
      const address = literalAddress(url);
      if (address !== undefined && this.#isRefused(address)) throw refusal(url.hostname);
      const headers = { 'content-type': 'application/json', 'user-agent': `holdfast/${softwareVersion}`, ...signedHeaders(delivery.secret, delivery.eventId, new Date(clock.nowMs()), delivery.body) };
      const { statusCode, body } = await request(url, { dispatcher: this.#agent, method: 'POST', headers, body: delivery.body, signal: AbortSignal.timeout(TIMEOUT_MS) });
      await body.dump();
      if (statusCode >= 200 && statusCode < 300) return { status: statusCode, error: undefined, againAt: undefined };
      return this.#failed(delivery, statusCode, `the receiver answered ${statusCode}`);
    } catch (thrown) {
      return this.#failed(delivery, undefined, describeThrown(thrown));
    }
  }

  #failed(delivery: ClaimedDelivery, status: number | undefined, error: string): AttemptOutcome {
    const { clock, random, log } = this.#options;
    const nowMs = clock.nowMs();
    const pauseMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (delivery.attempts - 1)) * (0.75 + random() / 2);
    // 410 Gone: it says itself that it wants no more.
    const isOver = status === 410 || nowMs + pauseMs - delivery.createdAt.getTime() > GIVE_UP_AFTER_MS;
    if (isOver) log.error({ event: 'webhook-given-up', webhook: delivery.webhookId, message: delivery.eventId, attempts: delivery.attempts, reason: error }, `a message to a webhook was given up after ${delivery.attempts} attempts: ${error}`);
    return { status, error, againAt: isOver ? undefined : new Date(nowMs + pauseMs) };
  }

  #isRefused(address: string): boolean {
    return isMetadataAddress(address) || (!this.#options.mayAskItself && isOwnAddress(address));
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
  return new HoldfastError({ code: 'WEBHOOK_ADDRESS_REFUSED', source: 'control-plane', publicMessage: `${host} is this machine, or where a cloud gives out its identity: no webhook is sent there` });
}
