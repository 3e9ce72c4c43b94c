/**
 * All HTTP/2 connections of one proxy towards clients. A listener calls `serve` with a socket whose TLS handshake ended with
 * ALPN `h2`, or that began with the preface (`looksLikeHttp2`; bytes that were read already are given back first with
 * `socket.unshift`, and the socket is paused without data listeners). From then on the socket belongs to it. `drain` once
 * the listener stops accepting, `close` at the end.
 */
import type { Duplex } from 'node:stream';
import type { ConnectionFacts } from '../http1/connection-facts.ts';
import type { ProxyCore } from '../proxy/proxy-core.ts';

export class Http2Downstream {
  /** `gone` is called whenever a connection is gone, so that a drain can wait for `size` to become 0. */
  constructor(core: ProxyCore, gone: () => void) {
    void core;
    void gone;
  }

  /** Connections now. */
  get size(): number {
    return 0;
  }

  /** `facts` of the connection; its streams get the same with isHttp2. */
  serve(socket: Duplex, facts: ConnectionFacts): void {
    void facts;
    socket.destroy();
  }

  /** Tells every client to send nothing more here (GOAWAY); streams that are there end in their own time. */
  drain(): void {}

  /** Cuts everything at once. */
  close(): void {}
}
