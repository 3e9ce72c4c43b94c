/**
 * Asks DNS servers, one after the other until one can tell: by UDP from a port of its own for each question, with a random
 * id, and by TCP where the answer does not fit. Everything is bounded in time and size (R5). Used by system-look-up.ts.
 */
import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { connect, isIPv6 } from 'node:net';
import type { Clock } from '../../shared/clock.ts';
import { describeThrown, HoldfastError } from '../../shared/errors.ts';
import { decodeReply, encodeQuestion, type Question, type RecordType, type Reply } from './dns-message.ts';

export interface DnsServer {
  readonly address: string;
  readonly port: number;
}

export interface DnsClientOptions {
  readonly clock: Clock;
  /** Asked in this order. */
  readonly servers: readonly DnsServer[];
  /** For one question to one server. */
  readonly timeoutMs: number;
  /** Rounds over the servers. */
  readonly attempts: number;
}

export type Records = Extract<Reply, { kind: 'records' }>;

const MAX_ALIASES = 8;
/** Questions under way; more wait, so that a thousand names don't take a thousand sockets. */
const MAX_AT_ONCE = 64;
const MAX_TCP_BYTES = 65_535 + 2;

export class DnsClient {
  readonly #options: DnsClientOptions;
  readonly #waiting: (() => void)[] = [];
  #underWay = 0;

  constructor(options: DnsClientOptions) {
    this.#options = options;
  }

  /** Rejects with UPSTREAM_DNS_UNANSWERED where no server could tell. */
  async ask(name: string, type: RecordType): Promise<Records> {
    let owner = name;
    let ttlMs = Number.POSITIVE_INFINITY;
    for (let alias = 0; alias < MAX_ALIASES; alias++) {
      const reply = await this.#askServers(owner, type);
      ttlMs = Math.min(ttlMs, reply.ttlMs);
      if (reply.kind === 'records') return { ...reply, ttlMs };
      owner = reply.name;
    }
    throw unanswered(name, type, 'its aliases do not end');
  }

  async #askServers(name: string, type: RecordType): Promise<Extract<Reply, { kind: 'records' | 'alias' }>> {
    const { servers, attempts } = this.#options;
    let reason = 'there is no DNS server';
    for (let attempt = 0; attempt < attempts; attempt++) {
      for (const server of servers) {
        try {
          const reply = await this.#askServer(server, name, type);
          if (reply.kind === 'records' || reply.kind === 'alias') return reply;
          reason = reply.kind === 'failed' ? reply.reason : 'the answer is too long';
        } catch (thrown) {
          reason = describeThrown(thrown);
        }
      }
    }
    throw unanswered(name, type, reason);
  }

  async #askServer(server: DnsServer, name: string, type: RecordType): Promise<Reply> {
    if (this.#underWay >= MAX_AT_ONCE) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#underWay += 1;
    try {
      const question = { id: randomInt(65_536), name, type };
      const reply = await this.#byUdp(server, question);
      return reply.kind === 'truncated' ? await this.#byTcp(server, question) : reply;
    } finally {
      // Whoever waits takes the place over.
      const next = this.#waiting.shift();
      if (next === undefined) this.#underWay -= 1;
      else next();
    }
  }

  /** The socket is connected, so the kernel takes datagrams of that server alone. */
  #byUdp({ address, port }: DnsServer, question: Question): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
      const end = this.#within(() => settle(() => reject(new Error(`${address} did not answer`))));
      let isSettled = false;
      const settle = (outcome: () => void): void => {
        if (isSettled) return;
        isSettled = true;
        end();
        socket.close();
        outcome();
      };
      const fail = (error: Error): void => settle(() => reject(error));
      socket.on('error', fail);
      socket.on('message', (bytes) => {
        const reply = decodeReply(bytes, question);
        // Anything else may be forged: the right one may yet come.
        if (reply !== undefined) settle(() => resolve(reply));
      });
      socket.once('connect', () => socket.send(encodeQuestion(question), (error) => {
        if (error !== null) fail(error);
      }));
      // Without a callback, which would be called also where there is no way to the server; so that is an 'error'.
      socket.connect(port, address);
    });
  }

  #byTcp({ address, port }: DnsServer, question: Question): Promise<Reply> {
    return new Promise((resolve, reject) => {
      let received = Buffer.alloc(0);
      const socket = connect({ host: address, port });
      const end = this.#within(() => settle(() => reject(new Error(`${address} did not answer by TCP`))));
      const settle = (outcome: () => void): void => {
        end();
        socket.destroy();
        outcome();
      };
      socket.on('error', (error) => settle(() => reject(error)));
      socket.once('close', () => settle(() => reject(new Error(`${address} closed the connection`))));
      socket.once('connect', () => {
        const bytes = encodeQuestion(question);
        const prefix = Buffer.alloc(2);
        prefix.writeUInt16BE(bytes.length);
        socket.write(Buffer.concat([prefix, bytes]));
      });
      socket.on('data', (bytes) => {
        received = Buffer.concat([received, bytes]).subarray(0, MAX_TCP_BYTES);
        if (received.length < 2 || received.length < 2 + received.readUInt16BE(0)) return;
        const reply = decodeReply(received.subarray(2, 2 + received.readUInt16BE(0)), question);
        settle(() => (reply === undefined ? reject(new Error(`${address} answered something else by TCP`)) : resolve(reply)));
      });
    });
  }

  #within(tooLate: () => void): () => void {
    const timer = this.#options.clock.after(this.#options.timeoutMs, tooLate);
    return () => timer.cancel();
  }
}

function unanswered(name: string, type: RecordType, reason: string): HoldfastError {
  return new HoldfastError({ code: 'UPSTREAM_DNS_UNANSWERED', source: 'upstream', retryable: true, publicMessage: 'name resolution failed', message: `no DNS server could tell the ${type} records of ${name}: ${reason}` });
}
