/**
 * The quickstart's origin: answers 200 to any path with a JSON echo of what it received, so that a newcomer sees which
 * headers and path the gateway sends upstream. A real HTTP server, not part of the product.
 */
import { createServer, type IncomingMessage, type Server } from 'node:http';

const MAX_ECHOED_BODY_BYTES = 64 * 1024;

/** Listens on 127.0.0.1; resolves when it accepts connections. */
export async function startDemoOrigin(port: number): Promise<Server> {
  const server = createServer((request, response) => {
    void readBody(request).then((body) => {
      const echo = { method: request.method, path: request.url, headers: request.headers, body, served_by: 'holdfast demo origin' };
      const text = `${JSON.stringify(echo, null, 2)}\n`;
      response.writeHead(200, { 'content-type': 'application/json; charset=utf-8', 'content-length': Buffer.byteLength(text) });
      response.end(text);
    }, () => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve());
  });
  return server;
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes <= MAX_ECHOED_BODY_BYTES) chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
