/** A client that sends any bytes in any pieces and reads what comes back with the strict reader. Used by attack cases and the fuzzer. */
import { connect, type Socket } from 'node:net';
import { faultsOfResponse } from './message-rules.ts';
import { statusOf, StrictReader, type StrictMessage } from './strict-reader.ts';

export class AttackClient {
  readonly responses: StrictMessage[] = [];
  readonly interim: StrictMessage[] = [];
  readonly violations: string[] = [];
  /** What came behind a 101, which is the last response. */
  tunnelled = '';
  /** The other side has ended or the connection broke. */
  ended = false;
  /** A response is still on its way. */
  get midResponse(): boolean {
    return !this.#reader.atRest && !this.#reader.opaque;
  }
  readonly #socket: Socket;
  readonly #reader: StrictReader;
  #changed: () => void = () => undefined;

  private constructor(socket: Socket, methodOf: (index: number) => string) {
    const method = (): string => methodOf(this.responses.length);
    this.#socket = socket;
    this.#reader = new StrictReader('response', {
      message: (message) => {
        this.violations.push(...faultsOfResponse(message, method()).map((fault) => `${message.startLine}: ${fault}`));
        const isSwitch = statusOf(message) === '101';
        (statusOf(message).startsWith('1') && !isSwitch ? this.interim : this.responses).push(message);
        if (isSwitch) this.#reader.becomeOpaque();
      },
      violation: (rule) => this.violations.push(`not well-formed: ${rule}`),
    }, method);
    socket.on('data', (bytes) => {
      this.tunnelled += this.#reader.push(bytes.toString('latin1'));
      this.#changed();
    });
    const end = (): void => {
      if (!this.ended) this.#reader.ended();
      this.ended = true;
      this.#changed();
    };
    socket.on('error', end).on('end', end).on('close', end);
  }

  /** `methodOf`: with which method the response of that index, from 0, was asked for. It matters whether that is HEAD. */
  static async open(port: number, methodOf: (index: number) => string = () => 'GET'): Promise<AttackClient> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
    await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    return new AttackClient(socket, methodOf);
  }

  write(bytes: Buffer): void {
    if (!this.ended && this.#socket.writable) this.#socket.write(bytes);
  }

  /** Writes the pieces so that each is most likely read alone. */
  async writePieces(pieces: Iterable<Buffer>): Promise<void> {
    for (const piece of pieces) {
      this.write(piece);
      await new Promise((resolve) => setImmediate(resolve));
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  endSide(): void {
    this.#socket.end();
  }

  /** Resolves with true when the condition holds, with false after `deadlineMs`. */
  async until(condition: () => boolean, deadlineMs = 4_000): Promise<boolean> {
    const until = performance.now() + deadlineMs;
    while (!condition()) {
      const leftMs = until - performance.now();
      if (leftMs <= 0) return false;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, leftMs);
        this.#changed = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    return true;
  }

  close(): void {
    this.#socket.destroy();
  }
}
