/** Where connections for stream routes come in: asks the configuration, keeps those that live. Made by createProxy, called by intakes. */
import type { Socket } from 'node:net';
import type { StreamView } from '../config/active-config.ts';
import type { ConnectionFacts } from '../http1/connection-facts.ts';
import { StreamConnection, type StreamSurroundings } from './stream-connection.ts';

export class StreamDoor {
  readonly #around: StreamSurroundings;

  constructor(around: StreamSurroundings) {
    this.#around = around;
  }

  /** Whether a route takes the TLS of this name as it is, instead of having it ended here. */
  passesThrough(facts: ConnectionFacts, serverName: string | undefined): boolean {
    return this.#around.core.configs.current()?.matchStream(viewOf(facts, 'tls_passthrough', serverName)) !== undefined;
  }

  /** Takes over a socket; `closed` is called once, maybe at once. */
  serve(socket: Socket, facts: ConnectionFacts, protocol: StreamView['protocol'], serverName: string | undefined, closed: (stream: StreamConnection) => void): StreamConnection {
    return new StreamConnection(this.#around, socket, facts, viewOf(facts, protocol, serverName), closed);
  }
}

function viewOf({ peerAddress, peerPort, localAddress, localPort }: ConnectionFacts, protocol: StreamView['protocol'], serverName: string | undefined): StreamView {
  return { protocol, serverName, sourceAddress: peerAddress, sourcePort: peerPort, destinationAddress: localAddress, destinationPort: localPort };
}
