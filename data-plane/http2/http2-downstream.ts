/**
 * All HTTP/2 connections of one proxy towards clients. A listener calls `serve` with a socket whose TLS handshake ended with
 * ALPN `h2`, or that began with the preface (`looksLikeHttp2`; bytes that were read already are given back first with
 * `socket.unshift`, and the socket is left paused and without listeners for data). From then on the socket belongs to it. A drain
 * calls `drain` when it begins, `shut` once the listener has stopped accepting; `close` cuts.
 */
import type { Duplex } from 'node:stream';
import type { TimerHandle } from '../../shared/clock.ts';
import type { ConnectionFacts } from '../http1/connection-facts.ts';
import { ResponseHead } from '../http1/message-head.ts';
import type { ProxyCore } from '../proxy/proxy-core.ts';
import { DownstreamSession } from './downstream-session.ts';
import type { StreamSurroundings } from './downstream-stream.ts';
import { FlushQueue } from './stream-intake.ts';

export class Http2Downstream {
  readonly #core: ProxyCore;
  readonly #gone: () => void;
  readonly #around: StreamSurroundings;
  readonly #sessions = new Set<DownstreamSession>();
  #seconds: TimerHandle | undefined;
  #own = 0;
  #shut = false;

  /** `gone` is called whenever a connection is gone, so that a drain can wait for `size` to become 0. `defect` is told of exceptions that owners let through. */
  constructor(core: ProxyCore, gone: () => void, defect: (thrown: unknown) => void) {
    const { limits, deadlines } = core;
    this.#core = core;
    this.#gone = gone;
    this.#around = { limits, deadlines, defect, queue: new FlushQueue(limits.maxHeadBytes), head: new ResponseHead(limits.maxHeaderCount + 64) };
  }

  /** Connections now that nobody else counts. */
  get size(): number {
    return this.#own;
  }

  /** `facts` of the connection; its streams get the same with isHttp2. `counted`: it is one of the connections that somebody else counts. */
  serve(socket: Duplex, facts: ConnectionFacts, whose: 'own' | 'counted' = 'own'): void {
    if (whose === 'own') this.#own += 1;
    // A client that can send nothing more, no window update either, is gone.
    socket.allowHalfOpen = false;
    const session = new DownstreamSession(this.#core, this.#around, socket, { ...facts, isHttp2: true }, (gone) => {
      this.#sessions.delete(gone);
      if (whose === 'own') this.#own -= 1;
      if (this.#sessions.size === 0) this.#stopCounting();
      this.#gone();
    });
    this.#sessions.add(session);
    this.#seconds ??= this.#core.clock.every(1_000, () => {
      for (const each of this.#sessions) each.secondPassed();
    });
    if (this.#shut) session.shut();
  }

  /** Asks every client to send nothing new here (GOAWAY; not behind TLS); what still comes is served. */
  drain(): void {
    for (const session of this.#sessions) session.notifyShutdown();
  }

  /** No new streams; connections end with their last one. */
  shut(): void {
    this.drain();
    this.#shut = true;
    for (const session of this.#sessions) session.shut();
  }

  /** Cuts everything at once. */
  close(): void {
    for (const session of this.#sessions) session.destroy();
    this.#stopCounting();
  }

  #stopCounting(): void {
    this.#seconds?.cancel();
    this.#seconds = undefined;
  }
}
