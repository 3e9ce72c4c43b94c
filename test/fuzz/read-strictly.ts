/** Reads a stream of messages with the oracle's strict reader. */
import { requestLineOf, statusOf, StrictReader, type StrictMessage } from '../support/strict-reader.ts';
import type { MessageKind } from './generate-message.ts';
import { closesAfter, type Reading, type ReadMessage } from './reading.ts';

export function readStrictly(stream: Buffer, kind: MessageKind): Reading {
  const messages: ReadMessage[] = [];
  let why = '';
  let isClosed = false;
  const reader = new StrictReader(kind, {
    message: (message) => {
      const read = readMessageOf(message, kind);
      messages.push(read);
      isClosed = kind === 'request' ? closesAfter(read) : !read.line.startsWith('1');
      if (isClosed) reader.becomeOpaque();
    },
    violation: (rule) => (why = rule),
  });
  reader.push(stream.toString('latin1'));
  const atRest = reader.atRest || isClosed;
  reader.ended();
  return { messages, outcome: why !== '' ? 'refused' : atRest || isClosed ? 'clean' : 'incomplete', why };
}

function readMessageOf(message: StrictMessage, kind: MessageKind): ReadMessage {
  const { method, target, minor } = requestLineOf(message);
  const line = kind === 'request' ? `${method} ${target}` : statusOf(message);
  return { line, minor: kind === 'request' ? minor : Number(message.startLine[7]), fields: message.fields, body: message.body };
}
