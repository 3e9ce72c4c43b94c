/** Facts of a plain connection from 192.0.2.1, but for what a test cares about. */
import type { ConnectionFacts } from '../../data-plane/http1/connection-facts.ts';

export function connectionFacts(parts: Partial<ConnectionFacts> = {}): ConnectionFacts {
  return { scheme: 'http', isHttp2: false, peerAddress: '192.0.2.1', peerPort: 40_000, localAddress: '127.0.0.1', localPort: 8_000, tls: undefined, ...parts };
}
