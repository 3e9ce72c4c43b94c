/**
 * Which differences between readers are findings. Wherever two readers accept a message they must agree on all of it; where
 * the engine accepts what another refuses, the reason must be one of those listed here, each of which was looked into.
 */
import type { Reading, ReadMessage } from './reading.ts';

export type Judgement =
  | { readonly kind: 'same' }
  /** The engine refused what the other reader accepts: that is what strict means. */
  | { readonly kind: 'stricter'; readonly why: string }
  | { readonly kind: 'known'; readonly why: string }
  | { readonly kind: 'finding'; readonly what: string };

/** What came of the other reader after the messages that both read. */
export interface Beyond {
  readonly outcome: Reading['outcome'];
  readonly why: string;
  /** The message that the engine read and the other reader did not, or not in the same way. */
  readonly message: ReadMessage;
  /** All bytes, latin1. */
  readonly stream: string;
}

export interface KnownDifference {
  readonly why: string;
  readonly explains: (beyond: Beyond) => boolean;
}

const NOT_ASCII = /[\x80-\xff]/;

/** The engine accepts what llhttp does not, or reads otherwise. */
export const KNOWN_AGAINST_NODE: readonly KnownDifference[] = [
  { why: 'any token is a method (RFC 9110 §9.1); llhttp has a list', explains: ({ why }) => why === 'HPE_INVALID_METHOD' },
  { why: 'chunk extensions are bounded and dropped unread; llhttp reads them', explains: ({ why, message }) => why === 'HPE_STRICT' && says(message, 'transfer-encoding') },
  { why: 'framing fields in a trailer are dropped unread; llhttp reads them', explains: ({ why, message }) => /^HPE_INVALID_(?:CONTENT_LENGTH|TRANSFER_ENCODING)$/.test(why) && says(message, 'transfer-encoding') },
  { why: 'an interim response has no body whatever it says (RFC 9112 §6.3); llhttp reads one', explains: ({ message }) => message.line.startsWith('1') && (says(message, 'content-length') || says(message, 'transfer-encoding')) },
  { why: 'llhttp leaves off at an upgrade', explains: ({ why }) => why === 'UPGRADE' },
  { why: 'a tab around a coding is white space (RFC 9110 §5.6.3); llhttp takes it for part of the coding', explains: ({ stream }) => /\ntransfer-encoding:(?:[^\n]*\t)/i.test(stream) },
  { why: 'UTF-8 in a path is taken and goes on escaped', explains: ({ why, message }) => why === 'HPE_INVALID_URL' && NOT_ASCII.test(message.line) },
  { why: 'llhttp takes Proxy-Connection for Connection', explains: ({ why }) => why === 'HPE_CLOSED_CONNECTION' },
];

/** The engine accepts what the oracle's reader does not. */
export const KNOWN_AGAINST_ORACLE: readonly KnownDifference[] = [
  { why: 'one empty line before a request is let pass (RFC 9112 §2.2); the gateway itself never writes one', explains: ({ why }) => why === 'start line ""' },
  { why: 'UTF-8 in a path is taken and goes on escaped', explains: ({ why, message }) => why.startsWith('start line') && NOT_ASCII.test(message.line) },
];

function says({ fields }: ReadMessage, name: string): boolean {
  return fields.some((field) => field[0] === name);
}

/** Compares what the engine read with what another reader did. */
export function judge(engine: Reading, other: Reading, known: readonly KnownDifference[], stream: Buffer): Judgement {
  const text = stream.toString('latin1');
  const both = Math.min(engine.messages.length, other.messages.length);
  for (let index = 0; index < both; index++) {
    const difference = differenceOf(engine.messages[index], other.messages[index]);
    if (difference !== undefined) return explain(known, { outcome: other.outcome, why: '', message: engine.messages[index], stream: text }, `message ${index + 1}: ${difference}`);
  }
  const further = engine.messages[both];
  if (further !== undefined) return explain(known, { outcome: other.outcome, why: other.why, message: further, stream: text }, `message ${both + 1}: the engine accepts it, for the other reader the stream is ${other.outcome} ${other.why}`);
  if (other.messages.length > both) {
    if (engine.outcome !== 'refused') return { kind: 'finding', what: `the other reader read message ${both + 1}, the engine none (${engine.outcome})` };
    return { kind: 'stricter', why: engine.why };
  }
  if (engine.outcome === 'refused' && other.outcome !== 'refused') return { kind: 'stricter', why: engine.why };
  return { kind: 'same' };
}

function explain(known: readonly KnownDifference[], beyond: Omit<Beyond, 'message'> & { readonly message: ReadMessage | undefined }, what: string): Judgement {
  const { message } = beyond;
  const explained = message === undefined ? undefined : known.find(({ explains }) => explains({ ...beyond, message }));
  return explained === undefined ? { kind: 'finding', what } : { kind: 'known', why: explained.why };
}

function differenceOf(engine: ReadMessage | undefined, other: ReadMessage | undefined): string | undefined {
  if (engine === undefined || other === undefined) return 'missing';
  for (const part of ['line', 'minor', 'body', 'fields'] as const) {
    const [ours, theirs] = [JSON.stringify(engine[part]), JSON.stringify(other[part])];
    if (ours !== theirs) return `${part}: the engine read ${ours}, the other reader ${theirs}`;
  }
  return undefined;
}

/** The same reader, the same stream, cut differently. */
export function sameReading(whole: Reading, cut: Reading): boolean {
  return JSON.stringify(whole) === JSON.stringify(cut);
}
