/**
 * Answers what operators ask of this data plane over its session. Each question is work for the proxy threads, so that only so many
 * are in hand at once, whoever sends how many (R5). Used by the sync client.
 */
import { describeThrown, HoldfastError } from '../../shared/errors.ts';
import type { Answer, Question } from '../../shared/wire/sync-message.ts';

/** JSON. Rejects where there is no answer, with a message that may be told. */
export type AnswerQuestion = (subject: string, document: Uint8Array) => Promise<string>;

/** As many as a control plane asks at once (questions-to-data-plane.ts there). */
const MOST_IN_HAND = 16;
/** Of an answer, so that it fits a frame. */
const MAXIMUM_ANSWER_BYTES = 192 * 1024;

export class AnswerDesk {
  readonly #answer: AnswerQuestion;
  #inHand = 0;

  constructor(answer: AnswerQuestion) {
    this.#answer = answer;
  }

  /** Never rejects: what can't be answered is told as the answer's problem. */
  async answer({ id, subject, document }: Question): Promise<Answer> {
    const unanswered = (problem: string): Answer => ({ kind: 'answer', id, document: new Uint8Array(), problem });
    if (this.#inHand === MOST_IN_HAND) return unanswered(`${MOST_IN_HAND} questions are being answered already; ask again in a moment`);
    this.#inHand += 1;
    try {
      const answer = Buffer.from(await this.#answer(subject, document));
      if (answer.length > MAXIMUM_ANSWER_BYTES) return unanswered(`the answer is larger than ${MAXIMUM_ANSWER_BYTES} bytes`);
      return { kind: 'answer', id, document: answer, problem: '' };
    } catch (thrown) {
      return unanswered(thrown instanceof HoldfastError ? thrown.publicMessage : describeThrown(thrown));
    } finally {
      this.#inHand -= 1;
    }
  }
}
