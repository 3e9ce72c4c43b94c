/**
 * Gives up a stream in the middle of a message. `close(code)` would not do: Node ends the writable side first, so that the peer
 * gets END_STREAM before the reset and takes half a message for a whole one (Node 24.21). A destroyed stream ends with the
 * reset alone, INTERNAL_ERROR. test/http2-flow.test.ts watches it.
 */
import type { Http2Stream } from 'node:http2';

export function abandonStream(stream: Http2Stream): void {
  stream.destroy(new Error('the message can not be completed'));
}
