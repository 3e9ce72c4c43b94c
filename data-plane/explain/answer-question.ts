/**
 * Questions of operators, however they come: over the session with a control plane, or at the status port. The question is
 * unknown text here (a door); the answer is JSON. Loaded when the first one comes.
 */
import { describeThrown, HoldfastError } from '../../shared/errors.ts';
import { parseExplainQuestion } from '../../shared/model/explain-question.ts';
import { EXPLAIN_SUBJECT } from '../../shared/wire/sync-message.ts';
import type { ProxyPool } from '../threads/proxy-pool.ts';

/** Rejects with a HoldfastError: EXPLAIN_SUBJECT_UNKNOWN, EXPLAIN_QUESTION_INVALID or EXPLAIN_UNAVAILABLE. */
export async function answerQuestion(pool: Pick<ProxyPool, 'explain'>, subject: string, document: Uint8Array): Promise<string> {
  if (subject !== EXPLAIN_SUBJECT) {
    throw new HoldfastError({ code: 'EXPLAIN_SUBJECT_UNKNOWN', source: 'gateway', publicMessage: `this data plane can't answer questions about "${subject}"; upgrade it` });
  }
  return JSON.stringify(await pool.explain(parseExplainQuestion(parseJson(document))));
}

function parseJson(document: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(document).toString('utf8'));
  } catch (thrown) {
    throw new HoldfastError({ code: 'EXPLAIN_QUESTION_INVALID', source: 'gateway', publicMessage: `the question is no JSON: ${describeThrown(thrown)}`, cause: thrown });
  }
}
