/**
 * `services.passwords`: argon2id on libuv's threads, a few at once in a proxy thread, so that a flood of logins costs the event loop
 * nothing and the machine a bounded share. Passwords that were right are remembered, as digests under a key of this thread's own; wrong
 * ones are worked out each time, so that guessing pushes nobody out and takes as long as it does for a user who is not there.
 */
import { argon2, randomBytes, timingSafeEqual } from 'node:crypto';
import { PASSWORD_COST } from '../../shared/plugins/password-form.ts';
import type { PasswordVerdict, PasswordVerifier } from '../../shared/plugins/plugin-services.ts';
import { createCredentialDigester } from '../../shared/trust/credential-digest.ts';
import { RecentMap } from '../config/recent-map.ts';

/** Half of libuv's threads, which also read files and look names up. */
const MOST_AT_ONCE = 2;
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

export class ThreadPasswordVerifier implements PasswordVerifier {
  readonly #right = new RecentMap<object>(REMEMBERED);
  readonly #digest = createCredentialDigester(randomBytes(32));
  readonly #waiting: Question[] = [];
  #running = 0;
  /** Of the last hash that was seen: nobody's password costs as much. */
  #cost = USUAL;

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
    while (this.#running < MOST_AT_ONCE) {
      const question = this.#waiting.shift();
      if (question === undefined) return;
      // Others may have asked the same before it: a client that comes with many connections at once.
      if (this.#right.get(question.key) !== undefined) question.answer('right');
      else this.#run(question);
    }
  }

  #run({ cost, nonce, tag, presented, key, answer }: Question): void {
    this.#running += 1;
    argon2('argon2id', { message: presented, nonce, ...cost }, (error, made) => {
      this.#running -= 1;
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
