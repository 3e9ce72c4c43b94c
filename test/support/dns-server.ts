/**
 * A small real DNS server on 127.0.0.1, UDP and TCP on one free port: answers from a table that the test changes, and is
 * silent, truncates, lies or fails where the test wants that. Counts what it is asked.
 */
import { createSocket } from 'node:dgram';
import { createServer, type Socket } from 'node:net';
import { AUTHORITATIVE_ANSWER, decode, encode, TRUNCATED_RESPONSE, type Answer, type Packet } from 'dns-packet';

export interface DnsServerScene {
  readonly port: number;
  /** `A name` for each question, in order; `tcp A name` by TCP. */
  readonly asked: readonly string[];
  /** Records by `TYPE name`; absent: no such name. */
  readonly zone: Map<string, readonly Answer[]>;
  /** Undefined: what the zone says. */
  behave(behaviour: Behaviour | undefined): void;
  close(): Promise<void>;
}

export type Behaviour =
  | { readonly kind: 'silent' }
  /** To questions for that type alone, where there is one. */
  | { readonly kind: 'servfail'; readonly type?: string }
  /** Over UDP only a hint to ask by TCP. */
  | { readonly kind: 'truncate' }
  /** Before the right answer, one with another id and one to another question. */
  | { readonly kind: 'forge-first'; readonly address: string };

export function a(name: string, address: string, ttl = 60): Answer {
  return { type: address.includes(':') ? 'AAAA' : 'A', name, data: address, ttl, class: 'IN' };
}

export function cname(name: string, target: string, ttl = 60): Answer {
  return { type: 'CNAME', name, data: target, ttl, class: 'IN' };
}

export function srv(name: string, target: string, port: number, priority = 0, weight = 0, ttl = 60): Answer {
  return { type: 'SRV', name, data: { target, port, priority, weight }, ttl, class: 'IN' };
}

export async function startDnsServer(): Promise<DnsServerScene> {
  const zone = new Map<string, readonly Answer[]>();
  const asked: string[] = [];
  const sockets = new Set<Socket>();
  let behaviour: Behaviour | undefined;

  const reply = (bytes: Buffer, isTcp: boolean): readonly Buffer[] => {
    const query = decode(bytes);
    const [question] = query.questions ?? [];
    if (question === undefined) return [];
    asked.push(`${isTcp ? 'tcp ' : ''}${question.type} ${question.name}`);
    const common: Packet = { type: 'response', id: query.id ?? 0, flags: AUTHORITATIVE_ANSWER, questions: query.questions ?? [] };
    switch (behaviour?.kind) {
      case 'silent':
        return [];
      case 'servfail':
        if (behaviour.type === undefined || behaviour.type === question.type) return [encode({ ...common, flags: 2 })];
        break;
      case 'truncate':
        if (!isTcp) return [encode({ ...common, flags: TRUNCATED_RESPONSE })];
        break;
      case 'forge-first': {
        const lie = a(question.name, behaviour.address);
        return [
          encode({ ...common, id: ((query.id ?? 0) + 1) % 65_536, answers: [lie] }),
          encode({ ...common, questions: [{ type: 'A', name: 'other.test' }], answers: [lie] }),
          Buffer.from('not a message'),
          ...answerFromZone(common, question.type, question.name),
        ];
      }
      case undefined:
        break;
    }
    return answerFromZone(common, question.type, question.name);
  };

  const answerFromZone = (common: Packet, type: string, name: string): readonly Buffer[] => {
    const known = zone.get(`${type} ${name}`);
    if (known !== undefined) return [encode({ ...common, answers: [...known] })];
    const exists = [...zone.keys()].some((key) => key.endsWith(` ${name}`));
    const soa: Answer = { type: 'SOA', name: 'test', ttl: 2, data: { mname: 'ns.test', rname: 'x.test', serial: 1, refresh: 1, retry: 1, expire: 1, minimum: 2 } };
    return [encode({ ...common, flags: AUTHORITATIVE_ANSWER | (exists ? 0 : 3), authorities: [soa] })];
  };

  const tcp = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => {
      for (const answer of reply(bytes.subarray(2), true)) {
        const prefix = Buffer.alloc(2);
        prefix.writeUInt16BE(answer.length);
        // In two pieces, as networks do.
        socket.write(Buffer.concat([prefix, answer.subarray(0, 5)]));
        socket.write(answer.subarray(5));
      }
    });
  });
  const port = await new Promise<number>((resolve, reject) => {
    tcp.once('error', reject).listen(0, '127.0.0.1', () => {
      const address = tcp.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
  const udp = createSocket('udp4');
  udp.on('message', (bytes, from) => {
    for (const answer of reply(bytes, false)) udp.send(answer, from.port, from.address);
  });
  await new Promise<void>((resolve, reject) => udp.once('error', reject).bind(port, '127.0.0.1', resolve));
  return {
    port, asked, zone,
    behave: (next) => (behaviour = next),
    close: async () => {
      for (const socket of sockets) socket.destroy();
      udp.close();
      await new Promise<void>((resolve) => tcp.close(() => resolve()));
    },
  };
}
