/**
 * Carries out what session-state.ts decides: opens and closes connections, waits between attempts, listens for silence,
 * pings. Above it, the sync client sees one conversation that is live or not; below it, a FrameSocket. The backoff is reset
 * only once a control plane has proved itself by signed statements.
 */
import { Backoff } from '../../shared/backoff.ts';
import type { Clock, TimerHandle } from '../../shared/clock.ts';
import { describeThrown } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log.ts';
import type { SyncMessage, Welcome } from '../../shared/wire/sync-message.ts';
import type { FrameSocket, OpenFrameSocket } from './frame-socket.ts';
import { INITIAL_STATE, stepSession, type SessionEffect, type SessionEvent, type SessionState } from './session-state.ts';

export interface SessionOptions {
  /** `https://host:port`, at least one, in order of preference. */
  readonly urls: readonly string[];
  readonly open: OpenFrameSocket;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly log: Logger;
  readonly backoff: { readonly initialMs: number; readonly maximumMs: number };
  /** From the start of a connection to Welcome. */
  readonly greetingTimeoutMs: number;
  /** What is said first: Hello, or Renew where the certificate has expired. */
  readonly greeting: () => SyncMessage;
  /** Undefined where the signed statements of a Welcome hold; else why they do not. */
  readonly verifyWelcome: (welcome: Welcome) => Promise<string | undefined>;
  readonly onLive: (welcome: Welcome) => void;
  readonly onLost: () => void;
  /** Every message but Welcome, Ping and Bye; while live, and Renewed also before. */
  readonly onMessage: (message: SyncMessage) => void;
}

export interface SessionStatus {
  readonly connected: boolean;
  /** The control plane in use, or the next to be tried. */
  readonly url: string;
  /** Why there is no connection; undefined while there is one. */
  readonly reason: string | undefined;
  /** Wall clock, milliseconds; 0 before the first. */
  readonly lastHeardAtMs: number;
  /** Since the last success. */
  readonly failures: number;
}

/** Bounds on what a Welcome may ask for. */
const PING_INTERVAL_MS = [1_000, 60_000] as const;
/** Frames right behind a Welcome: an announcement, heads, acknowledgements; chunks need credit, which nobody has yet. */
const MAX_HELD = 16;
/** This many intervals without a word are a silence. */
const SILENT_INTERVALS = 3;
/** Different reasons of one outage that are logged when they first come. */
const MAX_SAID = 32;

export class Session {
  readonly #options: SessionOptions;
  readonly #backoff: Backoff;
  #state: SessionState = INITIAL_STATE;
  #socket: FrameSocket | undefined;
  /** Attempts that failed, or sessions that ended, since one was live. */
  #failures = 0;
  /** Tells events of the connection in use from those of earlier ones. */
  #attempt = 0;
  #retry: TimerHandle | undefined;
  #silence: TimerHandle | undefined;
  #pings: TimerHandle | undefined;
  #pingIntervalMs = 0;
  #pingNonce = 0;
  /** Whether something came since the last look at it. */
  #heardOfLate = false;
  #lastHeardAtMs = 0;
  #reason: string | undefined = 'not started';
  /** Reasons that were logged since the last success. */
  readonly #said = new Set<string>();
  #welcome: Welcome | undefined;
  /** What came right behind a Welcome whose signatures are still being verified; delivered, or dropped with the connection. */
  readonly #held: SyncMessage[] = [];

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#backoff = new Backoff({ ...options.backoff, random: options.random });
  }

  get status(): SessionStatus {
    return { connected: this.#state.phase === 'live', url: this.#url(), reason: this.#reason, lastHeardAtMs: this.#lastHeardAtMs, failures: this.#failures };
  }

  get live(): boolean {
    return this.#state.phase === 'live';
  }

  start(): void {
    this.#take({ kind: 'start' });
  }

  /** Says goodbye where somebody listens, and never connects again. */
  stop(): void {
    this.#take({ kind: 'stop' });
  }

  /** Dropped where nobody is connected: what matters is said again after the next Welcome. */
  send(message: SyncMessage): void {
    if (this.live) this.#socket?.send(message);
  }

  /** Like send, but over the connection that stands now and no later one: for answers, whose ids mean nothing elsewhere. */
  replier(): (message: SyncMessage) => void {
    const socket = this.#socket;
    return (message) => {
      if (this.#socket === socket) this.send(message);
    };
  }

  /** The other side broke a rule that the sync client knows. */
  violated(reason: string): void {
    this.#take({ kind: 'violated', reason });
  }

  /** A new certificate is in place: an expired one is no obstacle any more. */
  renewed(): void {
    this.#take({ kind: 'renewed' });
  }

  #take(event: SessionEvent): void {
    const step = stepSession(this.#state, event, this.#options.urls.length);
    this.#state = step.state;
    for (const effect of step.effects) this.#carryOut(effect);
  }

  #carryOut(effect: SessionEffect): void {
    switch (effect.kind) {
      case 'connect':
        return this.#connect();
      case 'greet':
        return this.#socket?.send(this.#options.greeting());
      case 'go-live':
        return this.#goLive();
      case 'leave-live':
        this.#pings?.cancel();
        return this.#options.onLost();
      case 'hang-up':
        this.#attempt += 1;
        this.#silence?.cancel();
        this.#socket?.send({ kind: 'bye', code: effect.code, reason: effect.reason, retryAfterMs: 0 });
        return this.#socket?.close();
      case 'schedule-retry':
        return this.#scheduleRetry(effect.reason, effect.atLeastMs);
      case 'cancel-retry':
        return this.#retry?.cancel();
    }
  }

  #connect(): void {
    const attempt = (this.#attempt += 1);
    const ours = (take: () => void) => () => {
      if (attempt === this.#attempt) take();
    };
    this.#armSilence(this.#options.greetingTimeoutMs);
    this.#socket = this.#options.open(this.#url(), {
      opened: ours(() => this.#take({ kind: 'opened' })),
      message: (message) => ours(() => this.#hear(message, attempt))(),
      violated: (reason) => ours(() => this.#take({ kind: 'violated', reason }))(),
      closed: (reason) => ours(() => this.#take({ kind: 'closed', reason }))(),
    });
  }

  #hear(message: SyncMessage, attempt: number): void {
    this.#lastHeardAtMs = this.#options.clock.nowMs();
    this.#heardOfLate = true;
    if (this.live) this.#armSilence(this.#pingIntervalMs * SILENT_INTERVALS);
    switch (message.kind) {
      case 'welcome':
        return this.#judge(message, attempt);
      case 'ping':
        return message.answer ? undefined : this.#socket?.send({ kind: 'ping', nonce: message.nonce, answer: true });
      case 'bye':
        return this.#take({ kind: 'bye', reason: `it said goodbye: ${message.code}${message.reason === '' ? '' : `: ${message.reason}`}`, retryAfterMs: message.retryAfterMs });
      default:
        if (this.live || message.kind === 'renewed') return this.#options.onMessage(message);
        if (this.#welcome === undefined) return this.#take({ kind: 'violated', reason: `it sent ${message.kind} before Welcome` });
        return this.#hold(message);
    }
  }

  /** A control plane pings too, and its pings say as much as answers to ours: with ten thousand data planes each ping costs. */
  #pingWhereSilent(): void {
    if (!this.#heardOfLate) this.send({ kind: 'ping', nonce: (this.#pingNonce += 1), answer: false });
    this.#heardOfLate = false;
  }

  #hold(message: SyncMessage): void {
    if (this.#held.length === MAX_HELD) return this.#take({ kind: 'violated', reason: `it sent ${MAX_HELD + 1} frames before its Welcome was judged, more than our credit` });
    this.#held.push(message);
  }

  #judge(welcome: Welcome, attempt: number): void {
    if (this.#state.phase !== 'greeting' || this.#welcome !== undefined) return this.#take({ kind: 'violated', reason: 'it sent Welcome twice' });
    this.#welcome = welcome;
    void this.#options.verifyWelcome(welcome).catch(describeThrown).then((why) => {
      if (attempt !== this.#attempt) return;
      this.#take(why === undefined ? { kind: 'welcomed' } : { kind: 'violated', reason: why });
    });
  }

  #goLive(): void {
    const welcome = this.#welcome;
    if (welcome === undefined) return;
    const { clock, log, onLive } = this.#options;
    this.#backoff.reset();
    this.#failures = 0;
    this.#said.clear();
    this.#reason = undefined;
    this.#pingIntervalMs = Math.min(Math.max(welcome.pingIntervalMs, PING_INTERVAL_MS[0]), PING_INTERVAL_MS[1]);
    this.#armSilence(this.#pingIntervalMs * SILENT_INTERVALS);
    this.#heardOfLate = false;
    this.#pings = clock.every(this.#pingIntervalMs, () => this.#pingWhereSilent());
    log.info({ event: 'connected', url: this.#url(), controlPlaneVersion: welcome.softwareVersion, labels: welcome.labels }, `connected to control plane ${this.#url()}`);
    onLive(welcome);
    for (const message of this.#held.splice(0)) this.#options.onMessage(message);
  }

  /** Each attempt that fails leads here, whatever it was. */
  #scheduleRetry(reason: string, atLeastMs: number): void {
    const { clock, log } = this.#options;
    this.#failures += 1;
    const inMs = Math.max(this.#nextDelayMs(), atLeastMs);
    this.#attempt += 1;
    this.#silence?.cancel();
    this.#socket = undefined;
    this.#welcome = undefined;
    this.#held.length = 0;
    this.#reason = reason;
    // An outage of hours must not fill the log: what is new and every tenth failure are for the operator.
    const isNew = !this.#said.has(reason) && this.#said.size < MAX_SAID;
    const level = isNew || this.#failures % 10 === 1 ? 'warn' : 'debug';
    if (isNew) this.#said.add(reason);
    log[level]({ event: 'disconnected', reason, nextUrl: this.#url(), retryInMs: inMs, failures: this.#failures }, `no control plane: ${reason}; trying ${this.#url()} in ${inMs} ms, serving on meanwhile`);
    this.#retry = clock.after(inMs, () => this.#take({ kind: 'retry-due' }));
  }

  /** One dead address among several must not slow the way to the others: it is waited longer only when all have been tried. */
  #nextDelayMs(): number {
    const { urls, backoff, random } = this.#options;
    return this.#failures % urls.length === 0 ? this.#backoff.nextDelayMs() : Math.floor(random() * backoff.initialMs);
  }

  #armSilence(afterMs: number): void {
    this.#silence?.cancel();
    this.#silence = this.#options.clock.after(afterMs, () => this.#take({ kind: 'silent', reason: `nothing was heard for ${afterMs} ms` }));
  }

  #url(): string {
    return this.#options.urls[this.#state.address] ?? '';
  }
}
