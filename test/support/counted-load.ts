/**
 * A closed-loop load that counts what a client can know: for each (route, consumer) how many answers of each status came whole, and how many
 * requests were sent whose answer never came. Connections that break are made anew until `stop`. Used by `bench/counts.ts` and its test: the
 * truth that the gateway's own totals are compared with.
 */
import { connect, type Socket } from 'node:net';

export interface CountedCase {
  readonly route: string;
  /** '' for nobody. */
  readonly consumer: string;
  readonly path: string;
  /** The value of the `apikey` header; undefined sends none. */
  readonly key: string | undefined;
}

export interface ClientTruth {
  /** `route|consumer|status` → answers that came whole. */
  readonly answered: Map<string, number>;
  /** `route|consumer` → sent, and broken off before the answer was whole: the gateway may or may not have counted it. */
  readonly broken: Map<string, number>;
}

export interface CountedLoad {
  readonly truth: ClientTruth;
  readonly sent: () => number;
  /** Resolves when every request that is under way was answered or broke. */
  stop(): Promise<ClientTruth>;
}

const RECONNECT_MS = 25;

/** `take` gives how many more may be sent, over all loads of a run. */
export function startCountedLoad(port: number, cases: readonly CountedCase[], connections: number, take: () => boolean): CountedLoad {
  const truth: ClientTruth = { answered: new Map(), broken: new Map() };
  const requests = cases.map(({ path, key }) => Buffer.from(`GET ${path} HTTP/1.1\r\nHost: counted.test\r\n${key === undefined ? '' : `apikey: ${key}\r\n`}\r\n`));
  let going = true;
  let sent = 0;
  const next = (): number | undefined => {
    if (!going || !take()) return undefined;
    sent += 1;
    return sent % cases.length;
  };
  const clients = Array.from({ length: connections }, () => runClient(port, cases, requests, next, truth, () => going));
  return {
    truth,
    sent: () => sent,
    async stop() {
      going = false;
      await Promise.all(clients);
      return truth;
    },
  };
}

async function runClient(port: number, cases: readonly CountedCase[], requests: readonly Buffer[], next: () => number | undefined, truth: ClientTruth, going: () => boolean): Promise<void> {
  while (going()) {
    const outcome = await useConnection(port, cases, requests, next, truth);
    if (outcome === 'done') return;
    await new Promise((resolve) => setTimeout(resolve, RECONNECT_MS));
  }
}

/** One connection until there is nothing more to send, or it breaks. */
function useConnection(port: number, cases: readonly CountedCase[], requests: readonly Buffer[], next: () => number | undefined, truth: ClientTruth): Promise<'done' | 'broke'> {
  return new Promise((resolve) => {
    const socket: Socket = connect(port, '127.0.0.1');
    let under: number | undefined;
    let received: Buffer = Buffer.alloc(0);
    const send = (): void => {
      under = next();
      const bytes = under === undefined ? undefined : requests[under];
      if (bytes === undefined) {
        socket.destroy();
        resolve('done');
      } else socket.write(bytes);
    };
    socket.setNoDelay(true);
    socket.once('connect', send);
    socket.on('data', (piece: Buffer) => {
      received = received.length === 0 ? piece : Buffer.concat([received, piece]);
      const answer = wholeAnswer(received);
      if (answer === undefined || under === undefined) return;
      const { route, consumer } = cases[under] ?? { route: '', consumer: '' };
      add(truth.answered, `${route}|${consumer}|${answer.status}`);
      received = Buffer.alloc(0);
      under = undefined;
      send();
    });
    socket.once('error', () => undefined);
    socket.once('close', () => {
      const broken = under === undefined ? undefined : cases[under];
      if (broken !== undefined) add(truth.broken, `${broken.route}|${broken.consumer}`);
      resolve('broke');
    });
  });
}

/** The answers here have a Content-Length, and nothing follows them. */
function wholeAnswer(bytes: Buffer): { readonly status: number } | undefined {
  const headEnd = bytes.indexOf('\r\n\r\n');
  if (headEnd === -1) return undefined;
  const head = bytes.toString('latin1', 0, headEnd);
  const length = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0);
  return bytes.length < headEnd + 4 + length ? undefined : { status: Number(head.slice(9, 12)) };
}

function add(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
