/** What a reader understood of a stream of messages, in a form that readers can be compared by. */
export interface ReadMessage {
  /** Method and target, or the status code. */
  readonly line: string;
  readonly minor: number;
  /** Lower-case name and value, in order. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  body: string;
}

export interface Reading {
  /** The complete ones. */
  readonly messages: readonly ReadMessage[];
  readonly outcome:
    /** The stream ends with a complete message, or one that closes the connection. */
    | 'clean'
    /** It ends inside a message. */
    | 'incomplete'
    | 'refused';
  /** Why it was refused; '' otherwise. */
  readonly why: string;
  /** The line of a message whose head was read but whose body was not, as far as the reader knows it. */
  readonly begun?: string;
}

/** No request follows on the connection (RFC 9112 §9.3). */
export function closesAfter(message: ReadMessage): boolean {
  const names = message.fields.filter(([name]) => name === 'connection').flatMap(([, value]) => value.toLowerCase().split(',')).map((name) => name.trim());
  return names.includes('close') || (message.minor === 0 && !names.includes('keep-alive'));
}
