/**
 * `services.passwords`: argon2id on libuv's threads, a few at once in the whole process, so that a flood of logins costs the event loop
 * nothing and the machine a bounded share. Passwords that were right are remembered, as digests under a key of this thread's own; wrong
 * ones are worked out each time, so that guessing pushes nobody out and takes as long as it does for a user who is not there.
 */
import { argon2, randomBytes, timingSafeEqual } from 'node:crypto';
import { availableParallelism } from 'node:os';
import type { Clock } from '../../shared/clock.ts';
import { PASSWORD_COST } from '../../shared/plugin-parts/password-form.ts';
import type { CounterKey, CounterTable, CounterWindow, PasswordVerdict, PasswordVerifier } from '../../shared/plugins/plugin-services.ts';
import { createCredentialDigester } from '../../shared/trust/credential-digest.ts';
import { RecentMap } from '../config/recent-map.ts';

/**
 * Half of libuv's threads, of which the whole process has four: they compress responses, too, and with 2 in each of four proxy threads
 * a response of 20 kB took 136 ms to compress instead of 0.3. Leaves a CPU to everything else.
 */
const MOST_IN_PROCESS = Math.max(1, Math.min(2, availableParallelism() - 1));
/** How often a thread that found no room asks again. */
const ASK_AGAIN_MS = 5;
/** What a thread that died had under way counts for so long. */
const WINDOW_MS = 10_000;
/** Some two seconds of work. */
const MOST_WAITING = 128;
/** The last that many are remembered, and at most twice as many. */
const REMEMBERED = 10_000;
/** What is above is not ours, and would cost what it likes (KiB, and passes over them). */
const MOST_MEMORY_KIB = 262_144;
const MOST_PASSES = 10;
/** What the control plane makes: for nobody's password, as long as nobody else's was seen. */
const USUAL: Cost = PASSWORD_COST;
const FORM = /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,3}),p=1\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{22,86})$/;
const RIGHT = {};

interface Cost {
  readonly memory: number;
  readonly passes: number;
  readonly parallelism: 1;
  readonly tagLength: number;
}

interface Question {
  readonly cost: Cost;
  readonly nonce: Buffer;
  /** Undefined: nothing is right. */
  readonly tag: Buffer | undefined;
  readonly presented: string;
  /** Under which it is remembered. */
  readonly key: string;
  readonly answer: (verdict: PasswordVerdict) => void;
}

export interface ThreadPasswordVerifierOptions {
  readonly clock: Clock;
  /** Of all threads: what they have under way is counted there. */
  readonly counters: CounterTable;
  /** For tests. */
  readonly mostInProcess?: number;
}

export class ThreadPasswordVerifier implements PasswordVerifier {
  readonly #clock: Clock;
  readonly #counters: CounterTable;
  readonly #mostInProcess: number;
  readonly #underWay: CounterKey = { text: 'passwords under way', known: undefined };
  readonly #right = new RecentMap<object>(REMEMBERED);
  readonly #digest = createCredentialDigester(randomBytes(32));
  readonly #waiting: Question[] = [];
  #isAskingAgain = false;
  /** Of the last hash that was seen: nobody's password costs as much. */
  #cost = USUAL;

  constructor({ clock, counters, mostInProcess = MOST_IN_PROCESS }: ThreadPasswordVerifierOptions) {
    this.#clock = clock;
    this.#counters = counters;
    this.#mostInProcess = mostInProcess;
  }

  verify(passwordHash: string | undefined, presented: string): PasswordVerdict | Promise<PasswordVerdict> {
    const key = this.#keyOf(passwordHash, presented);
    if (this.#right.get(key) !== undefined) return 'right';
    if (this.#waiting.length >= MOST_WAITING) return 'busy';
    const known = passwordHash === undefined ? undefined : parse(passwordHash);
    if (known !== undefined) this.#cost = known.cost;
    return new Promise((answer) => {
      this.#waiting.push({ cost: this.#cost, nonce: known?.nonce ?? randomBytes(16), tag: known?.tag, presented, key, answer });
      this.#runNext();
    });
  }

  isRemembered(passwordHash: string | undefined, presented: string): boolean {
    return this.#right.get(this.#keyOf(passwordHash, presented)) !== undefined;
  }

  #keyOf(passwordHash: string | undefined, presented: string): string {
    return this.#digest(`${passwordHash ?? ''} ${presented}`);
  }

  #runNext(): void {
    for (let [question] = this.#waiting; question !== undefined; [question] = this.#waiting) {
      // Others may have asked the same before it: a client that comes with many connections at once.
      const isKnown = this.#right.get(question.key) !== undefined;
      const windows = this.#windows();
      if (!isKnown && this.#counters.take(this.#underWay, windows).kind === 'over') return this.#askAgain();
      this.#waiting.shift();
      if (isKnown) question.answer('right');
      else this.#run(question, windows);
    }
  }

  /** Other threads tell nobody when they are done. */
  #askAgain(): void {
    if (this.#isAskingAgain) return;
    this.#isAskingAgain = true;
    this.#clock.after(ASK_AGAIN_MS, () => {
      this.#isAskingAgain = false;
      this.#runNext();
    });
  }

  #windows(): readonly CounterWindow[] {
    const nowMs = this.#clock.nowMs();
    return [{ windowMs: WINDOW_MS, startMs: nowMs - (nowMs % WINDOW_MS), limit: this.#mostInProcess }];
  }

  #run({ cost, nonce, tag, presented, key, answer }: Question, windows: readonly CounterWindow[]): void {
    argon2('argon2id', { message: presented, nonce, ...cost }, (error, made) => {
      this.#counters.add(this.#underWay, windows, -1);
      const isRight = error === null && tag !== undefined && timingSafeEqual(made, tag);
      if (isRight) this.#right.set(key, RIGHT);
      answer(isRight ? 'right' : 'wrong');
      this.#runNext();
    });
  }
}

function parse(passwordHash: string): { readonly cost: Cost; readonly nonce: Buffer; readonly tag: Buffer } | undefined {
  const [, m, t, nonce, tag] = FORM.exec(passwordHash) ?? [];
  if (nonce === undefined || tag === undefined) return undefined;
  const [memory, passes, bytes] = [Number(m), Number(t), Buffer.from(tag, 'base64')];
  // Of RFC 9106 §3.1: what is below can't be computed at all.
  const isPossible = memory >= 8 && memory <= MOST_MEMORY_KIB && passes >= 1 && passes <= MOST_PASSES;
  return isPossible ? { cost: { memory, passes, parallelism: 1, tagLength: bytes.length }, nonce: Buffer.from(nonce, 'base64'), tag: bytes } : undefined;
}
