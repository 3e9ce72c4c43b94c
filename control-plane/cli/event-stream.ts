/** Reads server-sent events from the chunks of a body (HTML standard, §9.2.6), as our admin API writes them. Used by logs.ts. */

export interface StreamEvent {
  readonly type: string;
  readonly data: string;
  /** To be sent as Last-Event-ID when the stream breaks; undefined where this event has none of its own. */
  readonly id: string | undefined;
}

/** An event of the admin API is far smaller; whoever sends more is none. */
const LONGEST_EVENT = 4_194_304;

/** Ends with the body. Throws what the body throws, and a RangeError where an event does not end. */
export async function* readEvents(body: AsyncIterable<Uint8Array>): AsyncGenerator<StreamEvent> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of body) {
    const blocks = (rest + decoder.decode(chunk, { stream: true })).split('\n\n');
    rest = blocks.pop() ?? '';
    if (rest.length > LONGEST_EVENT) throw new RangeError('an event of the stream is too long');
    for (const block of blocks) {
      const event = eventIn(block);
      if (event !== undefined) yield event;
    }
  }
}

/** Undefined for comments, and what has no data. */
function eventIn(block: string): StreamEvent | undefined {
  let type = 'message';
  let id: string | undefined;
  const data: string[] = [];
  for (const line of block.split('\n')) {
    const [, field, value = ''] = /^([a-z]+)(?:: ?(.*))?$/s.exec(line) ?? [];
    if (field === 'event') type = value;
    else if (field === 'data') data.push(value);
    else if (field === 'id') id = value;
  }
  return data.length === 0 ? undefined : { type, data: data.join('\n'), id };
}
