/**
 * Load as clients behind a load balancer make it: so many keep-alive connections, each sending its next request when the
 * answer to the last one is there, each answer checked to be the one to that very request. A connection that is closed
 * orderly is opened again on an address that is ready at that moment. Whatever else happens is a failure, with its reason.
 */
import { connect, type Socket } from 'node:net';

export interface LoadTarget {
  readonly port: number;
  /** Whether the load balancer would open connections to it now. */
  ready: boolean;
}

export interface ClosedLoopReport {
  readonly sent: number;
  readonly ok: number;
  readonly failed: number;
  /** How often each kind of failure came. */
  readonly reasons: ReadonlyMap<string, number>;
  readonly connectionsOpened: number;
}

export interface ClosedLoopOptions {
  readonly targets: readonly LoadTarget[];
  readonly connections: number;
  /** Path in front of the number of the request; the origin answers with the number. */
  readonly path: string;
  /** Asked before each request: false ends the connection's part. */
  readonly goOn: (sent: number) => boolean;
  /** Between an answer and the next request, milliseconds; 0 where not given. */
  readonly thinkMs?: number;
}

const RETRY_OPEN_MS = 20;

export class ClosedLoopLoad {
  readonly #options: ClosedLoopOptions;
  readonly #reasons = new Map<string, number>();
  #sent = 0;
  #ok = 0;
  #opened = 0;
  #turn = 0;

  constructor(options: ClosedLoopOptions) {
    this.#options = options;
  }

  /** Resolves when `goOn` has ended all connections. */
  async run(): Promise<ClosedLoopReport> {
    await Promise.all(Array.from({ length: this.#options.connections }, () => this.#client()));
    return this.report();
  }

  report(): ClosedLoopReport {
    const failed = [...this.#reasons.values()].reduce((sum, count) => sum + count, 0);
    return { sent: this.#sent, ok: this.#ok, failed, reasons: this.#reasons, connectionsOpened: this.#opened };
  }

  async #client(): Promise<void> {
    while (this.#options.goOn(this.#sent)) {
      const target = this.#nextReady();
      if (target === undefined) {
        await new Promise((resolve) => setTimeout(resolve, RETRY_OPEN_MS));
        continue;
      }
      this.#opened += 1;
      await new Promise<void>((resolve) => this.#converse(target, resolve));
    }
  }

  #nextReady(): LoadTarget | undefined {
    const { targets } = this.#options;
    for (let tried = 0; tried < targets.length; tried++) {
      this.#turn += 1;
      const target = targets[this.#turn % targets.length];
      if (target?.ready === true) return target;
    }
    return undefined;
  }

  /** One connection from its opening to its end. */
  #converse(target: LoadTarget, ended: () => void): void {
    const socket = connect({ port: target.port, host: '127.0.0.1', noDelay: true });
    let unread = '';
    let expected: string | undefined;
    let closing = false;
    const finish = (reason: string | undefined): void => {
      if (closing) return;
      closing = true;
      if (reason !== undefined) this.#reasons.set(reason, (this.#reasons.get(reason) ?? 0) + 1);
      socket.destroy();
      ended();
    };
    const next = (): void => {
      if (closing) return;
      if (!this.#options.goOn(this.#sent)) return finish(undefined);
      this.#sent += 1;
      expected = String(this.#sent);
      this.#send(socket, expected);
    };
    socket.once('connect', next);
    socket.on('data', (bytes) => {
      unread += bytes.toString('latin1');
      const answer = takeAnswer(unread);
      if (answer === undefined || closing) return;
      unread = '';
      if (answer.status !== 200) return finish(`status ${answer.status}: ${answer.body.replace(/[0-9a-f]{32}/, '…').slice(0, 120)}`);
      if (answer.body !== expected || answer.rest !== '') return finish('an answer to another request');
      this.#ok += 1;
      expected = undefined;
      if (answer.closes) finish(undefined);
      else if ((this.#options.thinkMs ?? 0) === 0) next();
      else setTimeout(next, this.#options.thinkMs);
    });
    socket.on('error', (error) => finish(`${expected === undefined ? 'opening' : unread === '' ? 'waiting' : 'reading'}: ${error.message.replace(/\d{4,}/g, '…')}`));
    socket.on('close', () => finish(unread === '' ? 'closed without an answer' : 'closed within an answer'));
  }

  #send(socket: Socket, number: string): void {
    socket.write(`GET ${this.#options.path}${number} HTTP/1.1\r\nHost: endurance.example\r\n\r\n`, 'latin1');
  }
}

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly closes: boolean;
  readonly rest: string;
}

/** Undefined while it is not complete. The origin and the gateway both give lengths here. */
function takeAnswer(text: string): Answer | undefined {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const head = text.slice(0, end);
  const length = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0);
  if (text.length < end + 4 + length) return undefined;
  return { status: Number(head.slice(9, 12)), closes: /\r\nconnection: *close/i.test(head), body: text.slice(end + 4, end + 4 + length), rest: text.slice(end + 4 + length) };
}
