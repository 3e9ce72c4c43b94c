/** A receiver of webhooks on a real port, that answers as a test says; keeps what it was sent. Used by the tests of alerts. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after } from 'node:test';

export interface Received {
  readonly id: string;
  readonly type: string;
  readonly subject: string | null;
  readonly body: string;
  readonly headers: IncomingMessage['headers'];
}

/** What it does once it has all of a message; 204 where it has nothing of its own to say. */
export type Answering = (response: ServerResponse, message: Received) => void;

export async function startWebhookReceiver(answer: Answering = (response) => void response.writeHead(204).end()) {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (piece: string) => (body += piece));
    request.on('end', () => {
      const { type, data } = JSON.parse(body) as { readonly type: string; readonly data: { readonly subject?: string | null } };
      const message = { id: String(request.headers['webhook-id']), type, subject: data.subject ?? null, body, headers: request.headers };
      received.push(message);
      answer(response, message);
    });
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { received, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook/of-secret-path` };
}

/** Answers with the next of these statuses, 204 where there is none. */
export function answeringInTurn(statuses: number[]): Answering {
  return (response) => void response.writeHead(statuses.shift() ?? 204, { location: '/elsewhere' }).end();
}
