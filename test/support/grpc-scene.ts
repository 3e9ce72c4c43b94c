/**
 * Real gRPC peers around a proxy: a server of @grpc/grpc-js with methods of all four shapes, and clients. Messages are plain
 * bytes, so nothing needs a schema.
 */
import { Client, credentials, Metadata, Server, ServerCredentials, status, type CallOptions, type ClientOptions, type ClientReadableStream, type ClientWritableStream, type ClientDuplexStream, type ServiceError, type UntypedServiceImplementation, type ServiceDefinition, type StatusObject } from '@grpc/grpc-js';

const same = (bytes: Buffer): Buffer => bytes;

function method(name: string, requestStream: boolean, responseStream: boolean): ServiceDefinition[string] {
  return { path: `/echo.Echo/${name}`, requestStream, responseStream, requestSerialize: same, requestDeserialize: same, responseSerialize: same, responseDeserialize: same };
}

const SERVICE: ServiceDefinition = { unary: method('Unary', false, false), collect: method('Collect', true, false), expand: method('Expand', false, true), chat: method('Chat', true, true) };

/** By shape: what the server does with a call. Left out: an echo. */
export type GrpcHandlers = Partial<UntypedServiceImplementation>;

const ECHO: UntypedServiceImplementation = {
  unary: (call: { request: Buffer }, answer: (error: null, reply: Buffer) => void) => answer(null, call.request),
  collect: (call: NodeJS.EventEmitter, answer: (error: null, reply: Buffer) => void) => {
    const pieces: Buffer[] = [];
    call.on('data', (piece: Buffer) => pieces.push(piece));
    call.on('end', () => answer(null, Buffer.concat(pieces)));
  },
  expand: (call: { request: Buffer; write: (piece: Buffer) => void; end: () => void }) => {
    for (const byte of call.request) call.write(Buffer.from([byte]));
    call.end();
  },
  chat: (call: NodeJS.EventEmitter & { write: (piece: Buffer) => void; end: () => void }) => {
    call.on('data', (piece: Buffer) => call.write(piece));
    call.on('end', () => call.end());
  },
};

export interface GrpcServer {
  readonly port: number;
  /** Cuts every call. */
  readonly kill: () => void;
}

export async function startGrpcServer(handlers: GrpcHandlers = {}, secured: ServerCredentials = ServerCredentials.createInsecure()): Promise<GrpcServer> {
  const server = new Server({ 'grpc.max_receive_message_length': -1, 'grpc.max_send_message_length': -1 });
  const implementation: UntypedServiceImplementation = { ...ECHO };
  for (const [name, handler] of Object.entries(handlers)) if (handler !== undefined) implementation[name] = handler;
  server.addService(SERVICE, implementation);
  const port = await new Promise<number>((resolve, reject) => server.bindAsync('127.0.0.1:0', secured, (error, bound) => (error === null ? resolve(bound) : reject(error))));
  return { port, kill: () => server.forceShutdown() };
}

export interface UnaryOutcome {
  readonly code: number;
  readonly details: string;
  readonly reply: Buffer | undefined;
  readonly initial: Metadata | undefined;
  readonly trailing: Metadata | undefined;
}

export class GrpcClient {
  readonly #client: Client;

  constructor(port: number, options: ClientOptions = {}, how = credentials.createInsecure()) {
    this.#client = new Client(`127.0.0.1:${port}`, how, { 'grpc.max_receive_message_length': -1, 'grpc.max_send_message_length': -1, ...options });
  }

  unary(message: Buffer, metadata = new Metadata(), options: CallOptions = {}, path = '/echo.Echo/Unary'): Promise<UnaryOutcome> {
    return new Promise((resolve) => {
      let initial: Metadata | undefined;
      let outcome: { error: ServiceError | null; reply: Buffer | undefined } | undefined;
      const call = this.#client.makeUnaryRequest(path, same, same, message, metadata, options, (error, reply) => (outcome = { error, reply }));
      call.on('metadata', (received) => (initial = received));
      call.on('status', (ended: StatusObject) => {
        resolve({ code: ended.code, details: ended.details, reply: outcome?.reply, initial, trailing: ended.metadata });
      });
    });
  }

  collect(answered: (error: ServiceError | null, reply?: Buffer) => void, options: CallOptions = {}): ClientWritableStream<Buffer> {
    return this.#client.makeClientStreamRequest('/echo.Echo/Collect', same, same, new Metadata(), options, answered);
  }

  expand(message: Buffer, options: CallOptions = {}, metadata = new Metadata()): ClientReadableStream<Buffer> {
    return this.#client.makeServerStreamRequest('/echo.Echo/Expand', same, same, message, metadata, options);
  }

  chat(options: CallOptions = {}): ClientDuplexStream<Buffer, Buffer> {
    return this.#client.makeBidiStreamRequest('/echo.Echo/Chat', same, same, new Metadata(), options);
  }

  close(): void {
    this.#client.close();
  }
}

/** All messages of a stream and how it ended. */
export function drained(call: ClientReadableStream<Buffer> | ClientDuplexStream<Buffer, Buffer>): Promise<{ readonly messages: readonly Buffer[]; readonly code: number; readonly details: string }> {
  const messages: Buffer[] = [];
  call.on('data', (message: Buffer) => messages.push(message));
  call.on('error', () => undefined);
  return new Promise((resolve) => call.on('status', (ended: StatusObject) => resolve({ messages, code: ended.code, details: ended.details })));
}

export { credentials, Metadata, status, type StatusObject };
