/**
 * The HTTP/1 constructor of the one view of a request (R1): router, plugins, log and forwarder read this. Texts are made
 * from the head's bytes when they are first asked for. After the request ended only what was asked for before is left.
 */
import type { ClientCertificate, RequestView } from '../../shared/plugins/contract.ts';
import type { ConnectionFacts } from './connection-facts.ts';
import { RequestHead } from './message-head.ts';
import { queryValues } from './query.ts';

/** Of a request that is over. */
export const NO_HEAD = new RequestHead(0);
const METHODS: ReadonlyMap<number, string> = new Map(['GET', 'PUT', 'POST', 'HEAD'].map((method) => [keyOf(method.charCodeAt(0), method.length, method.charCodeAt(1)), method]));

function keyOf(first: number, length: number, second: number): number {
  return (length << 16) | (first << 8) | second;
}

export class Http1RequestView implements RequestView {
  readonly method: string;
  readonly path: string;
  readonly host: string;
  readonly port: number;
  readonly scheme: 'http' | 'https';
  readonly httpVersion: '1.0' | '1.1' | '2';
  readonly clientAddress: string;
  readonly #facts: ConnectionFacts;
  #head: RequestHead;
  #target: string | undefined;
  #query: string | undefined;

  constructor(head: RequestHead, facts: ConnectionFacts, clientAddress: string) {
    this.#head = head;
    this.#facts = facts;
    this.method = methodOf(head);
    this.path = head.path;
    this.host = head.text(head.hostStart, head.hostEnd).toLowerCase();
    this.port = head.hostPort === -1 ? facts.localPort : head.hostPort;
    this.scheme = facts.scheme;
    this.httpVersion = facts.isHttp2 ? '2' : head.minor === 1 ? '1.1' : '1.0';
    this.clientAddress = clientAddress;
  }

  /** Whoever is behind a proxy has a port that nobody told us. */
  get clientPort(): number {
    return this.clientAddress === this.#facts.peerAddress ? this.#facts.peerPort : 0;
  }

  get localAddress(): string {
    return this.#facts.localAddress;
  }

  get localPort(): number {
    return this.#facts.localPort;
  }

  get serverName(): string | undefined {
    return this.#facts.tls?.serverName;
  }

  get clientCertificate(): ClientCertificate | undefined {
    return this.#facts.tls?.clientCertificate;
  }

  get target(): string {
    return (this.#target ??= this.#head.text(this.#head.targetStart, this.#head.targetEnd));
  }

  get query(): string {
    return (this.#query ??= this.#head.text(this.#head.queryStart + 1, this.#head.targetEnd));
  }

  header(lowerCaseName: string): string | undefined {
    return this.#head.value(lowerCaseName);
  }

  headerValues(lowerCaseName: string): readonly string[] {
    return this.#head.values(lowerCaseName);
  }

  queryValues(name: string): readonly string[] {
    return queryValues(this.query, name);
  }

  /** Lets go of the bytes: a plugin that kept the view can't see another request through it. */
  release(): void {
    this.#head = NO_HEAD;
  }
}

/** The usual methods without making a new string each time. */
function methodOf(head: RequestHead): string {
  const { buffer, start, methodEnd } = head;
  const known = METHODS.get(keyOf(buffer[start] ?? 0, methodEnd - start, buffer[start + 1] ?? 0));
  if (known !== undefined && buffer[methodEnd - 1] === known.charCodeAt(known.length - 1) && buffer[methodEnd - 2] === known.charCodeAt(known.length - 2)) return known;
  return head.text(start, methodEnd);
}
