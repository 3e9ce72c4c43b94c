/**
 * How messages leave to a receiver of logs: each in a datagram, or framed over a kept connection. For udp-log, tcp-log, syslog, loggly,
 * statsd and datadog, whose queue calls `send`. The host closes what is open with the instance.
 */
import type { ConnectOptions, DatagramSender, PluginServices } from '../plugins/plugin-services.ts';
import { KeptConnection } from './kept-connection.ts';

export interface MessageTransport {
  /** Rejects with CONNECT_*, for the queue to try again or not. */
  send(messages: readonly Uint8Array[]): Promise<void>;
}

/** UDP. What the network does with it nobody tells us. Until the name of the host is known, messages are dropped and counted by the host. */
export function datagramTransport(services: Pick<PluginServices, 'datagrams'>, host: string, port: number): MessageTransport {
  const open = (): DatagramSender => services.datagrams(host, port);
  let sender = openedNow(open);
  return {
    async send(messages) {
      sender ??= open();
      for (const message of messages) sender.send(message);
    },
  };
}

/** So that the name is looked up before there is something to send. A receiver that may not be reached costs the log, not the requests: that is for `send` to say. */
function openedNow(open: () => DatagramSender): DatagramSender | undefined {
  try {
    return open();
  } catch {
    return undefined;
  }
}

export interface StreamTransportOptions {
  readonly host: string;
  readonly port: number;
  readonly tls: ConnectOptions['tls'];
  readonly timeoutMs: number;
  readonly keepaliveMs: number;
}

/** TCP or TLS. All messages of a send go out in one write, each as `frame` makes it. */
export function streamTransport(services: Pick<PluginServices, 'connect' | 'every' | 'clock'>, options: StreamTransportOptions, frame: (message: Uint8Array) => readonly Uint8Array[]): MessageTransport {
  const connection = new KeptConnection(services, options);
  return { send: (messages) => connection.send(Buffer.concat(messages.flatMap(frame))) };
}

const LINE_END = Buffer.from('\n');

/** A message is a line. */
export function asLine(message: Uint8Array): readonly Uint8Array[] {
  return [message, LINE_END];
}

/** Octet counting (RFC 6587 §3.4.1, RFC 5425 §4.3): the length, a blank, the message. */
export function withLength(message: Uint8Array): readonly Uint8Array[] {
  return [Buffer.from(`${message.length} `), message];
}
