/** What a collector of logs answers in JSON, read without trusting its shape: for splunk and kafka-log. */

/** Undefined where the text is no JSON. */
export function answerOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The members of an object; none of anything else. */
export function membersOf(value: unknown): ReadonlyMap<string, unknown> {
  return new Map(typeof value === 'object' && value !== null ? Object.entries(value) : []);
}
