/**
 * Questions of operators to one data plane, over its session: each is answered, or fails after a while, or with the
 * session. Bounded, because answers wait in memory (R5). Used by session.ts.
 */
import type { Clock, TimerHandle } from '../../shared/clock.ts';
import type { JsonObject, JsonValue } from '../../shared/model/definition.ts';
import { isJsonObject } from '../../shared/model/entity-checks.ts';
import { MAXIMUM_FRAME_BYTES, QUESTIONS_SINCE_VERSION, type Answer, type SyncMessage } from '../../shared/wire/sync-message.ts';

export type QuestionOutcome =
  /** A JSON object as the data plane wrote it; not checked. */
  | { readonly kind: 'answered'; readonly document: JsonObject }
  | { readonly kind: 'failed'; readonly reason: string };

const ANSWER_TIMEOUT_MS = 5_000;
const MOST_OPEN = 16;
/** Of the question, so that it fits a frame with all that is around it. */
const MAXIMUM_QUESTION_BYTES = MAXIMUM_FRAME_BYTES / 2;

interface Open {
  readonly settle: (outcome: QuestionOutcome) => void;
  readonly timer: TimerHandle;
}

export class QuestionsToDataPlane {
  readonly #send: (message: SyncMessage) => void;
  readonly #clock: Clock;
  readonly #open = new Map<number, Open>();
  #asked = 0;
  #state: { readonly kind: 'live'; readonly protocolVersion: number } | { readonly kind: 'not-live' } = { kind: 'not-live' };

  constructor(send: (message: SyncMessage) => void, clock: Clock) {
    this.#send = send;
    this.#clock = clock;
  }

  /** The data plane was welcomed; it speaks this version. */
  open(protocolVersion: number): void {
    this.#state = { kind: 'live', protocolVersion };
  }

  /** The session is over: nobody answers any more. */
  close(): void {
    this.#state = { kind: 'not-live' };
    for (const id of this.#open.keys()) this.#settle(id, failed('the data plane was disconnected before it answered'));
  }

  get canAnswer(): boolean {
    return this.#state.kind === 'live' && this.#state.protocolVersion >= QUESTIONS_SINCE_VERSION;
  }

  /** Never rejects. */
  ask(subject: string, question: JsonObject): Promise<QuestionOutcome> {
    const document = Buffer.from(JSON.stringify(question));
    if (this.#state.kind === 'not-live') return Promise.resolve(failed('the data plane is not connected'));
    if (this.#state.protocolVersion < QUESTIONS_SINCE_VERSION) return Promise.resolve(failed('the data plane is too old to be asked; upgrade it'));
    if (this.#open.size >= MOST_OPEN) return Promise.resolve(failed('the data plane is being asked too much at once; try again'));
    if (document.length > MAXIMUM_QUESTION_BYTES) return Promise.resolve(failed(`the question is larger than ${MAXIMUM_QUESTION_BYTES} bytes`));
    const id = (this.#asked += 1);
    return new Promise((settle) => {
      const timer = this.#clock.after(ANSWER_TIMEOUT_MS, () => this.#settle(id, failed(`the data plane did not answer within ${ANSWER_TIMEOUT_MS / 1_000} s`)));
      this.#open.set(id, { settle, timer });
      this.#send({ kind: 'question', id, subject, document });
    });
  }

  /** An answer to nothing that is open came too late. */
  answered(answer: Answer): void {
    this.#settle(answer.id, answer.problem === '' ? parsed(answer.document) : failed(answer.problem));
  }

  #settle(id: number, outcome: QuestionOutcome): void {
    const open = this.#open.get(id);
    if (open === undefined) return;
    this.#open.delete(id);
    open.timer.cancel();
    open.settle(outcome);
  }
}

function parsed(document: Uint8Array): QuestionOutcome {
  try {
    // The door: whatever JSON.parse makes is a JSON value.
    const value = JSON.parse(Buffer.from(document).toString('utf8')) as JsonValue;
    return isJsonObject(value) ? { kind: 'answered', document: value } : failed('what the data plane answered is no JSON object');
  } catch {
    return failed('what the data plane answered is no JSON');
  }
}

function failed(reason: string): QuestionOutcome {
  return { kind: 'failed', reason };
}
