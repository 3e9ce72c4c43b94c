/** `http-proxy` as its documentation shows it, with a keep-alive agent (without one it opens a connection per request). Run with PORT and ORIGIN_PORT. */
import { Agent, createServer } from 'node:http';
import httpProxy from 'http-proxy';

const proxy = httpProxy.createProxyServer({ target: `http://127.0.0.1:${process.env.ORIGIN_PORT}`, agent: new Agent({ keepAlive: true, maxSockets: 512 }), xfwd: true });
proxy.on('error', (_error, _request, response) => {
  if ('writeHead' in response && !response.headersSent) response.writeHead(502);
  response.end();
});
createServer({ keepAliveTimeout: 600_000 }, (request, response) => proxy.web(request, response)).listen(Number(process.env.PORT), '127.0.0.1');
