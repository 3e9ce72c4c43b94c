/**
 * What we use of Node's socket handles, which Node does not document: their shapes, and the door where they are looked at. Only
 * handle-io.ts comes here.
 */

export interface PeerAddress {
  address?: string;
  port?: number;
}

export interface WriteRequest {
  oncomplete: (this: WriteRequest, status: number) => void;
  /** Set by us while it is under way: who waits for it, and the memory that must stay. */
  wire: Writer | undefined;
  bytes: Buffer | undefined;
  /** How it ended, where that was told before the call which began it came back; undefined where not. */
  endedAtOnce: number | undefined;
}

/** Hears how a write ended that was under way. */
export interface Writer {
  written(status: number): void;
}

/** Hears of each read: its length, or an error number. */
interface Reader {
  read(result: number): void;
  readFirst(memory: Buffer, result: number): void;
}

export interface WritableHandle {
  writeBuffer(request: WriteRequest, bytes: Buffer): number;
}

/** What we use of the handle of a TLS socket, and of the TCP handle below it. */
export interface TlsHandle extends WritableHandle {
  onread: (this: unknown, arrayBuffer: unknown) => unknown;
  useUserBuffer(buffer: Buffer): void;
  readStart(): number;
  readStop(): number;
}

const TLS_METHODS = ['onread', 'useUserBuffer', 'readStart', 'readStop', 'writeBuffer'];

interface ShutdownRequest {
  oncomplete: (status: number) => void;
}

interface ConnectRequest {
  oncomplete: (status: number) => void;
}

/** What we use of Node's TCP handle. Methods give 0 or a negative error number. */
export interface TcpHandle extends WritableHandle {
  /** Gets the memory that was read into, where that is not ours. */
  onread: (this: TcpHandle, memory: unknown) => void;
  /** Set by us: `onread` gets nothing but its handle. */
  wire: Reader | undefined;
  readonly writeQueueSize: number;
  useUserBuffer(buffer: Buffer): void;
  readStart(): number;
  readStop(): number;
  shutdown(request: ShutdownRequest): number;
  connect(request: ConnectRequest, address: string, port: number): number;
  connect6(request: ConnectRequest, address: string, port: number): number;
  getpeername(into: PeerAddress): number;
  getsockname(into: PeerAddress): number;
  setNoDelay(enabled: boolean): number;
  close(): void;
  reset(): number;
}

export type ConnectionEvent = (status: number, handle: TcpHandle) => void;

export interface ListeningHandle {
  onconnection: ConnectionEvent;
}

/** Node's two internal modules, as far as we use them. */
export interface Internals {
  readonly TCP: { new (kind: number): TcpHandle; readonly prototype: object };
  readonly TCPConnectWrap: new () => ConnectRequest;
  readonly WriteWrap: new () => WriteRequest;
  readonly ShutdownWrap: new () => ShutdownRequest;
  readonly clientKind: number;
  /** Results of the last call stand in this array at the two places. */
  readonly state: Int32Array;
  readonly readResult: number;
  readonly writeWasAsync: number;
}

const HANDLE_METHODS = ['useUserBuffer', 'readStart', 'readStop', 'writeBuffer', 'shutdown', 'connect', 'connect6', 'getpeername', 'getsockname', 'setNoDelay', 'close', 'reset'];

/** Gives an internal module of Node by its name; throws where it can't be had. */
export type InternalModules = (name: 'tcp_wrap' | 'stream_wrap') => unknown;

export function nodeInternals(name: string): unknown {
  const binding: unknown = Reflect.get(process, 'binding');
  return typeof binding === 'function' ? Reflect.apply(binding, process, [name]) : undefined;
}

/** A door: nothing behind it looks at shapes again. Undefined where anything is not as we know it. */
export function openInternals(modules: InternalModules): Internals | undefined {
  const tcp = fieldsOf(modules('tcp_wrap'));
  const stream = fieldsOf(modules('stream_wrap'));
  const clientKind = fieldsOf(tcp['constants'])['SOCKET'];
  const state = stream['streamBaseState'];
  const readResult = stream['kReadBytesOrError'];
  const writeWasAsync = stream['kLastWriteWasAsync'];
  const constructors = [tcp['TCP'], tcp['TCPConnectWrap'], stream['WriteWrap'], stream['ShutdownWrap']];
  if (constructors.some((one) => typeof one !== 'function') || !(state instanceof Int32Array)) return undefined;
  if (typeof clientKind !== 'number' || typeof readResult !== 'number' || typeof writeWasAsync !== 'number') return undefined;
  const prototype: unknown = Reflect.get(Object(tcp['TCP']), 'prototype');
  if (HANDLE_METHODS.some((method) => typeof Reflect.get(Object(prototype), method) !== 'function')) return undefined;
  return {
    TCP: tcp['TCP'] as Internals['TCP'],
    TCPConnectWrap: tcp['TCPConnectWrap'] as Internals['TCPConnectWrap'],
    WriteWrap: stream['WriteWrap'] as Internals['WriteWrap'],
    ShutdownWrap: stream['ShutdownWrap'] as Internals['ShutdownWrap'],
    clientKind, state, readResult, writeWasAsync,
  };
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}

export function hasConnectionEvent(handle: object): handle is ListeningHandle {
  return typeof Reflect.get(handle, 'onconnection') === 'function';
}

export function isTlsHandle(handle: unknown): handle is TlsHandle {
  return typeof handle === 'object' && handle !== null && TLS_METHODS.every((method) => typeof Reflect.get(handle, method) === 'function');
}
