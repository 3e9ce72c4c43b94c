/** The plain way in Node: node:http in front, an undici Pool behind, streams between. Run with PORT and ORIGIN_PORT. */
import { createServer } from 'node:http';
import { Pool } from 'undici';

const HOP_BY_HOP = new Set(['connection', 'keep-alive', 'transfer-encoding', 'upgrade', 'te', 'trailer', 'proxy-connection', 'proxy-authorization', 'host']);
const pool = new Pool(`http://127.0.0.1:${process.env['ORIGIN_PORT']}`, { connections: 512, pipelining: 1 });

const server = createServer({ keepAliveTimeout: 600_000 }, (request, response) => {
  const headers: string[] = ['host', request.headers.host ?? '', 'x-forwarded-for', request.socket.remoteAddress ?? '', 'x-forwarded-proto', 'http', 'via', '1.1 node'];
  for (let i = 0; i < request.rawHeaders.length; i += 2) {
    const name = request.rawHeaders[i] ?? '';
    if (!HOP_BY_HOP.has(name.toLowerCase())) headers.push(name, request.rawHeaders[i + 1] ?? '');
  }
  const hasBody = request.method !== 'GET' && request.method !== 'HEAD';
  pool.stream({ path: request.url ?? '/', method: request.method as 'GET', headers, body: hasBody ? request : null }, (upstream) => {
    const kept = Object.fromEntries(Object.entries(upstream.headers).filter(([name]) => !HOP_BY_HOP.has(name)));
    response.writeHead(upstream.statusCode, { ...kept, via: '1.1 node' });
    return response;
  }).catch(() => {
    if (!response.headersSent) response.writeHead(502);
    response.end();
  });
});
server.listen(Number(process.env['PORT']), '127.0.0.1');
