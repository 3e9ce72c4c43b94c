/**
 * What a control plane says where it refuses an HTTP request: `{code, message}` in JSON, or some proxy's page. Read by
 * enrolment and by whoever opens a session; both put it into their reason, for the operator.
 */
import { isRecord } from '../config/versioned-root.ts';

const MOST_MESSAGE_LENGTH = 500;
const MOST_PAGE_LENGTH = 200;

/** `code` is '' where the answer is not from a control plane. */
export function parseRefusal(text: string): { readonly code: string; readonly message: string } {
  try {
    const given: unknown = JSON.parse(text);
    if (isRecord(given) && typeof given['code'] === 'string' && typeof given['message'] === 'string') return { code: given['code'], message: given['message'].slice(0, MOST_MESSAGE_LENGTH) };
  } catch {
    // Some proxy's page.
  }
  return { code: '', message: text.slice(0, MOST_PAGE_LENGTH) };
}
